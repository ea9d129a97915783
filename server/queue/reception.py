"""What reception does: numbers and cards for people without a kiosk, lost tickets, and those who come back late."""

from datetime import datetime

from msgspec import Struct

from server import clock
from server.codes import derived_code, token_hash
from server.db import row, rows
from server.errors import Refusal
from server.journal.append import Change
from server.notify.subscriptions import unsubscribe
from server.people.rules import Officer
from server.people.secrets import server_key
from server.queue import tables
from server.queue.aside import back_in_queue, own_label
from server.queue.desk import actor, check
from server.queue.hall import Setting, hall_change, set_state, ticket_by_id
from server.queue.rules import FROM_HOME, Ticket
from server.queue.service import Issued, Wanted, card_label, follow_token, issue, refuse_when_closed, withdraw_in

__all__ = ["CardRow", "bring_back", "cards", "give_number", "latest", "put_card", "reactivate", "reprint", "withdraw"]

LATEST = 10


class CardRow(Struct, frozen=True):
    """A numbered card: `in` the stack, `out` with somebody, or `lost`."""

    id: str
    office: str
    label: str
    state: str
    ticket: str | None


async def give_number(officer: Officer, wanted: Wanted) -> Issued:
    """Give a number or hand out a card.

    Refuses card-out for one that is with somebody, card-lost for a lost one, no-such-card for a label none can have.
    """
    if wanted.card is None:
        return await issue(officer.office, wanted, actor(officer))
    label = card_label(wanted.card)
    async with hall_change(officer.office, actor(officer)) as (change, _setting):
        card = await _card(officer.office, label)
        if card is not None and card.state != "in":
            raise Refusal("card-out" if card.state == "out" else "card-lost", card=label)
        issued = await issue(officer.office, wanted, actor(officer))
        await _write_card(change, card, officer.office, label, "out", issued.ticket.id)
        change.append("card.out", {"card": label})
    return issued


async def put_card(officer: Officer, label: str, state: str) -> None:
    """Say that a card is back in the stack (`in`) or `lost`.

    Refuses card-in-use while its ticket waits or is at a counter, and no-such-card for a label that none can have.
    """
    label = card_label(label)
    async with hall_change(officer.office, actor(officer)) as (change, _setting):
        card = await _card(officer.office, label)
        if card is not None and card.state == state:
            return
        if card is not None and card.ticket is not None and state == "in":
            held = await ticket_by_id(officer.office, card.ticket)
            if held.state in ("waiting", "called", "serving", "parked"):
                raise Refusal("card-in-use", card=label, state=held.state)
        await _write_card(change, card, officer.office, label, state, None)
        change.append(f"card.{state}", {"card": label})


async def cards(office: str) -> list[CardRow]:
    """Every card that was ever handed out, by label."""
    return await rows(CardRow, tables.Card.select().where(tables.Card.office == office).order_by(tables.Card.label))


async def bring_back(officer: Officer, ticket: str) -> Ticket:
    """Somebody who was missed, had stepped out, or whom the end of a day closed, is here: back into the queue.

    Until the doors close. Who stepped out, or was missed and is in time, keeps the time waited; everybody else waits
    from now on, as a walk-in. Refuses wrong-state,
    office-closed, and too-old for what a day before has ended.
    """
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        found = await ticket_by_id(officer.office, ticket)
        check("bring-back", found)
        await refuse_when_closed(setting, change.now)
        if found.state != "closed":
            return await back_in_queue(change, setting, found)
        return await _again(change, setting, found, "ticket.reactivated")


async def reactivate(officer: Officer, ticket: str) -> Ticket:
    """The head lets a no-show wait again, from now on, with the misses forgiven. Refuses as `bring_back` does."""
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        found = await ticket_by_id(officer.office, ticket)
        check("reactivate", found)
        await refuse_when_closed(setting, change.now)
        return await _again(change, setting, found, "ticket.reactivated")


async def reprint(officer: Officer, ticket: str) -> Issued:
    """A new paper for a lost one: its link replaces the old one, which is worthless from now on."""
    key = await server_key()
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        found = await ticket_by_id(officer.office, ticket)
        number = found.follow_no + 1
        fresh = derived_code(key, "follow", f"{found.id}:{number}")
        await change.update(tables.Ticket, found.id, follow_hash=token_hash(fresh))
        again = await set_state(change, setting, found, "ticket.reprinted", follow_no=number)
        await unsubscribe(found.id)  # whoever has found the old paper is told no more
    return Issued(again, await follow_token(again), setting)


async def withdraw(officer: Officer, ticket: str) -> Ticket:
    """Take a ticket out of the queue at its holder's wish."""
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        return await withdraw_in(change, setting, await ticket_by_id(officer.office, ticket))


async def latest(setting: Setting, line: str | None, since: datetime | None) -> list[Ticket]:
    """Tickets by line and time of issue, newest first: to find a lost one, or the last ten; practised ones apart."""
    table = tables.Ticket
    today = clock.day_of(clock.now(), setting.office.time_zone)
    where = (table.office == setting.office.code) & (table.day == today) & table.sample.eq(setting.policy.sample)
    if line is not None:
        where &= table.line == line
    if since is not None:
        where &= table.issued_at >= since
    query = table.select().where(where).order_by(table.issued_seq, ascending=False)
    return await rows(Ticket, query.limit(LATEST if line is None and since is None else 200))


async def _again(change: Change, setting: Setting, ticket: Ticket, kind: str) -> Ticket:
    if ticket.sample != setting.policy.sample:
        raise Refusal("practice-over" if ticket.sample else "practice-now")
    # What ended before the office practised is of today as well.
    if ticket.ended_seq is not None and ticket.ended_seq <= change.day_seq and ticket.day != change.day:
        raise Refusal("too-old")
    here = change.now if ticket.source == FROM_HOME else None
    return await set_state(
        change, setting, ticket, kind, state="waiting", virtual_at=change.now,
        arrived_at=ticket.arrived_at or here, misses=0, missed_at=None,
        label=await own_label(setting, ticket), only_officer=None, only_counter=None, back_to=None,
        returned_seq=None, ended_at=None, ended_seq=None, counter=None, officer=None, called_at=None, started_at=None,
    )  # fmt: skip


async def _card(office: str, label: str) -> CardRow | None:
    table = tables.Card
    return await row(CardRow, table.select().where((table.office == office) & (table.label == label)))


async def _write_card(
    change: Change, card: CardRow | None, office: str, label: str, state: str, ticket: str | None
) -> None:
    key = f"{office}/{label}"
    if card is None:
        values: dict[str, object] = {"id": key, "office": office, "label": label, "state": state, "ticket": ticket}
        await change.insert(tables.Card, key, values)
    else:
        await change.update(tables.Card, key, state=state, ticket=ticket)
