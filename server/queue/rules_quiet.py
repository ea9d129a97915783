"""When an office is usually quiet, for those who would rather come without an appointment. Plain arithmetic.

A day is cut into half hours. For each, from the day's beginning on:

* *work* = the minutes that people who come without an appointment usually bring at that weekday and time, and the
  minutes booked in it. What is usual is the mean of the days before of that weekday, as if one more had been like the
  mean of all days: with few days of a kind, all days speak.
* *hands* = the minutes that officers are on duty in it.
* *behind* = what was left over of the half hour before: max(0, behind + work - hands).
* *load* = (behind + work) / hands.

Quiet is a half hour whose load is at most two thirds of the mean of all coming ones, and less than 1; somebody on duty
must be able to take what is asked for, and a day's last half hour never counts. Neighbours are one span; of each day
the three least loaded are told. Nothing is said of weekdays and half hours in which nobody has ever been seen to come
(the office may have been closed), and with fewer than five days seen nothing at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking.rules import Duty, Interval

__all__ = ["HALF_HOUR", "LEAST_DAYS", "Came", "Habit", "Half", "Quiet", "habit_of", "halves", "quiet"]

HALF_HOUR = timedelta(minutes=30)
LEAST_DAYS = 5
LIKE_ALL = 1.0
"""As many days of a weekday as it takes to believe in it as much as in all days together."""
QUIET_SHARE = 2 / 3
MOST_A_DAY = 3


class Came(Struct, frozen=True):
    """Somebody came without an appointment: on which of the office's days, minutes after midnight, what for."""

    day: date
    minute: int
    line: str


class Habit(Struct, frozen=True):
    """Minutes of work by weekday (0 Monday) and half hour of the day (0 to 47), and on how many days that rests.

    Weekdays and half hours that were never seen are not in it.
    """

    days: int
    work: Mapping[tuple[int, int], float]


class Half(Struct, frozen=True):
    """A half hour (or what of it is open) that is to come; `load` as told above, `able` for who can take the wish."""

    start: datetime
    end: datetime
    load: float
    able: bool


class Quiet(Struct, frozen=True):
    """A span in which little is expected; `load` is the mean of its half hours."""

    start: datetime
    end: datetime
    load: float


def habit_of(came: Iterable[Came], minutes: Mapping[str, float]) -> Habit:
    """What is usual, by those who came on the days before; `minutes` is how long one of each line takes."""
    by_day: dict[date, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for one in came:
        by_day[one.day][one.minute // 30] += minutes.get(one.line, 0.0)
    sums: dict[tuple[int, int], float] = defaultdict(float)
    overall: dict[int, float] = defaultdict(float)
    kinds: dict[int, int] = defaultdict(int)
    for day, halves_of in by_day.items():
        kinds[day.weekday()] += 1
        for half, work in halves_of.items():
            sums[day.weekday(), half] += work
            overall[half] += work / len(by_day)
    return Habit(
        days=len(by_day),
        work={
            (weekday, half): (sums[weekday, half] + LIKE_ALL * overall[half]) / (kinds[weekday] + LIKE_ALL)
            for weekday in kinds
            for half in overall
        },
    )


def halves(
    habit: Habit,
    opening: Sequence[Interval],
    duties: Sequence[Duty],
    booked: Sequence[Interval],
    lines: frozenset[str],
    time_zone: str,
) -> list[Half]:
    """One day's half hours in which anybody is on duty and of which something is known, the last of all left out."""
    found: list[tuple[Half, bool]] = []
    behind = 0.0
    for opens, closes in sorted(opening):
        start = opens
        while start < closes:
            end = min(start + HALF_HOUR, closes)
            local = clock.local(start, time_zone)
            share = (end - start) / HALF_HOUR
            key = (local.weekday(), (local.hour * 60 + local.minute) // 30)
            work = behind + habit.work.get(key, 0.0) * share + sum(_common(start, end, span) for span in booked)
            hands = _hands(start, end, duties)
            able = any(lines <= duty.lines and duty.start <= start and end <= duty.end for duty in duties)
            if hands > 0:
                found.append((Half(start=start, end=end, load=work / hands, able=able), key in habit.work))
            behind = max(0.0, work - hands)
            start = end
    return [half for half, known in found[:-1] if known]


def quiet(days: Iterable[Sequence[Half]], now: datetime, habit: Habit) -> list[Quiet]:
    """The quiet spans of these days that have not begun, in order of time; none as long as too little is known."""
    to_come = [[half for half in day if half.start >= now] for day in days]
    loads = [half.load for day in to_come for half in day]
    if habit.days < LEAST_DAYS or not loads:
        return []
    limit = QUIET_SHARE * sum(loads) / len(loads)
    told: list[Quiet] = []
    for day in to_come:
        spans: list[list[Half]] = []
        for half in day:
            if not half.able or half.load > limit or half.load >= 1:
                continue
            if spans and spans[-1][-1].end == half.start:
                spans[-1].append(half)
            else:
                spans.append([half])
        quietest = sorted((_whole(span) for span in spans), key=lambda span: (span.load, span.start))[:MOST_A_DAY]
        told += sorted(quietest, key=lambda span: span.start)
    return sorted(told, key=lambda span: span.start)


def _whole(span: Sequence[Half]) -> Quiet:
    return Quiet(start=span[0].start, end=span[-1].end, load=sum(half.load for half in span) / len(span))


def _common(start: datetime, end: datetime, span: Interval) -> float:
    """Minutes that two spans have in common."""
    return max(0.0, (min(end, span[1]) - max(start, span[0])).total_seconds() / 60)


def _hands(start: datetime, end: datetime, duties: Sequence[Duty]) -> float:
    """Minutes of duty, nobody counted twice."""
    mine: dict[str, float] = defaultdict(float)
    for duty in duties:
        mine[duty.officer] += _common(start, end, (duty.start, duty.end))
    whole = (end - start).total_seconds() / 60
    return sum(min(minutes, whole) for minutes in mine.values())
