"""Dealing bookings out to officers: each to one who is able to take it, nobody with two at once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

__all__ = ["Booked", "deal_out", "knots"]

# Dealing out bookings of many lengths can be a puzzle; past so many steps it counts as unsolved, and nothing is sold.
PATIENCE = 5_000


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
