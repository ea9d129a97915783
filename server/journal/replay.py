"""The tables as the journal tells them, and the check of its chain."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, datetime

import msgspec
from piccolo.columns import Date, Timestamptz
from piccolo.table import Table

from server.db import is_unavailable, row, rows
from server.journal.append import Head, chained, journalled
from server.journal.frames import StoredEvent
from server.journal.tables import Event, Journal

__all__ = ["Rows", "events", "first_bad", "replayed"]

Rows = dict[str, dict[str, dict[str, object]]]
"""table name -> primary key -> column -> value"""

PAGE = 1000


async def events(office: str, at_once: int = PAGE) -> AsyncIterator[StoredEvent]:
    """All events of an office from the first on, read so many at once."""
    last = 0
    while True:
        page = await rows(
            StoredEvent,
            Event.select(Event.seq, Event.at, Event.kind, Event.actor, Event.body, Event.hash)
            .where((Event.office == office) & (Event.seq > last))
            .order_by(Event.seq)
            .limit(at_once),
        )
        for event in page:
            yield event
            last = event.seq
        if len(page) < at_once:
            return


async def replayed(office: str, tables: list[type[Table]]) -> Rows:
    """What the tables hold of an office, built from its journal alone; personal and secret columns are not in it."""
    known = {table._meta.tablename: table for table in tables}
    state: Rows = {name: {} for name in known}
    async for event in events(office):
        told: Rows = msgspec.json.decode(event.body).get("rows", {})
        for name, changed in told.items():
            for key, values in changed.items():
                row_of = state[name].setdefault(key, _fresh(known[name]))
                row_of.update({column: _typed(known[name], column, value) for column, value in values.items()})
    return state


async def first_bad(office: str) -> int | None:
    """The number of the first event that is not as it was written, or None where all is well and the head agrees."""
    checked = _Checked()
    try:
        await _check(office, checked, PAGE)
    except Exception as exc:
        if is_unavailable(exc):
            raise
        # Something cannot even be read: one by one, what was good before it is known.
        checked = _Checked()
        with suppress(Exception):
            await _check(office, checked, 1)
        return checked.seq + 1
    if checked.bad is not None:
        return checked.bad
    query = Journal.select().where(Journal.office == office)
    head = await row(Head, query) or Head(0, "", None, 0)
    if head.seq != checked.seq:
        return min(head.seq, checked.seq) + 1
    return None if head == checked.head() else checked.seq


class _Opened(msgspec.Struct):
    day: date
    practice: bool = False


class _Checked:
    """How far a journal has been found good, and the head it should have."""

    def __init__(self) -> None:
        self.seq, self.hash = 0, ""
        self.day: date | None = None
        self.day_seq = 0
        self.practice = False
        self.bad: int | None = None

    def head(self) -> Head:
        return Head(self.seq, self.hash, self.day, self.day_seq, self.practice)


async def _check(office: str, checked: _Checked, at_once: int) -> None:
    async for event in events(office, at_once):
        expected = chained(checked.hash, office, event.seq, event.at, event.kind, event.actor, event.body)
        if event.seq != checked.seq + 1 or event.hash != expected:
            checked.bad = checked.seq + 1
            return
        checked.seq, checked.hash = event.seq, event.hash
        if event.kind == "office.opened":
            opened = msgspec.json.decode(event.body, type=_Opened)
            checked.day, checked.day_seq, checked.practice = opened.day, event.seq, opened.practice


def _fresh(table: type[Table]) -> dict[str, object]:
    """A row nothing has been written to yet: an insert tells only what differs from it."""
    return journalled(table, table(_ignore_missing=True).to_dict())


def _typed(table: type[Table], column: str, value: object) -> object:
    kind = table._meta.get_column_by_name(column)
    if isinstance(value, str) and isinstance(kind, Timestamptz):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and isinstance(kind, Date):
        return date.fromisoformat(value)
    return value
