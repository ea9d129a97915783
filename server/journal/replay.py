"""The tables as the journal tells them, and the check of its chain."""

from collections.abc import AsyncIterator
from datetime import date, datetime

import msgspec
from piccolo.columns import Date, Timestamptz
from piccolo.table import Table

from server.db import row, rows
from server.journal.append import Head, chained, journalled
from server.journal.frames import StoredEvent
from server.journal.tables import Event, Journal

__all__ = ["Rows", "events", "first_bad", "replayed"]

Rows = dict[str, dict[str, dict[str, object]]]
"""table name -> primary key -> column -> value"""

PAGE = 1000


async def events(office: str) -> AsyncIterator[StoredEvent]:
    """All events of an office from the first on."""
    last = 0
    while True:
        page = await rows(
            StoredEvent,
            Event.select(Event.seq, Event.at, Event.kind, Event.actor, Event.body, Event.hash)
            .where((Event.office == office) & (Event.seq > last))
            .order_by(Event.seq)
            .limit(PAGE),
        )
        for event in page:
            yield event
            last = event.seq
        if len(page) < PAGE:
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
    """The number of the first event whose chain is broken, or None where all is well and the head agrees."""
    previous, seq = "", 0
    async for event in events(office):
        expected = chained(previous, office, event.seq, event.at, event.kind, event.actor, event.body)
        if event.seq != seq + 1 or event.hash != expected:
            return seq + 1
        previous, seq = event.hash, event.seq
    query = Journal.select(Journal.seq, Journal.hash, Journal.day, Journal.day_seq).where(Journal.office == office)
    head = await row(Head, query)
    if head is not None and (head.seq, head.hash) != (seq, previous):
        return seq + 1
    return None


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
