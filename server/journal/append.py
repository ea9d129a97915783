"""A change of an office: the one shape every command has.

    async with office_change("bo-de", actor="officer:ha") as change:
        ...decide by a pure rule...
        await change.update(Ticket, ticket.id, state="called", called_at=change.now)
        change.append("ticket.called", {...what happened...})

Entering opens (or joins) a transaction and locks the office's journal row, so that changes of one office happen one
after the other, on SQLite and PostgreSQL alike. Leaving writes the events, gapless and chained, and rings the bell
once the transaction has been committed. A change that appended nothing takes no number.

Rows are written through the change and ride along in the next event under `rows`: that is what replay reads.
Columns marked personal or secret are written but never journalled.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

import msgspec
from piccolo.columns import Column
from piccolo.table import Table

from server import clock
from server.db import after_commit, current, notify, row, transaction
from server.journal.tables import PERSONAL, Event, Journal

__all__ = ["CHANNEL", "Change", "Head", "chained", "journalled", "office_change", "on_news"]

CHANNEL = "motcua"

_current: ContextVar["Change | None"] = ContextVar("change", default=None)
_listeners: list[Callable[[str], None]] = []


class Head(msgspec.Struct, frozen=True):
    """Where a journal stands: its last number, the hash of that event, and the business day it is in.

    `practice` is true while that day is one for practising, whose numbers are samples.
    """

    seq: int
    hash: str
    day: date | None
    day_seq: int
    practice: bool = False


def on_news(listener: Callable[[str], None]) -> Callable[[], None]:
    """Have `listener(office)` called after each commit in this process that appended; returns what takes it off."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def journalled(table: type[Table], values: Mapping[str, object]) -> dict[str, object]:
    """Those of the values that may stand in the journal: nothing personal, nothing secret."""
    kept = {}
    for name, value in values.items():
        column = table._meta.get_column_by_name(name)
        if not column._meta.secret and column._meta.help_text != PERSONAL:
            kept[name] = value
    return kept


def chained(previous: str, office: str, seq: int, at: datetime, kind: str, actor: str, body: str) -> str:
    """The hash of an event: SHA-256 over the hash before it and everything that is stored of it, as stored."""
    stamp = at.astimezone(UTC).isoformat(timespec="microseconds")
    text = "\n".join((previous, office, str(seq), stamp, kind, actor, body))
    return hashlib.sha256(text.encode()).hexdigest()


class Change:
    """One change of one office, under its lock. `now` is the instant of everything that happens in it."""

    def __init__(self, office: str, actor: str, head: Head) -> None:
        self.office = office
        self.actor = actor
        self.now = clock.now()
        self.day = head.day
        self.day_seq = head.day_seq
        self.practice = head.practice
        self._head = head
        self._rows: dict[str, dict[str, dict[str, object]]] = {}
        self._events: list[tuple[str, str]] = []

    @property
    def seq(self) -> int:
        """The number of the newest event, those of this change included."""
        return self._head.seq + len(self._events)

    @property
    def next_seq(self) -> int:
        """The number that the next event appended will have."""
        return self.seq + 1

    async def insert(self, table: type[Table], key: str, values: Mapping[str, object]) -> None:
        """Write a new row and have the next event tell of it; `key` is the primary key's value."""
        await table.insert(table.from_dict(dict(values)))
        self._tell(table, key, values)

    async def update(self, table: type[Table], key: str, /, **values: object) -> None:
        """Write columns of one row and have the next event tell of them."""
        primary = table._meta.primary_key
        columns: dict[Column | str, object] = {
            table._meta.get_column_by_name(name): value for name, value in values.items()
        }
        await table.update(columns).where(primary == key)
        self._tell(table, key, values)

    def append(self, kind: str, facts: Mapping[str, object]) -> int:
        """Append an event that tells these facts and the rows written since the last one; returns its number."""
        body: dict[str, object] = dict(facts)
        if self._rows:
            body["rows"] = self._rows
            self._rows = {}
        self._events.append((kind, msgspec.json.encode(body).decode()))
        return self.seq

    def begin_day(self, day: date, *, practice: bool = False) -> None:
        """Open a business day, in earnest or for practice; the board begins afresh, also where it is the same day."""
        self.day = day
        self.day_seq = self.next_seq
        self.practice = practice
        self.append("office.opened", {"day": day, "practice": practice})

    def _tell(self, table: type[Table], key: str, values: Mapping[str, object]) -> None:
        name = table._meta.tablename
        self._rows.setdefault(name, {}).setdefault(key, {}).update(journalled(table, values))

    async def _write(self) -> None:
        if self._rows:
            raise AssertionError(f"rows written without an event that tells of them: {self._rows}")
        if not self._events:
            return
        seq, previous = self._head.seq, self._head.hash
        rows: list[Event] = []
        for kind, body in self._events:
            seq += 1
            previous = chained(previous, self.office, seq, self.now, kind, self.actor, body)
            rows.append(
                Event(
                    id=f"{self.office}/{seq}", office=self.office, seq=seq, at=self.now, kind=kind,
                    actor=self.actor, body=body, hash=previous,
                )
            )  # fmt: skip
        await Event.insert(*rows)
        await Journal.update(
            {
                Journal.seq: seq, Journal.hash: previous,
                Journal.day: self.day, Journal.day_seq: self.day_seq, Journal.practice: self.practice,
            }
        ).where(Journal.office == self.office)  # fmt: skip
        await notify(CHANNEL, self.office)
        after_commit(self._ring)

    def _ring(self) -> None:
        for listener in _listeners:
            listener(self.office)


async def lock_head(office: str) -> Head:
    """Lock the office's journal row for the rest of the transaction: the guard that makes changes follow each other."""
    if current().kind == "postgres":
        # Who waits for a row is let in as it happens, and may starve; for this lock, in the order of coming.
        await current().engine.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", (office,))
    query = "UPDATE journal SET seq = seq WHERE office = {} RETURNING seq, hash, day, day_seq, practice"
    head = await row(Head, Journal.raw(query, office))
    if head is None:
        await Journal.raw(
            "INSERT INTO journal (office, seq, hash, day, day_seq) VALUES ({}, 0, '', NULL, 0) ON CONFLICT DO NOTHING",
            office,
        )
        head = await row(Head, Journal.raw(query, office))
    if head is None:
        raise AssertionError("a journal row that was just inserted is gone")
    return head


@asynccontextmanager
async def office_change(office: str, actor: str) -> AsyncIterator[Change]:
    """Change an office under its lock. A use case called within another's change of the same office joins it."""
    outer = _current.get()
    if outer is not None:
        if outer.office != office:
            raise AssertionError(f"one command changes one office: {outer.office}, not {office}")
        yield outer
        return
    async with transaction():
        change = Change(office, actor, await lock_head(office))
        token = _current.set(change)
        try:
            yield change
        finally:
            _current.reset(token)
        await change._write()
