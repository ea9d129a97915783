"""Announced waits against what came of them: the forecast and the simple formulas on the same simulated days.

An office begins with service times that an administrator guessed (each 15 to 30 % off, up or down), works for some days
and learns from them, and is then watched: whenever somebody takes a number and has to queue, the forecast and every
formula say how long. The days that are graded are not those that the forecast's constants were chosen on.
"""

from collections.abc import Iterable
from datetime import timedelta
from random import Random

import msgspec
from msgspec import Struct

from server.queue.forecast import LineTimes, Outlook, Range, forecast, shown
from server.queue.grading import FORMULAS, Announced, Glance, Grade, grade
from server.queue.learning import Called, Finished, Issued, Learned, Tally, habits, learn, newcomers, tally
from server.queue.rules import Hall, Ticket, ahead_of
from server.simulation.day import GRACE, HEAD_START, MIDNIGHT, MINUTE, Day, draw_pace, draw_people
from server.simulation.scenario import Scenario, span

__all__ = ["Comparison", "Office", "Told", "graded", "watch_office"]

GUESS_CV = 0.7
"""The spread that an administrator leaves in place for every line."""


class Told(Struct, frozen=True):
    """What one person who took a number and had to queue was told, and what came of it, in minutes."""

    exact: Range
    formulas: dict[str, float]
    truth: float


class Comparison(Struct, frozen=True):
    """Grades by name: the forecast ("exact", and "shown" in steps of 5) and the formulas, over the same people."""

    grades: dict[str, Grade]
    people: int
    days: int
    mean_wait: float

    @property
    def best_formula(self) -> str:
        """The formula with the smallest mean error."""
        return min(FORMULAS, key=lambda name: self.grades[name].mean_error)


class Office:
    """One made-up office over several days: its hand-set times and what it has learned."""

    def __init__(self, scenario: Scenario, seed: str, *, plays: int = 60, told_true_times: bool = False) -> None:
        self.scenario, self.seed, self.plays, self.told_true_times = scenario, seed, plays, told_true_times
        rng = Random(f"{seed} guesses")  # noqa: S311 (a simulation)
        self.guesses = {
            line: LineTimes(each.minutes * (1 + rng.choice((-1, 1)) * rng.uniform(0.15, 0.30)), GUESS_CV)
            for line, each in scenario.lines.items()
        }
        shares = [(each.share, self.guesses[line].mean_minutes) for line, each in scenario.lines.items()]
        self.guess_hall = sum(share * minutes for share, minutes in shares)
        self.services: list[Finished] = []
        self.calls: list[Called] = []
        self.past: dict[tuple[str, str], Tally] = {}
        self.hours = [(a * MINUTE, b * MINUTE) for a, b in map(span, scenario.hours)]

    def work(self, number: int) -> None:
        """A day that is only learned from."""
        day = self._begin(number)
        day.run()
        self._finish(day)

    def watch(self, number: int) -> list[Told]:
        """A day on which everybody who queues is told a wait."""
        promises: dict[str, tuple[Range, dict[str, float]]] = {}
        issued: list[Issued] = []

        def observe(day: Day, ticket: Ticket) -> None:
            issued.append(Issued(ticket.line, ticket.rate, ticket.issued_at))
            if ticket.appointment is None and day.open_at(day.now) and not day.called_at_once(ticket.line):
                promises[ticket.id] = self._tell(day, ticket, issued)

        day = self._begin(number)
        day.run(observe)
        self._finish(day)
        told = []
        for key, (exact, formulas) in promises.items():
            outcome = day.outcomes[key]
            if outcome.called is not None:
                told.append(Told(exact, formulas, (outcome.called - outcome.issued) / MINUTE))
        return told

    def _begin(self, number: int) -> Day:
        rng = Random(f"{self.seed} day {number}")  # noqa: S311 (a simulation)
        people = draw_people(self.scenario, rng)
        self.past = tally(self.services, self.guesses, MIDNIGHT)
        return Day(self.scenario, people, "accumulating", draw_pace(self.scenario, rng))

    def _finish(self, day: Day) -> None:
        """Files a day's services under yesterday."""
        ago = timedelta(days=1)
        kept = [*self.services, *day.finished]
        self.calls += day.calls
        self.services = [msgspec.structs.replace(s, finished_at=s.finished_at - ago) for s in kept]

    def _tell(self, day: Day, ticket: Ticket, issued: list[Issued]) -> tuple[Range, dict[str, float]]:
        now, hall = day.instant(), day.hall()
        learned = learn(self.guesses, self.past, day.finished, now, day_began=MIDNIGHT, running=day.running())
        outlook = Outlook(
            hall=hall,
            times=learned.times,
            officer_times=learned.officer_times,
            doubt=learned.doubt,
            now=now,
            closes_at=day.instant(day.closes),
            availability={j: [(day.instant(a), day.instant(b)) for a, b in spans] for j, spans in enumerate(day.spans)},
            booked=day.booked_to_come(),
            newcomers=newcomers(issued, now),
            habits=habits([*self.calls, *day.calls]),
            head_start=HEAD_START,
            grace=GRACE,
        )
        if self.told_true_times:
            outlook = msgspec.structs.replace(outlook, **day.true_times(), doubt=0.0)
        exact = forecast(outlook, plays=self.plays, seed=day.now).tickets[ticket.id]
        glance = self._glance(day, hall, ticket, learned)
        return exact, {name: self._on_the_clock(day.now, formula(glance)) for name, formula in FORMULAS.items()}

    def _glance(self, day: Day, hall: Hall, ticket: Ticket, learned: Learned) -> Glance:
        others = [t for t in hall.tickets if t.state == "waiting" and t.id != ticket.id]
        line = [t for t in others if t.line == ticket.line]
        known = [*self.past.values(), *tally(day.finished, self.guesses, MIDNIGHT).values()]
        count = sum(sums.count for sums in known)
        return Glance(
            ahead=len(line),
            ahead_hall=len(others),
            ahead_rule=ahead_of(ticket, hall, day.instant()),
            counters=sum(1 for j in day.open_at(day.now) if ticket.line in day.seats[j].lines),
            counters_hall=len(day.open_at(day.now)),
            average=learned.times[ticket.line].mean_minutes / learned.pace,
            average_hall=sum(sums.total for sums in known) / count if count else self.guess_hall,
            set_line=self.guesses[ticket.line].mean_minutes,
            set_hall=self.guess_hall,
            last_to_enter=day.last_entered.get(ticket.line),
            head_of_line=max(((day.instant() - t.issued_at).total_seconds() / 60 for t in line), default=None),
        )

    def _on_the_clock(self, now: int, minutes: float) -> float:
        """Formulas know no lunch: their minutes are counted in opening hours only, which is the kinder reading."""
        left = minutes * MINUTE
        for start, end in self.hours:
            begins = max(start, now)
            if begins < end:
                if begins + left <= end:
                    return (begins + left - now) / MINUTE
                left -= end - begins
        return (self.hours[-1][1] + left - now) / MINUTE


def watch_office(
    scenario: Scenario,
    seed: str,
    *,
    learning_days: int,
    watched_days: int,
    plays: int = 60,
    told_true_times: bool = False,
    pace_change: tuple[tuple[str, float], ...] = (),
) -> list[Told]:
    """Watches some days of one office after some days of learning; `pace_change` comes upon the watched days only."""
    office = Office(scenario, seed, plays=plays, told_true_times=told_true_times)
    for day in range(learning_days):
        office.work(day)
    office.scenario = msgspec.structs.replace(scenario, pace_change=scenario.pace_change + pace_change)
    return [told for day in range(watched_days) for told in office.watch(learning_days + day)]


def graded(told: Iterable[Told], days: int) -> Comparison:
    """The grades of everything that was told; at least one person must have queued."""
    told = list(told)
    promises = {"exact": [Announced(t.exact.p50_minutes, t.exact.p90_minutes, t.truth) for t in told]}
    steps = [(t, shown(t.exact.p50_minutes, t.exact.p90_minutes)) for t in told]
    promises["shown"] = [Announced(wait.p50, wait.p90, t.truth) for t, wait in steps]
    promises |= {name: [Announced(t.formulas[name], None, t.truth) for t in told] for name in FORMULAS}
    grades = {name: result for name, each in promises.items() if (result := grade(each)) is not None}
    return Comparison(grades, len(told), days, sum(t.truth for t in told) / len(told))
