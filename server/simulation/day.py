"""One simulated day: made-up people, and a hall that calls them by the real rules.

People are drawn before the day begins, service times included, so that two disciplines (or two forecasts) can be
compared on the very same people. Instants inside are whole milliseconds after midnight.
"""

import heapq
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
from msgspec import Struct

from server.queue.forecast import Booked, LineTimes
from server.queue.learning import Called, Finished, Running
from server.queue.rules import Discipline, Hall, Seat, Ticket, choose, resting, virtual_arrival
from server.simulation.scenario import Scenario, minute

__all__ = ["HEAD_START", "Day", "Outcome", "Person", "draw_pace", "draw_people", "simulate"]

MINUTE = 60_000
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
HEAD_START = timedelta(minutes=20)
GRACE = timedelta(minutes=15)
RETURN_WITHIN = 30
"""Minutes after which a missed ticket is a no-show."""
WALK = MINUTE // 2
"""From the call to the start of the service, within the minutes that a service takes."""


class Person(Struct, frozen=True):
    """Somebody who comes: when, for what, in which class, and everything about him that chance decides."""

    at: int
    line: str
    klass: str | None
    rate: int
    minutes: float
    slot: int | None = None
    absent: bool = False
    returns_after: float | None = None
    parks_for: float | None = None
    patience: float = math.inf


class Outcome(Struct, frozen=True):
    """What came of a person: when the number was issued, from when it counted, when it was first called (or never)."""

    person: Person
    issued: int
    counted: int
    called: int | None


def draw_people(scenario: Scenario, rng: Random) -> list[Person]:
    """The people of one day, in order of arrival: a Poisson stream with the scenario's shape and day-to-day spread."""
    habits, classes = scenario.habits, scenario.classes
    total = scenario.people * _spread(rng, scenario.people_cv)
    codes, shares = list(scenario.lines), [line.share for line in scenario.lines.values()]
    people = []
    for begins, share in scenario.arrivals:
        at, gap = float(minute(begins) * MINUTE), scenario.step * MINUTE / (total * share) if share > 0 else math.inf
        end = at + scenario.step * MINUTE
        while (at := at + rng.expovariate(1.0) * gap) < end:
            code = rng.choices(codes, shares)[0]
            klass = rng.choices([*classes, None], [*(c.share for c in classes), 1 - sum(c.share for c in classes)])[0]
            person = Person(
                int(at),
                code,
                klass.name if klass else None,
                klass.rate if klass else 100,
                _service(scenario, code, rng),
                absent=rng.random() < habits.absent,
                returns_after=rng.expovariate(1 / habits.returns_after) if rng.random() < habits.returns else None,
                parks_for=rng.expovariate(1 / habits.parks_for) if rng.random() < habits.parks else None,
                patience=rng.expovariate(1 / habits.patience) if habits.patience else math.inf,
            )
            people.append(_with_slot(person, scenario, rng) if rng.random() < habits.booked else person)
    return sorted(people, key=lambda person: person.at)


def draw_pace(scenario: Scenario, rng: Random) -> float:
    """How fast everybody works on one day: a factor on all minutes, 1 on average."""
    return _spread(rng, scenario.pace_cv)


def _with_slot(person: Person, scenario: Scenario, rng: Random) -> Person:
    """The same person by appointment: nine in ten come up to 20 minutes early, one in ten up to 25 late."""
    quarter = 15 * MINUTE
    slot = min(person.at // quarter * quarter, scenario.closes * MINUTE - quarter)
    early = rng.triangular(0, 20, 8) if rng.random() < 0.9 else -rng.uniform(0, 25)
    return msgspec.structs.replace(person, slot=slot, at=max(0, slot - int(early * MINUTE)))


def _service(scenario: Scenario, line: str, rng: Random) -> float:
    mean = scenario.lines[line].minutes
    if scenario.service == "exponential":
        return rng.expovariate(1 / mean)
    return mean * _spread(rng, scenario.lines[line].cv)


def _spread(rng: Random, cv: float) -> float:
    """A lognormal factor with mean 1."""
    variance = math.log1p(cv * cv)
    return math.exp(rng.gauss(-variance / 2, math.sqrt(variance)))


class Day:
    """A hall in the course of a day. What an observer may look at is what the product would know."""

    def __init__(self, scenario: Scenario, people: Sequence[Person], discipline: Discipline, pace: float) -> None:
        self.scenario, self.people, self.discipline, self.pace = scenario, people, discipline, pace
        self.seats = [Seat(j, f"officer {j}", desk.lines) for j, desk in enumerate(scenario.desks)]
        self.spans = [[(a * MINUTE, b * MINUTE) for a, b in scenario.spans(desk)] for desk in scenario.desks]
        self.closes = scenario.closes * MINUTE
        self.tickets: dict[str, Ticket] = {}
        self.finished: list[Finished] = []
        self.calls: list[Called] = []
        self.last_entered: dict[str, float] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.now = 0
        self._seq = 0
        self._calls: dict[str, list[int]] = {line: [] for line in scenario.lines}
        self._idle: list[int] = []
        self._back: list[list[str]] = [[] for _ in self.seats]
        self._events: list[tuple[int, int, Callable[..., object], tuple[object, ...]]] = []
        doors = minute(scenario.doors) * MINUTE
        for number, person in enumerate(people):
            self._plan(max(person.at, doors), self._arrive, f"{number:05d}", person)
        for j, spans in enumerate(self.spans):
            self._plan(spans[0][0], self._next, j)

    def instant(self, milliseconds: int | None = None) -> datetime:
        """The moment, now or at some milliseconds after midnight."""
        return MIDNIGHT + timedelta(milliseconds=self.now if milliseconds is None else milliseconds)

    def hall(self) -> Hall:
        """The hall as the rule sees it now."""
        tickets = list(self.tickets.values())
        rest = frozenset(t.id for t in tickets if resting(t, self._calls[t.line]))
        return Hall(tickets, self.seats, self.discipline, resting=rest)

    def running(self) -> list[Running]:
        """Services that go on now."""
        return [
            Running(t.line, t.officer or "", (self.instant() - t.called_at).total_seconds() / 60)
            for t in self.tickets.values()
            if t.state == "serving" and t.called_at is not None
        ]

    def open_at(self, at: int) -> list[int]:
        """The desks that call at a moment (milliseconds after midnight)."""
        return [j for j, spans in enumerate(self.spans) if any(start <= at < end for start, end in spans)]

    def called_at_once(self, line: str) -> bool:
        """Whether an officer who could take a number of this line stands idle."""
        return any(line in self.seats[j].lines for j in self._idle if j in self.open_at(self.now))

    def booked_to_come(self) -> list[Booked]:
        """Today's appointments that have not checked in, the late ones as long as grace lasts."""
        late = self.now - GRACE // timedelta(milliseconds=1)
        return [
            Booked(self.instant(person.slot), person.line, None, person.rate)
            for number, person in enumerate(self.people)
            if person.slot is not None and person.slot >= late and f"{number:05d}" not in self.outcomes
        ]

    def true_times(self) -> dict[str, dict[str, LineTimes] | dict[tuple[str, str], LineTimes]]:
        """What nobody in a real hall knows: the means and spreads that services are drawn from at this moment."""
        pace = self.pace * self._pace_now()
        lines = {code: LineTimes(line.minutes * pace, line.cv) for code, line in self.scenario.lines.items()}
        officers = {
            (seat.officer, code): LineTimes(lines[code].mean_minutes * desk.pace, lines[code].cv)
            for seat, desk in zip(self.seats, self.scenario.desks, strict=True)
            for code in seat.lines
        }
        return {"times": lines, "officer_times": officers}

    def run(self, observe: Callable[["Day", Ticket], None] | None = None) -> list[Outcome]:
        """Plays the day to its end; `observe` is told of every ticket at its issue."""
        self._observe = observe
        while self._events and self._events[0][0] < self.closes:
            self.now, _, act, values = heapq.heappop(self._events)
            act(*values)
        return list(self.outcomes.values())

    def _plan(self, at: int, act: Callable[..., object], *values: object) -> None:
        self._seq += 1
        heapq.heappush(self._events, (at, self._seq, act, values))

    def _change(self, key: str, **fields: object) -> Ticket:
        self._seq += 1
        ticket: Ticket = msgspec.structs.replace(self.tickets[key], **fields)
        self.tickets[key] = ticket
        return ticket

    def _arrive(self, key: str, person: Person) -> None:
        now = self.instant()
        slot = None if person.slot is None else self.instant(person.slot)
        counted = virtual_arrival(now, slot, HEAD_START, GRACE)
        self._seq += 1
        ticket = Ticket(
            id=key,
            office="simulated",
            day=MIDNIGHT.date(),
            series=person.line,
            number=int(key),
            label=key,
            line=person.line,
            klass=person.klass,
            rate=person.rate,
            source="kiosk" if slot is None else "appointment",
            state="waiting",
            virtual_at=counted,
            issued_at=now,
            issued_seq=self._seq,
            appointment=None if slot is None else key,
        )
        self.tickets[key] = ticket
        self.outcomes[key] = Outcome(person, self.now, (counted - MIDNIGHT) // timedelta(milliseconds=1), None)
        if self._observe is not None:
            self._observe(self, ticket)
        self._wake(person.line)

    def _wake(self, line: str) -> None:
        """Somebody waits: the officer who has been idle longest and can serve the line presses first."""
        for j in [j for j in self._idle if line in self.seats[j].lines]:
            self._idle.remove(j)
            if self._next(j):
                return

    def _opens(self, j: int) -> int | None:
        for start, end in self.spans[j]:
            if self.now < end:
                return max(start, self.now)
        return None

    def _next(self, j: int) -> bool:
        """Desk `j` asks for its next person; whether it got one."""
        opens = self._opens(j)
        if opens is None:
            return False
        if opens > self.now:
            self._plan(opens, self._next, j)
            return False
        if self._back[j]:
            self._serve(j, self._back[j].pop(0), resumed=True)
            return True
        ticket = choose(self.seats[j], self.hall(), self.instant())
        if ticket is None:
            self._idle.append(j)
            return False
        self._call(j, ticket)
        return True

    def _call(self, j: int, ticket: Ticket) -> None:
        key, now = ticket.id, self.instant()
        outcome = self.outcomes[key]
        if outcome.called is None:
            self.outcomes[key] = msgspec.structs.replace(outcome, called=self.now)
            self.last_entered[ticket.line] = (self.now - outcome.issued) / MINUTE
        self._change(key, state="called", called_at=now, counter=j, officer=self.seats[j].officer)
        self._calls[ticket.line].append(self._seq)
        person = outcome.person
        left = self.now - outcome.issued > person.patience * MINUTE
        absent = left or (person.absent and ticket.misses == 0)
        if ticket.misses == 0:
            self.calls.append(Called((self.now - outcome.issued) / MINUTE, absent))
        if absent:
            self._plan(self.now + int(self.scenario.habits.absent_minutes * MINUTE), self._miss, j, key, left)
        else:
            self._serve(j, key)

    def _miss(self, j: int, key: str, left: bool) -> None:
        ticket = self._change(key, state="missed", misses=self.tickets[key].misses + 1, counter=None, officer=None)
        after = self.outcomes[key].person.returns_after
        if left or after is None or after > RETURN_WITHIN or ticket.misses > 1:
            self._plan(self.now + RETURN_WITHIN * MINUTE, self._forget, key)
        else:
            self._plan(self.now + int(after * MINUTE), self._return, key)
        self._next(j)

    def _forget(self, key: str) -> None:
        del self.tickets[key]

    def _return(self, key: str) -> None:
        self._seq += 1
        ticket = self._change(key, state="waiting", returned_seq=self._seq)
        self._wake(ticket.line)

    def _takes(self, j: int, key: str) -> float:
        """Minutes of a whole service begun now, the day's pace and the officer's in it."""
        return self.outcomes[key].person.minutes * self.scenario.desks[j].pace * self.pace * self._pace_now()

    def _pace_now(self) -> float:
        changes = self.scenario.pace_change
        place = bisect_right([minute(begins) * MINUTE for begins, _ in changes], self.now)
        return changes[place - 1][1] if place else 1.0

    def _serve(self, j: int, key: str, *, resumed: bool = False) -> None:
        takes, person = self._takes(j, key), self.outcomes[key].person
        if resumed:
            self._change(key, state="serving", called_at=self.instant(), parked_until=None)
            self._plan(self.now + int(takes * MINUTE / 2), self._finish, j, key, takes)
        else:
            self._plan(self.now + min(WALK, int(takes * MINUTE / 3)), self._start, key)
            if person.parks_for is not None:
                self._plan(self.now + int(takes * MINUTE / 2), self._park, j, key)
            else:
                self._plan(self.now + int(takes * MINUTE), self._finish, j, key, takes)

    def _start(self, key: str) -> None:
        self._change(key, state="serving", started_at=self.instant())

    def _park(self, j: int, key: str) -> None:
        self._change(key, state="parked")
        away = self.outcomes[key].person.parks_for or 0.0
        self._plan(self.now + int(away * MINUTE), self._unpark, j, key)
        self._next(j)

    def _unpark(self, j: int, key: str) -> None:
        self._back[j].append(key)
        if j in self._idle:
            self._idle.remove(j)
            self._next(j)

    def _finish(self, j: int, key: str, minutes: float) -> None:
        ticket = self.tickets.pop(key)
        self.finished.append(Finished(ticket.line, self.seats[j].officer, minutes, self.instant()))
        self._next(j)


def simulate(
    scenario: Scenario,
    people: Sequence[Person],
    discipline: Discipline = "accumulating",
    *,
    pace: float = 1.0,
    observe: Callable[[Day, Ticket], None] | None = None,
) -> list[Outcome]:
    """Plays one day of these people and says what came of each."""
    return Day(scenario, people, discipline, pace).run(observe)
