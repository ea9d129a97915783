"""Stepping out: whoever waits keeps his number while he is away for a moment, and says that he is back."""

from datetime import timedelta

from msgspec import Struct

from server import clock
from server.db import rows
from server.errors import Refusal
from server.queue import tables
from server.queue.aside import back_in_queue
from server.queue.desk import check
from server.queue.hall import hall_change, open_tickets, opening_today, set_state, ticket_by_id
from server.queue.rules import Ticket, callable_now, due_back, on_hold
from server.queue.rules_hold import may_hold
from server.queue.service import ticket_of_token

__all__ = ["back", "end_holds", "hold"]

CITIZEN = "citizen"


class _Office(Struct, frozen=True):
    office: str


async def hold(token: str, minutes: int) -> Ticket:
    """The holder steps out: others may be called meanwhile, he is not, and the time he has waited stays his.

    After so many minutes in which the office is open he stands in the queue again by himself. Refuses no-such-ticket,
    no-keeping where the office does not offer it, already-held, wrong-state, not-arrived, held-too-often and
    held-too-long.
    """
    ticket = await ticket_of_token(token)
    async with hall_change(ticket.office, CITIZEN) as (change, setting):
        found = await ticket_by_id(ticket.office, ticket.id)
        at_most, times = setting.policy.keep_number_minutes, setting.policy.keep_number_times
        refused = may_hold(found, minutes, at_most, times, change.now)
        if refused is not None:
            raise Refusal(refused.code, label=found.label, state=found.state, minutes=at_most, n=times)
        until = due_back(change.now, timedelta(minutes=minutes), await opening_today(setting, change.now))
        return await set_state(
            change, setting, found, "ticket.parked",
            state="parked", parked_at=change.now, parked_until=until, holds=found.holds + 1,
        )  # fmt: skip


async def back(token: str) -> Ticket:
    """The holder is here again, and stands in the queue at once. Refuses no-such-ticket, wrong-state, not-arrived."""
    ticket = await ticket_of_token(token)
    async with hall_change(ticket.office, CITIZEN) as (change, setting):
        found = await ticket_by_id(ticket.office, ticket.id)
        check("back", found)
        return await back_in_queue(change, setting, found)


async def end_holds() -> None:
    """Write down whose time is over, so that boards count them as waiting; an office without any is left alone."""
    over = await rows(
        _Office,
        tables.Ticket.raw(
            "SELECT DISTINCT office FROM ticket WHERE state = 'parked' AND counter IS NULL AND parked_until <= {}",
            clock.now(),
        ),
    )
    for found in over:
        async with hall_change(found.office, "system") as (change, setting):
            for ticket in await open_tickets(found.office):
                if on_hold(ticket) and callable_now(ticket, change.now):
                    await back_in_queue(change, setting, ticket)
