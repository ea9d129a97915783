"""What officers do at a counter: sit down, call, serve; `visit.py` ends a service, `aside.py` sets aside and hands on.

Each function is one change of the office. A verb names the states it starts from (`rules_verbs.FROM`); anything else is
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
from server.notify.outbox import announce_call
from server.people.rules import Officer
from server.queue import tables
from server.queue.hall import (
    Setting,
    close_desk,
    desk_of,
    desks_of,
    hall_change,
    line_name,
    load_hall,
    open_tickets,
    seat_at,
    set_state,
    ticket_by_id,
)
from server.queue.rules import DeskRow, Seat, Ticket, callable_now, choose
from server.queue.rules_verbs import Verb, allowed

__all__ = [
    "Work",
    "actor",
    "at_desk",
    "call_chosen",
    "call_next",
    "call_whoever_is_next",
    "check",
    "counter_facts",
    "forget",
    "leave",
    "may_choose",
    "mine",
    "miss",
    "pause",
    "recall",
    "refuse_while_paused",
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


async def pause(officer: Officer, reason: str, until: datetime | None, counter: int | None = None) -> None:
    """Take a break: nobody is called here until it ends. Refuses still-serving, and not-future for its end."""
    async with at_desk(officer, counter=counter) as work:
        await refuse_while_serving(work)
        if until is not None and until <= work.change.now:
            raise Refusal("not-future")
        await work.change.update(
            tables.Desk, work.desk.id, paused_at=work.change.now, paused_until=until, pause_reason=reason
        )
        work.change.append("counter.paused", counter_facts(work.setting, work.desk.counter, opened=False))


async def unpause(officer: Officer, counter: int | None = None) -> None:
    """Come back from a break."""
    async with at_desk(officer, counter=counter) as work:
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
        before, called = await call_whoever_is_next(work)
        if before is not None:
            await remember(work, "next", [before])
        return called


def may_choose(officer: Officer, setting: Setting) -> bool:
    """Whether this officer may call a ticket out of turn: by name or by role."""
    return not {officer.role, officer.username}.isdisjoint(setting.policy.may_choose)


async def call_chosen(officer: Officer, ticket: str, reason: str, counter: int | None = None) -> Ticket:
    """Call a ticket out of turn, for a reason that the journal keeps. Refuses not-allowed without the permission to."""
    async with at_desk(officer, counter=counter) as work:
        if not may_choose(officer, work.setting):
            raise Refusal("not-allowed")
        found = await ticket_by_id(officer.office, ticket)
        if not callable_now(found, work.change.now):
            check("call", found)
        refuse_while_paused(work)
        await refuse_while_serving(work)
        if found.line not in work.seat.lines:
            raise Refusal("not-your-line", line=line_name(work.setting, found.line))
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
        recalled = await set_state(
            work.change, work.setting, found, "ticket.recalled", at_counter=work.desk.counter,
            called_at=work.change.now, announced_at=work.change.now, announced_seq=work.change.next_seq,
            announced_counter=work.desk.counter,
        )  # fmt: skip
        await announce_call(work.change, recalled)
        return recalled


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
    """A change by an officer who sits somewhere; of several counters, the one that is named, else the ticket's.

    The ticket's is where it is now, or where the last verb was about it. Refuses not-seated.
    """
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        theirs = await desks_of(officer.office, officer.username)
        if ticket is not None and len(theirs) > 1:
            held = (await ticket_by_id(officer.office, ticket)).counter
            theirs.sort(key=lambda desk: (desk.counter != held, f'"{ticket}"' not in (desk.undo or "")))
        desk = next((desk for desk in theirs if counter in (None, desk.counter)), None)
        if desk is None:
            raise Refusal("not-seated")
        yield Work(change, setting, officer, desk, seat_at(desk, setting, change.now))


async def call_whoever_is_next(work: Work) -> tuple[Ticket | None, Ticket | None]:
    """Call by the rule, within a change; returns the ticket before and after, or nothing where nobody waits."""
    refuse_while_paused(work)
    chosen = choose(work.seat, await load_hall(work.setting, work.change.now), work.change.now)
    if chosen is None:
        return None, None
    return chosen, await call(work, chosen)


async def call(work: Work, ticket: Ticket, **columns: object) -> Ticket:
    """Call this ticket to this desk."""
    now = work.change.now
    called = await set_state(
        work.change, work.setting, ticket, "ticket.called", at_counter=work.desk.counter,
        state="called", first_called_at=ticket.first_called_at or now, called_at=now, announced_at=now,
        announced_seq=work.change.next_seq, announced_counter=work.desk.counter, counter=work.desk.counter,
        officer=work.officer.username, returned_seq=None, started_at=None,
        parked_at=None, kept_ms=0, parked_until=None, park_reason=None,
        **columns,
    )  # fmt: skip
    await announce_call(work.change, called)
    return called


def refuse_while_paused(work: Work) -> None:
    """Refuse counter-paused: nobody is brought to a counter on a break."""
    if work.desk.paused_at is not None:
        raise Refusal("counter-paused")


async def refuse_while_serving(work: Work) -> None:
    """Refuse still-serving: one counter, one ticket."""
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
