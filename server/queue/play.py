"""One play: the rest of the day, rolled forward with the calling rule and drawn service times.

A specialised form of `rules.choose`, which a test proves equal: tickets with the same rate that the same desks may take
stand in one group, ordered by virtual arrival, so that a desk need only compare the heads of its groups. Times are
milliseconds from now. A number taken now is not put into the play but watched beside it: until its own call it changes
nothing for the others, so one play answers for every line at once.
"""

import heapq
import math
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from statistics import NormalDist

import msgspec

from server.clock import milliseconds
from server.queue.outlook import Booked, LineTimes, Outlook
from server.queue.rules import CALLS_BEFORE_RETURN, Seat, Ticket, callable_now, may_take, on_hold, virtual_arrival

__all__ = ["Play", "Setup", "play", "residual"]

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
NEVER = math.inf
ORDINARY = 100
NORMAL = NormalDist()
UNKNOWN = LineTimes(10.0, 0.7)
"""For a line that nothing is believed about."""

Head = tuple[int, int]
"""A person in a group: virtual arrival, and place in the list of people, which breaks ties as the rule does."""


def _log_normal(times: LineTimes) -> tuple[float, float]:
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


class Setup:
    """What is the same in all plays: the desks, the people, and the groups they wait in.

    People are the tickets that wait, are parked, were missed or are still at home, in the rule's order of ties, and
    then the booked.
    A group is everybody with one rate whom the same desks may take; `masks` holds those desks as bits.
    """

    def __init__(self, outlook: Outlook) -> None:
        hall = outlook.hall
        self.outlook = outlook
        self.strict = hall.discipline == "strict"
        self.fifo = hall.discipline == "fifo"
        left = DAY if outlook.closes_at is None else milliseconds(outlook.closes_at - outlook.now)
        self.horizon = float(max(0, left))

        order = sorted(hall.tickets, key=lambda t: (t.virtual_at, t.issued_at, t.issued_seq, t.id))
        tickets = [ticket for ticket in order if ticket.state in ("waiting", "parked", "missed", "coming")]
        self.people = tickets + [_as_ticket(booked, place, outlook) for place, booked in enumerate(outlook.booked)]
        codes = sorted({*outlook.times, *(person.line for person in self.people), *(n.line for n in outlook.newcomers)})
        self.line_no = {code: place for place, code in enumerate(codes)}
        self.line_of = [self.line_no[person.line] for person in self.people]
        self.v_of = [milliseconds(person.virtual_at - outlook.now) for person in self.people]
        self.since = [min(0, milliseconds(person.issued_at - outlook.now)) for person in self.people]

        self.groups: dict[tuple[int, int], int] = {}
        known: dict[tuple[str, str | None, int | None], int] = {}
        self.group_of = [self._group(self._mask(person, known), person.rate) for person in self.people]
        self.newcomers = [
            (self.line_no[n.line], self._group(self._serving(n.line), n.rate), n.per_hour)
            for n in outlook.newcomers
            if n.per_hour > 0
        ]
        self.masks = [mask for mask, _ in self.groups]
        self.waiting = [place for place, ticket in enumerate(tickets) if callable_now(ticket, outlook.now)]
        standing = set(self.waiting)
        self.away = [(place, ticket) for place, ticket in enumerate(tickets) if place not in standing]
        coming = [place for place, ticket in self.away if ticket.state == "coming"]
        self.reachable = {place for place in self.waiting + coming if self.masks[self.group_of[place]]}
        self.rests = [place for place in self.waiting if self.people[place].id in hall.resting]
        self.still_rest = {place for place, ticket in self.away if ticket.id in hall.resting}
        self.standing: list[list[Head]] = [[] for _ in self.groups]
        for place in self.waiting:
            if self.people[place].id not in hall.resting:
                self.standing[self.group_of[place]].append((self.v_of[place], place))  # sorted, so a heap already

        # Half is taken to be left.
        self.begun = {place for place, ticket in enumerate(tickets) if ticket.state == "parked" and not on_hold(ticket)}
        self.lines = [line for line in outlook.times if self._serving(line)]
        self.desks = [Desk(place, self) for place in range(len(hall.seats))]

    def _group(self, mask: int, rate: int) -> int:
        return self.groups.setdefault((mask, ORDINARY if self.fifo else rate), len(self.groups))

    def _serving(self, line: str) -> int:
        return sum(1 << j for j, seat in enumerate(self.outlook.hall.seats) if line in seat.lines)

    def _mask(self, person: Ticket, known: dict[tuple[str, str | None, int | None], int]) -> int:
        """Which desks may take this person once he waits."""
        key = (person.line, person.only_officer, person.only_counter)
        if key not in known:
            hall, ticket = self.outlook.hall, msgspec.structs.replace(person, state="waiting")
            known[key] = sum(
                1 << j for j, seat in enumerate(hall.seats) if may_take(ticket, seat, hall, self.outlook.now)
            )
        return known[key]


class Desk:
    """One seat in the plays: whom it compares, how long it takes per line, when it calls, whom it has now."""

    def __init__(self, place: int, setup: Setup) -> None:
        outlook, seat = setup.outlook, setup.outlook.hall.seats[place]
        self.groups = [(group, rate) for (mask, rate), group in setup.groups.items() if mask >> place & 1]
        self.service = [_log_normal(_times(outlook, seat, line)) for line in setup.line_no]
        self.watched = [n for n, line in enumerate(setup.lines) if line in seat.lines]
        begins = outlook.habits.pause_minutes * MINUTE if seat.paused else 0.0
        spans = outlook.availability.get(seat.counter, ((outlook.now, outlook.now + timedelta(days=1)),))
        ends = sorted((milliseconds(a - outlook.now), milliseconds(b - outlook.now)) for a, b in spans)
        self.spans = [(float(a) if a > 0 else begins, min(float(b), setup.horizon)) for a, b in ends]
        at_desk = (t for t in outlook.hall.tickets if t.state in ("called", "serving") and t.counter == seat.counter)
        self.ticket = next(at_desk, None)
        self.elapsed = 0.0
        self.busy_with = (0.0, 0.0)
        if self.ticket is not None:
            since = self.ticket.called_at or self.ticket.started_at or outlook.now
            self.elapsed = float(max(0, milliseconds(outlook.now - since)))
            self.busy_with = _log_normal(_times(outlook, seat, self.ticket.line))
        without_end = (place for place, ticket in setup.away if ticket.state == "parked" and not ticket.parked_until)
        self.parked = {place for place in without_end if setup.people[place].counter == seat.counter}

    def opens(self, instant: float) -> float:
        """When this desk can call next, from this instant on; NEVER where its day is over."""
        for start, end in self.spans:
            if instant < end:
                return max(instant, start)
        return NEVER


def play(setup: Setup, plays: int, seed: int) -> Iterator[tuple[list[float], list[float]]]:
    """Per play: when each of `people` is called, and each number taken now in `lines`; the horizon where not called.

    NEVER for whoever, in this play, does not come from home at all.
    """
    rng = Random(seed)  # noqa: S311 (a forecast, not a secret)
    for number in range(plays):
        # The common pace comes from evenly spaced quantiles instead of the dice: steadier P90s from few plays.
        pace = setup.outlook.doubt * NORMAL.inv_cdf((number + 0.5) / plays)
        yield Play(setup, rng, pace).run()


class Play:
    """The state of one play."""

    def __init__(self, setup: Setup, rng: Random, pace: float) -> None:
        people = len(setup.people)
        self.setup, self.rng, self.pace = setup, rng, pace
        self.draws = [rng.gauss() for _ in range(people)]
        self.leaves = [self._leaves(since) for since in setup.since]
        self.heaps = [group.copy() for group in setup.standing]
        self.line_of, self.group_of, self.v_of = setup.line_of.copy(), setup.group_of.copy(), setup.v_of.copy()
        self.calls = [setup.horizon] * people
        self.probes = [setup.horizon] * len(setup.lines)
        self.unprobed = set(range(len(setup.lines)))
        self.uncalled = len(setup.reachable)
        self.resting = [(CALLS_BEFORE_RETURN, place, setup.v_of[place]) for place in setup.rests]
        self.idle: list[int] = []
        self.back: list[list[int]] = [[] for _ in setup.desks]
        self.free = [(self._first_free(desk), j) for j, desk in enumerate(setup.desks)]
        heapq.heapify(self.free)
        self.coming = self._coming()

    def _first_free(self, desk: Desk) -> float:
        if desk.ticket is None:
            return 0.0
        habits = self.setup.outlook.habits
        if desk.ticket.state == "called" and self.rng.random() < habits.gone:
            return max(0.0, habits.gone_minutes * MINUTE - desk.elapsed)
        mu, sigma = desk.busy_with
        return residual(mu + self.pace, sigma, desk.elapsed, self.rng.random())

    def _leaves(self, since: float) -> float:
        """When somebody who waits since then is not there any more, should he be called."""
        habits = self.setup.outlook.habits
        if self.rng.random() < habits.gone:
            return -NEVER
        return since + self.rng.expovariate(habits.leave_per_hour) * 60 * MINUTE if habits.leave_per_hour > 0 else NEVER

    def _coming(self) -> list[tuple[float, int]]:
        """Who turns up when, latest first; people of `setup` by their place, newcomers behind them."""
        setup, rng, outlook = self.setup, self.rng, self.setup.outlook
        habits, coming = outlook.habits, list[tuple[float, int]]()
        for place, person in setup.away:
            if person.state == "parked":
                back = rng.expovariate(1 / habits.parked_minutes) * MINUTE
                if person.parked_until is not None:
                    back = float(max(0, milliseconds(person.parked_until - outlook.now)))
                coming.append((back, place))
            elif person.state == "coming":
                if rng.random() < habits.home_absent:
                    self.calls[place] = NEVER
                    self.uncalled -= place in setup.reachable
                else:
                    coming.append((rng.uniform(0, habits.home_minutes) * MINUTE, place))
            elif rng.random() < habits.returns:
                coming.append((rng.expovariate(1 / habits.returns_minutes) * MINUTE, place))
        for place, booked in enumerate(outlook.booked, len(setup.people) - len(outlook.booked)):
            if rng.random() >= habits.booked_absent:
                arrives = booked.start - timedelta(minutes=rng.triangular(0, 20, 5))
                arrives = max(arrives, outlook.now + timedelta(minutes=rng.uniform(0, 10)))
                v = virtual_arrival(arrives, booked.start, outlook.head_start, outlook.grace)
                self.v_of[place] = milliseconds(v - outlook.now)
                coming.append((float(milliseconds(arrives - outlook.now)), place))
        for line, group, per_hour in setup.newcomers:
            instant = rng.expovariate(per_hour) * 60 * MINUTE
            while instant < setup.horizon:
                coming.append((instant, len(self.v_of)))
                self.line_of.append(line)
                self.group_of.append(group)
                self.v_of.append(int(instant))
                self.draws.append(rng.gauss())
                self.leaves.append(self._leaves(instant))
                self.calls.append(setup.horizon)
                instant += rng.expovariate(per_hour) * 60 * MINUTE
        return sorted(coming, reverse=True)

    def run(self) -> tuple[list[float], list[float]]:
        free, coming, horizon = self.free, self.coming, self.setup.horizon
        while self.uncalled or self.unprobed:
            if coming and (not free or coming[-1][0] <= free[0][0]):
                instant, place = coming.pop()
                if instant < horizon:
                    self._arrive(instant, place)
            elif free:
                instant, j = heapq.heappop(free)
                opens = self.setup.desks[j].opens(instant)
                if opens > instant:
                    if opens < horizon:
                        heapq.heappush(free, (opens, j))
                elif self.back[j]:
                    heapq.heappush(free, (instant + self._takes(j, self.back[j].pop(0)), j))
                else:
                    self._next(instant, j)
            else:
                break
        return self.calls, self.probes

    def _arrive(self, instant: float, place: int) -> None:
        setup, group = self.setup, self.group_of[place]
        desks = setup.masks[group]
        state = setup.people[place].state if place < len(setup.people) else "waiting"
        home = next((j for j, desk in enumerate(setup.desks) if place in desk.parked), None)
        if home is not None:
            self.back[home].append(place)
            desks = 1 << home
        elif state == "missed" or place in setup.still_rest:
            self.resting.append((CALLS_BEFORE_RETURN, place, self.v_of[place]))
        else:
            heapq.heappush(self.heaps[group], (self.v_of[place], place))
        # The desk that has been idle longest calls; one whose break has begun meanwhile looks again when it is over.
        for j in [j for j in self.idle if desks >> j & 1]:
            self.idle.remove(j)
            heapq.heappush(self.free, (instant, j))
            if setup.desks[j].opens(instant) == instant:
                return

    def _takes(self, j: int, place: int) -> float:
        mu, sigma = self.setup.desks[j].service[self.line_of[place]]
        whole = math.exp(mu + sigma * self.draws[place] + self.pace)
        return whole / 2 if place in self.setup.begun else whole

    def choice(self, j: int, instant: float) -> tuple[int, int, float] | None:
        """Whom desk `j` calls at this instant, as `rules.choose`: place, group (-1: still rests) and score."""
        desk, heaps, strict = self.setup.desks[j], self.heaps, self.setup.strict
        best: Head | None = None
        best_score, best_group = -1.0, -1
        for group, rate in desk.groups:
            heap = heaps[group]
            if heap:
                head = heap[0]
                score = rate if strict else rate * (instant - head[0]) if instant > head[0] else 0
                if score > best_score or (score == best_score and best is not None and head < best):
                    best, best_score, best_group = head, score, group
        if best is None and self.resting:
            rates = dict(desk.groups)
            for _, place, v in self.resting:
                rate = rates.get(self.group_of[place], 0)  # 0: another desk's
                score = rate if strict else rate * max(0.0, instant - v)
                if rate and (score > best_score or (score == best_score and best is not None and (v, place) < best)):
                    best, best_score = (v, place), score
        return None if best is None else (best[1], best_group, best_score)

    def _next(self, instant: float, j: int) -> None:
        """Desk `j` asks for its next person."""
        setup, found = self.setup, self.choice(j, instant)
        if self.unprobed and (found is None or found[1] < 0 or self.v_of[found[0]] > 0):
            # Rates are at least 100: whoever came before now and does not rest goes before a number taken now.
            score = ORDINARY if setup.strict else ORDINARY * instant
            if found is None or found[1] < 0 or score >= found[2]:
                for n in setup.desks[j].watched:
                    if n in self.unprobed:
                        self.unprobed.discard(n)
                        self.probes[n] = instant
        if found is None:
            self.idle.append(j)
            return
        place, group, _ = found
        if group < 0:
            self.resting = [entry for entry in self.resting if entry[1] != place]
        else:
            heapq.heappop(self.heaps[group])
        self.calls[place] = instant
        if place in setup.reachable:
            self.uncalled -= 1
        if self.resting:
            self._one_more_call(self.line_of[place])
        habits = setup.outlook.habits
        absent = instant >= self.leaves[place]
        heapq.heappush(self.free, (instant + (habits.gone_minutes * MINUTE if absent else self._takes(j, place)), j))

    def _one_more_call(self, line: int) -> None:
        """Brings those who rest on this line one call nearer to their own."""
        still = []
        for left, place, v in self.resting:
            if self.line_of[place] == line:
                left -= 1
            if left:
                still.append((left, place, v))
            else:
                heapq.heappush(self.heaps[self.group_of[place]], (v, place))
        self.resting = still


def _times(outlook: Outlook, seat: Seat, line: str) -> LineTimes:
    return outlook.officer_times.get((seat.officer, line)) or outlook.times.get(line) or UNKNOWN


def _as_ticket(booked: Booked, place: int, outlook: Outlook) -> Ticket:
    """A booked person as the ticket he will have once he has checked in on time."""
    return Ticket(
        id=f"booked {place}",
        office="",
        day=outlook.now.date(),
        series=booked.line,
        number=0,
        label="",
        line=booked.line,
        klass=None,
        rate=booked.rate,
        source="appointment",
        state="waiting",
        virtual_at=booked.start - outlook.head_start,
        issued_at=outlook.now,
        issued_seq=0,
        only_officer=booked.officer,
    )
