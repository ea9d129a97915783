"""The same transactions done bare: the rows that a command wrote, written again by the driver alone.

What a command writes is found by looking: the tables before and after it. So it stays the same when the product
changes. What it reads, decides and checks is left out: that is the difference the ratio shows.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg

__all__ = ["Bare", "PostgresBare", "SqliteBare", "Write", "open_bare", "written"]

Row = dict[str, Any]
Snapshot = Mapping[str, Mapping[Any, Row]]

# Tables that commands write, their key, and the columns that must be new each time, so that every write is a real one.
TABLES = {
    "journal": ("office", ("seq",)),
    "event": ("id", ("id", "seq")),
    "ticket": ("id", ("id", "number", "follow_hash", "touched_seq")),
    "number_series": ("id", ("last",)),
    "desk": ("id", ("undo_seq",)),
    "promise": ("ticket", ("ticket",)),
    "idempotency_key": ("scope", ("scope",)),
}

PLACE = ("CREATE TABLE place (id INTEGER PRIMARY KEY, taken INTEGER)", "INSERT INTO place VALUES (1, 0)")
TAKE_PLACE = "UPDATE place SET taken = taken + 1 WHERE id = 1 AND taken < 1000000 RETURNING taken"


@dataclass(frozen=True)
class Write:
    """One row as a command left it; `known` where it was there before."""

    table: str
    row: Row
    known: bool

    def statement(self, mark: Callable[[int], str]) -> str:
        """The SQL; `mark(n)` is the driver's n-th parameter."""
        key, _ = TABLES[self.table]
        if not self.known:
            marks = ", ".join(mark(n) for n in range(1, len(self.row) + 1))
            return f"INSERT INTO {self.table} ({', '.join(self.row)}) VALUES ({marks})"
        changed = [name for name in self.row if name != key]
        sets = ", ".join(f"{name} = {mark(n)}" for n, name in enumerate(changed, 1))
        return f"UPDATE {self.table} SET {sets} WHERE {key} = {mark(len(self.row))}"

    def values(self, turn: int) -> list[Any]:
        """The parameters of that turn, the first being 1."""
        key, fresh = TABLES[self.table]
        names = [name for name in self.row if name != key] + [key] if self.known else list(self.row)
        return [_new(self.row[name], turn) if name in fresh else self.row[name] for name in names]


def _new(value: Any, turn: int) -> Any:
    if isinstance(value, str):
        return f"{turn:x}-{value}"[:64]
    return value if value is None else value + 100_000 * turn


def written(before: Snapshot, after: Snapshot) -> list[Write]:
    """What was written in between, in the order in which tables are named."""
    return [
        Write(table, row, key in before[table])
        for table, rows in after.items()
        for key, row in rows.items()
        if before[table].get(key) != row
    ]


class Bare(Protocol):
    """A driver, and nothing else."""

    name: str

    async def snapshot(self) -> Snapshot: ...

    async def rate(self, transactions: Sequence[Sequence[Write]], turns: int) -> float:
        """How many rounds of these transactions a second: one connection, one after the other.

        The database is good for nothing else afterwards: the rows are copies, and the journal's number has run away.
        """

    async def update_rate(self, turns: int) -> float:
        """How many `UPDATE … RETURNING` of one row a second, each a transaction of its own."""

    async def close(self) -> None: ...


class SqliteBare:
    """The standard library's sqlite3, set as the server sets it."""

    name = "sqlite3"

    def __init__(self, path: str) -> None:
        self.turn = 0
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")

    async def snapshot(self) -> Snapshot:
        return {
            table: {row[key]: dict(row) for row in self.connection.execute(f"SELECT * FROM {table}")}
            for table, (key, _) in TABLES.items()
        }

    async def rate(self, transactions: Sequence[Sequence[Write]], turns: int) -> float:
        ready = [[(write.statement(lambda _: "?"), write) for write in writes] for writes in transactions]

        def run() -> float:
            start = time.perf_counter()
            for _ in range(turns):
                for writes in ready:
                    self.turn += 1
                    self.connection.execute("BEGIN IMMEDIATE")
                    for statement, write in writes:
                        self.connection.execute(statement, write.values(self.turn))
                    self.connection.execute("COMMIT")
            return turns / (time.perf_counter() - start)

        return await asyncio.to_thread(run)

    async def update_rate(self, turns: int) -> float:
        def run() -> float:
            for statement in PLACE:
                self.connection.execute(statement)
            start = time.perf_counter()
            for _ in range(turns):
                self.connection.execute(TAKE_PLACE).fetchall()
            return turns / (time.perf_counter() - start)

        return await asyncio.to_thread(run)

    async def close(self) -> None:
        self.connection.close()


class PostgresBare:
    """asyncpg on one connection."""

    name = "asyncpg"

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.turn = 0
        self.connection = connection

    async def snapshot(self) -> Snapshot:
        return {
            table: {row[key]: dict(row) for row in await self.connection.fetch(f"SELECT * FROM {table}")}
            for table, (key, _) in TABLES.items()
        }

    async def rate(self, transactions: Sequence[Sequence[Write]], turns: int) -> float:
        ready = [[(write.statement(lambda n: f"${n}"), write) for write in writes] for writes in transactions]
        start = time.perf_counter()
        for _ in range(turns):
            for writes in ready:
                self.turn += 1
                async with self.connection.transaction():
                    for statement, write in writes:
                        await self.connection.execute(statement, *write.values(self.turn))
        return turns / (time.perf_counter() - start)

    async def update_rate(self, turns: int) -> float:
        for statement in PLACE:
            await self.connection.execute(statement)
        start = time.perf_counter()
        for _ in range(turns):
            await self.connection.fetch(TAKE_PLACE)
        return turns / (time.perf_counter() - start)

    async def close(self) -> None:
        await self.connection.close()


async def open_bare(url: str) -> Bare:
    """A bare connection to the database of that URL."""
    if url.startswith("sqlite:///"):
        return SqliteBare(url.removeprefix("sqlite:///"))
    return PostgresBare(await asyncpg.connect(url))
