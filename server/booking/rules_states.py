"""An appointment, and what may become of it: held → confirmed → checked-in; a hold expires by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from server.clock import day_of, local
from server.errors import Refusal

__all__ = [
    "Appointment",
    "Purpose",
    "Stage",
    "Verdict",
    "is_held",
    "is_live",
    "may_cancel",
    "may_change",
    "may_confirm",
    "stage",
    "to_check_in",
]

Purpose = Literal["submit", "collect"]
Verdict = Literal["known", "unknown", "unchecked"]
"""What the portal says of a dossier; unchecked where it could not say."""

Stage = Literal["held", "confirmed", "checked-in", "cancelled", "expired", "no-show"]


class Appointment(Struct, frozen=True, kw_only=True):
    """As stored. `procedures` are codes, one a line; `manage_no` and `sequence` count links and calendar versions.

    `reason` (a code) and `note` (its own words) are why the office called it off, `waived` the limits, separated by
    spaces, that it booked beyond. `waiting_entry` is the entry of the waiting list that it was offered to.
    `dossier_check` is what the portal said of the dossier; None where nobody asked. `dossiers` is how many the person
    said to bring.
    """

    reference: str
    office: str
    starts_at: datetime
    ends_at: datetime
    line: str
    procedures: str
    officer: str | None
    purpose: Purpose
    state: Literal["held", "confirmed", "checked-in", "cancelled", "no-show"]
    created_at: datetime
    held_until: datetime | None
    cancelled_at: datetime | None
    checked_in_at: datetime | None
    ticket: str | None
    sequence: int
    manage_no: int
    language: Literal["vi", "en"]
    name: str | None
    phone: str | None
    email: str | None
    dossier_number: str | None
    dossier_check: Verdict | None
    identity_hash: str | None
    identity_tail: str | None
    reason: str | None
    note: str | None
    waived: str
    waiting_entry: str | None = None
    dossiers: int | None = None

    @property
    def codes(self) -> list[str]:
        return self.procedures.split("\n")


def is_held(appointment: Appointment, now: datetime) -> bool:
    """Whether somebody holds it and may still confirm."""
    return appointment.state == "held" and appointment.held_until is not None and now < appointment.held_until


def stage(appointment: Appointment, now: datetime, time_zone: str) -> Stage:
    """What it is now, though nobody wrote that down: a hold whose time is over has expired, and whoever has not come
    by the end of the day of the visit, as the office counts days, is a no-show."""
    if appointment.state == "held" and not is_held(appointment, now):
        return "expired"
    if appointment.state == "confirmed" and day_of(appointment.starts_at, time_zone) < day_of(now, time_zone):
        return "no-show"
    return appointment.state


def is_live(appointment: Appointment, now: datetime) -> bool:
    """Whether it counts against what one person may have at a time: still to come, held or confirmed."""
    return (appointment.state == "confirmed" or is_held(appointment, now)) and now < appointment.ends_at


def may_confirm(appointment: Appointment, now: datetime) -> None:
    """Refuses unless it is held, and still so."""
    _still_there(appointment, now)
    if appointment.state == "confirmed":
        raise Refusal("already-confirmed")


def may_cancel(appointment: Appointment, now: datetime) -> None:
    """Refuses unless it is held or confirmed and has not begun."""
    _still_there(appointment, now)
    if now >= appointment.starts_at:
        raise Refusal("already-started")


def may_change(appointment: Appointment, now: datetime) -> None:
    """Refuses unless it could be cancelled: changing gives the old time up."""
    may_cancel(appointment, now)


def _still_there(appointment: Appointment, now: datetime) -> None:
    match appointment.state:
        case "held" if not is_held(appointment, now):
            raise Refusal("hold-expired")
        case "cancelled":
            raise Refusal("already-cancelled")
        case "checked-in" | "no-show":
            raise Refusal("already-started")


def to_check_in(found: Sequence[Appointment], now: datetime, time_zone: str) -> Appointment:
    """Which of the appointments that somebody may mean is to be checked in now.

    Refuses no-such-booking, booking-cancelled, too-early where it is for another day, already-checked-in (`extra` has
    the ticket), and ask-reception where several of today are meant.
    """
    meant = [appointment for appointment in found if appointment.state in ("confirmed", "checked-in", "no-show")]
    if not meant:
        cancelled = any(appointment.state == "cancelled" for appointment in found)
        raise Refusal("booking-cancelled" if cancelled else "no-such-booking")
    today = day_of(now, time_zone)
    of_today = [appointment for appointment in meant if day_of(appointment.starts_at, time_zone) == today]
    if not of_today:
        other = min(meant, key=lambda appointment: abs(appointment.starts_at - now))
        start = local(other.starts_at, time_zone)
        raise Refusal("too-early", time=f"{start:%H:%M}", date=f"{start:%d/%m/%Y}", extra={"start": start.isoformat()})
    waiting = [appointment for appointment in of_today if appointment.state == "confirmed"]
    if not waiting:
        latest = max(of_today, key=lambda appointment: appointment.checked_in_at or appointment.starts_at)
        raise Refusal("already-checked-in", extra={"ticket": latest.ticket})
    if len(waiting) > 1:
        raise Refusal("ask-reception")
    return waiting[0]
