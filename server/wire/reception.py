"""Reception: numbers for people without telephones, reusable cards, messages that did not arrive."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from server.wire.base import Code, Incoming, LanguageCode, Outgoing, TicketStateName

__all__ = [
    "CardView",
    "MessageList",
    "MessageView",
    "ReceptionTicket",
    "ReceptionTicketRequest",
]


class ReceptionTicketRequest(Incoming):
    line: Code
    klass: Code | None = msgspec.field(name="class", default=None)
    card: Annotated[str, Meta(min_length=1, max_length=10)] | None = None
    advice: bool = False
    language: LanguageCode = "vi"


class MessageView(Outgoing):
    """A message about a booking as staff see it: how far it came, never whom it goes to nor what it says."""

    id: str
    reference: str
    kind: str
    channel: str
    state: str
    tries: int
    code: str | None
    reason: str | None
    written_at: datetime
    due_at: datetime | None


class MessageList(Outgoing):
    """Messages, newest first; how many of the office's have failed, and how many are tried again after a failure."""

    failed: int
    retrying: int
    messages: list[MessageView]


class ReceptionTicket(Outgoing):
    """A ticket as reception lists it; `returnable` says that one press brings its holder back."""

    id: str
    number: str
    label: str
    line: str
    line_name: str
    state: TicketStateName
    source: str
    issued_at: datetime
    returnable: bool
    priority: bool = False


class CardView(Outgoing):
    label: str
    state: str
