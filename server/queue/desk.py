"""What officers do at a counter: sit down, call, serve, finish; what they set aside and hand on is in `aside.py`.

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
    close_desk,
    desk_of,
    desks_of,
    hall_change,
    load_hall,
    open_tickets,
    seat_at,
    set_state,
    ticket_by_id,
)
from server.queue.rules import DeskRow, Seat, Ticket, Verb, allowed, choose, onward

__all__ = [
    "Work",
    "actor",
    "at_desk",
    "call_chosen",
    "call_next",
    "check",
    "counter_facts",
    "finish",
    "forget",
    "leave",
    "mine",
    "miss",
    "pause",
    "recall",
    "refuse_while_serving",
    "remember",
    "sit",
    "start",
    "unpause",
]


class Work(Struct, frozen=True):
    """An officer at a counter within a change."""

    change: Change
    setting: Setting
    officer: Officer
    desk: DeskRow
    seat: Seat


# --- the counter -------------------------------------------------------------------------------------------


async def sit(officer: Officer, number: int, *, also: bool = False) -> None:
    """Open a counter, instead of the one the officer had or, with `also`, beside it.

    Refuses no-such-counter, counter-taken, and still-serving where a ticket is at the old one.
    """
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        await catalogue.counter(officer.office, number)
        desk = await row(
            DeskRow,
            tables.Desk.select().where((tables.Desk.office == officer.office) & (tables.Desk.counter == number)),
        )
        if desk is not None and desk.officer == officer.username:
            return
        if desk is not None and desk.officer is not None:
            raise Refusal("counter-taken", counter=number)
        for before in [] if also else await desks_of(officer.office, officer.username):
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
        change.append("counter.opened", counter_facts(setting, number, opened=True))


async def leave(officer: Officer, counter: int | None = None) -> None:
    """Close the counter, or that one of several. Refuses still-serving; who sits nowhere has nothing to leave."""
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        desk = await desk_of(officer.office, officer.username, counter)
        if desk is not None:
            await _stand_up(change, setting, desk)


async def pause(officer: Officer, reason: str, until: datetime | None) -> None:
    """Take a break: nobody is called here until it ends. Refuses still-serving."""
    async with at_desk(officer) as work:
        await refuse_while_serving(work)
        await work.change.update(
            tables.Desk, work.desk.id, paused_at=work.change.now, paused_until=until, pause_reason=reason
        )
        work.change.append("counter.paused", counter_facts(work.setting, work.desk.counter, opened=False))


async def unpause(officer: Officer) -> None:
    """Come back from a break."""
    async with at_desk(officer) as work:
        if work.desk.paused_at is None:
            return
        await work.change.update(tables.Desk, work.desk.id, paused_at=None, paused_until=None, pause_reason=None)
        work.change.append("counter.opened", counter_facts(work.setting, work.desk.counter, opened=True))


# --- calling -----------------------------------------------------------------------------------------------


async def call_next(officer: Officer, counter: int | None = None) -> Ticket | None:
    """Call whoever is next, to that one of several counters; None where nobody waits.

    Refuses not-seated, counter-paused, still-serving.
    """
    async with at_desk(officer, counter=counter) as work:
        await refuse_while_serving(work)
        before, called = await _call_next(work)
        if before is not None:
            await remember(work, "next", [before])
        return called


async def call_chosen(officer: Officer, ticket: str, reason: str) -> Ticket:
    """Call a ticket out of turn, for a reason that the journal keeps. Refuses not-allowed without the permission to."""
    async with at_desk(officer) as work:
        if not {officer.role, officer.username} & set(work.setting.policy.may_choose):
            raise Refusal("not-allowed")
        await refuse_while_serving(work)
        found = await ticket_by_id(officer.office, ticket)
        check("call", found)
        if found.line not in work.seat.lines:
            raise Refusal("not-your-line", line=found.line)
        called = await call(work, found, chosen_by=officer.username, choice_reason=reason)
        await remember(work, "call", [found])
        return called


async def recall(officer: Officer, ticket: str) -> Ticket:
    """Call the same number again. Refuses too-soon within `recall_seconds` of the last call."""
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "recall", ticket)
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
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "start", ticket)
        started = await set_state(
            work.change, work.setting, found, "ticket.started", at_counter=work.desk.counter,
            state="serving", started_at=work.change.now,
        )  # fmt: skip
        await remember(work, "start", [found])
        return started


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
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "finish", ticket)
        if outcome is not None and outcome not in work.setting.policy.outcomes:
            raise Refusal("no-such-outcome", outcomes=", ".join(work.setting.policy.outcomes))
        columns: dict[str, object] = {"outcome": outcome or work.setting.policy.outcomes[0], "dossiers": dossiers}
        if procedures is not None:
            columns["procedures"] = "\n".join(
                [(await catalogue.procedure(officer.office, code)).code for code in procedures]
            )
        finished = await _end_here(work, msgspec.structs.replace(found, **columns), found, columns)
        before, called = await _call_next(work) if then_next and work.desk.paused_at is None else (None, None)
        await remember(work, "finish", [found] if before is None else [found, before])
        return finished, called


async def miss(officer: Officer, ticket: str) -> Ticket:
    """Nobody came. At the `max_calls`-th time the ticket becomes a no-show; until then its holder may come back."""
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "miss", ticket)
        misses = found.misses + 1
        if misses >= work.setting.policy.max_calls:
            gone = await set_state(
                work.change, work.setting, found, "ticket.no-show", at_counter=work.desk.counter, misses=misses,
                state="no-show", missed_at=work.change.now, ended_at=work.change.now, ended_seq=work.change.next_seq,
            )  # fmt: skip
        else:
            gone = await set_state(
                work.change, work.setting, found, "ticket.missed", at_counter=work.desk.counter, misses=misses,
                state="missed", missed_at=work.change.now, counter=None, officer=None,
            )  # fmt: skip
        await remember(work, "miss", [found])
        return gone


# --- within a change ---------------------------------------------------------------------------------------


@asynccontextmanager
async def at_desk(officer: Officer, *, ticket: str | None = None, counter: int | None = None) -> AsyncIterator[Work]:
    """A change by an officer who sits somewhere; of several counters, the ticket's or the one that is named.

    Refuses not-seated.
    """
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        mine_all = await desks_of(officer.office, officer.username)
        if ticket is not None and len(mine_all) > 1:
            held = (await ticket_by_id(officer.office, ticket)).counter
            mine_all.sort(key=lambda desk: desk.counter != held)
        desk = next((desk for desk in mine_all if counter in (None, desk.counter)), None)
        if desk is None:
            raise Refusal("not-seated")
        yield Work(change, setting, officer, desk, seat_at(desk, setting, change.now))


async def _call_next(work: Work) -> tuple[Ticket | None, Ticket | None]:
    if work.desk.paused_at is not None:
        raise Refusal("counter-paused")
    chosen = choose(work.seat, await load_hall(work.setting, work.change.now), work.change.now)
    if chosen is None:
        return None, None
    return chosen, await call(work, chosen)


async def _end_here(work: Work, ticket: Ticket, before: Ticket, columns: dict[str, object]) -> Ticket:
    """This desk is done: the visit is over, or goes back to who asked for that, or walks on to its next line."""
    change = work.change
    if ticket.back_to is not None and ticket.back_to != work.officer.username:
        return await set_state(
            change, work.setting, before, "ticket.transferred", at_counter=work.desk.counter, **columns,
            state="waiting", only_officer=ticket.back_to, only_counter=None, back_to=None,
            counter=None, officer=None, called_at=None, started_at=None,
        )  # fmt: skip
    codes = ticket.procedures.split("\n") if ticket.procedures else []
    lines_of = await _lines_of(change.office, codes) if len(codes) > 1 else {}
    done = {code for code in codes if lines_of.get(code, ticket.line) in work.seat.lines | {ticket.line}}
    served = [code for code in codes if code in done or code in ticket.served_procedures.split("\n")]
    columns["served_procedures"] = "\n".join(served)
    next_line = onward(msgspec.structs.replace(ticket, served_procedures="\n".join(served)), lines_of, work.seat)
    if next_line is not None and next_line in work.setting.lines:
        return await set_state(
            change, work.setting, before, "ticket.transferred", at_counter=work.desk.counter, **columns,
            state="waiting", line=next_line, only_officer=None, only_counter=None,
            counter=None, officer=None, called_at=None, started_at=None,
        )  # fmt: skip
    return await set_state(
        change, work.setting, before, "ticket.finished", at_counter=work.desk.counter, **columns,
        state="served", ended_at=change.now, ended_seq=change.next_seq,
    )  # fmt: skip


async def _lines_of(office: str, codes: Sequence[str]) -> dict[str, str]:
    """Which line each procedure is served on; one that the office has stopped taking is on none."""
    found = {}
    for code in codes:
        try:
            found[code] = (await catalogue.procedure(office, code)).line
        except Refusal:
            continue
    return found


async def call(work: Work, ticket: Ticket, **columns: object) -> Ticket:
    """Call this ticket to this desk."""
    now = work.change.now
    return await set_state(
        work.change, work.setting, ticket, "ticket.called", at_counter=work.desk.counter,
        state="called", first_called_at=ticket.first_called_at or now, called_at=now, announced_at=now,
        announced_seq=work.change.next_seq, announced_counter=work.desk.counter, counter=work.desk.counter,
        officer=work.officer.username, returned_seq=None, started_at=None,
        parked_at=None, kept_ms=0, parked_until=None, park_reason=None,
        **columns,
    )  # fmt: skip


async def refuse_while_serving(work: Work) -> None:
    for ticket in await open_tickets(work.officer.office):
        if ticket.counter == work.desk.counter and ticket.state in ("called", "serving"):
            raise Refusal("still-serving", label=ticket.label)


async def mine(work: Work, verb: Verb, ticket: str) -> Ticket:
    found = await ticket_by_id(work.officer.office, ticket)
    check(verb, found, work.seat)
    return found


def check(verb: Verb, ticket: Ticket, seat: Seat | None = None) -> None:
    refused = allowed(verb, ticket, seat=seat)
    if refused is not None:
        raise Refusal(refused.code, label=ticket.label, state=ticket.state)


async def _stand_up(change: Change, setting: Setting, desk: DeskRow) -> None:
    for ticket in await open_tickets(change.office):
        if ticket.counter == desk.counter and ticket.state in ("called", "serving"):
            raise Refusal("still-serving", label=ticket.label)
    await close_desk(change, setting, desk)


async def remember(work: Work, verb: str, before: Sequence[Ticket]) -> None:
    """Keep for a while what these tickets were before a verb that has just been done."""
    until = work.change.now + timedelta(seconds=work.setting.policy.undo_seconds)
    await tables.Desk.update(
        {
            tables.Desk.undo: msgspec.json.encode(before).decode(),
            tables.Desk.undo_verb: verb,
            tables.Desk.undo_until: until,
            tables.Desk.undo_seq: work.change.seq,
        }
    ).where(tables.Desk.id == work.desk.id)


async def forget(work: Work) -> None:
    await tables.Desk.update({tables.Desk.undo: None, tables.Desk.undo_verb: None, tables.Desk.undo_until: None}).where(
        tables.Desk.id == work.desk.id
    )


def counter_facts(setting: Setting, number: int, *, opened: bool) -> dict[str, object]:
    counter = setting.counters.get(number)
    return {"counter": {"number": number, "name": counter.name_vi if counter else str(number)}, "open": opened}


def actor(officer: Officer) -> str:
    return f"officer:{officer.username}"
