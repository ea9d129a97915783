"""Which bookings a timetable can no longer serve, and where each of them could go instead."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations, islice

from msgspec import Struct, structs

from server.booking.rules import Day, Duty, Interval, Wish
from server.booking.rules_dealing import Booked, deal_out, knots

__all__ = ["NOTICE", "Coming", "Diary", "Offer", "Opened", "Seeker", "is_stranded", "propose", "stranded"]

NOTICE = timedelta(days=1)
"""Nobody is asked to come earlier than agreed at shorter notice than this; later is no harm."""

FEWEST_TRIES = 300
"""So many sets at most are tried to find a smaller one than whoever booked last would make."""


class Coming(Struct, frozen=True):
    """A booking that is still to come. Where not all can be kept, those of the lowest `rank` are kept first."""

    reference: str
    booked: Booked
    rank: tuple[int, datetime]


class Opened(Struct, frozen=True):
    """A day as a timetable has it."""

    opening: Sequence[Interval]
    duties: Sequence[Duty]


class Seeker(Struct, frozen=True):
    """A booking that needs another place: where it was, and who has booked it, if that is known."""

    reference: str
    wish: Wish
    was: datetime
    person: str | None = None


class Offer(Struct, frozen=True):
    """A place for a booking; `officer` is the only one it is for, None being whoever is free."""

    start: datetime
    end: datetime
    officer: str | None


def stranded(day: Opened, coming: Sequence[Coming]) -> list[str]:
    """The references of the bookings of a day that cannot be served, by time.

    These are what lies outside the opening hours, what nobody on duty could take, the only officer it is for being
    away included, and of what is more than can be dealt out a smallest set that was found, whoever booked last first.
    """
    asked = Day(day.opening, day.duties, [], share=1, slot_minutes=1)
    able: dict[str, frozenset[str]] = {}
    for one in coming:
        booked = one.booked
        names = asked.able(booked.lines, booked.start, booked.end) if _inside(day, booked) else frozenset[str]()
        able[one.reference] = names if booked.officer is None else names & {booked.officer}
    left = [one for one in coming if not able[one.reference]]
    served = [one for one in coming if able[one.reference]]
    for knot in _knots(served):
        if not _dealt(knot, able):
            left += _fewest(knot, able)
    return [one.reference for one in sorted(left, key=lambda one: (one.booked.start, one.rank, one.reference))]


def is_stranded(day: Opened, coming: Sequence[Coming], reference: str) -> bool:
    """Whether that booking of a day cannot be served: what `stranded` says of it, for less work.

    Only what it overlaps with, from one to the next, can make a difference. It is kept where somebody is free for it
    with all others where they are: so it was booked, and that must not turn on how hard a puzzle the day is.
    """
    around = next((knot for knot in _knots(coming) if any(one.reference == reference for one in knot)), [])
    for one in around:
        if one.reference == reference and _inside(day, one.booked):
            others = [other.booked for other in around if other is not one]
            booked = one.booked
            wish = Wish(lines=booked.lines, length=booked.end - booked.start, officer=booked.officer)
            if Day(day.opening, day.duties, others, share=1, slot_minutes=1).free(wish, booked.start):
                return False
    return reference in stranded(day, around)


def _inside(day: Opened, booked: Booked) -> bool:
    return any(opens <= booked.start and booked.end <= closes for opens, closes in day.opening)


def _knots(coming: Sequence[Coming]) -> Iterator[list[Coming]]:
    ends = [max(booked.end for booked in knot) for knot in knots(one.booked for one in coming)]
    rest = sorted(coming, key=lambda one: one.booked.start)
    for end in ends:
        knot = [one for one in rest if one.booked.start < end]
        rest = rest[len(knot) :]
        yield knot


def _dealt(coming: Sequence[Coming], able: Mapping[str, frozenset[str]]) -> bool:
    return deal_out([one.booked for one in coming], [able[one.reference] for one in coming]) is not None


def _fewest(knot: Sequence[Coming], able: Mapping[str, frozenset[str]]) -> list[Coming]:
    """Whom to leave out so that the others can be dealt out."""
    by_rank = sorted(knot, key=lambda one: (one.rank, one.reference))
    kept: list[Coming] = []
    out: list[Coming] = []
    for one in by_rank:
        (kept if _dealt([*kept, one], able) else out).append(one)
    # A long visit that came first may stand in the way of several short ones: look whether fewer would do.
    latest = by_rank[::-1]
    smaller = (few for size in range(1, len(out)) for few in combinations(latest, size))
    for few in islice(smaller, FEWEST_TRIES):
        if _dealt([one for one in knot if one not in few], able):
            return list(few)
    return out


class Diary:
    """Days to find places in. What is put in takes its place from then on."""

    def __init__(
        self, days: Mapping[date, Opened], taken: Mapping[date, Sequence[Booked]], *, share: float, slot_minutes: int
    ) -> None:
        self._opened = days
        self._taken = {day: list(taken.get(day, ())) for day in days}
        self._share = share
        self._slot_minutes = slot_minutes
        self._days: dict[date, Day] = {}

    def day(self, day: date) -> Day | None:
        """That day as it stands, if it is one of the diary's."""
        if day not in self._days and day in self._opened:
            opened = self._opened[day]
            self._days[day] = Day(
                opened.opening, opened.duties, self._taken[day], share=self._share, slot_minutes=self._slot_minutes
            )
        return self._days.get(day)

    def starts(self, span: timedelta) -> Iterator[tuple[date, datetime]]:
        """Every start of every day from which that span fits."""
        for day in self._opened:
            found = self.day(day)
            for _, start in found.grid(span) if found else ():
                yield day, start

    def takes(self, day: date, wish: Wish, start: datetime) -> bool:
        """Whether that start of that day's grid is free for it."""
        found = self.day(day)
        if found is None or all(start != begins for _, begins in found.grid(wish.length)):
            return False
        return found.free(wish, start) > 0

    def put(self, day: date, booked: Booked) -> None:
        """Have a booking take its place."""
        self._taken[day].append(booked)
        self._days.pop(day, None)


def propose(
    diary: Diary, seekers: Sequence[Seeker], busy: Mapping[str, Sequence[Interval]], now: datetime
) -> dict[str, Offer]:
    """A place for each, by reference, in the order given and put into the diary: no two are offered the same.

    It is the nearest that is free, the later one of two, with the officer it was for or, where another is nearer, with
    whoever is free then. Nobody is proposed a time at which the person has another booking (`busy`, by person), nor an
    earlier one within the NOTICE. Who finds nothing is left out.
    """
    engaged = {person: list(spans) for person, spans in busy.items()}
    starts: dict[timedelta, list[tuple[date, datetime]]] = {}
    found: dict[str, Offer] = {}
    for seeker in seekers:
        span, was = seeker.wish.length, seeker.was
        if span not in starts:
            starts[span] = [(day, start) for day, start in diary.starts(span) if start > now]
        mine = engaged.setdefault(seeker.person, []) if seeker.person else []
        nearest = sorted(starts[span], key=lambda place: (abs(place[1] - was), place[1] < was))
        officers = [seeker.wish.officer, None] if seeker.wish.officer else [None]
        for day, start in nearest:
            if start < was and start - now < NOTICE:
                continue
            if any(begins < start + span and start < ends for begins, ends in mine):
                continue
            wishes = (structs.replace(seeker.wish, officer=officer) for officer in officers)
            wish = next((wish for wish in wishes if diary.takes(day, wish, start)), None)
            if wish is not None:
                end = start + span
                diary.put(day, Booked(lines=wish.lines, start=start, end=end, officer=wish.officer))
                mine.append((start, end))
                found[seeker.reference] = Offer(start=start, end=end, officer=wish.officer)
                break
    return found
