"""Every refusal and every failure as RFC 9457 problem details, in the language asked for; never a traceback."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from server.db import is_unavailable
from server.errors import Refusal
from server.phrases import Language, say
from server.web import context

__all__ = ["handlers", "problem_of"]

Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"

_BY_STATUS = {
    400: "invalid", 401: "sign-in", 403: "not-allowed", 404: "not-found", 405: "method-not-allowed",
    413: "too-large", 415: "unsupported-media", 429: "too-many",
}  # fmt: skip


def problem_of(refusal: Refusal, language: Language) -> dict[str, object]:
    """The body that tells of a refusal."""
    return {
        "type": f"urn:motcua:{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.sentence(language),
        **refusal.extra,
    }


def _answer(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    language = context.language(request)
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    if refusal.status == 401 and "/api/" in request.url.path:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.status == 503:
        headers["Retry-After"] = "2"
    if wants_page(request):
        from server.web.pages import error_page

        return error_page(request, refusal, language, headers)
    body = msgspec.json.encode(problem_of(refusal, language))
    return Response(body, status_code=refusal.status, media_type=PROBLEM, headers=headers)


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a person in a browser asked, not a program."""
    path = request.url.path
    return not path.startswith(("/api/", "/static/", "/ws/")) and "text/html" in request.headers.get("accept", "")


def refused(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """A rule said no."""
    return _answer(request, refusal)


def http_failed(request: Request[Any, Any, Any], exc: HTTPException) -> Response[bytes]:
    """The framework said no: wrong body, unknown address, wrong method."""
    if isinstance(exc, ValidationException):
        return _answer(request, _invalid(exc, context.language(request)))
    if isinstance(exc, NotFoundException):
        return _answer(request, Refusal("not-found"))
    if isinstance(exc, MethodNotAllowedException):
        return _answer(request, Refusal("method-not-allowed"))
    if exc.status_code >= 500:
        return failed(request, exc)
    code = _BY_STATUS.get(exc.status_code, "invalid")
    if code == "invalid":
        return _answer(request, Refusal(code, what=say(context.language(request), "refusal.invalid.body")))
    return _answer(request, Refusal(code))


def failed(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    """Something broke: the database is away (503, try again), or it is a fault of ours (500)."""
    if is_unavailable(exc):
        log.warning("database unavailable: %s", type(exc).__name__)
        return _answer(request, Refusal("database-unavailable"))
    if isinstance(exc, RecursionError):  # JSON nested thousands deep; nothing of ours recurses
        return _answer(request, Refusal("invalid", what=say(context.language(request), "refusal.invalid.body")))
    # The exception's text may hold what somebody typed; its type and place do not.
    log.error("unexpected %s at %s", type(exc).__name__, _place(exc))
    return _answer(request, Refusal("internal"))


def _place(exc: BaseException) -> str:
    trace = exc.__traceback__
    frames = []
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(frames[-4:]))


def _invalid(exc: ValidationException, language: Language) -> Refusal:
    found = exc.extra if isinstance(exc.extra, list) else []
    errors = [
        {name: str(value) for name, value in error.items() if name in ("key", "message", "source")}
        for error in found
        if isinstance(error, dict)
    ]
    what = "; ".join(f"{error.get('key', '')} {error.get('message', '')}".strip() for error in errors)
    return Refusal("invalid", what=what or say(language, "refusal.invalid.body"), extra={"errors": errors})


handlers: dict[int | type[Exception], Handler] = {
    Refusal: refused,
    HTTPException: http_failed,
    Exception: failed,
}
"""Which function answers which exception."""
