"""One play: the rest of the day, rolled forward with the calling rule and drawn service times.

A specialised form of `rules.choose`, which a test proves equal: tickets with the same rate that the same desks may take
stand in one group, ordered by virtual arrival, so that a desk need only compare the heads of its groups. Times are
milliseconds from now. A number taken now is not put into the play but watched beside it: until its own call it changes
nothing for the others, so one play answers for every line at once.
"""

import heapq
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random
from statistics import NormalDist

from server.clock import milliseconds
from server.queue.outlook import LineTimes, Outlook
from server.queue.rules import CALLS_BEFORE_RETURN, Seat, Ticket, may_take, virtual_arrival

__all__ = ["Setup", "play", "residual"]

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
NEVER = math.inf
ORDINARY = 100
NORMAL = NormalDist()
UNKNOWN = LineTimes(10.0, 0.7)
"""For a line that nothing is believed about."""

Head = tuple[int, int, int]
"""A person in a group: virtual arrival, order among equals, place in `people`."""


def log_normal(times: LineTimes) -> tuple[float, float]:
    """The mu and sigma of the lognormal with this mean (in milliseconds) and this coefficient of variation."""
    variance = math.log1p(times.cv * times.cv)
    return math.log(max(times.mean_minutes, 0.05) * MINUTE) - variance / 2, math.sqrt(variance)


def residual(mu: float, sigma: float, elapsed: float, share: float) -> float:
    """What is left of a lognormal service that has lasted `elapsed`: the quantile `share` (0 to 1) of the rest."""
    if elapsed <= 0:
        return math.exp(mu + sigma * NORMAL.inv_cdf(min(max(share, 1e-9), 1 - 1e-9)))
    if sigma == 0:
        return max(0.0, math.exp(mu) - elapsed)
    survival = NORMAL.cdf((mu - math.log(elapsed)) / sigma) * (1 - share)
    return max(0.0, math.exp(mu - sigma * NORMAL.inv_cdf(min(max(survival, 1e-300), 1 - 1e-12))) - elapsed)


class Person:
    """Somebody who will be called in a play. `group` is where he waits; `arrives` is None for those who wait now."""

    __slots__ = ("group", "line", "v")

    def __init__(self, line: int, group: int, v: int) -> None:
        self.line, self.group, self.v = line, group, v


class Setup:
    """What is the same in all plays: desks, groups of people, and everybody's place in them."""

    def __init__(self, outlook: Outlook) -> None:
        hall, now = outlook.hall, outlook.now
        self.outlook = outlook
        self.seats: Sequence[Seat] = hall.seats
        self.strict = hall.discipline == "strict"
        self.fifo = hall.discipline == "fifo"
        self.horizon = float(DAY if outlook.closes_at is None else milliseconds(outlook.closes_at - now))
        codes = sorted({*outlook.times, *(ticket.line for ticket in hall.tickets), *(b.line for b in outlook.booked)})
        self.line_no = {code: place for place, code in enumerate(codes)}
        self.lines = [line for line in outlook.times if any(line in seat.lines for seat in hall.seats)]
        self.watched = [self.line_no[line] for line in self.lines]
        self.seat_lines = [[self.line_no[line] for line in seat.lines if line in self.line_no] for seat in self.seats]
        self.service = [[log_normal(self._times(seat, code)) for code in codes] for seat in self.seats]
        self.open_hours = [self._hours(seat) for seat in self.seats]

        self.groups: dict[tuple[int, int], int] = {}
        self.masks: dict[tuple[str, str | None, int | None], int] = {}
        order = sorted(hall.tickets, key=lambda t: (t.virtual_at, t.issued_at, t.issued_seq, t.id))
        self.waiting = [ticket for ticket in order if ticket.state == "waiting"]
        self.people = [self._person(ticket) for ticket in self.waiting]
        masks = [self._mask(ticket) for ticket in self.waiting]
        self.reachable = [mask != 0 for mask in masks]
        self.resting = [i for i, ticket in enumerate(self.waiting) if ticket.id in hall.resting]
        kept = set(self.resting)
        self.standing: list[list[Head]] = []
        self.missed = [self._joins(ticket) for ticket in order if ticket.state == "missed"]
        self.parked = [ticket for ticket in order if ticket.state == "parked"]
        self.parked_people = [self._joins(ticket) for ticket in self.parked]
        self.booked = [self._booked(place) for place in range(len(outlook.booked))]
        self.newcomers = [
            (self.line_no[n.line], self._group(self._line_mask(n.line), n.rate), n.per_hour)
            for n in outlook.newcomers
            if n.line in self.line_no and n.per_hour > 0
        ]
        self.standing = [[] for _ in self.groups]
        for i, person in enumerate(self.people[: len(self.waiting)]):
            if i not in kept:
                self.standing[person.group].append((person.v, i, i))
        self.desk_groups: list[list[tuple[int, int]]] = [
            [(place, rate) for (mask, rate), place in self.groups.items() if mask >> j & 1]
            for j in range(len(self.seats))
        ]
        self.takes = [mask for mask, _ in self.groups]
        at_desk = {ticket.counter: ticket for ticket in order if ticket.state in ("called", "serving")}
        self.busy = [at_desk.get(seat.counter) for seat in self.seats]

    def _times(self, seat: Seat, line: str) -> LineTimes:
        outlook = self.outlook
        return outlook.officer_times.get((seat.officer, line)) or outlook.times.get(line) or UNKNOWN

    def _hours(self, seat: Seat) -> list[tuple[float, float]]:
        outlook = self.outlook
        hours = outlook.availability.get(seat.counter)
        if hours is None:
            return [(outlook.habits.pause_minutes * MINUTE if seat.paused else 0.0, self.horizon)]
        spans = [(float(milliseconds(a - outlook.now)), float(milliseconds(b - outlook.now))) for a, b in hours]
        return sorted((max(0.0, a), min(b, self.horizon)) for a, b in spans if b > 0 and a < self.horizon)

    def _mask(self, ticket: Ticket) -> int:
        """Which desks may take this ticket while it waits, as bits."""
        key = (ticket.line, ticket.only_officer, ticket.only_counter)
        if key not in self.masks:
            hall = self.outlook.hall
            self.masks[key] = sum(1 << j for j, seat in enumerate(self.seats) if may_take(ticket, seat, hall))
        return self.masks[key]

    def _line_mask(self, line: str) -> int:
        return sum(1 << j for j, seat in enumerate(self.seats) if line in seat.lines)

    def _group(self, mask: int, rate: int) -> int:
        return self.groups.setdefault((mask, ORDINARY if self.fifo else rate), len(self.groups))

    def _person(self, ticket: Ticket) -> Person:
        v = milliseconds(ticket.virtual_at - self.outlook.now)
        return Person(self.line_no[ticket.line], self._group(self._mask(ticket), ticket.rate), v)
