"""The office's calendar: whom its officers expect, and what the desks do for somebody on the telephone."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta

from server.wire.base import Code, Incoming, LanguageCode, Outgoing, Purpose
from server.wire.booking import Citizen

__all__ = [
    "BookFor",
    "CalendarAppointment",
    "CalendarBooking",
    "CalendarDay",
    "CalendarDuty",
    "CalendarOfficer",
    "CalendarSpan",
    "CalendarTime",
    "CalendarView",
    "CallOff",
    "MoveBooking",
]


class BookFor(Incoming):
    """A booking that the office makes for somebody; `waive` is what the site would have refused it for."""

    procedures: Annotated[list[Code], Meta(min_length=1, max_length=5)]
    start: datetime
    citizen: Citizen
    purpose: Purpose = "submit"
    officer: Code | None = None
    dossier_number: Annotated[str, Meta(max_length=60)] | None = None
    dossiers: Annotated[int, Meta(ge=1, le=999)] | None = None
    language: LanguageCode = "vi"
    waive: Annotated[list[Literal["dossier", "limits"]], Meta(max_length=2)] = []


class MoveBooking(Incoming):
    """Another start, with that officer or (None) whoever is free; `asked` where the person wished for it."""

    start: datetime
    officer: Code | None
    asked: bool = False


class CallOff(Incoming):
    """Why the office calls a booking off: the person is told the reason's sentence; `note` stays in the office."""

    reason: Literal["asked", "officer-away", "office-closed", "systems-down", "not-needed", "other"]
    note: Annotated[str, Meta(max_length=200)] = ""


class CalendarOfficer(Outgoing):
    username: str
    name: str


class CalendarSpan(Outgoing):
    start: datetime
    end: datetime


class CalendarDuty(CalendarSpan):
    officer: str


class CalendarTime(CalendarSpan):
    """A start that the office can book now, and how many could still take it."""

    free: int


class CalendarAppointment(CalendarSpan):
    """One booking in the day; `name` and the telephone's last three digits are gone once the visit is over."""

    reference: str
    officer: str | None
    name: str | None
    phone_tail: str
    procedures: list[str]
    purpose: Purpose
    state: Literal["held", "confirmed", "checked-in", "cancelled", "no-show"]


class CalendarDay(Outgoing):
    """A day: where it is closed `opening` is empty, and `closed` names the holiday if it is one."""

    day: date
    opening: list[CalendarSpan]
    closed: str | None
    duties: list[CalendarDuty]
    appointments: list[CalendarAppointment]


class CalendarView(Outgoing):
    """Days of an office as its staff see them. `last_day` is the last that can be booked.

    More than `dossiers_per_turn` dossiers are a longer visit where the office has a line for that (`bulk`).
    """

    office: str
    office_name: str
    time_zone: str
    sample: bool
    practice: bool
    now: datetime
    slot_minutes: int
    online_filers_only: bool
    dossiers_per_turn: int
    bulk: bool
    last_day: date
    officers: list[CalendarOfficer]
    days: list[CalendarDay]


class CalendarBooking(CalendarAppointment):
    """All that the office knows of one booking. `open` is whether it can still be moved or called off."""

    readable: str
    officer_name: str | None
    phone: str | None
    email: str | None
    dossier_number: str | None
    dossier_check: Literal["known", "unknown", "unchecked"] | None
    dossiers: int | None
    language: LanguageCode
    waived: list[str]
    reason: str | None
    note: str | None
    created_at: datetime
    checked_in_at: datetime | None
    cancelled_at: datetime | None
    open: bool
