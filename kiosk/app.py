"""The agent's loopback address: the screen's page, its files and its little API. Nobody but that page may use it."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.datastructures import CacheControlHeader
from litestar.datastructures import State as AppState
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Stream
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from kiosk.agent import Agent
from kiosk.client import Refused
from kiosk.pages import STATIC, page
from kiosk.screen import KioskRefusal, State, Ticket
from server.phrases import Language, language_of, say
from server.wire import CheckIn, KioskTicketRequest, ProcedureList, decode, encode

__all__ = ["create_app", "guard"]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
PULSE = 3.0  # seconds between states when nothing happens: how a page notices that its agent is gone
BIGGEST = 8192
LONGEST_SEARCH = 100
log = logging.getLogger("kiosk.app")
Body = TypeVar("Body")


# --- who may ask ---------------------------------------------------------------------------------------------


def guard(scope: HTTPScope, hosts: Sequence[str]) -> str | None:
    """The code of the refusal for a request that may not come from this kiosk's own page; None lets it pass.

    A foreign Host is DNS rebinding; a foreign Origin or fetch site is another page in the same browser. Programs on
    this PC, which send neither, pass.
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "").lower()
    if host not in hosts:
        return "bad-origin"
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host}":
        return "bad-origin"
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "bad-origin"
    if scope["method"] in ("POST", "PUT", "PATCH", "DELETE"):
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return "unsupported-media"
    return None


def _guarded(app: ASGIApp, hosts: Sequence[str]) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        refused = guard(scope, hosts)
        if refused is None:
            await app(scope, receive, with_headers)
            return
        status = 403 if refused == "bad-origin" else 415
        headers = dict(scope["headers"])
        body = _problem(refused, status, language_of(headers.get(b"accept-language", b"").decode("latin-1")))
        await with_headers(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", b"application/problem+json")],
            }
        )
        await with_headers({"type": "http.response.body", "body": body, "more_body": False})

    return middleware


# --- refusals ------------------------------------------------------------------------------------------------


def _problem(code: str, status: int, language: Language, detail: str = "") -> bytes:
    sentence = say(language, f"kiosk.refusal.{code}", detail=detail)
    return encode({"type": f"urn:motcua:{code}", "title": code, "status": status, "detail": sentence})


def _answer(body: bytes, status: int) -> Response[bytes]:
    return Response(body, status_code=status, media_type="application/problem+json")


def _language(request: Request[object, object, AppState]) -> Language:
    return language_of(request.headers.get("accept-language"))


def _refused_here(request: Request[object, object, AppState], error: KioskRefusal) -> Response[bytes]:
    return _answer(_problem(error.code, error.status, _language(request), error.detail), error.status)


def _refused_there(_: Request[object, object, AppState], error: Refused) -> Response[bytes]:
    return _answer(error.body, error.status)


def _http(request: Request[object, object, AppState], error: HTTPException) -> Response[bytes]:
    codes = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media"}
    code = codes.get(error.status_code, "invalid" if error.status_code < 500 else "internal")
    return _answer(_problem(code, error.status_code, _language(request)), error.status_code)


def _failed(request: Request[object, object, AppState], error: Exception) -> Response[bytes]:
    log.error("internal error", exc_info=error)
    return _answer(_problem("internal", 500, _language(request)), 500)


async def _body(request: Request[object, object, AppState], kind: type[Body]) -> Body:
    """The request's body; raises KioskRefusal for anything else, unknown fields included."""
    raw = await request.body()
    try:
        return decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KioskRefusal("invalid", 400, str(error)) from None


class _Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """An empty body."""


def _key(request: Request[object, object, AppState]) -> str | None:
    """The touch's own id, if the screen sent one; it may become an offline ticket's id."""
    key = request.headers.get("idempotency-key")
    if key is not None and re.fullmatch(r"[\x21-\x7e]{8,100}", key) is None:
        raise KioskRefusal("invalid", 400, "Idempotency-Key: 8-100 ASCII")
    return key


# --- the app -------------------------------------------------------------------------------------------------


def create_app(agent: Agent, port: int) -> ASGIApp:
    """The loopback app on that port. Its event streams last until `agent.hang_up()`."""

    @get("/", media_type=MediaType.HTML)
    async def screen(request: Request[object, object, AppState]) -> str:
        query = request.query_params
        return page("en" if query.get("lang") == "en" else "vi", query.get("text") == "large")

    @get("/api/state")
    async def state() -> Response[bytes]:
        return _json(await agent.state())

    @get("/api/events")
    async def events() -> Stream:
        return Stream(_events(agent), media_type="text/event-stream", headers={"cache-control": "no-store"})

    @post("/api/tickets")
    async def take(request: Request[object, object, AppState]) -> Response[bytes]:
        return _json(await agent.take(await _body(request, KioskTicketRequest), _key(request)), 201)

    @post("/api/check-in")
    async def check_in(request: Request[object, object, AppState]) -> Response[bytes]:
        return _json(await agent.check_in(await _body(request, CheckIn), _key(request), _language(request)), 201)

    @post("/api/tickets/{ticket:str}/reprint")
    async def reprint(request: Request[object, object, AppState], ticket: FromPath[str]) -> Response[bytes]:
        await _body(request, _Nothing)
        return _json(await agent.reprint(ticket))

    @post("/api/tickets/{ticket:str}/withdraw", status_code=204)
    async def withdraw(request: Request[object, object, AppState], ticket: FromPath[str]) -> None:
        await _body(request, _Nothing)
        await agent.withdraw(ticket)

    @post("/api/help", status_code=204)
    async def help_(request: Request[object, object, AppState]) -> None:
        await _body(request, _Nothing)
        await agent.call_for_help(_key(request), _language(request))

    @get("/api/procedures")
    async def procedures(request: Request[object, object, AppState]) -> Response[bytes]:
        words = request.query_params.get("q", "")
        return _json(await agent.procedures(words[:LONGEST_SEARCH], _language(request)))

    @asynccontextmanager
    async def life(_: Litestar) -> AsyncIterator[None]:
        async with agent.running():
            yield

    # modules import one another by plain names, so the browser must ask each time; over loopback that costs nothing
    files = create_static_files_router("/static", [STATIC], cache_control=CacheControlHeader(no_cache=True))
    app = Litestar(
        [screen, state, events, take, check_in, reprint, withdraw, help_, procedures, files],
        lifespan=[life],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=BIGGEST,
        exception_handlers={
            KioskRefusal: _refused_here,
            Refused: _refused_there,
            HTTPException: _http,
            Exception: _failed,
        },
    )
    return _guarded(app, [f"{name}:{port}" for name in ("127.0.0.1", "localhost")])


def _json(body: State | Ticket | ProcedureList, status: int = 200) -> Response[bytes]:
    return Response(encode(body), status_code=status, media_type=MediaType.JSON, headers={"cache-control": "no-store"})


async def _events(agent: Agent) -> AsyncIterator[bytes]:
    """Server-sent events: `state` at once, on every change and every few seconds; `issued` for each number."""
    news = agent.watch()
    event, body = "changed", b""
    try:
        while event != "bye":
            yield _event("state", encode(await agent.state())) if event == "changed" else _event(event, body)
            try:
                async with asyncio.timeout(PULSE):
                    event, body = await news.get()
            except TimeoutError:
                event = "changed"
    finally:
        agent.unwatch(news)


def _event(name: str, body: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + body + b"\n\n"
