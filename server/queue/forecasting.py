"""The forecast at work: outside transactions, off the event loop, one at a time per office, newest news first.

Whoever asks gets the newest forecast there is, waiting only where there is none yet. News while one is being made is
answered by one more afterwards, however much news there was.
"""

import asyncio
import logging
from collections.abc import Callable
from contextvars import Context
from datetime import datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking import service as booking
from server.catalogue import service as catalogue
from server.db import is_unavailable
from server.journal.frames import head_seq
from server.queue import experience
from server.queue.forecast import Booked, Forecast, Outlook, forecast, shown
from server.queue.hall import Setting, desks, load_hall, load_setting
from server.wire import Wait, encode

__all__ = ["Forecaster", "Newest", "outlook"]

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=60)
PLAYS = 60
REST = 4
"""After a forecast none is made for four times as long as it took: in a rush, commands come first."""
LIKELY = 0.5
PRACTICE = timedelta(hours=8)
"""A working day to practise in, whatever the time."""


class Newest(Struct, frozen=True):
    """A forecast, the journal number it was made at, and the instant."""

    seq: int
    at: datetime
    forecast: Forecast

    def lines(self) -> dict[str, Wait]:
        """Per line the range for a number taken now, rounded as it is shown."""
        return {line: shown(found.p50_minutes, found.p90_minutes) for line, found in self.forecast.lines.items()}

    def frame(self) -> str:
        """How it travels beside the events."""
        return encode({"forecast": self.lines(), "asOf": self.seq}).decode()


class Forecaster:
    """Keeps the newest forecast of every office that somebody asks about."""

    def __init__(self, publish: Callable[[str, str], None]) -> None:
        self._publish = publish
        self._newest: dict[str, Newest] = {}
        self._making: dict[str, asyncio.Task[None]] = {}
        self._stale: set[str] = set()
        self._resting: dict[str, asyncio.TimerHandle] = {}

    def wanted(self, office: str) -> None:
        """Somebody follows this office: have a forecast ready for them."""
        if office not in self._newest:
            self._start(office)

    def news(self, office: str) -> None:
        """Something has happened there: make a new forecast, if anybody has ever asked for one."""
        if office in self._newest or office in self._making:
            self._stale.add(office)
            if office not in self._resting:
                self._start(office)

    def news_of(self, office: str | None) -> None:
        """A bell rang for one office, or for any of them."""
        for known in [office] if office is not None else list(self._newest):
            self.news(known)

    async def newest(self, office: str) -> Newest | None:
        """The newest forecast; the first question waits for it. None where it could not be made."""
        found = self._newest.get(office)
        if found is None:
            await asyncio.shield(self._start(office))
            return self._newest.get(office)
        if clock.now() - found.at > FRESH:
            self.news(office)
        return found

    async def lines(self, office: str) -> dict[str, Wait]:
        """Per line the wait of a number taken now; a line that nobody serves is absent."""
        found = await self.newest(office)
        return found.lines() if found else {}

    async def late(self, office: str) -> frozenset[str]:
        """Lines whose next number would more likely than not be called only after closing."""
        found = await self.newest(office)
        return (
            frozenset(line for line, ranged in found.forecast.lines.items() if ranged.served < LIKELY)
            if found
            else frozenset()
        )

    async def ticket_wait(self, office: str, ticket: str) -> Wait | None:
        """The wait of a ticket, or None where it is not known yet."""
        found = await self.newest(office)
        ranged = found.forecast.tickets.get(ticket) if found else None
        return shown(ranged.p50_minutes, ranged.p90_minutes) if ranged else None

    async def close(self) -> None:
        """End whatever is being made."""
        for timer in self._resting.values():
            timer.cancel()
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, office: str) -> asyncio.Task[None]:
        task = self._making.get(office)
        if task is None:
            # A fresh context: whoever asks may be inside a transaction, which is not the forecast's.
            task = asyncio.create_task(self._make(office), name=f"forecast {office}", context=Context())
            self._making[office] = task
        return task

    async def _make(self, office: str) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._stale.discard(office)
        try:
            await self._make_one(office)
        except Exception as exc:
            if not is_unavailable(exc):
                log.exception("no forecast for %s", office)
        finally:
            del self._making[office]
        if (timer := self._resting.pop(office, None)) is not None:
            timer.cancel()
        self._resting[office] = loop.call_later(REST * (loop.time() - began), self._rested, office)

    def _rested(self, office: str) -> None:
        self._resting.pop(office, None)
        if office in self._stale:
            self._start(office)

    async def _make_one(self, office: str) -> None:
        seq = await head_seq(office)
        known = self._newest.get(office)
        if known is not None and known.seq == seq and clock.now() - known.at < FRESH:
            return  # the bell rang for another office, or twice for the same news
        seen = await outlook(await load_setting(office), clock.now())
        made = await asyncio.to_thread(forecast, seen, plays=PLAYS, seed=seq)
        self._newest[office] = Newest(seq, seen.now, made)
        self._publish(office, self._newest[office].frame())


async def outlook(setting: Setting, now: datetime) -> Outlook:
    """What is known of an office at this instant."""
    office = setting.office
    hall = await load_hall(setting, now)
    today = clock.day_of(now, office.time_zone)
    opening = (await catalogue.opening_days(office, today, 1))[today]
    if setting.policy.practice:  # when the doors are shut, as if they were not
        opening = [(now, now + PRACTICE)]
    closes_at = opening[-1][1] if opening else now
    availability: dict[int, list[tuple[datetime, datetime]]] = {}
    for desk in await desks(office.code):
        if desk.officer is None or not opening:
            continue
        begins = max(now, desk.paused_until) if desk.paused_at and desk.paused_until else now
        availability[desk.counter] = [(max(start, begins), end) for start, end in opening if end > begins]
    learned = await experience.learned(setting, hall, today, now)
    coming = await booking.still_to_come(office.code, now, closes_at)
    return Outlook(
        hall=hall,
        times=learned.times,
        officer_times=learned.officer_times,
        doubt=learned.doubt,
        newcomers=await experience.newcomers_of(setting, today, now),
        habits=await experience.habits_of(setting, today),
        now=now,
        closes_at=closes_at,
        availability=availability,
        booked=[Booked(found.starts_at, found.line, found.officer) for found in coming],
        head_start=timedelta(minutes=setting.policy.head_start_minutes),
        grace=timedelta(minutes=setting.policy.grace_minutes),
    )
