"""Dealing bookings out to officers: each to one who is able to take it, nobody with two at once."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec import Struct, structs

__all__ = ["Booked", "Plan", "deal_out", "knots"]

# Dealing out bookings of many lengths can be a puzzle; past so many steps it counts as unsolved, and nothing is sold.
PATIENCE = 5_000
LONGEST_CHAIN = 200
"""So many swaps are tried at most before everything is dealt out anew."""


class Booked(Struct, frozen=True):
    """A time that counts as taken; `lines` are what its procedures need, `officer` the only one it is for, if any."""

    lines: frozenset[str]
    start: datetime
    end: datetime
    officer: str | None = None


def knots(bookings: Iterable[Booked]) -> list[list[Booked]]:
    """The bookings in groups that do not overlap: moving one may move all of its group, and none of another."""
    knots: list[list[Booked]] = []
    until: datetime | None = None
    for booked in sorted(bookings, key=lambda booked: booked.start):
        if until is None or booked.start >= until:
            knots.append([])
            until = booked.end
        knots[-1].append(booked)
        until = max(until, booked.end)
    return knots


def deal_out(bookings: Sequence[Booked], able: Sequence[frozenset[str]]) -> list[str] | None:
    """An officer for every booking among those able to take it, nobody with two at once; None where there is no way.

    Exact for bookings of one time, which is nearly always; for the rest an exact search that gives up (None) after
    PATIENCE steps.
    """
    for moment in {booking.start for booking in bookings}:
        pairs = zip(bookings, able, strict=True)
        if _matched([names for booking, names in pairs if booking.start <= moment < booking.end]) is None:
            return None
    if len({(booking.start, booking.end) for booking in bookings}) <= 1:
        return _matched(able)
    order = sorted(range(len(bookings)), key=lambda place: (bookings[place].start, len(able[place])))
    dealt = _scheduled([bookings[place] for place in order], [able[place] for place in order])
    return dealt and [name for _, name in sorted(zip(order, dealt, strict=True))]


def _matched(able: Sequence[frozenset[str]]) -> list[str] | None:
    """One of its own for each: bipartite matching by augmenting paths."""
    holder: dict[str, int] = {}

    def place(seeker: int, asked: set[str]) -> bool:
        for officer in sorted(able[seeker] - asked):
            asked.add(officer)
            if officer not in holder or place(holder[officer], asked):
                holder[officer] = seeker
                return True
        return False

    if not all(place(seeker, set()) for seeker in range(len(able))):
        return None
    return [name for _, name in sorted((seeker, name) for name, seeker in holder.items())]


def _scheduled(bookings: Sequence[Booked], able: Sequence[frozenset[str]]) -> list[str] | None:
    """Depth first by start: who is busy until when is all that the rest depends on, so dead ends are remembered."""
    asked = Counter(name for names in able for name in names)
    choices = [sorted(names, key=lambda name: (asked[name], name)) for names in able]
    # Each step: who is busy until when before this booking, and the officers not yet tried for it.
    busy: dict[str, datetime] = {}
    stack = [(busy, iter(choices[0]))]
    dealt: list[str] = []
    dead: set[tuple[int, frozenset[tuple[str, datetime]]]] = set()
    for _ in range(PATIENCE):
        busy, untried = stack[-1]
        del dealt[len(stack) - 1 :]
        booking = bookings[len(dealt)]
        officer = next((name for name in untried if busy.get(name, booking.start) <= booking.start), None)
        if officer is None:
            dead.add((len(dealt), frozenset(busy.items())))
            stack.pop()
            if not stack:
                return None
            continue
        dealt.append(officer)
        if len(dealt) == len(bookings):
            return dealt
        coming = bookings[len(dealt)].start
        after = {name: until for name, until in busy.items() if until > coming}
        if booking.end > coming:
            after[officer] = booking.end
        if (len(dealt), frozenset(after.items())) not in dead:
            stack.append((after, iter(choices[len(dealt)])))
    return None


class Plan:
    """What is taken on a day dealt out to officers, and how much more could be.

    A booking that a changed timetable left without anybody has no officer: it is to be moved, and takes nobody else's.
    Where no way was found, all who are able to take one of that knot count as busy: nothing more goes in there.
    """

    def __init__(self, taken: Iterable[Booked], able: Callable[[Booked], frozenset[str]]) -> None:
        self._able = able
        self._knots: list[tuple[list[Booked], datetime, datetime]] = []
        self._unsolved: list[tuple[Booked, frozenset[str]]] = []
        self._of: dict[str, list[Booked]] = {}
        self._busy_then: dict[tuple[datetime, datetime], tuple[set[str], bool]] = {}
        for knot in knots(booked for booked in taken if able(booked)):
            names = [able(booked) for booked in knot]
            dealt = deal_out(knot, names)
            if dealt is None:
                self._unsolved += zip(knot, names, strict=True)
                continue
            self._knots.append((knot, knot[0].start, max(booked.end for booked in knot)))
            for booked, name in zip(knot, dealt, strict=True):
                self._of.setdefault(name, []).append(booked)

    def takes(self, wanted: Booked, most: int) -> int:
        """How many such bookings go in, counted up to `most`."""
        able = self._able(wanted)
        most = min(most, len(able))
        busy, unsolved = self._busy(wanted.start, wanted.end)
        count = min(most, len(able - busy))
        if count == most or unsolved:
            return count
        # Somebody able is busy: perhaps what he or she has can go to others, and what they have to others again.
        of = {name: list(mine) for name, mine in self._of.items()}
        count = 0
        while count < most and self._placed(wanted, able, of, set()):
            count += 1
        # Such a chain moves one booking for one. Where lengths differ that may miss a way: then all is dealt out anew.
        while count < most and self._dealt_anew(wanted, count + 1):
            count += 1
        return count

    def with_whom(self, wanted: Booked, able: frozenset[str]) -> tuple[str, ...]:
        """Those of the officers, by name, with whom such a booking goes in."""
        busy, _ = self._busy(wanted.start, wanted.end)
        return tuple(
            name for name in sorted(able) if name not in busy or self.takes(structs.replace(wanted, officer=name), 1)
        )

    def _busy(self, start: datetime, end: datetime) -> tuple[set[str], bool]:
        """Who has a booking at some time in between, and whether one of those is in a knot without a way."""
        if (start, end) not in self._busy_then:
            busy = {name for name, mine in self._of.items() if any(_overlap(booked, start, end) for booked in mine)}
            unsolved = [names for booked, names in self._unsolved if _overlap(booked, start, end)]
            self._busy_then[start, end] = busy.union(*unsolved), bool(unsolved)
        return self._busy_then[start, end]

    def _placed(
        self, seeker: Booked, able: Iterable[str], of: dict[str, list[Booked]], asked: set[tuple[str, Booked]]
    ) -> bool:
        """Find an officer for it, and in a chain another one for the one booking that was in the way."""
        blocked: list[tuple[str, Booked]] = []
        for name in sorted(able):
            mine = of.setdefault(name, [])
            in_the_way = [booked for booked in mine if _overlap(booked, seeker.start, seeker.end)]
            if not in_the_way:
                mine.append(seeker)
                return True
            if len(in_the_way) == 1:
                blocked.append((name, in_the_way[0]))
        for name, other in blocked:
            if (name, other) in asked or len(asked) == LONGEST_CHAIN:
                continue
            asked.add((name, other))
            of[name].remove(other)
            of[name].append(seeker)
            if self._placed(other, self._able(other) - {name}, of, asked):
                return True
            of[name].remove(seeker)
            of[name].append(other)
        return False

    def _dealt_anew(self, wanted: Booked, count: int) -> bool:
        """Whether so many can be dealt out together with all that it is knotted with."""
        nearby = [knot for knot, start, end in self._knots if start < wanted.end and wanted.start < end]
        together = [booked for knot in nearby for booked in knot]
        moments = {wanted.start, *(booked.start for booked in together if wanted.start < booked.start < wanted.end)}
        for moment in moments:  # quick to see, and nearly always the reason
            at_once = [self._able(booked) for booked in together if booked.start <= moment < booked.end]
            if _matched([*at_once, *[self._able(wanted)] * count]) is None:
                return False
        together += [wanted] * count
        return deal_out(together, [self._able(booked) for booked in together]) is not None


def _overlap(booked: Booked, start: datetime, end: datetime) -> bool:
    return booked.start < end and start < booked.end
