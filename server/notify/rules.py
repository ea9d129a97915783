"""What is told, by which way, when, how often it is tried, and when it is no longer worth telling."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args

from msgspec import Struct

from server.booking.rules_states import Appointment, is_held
from server.phrases import Language
from server.queue.rules import Ticket

__all__ = [
    "CALL_LASTS",
    "CHANNELS",
    "MOST_TRIES",
    "Channel",
    "Contact",
    "Kind",
    "Message",
    "Outcome",
    "State",
    "back_off",
    "call_is_over",
    "channels_for",
    "recipient",
    "reminder_at",
    "why_not",
]

Kind = Literal["confirmed", "changed", "moved", "cancelled", "called-off", "reminder", "offered", "code", "called"]
"""What happened: by the person's own hand, but `moved` and `called-off` by the office's, `offered` by the list's.

`code` brings the code that makes a held time a booking; its `sequence` counts the codes sent for it. `called` is about
a ticket: its `reference` is the ticket's id, its `sequence` the call's number in the journal.
"""

Channel = Literal["email", "zalo", "sms", "push"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)

State = Literal["waiting", "sent", "failed", "dropped"]

Outcome = Literal[
    # dropped, because it no longer matters
    "expired", "superseded",
    # not sent, and the same again will not do
    "recipient-refused", "message-refused",
    # not sent, worth another try
    "no-connection", "timeout", "busy", "set-up", "internal",
]  # fmt: skip
"""Why a message was not sent; each has a sentence in the catalogue under `notify.outcome.…`."""

ENDS: frozenset[Kind] = frozenset({"cancelled", "called-off"})

MOST_TRIES = 12
CALL_LASTS = timedelta(minutes=2)
"""A call that comes later than this sends somebody to a counter where another sits by now."""

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=4)


class Message(Struct, frozen=True, kw_only=True):
    """As stored: about which booking and which of its versions, and how far it has come."""

    id: str
    office: str
    reference: str
    kind: Kind
    channel: Channel
    language: Language
    sequence: int
    state: State
    tries: int
    code: Outcome | None
    written_at: datetime
    due_at: datetime
    done_at: datetime | None


class Contact(Protocol):
    """Whoever left a way to be told."""

    @property
    def phone(self) -> str | None: ...

    @property
    def email(self) -> str | None: ...


def channels_for(contact: Contact, available: Collection[Channel]) -> list[Channel]:
    """By which ways somebody is told: by e-mail who left an address, and by telephone once, the messenger first."""
    chosen: list[Channel] = []
    if "email" in available and contact.email:
        chosen.append("email")
    if contact.phone:
        by_phone: tuple[Channel, ...] = ("zalo", "sms")
        chosen += [channel for channel in by_phone if channel in available][:1]
    return chosen


def recipient(appointment: Appointment, channel: Channel) -> str | None:
    """The address or the telephone (E.164) to send to; None where it has been forgotten, or is kept elsewhere."""
    if channel == "push":
        return None
    return appointment.email if channel == "email" else appointment.phone


def reminder_at(starts_at: datetime, now: datetime, hours_before: int) -> datetime | None:
    """When to remind; None where the office does not, or where the booking itself was made later than that."""
    due = starts_at - timedelta(hours=hours_before)
    return due if hours_before and due > now else None


def why_not(message: Message, appointment: Appointment | None, now: datetime) -> Outcome | None:
    """Why a message should not be sent any more; None where it should.

    Superseded once the booking is another version than the one told of, or no longer stands; expired once the visit's
    time has come, the offer has passed, or the person's address has been forgotten.
    """
    if appointment is None or now >= appointment.starts_at:
        return "expired"
    if message.channel != "push" and recipient(appointment, message.channel) is None:
        return "expired"
    if message.kind == "code":
        return None if is_held(appointment, now) else "superseded"
    if message.sequence != appointment.sequence:
        return "superseded"
    if message.kind == "offered" and appointment.state == "held":
        return None if is_held(appointment, now) else "expired"
    if message.kind not in ENDS and appointment.state != "confirmed":
        return "superseded"
    return None


def call_is_over(message: Message, ticket: Ticket, now: datetime) -> Outcome | None:
    """Why a call is not worth telling any more; None where it is: still the newest one, not answered, and just made."""
    if ticket.state != "called" or ticket.announced_seq != message.sequence or ticket.announced_at is None:
        return "superseded"
    return "expired" if now >= ticket.announced_at + CALL_LASTS else None


def back_off(tries: int, chance: float) -> timedelta:
    """How long to wait after so many tries in vain: 30 s, doubling up to 4 h, a quarter more or less.

    `chance` is uniform in [0, 1): those that failed together do not come back together.
    """
    wait = min(FIRST_WAIT * (1 << min(tries - 1, 20)), LONGEST_WAIT)
    return wait * (0.75 + 0.5 * chance)
