"""Practice: for a while every number of the office is a sample, and nothing of it is counted.

It is a business day within the calendar's: it begins and ends with `office.opened` of the same date, so that every
board starts afresh, and the next morning's ends one that was forgotten. Its numbers are counted on their own.
"""

from piccolo.columns import Column

from server import clock
from server.errors import Refusal
from server.journal.append import Change
from server.people.rules import Officer
from server.queue import tables
from server.queue.desk import actor
from server.queue.hall import Setting, close_samples, hall_change, open_tickets

__all__ = ["begin", "end"]


async def begin(officer: Officer) -> None:
    """Begin practising; asked for again, nothing happens.

    Refuses made-up-office, where everything is a sample anyway, and numbers-open: nobody real may become a sample.
    """
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        if change.practice:
            return
        if setting.policy.made_up:
            raise Refusal("made-up-office")
        tickets = await open_tickets(officer.office)
        if tickets:
            raise Refusal("numbers-open", n=len(tickets), label=tickets[0].label)
        await _begin(change, setting, practice=True)


async def end(officer: Officer) -> None:
    """Close what practising has left and go on in earnest, everybody at the counter where they are.

    Where nobody practises, nothing happens.
    """
    async with hall_change(officer.office, actor(officer)) as (change, setting):
        if change.practice:
            await close_samples(change, setting)
            await _begin(change, setting, practice=False)


async def _begin(change: Change, setting: Setting, *, practice: bool) -> None:
    """Nothing of before can be undone: it was another day."""
    undo: dict[Column | str, None] = {tables.Desk.undo: None, tables.Desk.undo_verb: None, tables.Desk.undo_until: None}
    await tables.Desk.update(undo).where(tables.Desk.office == change.office)
    change.begin_day(clock.day_of(change.now, setting.office.time_zone), practice=practice)
