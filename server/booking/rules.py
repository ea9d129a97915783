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

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec import Struct

__all__ = [
    "Booked",
    "Day",
    "Duty",
    "Horizon",
    "Interval",
    "Slot",
    "Wish",
    "dealt_out",
    "length",
    "nearest",
    "sold",
]

Interval = tuple[datetime, datetime]
"""Aware UTC instants: from the first on, up to and without the second."""

# Dealing out bookings of many lengths can be a puzzle; past so many steps it counts as unsolved, and nothing is sold.
PATIENCE = 20_000


class Duty(Struct, frozen=True):
    """An officer at work: `lines` are what he or she can take then, at that counter."""

    officer: str
    lines: frozenset[str]
    start: datetime
    end: datetime


class Booked(Struct, frozen=True):
    """A time that counts as taken; `lines` are what its procedures need, `officer` the only one it is for, if any."""

    lines: frozenset[str]
    start: datetime
    end: datetime
    officer: str | None = None


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
        self._edges = {edge for duty in duties for edge in (duty.start, duty.end)}
        self._spans: dict[frozenset[str], dict[str, list[Interval]]] = {}

    def grid(self, span: timedelta) -> Iterator[tuple[int, datetime]]:
        """Every start of the day from which `span` fits before the office closes, with its place in the grid."""
        index = 0
        for opens, closes in self.opening:
            start = opens
            while start < closes:
                if start + span <= closes:
                    yield index, start
                index, start = index + 1, start + self._slot

    def slots(self, wish: Wish, bookable: Callable[[int, datetime], bool] = lambda _index, _start: True) -> list[Slot]:
        """Every bookable start of the grid that somebody on duty could serve, the full ones included (`free` is 0)."""
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
                with_whom = sorted(name for name in able if free and self.takes(_with(wish, start, name)))
                found.append(Slot(index=index, start=start, end=end, free=free, officers=tuple(with_whom)))
        return found

    def free(self, wish: Wish, start: datetime) -> int:
        """How many such wishes could still be granted at that start, one after the other."""
        wanted = _with(wish, start, wish.officer)
        granted: list[Booked] = []
        while self.takes(wanted, granted):
            granted.append(wanted)
        return len(granted)

    def takes(self, wanted: Booked, besides: Sequence[Booked] = ()) -> bool:
        """Whether this booking can be added to what is taken (and to those `besides`)."""
        others = [*self.taken, *besides]
        if not self._able(wanted) or not self._within_share(wanted, others):
            return False
        # Bookings that a changed timetable left without anybody are to be moved; they take nobody else's officer.
        together = [booked for booked in _touching(wanted, others) if self._able(booked)] + [wanted]
        return dealt_out(together, [self._able(booked) for booked in together])

    def able(self, lines: frozenset[str], start: datetime, end: datetime) -> frozenset[str]:
        """The officers who can take all these lines and are on duty all that time."""
        return frozenset(
            officer
            for officer, spans in self._spans_of(lines).items()
            if any(begins <= start and end <= ends for begins, ends in spans)
        )

    def _able(self, booked: Booked) -> frozenset[str]:
        able = self.able(booked.lines, booked.start, booked.end)
        return able if booked.officer is None else able & {booked.officer}

    def _spans_of(self, lines: frozenset[str]) -> dict[str, list[Interval]]:
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

    def _on_duty(self, lines: frozenset[str], moment: datetime) -> frozenset[str]:
        return frozenset(
            officer
            for officer, spans in self._spans_of(lines).items()
            if any(begins <= moment < ends for begins, ends in spans)
        )

    def _within_share(self, wanted: Booked, others: Sequence[Booked]) -> bool:
        nearby = [booked for booked in others if booked.start < wanted.end and wanted.start < booked.end]
        edges = {edge for booked in nearby for edge in (booked.start, booked.end)} | self._edges
        moments = [wanted.start, *(edge for edge in edges if wanted.start < edge < wanted.end)]
        return all(self._within_share_at(moment, wanted, nearby) for moment in moments)

    def _within_share_at(self, moment: datetime, wanted: Booked, nearby: Sequence[Booked]) -> bool:
        officers = self._on_duty(wanted.lines, moment)
        at_once = [booked.lines for booked in nearby if booked.start <= moment < booked.end]
        for line in self._lines:
            circle = self._on_duty(line, moment)
            if not officers <= circle:
                continue
            booked = [
                lines for lines in at_once if line <= lines or frozenset() < self._on_duty(lines, moment) <= circle
            ]
            if len(booked) + 1 > sold(self._share, len(circle)):
                return False
        return True


def _with(wish: Wish, start: datetime, officer: str | None) -> Booked:
    return Booked(lines=wish.lines, start=start, end=start + wish.length, officer=officer)


def _touching(wanted: Booked, others: Sequence[Booked]) -> list[Booked]:
    """Those bookings that overlap `wanted`, or one that does, and so on: moving one may move all of them."""
    rest, found = list(others), [wanted]
    for one in found:
        found += [other for other in rest if other.start < one.end and one.start < other.end]
        rest = [other for other in rest if not (other.start < one.end and one.start < other.end)]
    return found[1:]


def dealt_out(bookings: Sequence[Booked], able: Sequence[frozenset[str]]) -> bool:
    """Whether every booking can have an officer of its own among those who are able to take it.

    Exact for bookings of one time, which is nearly always; for the rest an exact search that gives up (False) after
    PATIENCE steps.
    """
    order = sorted(range(len(bookings)), key=lambda place: (bookings[place].start, len(able[place])))
    bookings, able = [bookings[place] for place in order], [able[place] for place in order]
    for booking in bookings:
        pairs = zip(bookings, able, strict=True)
        if not _matched([names for other, names in pairs if other.start <= booking.start < other.end]):
            return False
    if len({(booking.start, booking.end) for booking in bookings}) <= 1:
        return True
    return _scheduled(bookings, able)


def _matched(able: Sequence[frozenset[str]]) -> bool:
    """Whether each can have one of its own: bipartite matching by augmenting paths."""
    holder: dict[str, int] = {}

    def place(seeker: int, asked: set[str]) -> bool:
        for officer in sorted(able[seeker] - asked):
            asked.add(officer)
            if officer not in holder or place(holder[officer], asked):
                holder[officer] = seeker
                return True
        return False

    return all(place(seeker, set()) for seeker in range(len(able)))


def _scheduled(bookings: Sequence[Booked], able: Sequence[frozenset[str]]) -> bool:
    """Depth first by start: who is busy until when is all that the rest depends on, so dead ends are remembered."""
    asked = {officer: sum(officer in names for names in able) for officer in frozenset().union(*able)}
    choices = [sorted(names, key=lambda name: (asked[name], name)) for names in able]
    # Each step: who is busy until when before this booking, and the officers not yet tried for it.
    busy: dict[str, datetime] = {}
    stack = [(busy, iter(choices[0]))]
    dead: set[tuple[int, frozenset[tuple[str, datetime]]]] = set()
    for _ in range(PATIENCE):
        busy, untried = stack[-1]
        booking = bookings[len(stack) - 1]
        officer = next((name for name in untried if busy.get(name, booking.start) <= booking.start), None)
        if officer is None:
            dead.add((len(stack) - 1, frozenset(busy.items())))
            stack.pop()
            if not stack:
                return False
            continue
        if len(stack) == len(bookings):
            return True
        coming = bookings[len(stack)].start
        after = {name: until for name, until in busy.items() if until > coming}
        if booking.end > coming:
            after[officer] = booking.end
        if (len(stack), frozenset(after.items())) not in dead:
            stack.append((after, iter(choices[len(stack)])))
    return False


class Horizon(Struct, frozen=True):
    """How far ahead can be booked, as of `now`. Release times are minutes after local midnight, in order."""

    now: datetime
    time_zone: str
    days_ahead: int
    release_times: tuple[int, ...]

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
        if day > self.last_day:
            return "too-far-ahead"
        if day == self.last_day and self.days_ahead and self.release_times:
            released = sum(1 for minute in self.release_times if minute <= self._minute)
            return None if index % len(self.release_times) < released else "too-far-ahead"
        return None

    def bookable(self, day: date, index: int, start: datetime) -> bool:
        """Whether this start of that day's grid is open for booking now."""
        return self.refusal(day, index, start) is None

    def next_release(self) -> int | None:
        """When today, in minutes after midnight, more of the last day will open; None where nothing more will."""
        if not self.days_ahead:
            return None
        return next((minute for minute in self.release_times if minute > self._minute), None)

    @property
    def _minute(self) -> int:
        local = self.now.astimezone(ZoneInfo(self.time_zone))
        return local.hour * 60 + local.minute


def nearest(slots: Iterable[Slot], wanted: datetime, count: int = 3) -> list[Slot]:
    """Those of the slots that are nearest to an instant, in order of time."""
    closest = sorted(slots, key=lambda slot: (abs(slot.start - wanted), slot.start))[:count]
    return sorted(closest, key=lambda slot: slot.start)
