"""What officers do: sit down, call the next one, and every verb on the ticket they have.

Each function is one change of the office. A verb names the states it starts from (`rules.FROM`); anything else is
refused and changes nothing. The desk keeps for some seconds what its last verb found, so that it can be undone.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from server.catalogue import service as catalogue
from server.db import row
from server.errors import Refusal
from server.journal.append import Change
from server.people.rules import Officer
from server.queue import tables
from server.queue.hall import (
    Setting,
    desk_of,
    hall_change,
    load_hall,
    open_tickets,
    seat_at,
    set_state,
    ticket_by_id,
)
from server.queue.rules import DeskRow, Seat, Ticket, Verb, allowed, choose
from server.queue.service import withdraw_in

__all__ = [
    "add_procedure",
    "call_next",
    "finish",
    "leave",
    "miss",
    "no_show",
    "park",
    "pause",
    "recall",
    "resume",
    "return_",
    "sit",
    "start",
    "transfer",
    "undo",
    "unpause",
    "withdraw",
]


class Work(Struct, frozen=True):
    """An officer at a counter within a change."""

    change: Change
    setting: Setting
    officer: Officer
    desk: DeskRow
    seat: Seat


# --- the counter -------------------------------------------------------------------------------------------


async def sit(officer: Officer, number: int) -> None:
    """Open a counter. Refuses no-such-counter, counter-taken, and still-serving where a ticket is at the old one."""
    async with hall_change(officer.office, _actor(officer)) as (change, setting):
        await catalogue.counter(officer.office, number)
        desk = await row(
            DeskRow,
            tables.Desk.select().where((tables.Desk.office == officer.office) & (tables.Desk.counter == number)),
        )
        if desk is not None and desk.officer == officer.username:
            return
        if desk is not None and desk.officer is not None:
            raise Refusal("counter-taken", counter=number)
        before = await desk_of(officer.office, officer.username)
        if before is not None:
            await _stand_up(change, setting, before)
        key = f"{officer.office}/{number}"
        opened: dict[str, object] = {
            "officer": officer.username, "opened_at": change.now,
            "paused_at": None, "paused_until": None, "pause_reason": None,
        }  # fmt: skip
        if desk is None:
            await change.insert(tables.Desk, key, {"id": key, "office": officer.office, "counter": number} | opened)
        else:
            await change.update(tables.Desk, key, **opened)
        change.append("counter.opened", _counter_facts(setting, number, opened=True))


async def leave(officer: Officer) -> None:
    """Close the counter. Refuses still-serving; an officer who sits nowhere has nothing to leave."""
    async with hall_change(officer.office, _actor(officer)) as (change, setting):
        desk = await desk_of(officer.office, officer.username)
        if desk is not None:
            await _stand_up(change, setting, desk)


async def pause(officer: Officer, reason: str, until: datetime | None) -> None:
    """Take a break: nobody is called here until it ends. Refuses still-serving."""
    async with at_desk(officer) as work:
        await _refuse_while_serving(work)
        await work.change.update(
            tables.Desk, work.desk.id, paused_at=work.change.now, paused_until=until, pause_reason=reason
        )
        work.change.append("counter.paused", _counter_facts(work.setting, work.desk.counter, opened=False))


async def unpause(officer: Officer) -> None:
    """Come back from a break."""
    async with at_desk(officer) as work:
        if work.desk.paused_at is None:
            return
        await work.change.update(tables.Desk, work.desk.id, paused_at=None, paused_until=None, pause_reason=None)
        work.change.append("counter.opened", _counter_facts(work.setting, work.desk.counter, opened=True))


# --- calling -----------------------------------------------------------------------------------------------


async def call_next(officer: Officer) -> Ticket | None:
    """Call whoever is next, or None where nobody waits. Refuses not-seated, counter-paused, still-serving."""
    async with at_desk(officer) as work:
        await _refuse_while_serving(work)
        before, called = await _call_next(work)
        if before is not None:
            await _remember(work, "next", [before])
        return called


async def recall(officer: Officer, ticket: str) -> Ticket:
    """Call the same number again. Refuses too-soon within `recall_seconds` of the last call."""
    async with at_desk(officer) as work:
        found = await _mine(work, "recall", ticket)
        if found.announced_at is not None:
            again = found.announced_at + timedelta(seconds=work.setting.policy.recall_seconds)
            if work.change.now < again:
                raise Refusal("too-soon", seconds=-(-int((again - work.change.now).total_seconds() * 1000) // 1000))
        return await set_state(
            work.change, work.setting, found, "ticket.recalled", at_counter=work.desk.counter,
            called_at=work.change.now, announced_at=work.change.now, announced_seq=work.change.next_seq,
            announced_counter=work.desk.counter,
        )  # fmt: skip


async def start(officer: Officer, ticket: str) -> Ticket:
    """The person is here: service begins."""
    async with at_desk(officer) as work:
        found = await _mine(work, "start", ticket)
        await _remember(work, "start", [found])
        return await set_state(
            work.change, work.setting, found, "ticket.started", at_counter=work.desk.counter,
            state="serving", started_at=work.change.now,
        )  # fmt: skip


async def finish(
    officer: Officer,
    ticket: str,
    *,
    outcome: str | None = None,
    procedures: Sequence[str] | None = None,
    dossiers: int | None = None,
    then_next: bool = False,
) -> tuple[Ticket, Ticket | None]:
    """End the service, with what was really done; with `then_next` call the next one in the same change.

    Returns the finished ticket and the one called, if any. Refuses an outcome or procedure the office does not have.
    """
    async with at_desk(officer) as work:
        found = await _mine(work, "finish", ticket)
        if outcome is not None and outcome not in work.setting.policy.outcomes:
            raise Refusal("no-such-outcome", outcomes=", ".join(work.setting.policy.outcomes))
        columns: dict[str, object] = {"outcome": outcome or work.setting.policy.outcomes[0], "dossiers": dossiers}
        if procedures is not None:
            columns["procedures"] = "\n".join(
                [(await catalogue.procedure(officer.office, code)).code for code in procedures]
            )
        finished = await set_state(
            work.change, work.setting, found, "ticket.finished", at_counter=work.desk.counter,
            state="served", ended_at=work.change.now, ended_seq=work.change.next_seq, **columns,
        )  # fmt: skip
        before, called = await _call_next(work) if then_next and work.desk.paused_at is None else (None, None)
        await _remember(work, "finish", [found] if before is None else [found, before])
        return finished, called


async def miss(officer: Officer, ticket: str) -> Ticket:
    """Nobody came. At the `max_calls`-th time the ticket becomes a no-show; until then its holder may come back."""
    async with at_desk(officer) as work:
        found = await _mine(work, "miss", ticket)
        await _remember(work, "miss", [found])
        misses = found.misses + 1
        if misses >= work.setting.policy.max_calls:
            return await set_state(
                work.change, work.setting, found, "ticket.no-show", at_counter=work.desk.counter, misses=misses,
                state="no-show", missed_at=work.change.now, ended_at=work.change.now, ended_seq=work.change.next_seq,
            )  # fmt: skip
        return await set_state(
            work.change, work.setting, found, "ticket.missed", at_counter=work.desk.counter, misses=misses,
            state="missed", missed_at=work.change.now, counter=None, officer=None,
        )  # fmt: skip


async def return_(officer: Officer, ticket: str) -> Ticket:
    """A missed person is here again: back into the queue with the old arrival, after two further calls."""
    async with hall_change(officer.office, _actor(officer)) as (change, setting):
        found = await ticket_by_id(officer.office, ticket)
        _check("return", found)
        return await set_state(
            change, setting, found, "ticket.returned", state="waiting", returned_seq=change.next_seq, missed_at=None
        )


async def no_show(officer: Officer, ticket: str) -> Ticket:
    """Give up on somebody who was called and did not come."""
    async with hall_change(officer.office, _actor(officer)) as (change, setting):
        found = await ticket_by_id(officer.office, ticket)
        desk = await desk_of(officer.office, officer.username)
        seat = seat_at(desk, setting) if desk else Seat(0, officer.username, frozenset())
        _check("no-show", found, seat)
        return await set_state(
            change, setting, found, "ticket.no-show", state="no-show", ended_at=change.now, ended_seq=change.next_seq
        )


async def withdraw(officer: Officer, ticket: str) -> Ticket:
    """Take a ticket out of the queue at its holder's wish."""
    async with hall_change(officer.office, _actor(officer)) as (change, setting):
        return await withdraw_in(change, setting, await ticket_by_id(officer.office, ticket))


# --- setting aside and handing on --------------------------------------------------------------------------


async def park(officer: Officer, ticket: str, reason: str | None, minutes: int | None) -> Ticket:
    """Keep the number while its holder fetches something; any desk that can may take it up again."""
    async with at_desk(officer) as work:
        found = await _mine(work, "park", ticket)
        await _remember(work, "park", [found])
        until = work.change.now + timedelta(minutes=minutes) if minutes else None
        return await set_state(
            work.change, work.setting, found, "ticket.parked", at_counter=work.desk.counter,
            state="parked", parked_until=until, park_reason=reason,
        )  # fmt: skip


async def resume(officer: Officer, ticket: str) -> Ticket:
    """Go on with a parked number, here. Refuses still-serving."""
    async with at_desk(officer) as work:
        found = await ticket_by_id(officer.office, ticket)
        _check("resume", found)
        await _refuse_while_serving(work)
        if found.line not in work.seat.lines:
            raise Refusal("not-your-line", line=found.line)
        await _remember(work, "resume", [found])
        return await set_state(
            work.change, work.setting, found, "ticket.resumed", at_counter=work.desk.counter,
            state="serving", started_at=found.started_at or work.change.now, counter=work.desk.counter,
            officer=officer.username, parked_until=None, park_reason=None,
        )  # fmt: skip


async def transfer(
    officer: Officer, ticket: str, *, line: str | None, counter: int | None, to: str | None, back: bool
) -> Ticket:
    """Send a ticket on to a line, a counter or an officer; it keeps its number and the time it has waited.

    With `back` it returns to this officer afterwards. Refuses invalid where no target is given, or one unknown.
    """
    async with at_desk(officer) as work:
        found = await _mine(work, "transfer", ticket)
        if line is None and counter is None and to is None:
            raise Refusal("transfer-where")
        if line is not None and line not in work.setting.lines:
            raise Refusal("no-such-line", line=line)
        if counter is not None and counter not in work.setting.counters:
            raise Refusal("no-such-counter", counter=counter)
        if to is not None and to not in work.setting.officers:
            raise Refusal("no-such-officer", username=to)
        await _remember(work, "transfer", [found])
        return await set_state(
            work.change, work.setting, found, "ticket.transferred", at_counter=work.desk.counter,
            state="waiting", line=line or found.line, only_counter=counter, only_officer=to,
            back_to=officer.username if back else None, counter=None, officer=None, called_at=None, started_at=None,
        )  # fmt: skip


async def add_procedure(officer: Officer, ticket: str, procedure: str) -> Ticket:
    """Add a procedure to what this visit is for."""
    async with at_desk(officer) as work:
        found = await _mine(work, "add-procedure", ticket)
        code = (await catalogue.procedure(officer.office, procedure)).code
        have = found.procedures.split("\n") if found.procedures else []
        if code in have:
            return found
        await _remember(work, "add-procedure", [found])
        return await set_state(work.change, work.setting, found, "ticket.extended", procedures="\n".join([*have, code]))


async def undo(officer: Officer, ticket: str) -> Ticket:
    """Take the desk's last verb back, as long as nothing has happened to its tickets since.

    The call stays announced: it was heard. Refuses nothing-to-undo.
    """
    async with at_desk(officer) as work:
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
        await _forget(work)
        if restored is None:
            raise Refusal("nothing-to-undo")
        return restored


# --- within a change ---------------------------------------------------------------------------------------


@asynccontextmanager
async def at_desk(officer: Officer) -> AsyncIterator[Work]:
    """A change by an officer who sits somewhere. Refuses not-seated."""
    async with hall_change(officer.office, _actor(officer)) as (change, setting):
        desk = await desk_of(officer.office, officer.username)
        if desk is None:
            raise Refusal("not-seated")
        yield Work(change, setting, officer, desk, seat_at(desk, setting))


async def _call_next(work: Work) -> tuple[Ticket | None, Ticket | None]:
    if work.desk.paused_at is not None:
        raise Refusal("counter-paused")
    chosen = choose(work.seat, await load_hall(work.setting, work.change.now), work.change.now)
    if chosen is None:
        return None, None
    return chosen, await call(work, chosen)


async def call(work: Work, ticket: Ticket) -> Ticket:
    """Call this ticket to this desk."""
    now = work.change.now
    return await set_state(
        work.change, work.setting, ticket, "ticket.called", at_counter=work.desk.counter,
        state="called", first_called_at=ticket.first_called_at or now, called_at=now, announced_at=now,
        announced_seq=work.change.next_seq, announced_counter=work.desk.counter, counter=work.desk.counter,
        officer=work.officer.username, returned_seq=None,
    )  # fmt: skip


async def _refuse_while_serving(work: Work) -> None:
    for ticket in await open_tickets(work.officer.office):
        if ticket.counter == work.desk.counter and ticket.state in ("called", "serving"):
            raise Refusal("still-serving", label=ticket.label)


async def _mine(work: Work, verb: Verb, ticket: str) -> Ticket:
    found = await ticket_by_id(work.officer.office, ticket)
    _check(verb, found, work.seat)
    return found


def _check(verb: Verb, ticket: Ticket, seat: Seat | None = None) -> None:
    refused = allowed(verb, ticket, seat=seat)
    if refused is not None:
        raise Refusal(refused.code, label=ticket.label, state=ticket.state)


async def _stand_up(change: Change, setting: Setting, desk: DeskRow) -> None:
    for ticket in await open_tickets(change.office):
        if ticket.counter == desk.counter and ticket.state in ("called", "serving"):
            raise Refusal("still-serving", label=ticket.label)
    await change.update(
        tables.Desk, desk.id, officer=None, opened_at=None, paused_at=None, paused_until=None, pause_reason=None,
        undo=None, undo_verb=None, undo_until=None, undo_seq=None,
    )  # fmt: skip
    change.append("counter.closed", _counter_facts(setting, desk.counter, opened=False))


async def _remember(work: Work, verb: str, before: Sequence[Ticket]) -> None:
    until = work.change.now + timedelta(seconds=work.setting.policy.undo_seconds)
    await tables.Desk.update(
        {
            tables.Desk.undo: msgspec.json.encode(before).decode(),
            tables.Desk.undo_verb: verb,
            tables.Desk.undo_until: until,
            tables.Desk.undo_seq: work.change.next_seq,
        }
    ).where(tables.Desk.id == work.desk.id)


async def _forget(work: Work) -> None:
    await tables.Desk.update({tables.Desk.undo: None, tables.Desk.undo_verb: None, tables.Desk.undo_until: None}).where(
        tables.Desk.id == work.desk.id
    )


def _counter_facts(setting: Setting, number: int, *, opened: bool) -> dict[str, object]:
    counter = setting.counters.get(number)
    return {"counter": {"number": number, "name": counter.name_vi if counter else str(number)}, "open": opened}


def _actor(officer: Officer) -> str:
    return f"officer:{officer.username}"
