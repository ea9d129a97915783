"""A day's waiting list, and the times it is offered."""

from datetime import date, datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from server.wire.base import Outgoing, Purpose
from server.wire.booking import VisitRequest

__all__ = [
    "OfferView",
    "WaitingRequest",
    "WaitingView",
]


class WaitingRequest(VisitRequest, kw_only=True):
    """A place on a day's waiting list."""

    day: date


class OfferView(Outgoing):
    """A time kept for who waits: a held appointment, to be confirmed until `held_until` or else cancelled."""

    reference: str
    start: datetime
    end: datetime
    held_until: datetime
    manage_token: str


class WaitingView(Outgoing):
    """An entry of a waiting list. `place` counts from 1, and promises nothing; it is there while somebody waits."""

    reference: str
    state: Literal["waiting", "offered", "missed", "booked", "left", "over"]
    office: str
    day: date
    procedures: list[str]
    purpose: Purpose
    officer: str | None = None
    place: int | UnsetType = UNSET
    offer: OfferView | UnsetType = UNSET
    manage_token: str | UnsetType = UNSET
