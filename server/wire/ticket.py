"""The citizen's own ticket: following it, taking it at home, arriving, and how it went."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from server.wire.base import Code, Incoming, LanguageCode, Outgoing, Text, TicketStateName, Wait

__all__ = [
    "Arrival",
    "Hold",
    "HomeNumberRequest",
    "PhoneTicket",
    "RatingRequest",
    "RatingView",
    "Turn",
]


class Turn(Outgoing):
    """Between which times of day the turn of a number taken at home is expected, in steps of five minutes."""

    begins: datetime
    ends: datetime


class PhoneTicket(Outgoing):
    """A ticket as its holder sees it: nothing about anybody else. `as_of` is when `ahead` and `wait` were true.

    `turn` is told while its holder is at home, so that he knows when to set out; `held_until` while he has stepped out.
    `hold_minutes` are how long he may step out from now on, empty where he may not. `practice`: worth nothing.
    """

    number: str
    label: str
    line: str
    line_name: str
    office: str
    office_name: str
    state: TicketStateName
    ahead: int | None
    wait: Wait | None
    rated: bool
    as_of: datetime
    time_zone: str
    turn: Turn | UnsetType = UNSET
    counter: int | UnsetType = UNSET
    called_at: datetime | UnsetType = UNSET
    can_rate: bool = False
    practice: bool = False
    held_until: datetime | UnsetType = UNSET
    hold_minutes: list[int] = []


class RatingRequest(Incoming):
    level: Annotated[int, Meta(ge=1, le=3)]
    reasons: Annotated[list[Code], Meta(max_length=10)] = []
    comment: Text | None = None
    contact: Annotated[str, Meta(max_length=200)] | None = None


class RatingView(Outgoing):
    level: int


class HomeNumberRequest(Incoming):
    """A number taken at home; of the telephone only an HMAC is kept, so that one person has one number."""

    line: Code
    phone: Annotated[str, Meta(min_length=1, max_length=30)]
    procedure: Code | None = None
    language: LanguageCode = "vi"


class Hold(Incoming):
    """For how long the holder steps out with the number kept."""

    minutes: Annotated[int, Meta(ge=1, le=600)]


class Arrival(Incoming):
    """The sign of the day, from the poster in the hall."""

    code: Annotated[str, Meta(min_length=1, max_length=20)]
