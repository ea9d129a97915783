"""The feed of an office over a WebSocket: what followed a number, then what happens, then heartbeats."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException

from server.journal.hub import PAGE, Frame, Hub, OfficeFeed
from server.wire import encode

__all__ = ["GONE", "NOT_ALLOWED", "NO_SUCH_OFFICE", "TOO_OLD", "serve_feed", "speak"]

NOT_ALLOWED = 4401
NO_SUCH_OFFICE = 4404
TOO_OLD = 4410
GONE = 1001

HEARTBEAT_SECONDS = 5.0
SLOW_SECONDS = 10.0

Socket = WebSocket[Any, Any, Any]
Read = Callable[[str, int, int], Awaitable[list[Frame]]]


async def serve_feed(socket: Socket, hub: Hub, read: Read, office: str, since: int | None) -> None:
    """Send an accepted socket every event of the office behind `since` (or from now on), in order, without a gap.

    Closes with 4410 where `since` lies beyond the head, as after a restored backup.
    """
    async with hub.follow(office) as feed:
        last = feed.head if since is None else since
        if last > feed.head:
            feed.bell.set()
            if last > await _true_head(read, office, last, feed):
                await socket.close(code=TOO_OLD, reason="since is beyond the head")
                return
        await speak(socket, _follow(socket, feed, read, last))


async def speak(socket: Socket, sender: Awaitable[None]) -> None:
    """Run a sender until it ends or the other side goes away; whoever does not read for ten seconds is dropped."""
    tasks = {asyncio.ensure_future(sender), asyncio.create_task(_until_gone(socket))}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await socket.close(code=GONE)
    for outcome in ended:
        if isinstance(outcome, Exception) and not isinstance(outcome, TimeoutError | WebSocketException | OSError):
            raise outcome
    del done


async def send(socket: Socket, text: str) -> None:
    """Send one frame, or raise TimeoutError where the reader has stalled."""
    async with asyncio.timeout(SLOW_SECONDS):
        await socket.send_text(text)


async def _follow(socket: Socket, feed: OfficeFeed, read: Read, last: int) -> None:
    forecast_no = 0
    greeted = False
    while True:
        moved = feed.moved
        frames = feed.after(last)
        if frames is None:
            frames = await read(feed.office, last, PAGE)
        for frame in frames:
            await send(socket, frame.text)
            last = frame.seq
        if last < feed.head:
            continue
        if not greeted:  # a screen that was cut off knows at once that it has caught up
            greeted = True
            await send(socket, encode({"heartbeat": last}).decode())
        if feed.forecast is not None and feed.forecast_no != forecast_no:
            forecast_no = feed.forecast_no
            await send(socket, feed.forecast)
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await moved.wait()
        except TimeoutError:
            await send(socket, encode({"heartbeat": last}).decode())


async def _true_head(read: Read, office: str, since: int, feed: OfficeFeed) -> int:
    """Another process may be ahead of this one's tail: ask the journal before turning somebody away."""
    if since == 0 or await read(office, since - 1, 1):
        return since
    return feed.head


async def _until_gone(socket: Socket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_data(mode="text")
