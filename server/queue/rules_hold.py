"""*Giữ số* by the holder of a number: who may step out, and for how long. Pure."""

from datetime import datetime

from server.queue.rules import Ticket, callable_now, on_hold
from server.queue.rules_verbs import Refused, allowed

__all__ = ["may_hold", "offered"]

CHOICES = (5, 10, 15, 20, 30, 45, 60)
"""Minutes that a page offers, as far as the office allows them."""


def may_hold(ticket: Ticket, minutes: int, at_most: int, times: int, now: datetime) -> Refused | None:
    """Whether a holder may step out for so many minutes.

    `at_most` is what the office allows at once, 0 for nothing, and `times` how often with one number: so long somebody
    else may be called first at his wish, and a number cannot be kept all day for the best moment. Once the time is
    over he stands in the queue again, and may ask for it again.
    """
    if at_most == 0:
        return Refused("no-keeping")
    if on_hold(ticket) and not callable_now(ticket, now):
        return Refused("already-held")
    refused = None if on_hold(ticket) else allowed("hold", ticket)
    if refused is not None:
        return refused
    if ticket.holds >= times:
        return Refused("held-too-often")
    return Refused("held-too-long") if minutes > at_most else None


def offered(ticket: Ticket, at_most: int, times: int, now: datetime) -> list[int]:
    """The minutes that its page offers the holder now; none where he may not step out."""
    choices = [minutes for minutes in CHOICES if minutes <= at_most] or [at_most]
    return [minutes for minutes in choices if may_hold(ticket, minutes, at_most, times, now) is None]
