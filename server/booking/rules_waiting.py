"""The waiting list of a day: who may join it, who is offered what, and until when.

The list goes first. A time that becomes free is offered in the very change that frees it, and nobody books a time of
a day before whoever waits for that day, and could use it, has been offered it. Among those who wait, each in the
order of joining is offered the earliest start that fits what he or she comes for.

An offer is a hold with a deadline. Who declines one goes on waiting and is not offered that start again; who lets one
pass is off the list, or every freed time would first wait for everybody who no longer looks.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from server.booking.rules import Horizon, Slot
from server.booking.rules_states import Appointment, Purpose, Verdict, is_held

__all__ = [
    "Entry",
    "WaitingStage",
    "first_fitting",
    "nearly_full",
    "not_again",
    "offer_until",
    "open_offer",
    "stage",
    "why_not_join",
]

WaitingStage = Literal["waiting", "offered", "missed", "booked", "left", "over"]

NOTICE = timedelta(minutes=30)
"""An offer ends so long before its start: whoever takes it still has to come."""

LEAST = timedelta(minutes=10)
"""An offer that would last less is not made; the time is then simply free."""

NIGHT_FROM, NIGHT_TO = 21, 7
"""Local hours between which people sleep: an offer made then lasts as if it were made in the morning."""


class Entry(Struct, frozen=True, kw_only=True):
    """As stored. `place` is the order of joining (the journal's number of it), `procedures` are codes, one a line.

    `passed` are the starts that were free on joining, one a line: the person has seen them and does not want them.
    """

    reference: str
    office: str
    day: date
    place: int
    procedures: str
    officer: str | None
    purpose: Purpose
    state: Literal["waiting", "booked", "left"]
    joined_at: datetime
    passed: str
    language: Literal["vi", "en"]
    name: str | None
    phone: str | None
    email: str | None
    dossier_number: str | None
    dossier_check: Verdict | None
    dossiers: int | None
    identity_hash: str | None
    identity_tail: str | None

    @property
    def codes(self) -> list[str]:
        return self.procedures.split("\n")


def open_offer(offers: Iterable[Appointment], now: datetime) -> Appointment | None:
    """The offer that can be taken now, if there is one; `offers` are all that were made to an entry."""
    return next((offer for offer in offers if is_held(offer, now)), None)


def stage(entry: Entry, offers: Sequence[Appointment], now: datetime, today: date) -> WaitingStage:
    """What has become of an entry, though nobody wrote that down; `today` is the office's day."""
    if entry.state != "waiting":
        return entry.state
    if open_offer(offers, now) is not None:
        return "offered"
    if any(offer.state == "held" for offer in offers):
        return "missed"
    return "over" if entry.day < today else "waiting"


def not_again(entry: Entry, offers: Iterable[Appointment]) -> frozenset[datetime]:
    """The starts that an entry is not to be offered: those it has seen and let be."""
    seen = (datetime.fromisoformat(text) for text in entry.passed.split("\n") if text)
    return frozenset([*seen, *(offer.starts_at for offer in offers)])


def offer_until(start: datetime, now: datetime, offer_minutes: int, time_zone: str) -> datetime | None:
    """Until when a start offered now can be taken; None where it comes too soon to be offered."""
    span = timedelta(minutes=offer_minutes)
    until = min(_awake(now, time_zone) + span, start - NOTICE)
    return until if until - now >= min(LEAST, span) else None


def _awake(now: datetime, time_zone: str) -> datetime:
    """Now, or where people sleep now, the coming morning."""
    local = now.astimezone(ZoneInfo(time_zone))
    if NIGHT_TO <= local.hour < NIGHT_FROM:
        return now
    day = local.date() + timedelta(days=local.hour >= NIGHT_FROM)
    return datetime.combine(day, time(NIGHT_TO), tzinfo=local.tzinfo).astimezone(UTC)


def first_fitting(
    slots: Iterable[Slot], avoided: Collection[datetime], now: datetime, offer_minutes: int, time_zone: str
) -> tuple[datetime, datetime] | None:
    """The earliest free start to offer, and until when; None where there is none."""
    for slot in sorted(slots, key=lambda slot: slot.start):
        if slot.free and slot.start not in avoided:
            until = offer_until(slot.start, now, offer_minutes, time_zone)
            if until is not None:
                return slot.start, until
    return None


def nearly_full(slots: Sequence[Slot]) -> bool:
    """Whether at most a quarter of a day's starts are still free."""
    return 4 * sum(1 for slot in slots if slot.free) <= len(slots)


def why_not_join(day: date, slots: Sequence[Slot], ahead: Horizon, offer_minutes: int) -> str | None:
    """Why nobody can wait for that day, as a refusal's code; None where one can.

    `slots` are all its starts that are open for booking, the full ones included. Nobody waits for a day of which more
    will open: those times are everybody's.
    """
    if not offer_minutes:
        return "no-waiting-list"
    if day > ahead.last_day or (day == ahead.last_day and ahead.next_release() is not None):
        return "day-not-open"
    if day < ahead.today:
        return "day-over"
    if not slots:
        return "day-over" if day == ahead.today else "day-closed"
    if not any(offer_until(slot.start, ahead.now, offer_minutes, ahead.time_zone) for slot in slots):
        return "day-over"
    return None if nearly_full(slots) else "day-has-room"
