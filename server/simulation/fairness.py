"""The same days of people under the three disciplines, and with more or fewer desks."""

from collections.abc import Sequence
from random import Random
from typing import get_args

import msgspec
from msgspec import Struct

from server.queue.rules import Discipline
from server.simulation.day import MINUTE, Outcome, draw_pace, draw_people, simulate
from server.simulation.figures import Mean, mean_of, quantile
from server.simulation.scenario import Scenario

__all__ = ["DISCIPLINES", "Fairness", "Staffing", "fairness", "staffing"]

DISCIPLINES: tuple[Discipline, ...] = get_args(Discipline)[::-1]
BATCHES = 20
"""Days are put into this many independent batches, and the batches' means compared."""


class Fairness(Struct, frozen=True):
    """Waits in minutes, of people with and without priority: means, and what 99 in 100 do not exceed."""

    discipline: Discipline
    priority: Mean
    others: Mean
    everybody: Mean
    priority_p99: float
    others_p99: float


class Staffing(Struct, frozen=True):
    """Waits with so many desks; `in_time` is the share of all people called within 20 minutes, the uncalled counted."""

    desks: int
    wait: Mean
    p90: float
    in_time: float
    uncalled: float


def fairness(scenario: Scenario, *, days: int, seed: int) -> list[Fairness]:
    """Every discipline over the same people; `days` is rounded up to whole batches."""
    found = []
    for discipline in DISCIPLINES:
        batches = _batches(scenario, discipline, days, seed)
        high = [[_wait(o) for o in batch if o.person.klass and o.called is not None] for batch in batches]
        low = [[_wait(o) for o in batch if not o.person.klass and o.called is not None] for batch in batches]
        found.append(
            Fairness(
                discipline,
                mean_of([sum(waits) / len(waits) for waits in high]),
                mean_of([sum(waits) / len(waits) for waits in low]),
                mean_of([sum(a + b) / len(a + b) for a, b in zip(high, low, strict=True)]),
                quantile([wait for waits in high for wait in waits], 0.99),
                quantile([wait for waits in low for wait in waits], 0.99),
            )
        )
    return found


def staffing(scenario: Scenario, *, days: int, seed: int, more: Sequence[int] = (-1, 0, 1, 2)) -> list[Staffing]:
    """The hall with fewer and with more desks of the kind that its last desk is."""
    found = []
    for extra in more:
        count = len(scenario.desks) + extra
        desks = (scenario.desks + scenario.desks[-1:] * max(0, extra))[:count]
        batches = _batches(msgspec.structs.replace(scenario, desks=desks), "accumulating", days, seed)
        waits = [[_wait(o) for o in batch if o.called is not None] for batch in batches]
        everybody, called = sum(map(len, batches)), [wait for batch in waits for wait in batch]
        found.append(
            Staffing(
                count,
                mean_of([sum(batch) / len(batch) for batch in waits]),
                quantile(called, 0.9),
                sum(1 for wait in called if wait <= 20) / everybody,
                1 - len(called) / everybody,
            )
        )
    return found


def _wait(outcome: Outcome) -> float:
    if outcome.called is None:
        raise ValueError("was never called")
    return (outcome.called - outcome.issued) / MINUTE


def _batches(scenario: Scenario, discipline: Discipline, days: int, seed: int) -> list[list[Outcome]]:
    size = -(-days // BATCHES)
    batches: list[list[Outcome]] = []
    for batch in range(BATCHES):
        outcomes: list[Outcome] = []
        for day in range(size):
            rng = Random(f"{seed} {batch} {day}")  # noqa: S311 (a simulation)
            people = draw_people(scenario, rng)
            outcomes += simulate(scenario, people, discipline, pace=draw_pace(scenario, rng))
        batches.append(outcomes)
    return batches
