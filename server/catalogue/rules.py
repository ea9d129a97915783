"""What an office offers and when, decided from plain rows: hours, shifts, validity, which line takes a procedure.

Rows carry the tables' field names; lists are tuples. Times of day are minutes after local midnight, 1440 ending a day.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from server.catalogue.rules_policy import Expected, Policy, parse_policy
from server.catalogue.rules_search import fold, search, searchable

__all__ = [
    "ANY_OFFICE",
    "NOT_TAKEN",
    "Closure",
    "Counter",
    "Expected",
    "Hours",
    "Interval",
    "Office",
    "Policy",
    "PriorityGroup",
    "Procedure",
    "ServiceLine",
    "Shift",
    "Span",
    "between",
    "ended",
    "exception_on",
    "fold",
    "minutes_needed",
    "national_code",
    "offered",
    "open_now_and_next",
    "opening",
    "overlap",
    "parse_policy",
    "search",
    "searchable",
    "shift_hours",
    "shift_on",
    "weekdays",
]

ANY_OFFICE = "*"
NOT_TAKEN = "-"
"""What an office's own procedure row has for a line where the office does not take that procedure in."""

FORTNIGHT = 14
MIDNIGHT = 1440

Day = date  # where a field has the name

Interval = tuple[datetime, datetime]
"""Aware UTC instants: from the first on, up to and without the second."""

Span = tuple[date | None, date | None]
"""Days, both ends included; None is open-ended."""


class Office(Struct, frozen=True):
    code: str
    national_code: str
    name_vi: str
    name_en: str
    parent: str
    address: str
    time_zone: str
    valid_from: date | None
    valid_until: date | None


class ServiceLine(Struct, frozen=True):
    office: str
    code: str
    prefix: str
    kind: str
    name_vi: str
    name_en: str
    expected_minutes: float
    spread: float
    first_number: int
    last_number: int
    fields: tuple[str, ...]
    position: int


class Procedure(Struct, frozen=True):
    """As stored, `line` may be empty (by its field) or NOT_TAKEN; as `offered`, it is a line of the office."""

    office: str
    code: str
    name_vi: str
    name_en: str
    field_vi: str
    line: str
    minutes: int | None
    statutory_days: int | None
    promised_days: int | None
    fee_in_person_vnd: int | None
    fee_online_vnd: int | None
    required_documents: tuple[str, ...]
    short_info_vi: str
    folded: str


class Counter(Struct, frozen=True):
    office: str
    number: int
    name_vi: str
    name_en: str
    lines: tuple[str, ...]


class Hours(Struct, frozen=True):
    office: str
    weekdays: str
    opens: int
    closes: int
    valid_from: date | None
    valid_until: date | None


class Closure(Struct, frozen=True):
    """Days with other hours than usual; several rows that begin on the same day are one, with breaks."""

    office: str
    date: Day
    until: Day | None
    opens: int | None
    closes: int | None
    name_vi: str
    name_en: str


class Shift(Struct, frozen=True):
    office: str
    username: str
    counter: int
    weekdays: str
    starts: int
    ends: int
    every_weeks: int
    first_week: date | None
    lines: tuple[str, ...]
    valid_from: date | None = None
    valid_until: date | None = None


class PriorityGroup(Struct, frozen=True):
    office: str
    code: str
    name_vi: str
    name_en: str
    rate: float
    position: int


# --- validity ------------------------------------------------------------------------------------------------


def ended(office: Office, day: date) -> bool:
    """Whether the office no longer exists on that day: it was merged or abolished."""
    return office.valid_until is not None and office.valid_until < day


# --- days and hours ------------------------------------------------------------------------------------------


def weekdays(text: str) -> frozenset[int]:
    """ISO weekdays (Monday is 1) of a list like `1-5;7`. Raises Expected for anything else."""
    days: set[int] = set()
    for part in text.split(";"):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        last = last if dash else first
        if first not in _WEEKDAYS or last not in _WEEKDAYS or first > last:
            raise Expected("weekdays")
        days.update(range(int(first), int(last) + 1))
    return frozenset(days)


_WEEKDAYS = frozenset("1234567")


def shift_on(shift: Shift, day: date) -> bool:
    """Whether this shift is worked on that day: its weekday, and its turn where it comes every so many weeks."""
    if not _in_force(shift, day):
        return False
    if shift.first_week is None:
        return True
    weeks = (_monday(day) - _monday(shift.first_week)).days // 7
    return weeks >= 0 and weeks % shift.every_weeks == 0


def shift_hours(shift: Shift, day: date, time_zone: str) -> Interval:
    """When this shift begins and ends on a day it is worked."""
    return between(day, shift.starts, shift.ends, time_zone)


def between(day: date, starts: int, ends: int, time_zone: str) -> Interval:
    """The instants of two times of that local day."""
    zone = ZoneInfo(time_zone)
    return _instant(day, starts, zone, late=False), _instant(day, ends, zone, late=True)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def opening(hours: Iterable[Hours], closures: Iterable[Closure], day: date, time_zone: str) -> list[Interval]:
    """When the office is open on that local day, in order and merged; empty where it is closed.

    An office's own closure goes before one for all offices, and among those the one that begins latest: an exception
    within a holiday week is written as a row of its own.
    """
    zone = ZoneInfo(time_zone)
    spans = _exception(exception_on(closures, day))
    if spans is None:
        spans = [(row.opens, row.closes) for row in hours if _in_force(row, day)]
    return _merged(
        (_instant(day, opens, zone, late=False), _instant(day, closes, zone, late=True)) for opens, closes in spans
    )


def _in_force(row: Hours | Shift, day: date) -> bool:
    if (row.valid_from and day < row.valid_from) or (row.valid_until and day > row.valid_until):
        return False
    return day.isoweekday() in weekdays(row.weekdays)


def exception_on(closures: Iterable[Closure], day: date) -> list[Closure]:
    """The closures that decide about a day: an office's own before all offices', and of these the latest begun."""
    on_day = [row for row in closures if row.date <= day <= (row.until or row.date)]
    own = [row for row in on_day if row.office != ANY_OFFICE] or on_day
    latest = max((row.date for row in own), default=day)
    return [row for row in own if row.date == latest]


def _exception(rows: Sequence[Closure]) -> list[tuple[int, int]] | None:
    """What the closures that decide about a day say: None where there is none, an empty list where it is closed."""
    if not rows:
        return None
    if any(row.opens is None or row.closes is None for row in rows):
        return []
    return [(row.opens, row.closes) for row in rows if row.opens is not None and row.closes is not None]


def _instant(day: date, minutes: int, zone: ZoneInfo, *, late: bool) -> datetime:
    """The instant of a time of day. Of one that comes twice, the first or (`late`) the second; one that the clock skips
    is the instant of skipping. The end of a day is the beginning of the next, so that days never overlap."""
    if minutes == MIDNIGHT:
        day, minutes, late = day + timedelta(days=1), 0, False
    wall = datetime.combine(day, time(minutes // 60, minutes % 60))
    skipped = 0
    while not _exists(wall, zone):
        wall, skipped = wall - timedelta(minutes=1), 1
    return wall.replace(tzinfo=zone, fold=int(late)).astimezone(UTC) + timedelta(minutes=skipped)


def _exists(wall: datetime, zone: ZoneInfo) -> bool:
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    return instant.astimezone(zone).replace(tzinfo=None) == wall


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for opens, closes in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


def open_now_and_next(
    hours: Sequence[Hours], closures: Sequence[Closure], now: datetime, time_zone: str
) -> tuple[Interval | None, Interval | None]:
    """The hours `now` falls into, if any, and the next ones after them within a fortnight, if any.

    Hours that run on past midnight are one interval; an office open all day long has that day for its hours now.
    """
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    begin, end = (_instant(today, minutes, zone, late=False) for minutes in (0, MIDNIGHT))
    intervals: list[Interval] = []
    for ahead in range(-1, FORTNIGHT + 1):
        # An interval that another one follows cannot grow any more.
        if any(now < opens for opens, closes in intervals[:-1]):
            break
        intervals = _merged([*intervals, *opening(hours, closures, today + timedelta(days=ahead), time_zone)])
    current = next((interval for interval in intervals if interval[0] <= now < interval[1]), None)
    following = next((interval for interval in intervals if interval[0] > now), None)
    if current is not None and current[0] <= begin and end <= current[1]:
        current = (begin, end)
    return current, following


# --- procedures ----------------------------------------------------------------------------------------------


def national_code(code: str) -> str:
    """The national part of a procedure's code: `2.000815.000.00.00.H26` is `2.000815`."""
    parts = code.strip().split(".")
    if len(parts) > 2 and len(parts[0]) == 1 and len(parts[1]) == 6 and parts[0].isdigit() and parts[1].isdigit():
        return ".".join(parts[:2])
    return code.strip()


def minutes_needed(procedure: Procedure, line: ServiceLine) -> int:
    """How many minutes a visit for it is planned to take: its own, or what its line usually takes."""
    if procedure.minutes is not None:
        return procedure.minutes
    return max(1, round(line.expected_minutes))


def offered(rows: Iterable[Procedure], lines: Sequence[ServiceLine]) -> list[Procedure]:
    """What an office takes in: the national rows with its own words over them, each with the line it goes to there.

    What an own row leaves empty is the national one's. A row names its line, or goes where its field is listed, and
    is not offered where neither is found. Ordered by line, then those explained in plain words, then by code.
    """
    national: dict[str, Procedure] = {}
    own: dict[str, Procedure] = {}
    for row in rows:
        (national if row.office == ANY_OFFICE else own)[row.code] = row
    places = {line.code: place for place, line in enumerate(lines)}
    by_field = {fold(field): line.code for line in reversed(lines) for field in line.fields}
    found: list[tuple[tuple[int, bool, str], Procedure]] = []
    for code in national.keys() | own.keys():
        row = _over(own.get(code), national.get(code))
        line = row.line if row.line in places or row.line == NOT_TAKEN else by_field.get(fold(row.field_vi), NOT_TAKEN)
        if line != NOT_TAKEN:
            found.append(((places[line], not row.short_info_vi, code), replace(row, line=line)))
    found.sort(key=lambda item: item[0])
    return [row for _, row in found]


def _over(own: Procedure | None, national: Procedure | None) -> Procedure:
    if own is None or national is None:
        kept = own or national
        if kept is None:
            raise ValueError("a procedure needs a row")
        return kept
    return replace(
        national,
        office=own.office,
        name_vi=own.name_vi or national.name_vi,
        name_en=own.name_en or national.name_en,
        field_vi=own.field_vi or national.field_vi,
        line=own.line or national.line,
        minutes=national.minutes if own.minutes is None else own.minutes,
        statutory_days=national.statutory_days if own.statutory_days is None else own.statutory_days,
        promised_days=national.promised_days if own.promised_days is None else own.promised_days,
        fee_in_person_vnd=national.fee_in_person_vnd if own.fee_in_person_vnd is None else own.fee_in_person_vnd,
        fee_online_vnd=national.fee_online_vnd if own.fee_online_vnd is None else own.fee_online_vnd,
        required_documents=own.required_documents or national.required_documents,
        short_info_vi=own.short_info_vi or national.short_info_vi,
        folded=f"{own.folded} {national.folded}" if own.name_vi or own.short_info_vi else national.folded,
    )


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans of days share one."""
    (begins, ends), (starts, stops) = one, other
    return (begins or date.min) <= (stops or date.max) and (starts or date.min) <= (ends or date.max)
