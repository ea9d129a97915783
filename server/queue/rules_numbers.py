"""A line's numbers: which comes next, how it is printed, and when numbers are given. Pure."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

__all__ = [
    "DOORS_OPEN_BEFORE",
    "Series",
    "begun_at",
    "next_number",
    "numbered",
    "numbers_given",
]

DOORS_OPEN_BEFORE = timedelta(minutes=60)
"""People queue before the office opens: numbers are given from this long before the first hour of the day."""


class Series(Struct, frozen=True):
    """Where a line's numbers stand: the day of the last issue, the first number of that day, and the last number.

    `day_first` is 0 where the day's first number was chosen but not given yet.
    """

    day: date
    day_first: int
    last: int


def numbers_given(opening: Sequence[tuple[datetime, datetime]], now: datetime) -> bool:
    """Whether numbers are given on a day that is open so: from an hour before the doors open, and through breaks."""
    return bool(opening) and opening[0][0] - DOORS_OPEN_BEFORE <= now < opening[-1][1]


def numbered(prefix: str, number: int) -> str:
    """A ticket's number as printed and called: the line's prefix and at least three digits."""
    return f"{prefix}{number:03d}"


def begun_at(series: Series | None, today: date, number: int) -> Series | None:
    """The series whose next number is to be this one; None where it, or one that comes after it, was given today."""
    if series is None or series.day != today:
        return Series(today, 0, number - 1)
    come_round = series.last < series.day_first
    if number <= series.last or (come_round and number >= series.day_first):
        return None
    return Series(today, series.day_first, number - 1)  # coming round still ends at the first of today


def next_number(
    series: Series | None, today: date, first: int, limit: int, still_open: Collection[int]
) -> Series | None:
    """The series after its next issue (its `last` is the new number), or None where the day's numbers are used up.

    Numbers start again with the first issue of a day on which no ticket of the series is open, and go on otherwise;
    going on past the end they come round. A number somebody still holds is passed over, and none comes twice a day.
    """
    size = limit - first + 1
    if series is None or (series.day != today and not still_open):
        number, fresh = first, True
    else:
        number, fresh = series.last + 1, series.day != today or series.day_first == 0
    for _ in range(size):
        number = first + (number - first) % size
        if not fresh and series is not None and number == series.day_first:
            return None
        if number not in still_open:
            return Series(today, number if fresh or series is None else series.day_first, number)
        number += 1
    return None
