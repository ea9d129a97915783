"""How true were the announced waits: the figures of the office page, and the simple formulas beside them.

Every announced range is compared with the minutes that really passed from the announcement to the first call. Beside it
stand the formulas that other systems show, fed with what they would know, so that the range has something to beat.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

__all__ = ["FORMULAS", "Announced", "Glance", "Grade", "grade"]

MUCH = 5.0
"""Minutes by which a promise must be too short to count as too optimistic."""


class Announced(Struct, frozen=True):
    """A promise and what came of it, in minutes; `p90` is None where only one figure was promised."""

    p50: float
    p90: float | None
    truth: float


class Grade(Struct, frozen=True):
    """`covered`: share called by the far end; `within`: share between both ends, steps of 5 counted in;
    `mean_error`: mean of |truth - p50|; `too_optimistic`, `too_pessimistic`: share called 5 minutes or more after p50,
    and before it.
    """  # fmt: skip

    count: int
    mean_error: float
    too_optimistic: float
    too_pessimistic: float
    covered: float | None
    within: float | None


def grade(announced: Sequence[Announced]) -> Grade | None:
    """The figures for these promises; None where there are none."""
    count = len(announced)
    if not count:
        return None
    ranges = [(each, each.p90) for each in announced if each.p90 is not None]
    return Grade(
        count,
        sum(abs(each.truth - each.p50) for each in announced) / count,
        sum(1 for each in announced if each.truth - each.p50 >= MUCH) / count,
        sum(1 for each in announced if each.p50 - each.truth >= MUCH) / count,
        sum(1 for each, far in ranges if each.truth <= far) / len(ranges) if ranges else None,
        sum(1 for each, far in ranges if each.p50 - MUCH <= each.truth <= far) / len(ranges) if ranges else None,
    )


class Glance(Struct, frozen=True):
    """What a simple formula may look at when somebody takes a number. Minutes; None where nobody was yet.

    `ahead` counts those waiting on the line, `ahead_hall` those in the whole hall, `ahead_rule` those the rule would
    call first (`rules.ahead_of`). `average` is learned for the line, `average_hall` over all tickets; `set_line` and
    `set_hall` are what an administrator typed in. `counters` serve the line, `counters_hall` are open.
    """

    ahead: int
    ahead_hall: int
    ahead_rule: int
    counters: int
    counters_hall: int
    average: float
    average_hall: float
    set_line: float
    set_hall: float
    last_to_enter: float | None
    head_of_line: float | None


def average_line(seen: Glance) -> float:
    """Average x n / counters, for the line: learned average, people of the line, counters that serve it."""
    return seen.average * seen.ahead / max(1, seen.counters)


def average_hall(seen: Glance) -> float:
    """Average x n / counters, for the hall as one queue: learned average, everybody waiting, all open counters."""
    return seen.average_hall * seen.ahead_hall / max(1, seen.counters_hall)


def average_ahead(seen: Glance) -> float:
    """Average x n / counters, at its best: people ahead by the rule, the hall's average, the line's desks."""
    return seen.average_hall * seen.ahead_rule / max(1, seen.counters)


def last_to_enter_service(seen: Glance) -> float:
    """What the last person of this line who was called had waited (Ibrahim & Whitt 2009); 0 before the first."""
    return seen.last_to_enter or 0.0


def head_of_line(seen: Glance) -> float:
    """What the first in this line has waited so far (Ibrahim & Whitt 2009); 0 where nobody waits."""
    return seen.head_of_line or 0.0


def zms(seen: Glance) -> float:
    """ZMS (Munich, Berlin): whole minutes of (people before + 1) x hand-set average / work stations."""
    return float(math.floor((seen.ahead_hall + 1) * seen.set_hall / max(1, seen.counters_hall)))


def qtrcipher(seen: Glance) -> float:
    """qtrcipher: people ahead on the line x hand-set average / open counters, rounded up; 0 with nobody ahead."""
    return float(max(1, math.ceil(seen.ahead * seen.set_line / max(1, seen.counters)))) if seen.ahead > 0 else 0.0


FORMULAS: Mapping[str, Callable[[Glance], float]] = {
    "average-line": average_line,
    "average-hall": average_hall,
    "average-ahead": average_ahead,
    "last-to-enter-service": last_to_enter_service,
    "head-of-line": head_of_line,
    "zms": zms,
    "qtrcipher": qtrcipher,
}
