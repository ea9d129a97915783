"""The hall as it is: read from the tables what the rules look at, and the change that every verb happens in."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta

from msgspec import Struct, structs

from server import clock
from server.booking import service_arrival as booking
from server.catalogue import rules as catalogue_rules
from server.catalogue import service as catalogue
from server.catalogue.rules import Counter, Interval, Office, ServiceLine
from server.catalogue.rules_absence import at_work
from server.catalogue.rules_policy import practising
from server.db import row, rows
from server.errors import Refusal
from server.journal.append import Change, office_change
from server.people.rules import Colleague
from server.queue import tables
from server.queue.rules import OPEN_STATES, DeskRow, Hall, Seat, Ticket, resting
from server.queue.rules_numbers import numbered

__all__ = [
    "Setting",
    "close_day",
    "close_desk",
    "close_samples",
    "counter_name",
    "desk_of",
    "desks",
    "desks_of",
    "hall_change",
    "line_name",
    "load_hall",
    "load_setting",
    "number_of",
    "open_tickets",
    "opening_today",
    "seat_at",
    "set_state",
    "ticket_by_id",
    "ticket_facts",
]


class Setting(Struct, frozen=True):
    """What stays the same while tickets come and go: the office, its lines, counters and people, and its policy."""

    office: Office
    lines: Mapping[str, ServiceLine]
    counters: Mapping[int, Counter]
    officers: Mapping[str, Colleague]
    policy: catalogue_rules.Policy


async def load_setting(office: str) -> Setting:
    """An office's lines, counters, people and policy. Refuses no-such-office."""
    found = await catalogue.of(office)
    return Setting(
        office=found.office,
        lines={line.code: line for line in found.lines},
        counters={counter.number: counter for counter in found.counters},
        officers={officer.username: officer for officer in found.officers},
        policy=found.policy,
    )


async def open_tickets(office: str) -> list[Ticket]:
    """Every ticket of the office that is not over, in the order of issue."""
    return await rows(
        Ticket,
        tables.Ticket.select()
        .where((tables.Ticket.office == office) & tables.Ticket.state.is_in(sorted(OPEN_STATES)))
        .order_by(tables.Ticket.issued_seq),
    )


async def ticket_by_id(office: str, ticket: str) -> Ticket:
    """One ticket of this office. Refuses no-such-ticket, also for another office's."""
    found = await row(
        Ticket, tables.Ticket.select().where((tables.Ticket.office == office) & (tables.Ticket.id == ticket))
    )
    if found is None:
        raise Refusal("no-such-ticket")
    return found


async def desks(office: str) -> list[DeskRow]:
    """Every counter that was ever opened, with whoever is at it now."""
    return await rows(DeskRow, tables.Desk.select().where(tables.Desk.office == office).order_by(tables.Desk.counter))


async def desks_of(office: str, officer: str) -> list[DeskRow]:
    """The counters this officer looks after: usually one, the one opened first in front."""
    table = tables.Desk
    return await rows(
        DeskRow,
        table.select()
        .where((table.office == office) & (table.officer == officer))
        .order_by(table.opened_at, table.counter),
    )


async def desk_of(office: str, officer: str, counter: int | None = None) -> DeskRow | None:
    """The counter this officer sits at, or that one of several; None where he or she does not."""
    found = await desks_of(office, officer)
    return next((desk for desk in found if counter in (None, desk.counter)), None)


def seat_at(desk: DeskRow, setting: Setting, now: datetime) -> Seat:
    """Who sits there, and the lines that both the counter and the officer serve, with those given for a while."""
    if desk.officer is None:
        raise ValueError(f"nobody sits at counter {desk.counter}")
    counter = setting.counters.get(desk.counter)
    officer = setting.officers.get(desk.officer)
    served = frozenset(counter.lines) if counter and counter.lines else frozenset(setting.lines)
    skills = officer.skills if officer and officer.skills else frozenset(setting.lines)
    extra = frozenset(desk.extra_lines.split("\n")) if desk.extra_until and desk.extra_until > now else frozenset[str]()
    lines = served & skills | extra & frozenset(setting.lines)
    return Seat(desk.counter, desk.officer, lines, paused=desk.paused_at is not None)


async def load_hall(setting: Setting, now: datetime) -> Hall:
    """Everything the calling rule looks at, as of this moment of the transaction (or of the last commit)."""
    office = setting.office.code
    tickets = await open_tickets(office)
    seats = [seat_at(desk, setting, now) for desk in await desks(office) if desk.officer is not None]
    returned = [ticket for ticket in tickets if ticket.returned_seq is not None]
    calls = await _calls_since(office, min(ticket.returned_seq or 0 for ticket in returned)) if returned else {}
    claimed = any(ticket.only_officer or ticket.only_counter for ticket in tickets)
    officers, counters = await _due(setting, now) if claimed else (frozenset[str](), frozenset[int]())
    return Hall(
        tickets=tickets,
        seats=seats,
        discipline=setting.policy.priority_policy,
        due_officers=officers,
        due_counters=counters,
        resting=frozenset(ticket.id for ticket in returned if resting(ticket, calls.get(ticket.line, ()))),
    )


class _Card(Struct, frozen=True):
    id: str
    label: str
    ticket: str | None


class _Call(Struct, frozen=True):
    line: str
    announced_seq: int


async def _calls_since(office: str, seq: int) -> dict[str, list[int]]:
    table = tables.Ticket
    found = await rows(
        _Call,
        table.select(table.line, table.announced_seq).where((table.office == office) & (table.announced_seq > seq)),
    )
    calls: dict[str, list[int]] = {}
    for call in found:
        calls.setdefault(call.line, []).append(call.announced_seq)
    return calls


async def _due(setting: Setting, now: datetime) -> tuple[frozenset[str], frozenset[int]]:
    """Officers and counters whose shift of today has not ended yet."""
    zone = setting.office.time_zone
    today = clock.day_of(now, zone)
    absences = await catalogue.absences(setting.office.code)
    due = [
        shift
        for shift in await catalogue.shifts(setting.office.code)
        if any(now < ends for _, ends in at_work(shift, absences, today, zone))
    ]
    return frozenset(shift.username for shift in due), frozenset(shift.counter for shift in due)


async def opening_today(setting: Setting, now: datetime) -> list[Interval]:
    """When the office is open on the day that it is there."""
    today = clock.day_of(now, setting.office.time_zone)
    return (await catalogue.opening_days(setting.office, today, 1))[today]


def number_of(ticket: Ticket, setting: Setting) -> str:
    """The ticket's number as printed: the prefix of the line that issued it, and its digits."""
    line = setting.lines.get(ticket.series)
    return numbered(line.prefix if line else ticket.series, ticket.number)


def ticket_facts(
    setting: Setting, before: Ticket | None, after: Ticket, counter: int | None = None
) -> dict[str, object]:
    """What an event about a ticket tells: the ticket, its state and line before, and the counter where one matters."""
    facts: dict[str, object] = {
        "ticket": {
            "id": after.id,
            "number": number_of(after, setting),
            "label": after.label,
            "line": after.line,
            "day": after.day,
            "state": after.state,
        },
        "was": {"state": before.state, "line": before.line} if before else None,
    }
    if counter is not None:
        facts["counter"] = {"number": counter, "name": counter_name(setting, counter)}
    return facts


def counter_name(setting: Setting, number: int) -> str:
    """What is said on the wall for a counter."""
    counter = setting.counters.get(number)
    return counter.name_vi if counter else str(number)


def line_name(setting: Setting, code: str) -> str:
    """What a line is called in a refusal; its code where the office has it no more."""
    line = setting.lines.get(code)
    return line.name_vi if line else code


async def set_state(
    change: Change, setting: Setting, ticket: Ticket, kind: str, *, at_counter: int | None = None, **columns: object
) -> Ticket:
    """Write columns of a ticket and tell of it; returns the ticket as it is now."""
    columns["touched_seq"] = change.next_seq
    await change.update(tables.Ticket, ticket.id, **columns)
    after = structs.replace(ticket, **columns)
    change.append(kind, ticket_facts(setting, ticket, after, at_counter))
    return after


@asynccontextmanager
async def hall_change(office: str, actor: str) -> AsyncIterator[tuple[Change, Setting]]:
    """A change of the hall. The first of a business day opens that day, after closing what the last one left behind."""
    async with office_change(office, actor) as change:
        setting = await load_setting(office)
        today = clock.day_of(change.now, setting.office.time_zone)
        if change.day is None or change.day < today:
            await _begin_day(change, setting, today)
        # The day may have begun, and practice ended, in this very change.
        yield change, structs.replace(setting, policy=practising(setting.policy, change.practice))


async def _begin_day(change: Change, setting: Setting, today: date) -> None:
    if change.day is not None and not await _open_through(setting, change.day, change.now):
        await close_day(change, setting, change.day)
    if change.practice:  # forgotten; where the doors do not shut at midnight its numbers are still there
        await close_samples(change, setting)
    change.begin_day(today)
    await booking.mark_no_shows(change, setting.office.time_zone)


async def close_day(change: Change, setting: Setting, day: date) -> None:
    """Close what a day has left, counters and tickets, one event each, and say that it is over."""
    for desk in await desks(change.office):
        if desk.officer is not None:
            await close_desk(change, setting, desk)
    for ticket in await open_tickets(change.office):
        await _close(change, setting, ticket)
    change.append("office.closed", {"day": day})


async def close_samples(change: Change, setting: Setting) -> None:
    """Close the numbers that practising has left, and take its cards back into the stack."""
    for ticket in await open_tickets(change.office):
        if ticket.sample:
            await _close(change, setting, ticket)
    table = tables.Card
    for card in await rows(_Card, table.select().where((table.office == change.office) & (table.state == "out"))):
        if card.ticket is not None and (await ticket_by_id(change.office, card.ticket)).sample:
            await change.update(table, card.id, state="in", ticket=None)
            change.append("card.in", {"card": card.label})


async def _close(change: Change, setting: Setting, ticket: Ticket) -> None:
    await set_state(
        change, setting, ticket, "ticket.closed",
        state="closed", ended_at=change.now, ended_seq=change.next_seq, parked_until=None,
    )  # fmt: skip


async def close_desk(change: Change, setting: Setting, desk: DeskRow) -> None:
    """Nobody sits there any more."""
    await change.update(
        tables.Desk, desk.id, officer=None, opened_at=None, paused_at=None, paused_until=None, pause_reason=None,
        extra_lines="", extra_until=None, help_kind=None, help_at=None,
        undo=None, undo_verb=None, undo_until=None, undo_seq=None,
    )  # fmt: skip
    name = counter_name(setting, desk.counter)
    change.append("counter.closed", {"counter": {"number": desk.counter, "name": name}, "open": False})


async def _open_through(setting: Setting, since: date, now: datetime) -> bool:
    """Whether the office has not shut since that day: then its tickets are carried over midnight, not closed."""
    days = (clock.day_of(now, setting.office.time_zone) - since).days + 1
    if days > 2:
        return False
    opening: Sequence[catalogue_rules.Interval] = [
        interval for found in (await catalogue.opening_days(setting.office, since, days)).values() for interval in found
    ]
    midnight = clock.local(now, setting.office.time_zone).replace(hour=0, minute=0, second=0, microsecond=0)
    before, after = midnight - timedelta(milliseconds=1), midnight
    return all(any(start <= instant < end for start, end in opening) for instant in (before, after))
