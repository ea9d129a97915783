"""The two WebSockets: an office's feed for everybody, and one ticket for its holder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from litestar import WebSocket, websocket
from litestar.params import FromPath, FromQuery

from server.catalogue import service as catalogue
from server.db import is_unavailable
from server.errors import Refusal
from server.journal import feed
from server.journal.frames import read_frames
from server.journal.hub import Hub
from server.phrases import Language
from server.queue import service as queue
from server.queue import views
from server.queue.forecasting import Forecaster
from server.web import context
from server.wire import encode

__all__ = ["office_feed", "ticket_socket"]

Socket = WebSocket[Any, Any, Any]
TRY_AGAIN = 1013
QUIET_SECONDS = 25.0


@websocket("/ws/offices/{office:str}/feed")
async def office_feed(socket: Socket, office: FromPath[str], since: FromQuery[int | None] = None) -> None:
    """Every event of the office, in order; see docs/reference/feed.md."""
    await socket.accept()
    async with _database_needed(socket):
        if not await _welcome(socket):
            return
        try:
            await catalogue.office(office)
        except Refusal:
            await socket.close(code=feed.NO_SUCH_OFFICE)
            return
        hub: Hub = socket.app.state.hub
        forecaster: Forecaster = socket.app.state.forecaster
        forecaster.wanted(office)
        await feed.serve_feed(socket, hub, read_frames, office, since)


@websocket("/ws/tickets/{follow_token:str}")
async def ticket_socket(socket: Socket, follow_token: FromPath[str]) -> None:
    """The whole of `GET /api/tickets/{followToken}` on connection and whenever it changes."""
    await socket.accept()
    async with _database_needed(socket):
        if not await _welcome(socket):
            return
        try:
            ticket = await queue.ticket_of_token(follow_token)
        except Refusal:
            await socket.close(code=feed.NO_SUCH_OFFICE)
            return
        await feed.speak(socket, _tell(socket, ticket.office, follow_token, context.language(socket)))


@asynccontextmanager
async def _database_needed(socket: Socket) -> AsyncIterator[None]:
    """Close with "try again" where the database is away."""
    try:
        yield
    except Exception as exc:
        if not is_unavailable(exc):
            raise
        with suppress(Exception):  # the other side may have gone, or been told
            await socket.close(code=TRY_AGAIN)


async def _tell(socket: Socket, office: str, token: str, language: Language) -> None:
    hub: Hub = socket.app.state.hub
    forecaster: Forecaster = socket.app.state.forecaster
    told = b""
    async with hub.follow(office) as news:
        while True:
            moved = news.moved
            try:
                seen = await views.phone_ticket(token, language, forecaster)
            except Refusal:  # a reprint has made this link worthless
                return
            fresh = encode(views.without_instant(seen))
            if fresh != told:
                told = fresh
                await feed.send(socket, encode(seen).decode())
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await moved.wait()
            except TimeoutError:
                await feed.send(socket, encode({"heartbeat": news.head}).decode())


async def _welcome(socket: Socket) -> bool:
    """Whether this page may listen. A browser must come from our own pages, and a token that is shown must be good."""
    known = (await context.caller(socket)).who
    shows_token = context.bearer(socket) is not None
    from_a_page = socket.cookies or socket.headers.get("origin") is not None
    foreign = from_a_page and not shows_token and not context.speaks_from_here(socket)
    if foreign or (shows_token and known is None):
        await socket.close(code=feed.NOT_ALLOWED)
        return False
    return True
