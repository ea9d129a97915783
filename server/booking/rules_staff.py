"""What the office itself may do with a booking, and the reasons it gives."""

import unicodedata
from datetime import datetime
from typing import Literal, get_args

from server.booking.rules_states import Appointment, stage
from server.errors import Refusal

__all__ = ["REASONS", "Reason", "Waiver", "clean_note", "may_be_arranged", "told_as"]

Reason = Literal["asked", "officer-away", "office-closed", "systems-down", "not-needed", "other"]
"""Why the office calls an appointment off; each has a sentence in the catalogue under `calendar.reason.…`."""

REASONS: tuple[Reason, ...] = get_args(Reason)

Waiver = Literal["dossier", "limits", "notice"]
"""What the office may book without: a dossier number where only online filers book, the limits per person, and the
notice that it asks of others."""

MOST_NOTE = 200
_NOT_WRITTEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def may_be_arranged(appointment: Appointment, now: datetime, time_zone: str) -> None:
    """Refuses unless the office may still move it or call it off: as long as somebody could come to it.

    That is longer than its holder may: who telephones to be late is helped until the day is over. Refuses
    hold-expired, already-cancelled, already-checked-in, booking-over.
    """
    match stage(appointment, now, time_zone):
        case "expired":
            raise Refusal("hold-expired")
        case "cancelled":
            raise Refusal("already-cancelled")
        case "checked-in":
            raise Refusal("already-checked-in", extra={"ticket": appointment.ticket})
        case "no-show":
            raise Refusal("booking-over")


def told_as(reason: Reason) -> Literal["cancelled", "called-off"]:
    """Which message tells of it: who asked for it is thanked, whom the office lets down gets its apology."""
    return "cancelled" if reason == "asked" else "called-off"


def clean_note(text: str) -> str | None:
    """The office's own words in NFC on one line; None for none. Refuses bad-text, and too-long beyond 200 signs."""
    note = " ".join(unicodedata.normalize("NFC", text).split())
    if len(note) > MOST_NOTE:
        raise Refusal("too-long", n=MOST_NOTE)
    if any(unicodedata.category(sign) in _NOT_WRITTEN for sign in note):
        raise Refusal("bad-text")
    return note or None
