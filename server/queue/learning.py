"""Learned service times: from what the journal says to what is believed about each line and officer.

Pure arithmetic over finished services. `minutes` is how long a ticket took its desk, from call to finish. Three steps:

* days: per line, (4 * prior + decayed sum) / (4 + decayed count), where a day's services count 0.93 of the next day's;
  so the first morning goes by the line's expected minutes and spread, and a month by what happened.
* officers: the same over the days before today, shrunk to the line instead of to the prior, for those who served a
  line often enough.
* pace: how today's services compare with what was believed, those begun lately counting most. Everybody's times are
  multiplied by it, so that a slow system or a fast morning is followed within the hour.

Forgotten tickets (left open over lunch) are cut to four times what is usual for the line; a service of less than ten
seconds is a slip of the finger and left out.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import NormalDist, median

import msgspec
from msgspec import Struct

from server.queue.outlook import Habits, LineTimes, Newcomers

__all__ = ["Called", "Finished", "Issued", "Learned", "Running", "Tally", "habits", "learn", "newcomers", "tally"]

PRIOR_WEIGHT = 4.0
SPREAD_WEIGHT = 12.0
"""A spread needs more services than a mean before it says something."""
OFFICER_WEIGHT = 8.0
OFFICER_LEAST = 3.0
"""Below this (decayed) number of services an officer is taken to be like everybody."""
DECAY_PER_DAY = 0.93
PACE_WEIGHT = 5.0
"""As many services as it takes to believe in a pace half; fewer make quiet days worse, more a sudden change."""
PACE_HALF_LIFE = 40.0
"""Minutes since a service began, after which it counts half."""
LEAVING_HOURS = 20.0
ROUNDS = 4
CAP = 4.0
SHORTEST = 1 / 6
LEAST_DOUBT = 0.08
NORMAL = NormalDist()
HABITS = Habits()


class Finished(Struct, frozen=True):
    """One service that ended."""

    line: str
    officer: str
    minutes: float
    finished_at: datetime


class Running(Struct, frozen=True):
    """One service that goes on, and for how long already. Without these a morning begins with the short ones only."""

    line: str
    officer: str
    minutes: float


class Tally(Struct, frozen=True):
    """Decayed count, sum and sum of squares (minutes) of one officer's services in one line."""

    count: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.count + other.count, self.total + other.total, self.squares + other.squares)


class Learned(Struct, frozen=True):
    """Beliefs at this moment, the pace multiplied in; `doubt` is how far, as a share, the pace may be off."""

    times: dict[str, LineTimes]
    officer_times: dict[tuple[str, str], LineTimes]
    pace: float
    doubt: float


Tallies = Mapping[tuple[str, str], Tally]
"""By officer and line."""


def tally(
    finished: Sequence[Finished], priors: Mapping[str, LineTimes], day_began: datetime
) -> dict[tuple[str, str], Tally]:
    """Sums up services; those before `day_began` count less by each day. Call once a day for the days before."""
    usual = _usual(finished, priors)
    sums: dict[tuple[str, str], Tally] = {}
    for service in finished:
        if service.minutes >= SHORTEST:
            days = max(0.0, math.ceil((day_began - service.finished_at).total_seconds() / 86_400))
            weight, minutes = DECAY_PER_DAY**days, min(service.minutes, CAP * usual[service.line])
            key = (service.officer, service.line)
            sums[key] = sums.get(key, Tally()) + Tally(weight, weight * minutes, weight * minutes * minutes)
    return sums


def learn(
    priors: Mapping[str, LineTimes],
    past: Tallies,
    today: Sequence[Finished],
    now: datetime,
    *,
    day_began: datetime,
    running: Iterable[Running] = (),
) -> Learned:
    """What to believe now, from the tallies of the days before, today's services and those that still go on."""
    everything = dict(past)
    for key, sums in tally(today, priors, day_began).items():
        everything[key] = everything.get(key, Tally()) + sums
    times = {line: _line(prior, everything, line) for line, prior in priors.items()}
    officer_times = {
        (officer, line): LineTimes(_mean(times[line].mean_minutes, OFFICER_WEIGHT, sums), times[line].cv)
        for (officer, line), sums in past.items()
        if line in times and sums.count >= OFFICER_LEAST
    }
    pace, doubt = _pace(times, officer_times, today, running, now)
    return Learned(
        {line: _faster(believed, pace) for line, believed in times.items()},
        {key: _faster(believed, pace) for key, believed in officer_times.items()},
        pace,
        doubt,
    )


class Issued(Struct, frozen=True):
    """One number given today: its line, the rate of its class in hundredths, and when."""

    line: str
    rate: int
    at: datetime


def newcomers(issued: Sequence[Issued], now: datetime) -> list[Newcomers]:
    """How many people of the higher classes to expect per hour and line: today's shares of the last hour's numbers."""
    lately = sum(1 for number in issued if now - number.at <= timedelta(hours=1))
    counts = Counter((number.line, number.rate) for number in issued if number.rate > 100)
    return [Newcomers(line, rate, lately * count / len(issued)) for (line, rate), count in sorted(counts.items())]


class Called(Struct, frozen=True):
    """One first call: minutes waited since the number was taken, and whether nobody came."""

    waited: float
    missed: bool


def habits(calls: Sequence[Called], usual: Habits = HABITS) -> Habits:
    """How many leave while they wait: misses beyond the usual few, per hour waited; `usual` weighs 20 hours."""
    expected = usual.leave_per_hour * LEAVING_HOURS
    missed = sum(1 for call in calls if call.missed) - usual.gone * len(calls)
    hours = sum(call.waited for call in calls) / 60
    rate = (expected + max(0.0, missed)) / (LEAVING_HOURS + hours)
    return msgspec.structs.replace(usual, leave_per_hour=rate)


def _usual(finished: Sequence[Finished], priors: Mapping[str, LineTimes]) -> dict[str, float]:
    """What a service of each line usually takes, for cutting: a median is not moved by forgotten tickets."""
    minutes: dict[str, list[float]] = {}
    for service in finished:
        minutes.setdefault(service.line, []).append(service.minutes)
    usual = {line: median(values) if len(values) >= 5 else 0.0 for line, values in minutes.items()}
    return {
        line: max(value, priors[line].mean_minutes if line in priors else 0.0) or math.inf
        for line, value in usual.items()
    }


def _mean(prior: float, weight: float, sums: Tally) -> float:
    return (weight * prior + sums.total) / (weight + sums.count)


def _line(prior: LineTimes, tallies: Tallies, line: str) -> LineTimes:
    sums = sum((each for (_, served), each in tallies.items() if served == line), Tally())
    mean = _mean(prior.mean_minutes, PRIOR_WEIGHT, sums)
    squared = prior.cv * prior.cv
    if sums.count > 0:
        own = sums.total / sums.count
        seen = max(0.0, sums.squares / sums.count - own * own) / (own * own)
        squared = (SPREAD_WEIGHT * squared + sums.count * seen) / (SPREAD_WEIGHT + sums.count)
    return LineTimes(mean, math.sqrt(squared))


def _pace(
    times: Mapping[str, LineTimes],
    officer_times: Mapping[tuple[str, str], LineTimes],
    today: Sequence[Finished],
    running: Iterable[Running],
    now: datetime,
) -> tuple[float, float]:
    """How today's last services compare with belief: their weighted ratio, shrunk to 1, and how sure that is.

    A service counts by when it began, and one that goes on with what it may be expected to take in the end, at the pace
    found so far (Buckley & James 1979): counting only what is finished would begin every morning with the short ones.
    """
    ended: list[tuple[float, float]] = []
    open_: list[tuple[float, float, LineTimes]] = []
    spreads = PACE_WEIGHT * 0.49

    def weigh(line: str, officer: str, ago: float) -> tuple[float, LineTimes] | None:
        believed = officer_times.get((officer, line)) or times.get(line)
        return None if believed is None else (0.5 ** (ago / PACE_HALF_LIFE), believed)

    for service in today:
        ago = (now - service.finished_at).total_seconds() / 60 + service.minutes
        if service.minutes >= SHORTEST and (known := weigh(service.line, service.officer, max(0.0, ago))):
            ended.append((known[0], min(service.minutes / known[1].mean_minutes, CAP)))
            spreads += known[0] * known[1].cv ** 2
    for going in running:
        if known := weigh(going.line, going.officer, going.minutes):
            open_.append((known[0], going.minutes, known[1]))
            spreads += known[0] * known[1].cv ** 2
    weights = PACE_WEIGHT + sum(weight for weight, _ in ended) + sum(weight for weight, _, _ in open_)
    fixed = PACE_WEIGHT + sum(weight * ratio for weight, ratio in ended)
    pace = 1.0
    for _ in range(ROUNDS if open_ else 1):
        pace = (
            fixed / weights
            + sum(
                weight * min(_expected(_faster(believed, pace), elapsed) / believed.mean_minutes, CAP)
                for weight, elapsed, believed in open_
            )
            / weights
        )
    return pace, max(LEAST_DOUBT, math.sqrt(spreads) / weights)


def _expected(believed: LineTimes, elapsed: float) -> float:
    """The mean of a lognormal service that has lasted `elapsed` minutes already, from its beginning."""
    if elapsed < 1e-6 or believed.cv < 1e-6:
        return max(believed.mean_minutes, elapsed)
    sigma = math.sqrt(math.log1p(believed.cv**2))
    z = (math.log(elapsed / believed.mean_minutes) + sigma * sigma / 2) / sigma
    beyond = NORMAL.cdf(-z)
    return believed.mean_minutes * NORMAL.cdf(sigma - z) / beyond if beyond > 1e-12 else elapsed


def _faster(believed: LineTimes, pace: float) -> LineTimes:
    return LineTimes(believed.mean_minutes * pace, believed.cv)
