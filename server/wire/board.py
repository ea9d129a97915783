"""What walls and followers see: the board that the feed keeps true, and how the server is."""

from datetime import date, datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from server.wire.base import HealthStatus, Outgoing, TicketStateName, Wait
from server.wire.offices import OfficeView

__all__ = [
    "Board",
    "BoardCall",
    "BoardCounter",
    "BoardCounterRef",
    "BoardLine",
    "BoardNotice",
    "BoardRatings",
    "BoardState",
    "BoardTicket",
    "Health",
]


class BoardTicket(Outgoing):
    id: str
    number: str
    label: str
    line: str


class BoardCounterRef(Outgoing):
    number: int
    name: str


class BoardCall(Outgoing):
    """A call as the wall keeps it: newest first, one per ticket; `state` is what has become of the ticket since."""

    ticket: BoardTicket
    counter: BoardCounterRef
    at: datetime
    state: TicketStateName


class BoardLine(Outgoing):
    code: str
    waiting: int


class BoardCounter(Outgoing):
    number: int
    name: str
    open: bool


class BoardRatings(Outgoing):
    """Of today's finished visits: how many, how many rated, how many of those were satisfied (level 2 or 3)."""

    served: int
    answered: int
    satisfied: int


class BoardNotice(Outgoing):
    code: str
    at: datetime


class BoardState(Outgoing):
    """What every wall shows. During `practice` none of its calls is meant for anybody, and the wall says so."""

    day: date | None
    calls: list[BoardCall]
    lines: list[BoardLine]
    counters: list[BoardCounter]
    ratings: BoardRatings
    notices: list[BoardNotice]
    practice: bool = False


class Board(Outgoing):
    """The feed's snapshot: the state after event `seq`, and the forecast beside it."""

    seq: int
    state: BoardState
    forecast: dict[str, Wait]
    office: OfficeView | UnsetType = UNSET


class Health(Outgoing):
    status: HealthStatus
    version: str
    database: Literal["ok", "unavailable"]
    journal_lag: float
