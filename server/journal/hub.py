"""One office's news for everybody in this process who follows it.

Followers hold no queue that could overflow: they keep the number they have reached and read on from a short tail of
frames that one reader per office fills from the journal. A bell (a commit here, a doorbell from another process, or
five seconds) only says "look"; losing one costs a moment, never an event.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

__all__ = ["Frame", "Hub", "OfficeFeed"]

TAIL = 2000
LOOK_SECONDS = 5.0
PAGE = 500


class Frame(NamedTuple):
    seq: int
    text: str


Read = Callable[[str, int, int], Awaitable[list[Frame]]]


class OfficeFeed:
    """The newest frames of one office, and the event that is set when there are more."""

    def __init__(self, office: str, head: int) -> None:
        self.office = office
        self.head = head
        self.frames: deque[Frame] = deque(maxlen=TAIL)
        self.forecast: str | None = None
        self.forecast_no = 0
        self.followers = 0
        self.moved = asyncio.Event()
        self.bell = asyncio.Event()

    def publish(self, frames: list[Frame]) -> None:
        """Take in frames that follow on the head, and wake everybody."""
        for frame in frames:
            if frame.seq == self.head + 1:
                self.frames.append(frame)
                self.head = frame.seq
        self._wake()

    def publish_forecast(self, text: str) -> None:
        """Replace the forecast; it is not journalled, so only the newest matters."""
        if text != self.forecast:
            self.forecast = text
            self.forecast_no += 1
            self._wake()

    def after(self, seq: int) -> list[Frame] | None:
        """The frames behind that number, or None where the tail no longer reaches back so far."""
        if seq >= self.head:
            return []
        if not self.frames or self.frames[0].seq > seq + 1:
            return None
        return [self.frames[place] for place in range(seq + 1 - self.frames[0].seq, len(self.frames))]

    def _wake(self) -> None:
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()


class Hub:
    """All offices that somebody in this process follows."""

    def __init__(self, read: Read, head: Callable[[str], Awaitable[int]]) -> None:
        self._read = read
        self._head = head
        self._feeds: dict[str, OfficeFeed] = {}
        self._pumps: dict[str, asyncio.Task[None]] = {}
        self._opening = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def follow(self, office: str) -> AsyncIterator[OfficeFeed]:
        """The office's feed while somebody follows it; its reader ends with the last follower."""
        async with self._opening:
            feed = self._feeds.get(office)
            if feed is None:
                feed = OfficeFeed(office, await self._head(office))
                self._feeds[office] = feed
                self._pumps[office] = asyncio.create_task(self._pump(feed), name=f"feed {office}")
            feed.followers += 1
        try:
            yield feed
        finally:
            feed.followers -= 1
            if feed.followers == 0 and self._feeds.get(office) is feed:
                del self._feeds[office]
                self._pumps.pop(office).cancel()

    def feed(self, office: str) -> OfficeFeed | None:
        """The office's feed if anybody follows it here."""
        return self._feeds.get(office)

    def feeds(self) -> list[OfficeFeed]:
        """Every office that is followed here."""
        return list(self._feeds.values())

    def followers(self) -> int:
        """How many follow anything here."""
        return sum(feed.followers for feed in self._feeds.values())

    def ring(self, office: str | None = None) -> None:
        """Say that an office, or any of them, may have news."""
        for code, feed in self._feeds.items():
            if office is None or code == office:
                feed.bell.set()

    async def close(self) -> None:
        """End all readers."""
        pumps = list(self._pumps.values())
        self._pumps.clear()
        self._feeds.clear()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, feed: OfficeFeed) -> None:
        while True:
            feed.bell.clear()
            try:
                frames = await self._read(feed.office, feed.head, PAGE)
            except Exception:  # the database is away: followers keep their place and get heartbeats until it is back
                frames = []
            if frames:
                feed.publish(frames)
            if len(frames) == PAGE:
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await feed.bell.wait()
