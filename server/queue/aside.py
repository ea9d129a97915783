"""What officers set aside and hand on: missed and parked numbers, transfers, merged visits, and the way back."""

from datetime import timedelta

import msgspec

from server import clock
from server.catalogue import service as catalogue
from server.errors import Refusal
from server.journal.append import Change
from server.people.rules import Officer
from server.queue import tables
from server.queue.desk import actor, at_desk, check, counter_facts, forget, mine, refuse_while_serving, remember
from server.queue.hall import Setting, desk_of, hall_change, open_tickets, seat_at, set_state, ticket_by_id
from server.queue.rules import Seat, Ticket, came_back_in_time
from server.queue.service import withdraw_in

__all__ = [
    "add_procedure",
    "handover",
    "merge",
    "no_show",
    "park",
    "resume",
    "return_",
    "transfer",
    "undo",
    "withdraw",
]


async def return_(officer: Officer, ticket: str) -> Ticket:
    """A missed person is here again: back into the queue with the old arrival, after two further calls."""
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        return await back_in_queue(change, setting, await ticket_by_id(officer.office, ticket))


async def back_in_queue(change: Change, setting: Setting, ticket: Ticket) -> Ticket:
    """Put a missed ticket back; who came back too late waits from now on, as an ordinary walk-in."""
    check("return", ticket)
    today = clock.day_of(change.now, setting.office.time_zone)
    opening = (await catalogue.opening_days(setting.office, today, 1))[today]
    within = timedelta(minutes=setting.policy.return_within_minutes)
    in_time = came_back_in_time(ticket, change.now, within, opening)
    return await set_state(
        change, setting, ticket, "ticket.returned", state="waiting", missed_at=None,
        returned_seq=change.next_seq if in_time else None,
        virtual_at=ticket.virtual_at if in_time else change.now,
    )  # fmt: skip


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
    """Keep the number while its holder fetches something; any desk that can may take it up again."""
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "park", ticket)
        until = work.change.now + timedelta(minutes=minutes) if minutes else None
        parked = await set_state(
            work.change, work.setting, found, "ticket.parked", at_counter=work.desk.counter,
            state="parked", parked_at=work.change.now, parked_until=until, park_reason=reason,
        )  # fmt: skip
        await remember(work, "park", [found])
        return parked


async def resume(officer: Officer, ticket: str) -> Ticket:
    """Go on with a parked number, here. Refuses still-serving."""
    async with at_desk(officer) as work:
        found = await ticket_by_id(officer.office, ticket)
        check("resume", found)
        await refuse_while_serving(work)
        if found.line not in work.seat.lines:
            raise Refusal("not-your-line", line=found.line)
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

    With `back` it returns to this officer afterwards. Refuses invalid where no target is given, or one unknown.
    """
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "transfer", ticket)
        if line is None and counter is None and to is None:
            raise Refusal("transfer-where")
        if line is not None and line not in work.setting.lines:
            raise Refusal("no-such-line", line=line)
        if counter is not None and counter not in work.setting.counters:
            raise Refusal("no-such-counter", counter=counter)
        if to is not None and to not in work.setting.officers:
            raise Refusal("no-such-officer", username=to)
        sent = await set_state(
            work.change, work.setting, found, "ticket.transferred", at_counter=work.desk.counter,
            state="waiting", line=line or found.line, only_counter=counter, only_officer=to,
            back_to=officer.username if back else None, counter=None, officer=None, called_at=None, started_at=None,
        )  # fmt: skip
        await remember(work, "transfer", [found])
        return sent


async def merge(officer: Officer, ticket: str, other: str) -> Ticket:
    """One person has two numbers: the other one is withdrawn, and what it was for is done under this one.

    Refuses same-ticket, and wrong-state where the other one is being called or served, or is over.
    """
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "merge", ticket)
        twin = await ticket_by_id(officer.office, other)
        if twin.id == found.id:
            raise Refusal("same-ticket", label=found.label)
        if twin.state not in ("waiting", "missed", "parked"):
            raise Refusal("wrong-state", label=twin.label, state=twin.state)
        await set_state(
            work.change, work.setting, twin, "ticket.merged",
            state="withdrawn", ended_at=work.change.now, ended_seq=work.change.next_seq, visit=found.visit,
        )  # fmt: skip
        codes = [code for code in f"{found.procedures}\n{twin.procedures}".split("\n") if code]
        merged = await set_state(
            work.change, work.setting, found, "ticket.extended",
            procedures="\n".join(dict.fromkeys(codes)), virtual_at=min(found.virtual_at, twin.virtual_at),
        )  # fmt: skip
        await remember(work, "merge", [found, twin])
        return merged


async def handover(officer: Officer, to: str) -> None:
    """Leave the counter to a successor, with the ticket that is here and those that are parked.

    Refuses no-such-officer, and counter-taken where the successor sits at another counter.
    """
    async with at_desk(officer) as work:
        change, desk = work.change, work.desk
        if to not in work.setting.officers or to == officer.username:
            raise Refusal("no-such-officer", username=to)
        elsewhere = await desk_of(officer.office, to)
        if elsewhere is not None:
            raise Refusal("counter-taken", counter=elsewhere.counter)
        for ticket in await open_tickets(officer.office):
            at_counter = ticket.counter == desk.counter and ticket.state in ("called", "serving")
            if at_counter or (ticket.state == "parked" and ticket.officer == officer.username):
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

    The call stays announced: it was heard. Refuses nothing-to-undo.
    """
    async with at_desk(officer, ticket=ticket) as work:
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
