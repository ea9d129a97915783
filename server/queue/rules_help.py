"""When a kiosk's call for help rings, and how long it stands."""

from datetime import datetime, timedelta

from msgspec import Struct

__all__ = ["KioskCall", "rings", "stands"]

QUIET = timedelta(minutes=1)
"""A finger that presses again at once, or a child at play, is one call, though somebody has just come."""

LASTS = timedelta(hours=1)
"""Nobody stands at a kiosk for so long: a call that was overlooked must not be there the next morning."""


class KioskCall(Struct, frozen=True, kw_only=True):
    """A kiosk's latest call; `id` is the kiosk's."""

    id: str
    office: str
    called_at: datetime
    answered_at: datetime | None


def stands(call: KioskCall, now: datetime) -> bool:
    """Whether somebody still waits there for help."""
    return call.answered_at is None and now - call.called_at < LASTS


def rings(call: KioskCall | None, now: datetime) -> bool:
    """Whether a press at a kiosk with this latest call is news."""
    return call is None or (not stands(call, now) and now - call.called_at >= QUIET)
