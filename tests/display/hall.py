"""A made-up office for walls: a real HTTP and WebSocket server in this process, as naughty as networks are."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, WebSocket, get, put, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, FromQuery

from display.board import read, reduce
from server.wire import Board, decode, encode
from tests.serving import serving

NAMES = [
    ("A", "Chứng thực", "Certification"),
    ("H", "Hộ tịch", "Civil status"),
    ("K", "Đăng ký kinh doanh – Công thương", "Business registration and trade"),
    ("L", "Đất đai", "Land"),
    ("S", "Lao động – Xã hội", "Labour and social affairs"),
    ("T", "Trả kết quả", "Result hand-over"),
    ("V", "Văn hóa – Giáo dục – Nội vụ", "Culture, education, home affairs"),
    ("C", "Công an (cư trú, căn cước)", "Police desk (residence, ID)"),
    ("N", "Nông nghiệp – Môi trường", "Agriculture and environment"),
    ("HD", "Hỏi, nhờ hướng dẫn", "Ask for guidance"),
]


def board_of(lines: int = 6, *, name: str = "Phường Bồ Đề", seq: int = 0, counters: int = 12) -> Board:
    """An open office at the start of its day."""
    body: dict[str, Any] = {
        "seq": seq,
        "state": {
            "day": "2026-11-23",
            "calls": [],
            "lines": [{"code": code, "waiting": 0} for code, _, _ in NAMES[:lines]],
            "counters": [{"number": n, "name": f"Quầy {n}", "open": True} for n in range(1, counters + 1)],
            "ratings": {"served": 0, "answered": 0, "satisfied": 0},
            "notices": [],
        },
        "forecast": {},
        "office": {
            "code": "bo-de",
            "name": name,
            "address": "Phường Bồ Đề, Hà Nội",
            "timeZone": "Asia/Ho_Chi_Minh",
            "openingNow": {"opens": "2026-01-01T00:00:00+07:00", "closes": "2040-01-01T00:00:00+07:00"},
            "openingNext": None,
            "lines": [
                {
                    "code": code,
                    "kind": "procedures",
                    "name": vi,
                    "prefix": code,
                    "open": True,
                    "waiting": 0,
                    "wait": None,
                    "nameVi": vi,
                    "nameEn": en,
                }
                for code, vi, en in NAMES[:lines]
            ],
        },
    }
    return msgspec.convert(body, Board)


class Hall:
    """The office's server. `board` is its present board, `journal` all frames so far."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.journal: list[str] = []
        self.first = board.seq
        self.connections = 0
        """How many feeds were ever opened."""
        self.open: set[WebSocket[Any, Any, Any]] = set()
        self.reports: list[dict[str, Any]] = []
        self.asked = 0
        """How often the board was asked for."""
        self.identity: dict[str, Any] | None = {"office": "bo-de", "kind": "display", "name": "Bảng 1", "counter": None}
        self.slam: int | None = None
        """A close code with which every new feed ends as soon as it is accepted."""
        self.mute = False
        """Accept feeds and say nothing."""
        self.skip = 0
        """Frames lost on the way to those connected."""
        self.moved = asyncio.Event()
        self.now = datetime.now(UTC)
        self.port = 0

    # --- what happens in the hall

    def happens(self, kind: str, **facts: Any) -> dict[str, Any]:
        """The next event: the board moves, everybody connected hears of it."""
        self.now += timedelta(seconds=1)
        frame = {"seq": self.board.seq + 1, "at": self.now.isoformat(), "kind": kind, **facts}
        text = json.dumps(frame)
        self.board = reduce(self.board, read(text))
        self.journal.append(text)
        self.ring()
        return frame

    def ticket(self, verb: str, label: str, state: str, was: str | None, counter: int | None = None) -> None:
        """Something happened to a ticket; its label begins with its line."""
        line = label.rstrip("0123456789") or "A"
        body = {"id": f"id-{label}", "number": label, "label": label, "line": line, "day": "2026-11-23", "state": state}
        facts: dict[str, Any] = {"ticket": body, "was": was and {"state": was, "line": line}}
        if counter is not None:
            facts["counter"] = {"number": counter, "name": f"Quầy {counter}"}
        self.happens(f"ticket.{verb}", **facts)

    def issue(self, *labels: str) -> None:
        for label in labels:
            self.ticket("issued", label, "waiting", None)

    def call(self, label: str, counter: int) -> None:
        self.ticket("called", label, "called", "waiting", counter)

    def ring(self) -> None:
        news, self.moved = self.moved, asyncio.Event()
        news.set()

    # --- what it serves

    def app(self) -> Litestar:
        @get("/api/devices/self")
        async def self_() -> Response[Any]:
            return Response(self.identity or {}, status_code=200 if self.identity else 401)

        @put("/api/devices/self/status", status_code=204)
        async def status(request: Request[Any, Any, Any]) -> None:
            self.reports.append(decode(await request.body()))
            self.ring()

        @get("/api/offices/{office:str}/board")
        async def board(office: FromPath[str]) -> Response[bytes]:
            self.asked += 1
            return Response(encode(self.board), media_type="application/json")

        @websocket("/ws/offices/{office:str}/feed")
        async def feed(socket: WebSocket[Any, Any, Any], office: FromPath[str], since: FromQuery[int] = 0) -> None:
            await socket.accept()
            self.connections += 1
            self.ring()
            if self.slam is not None:
                await socket.close(code=self.slam)
                return
            self.open.add(socket)
            self.ring()
            tasks = [asyncio.create_task(self._speak(socket, since)), asyncio.create_task(_until_gone(socket))]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.open.discard(socket)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        return Litestar([self_, status, board, feed], openapi_config=None, logging_config=None)

    async def _speak(self, socket: WebSocket[Any, Any, Any], since: int) -> None:
        if since > self.board.seq or since < self.first:
            await socket.close(code=4410)
            return
        last = since
        while True:
            moved = self.moved
            if not self.mute:
                for text in self.journal[last - self.first :]:
                    last += 1
                    if self.skip:
                        self.skip -= 1
                    else:
                        await socket.send_text(text)
                await socket.send_text(json.dumps({"heartbeat": last}))
            await moved.wait()

    def restore(self, board: Board) -> None:
        """A backup: what came after it has never happened."""
        self.board, self.first = board, board.seq
        self.journal.clear()

    async def send(self, text: str) -> None:
        """Sends something that is no event to everybody connected."""
        for socket in list(self.open):
            await socket.send_text(text)

    async def drop(self, code: int = 1012) -> None:
        """Closes every feed."""
        for socket in list(self.open):
            await socket.close(code=code)

    async def until(self, what: Any) -> None:
        """Waits until something is true of this server; looks whenever anything happens here."""
        async with asyncio.timeout(60):
            while not what():
                await self.moved.wait()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Its address, the same each time."""
        listener = sockets.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self.app(), ws="websockets-sansio", lifespan="on", log_config=None, timeout_graceful_shutdown=1
        )
        async with serving(config, listener):
            yield f"http://127.0.0.1:{self.port}"


async def _until_gone(socket: WebSocket[Any, Any, Any]) -> None:
    try:
        while True:
            await socket.receive_data(mode="text")
    except WebSocketDisconnect:
        return
