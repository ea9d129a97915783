"""Who is away, and what that leaves of a shift."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, get_args

from msgspec import Struct

from server.catalogue.rules import MIDNIGHT, Interval, Shift, between, shift_hours, shift_on

__all__ = ["REASONS", "Absence", "Reason", "at_work", "away"]

Reason = Literal["ill", "leave", "duty", "other"]
"""Why somebody is away, for who plans the day; never journalled, never told to citizens."""

REASONS: tuple[Reason, ...] = get_args(Reason)

Day = date  # where a field has the name


class Absence(Struct, frozen=True):
    """An officer who is away from `date` to `until` (that one day where it is None): all day, or between two times."""

    office: str
    username: str
    date: Day
    until: Day | None
    starts: int | None
    ends: int | None
    reason: str


def away(absences: Iterable[Absence], username: str, day: date, time_zone: str) -> list[Interval]:
    """When this officer is away on that local day."""
    return [
        between(day, absence.starts or 0, MIDNIGHT if absence.ends is None else absence.ends, time_zone)
        for absence in absences
        if absence.username == username and absence.date <= day <= (absence.until or absence.date)
    ]


def at_work(shift: Shift, absences: Sequence[Absence], day: date, time_zone: str) -> list[Interval]:
    """What is worked of a shift on a day, in order: its hours without those in which the officer is away."""
    if not shift_on(shift, day):
        return []
    left = [shift_hours(shift, day, time_zone)]
    for goes, comes in away(absences, shift.username, day, time_zone):
        left = [
            part
            for starts, ends in left
            for part in ((starts, min(ends, goes)), (max(starts, comes), ends))
            if part[0] < part[1]
        ]
    return left
