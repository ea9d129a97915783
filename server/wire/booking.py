"""Booking a time on the site, and changing or cancelling it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from server.wire.base import Code, DossierCheck, Incoming, LanguageCode, Outgoing, Purpose, Short

__all__ = [
    "AccessRequest",
    "AccessView",
    "AppointmentPatch",
    "AppointmentRequest",
    "AppointmentView",
    "Citizen",
    "PushRequest",
    "QuietSpan",
    "QuietView",
    "SlotOfficer",
    "SlotView",
    "VisitRequest",
]


class SlotOfficer(Outgoing):
    username: str
    name: str


class QuietSpan(Outgoing):
    """Little is expected from `start` to `end`, in the office's own time."""

    start: datetime
    end: datetime


class QuietView(Outgoing):
    """The quiet hours of the coming days, by what `days` days before showed; none where they are too few to tell."""

    days: int
    hours: list[QuietSpan]


class SlotView(Outgoing):
    """A start that can be booked now, and how many could still take it."""

    start: datetime
    end: datetime
    free: int
    officers: list[SlotOfficer]


class Citizen(Incoming):
    name: Short
    phone: Annotated[str, Meta(min_length=1, max_length=30)]
    email: Annotated[str, Meta(max_length=254)] | None = None
    identity_number: Annotated[str, Meta(max_length=20)] | None = None


class VisitRequest(Incoming):
    """What somebody wants to come for, and who it is.

    `dossiers` is how many are brought: more than one turn takes are a longer visit in the office's line for that.
    `solution` is a solved challenge, where one was asked for (428 challenge-needed): Base64 of ALTCHA's payload.
    """

    procedures: Annotated[list[Code], Meta(min_length=1, max_length=5)]
    citizen: Citizen
    purpose: Purpose = "submit"
    officer: Code | None = None
    dossier_number: Annotated[str, Meta(max_length=60)] | None = None
    dossiers: Annotated[int, Meta(ge=1, le=999)] | None = None
    solution: Annotated[str, Meta(max_length=4_000)] | None = None
    language: LanguageCode = "vi"


class AppointmentRequest(VisitRequest, kw_only=True):
    """A time to be held."""

    office: Code
    start: datetime


class AppointmentPatch(Incoming):
    start: datetime


class PushRequest(Incoming):
    """What a browser says of where it can be told (PushSubscription): its push service's address, and two keys."""

    endpoint: Annotated[str, Meta(min_length=1, max_length=1000)]
    p256dh: Annotated[str, Meta(max_length=100)]
    auth: Annotated[str, Meta(max_length=30)]


class AccessRequest(Incoming):
    """One of the two: the phone the booking was made with, or the manage token of a link."""

    phone: Annotated[str, Meta(max_length=30)] | None = None
    token: Annotated[str, Meta(max_length=200)] | None = None


class AppointmentView(Outgoing):
    reference: str
    state: Literal["held", "confirmed", "checked-in", "cancelled", "expired", "no-show"]
    start: datetime
    end: datetime
    office: str
    procedures: list[str]
    purpose: Purpose
    officer: str | None = None
    dossier_check: DossierCheck | UnsetType = UNSET
    held_until: datetime | UnsetType = UNSET
    manage_token: str | UnsetType = UNSET


class AccessView(Outgoing):
    manage_token: str
