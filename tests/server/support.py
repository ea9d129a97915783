"""The server under test: in this loop, over HTTP without a network, or as live processes; and its people and devices.

Offices are the shipped ones: `bo-de` as the demo opens it (round the clock), `long-bien` with its weekday hours.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx
import msgspec
from litestar import Litestar
from websockets.asyncio.client import ClientConnection, connect

from display.board import read, reduce
from server import clock
from server.app import create_app
from server.catalogue.pack import load
from server.db import Database
from server.people import service as people
from server.serving import server_config
from server.settings import Settings
from server.wire import Board
from tests.databases import give_everybody, opened
from tests.serving import serving

OFFICE = "bo-de"
WEEKDAYS = "long-bien"
PASSWORD = "một-cửa-thử-nghiệm"
PACKS = Path(__file__).parents[2] / "server" / "packs"
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
"""A Monday, both offices open."""

Json = dict[str, Any]
T = TypeVar("T")


async def furnish(url: str) -> None:
    """Load the shipped packs into an empty database, and give every officer PASSWORD."""
    async with opened(url, migrated=True):
        for pack in ("long-bien", "demo"):
            await load(PACKS / pack)
        await give_everybody(PASSWORD)


class Clock:
    """The one clock of the server, as long as a test turns it."""

    def __init__(self, at: datetime = MORNING) -> None:
        self.at = clock.whole_milliseconds(at)

    def now(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> datetime:
        """Let time pass: `forward(minutes=5)`."""
        self.at += timedelta(**span)
        return self.at

    def local(self, hour: int, minute: int = 0, *, days: int = 0) -> datetime:
        """Set it to a time of day in Hà Nội, so many days on."""
        here = clock.local(self.at, "Asia/Ho_Chi_Minh") + timedelta(days=days)
        self.at = clock.whole_milliseconds(here.replace(hour=hour, minute=minute, second=0, microsecond=0))
        return self.at


class House:
    """A running server and the ways into it."""

    def __init__(self, app: Litestar, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        self.app = app
        self.settings = settings
        self._transport = transport
        self._clients: list[httpx.AsyncClient] = []

    @property
    def url(self) -> str:
        return self.settings.address

    @property
    def database(self) -> Database:
        found: Database = self.app.state.database
        return found

    def client(self, token: str | None = None, **headers: str) -> httpx.AsyncClient:
        """Somebody new, with a bearer token if one is given."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        made = httpx.AsyncClient(
            transport=self._transport, base_url=self.url, headers={"Accept-Language": "vi", **headers}, timeout=30
        )
        self._clients.append(made)
        return made

    async def device(
        self, kind: str = "kiosk", *, office: str = OFFICE, counter: int | None = None
    ) -> httpx.AsyncClient:
        """A device that has been let in."""
        name = f"{kind} {len(self._clients)}"
        return self.client((await people.add_device(office, kind, name, counter))[1])

    async def officer(self, username: str = "dung.bode", *, counter: int | None = None) -> httpx.AsyncClient:
        """An officer who has signed in, and sat down at a counter if one is given."""
        client = self.client()
        ok(await client.post("/api/session", json={"username": username, "password": PASSWORD}))
        if counter is not None:
            ok(await client.put("/api/desk", json={"counter": counter}))
        return client

    async def board(self, office: str = OFFICE) -> Json:
        """The snapshot as anybody sees it."""
        return ok(await self.client().get(f"/api/offices/{office}/board"))

    def feed(self, office: str = OFFICE, since: int | None = None, **headers: str) -> connect:
        """The office's feed over a real WebSocket; only of a live house."""
        query = "" if since is None else f"?since={since}"
        return self.socket(f"/ws/offices/{office}/feed{query}", **headers)

    def socket(self, path: str, **headers: str) -> connect:
        """A WebSocket to a live house."""
        return connect(f"ws{self.url.removeprefix('http')}{path}", additional_headers=headers, ping_interval=None)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def ok(response: httpx.Response, status: int | None = None) -> Any:
    """The body of a response that says yes; the test fails with what it says otherwise."""
    expected = (status,) if status is not None else (200, 201, 204)
    assert response.status_code in expected, f"{response.request.url}: {response.status_code} {response.text}"
    return response.json() if response.content else None


def refused(response: httpx.Response, code: str, status: int) -> Json:
    """The problem of a response that says no with this code."""
    body = response.json()
    assert (response.status_code, body["type"]) == (status, f"urn:motcua:{code}"), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["detail"]
    return dict(body)


async def soon(what: Awaitable[T], seconds: float = 30) -> T:
    """What must come, and come soon: a test that waits in vain fails instead of hanging."""
    async with asyncio.timeout(seconds):
        return await what


async def until(true: Callable[[], bool]) -> None:
    """Wait for a condition that rings no bell."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def take(kiosk: httpx.AsyncClient, line: str = "A", **more: Any) -> Json:
    """A walk-in takes a number."""
    body: Json = ok(await kiosk.post("/api/kiosk/tickets", json={"line": line, **more}), 201)
    return body


async def act(desk: httpx.AsyncClient, ticket: Json, verb: str, **body: Any) -> Json:
    """An officer does a verb to a ticket."""
    done: Json = ok(await desk.post(f"/api/desk/tickets/{ticket['id']}/{verb}", json=body or None), 200)
    return done


async def call(desk: httpx.AsyncClient) -> Json:
    """Somebody is called, who must be there."""
    called: Json = ok(await desk.post("/api/desk/next"), 200)
    return called


class Follower:
    """A wall: a snapshot, and every frame after it applied."""

    def __init__(self, board: Json, socket: ClientConnection) -> None:
        self.board = msgspec.convert(board, Board)
        self.socket = socket
        self.frames: list[Json] = []
        self.forecasts = 0

    async def step(self) -> Json:
        """Take in the next message."""
        text = await soon(self.socket.recv())
        frame: Json = json.loads(text)
        self.board = reduce(self.board, read(text))
        if "forecast" in frame:
            self.forecasts += 1
        elif "seq" in frame:
            self.frames.append(frame)
        return frame

    async def until(self, kind: str) -> Json:
        """Go on to the next event of that kind."""
        while (frame := await self.step()).get("kind") != kind:
            pass
        return frame

    async def up_to(self, seq: int) -> None:
        """Go on to that number."""
        while self.board.seq < seq:
            await self.step()

    @property
    def state(self) -> Json:
        state: Json = msgspec.to_builtins(self.board.state)
        return state


@asynccontextmanager
async def following(house: House, office: str = OFFICE) -> AsyncIterator[Follower]:
    """A wall in front of a live house."""
    board = await house.board(office)
    async with house.feed(office, board["seq"]) as socket:
        yield Follower(board, socket)


@asynccontextmanager
async def running(app: Litestar) -> AsyncIterator[Litestar]:
    """The app's lifespan, begun and ended in one task: it may not be ended in another one."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with app.lifespan():
            started.set()
            await stop.wait()

    task = asyncio.create_task(hold())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    try:
        yield app
    finally:
        stop.set()
        await task


@asynccontextmanager
async def house_of(url: str, **settings: Any) -> AsyncIterator[House]:
    """The server on this database, in this loop, without a network."""
    chosen = Settings(database=url, **settings)
    async with running(create_app(chosen)) as app:
        house = House(app, chosen, httpx.ASGITransport(app=app))
        try:
            yield house
        finally:
            await house.close()


@asynccontextmanager
async def live_house_of(url: str, **settings: Any) -> AsyncIterator[House]:
    """The server on this database, in this loop, listening on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        chosen = Settings(database=url, port=sock.getsockname()[1], **settings)
        app = create_app(chosen)
        async with serving(server_config(app, chosen), sock):
            house = House(app, chosen, None)
            try:
                yield house
            finally:
                await house.close()


class Process:
    """`motcua serve` (or a program like it) as a process of its own."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if "ready at" not in line:
            raise AssertionError(f"not ready: {line!r} {self._process.communicate()[1]}")
        self.url = line.split("ready at ")[1].split()[0]

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """As a power cut would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait(self, seconds: float = 30) -> int:
        """Its exit code, when it has ended."""
        self._process.communicate(timeout=seconds)
        return self._process.returncode

    def stop(self) -> str:
        """Have it end; returns what it said on standard error."""
        if self._process.poll() is None:
            self._process.terminate()
        said = self._process.communicate(timeout=30)[1]
        return said or ""


@contextmanager
def served(url: str, *, program: Sequence[str] = ("-m", "server.cli"), port: int = 0, **environment: str) -> Any:
    """A server process on this database, ended afterwards."""
    command = [sys.executable, *program, "serve", "--port", str(port)]
    process = Process(command, {"MOTCUA_DATABASE": url, **environment})
    try:
        yield process
    finally:
        process.stop()
