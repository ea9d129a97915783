"""An office's timetable, and what it becomes by a change. What was stays as it was: only days to come are changed."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from server.catalogue.pack_cells import days_of_week
from server.catalogue.rules import Closure, Hours, Shift, shift_on, weekdays
from server.catalogue.rules_absence import Absence
from server.catalogue.rules_policy import time_of_day
from server.errors import Refusal
from server.wire import (
    AwayChange,
    BackChange,
    DayChange,
    HoursChange,
    OpenSpan,
    ShiftChange,
    ShiftEnd,
    TimetableChange,
    UsualDay,
)

__all__ = ["KeptAbsence", "KeptClosure", "KeptHours", "KeptShift", "Timetable", "applied", "shown_time"]

NEW = 0
FARTHEST = timedelta(days=730)
LONGEST_TURN = timedelta(weeks=52)
"""No shift comes less often: so far one has to look to see whether two ever meet."""


class KeptHours(Hours, frozen=True):
    id: int = NEW


class KeptClosure(Closure, frozen=True):
    id: int = NEW


class KeptShift(Shift, frozen=True):
    id: int = NEW


class KeptAbsence(Absence, frozen=True):
    id: int = NEW


E = TypeVar("E", KeptShift, KeptAbsence)


class Timetable(Struct, frozen=True):
    """The rows of one office as stored, those for all offices among the closures. A new row has no id yet."""

    hours: tuple[KeptHours, ...]
    closures: tuple[KeptClosure, ...]
    shifts: tuple[KeptShift, ...]
    absences: tuple[KeptAbsence, ...]


def applied(table: Timetable, change: TimetableChange, office: str, today: date) -> Timetable:
    """The timetable with a change made.

    Refuses, each with the `field` that is wrong in `extra`: day-past, day-too-far, until-before, ends-before,
    both-times, spans-overlap, first-week-needed, shift-overlap; and not-in-timetable for what is not there.
    """
    match change:
        case AwayChange():
            return replace(table, absences=(*table.absences, _absence(change, office, today)))
        case BackChange():
            return replace(table, absences=tuple(_called_back(table.absences, change.id, today)))
        case ShiftChange():
            return replace(table, shifts=_with_shift(table.shifts, change, office, today))
        case ShiftEnd():
            begins = _coming(change.valid_from or today, today, "validFrom")
            _entry(table.shifts, change.id)
            return replace(table, shifts=tuple(_ended(table.shifts, change.id, begins)))
        case DayChange():
            return replace(table, closures=_with_day(table.closures, change, office, today))
        case UsualDay():
            return replace(table, closures=tuple(_usual(table.closures, change.date, office, today)))
        case HoursChange():
            return replace(table, hours=_with_week(table.hours, change, office, today))


def shown_time(minutes: int) -> str:
    """Minutes after midnight as `HH:MM`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


# --- absences ------------------------------------------------------------------------------------------------


def _absence(change: AwayChange, office: str, today: date) -> KeptAbsence:
    _coming(change.date, today, "date")
    until = _until(change.until, change.date, today)
    if (change.starts is None) != (change.ends is None):
        raise Refusal("both-times", extra={"field": "starts" if change.starts is None else "ends"})
    starts, ends = None, None
    if change.starts is not None and change.ends is not None:
        starts, ends = _span(change.starts, change.ends, "ends")
    return KeptAbsence(
        office=office, username=change.officer, date=change.date, until=until if until != change.date else None,
        starts=starts, ends=ends, reason=change.reason,
    )  # fmt: skip


def _called_back(absences: Sequence[KeptAbsence], identifier: int, today: date) -> Iterator[KeptAbsence]:
    _entry(absences, identifier)
    for row in absences:
        if row.id != identifier:
            yield row
        elif row.date < today:
            yield replace(row, until=min(row.until or row.date, today - timedelta(days=1)))


# --- shifts --------------------------------------------------------------------------------------------------


def _with_shift(shifts: Sequence[KeptShift], change: ShiftChange, office: str, today: date) -> tuple[KeptShift, ...]:
    begins = _coming(change.valid_from or today, today, "validFrom")
    until = change.valid_until
    if until is not None:
        _until(until, begins, today, "validUntil")
    if change.every_weeks > 1 and change.first_week is None:
        raise Refusal("first-week-needed", extra={"field": "firstWeek"})
    starts, ends = _span(change.starts, change.ends, "ends")
    new = KeptShift(
        office=office, username=change.officer, counter=change.counter,
        weekdays=days_of_week(";".join(str(day) for day in change.weekdays)), starts=starts, ends=ends,
        every_weeks=change.every_weeks, first_week=change.first_week if change.every_weeks > 1 else None,
        lines=tuple(dict.fromkeys(change.lines)), valid_from=begins, valid_until=until,
    )  # fmt: skip
    others = list(shifts)
    if change.id is not None:
        old = _entry(shifts, change.id)
        others = list(_ended(shifts, change.id, begins))
        if not any(row.id == change.id for row in others):  # nothing is left of it: the row goes on as the new one
            new = replace(new, id=old.id)
    _refuse_two_at_once(new, others)
    return (*others, new)


def _ended(shifts: Sequence[KeptShift], identifier: int, begins: date) -> Iterator[KeptShift]:
    """The shifts, that one being worked for the last time on the day before."""
    for row in shifts:
        if row.id != identifier:
            yield row
        elif row.valid_from is None or row.valid_from < begins:
            last = begins - timedelta(days=1)
            yield replace(row, valid_until=min(row.valid_until or last, last))


def _refuse_two_at_once(new: KeptShift, others: Sequence[KeptShift]) -> None:
    """Nobody works two shifts at once, on whatever day of the turn."""
    mine = [
        row
        for row in others
        if row.username == new.username
        and row.starts < new.ends
        and new.starts < row.ends
        and weekdays(row.weekdays) & weekdays(new.weekdays)
    ]
    day = new.valid_from or date.min
    last = min(new.valid_until or date.max, day + LONGEST_TURN)
    while mine and day <= last:
        for row in mine:
            if shift_on(new, day) and shift_on(row, day):
                raise Refusal(
                    "shift-overlap", counter=row.counter, starts=shown_time(row.starts), ends=shown_time(row.ends),
                    date=f"{day:%d/%m/%Y}", extra={"field": "starts"},
                )  # fmt: skip
        day += timedelta(days=1)


# --- days and weeks ------------------------------------------------------------------------------------------


def _with_day(closures: Sequence[KeptClosure], change: DayChange, office: str, today: date) -> tuple[KeptClosure, ...]:
    _coming(change.date, today, "date")
    until = _until(change.until, change.date, today)
    spans: list[tuple[int | None, int | None]] = [*_spans(change.open, "open")]
    kept = [row for row in closures if row.office != office or row.date != change.date]
    made = [
        KeptClosure(
            office=office, date=change.date, until=until if until != change.date else None, opens=opens, closes=closes,
            name_vi=change.name_vi.strip(), name_en=change.name_en.strip(),
        )
        for opens, closes in spans or [(None, None)]
    ]  # fmt: skip
    return (*kept, *made)


def _usual(closures: Sequence[KeptClosure], day: date, office: str, today: date) -> Iterator[KeptClosure]:
    if not any(row.office == office and row.date == day and (row.until or row.date) >= today for row in closures):
        raise Refusal("not-in-timetable")
    for row in closures:
        if row.office != office or row.date != day:
            yield row
        elif day < today:
            yield replace(row, until=today - timedelta(days=1))


def _with_week(hours: Sequence[KeptHours], change: HoursChange, office: str, today: date) -> tuple[KeptHours, ...]:
    begins = _coming(change.valid_from or today, today, "validFrom")
    last = begins - timedelta(days=1)
    kept = []
    for row in hours:
        if row.valid_until is not None and row.valid_until <= last:
            kept.append(row)
        elif row.valid_from is None or row.valid_from <= last:
            kept.append(replace(row, valid_until=last))
    days: dict[tuple[int, int], list[int]] = {}
    for weekday, given in enumerate(change.week, start=1):
        for span in _spans(given, f"week.{weekday}"):
            days.setdefault(span, []).append(weekday)
    made = [
        KeptHours(
            office=office, weekdays=days_of_week(";".join(map(str, of_week))), opens=opens, closes=closes,
            valid_from=begins, valid_until=None,
        )
        for (opens, closes), of_week in days.items()
    ]  # fmt: skip
    return (*kept, *made)


# --- what is typed -------------------------------------------------------------------------------------------


def _coming(day: date, today: date, field: str) -> date:
    if day < today:
        raise Refusal("day-past", extra={"field": field})
    if day - today > FARTHEST:
        raise Refusal("day-too-far", extra={"field": field})
    return day


def _until(until: date | None, first: date, today: date, field: str = "until") -> date:
    if until is None:
        return first
    if until < first:
        raise Refusal("until-before", extra={"field": field})
    return _coming(until, today, field)


def _span(starts: str, ends: str, field: str) -> tuple[int, int]:
    begin, end = time_of_day(starts), time_of_day(ends)
    if end <= begin:
        raise Refusal("ends-before", extra={"field": field})
    return begin, end


def _spans(given: Sequence[OpenSpan], field: str) -> list[tuple[int, int]]:
    spans = sorted(_span(span.opens, span.closes, field) for span in given)
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise Refusal("spans-overlap", extra={"field": field})
    return spans


def _entry(rows: Sequence[E], identifier: int) -> E:
    found = next((row for row in rows if row.id == identifier), None)
    if found is None:
        raise Refusal("not-in-timetable")
    return found
