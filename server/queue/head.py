"""What the head of an office does about the hall: opens lines at counters, hears calls for help, ends the day."""

from datetime import datetime

from server import clock
from server.catalogue import service as catalogue
from server.db import row
from server.errors import Refusal
from server.journal.append import Change
from server.journal.tables import Event
from server.people.rules import Officer
from server.queue import tables
from server.queue.desk import actor, at_desk
from server.queue.hall import close_day, desks, hall_change, open_tickets
from server.queue.rules import DeskRow, HelpKind
from server.queue.rules_numbers import begun_at
from server.queue.service import series_of, write_series

__all__ = ["answer_help", "call_for_help", "end_day", "give_lines", "start_numbers"]


async def give_lines(officer: Officer, counter: int, lines: list[str], until: datetime) -> None:
    """Have an open counter take further lines until an instant, whatever its officer usually does.

    Refuses no-such-counter for one that nobody sits at, no-such-line, and not-future.
    """
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        desk = await _desk(officer.office, counter)
        for line in lines:
            if line not in setting.lines:
                raise Refusal("no-such-line", line=line)
        if lines and until <= change.now:
            raise Refusal("not-future")
        await change.update(
            tables.Desk, desk.id, extra_lines="\n".join(sorted(set(lines))), extra_until=until if lines else None
        )
        change.append("counter.lines", {"counter": {"number": counter}, "lines": sorted(set(lines)), "until": until})


async def call_for_help(officer: Officer, kind: HelpKind | None, counter: int | None = None) -> None:
    """Call the head to one's counter without a sound (a complaint), or anybody who can come (an emergency).

    None takes the call back. Asked for again, it is one call.
    """
    async with at_desk(officer, counter=counter) as work:
        if work.desk.help_kind == kind:
            return
        await work.change.update(tables.Desk, work.desk.id, help_kind=kind, help_at=work.change.now if kind else None)
        work.change.append("counter.help", {"counter": {"number": work.desk.counter}, "help": kind})


async def answer_help(officer: Officer, counter: int) -> None:
    """Say that somebody is on the way."""
    async with hall_change(officer.office, actor(officer)) as (change, _setting):
        desk = await _desk(officer.office, counter)
        if desk.help_kind is None:
            return
        await change.update(tables.Desk, desk.id, help_kind=None, help_at=None)
        change.append("counter.help", {"counter": {"number": counter}, "help": None})


async def end_day(officer: Officer) -> None:
    """Close what is left and say that the day is over. Refuses still-serving while a ticket is at a counter.

    A day that has ended already, with nothing begun again since, is left alone.
    """
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        tickets = await open_tickets(officer.office)
        for ticket in tickets:
            if ticket.state in ("called", "serving"):
                raise Refusal("still-serving", label=ticket.label)
        manned = any(desk.officer is not None for desk in await desks(officer.office))
        if change.day is not None and (tickets or manned or not await _ended(change)):
            await close_day(change, setting, change.day)


async def start_numbers(officer: Officer, line: str, number: int) -> None:
    """Let a line's next number be this one: for an office that begins with Motcua in the middle of a day.

    Refuses no-such-line, bad-number outside the line's range, and number-taken where today's numbers are beyond it.
    """
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        found = await catalogue.line(officer.office, line)
        if not found.first_number <= number <= found.last_number:
            raise Refusal("bad-number", first=found.first_number, last=found.last_number)
        before = await series_of(change, line)
        begun = begun_at(before, clock.day_of(change.now, setting.office.time_zone), number)
        if begun is None:
            raise Refusal("number-taken")
        await write_series(change, line, begun, known=before is not None)
        change.append("series.started", {"line": line, "number": number})


async def _ended(change: Change) -> bool:
    """Whether it was said today that the day is over."""
    closed = (Event.office == change.office) & (Event.seq > change.day_seq) & (Event.kind == "office.closed")
    return await Event.exists().where(closed)


async def _desk(office: str, counter: int) -> DeskRow:
    table = tables.Desk
    found = await row(DeskRow, table.select().where((table.office == office) & (table.counter == counter)))
    if found is None or found.officer is None:
        raise Refusal("no-such-counter", counter=counter)
    return found
