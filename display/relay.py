"""Passes the feed on to one page: what followed its number, then what happens, and the server's signs of life."""

import asyncio
from contextlib import suppress
from typing import Any

from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException

from display.follower import TOO_OLD, Follower
from server.wire import encode

__all__ = ["NO_SUCH_OFFICE", "relay"]

NO_SUCH_OFFICE = 4404
SLOW_SECONDS = 10.0
Socket = WebSocket[Any, Any, Any]


async def relay(socket: Socket, follower: Follower, since: int | None) -> None:
    """Sends an accepted socket every frame behind `since` until either side ends.

    It makes no heartbeat of its own: a page must see that its server is gone, not only that its agent is there.
    """
    tasks = {asyncio.create_task(_send(socket, follower, since)), asyncio.create_task(_until_gone(socket))}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception) and not isinstance(outcome, TimeoutError | WebSocketException | OSError):
            raise outcome


async def _send(socket: Socket, follower: Follower, since: int | None) -> None:
    while follower.board is None and follower.refused is None:
        await follower.moved.wait()
    last = since if since is not None else follower.board.seq if follower.board else 0
    generation, forecast, signs = follower.generation, follower.forecast, follower.signs
    if follower.connected:
        signs -= 1  # what came lately counts as a sign of life for this page, too
    while True:
        moved = follower.moved
        if follower.refused is not None:
            await socket.close(code=follower.refused)
            return
        frames = follower.after(last)
        if frames is None or follower.generation != generation:
            await socket.close(code=TOO_OLD)
            return
        for seq, text in frames:
            await _say(socket, text)
            last = seq
        if follower.forecast is not None and follower.forecast is not forecast:
            await _say(socket, follower.forecast)
        elif follower.signs != signs and not frames:
            await _say(socket, encode({"heartbeat": last}).decode())
        forecast, signs = follower.forecast, follower.signs
        await moved.wait()


async def _say(socket: Socket, text: str) -> None:
    async with asyncio.timeout(SLOW_SECONDS):
        await socket.send_text(text)


async def _until_gone(socket: Socket) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            await socket.receive_data(mode="text")
