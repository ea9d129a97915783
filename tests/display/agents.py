"""The wall's agent in this process, as `motcua-display` would run it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from display.app import create_app
from display.follower import Follower
from display.source import Source
from tests.serving import serving


async def at_once(_: float) -> None:
    """No pause between two tries, but let others run."""
    await asyncio.sleep(0)


@dataclass
class Agent:
    """A running agent."""

    port: int
    follower: Follower
    http: httpx.AsyncClient

    def page(self, since: int | None = None, **options: Any) -> connect:
        """The feed as a page follows it."""
        query = "" if since is None else f"?since={since}"
        return connect(f"ws://127.0.0.1:{self.port}/ws/offices/bo-de/feed{query}", proxy=None, **options)

    async def board(self) -> dict[str, Any]:
        """The board as a page gets it."""
        answer = await self.http.get("/api/offices/bo-de/board")
        answer.raise_for_status()
        board: dict[str, Any] = answer.json()
        return board

    async def until(self, what: Callable[[], object]) -> None:
        """Waits until something is true; looks on all news of the follower."""
        async with asyncio.timeout(60):
            while not what():
                await self.follower.moved.wait()


@asynccontextmanager
async def agent(
    server: str,
    folder: Path,
    *,
    silence: float = 12.0,
    sleep: Callable[[float], Awaitable[None]] = at_once,
    mute: bool = False,
    voice: Path | None = None,
) -> AsyncIterator[Agent]:
    """An agent that follows this server; without one it keeps trying."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    source = Source(server, "the-token")
    follower = Follower(source, folder / "board.json", silence=silence, sleep=sleep)
    app = create_app(source, follower, port=port, voice=voice, mute=mute, ready=lambda: None)
    config = uvicorn.Config(
        app, ws="websockets-sansio", lifespan="on", log_config=None, date_header=False, timeout_graceful_shutdown=2
    )
    http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False)
    async with serving(config, listener), http:
        yield Agent(port, follower, http)


async def seqs(page: ClientConnection, last: int) -> list[int]:
    """The numbers of the frames that come until that one; heartbeats and forecasts are passed over."""
    found: list[int] = []
    async with asyncio.timeout(60):
        while not found or found[-1] != last:
            frame = json.loads(await page.recv())
            if "seq" in frame:
                found.append(frame["seq"])
    return found


async def closed(page: ClientConnection) -> int | None:
    """The code with which the page's feed ends; what comes before is passed over."""
    async with asyncio.timeout(60):
        with suppress(ConnectionClosed):
            while True:
                await page.recv()
    return page.close_code
