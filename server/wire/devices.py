"""Kiosks, walls and tablets: what they are told, and what they send."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.wire.base import Code, Incoming, LanguageCode, Outgoing, PrinterHealth, Reference, Text, Wait
from server.wire.offices import Group, LineView, OpenHours

__all__ = [
    "CheckIn",
    "DeviceSession",
    "DeviceStatus",
    "IssuedTicket",
    "KioskConfig",
    "KioskOffice",
    "KioskTicketRequest",
    "NumberRange",
    "OfflineResult",
    "OfflineTicket",
    "TabletRating",
    "TabletTicket",
    "TabletView",
]


class NumberRange(Outgoing):
    line: str
    first: int = msgspec.field(name="from")
    last: int = msgspec.field(name="to")


class KioskOffice(Outgoing):
    code: str
    name_vi: str
    name_en: str
    address: str
    opening_now: OpenHours | None
    opening_next: OpenHours | None


class KioskConfig(Outgoing):
    """What a kiosk needs to work, and to go on working alone; `ranges` are this kiosk's for offline numbers."""

    day: date
    time_zone: str
    office: KioskOffice
    lines: list[LineView]
    groups: list[Group]
    ranges: list[NumberRange]
    public_url: str
    hotline: str = ""
    sample: bool = False
    """Whether its tickets are for practice or show: the paper says that they are worth nothing."""
    practice: bool = False


class KioskTicketRequest(Incoming):
    line: Code
    procedure: Code | None = None
    klass: Code | None = msgspec.field(name="class", default=None)
    language: LanguageCode = "vi"
    card: Annotated[str, Meta(min_length=1, max_length=10)] | None = None


class IssuedTicket(Outgoing):
    """The ticket just issued; `ahead` are those the rule would call first if nobody else came."""

    id: str
    number: str
    label: str
    line: str
    line_name: str
    ahead: int
    wait: Wait | None
    follow_token: str
    follow_url: str
    issued_at: datetime
    documents: list[str] = []
    sample: bool = False
    """Whether it is for practice or show, and worth nothing."""


class CheckIn(Incoming):
    """Exactly one of the four; `qr` is whatever the scanner read."""

    reference: Reference | None = None
    qr: Annotated[str, Meta(max_length=1000)] | None = None
    phone: Annotated[str, Meta(max_length=30)] | None = None
    dossier_number: Annotated[str, Meta(max_length=60)] | None = None


class OfflineTicket(Incoming):
    id: Annotated[str, Meta(min_length=8, max_length=100)]
    line: Code
    number: Annotated[int, Meta(ge=1, le=99999)]
    issued_at: datetime
    klass: Code | None = msgspec.field(name="class", default=None)
    sample: bool = False
    """Whether the paper said that it is worth nothing."""


class OfflineResult(Outgoing):
    id: str
    result: Literal["accepted", "already", "refused"]
    code: str | UnsetType = UNSET
    follow_url: str | UnsetType = UNSET


class DeviceSession(Incoming):
    token: Annotated[str, Meta(min_length=1, max_length=200)]


class DeviceStatus(Incoming):
    """How the device is; `clock` is its own time, so that a wrong clock is seen."""

    printer: PrinterHealth
    clock: datetime
    paper: Literal["ok", "low", "out", "unknown"] | None = None
    detail: Annotated[str, Meta(max_length=200)] | None = None
    queued: Annotated[int, Meta(ge=0, le=100000)] | None = None


class TabletTicket(Outgoing):
    """The ticket to be rated at this counter, by number alone."""

    id: str
    number: str


class TabletView(Outgoing):
    """What a counter's tablet shows; `serving` is the label of the ticket called to this counter or served at it."""

    counter: int
    ticket: TabletTicket | None
    office: str
    office_name: str
    time_zone: str
    serving: str | None = None
    practice: bool = False


class TabletRating(Incoming):
    ticket_id: Code
    level: Annotated[int, Meta(ge=1, le=3)]
    reasons: Annotated[list[Code], Meta(max_length=10)] = []
    comment: Text | None = None
