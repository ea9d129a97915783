"""The hall as its head sees and steers it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from server.wire.base import Code, Incoming, Outgoing, TicketStateName, Wait

__all__ = [
    "GiveLines",
    "HallAlert",
    "HallDesk",
    "HallLine",
    "HallTruth",
    "HallView",
    "Help",
    "KioskHelp",
    "StartNumbers",
    "WhatIf",
]


class GiveLines(Incoming):
    """Lines that a counter takes besides its own, until an instant; an empty list takes them away."""

    lines: Annotated[list[Code], Meta(max_length=20)]
    until: datetime


class Help(Incoming):
    kind: Literal["head", "emergency"]


class StartNumbers(Incoming):
    line: Code
    number: Annotated[int, Meta(ge=1, le=99999)]


class HallDesk(Outgoing):
    """A counter as the head sees it: who is there, with which ticket and since when."""

    number: int
    name: str
    officer: str | None
    officer_name: str | None
    lines: list[str]
    extra_lines: list[str]
    extra_until: datetime | None
    ticket: str | None
    ticket_state: TicketStateName | None
    since: datetime | None
    paused_reason: str | None
    paused_until: datetime | None
    help: str | None


class HallLine(Outgoing):
    code: str
    name: str
    waiting: int
    longest_since: datetime | None
    wait: Wait | None
    served_by: int


class KioskHelp(Outgoing):
    """A kiosk where somebody waits for help, and since when."""

    device: str
    called_at: datetime
    sentence: str


class HallAlert(Outgoing):
    """Something that needs the head: a sentence, and what would help, as a link of the API to call."""

    code: str
    sentence: str
    line: str | None = None
    counter: int | None = None
    device: str | None = None


class HallTruth(Outgoing):
    """How true the announced waits of today were: shares and minutes; null until ten were graded."""

    graded: int
    within: float | None
    mean_error: float | None
    too_optimistic: float | None


class HallView(Outgoing):
    """The state of the hall in one sentence, what needs the head, and the figures behind it."""

    seq: int
    as_of: datetime
    time_zone: str
    office: str
    office_name: str
    sentence: str
    alerts: list[HallAlert]
    desks: list[HallDesk]
    lines: list[HallLine]
    waiting: int
    served_today: int
    left_today: int
    chosen_today: int
    arrivals: list[int]
    """Numbers given today by quarter of an hour, 96 of them from midnight."""
    usual: list[float]
    """The same on an ordinary day: the mean of the last four such weekdays; empty where there was none."""
    truth: HallTruth
    sample: bool = False
    practice: bool = False
    """Whether it is a sample as the head has them practise, not as the office is made up."""


class WhatIf(Outgoing):
    """Waits per line as they are and as they would be."""

    now: dict[str, Wait]
    then: dict[str, Wait]
    sentence: str
