"""Follows the office's feed for ever, keeps its board, and remembers the newest frames for the pages behind it."""

import asyncio
import logging
import os
import random
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import islice
from pathlib import Path

import httpx
from msgspec import DecodeError, Struct
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed, WebSocketException

from display.board import Forecast, Gap, Heartbeat, read, reduce
from display.rules import SILENCE, Backoff
from display.source import Identity, Source
from server.wire import Board, decode, encode

__all__ = ["TOO_OLD", "Follower"]

REPORT_EVERY = 30.0
REMEMBERED = 1000
TOO_OLD = 4410
REFUSALS = {401: 4401, 403: 4401, 404: 4404, 4401: 4401, 4404: 4404}
log = logging.getLogger("display")


class Kept(Struct):
    """What outlives a restart, so that the wall shows the last board even before the server is found."""

    identity: Identity
    board: Board | None = None
    seen: datetime | None = None


class Follower:
    """The link to the server. Read its fields at will; `moved` is set, and replaced by a new event, on every news."""

    def __init__(
        self,
        source: Source,
        file: Path,
        *,
        silence: float = SILENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._file = file
        self._silence = silence
        self._sleep = sleep
        kept = _load(file)
        self.identity: Identity | None = kept.identity if kept else None
        self.board: Board | None = kept.board if kept else None
        self.seen: datetime | None = kept.seen if kept else None
        """The server's time of its last sign of life."""
        self.refused: int | None = None
        """4401 or 4404 while the server turns us away."""
        self.moved = asyncio.Event()
        self.forecast: str | None = None
        """The newest forecast frame, as it came."""
        self.signs = 0
        """How many signs of life there have been."""
        self.generation = 0
        """Moves when the board was replaced as a whole: what a page has cannot be brought up to it by frames."""
        self._frames: deque[tuple[int, str]] = deque(maxlen=REMEMBERED)
        self._stale = True
        self._confirmed = False

    @property
    def age(self) -> float | None:
        """Seconds since the last sign of life; None if there never was one."""
        return None if self.seen is None else max(0.0, (self._source.now() - self.seen).total_seconds())

    @property
    def connected(self) -> bool:
        """Whether what we have is fresh."""
        return self.signs > 0 and self.age is not None and self.age < self._silence

    def after(self, seq: int) -> list[tuple[int, str]] | None:
        """The frames behind `seq`, as they came; None where they are not all here, or `seq` lies beyond the board."""
        if self.board is None or seq > self.board.seq:
            return None
        missing = self.board.seq - seq
        if missing > len(self._frames):
            return None
        return list(islice(self._frames, len(self._frames) - missing, None))

    async def refresh_office(self) -> None:
        """Takes over what is not in the journal: names and opening hours. Raises what Source raises."""
        if self.identity is None:
            return
        fresh = await self._source.board(self.identity.office)
        if self.board is not None:
            self.board = replace(self.board, office=fresh.office)

    async def run(self) -> None:
        """Connects, follows, and connects again; keeps the board on disk; reports. Ends only by cancellation."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._report())
            tasks.create_task(self._keep())

    async def _follow(self) -> None:
        clock = asyncio.get_running_loop().time
        backoff = Backoff()
        while True:
            started = clock()
            try:
                await self._connection()
            except (httpx.HTTPError, WebSocketException, OSError, TimeoutError, Gap, ValueError) as trouble:
                self._judge(trouble)
            luck = random.random()  # noqa: S311 (spreads walls out, hides nothing)
            await self._sleep(backoff.pause(clock() - started, luck, refused=self.refused is not None))

    async def _connection(self) -> None:
        """Follows through one connection; returns or raises when it has ended."""
        if not self._confirmed:
            self._adopt(await self._source.identity())
        assert self.identity is not None  # noqa: S101 (just adopted)
        if self._stale or self.board is None:
            self._replace(await self._source.board(self.identity.office))
        assert self.board is not None  # noqa: S101
        async with self._source.feed(self.identity.office, self.board.seq) as socket:
            while True:
                async with asyncio.timeout(self._silence):
                    text = await socket.recv(decode=True)
                self._take(text)

    def _judge(self, trouble: Exception) -> None:
        """What the end of a connection teaches about the next one."""
        code = 0
        if isinstance(trouble, ConnectionClosed) and trouble.rcvd is not None:
            code = trouble.rcvd.code
        elif isinstance(trouble, httpx.HTTPStatusError):
            code = trouble.response.status_code
        refused = REFUSALS.get(code)
        if refused != self.refused:
            self.refused = refused
            self._ring()
        if refused:
            self._confirmed = False
        # what cannot be read or does not fit cannot be read the next time either: take the board as a whole
        if code == TOO_OLD or isinstance(trouble, DecodeError):
            self._stale = True
        log.info("the feed ended: %s", refused or repr(trouble))

    def _adopt(self, identity: Identity) -> None:
        if self.identity is not None and self.identity.office != identity.office:
            self.board = self.seen = None
        self.identity = identity
        self._confirmed = True
        self._ring()

    def _replace(self, board: Board) -> None:
        self.board = board
        self._frames.clear()
        self._stale = False
        self.generation += 1
        self._alive()

    def _take(self, text: str) -> None:
        assert self.board is not None  # noqa: S101
        frame = read(text)
        if isinstance(frame, Heartbeat) and frame.heartbeat > self.board.seq:
            raise Gap(f"the server has sent {frame.heartbeat}, we have {self.board.seq}")
        after = reduce(self.board, frame)
        if isinstance(frame, Forecast):
            self.forecast = text
        elif not isinstance(frame, Heartbeat) and frame.seq > self.board.seq:
            self._frames.append((frame.seq, text))
        self.board = after
        self._alive()

    def _alive(self) -> None:
        self.seen = self._source.now()
        self.refused = None
        self.signs += 1
        self._ring()

    def _ring(self) -> None:
        news, self.moved = self.moved, asyncio.Event()
        news.set()

    async def _report(self) -> None:
        while True:
            try:
                await self._source.report()
            except httpx.HTTPError as trouble:
                log.info("not reported: %r", trouble)
            await asyncio.sleep(REPORT_EVERY)

    async def _keep(self) -> None:
        """Writes the board down whenever it moved, once a second at most, and once more at the end."""
        kept: Board | None = None
        try:
            while True:
                moved = self.moved
                if self.board is not kept:
                    kept = self.board
                    await asyncio.to_thread(_save, self._file, self._kept())
                    await asyncio.sleep(1)
                await moved.wait()
        finally:
            _save(self._file, self._kept())

    def _kept(self) -> Kept | None:
        return Kept(identity=self.identity, board=self.board, seen=self.seen) if self.identity else None


def _load(file: Path) -> Kept | None:
    """What was kept; None where there is nothing, or nothing that can be read."""
    try:
        return decode(file.read_bytes(), type=Kept)
    except (OSError, DecodeError):
        return None


def _save(file: Path, kept: Kept | None) -> None:
    """A full disk must not darken the wall: what cannot be written is reported, and the wall goes on."""
    if kept is None:
        return
    fresh = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(encode(kept))
        os.replace(fresh, file)
    except OSError as trouble:
        log.warning("the board could not be kept: %s", trouble)
