"""What the agent tells its screen: the state before a touch, the number after it, and its own refusals."""

from datetime import datetime
from functools import lru_cache
from typing import Literal

import msgspec
import segno

from kiosk.client import Refused
from kiosk.link import Link
from kiosk.outbox import Counts
from kiosk.printer import Health
from kiosk.rules import closing, line_open, may_be_late, office_open
from kiosk.slip import Given
from server.codes import readable
from server.wire import (
    Group,
    IssuedTicket,
    KioskConfig,
    KioskOffice,
    LineView,
    Outgoing,
    PrinterHealth,
    Wait,
    decode,
)

__all__ = ["KioskRefusal", "Line", "State", "Ticket", "already_has", "state_of", "ticket_view"]

DEFAULT_ZONE = "Asia/Ho_Chi_Minh"  # for the clock of a kiosk that was never told its office


class KioskRefusal(Exception):
    """This kiosk's own no: its sentence is `kiosk.refusal.<code>` in the catalogue."""

    def __init__(self, code: str, status: int, detail: str = "") -> None:
        self.code = code
        self.status = status
        self.detail = detail
        super().__init__(code)


class Line(Outgoing):
    """A line as the screen draws it. `late`: somebody who takes a number now may not be served today."""

    code: str
    kind: str
    prefix: str
    name_vi: str
    name_en: str
    open: bool
    waiting: int | None
    wait: Wait | None
    late: bool


class State(Outgoing):
    """Everything the screen shows before a touch. Waits are null while the server is gone: they would be old."""

    phase: Literal["connecting", "not-allowed", "ready"]
    online: bool
    since: datetime | None
    printer: PrinterHealth
    paper: str
    queued: int
    refused: int
    now: datetime
    time_zone: str
    office: KioskOffice | None
    office_open: bool
    lines: list[Line]
    groups: list[Group]
    public_url: str
    public_qr: str | None
    """A picture of the public address as a data URL, for booking on one's own phone."""
    hotline: str
    sample: bool
    """Whether its numbers are for practice or show."""
    practice: bool
    """Whether the office practises just now."""


class Ticket(Outgoing):
    """A number just given. `qr` is a picture as a data URL; offline numbers have no wait, link or code."""

    id: str
    number: str
    label: str
    line: str
    line_name: str
    printed: PrinterHealth | Literal["printing"]
    issued_at: datetime
    offline: bool
    already: bool
    can_change: bool
    ahead: int | None = None
    wait: Wait | None = None
    follow_url: str | None = None
    code: str | None = None
    qr: str | None = None


class _Already(msgspec.Struct):
    ticket: IssuedTicket


def state_of(
    config: KioskConfig | None, told: datetime | None, link: Link, health: Health, counts: Counts, at: datetime
) -> State:
    """The screen's picture of that moment."""
    phase: Literal["connecting", "not-allowed", "ready"] = "connecting" if config is None else "ready"
    return State(
        phase=phase if link.allowed else "not-allowed",
        online=link.online,
        since=link.since,
        printer=health.printer,
        paper=health.paper,
        queued=counts.queued,
        refused=counts.refused,
        now=at,
        time_zone=config.time_zone if config else DEFAULT_ZONE,
        office=config.office if config else None,
        office_open=config is not None and (_any_open(config) if link.online else office_open(config, at)),
        lines=[_line(config, line, told or at, at, link.online) for line in config.lines] if config else [],
        groups=config.groups if config else [],
        public_url=config.public_url if config else "",
        public_qr=_qr(config.public_url) if config and config.public_url else None,
        hotline=config.hotline if config else "",
        sample=config.sample if config else False,
        practice=config.practice if config else False,
    )


def _any_open(config: KioskConfig) -> bool:
    return any(line.open for line in config.lines)


def _line(config: KioskConfig, line: LineView, told: datetime, at: datetime, online: bool) -> Line:
    return Line(
        code=line.code,
        kind=line.kind,
        prefix=line.prefix,
        name_vi=line.name_vi,
        name_en=line.name_en,
        open=line.open if online else line_open(config, line, told, at),
        waiting=line.waiting if online else None,
        wait=line.wait if online else None,
        late=online and may_be_late(line.wait, closing(config), at),
    )


def ticket_view(given: Given, printed: PrinterHealth | Literal["printing"], already: bool = False) -> Ticket:
    """A number as the screen shows it."""
    return Ticket(
        id=given.id,
        number=given.number,
        label=given.label,
        line=given.line,
        line_name=given.line_name,
        printed=printed,
        issued_at=given.issued_at,
        offline=given.follow_token is None,
        already=already,
        can_change=not given.booked,
        ahead=given.ahead,
        wait=given.wait,
        follow_url=given.follow_url,
        code=readable(given.follow_token) if given.follow_token else None,
        qr=_qr(given.follow_url) if given.follow_url else None,
    )


@lru_cache(maxsize=4)
def _qr(text: str) -> str:
    return str(segno.make(text, error="m", micro=False).svg_data_uri(border=4, omitsize=True))


def already_has(refusal: Refused) -> IssuedTicket | None:
    """The ticket that a refusal of what was done already carries."""
    if refusal.code not in ("already-checked-in", "already-arrived"):
        return None
    try:
        return decode(refusal.body, type=_Already).ticket
    except msgspec.DecodeError:
        return None
