"""What an office tells of itself: its lines, hours, procedures and fees."""

from datetime import date, datetime

import msgspec
from msgspec import UNSET, UnsetType

from server.wire.base import LineKind, Outgoing, Wait

__all__ = [
    "FeeChange",
    "FieldView",
    "Group",
    "LineView",
    "OfficeView",
    "OpenHours",
    "ProcedureList",
    "ProcedureView",
]


class OpenHours(Outgoing):
    """When the office is or will next be open; `opens` is in the past while it is open."""

    opens: datetime
    closes: datetime


class LineView(Outgoing):
    """One service line as anybody may see it; `wait` is null where it cannot be estimated."""

    code: str
    kind: LineKind
    name: str
    prefix: str
    open: bool
    waiting: int
    wait: Wait | None
    name_vi: str
    name_en: str
    late: bool = False
    """Whether a number taken now would probably not be called today."""


class OfficeView(Outgoing):
    """An office with its hours; `opening_next` is null where none is known within a fortnight.

    `ended`: it was merged or abolished, and gives no numbers and slots. `sample`: its numbers are samples, as it is
    made up or, with `practice`, practises at the moment; screens say so.
    """

    code: str
    name: str
    address: str
    time_zone: str
    opening_now: OpenHours | None
    opening_next: OpenHours | None
    ended: bool = False
    sample: bool = False
    practice: bool = False
    hotline: str = ""
    numbers_from_home: bool = False
    lines: list[LineView] | UnsetType = UNSET


class FeeChange(Outgoing):
    """What a procedure will cost from a day on, in whole đồng, and by which decision."""

    from_: date = msgspec.field(name="from")
    in_person: int | None
    online: int | None
    decision: str


class ProcedureView(Outgoing):
    """A procedure as a citizen reads it; null means that the office has not said. Days are working days.

    Fees are today's, in whole đồng; `fee_decision` is what they rest on, empty where that is not known.
    """

    code: str
    name: str
    field: str
    line: str
    minutes: int
    statutory_days: int | None
    promised_days: int | None
    fee_in_person: int | None
    fee_online: int | None
    fee_decision: str
    fee_change: FeeChange | None
    required_documents: list[str]
    short_info: str


class FieldView(Outgoing):
    """A field (lĩnh vực) in which an office takes procedures in, and how many."""

    name: str
    line: str
    procedures: int


class ProcedureList(Outgoing):
    items: list[ProcedureView]
    next_cursor: str | None


class Group(Outgoing):
    """A priority group a person may belong to; its code is a ticket's class."""

    code: str
    name_vi: str
    name_en: str
