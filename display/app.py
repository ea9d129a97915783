"""What the agent serves on loopback: the wall's page, its board and feed as the server gives them, and the clips."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from email.utils import format_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from litestar import Litestar, Request, Response, Router, WebSocket, get, websocket
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import File, Redirect
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Receive, Scope, Send

from display.follower import Follower
from display.pages import STATIC, voice_files, wall_page
from display.relay import NO_SUCH_OFFICE, relay
from display.source import Source
from server.phrases import Language
from server.wire import OfficeView, encode

__all__ = ["create_app"]

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; media-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
MISDIRECTED = 421
AT_ONCE = 2.0  # seconds a page may wait for news that are not in the journal


def create_app(
    source: Source, follower: Follower, *, port: int, voice: Path | None, mute: bool, ready: Callable[[], None]
) -> Litestar:
    """The agent's web application; it follows the feed as long as it runs, and calls `ready` once it does."""
    clips = voice_files(voice)

    @asynccontextmanager
    async def following(_: Litestar) -> AsyncIterator[None]:
        task = asyncio.create_task(follower.run())
        ready()
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await source.close()

    @get("/", sync_to_thread=False)
    def start(request: Request[Any, Any, Any]) -> Response[str] | Redirect:
        if follower.identity is None or follower.board is None:
            return _page(wall_page(_language(request), None, mute=mute))
        lang = request.query_params.get("lang")
        return Redirect(f"/wall/{follower.identity.office}" + (f"?lang={lang}" if lang in ("vi", "en") else ""))

    @get("/wall/{office:str}", sync_to_thread=False)
    def wall(request: Request[Any, Any, Any], office: FromPath[str]) -> Response[str] | Redirect:
        if follower.identity is not None and follower.identity.office != office:
            return Redirect("/")
        view = follower.board.office if follower.board else None
        return _page(wall_page(_language(request), view if isinstance(view, OfficeView) else None, mute=mute))

    @get("/api/offices/{office:str}/board")
    async def board(office: FromPath[str]) -> Response[bytes]:
        if follower.identity is not None and follower.identity.office != office:
            raise NotFoundException()
        if follower.connected:
            with suppress(httpx.HTTPError, ValueError, TimeoutError):
                async with asyncio.timeout(AT_ONCE):
                    await follower.refresh_office()
        if follower.board is None:
            raise HTTPException(status_code=503)
        headers = {"Age": str(round(follower.age or 0)), "Date": format_datetime(source.now(), usegmt=True)}
        return Response(encode(follower.board), media_type="application/json", headers=headers)

    @get("/api/health", sync_to_thread=False)
    def health() -> dict[str, str | float | int | None]:
        state = "ok" if follower.connected else "starting" if follower.seen is None else "server-lost"
        return {
            "status": state,
            "version": version("motcua"),
            "office": follower.identity.office if follower.identity else None,
            "feedAge": follower.age,
            "seq": follower.board.seq if follower.board else None,
            "refused": follower.refused,
        }

    @get("/voice/voice.json", sync_to_thread=False)
    def listing() -> dict[str, dict[str, dict[str, str]]]:
        return {"clips": {name: {"file": path.name} for name, path in clips.items()}}

    @get("/voice/{name:str}", sync_to_thread=False)
    def clip(name: FromPath[str]) -> File:
        path = clips.get(Path(name).stem)
        if path is None or path.name != name:
            raise NotFoundException()
        return File(path, content_disposition_type="inline")

    @websocket("/ws/offices/{office:str}/feed")
    async def feed(
        socket: WebSocket[Any, Any, Any], office: FromPath[str], since: FromQuery[int | None] = None
    ) -> None:
        await socket.accept()
        if follower.identity is not None and follower.identity.office != office:
            await socket.close(code=NO_SUCH_OFFICE)
            return
        await relay(socket, follower, since)

    def middleware(app: ASGIApp) -> ASGIApp:
        return _own_host_only(app, port)

    return Litestar(
        [start, wall, board, health, listing, clip, feed, _static()],
        lifespan=[following],
        middleware=[middleware],
        openapi_config=None,
        logging_config=None,
    )


def _static() -> Router:
    return create_static_files_router(path="/static", directories=[STATIC])


def _page(html: str) -> Response[str]:
    return Response(html, media_type="text/html; charset=utf-8", headers=SECURITY)


def _language(request: Request[Any, Any, Any]) -> Language:
    """What was chosen. What the wall PC's browser prefers says nothing about those who look at the wall."""
    chosen = request.query_params.get("lang") or request.cookies.get("lang")
    return "en" if chosen == "en" else "vi"


def _own_host_only(app: ASGIApp, port: int) -> ASGIApp:
    """Nobody may reach loopback through another name (DNS rebinding), nor another site's page through our sockets."""
    own = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in (b"host", b"origin")}
        origin = headers.get(b"origin")
        if headers.get(b"host") in own and (origin is None or urlsplit(origin).netloc in own):
            await app(scope, receive, send)
        elif scope["type"] == ScopeType.WEBSOCKET:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await send({"type": "http.response.start", "status": MISDIRECTED, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return guarded
