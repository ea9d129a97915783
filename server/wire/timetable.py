"""The bodies of the timetable: how an office's hours, shifts and absences are seen and changed, and whom that hits.

Days are the office's own, times of day its own `HH:MM` (24:00 ends a day), instants come in the office's zone.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.wire.base import Incoming, Outgoing

__all__ = [
    "AwayChange",
    "BackChange",
    "BookingMove",
    "DayChange",
    "HoursChange",
    "MoveFailure",
    "MoveOutcome",
    "MoveRequest",
    "OpenSpan",
    "PreviewRequest",
    "Proposal",
    "SaveOutcome",
    "SaveRequest",
    "ShiftChange",
    "ShiftEnd",
    "StrandedBooking",
    "StrandedList",
    "TimetableAbsence",
    "TimetableChange",
    "TimetableClosure",
    "TimetableCounter",
    "TimetableDay",
    "TimetableDuty",
    "TimetableOfficer",
    "TimetablePreview",
    "TimetableShift",
    "TimetableView",
    "UsualDay",
]

Day = date  # where a field has the name

TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", examples=["08:00"])]
Name = Annotated[str, Meta(max_length=200)]
Username = Annotated[str, Meta(min_length=1, max_length=100)]
LineCode = Annotated[str, Meta(min_length=1, max_length=4)]
Weekday = Annotated[int, Meta(ge=1, le=7)]
Id = Annotated[int, Meta(ge=1, le=2_000_000_000)]


class OpenSpan(Incoming):
    """From one time of day to another."""

    opens: TimeOfDay
    closes: TimeOfDay


class AwayChange(Incoming, tag_field="kind", tag="away"):
    """An officer is away: on one day or until another, all day or between two times of day."""

    officer: Username
    date: Day
    until: Day | None = None
    starts: TimeOfDay | None = None
    ends: TimeOfDay | None = None
    reason: Literal["ill", "leave", "duty", "other"] = "other"


class BackChange(Incoming, tag_field="kind", tag="back"):
    """An absence is called back: all of it, or where it has begun, from today on."""

    id: Id


class ShiftChange(Incoming, tag_field="kind", tag="shift"):
    """A shift is added or, with the `id` of one, changed, from a day on. ISO weekdays, Monday is 1."""

    officer: Username
    counter: Annotated[int, Meta(ge=1, le=999)]
    weekdays: Annotated[list[Weekday], Meta(min_length=1, max_length=7)]
    starts: TimeOfDay
    ends: TimeOfDay
    id: Id | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    every_weeks: Annotated[int, Meta(ge=1, le=52)] = 1
    first_week: date | None = None
    lines: Annotated[list[LineCode], Meta(max_length=100)] = msgspec.field(default_factory=list)


class ShiftEnd(Incoming, tag_field="kind", tag="shift-end"):
    """A shift is not worked any more, from a day on."""

    id: Id
    valid_from: date | None = None


class DayChange(Incoming, tag_field="kind", tag="day"):
    """A day, or all from one to another, with other hours than usual: closed where `open` is empty."""

    date: Day
    until: Day | None = None
    open: Annotated[list[OpenSpan], Meta(max_length=6)] = msgspec.field(default_factory=list)
    name_vi: Name = ""
    name_en: Name = ""


class UsualDay(Incoming, tag_field="kind", tag="usual-day"):
    """What was said of other hours from this day on is taken back."""

    date: Day


class HoursChange(Incoming, tag_field="kind", tag="hours"):
    """The hours of a usual week from a day on: seven lists, Monday first, an empty one being closed."""

    week: Annotated[list[Annotated[list[OpenSpan], Meta(max_length=6)]], Meta(min_length=7, max_length=7)]
    valid_from: date | None = None


TimetableChange = AwayChange | BackChange | ShiftChange | ShiftEnd | DayChange | UsualDay | HoursChange


class PreviewRequest(Incoming):
    """What would be changed."""

    change: TimetableChange


class SaveRequest(Incoming):
    """What is changed; `seen` is the preview's, so that nobody saves what he has not seen. `move` moves those hit."""

    change: TimetableChange
    seen: Annotated[str, Meta(max_length=80)]
    move: bool = False


class BookingMove(Incoming):
    """A booking and where it is to go; `officer` is the only one it is for, None whoever is free."""

    reference: Annotated[str, Meta(min_length=1, max_length=40)]
    start: datetime
    officer: Username | None = None


class MoveRequest(Incoming):
    moves: Annotated[list[BookingMove], Meta(min_length=1, max_length=500)]


class Proposal(Outgoing):
    """Where a booking could go: the nearest place that is free. `officer` is the only one it would be for."""

    start: datetime
    end: datetime
    officer: str | None
    officer_name: str | None


class StrandedBooking(Outgoing):
    """A booking that cannot be served any more. What is personal in it is for the office's own screens.

    `told` is whether a message would reach the person: otherwise somebody has to telephone.
    """

    reference: str
    start: datetime
    end: datetime
    procedures: list[str]
    name: str | None
    phone: str | None
    officer: str | None
    officer_name: str | None
    told: bool
    proposal: Proposal | None


class StrandedList(Outgoing):
    time_zone: str
    bookings: list[StrandedBooking]


class TimetablePreview(Outgoing):
    """Whom a change would hit, beyond the `before` bookings that cannot be served already. `seen` is for saving."""

    seen: str
    time_zone: str
    bookings: list[StrandedBooking]
    before: int


class MoveFailure(Outgoing):
    reference: str
    code: str
    detail: str


class MoveOutcome(Outgoing):
    """The references that were moved, those that were not and why, and what is left."""

    moved: list[str]
    failed: list[MoveFailure]
    left: int


class SaveOutcome(Outgoing):
    """The references that were moved, and how many bookings are left to be arranged."""

    moved: list[str]
    left: int


class TimetableDuty(Outgoing):
    """Hours of a shift on one day; cut where the officer is away."""

    shift: int
    counter: int
    starts: str
    ends: str


class TimetableOfficer(Outgoing):
    """Somebody's weeks: by day what is worked. `away` are the ids of absences by day."""

    username: str
    name: str
    duties: dict[str, list[TimetableDuty]]
    away: dict[str, list[int]]


class TimetableDay(Outgoing):
    """A day as it is opened: closed where `open` is empty; `closure` says why it is another than usual."""

    date: Day
    open: list[OpenSpan]
    closure: str | None
    own: bool


class TimetableShift(Outgoing):
    id: int
    officer: str
    officer_name: str
    counter: int
    weekdays: list[int]
    starts: str
    ends: str
    every_weeks: int
    first_week: date | None
    valid_from: date | None
    valid_until: date | None
    lines: list[str]


class TimetableAbsence(Outgoing):
    id: int
    officer: str
    officer_name: str
    date: Day
    until: Day | None
    starts: str | None
    ends: str | None
    reason: str


class TimetableClosure(Outgoing):
    """The office's own days with other hours, one for all rows that begin on a day."""

    date: Day
    until: Day | None
    open: list[OpenSpan]
    name: str


class TimetableCounter(Outgoing):
    number: int
    name: str


class TimetableView(Outgoing):
    """An office's timetable: the weeks asked for, and the rows it is made of as far as they are not over."""

    office: str
    time_zone: str
    sample: bool
    practice: bool
    today: date
    days: list[TimetableDay]
    officers: list[TimetableOfficer]
    counters: list[TimetableCounter]
    lines: list[str]
    shifts: list[TimetableShift]
    absences: list[TimetableAbsence]
    closures: list[TimetableClosure]
    week: list[list[OpenSpan]]
