"""The pages that are not the citizen's site: desk, tablet, wall, one's own ticket, and what a refusal looks like."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from server import clock
from server.catalogue import service as catalogue
from server.catalogue.views import office_view
from server.codes import normalised
from server.errors import Refusal
from server.phrases import Language
from server.queue import service as queue
from server.web import context
from server.web.home import PAGES as HOME_PAGES
from server.web.home import ticket_response
from server.web.limits import guessing
from server.web.render import page

__all__ = ["PAGES", "error_page"]

Req = Request[Any, Any, Any]


@get("/desk", include_in_schema=False)
async def desk_page(request: Req) -> Response[bytes]:
    """The officer's desk; it asks for a sign-in by itself."""
    return page(request, "desk.html")


@get("/reception", include_in_schema=False)
async def reception_page(request: Req) -> Response[bytes]:
    """Reception; it asks for a sign-in by itself."""
    return page(request, "reception.html")


@get("/office", include_in_schema=False)
async def head_page(request: Req) -> Response[bytes]:
    """The head's page; it asks for a sign-in by itself."""
    return page(request, "office.html")


@get("/timetable", include_in_schema=False)
async def timetable_page(request: Req) -> Response[bytes]:
    """The head's timetable; it asks for a sign-in by itself."""
    return page(request, "timetable.html")


@get("/tablet", include_in_schema=False)
async def tablet_page(request: Req) -> Response[bytes]:
    """The tablet at a counter; it asks for its device's token by itself."""
    return page(request, "tablet.html")


@get("/wall/{office:str}", include_in_schema=False)
async def wall_page(request: Req, office: FromPath[str]) -> Response[bytes]:
    """The wall, for a TV's browser."""
    language = context.chosen_language(request) or "vi"  # not the television's own
    view = await office_view(await catalogue.office(office), language, clock.now())
    return page(request, "wall.html", language=language, office=view)


@get("/t", include_in_schema=False)
async def look_up_page(request: Req, code: FromQuery[str | None] = None) -> Response[bytes] | Redirect:
    """Type the look-up code of one's paper."""
    if code is None:
        return page(request, "look_up.html", code="", problem=None)
    try:
        with guessing(request, "look-up"):
            await queue.ticket_of_token(code)
    except Refusal as refusal:
        sentence = refusal.sentence(context.language(request))
        return page(request, "look_up.html", status=refusal.status, code=code, problem=sentence)
    return Redirect(f"/t/{normalised(code)}", status_code=303)


@get("/t/{follow_token:str}", include_in_schema=False)
async def ticket_page(request: Req, follow_token: FromPath[str]) -> Response[bytes]:
    """One's own ticket."""
    with guessing(request, "look-up"):
        return await ticket_response(request, follow_token)


def error_page(request: Req, refusal: Refusal, language: Language, headers: dict[str, str]) -> Response[bytes]:
    """A refusal for a person in a browser: what it is, and what to do next."""
    return page(
        request, "refusal.html", status=refusal.status, language=language, headers=headers,
        sentence=refusal.sentence(language), code=refusal.code,
    )  # fmt: skip


PAGES = [
    desk_page,
    reception_page,
    head_page,
    timetable_page,
    tablet_page,
    wall_page,
    look_up_page,
    ticket_page,
    *HOME_PAGES,
]
