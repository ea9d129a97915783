"""Being told on one's telephone that one's number is called: who asked for it, and what is pushed."""

from collections.abc import Sequence

from server import clock
from server.catalogue import service as catalogue
from server.catalogue.views import name_in
from server.db import transaction
from server.errors import Refusal
from server.notify import outbox, subscriptions
from server.notify.letters import Letter, call_letter
from server.notify.push import Subscription
from server.notify.rules import Message, Outcome, call_is_over
from server.notify.subscriptions import as_address, subscription_of
from server.phrases import say
from server.queue.hall import ticket_by_id
from server.queue.rules import OPEN_STATES
from server.queue.service import follow_token, ticket_of_token

__all__ = ["call_of", "tell_of_calls", "tell_of_calls_no_more"]


async def tell_of_calls(token: str, subscription: Subscription, hosts: Sequence[str]) -> None:
    """From now on this browser, and none before it, is told when the ticket of this follow token is called.

    Refuses no-such-ticket, push-off, bad-subscription, and wrong-state for a ticket that is over.
    """
    ticket = await ticket_of_token(token)
    outbox.refuse_unless_pushed(subscription, hosts)
    if ticket.state not in OPEN_STATES:
        raise Refusal("wrong-state", label=ticket.label, state=ticket.state)
    async with transaction():
        await subscriptions.keep(ticket.id, subscription)


async def tell_of_calls_no_more(token: str) -> None:
    """No browser is told of calls of this ticket any more. Refuses no-such-ticket."""
    await subscriptions.unsubscribe((await ticket_of_token(token)).id)


async def call_of(message: Message, address: str) -> Letter | Outcome:
    """What is pushed about a call, or why it need not be any more. `address` is where links begin."""
    ticket = await ticket_by_id(message.office, message.reference)
    reason = call_is_over(message, ticket, clock.now())
    to = await subscription_of(ticket.id)
    if reason is not None or to is None:
        return reason or "expired"
    laid_down = await catalogue.of(ticket.office)
    office = name_in(message.language, laid_down.office)
    if ticket.sample and not laid_down.policy.made_up:  # nobody real hurries to a counter where people practise
        office = f"{say(message.language, 'office.practice')} · {office}"
    link = f"{address}/t/{await follow_token(ticket)}"  # encrypted for that browser, whose own page it is
    return call_letter(message, as_address(to), office, ticket, link)
