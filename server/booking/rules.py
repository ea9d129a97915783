"""Which times can be booked, decided from plain values: the opening hours, who is on duty, what is taken, and `now`.

Three things make a place, and a booking needs all of them:

* *Time*: it begins on the office's grid (every `slot` from the start of an opening interval) and ends within that
  interval.
* *Share*: at every moment the bookings that must be served by the officers of a line are at most `sold(share, n)` of
  those n officers; the rest are there for people with a number. Bookings for several lines count in each of them, and
  so do bookings for a line whose officers all serve this one, too.
* *People*: all bookings together can be dealt out to officers, each skilled, on duty from its beginning to its end,
  and alone with it. A booking with a named officer can be dealt out to that one only.

So what is sold can be served: nothing is ever overbooked.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from zoneinfo import ZoneInfo

from msgspec import Struct

from server.booking.rules_dealing import Booked, Plan, deal_out

__all__ = [
    "Booked",
    "Day",
    "Duty",
    "Horizon",
    "Interval",
    "Slot",
    "Wish",
    "deal_out",
    "length",
    "nearest",
    "sold",
]

Interval = tuple[datetime, datetime]
"""Aware UTC instants: from the first on, up to and without the second."""

Lines = frozenset[str]


class Duty(Struct, frozen=True):
    """An officer at work: `lines` are what he or she can take then, at that counter."""

    officer: str
    lines: frozenset[str]
    start: datetime
    end: datetime


class Wish(Struct, frozen=True):
    """What somebody wants a time for."""

    lines: frozenset[str]
    length: timedelta
    officer: str | None = None


class Slot(Struct, frozen=True):
    """A start on the day's grid (`index` counts from its first): how many could still take it, and with whom."""

    index: int
    start: datetime
    end: datetime
    free: int
    officers: tuple[str, ...]


def length(minutes: Iterable[int], slot_minutes: int) -> timedelta:
    """How long a visit for procedures of these minutes is booked: their sum, rounded up to whole slots."""
    slots = -(-max(1, sum(minutes)) // slot_minutes)
    return timedelta(minutes=slots * slot_minutes)


def sold(share: float, officers: int) -> int:
    """How many of so many officers may be booked at one moment: the share, rounded down, but one where there is one.

    A share of 0 sells nothing.
    """
    if not officers or not share:
        return 0
    return max(1, int(Fraction(str(share)) * officers))


class Day:
    """One day of an office, to ask what is free in it. `taken` are the bookings that count now."""

    def __init__(
        self,
        opening: Sequence[Interval],
        duties: Sequence[Duty],
        taken: Sequence[Booked],
        *,
        share: float,
        slot_minutes: int,
    ) -> None:
        self.opening = opening
        self.taken = taken
        self._duties = duties
        self._share = share
        self._slot = timedelta(minutes=slot_minutes)
        self._lines = [frozenset([line]) for line in sorted({line for duty in duties for line in duty.lines})]
        self._edges = sorted({edge for duty in duties for edge in (duty.start, duty.end)})
        self._starts = sorted({booked.start for booked in taken})
        # All that is asked again and again while the starts of a day are gone through is worked out once.
        self._spans: dict[Lines, dict[str, list[Interval]]] = {}
        self._known: dict[Booked, frozenset[str]] = {}
        self._present: dict[tuple[Lines, int], frozenset[str]] = {}
        self._circles: dict[tuple[Lines, int], list[tuple[int, frozenset[Lines]]]] = {}
        self._lines_at: dict[datetime, Mapping[Lines, int]] = {}
        self._rooms: dict[tuple[Lines, datetime], int] = {}

    def grid(self, span: timedelta) -> Iterator[tuple[int, datetime]]:
        """Every start of the day from which `span` fits before the office closes, with its place in the grid."""
        index = 0
        for opens, closes in self.opening:
            start = opens
            while start < closes:
                if start + span <= closes:
                    yield index, start
                index, start = index + 1, start + self._slot

    def slots(
        self,
        wish: Wish,
        bookable: Callable[[int, datetime], bool] = lambda _index, _start: True,
        *,
        with_officers: bool = True,
    ) -> list[Slot]:
        """Every bookable start of the grid that somebody on duty could serve, the full ones included (`free` is 0).

        Whom each could be with costs the most to find out; leave `with_officers` off where nobody asks.
        """
        found = []
        for index, start in self.grid(wish.length):
            if not bookable(index, start):
                continue
            end = start + wish.length
            able = self.able(wish.lines, start, end)
            if wish.officer is not None:
                able &= {wish.officer}
            if able:
                free = self.free(wish, start)
                wanted = Booked(lines=wish.lines, start=start, end=end)
                with_whom = self._plan.with_whom(wanted, able) if free and with_officers else ()
                found.append(Slot(index=index, start=start, end=end, free=free, officers=with_whom))
        return found

    def free(self, wish: Wish, start: datetime) -> int:
        """How many such wishes could still be granted at that start, one after the other."""
        wanted = Booked(lines=wish.lines, start=start, end=start + wish.length, officer=wish.officer)
        room = min(self._room(wanted.lines, start, wanted.end), len(self._able(wanted)))
        return self._plan.takes(wanted, room) if room else 0

    def able(self, lines: Lines, start: datetime, end: datetime) -> frozenset[str]:
        """The officers who can take all these lines and are on duty all that time."""
        if bisect_right(self._edges, start) == bisect_left(self._edges, end):  # nobody comes or goes in between
            return self._on_duty(lines, start)
        return frozenset(
            officer
            for officer, spans in self._spans_of(lines).items()
            if any(begins <= start and end <= ends for begins, ends in spans)
        )

    def _able(self, booked: Booked) -> frozenset[str]:
        if booked not in self._known:
            able = self.able(booked.lines, booked.start, booked.end)
            self._known[booked] = able if booked.officer is None else able & {booked.officer}
        return self._known[booked]

    def _spans_of(self, lines: Lines) -> dict[str, list[Interval]]:
        """Per officer, when he or she can take all these lines: duties that follow each other are one."""
        if lines not in self._spans:
            spans: dict[str, list[Interval]] = {}
            for duty in sorted(self._duties, key=lambda duty: duty.start):
                if not lines <= duty.lines:
                    continue
                mine = spans.setdefault(duty.officer, [])
                if mine and duty.start <= mine[-1][1]:
                    mine[-1] = (mine[-1][0], max(mine[-1][1], duty.end))
                else:
                    mine.append((duty.start, duty.end))
            self._spans[lines] = spans
        return self._spans[lines]

    # Share.

    def _room(self, lines: Lines, start: datetime, end: datetime) -> int:
        """How many more such bookings the share allows.

        Looked at where a booking begins and where officers come or go: at an end there is never less room than before.
        """
        moments = [start]
        for instants in (self._starts, self._edges):
            moments += instants[bisect_right(instants, start) : bisect_left(instants, end)]
        return min(self._room_at(lines, moment) for moment in moments)

    def _room_at(self, lines: Lines, moment: datetime) -> int:
        if (lines, moment) not in self._rooms:
            circles = self._circles_around(lines, moment)
            at_once = self._booked_at(moment).items()
            rooms = [sold - sum(count for kind, count in at_once if kind in counted) for sold, counted in circles]
            self._rooms[lines, moment] = max(0, min(rooms, default=0))
        return self._rooms[lines, moment]

    def _booked_at(self, moment: datetime) -> Mapping[Lines, int]:
        """How many bookings of which lines there are at that moment."""
        if moment not in self._lines_at:
            self._lines_at[moment] = Counter(
                booked.lines for booked in self.taken if booked.start <= moment < booked.end
            )
        return self._lines_at[moment]

    def _circles_around(self, wanted: Lines, moment: datetime) -> list[tuple[int, frozenset[Lines]]]:
        """Every circle of officers that all who can take these lines belong to: how many of it may be booked at that
        moment, and which bookings count in it. None where nobody can."""
        key = (wanted, bisect_right(self._edges, moment))
        if key not in self._circles:
            officers = self._on_duty(wanted, moment)
            kinds = {booked.lines for booked in self.taken}
            found = [(len(officers), frozenset[Lines]())] if officers else []
            for line in self._lines if officers else []:
                circle = self._on_duty(line, moment)
                if officers <= circle:
                    counted = (
                        lines
                        for lines in kinds
                        if line <= lines or frozenset() < self._on_duty(lines, moment) <= circle
                    )
                    found.append((sold(self._share, len(circle)), frozenset(counted)))
            self._circles[key] = found
        return self._circles[key]

    def _on_duty(self, lines: Lines, moment: datetime) -> frozenset[str]:
        key = (lines, bisect_right(self._edges, moment))
        if key not in self._present:
            self._present[key] = frozenset(
                officer
                for officer, spans in self._spans_of(lines).items()
                if any(begins <= moment < ends for begins, ends in spans)
            )
        return self._present[key]

    # People.

    @cached_property
    def _plan(self) -> Plan:
        return Plan(self.taken, self._able)


class Horizon(Struct, frozen=True):
    """How far ahead can be booked, as of `now`, and how near (`notice`, in minutes).

    Release times are minutes after local midnight, in order.
    """

    now: datetime
    time_zone: str
    days_ahead: int
    release_times: tuple[int, ...]
    notice: int = 0

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def last_day(self) -> date:
        """The last day of which something can be booked."""
        return self.today + timedelta(days=self.days_ahead)

    def refusal(self, day: date, index: int, start: datetime) -> str | None:
        """Why this start of that day's grid cannot be booked now, as a refusal's code; None where it can.

        A last day opens in as many portions as there are release times, every so many-th start in each, so that each
        portion has mornings and afternoons.
        """
        if start <= self.now:
            return "slot-past"
        if self.too_near(start):
            return "short-notice"
        last_day = self.last_day
        if day > last_day:
            return "too-far-ahead"
        if day == last_day and self.days_ahead and self.release_times:
            released = sum(1 for minute in self.release_times if minute <= self._minute)
            return None if index % len(self.release_times) < released else "too-far-ahead"
        return None

    def too_near(self, start: datetime) -> bool:
        """Whether the office would have too little notice of a booking for this start."""
        return start - self.now < timedelta(minutes=self.notice)

    def bookable(self, day: date, index: int, start: datetime) -> bool:
        """Whether this start of that day's grid is open for booking now."""
        return self.refusal(day, index, start) is None

    def next_release(self) -> int | None:
        """When today, in minutes after midnight, more of the last day will open; None where nothing more will."""
        if not self.days_ahead:
            return None
        return next((minute for minute in self.release_times if minute > self._minute), None)

    def next_opening(self) -> tuple[date, int] | None:
        """Of which day times open next, and when, in minutes after midnight: today of the last day, else tomorrow of
        the day after it. None where nothing opens day by day."""
        minute = self.next_release()
        if minute is not None:
            return self.last_day, minute
        if not self.days_ahead or not self.release_times:
            return None
        return self.last_day + timedelta(days=1), self.release_times[0]

    @property
    def _minute(self) -> int:
        local = self.now.astimezone(ZoneInfo(self.time_zone))
        return local.hour * 60 + local.minute


def nearest(slots: Iterable[Slot], wanted: datetime, count: int = 3) -> list[Slot]:
    """Those of the slots that are nearest to an instant, in order of time."""
    closest = sorted(slots, key=lambda slot: (abs(slot.start - wanted), slot.start))[:count]
    return sorted(closest, key=lambda slot: slot.start)
