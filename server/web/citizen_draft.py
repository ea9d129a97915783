"""What the citizen's second step learned, on its way to the next ones: in a cookie, for a file's number is personal."""

import base64
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from msgspec import Meta, Struct

from server.booking.rules_states import Purpose
from server.web import context

__all__ = ["Draft", "draft_cookie", "draft_of"]

Req = Request[Any, Any, Any]

DRAFT = "motcua-draft"


class Draft(Struct, frozen=True):
    """What the second step learned, for the third to use."""

    purpose: Purpose = "submit"
    dossier_number: str | None = None
    dossiers: Annotated[int, Meta(ge=1, le=999)] | None = None


def draft_cookie(request: Req, draft: Draft) -> Cookie:
    """The cookie that keeps it while somebody books."""
    text = base64.urlsafe_b64encode(msgspec.json.encode(draft)).decode()
    secure = context.settings_of(request).secure
    return Cookie(key=DRAFT, value=text, path="/book", httponly=True, secure=secure, samesite="lax")


def draft_of(request: Req) -> Draft:
    """The draft that came along; whatever is not one of ours is none. Everything in it is checked again when used."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(request.cookies.get(DRAFT, "")), type=Draft)
    except (ValueError, msgspec.MsgspecError):
        return Draft()
