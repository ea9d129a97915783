"""What may be done to a ticket, from which state, and by whom. Pure."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from server.queue.rules import OPEN_STATES, Seat, State, Ticket, on_hold

__all__ = [
    "FROM",
    "Refused",
    "Standing",
    "Verb",
    "allowed",
    "standing",
]

Standing = State | Literal["held"]
"""A state as verbs see it: what is parked is a desk's, or `held` by its own holder, who has stepped out."""

Verb = Literal[
    "call", "recall", "start", "finish", "miss", "return", "park", "resume", "transfer", "merge", "add-procedure",
    "no-show", "withdraw", "bring-back", "reactivate", "arrive", "hold", "back",
]  # fmt: skip

FROM: Mapping[Verb, frozenset[Standing]] = {
    "call": frozenset({"waiting"}),
    "recall": frozenset({"called"}),
    "start": frozenset({"called"}),
    "finish": frozenset({"serving"}),
    "miss": frozenset({"called"}),
    "return": frozenset({"missed", "held"}),
    "park": frozenset({"called", "serving"}),
    "resume": frozenset({"parked"}),
    "transfer": frozenset({"called", "serving"}),
    "merge": frozenset({"called", "serving"}),
    "add-procedure": frozenset({"called", "serving"}),
    "no-show": frozenset({"called", "missed"}),
    "withdraw": frozenset({"coming", "waiting", "missed", "held"}),
    "bring-back": frozenset({"missed", "closed", "held"}),
    "reactivate": frozenset({"no-show"}),
    "arrive": frozenset({"coming"}),
    "hold": frozenset({"waiting"}),
    "back": frozenset({"held"}),
}
"""The states that each verb may start from; from any other it is refused and changes nothing."""


class Refused(Struct, frozen=True):
    """Why a verb may not be done: a refusal's code."""

    code: str


def standing(ticket: Ticket) -> Standing:
    """A ticket's state as verbs see it."""
    return "held" if on_hold(ticket) else ticket.state


def allowed(verb: Verb, ticket: Ticket, *, seat: Seat | None = None) -> Refused | None:
    """Whether a verb may be done to a ticket, and by this desk where one is given."""
    if verb == "arrive" and ticket.state in OPEN_STATES - FROM[verb]:
        return Refused("already-arrived" if ticket.arrived_at is not None else "not-from-home")
    if standing(ticket) not in FROM[verb]:
        return Refused("not-arrived" if ticket.state == "coming" else "wrong-state")
    if seat is not None and ticket.state in ("called", "serving") and ticket.counter != seat.counter:
        return Refused("not-your-ticket")
    return None
