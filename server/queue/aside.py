"""What officers set aside and hand on: missed and parked numbers, transfers, merged visits, and the way back."""

from datetime import timedelta

import msgspec
from msgspec import Struct

from server import clock
from server.catalogue import service as catalogue
from server.db import row
from server.errors import Refusal
from server.journal.append import Change
from server.people.rules import SEATED, Officer
from server.queue import tables
from server.queue.desk import (
    actor,
    at_desk,
    check,
    counter_facts,
    forget,
    mine,
    refuse_while_paused,
    refuse_while_serving,
    remember,
)
from server.queue.hall import (
    Setting,
    desk_of,
    hall_change,
    line_name,
    number_of,
    open_tickets,
    opening_today,
    seat_at,
    set_state,
    ticket_by_id,
)
from server.queue.rules import Seat, Ticket, came_back_in_time, due_back, on_hold
from server.queue.service import withdraw_in

__all__ = [
    "add_procedure",
    "at_counters",
    "handover",
    "merge",
    "no_show",
    "own_label",
    "park",
    "resume",
    "return_",
    "transfer",
    "undo",
    "withdraw",
]


class _Card(Struct, frozen=True):
    label: str


async def return_(officer: Officer, ticket: str) -> Ticket:
    """A missed person is here again, or one who had stepped out: back into the queue with the old arrival."""
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        return await back_in_queue(change, setting, await ticket_by_id(officer.office, ticket))


async def back_in_queue(change: Change, setting: Setting, ticket: Ticket) -> Ticket:
    """Put a missed ticket back, after two further calls, and one that its holder has kept without delay.

    Who was missed and came back too late waits from now on, as an ordinary walk-in.
    """
    check("return", ticket)
    if on_hold(ticket):
        return await set_state(
            change, setting, ticket, "ticket.resumed", state="waiting", parked_at=None, parked_until=None
        )
    opening = await opening_today(setting, change.now)
    within = timedelta(minutes=setting.policy.return_within_minutes)
    in_time = came_back_in_time(ticket, change.now, within, opening)
    return await set_state(
        change, setting, ticket, "ticket.returned", state="waiting", missed_at=None,
        label=await own_label(setting, ticket),
        returned_seq=change.next_seq if in_time else None,
        virtual_at=ticket.virtual_at if in_time else change.now,
    )  # fmt: skip


async def own_label(setting: Setting, ticket: Ticket) -> str:
    """What a ticket that was away is called from now on: its number, where its card has been handed in meanwhile."""
    card = await row(_Card, tables.Card.select().where(tables.Card.ticket == ticket.id))
    return ticket.label if card is not None else number_of(ticket, setting)


async def no_show(officer: Officer, ticket: str) -> Ticket:
    """Give up on somebody who was called and did not come."""
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        found = await ticket_by_id(officer.office, ticket)
        desk = await desk_of(officer.office, officer.username, found.counter)
        seat = seat_at(desk, setting, change.now) if desk else Seat(0, officer.username, frozenset())
        check("no-show", found, seat)
        return await set_state(
            change, setting, found, "ticket.no-show", state="no-show", ended_at=change.now, ended_seq=change.next_seq
        )


async def withdraw(officer: Officer, ticket: str) -> Ticket:
    """Take a ticket out of the queue at its holder's wish."""
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        return await withdraw_in(change, setting, await ticket_by_id(officer.office, ticket))


async def park(officer: Officer, ticket: str, reason: str | None, minutes: int | None) -> Ticket:
    """Keep the number while its holder fetches something; any desk that can may take it up again.

    After so many minutes in which the office is open it stands in the queue again by itself.
    """
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "park", ticket)
        until = None
        if minutes is not None:
            opening = await opening_today(work.setting, work.change.now)
            until = due_back(work.change.now, timedelta(minutes=minutes), opening)
        parked = await set_state(
            work.change, work.setting, found, "ticket.parked", at_counter=work.desk.counter,
            state="parked", parked_at=work.change.now, parked_until=until, park_reason=reason,
        )  # fmt: skip
        await remember(work, "park", [found])
        return parked


async def resume(officer: Officer, ticket: str, counter: int | None = None) -> Ticket:
    """Go on with a parked number, here. Refuses still-serving, counter-paused and not-your-line."""
    async with at_desk(officer, counter=counter) as work:
        found = await ticket_by_id(officer.office, ticket)
        check("resume", found)
        refuse_while_paused(work)
        await refuse_while_serving(work)
        if found.line not in work.seat.lines and found.officer != officer.username:
            raise Refusal("not-your-line", line=line_name(work.setting, found.line))
        resumed = await set_state(
            work.change, work.setting, found, "ticket.resumed", at_counter=work.desk.counter,
            state="serving", started_at=found.started_at or work.change.now, counter=work.desk.counter,
            officer=officer.username, parked_at=None, parked_until=None, park_reason=None,
            kept_ms=found.kept_ms + clock.milliseconds(work.change.now - (found.parked_at or work.change.now)),
        )  # fmt: skip
        await remember(work, "resume", [found])
        return resumed


async def transfer(
    officer: Officer, ticket: str, *, line: str | None, counter: int | None, to: str | None, back: bool
) -> Ticket:
    """Send a ticket on to a line, a counter or an officer; it keeps its number and the time it has waited.

    With `back` it returns to this officer afterwards. Refuses transfer-where, no-such-line, no-such-counter and
    no-such-officer, also for somebody who never sits at a counter.
    """
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "transfer", ticket)
        if line is None and counter is None and to is None:
            raise Refusal("transfer-where")
        if line is not None and line not in work.setting.lines:
            raise Refusal("no-such-line", line=line)
        if counter is not None and counter not in work.setting.counters:
            raise Refusal("no-such-counter", counter=counter)
        if to is not None and to not in at_counters(work.setting):
            raise Refusal("no-such-officer", username=to)
        sent = await set_state(
            work.change, work.setting, found, "ticket.transferred", at_counter=work.desk.counter,
            state="waiting", line=line or found.line, only_counter=counter, only_officer=to,
            back_to=officer.username if back else found.back_to,
            counter=None, officer=None, called_at=None, started_at=None,
        )  # fmt: skip
        await remember(work, "transfer", [found])
        return sent


async def merge(officer: Officer, ticket: str, other: str) -> Ticket:
    """One person has two numbers: the other one is withdrawn, and what it was for is done under this one.

    The earlier arrival and the higher class count from now on, should the visit have to wait again.
    Refuses same-ticket, and wrong-state where the other one is being called or served, or is over.
    """
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "merge", ticket)
        twin = await ticket_by_id(officer.office, other)
        if twin.id == found.id:
            raise Refusal("same-ticket", label=found.label)
        if twin.state not in ("coming", "waiting", "missed", "parked"):
            raise Refusal("wrong-state", label=twin.label, state=twin.state)
        await set_state(
            work.change, work.setting, twin, "ticket.merged",
            state="withdrawn", ended_at=work.change.now, ended_seq=work.change.next_seq, visit=found.visit,
        )  # fmt: skip
        codes = [code for code in f"{found.procedures}\n{twin.procedures}".split("\n") if code]
        better = max(found, twin, key=lambda each: each.rate)
        merged = await set_state(
            work.change, work.setting, found, "ticket.extended",
            procedures="\n".join(dict.fromkeys(codes)), virtual_at=min(found.virtual_at, twin.virtual_at),
            klass=better.klass, rate=better.rate,
        )  # fmt: skip
        await remember(work, "merge", [found, twin])
        return merged


def at_counters(setting: Setting) -> dict[str, str]:
    """Who may sit at a counter, by username, with the full name."""
    return {name: each.full_name for name, each in setting.officers.items() if each.role in SEATED}


async def handover(officer: Officer, to: str, counter: int | None = None) -> None:
    """Leave the counter to a successor, with the ticket that is here and those that are parked.

    Refuses no-such-officer, and counter-taken where the successor sits at another counter.
    """
    async with at_desk(officer, counter=counter) as work:
        change, desk = work.change, work.desk
        if to not in at_counters(work.setting) or to == officer.username:
            raise Refusal("no-such-officer", username=to)
        elsewhere = await desk_of(officer.office, to)
        if elsewhere is not None:
            raise Refusal("counter-taken", counter=elsewhere.counter)
        for ticket in await open_tickets(officer.office):
            here = (ticket.counter, ticket.officer) == (desk.counter, officer.username)
            if here and ticket.state in ("called", "serving", "parked"):
                await set_state(change, work.setting, ticket, "ticket.handed", officer=to)
        await change.update(
            tables.Desk, desk.id, officer=to, opened_at=change.now, paused_at=None, paused_until=None, pause_reason=None
        )
        await forget(work)
        change.append("counter.opened", counter_facts(work.setting, desk.counter, opened=True))


async def add_procedure(officer: Officer, ticket: str, procedure: str) -> Ticket:
    """Add a procedure to what this visit is for."""
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "add-procedure", ticket)
        code = (await catalogue.procedure(officer.office, procedure)).code
        have = found.procedures.split("\n") if found.procedures else []
        if code in have:
            return found
        codes = "\n".join([*have, code])
        extended = await set_state(work.change, work.setting, found, "ticket.extended", procedures=codes)
        await remember(work, "add-procedure", [found])
        return extended


async def undo(officer: Officer, ticket: str) -> Ticket:
    """Take the desk's last verb back, as long as nothing has happened to its tickets since.

    The call stays announced: it was heard. Refuses nothing-to-undo, and counter-paused once a break has begun.
    """
    async with at_desk(officer, ticket=ticket) as work:
        await ticket_by_id(officer.office, ticket)
        refuse_while_paused(work)
        desk, change = work.desk, work.change
        kept = msgspec.json.decode(desk.undo, type=list[Ticket]) if desk.undo else []
        late = desk.undo_until is None or change.now > desk.undo_until
        if late or ticket not in [before.id for before in kept] or (desk.undo_seq or 0) <= change.day_seq:
            raise Refusal("nothing-to-undo")
        restored = None
        for before in reversed(kept):
            now_is = await ticket_by_id(officer.office, before.id)
            if now_is.touched_seq > (desk.undo_seq or 0):
                raise Refusal("nothing-to-undo")
            columns = {
                name: value
                for name, value in msgspec.structs.asdict(before).items()
                if not name.startswith(("announced_", "touched_")) and value != getattr(now_is, name)
            }
            restored = await set_state(work.change, work.setting, now_is, "ticket.undone", **columns)
        await forget(work)
        if restored is None:
            raise Refusal("nothing-to-undo")
        return restored
