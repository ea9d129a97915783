"""The process's database: opened once, used everywhere through `transaction`, `rows` and `row`."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from urllib.parse import unquote
from weakref import WeakKeyDictionary

import asyncpg  # type: ignore[import-untyped]
import msgspec
from piccolo.table import Table

from server.db.failures import DatabaseUnavailable, is_unavailable
from server.db.migrate import MIGRATIONS, migrate_postgres, migrate_sqlite
from server.db.postgres import PooledPostgresEngine, address
from server.db.sqlite import PooledSQLiteEngine
from server.db.transaction import Transaction

__all__ = [
    "Database",
    "PerDatabase",
    "after_commit",
    "current",
    "notify",
    "open_database",
    "row",
    "rows",
    "savepoint",
    "transaction",
]

T = TypeVar("T")
V = TypeVar("V")
Kind = Literal["sqlite", "postgres"]
PATIENCE = 4.0

_current: "Database | None" = None


class Database:
    """One SQLite file or one PostgreSQL database."""

    def __init__(self, url: str, kind: Kind, engine: PooledSQLiteEngine | PooledPostgresEngine) -> None:
        self.url = url
        self.kind = kind
        self.engine = engine

    async def start(self) -> None:
        """Connect, and be the process's database from now on. Raises DatabaseUnavailable."""
        global _current
        await self.engine.start_connection_pool()
        _current = self

    async def stop(self) -> None:
        """Close every connection. What is still running has a few seconds to finish."""
        global _current
        if _current is self:
            _current = None
        await self.engine.close_connection_pool()

    async def migrate(self, folder: Path = MIGRATIONS) -> list[str]:
        """Bring the schema to this version, started or not; returns the names of the migrations applied.

        Raises MigrationError for a database that a newer version has changed, DatabaseUnavailable when it is away.
        """
        try:
            if isinstance(self.engine, PooledSQLiteEngine):
                return await migrate_sqlite(self.engine.path, folder)
            return await migrate_postgres(self.url, folder)
        except (OSError, sqlite3.Error, asyncpg.PostgresError) as exc:
            if isinstance(exc, OSError) or is_unavailable(exc):
                raise DatabaseUnavailable(f"{self}: {exc or type(exc).__name__}") from exc
            raise

    def bind(self, *tables: type[Table]) -> None:
        """Let these tables' queries run here."""
        for table in tables:
            table._meta.db = self.engine

    def __str__(self) -> str:
        return self.engine.path if isinstance(self.engine, PooledSQLiteEngine) else address(self.url)


def open_database(url: str, *, patience: float = PATIENCE, connections: int = 10) -> Database:
    """The database at `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://…`. Does no I/O.

    `patience` is how long, in seconds, one wait for a lock, a connection or a statement may take; `connections` is the
    most that are opened to PostgreSQL. Raises ValueError for any other URL.
    """
    scheme, _, rest = url.partition("://")
    if scheme in ("postgresql", "postgres") and rest:
        return Database(url, "postgres", PooledPostgresEngine(url, patience=patience, connections=connections))
    path = unquote(rest.removeprefix("/"))
    if scheme == "sqlite" and rest.startswith("/") and path and path != ":memory:":
        return Database(url, "sqlite", PooledSQLiteEngine(str(Path(path).absolute()), patience=patience))
    raise ValueError(
        f"{scheme}://… is not a database for Motcua: write sqlite:///file.db"
        " (three slashes, four before an absolute path) or postgresql://user:password@host/name"
    )


def current() -> Database:
    """The database started last. Raises DatabaseUnavailable before that, and after it was stopped."""
    if _current is None:
        raise DatabaseUnavailable("no database has been started")
    return _current


def transaction() -> AbstractAsyncContextManager[Transaction[Any]]:
    """A transaction of this task; inside another one of the same task it joins that.

    All or nothing: leaving it normally returns when everything is stored, any exception undoes it. Its queries must run
    in the task that opened it: gather() and create_task() inside raise RuntimeError.
    """
    return current().engine.transaction()


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Inside a transaction: on an exception undo what was done inside, callbacks included, and re-raise."""
    async with _open_transaction().savepoint():
        yield


def after_commit(callback: Callable[[], None]) -> None:
    """Call this, in order of registration, when the transaction is committed; forget it when it is not.

    An exception from it is logged. Raises RuntimeError outside a transaction.
    """
    _open_transaction().callbacks.append(callback)


class PerDatabase(Generic[V]):
    """Something a process remembers of a database, forgotten with it: another database has another one."""

    def __init__(self, make: Callable[[], V]) -> None:
        self._make = make
        self._kept: WeakKeyDictionary[Database, V] = WeakKeyDictionary()

    def here(self) -> V:
        """What is remembered of the current database."""
        database = current()
        if database not in self._kept:
            self._kept[database] = self._make()
        return self._kept[database]


async def notify(channel: str, payload: str) -> None:
    """Inside a transaction: ring PostgreSQL's bell when it commits. Nothing on SQLite, where others watch the file."""
    _open_transaction()
    engine = current().engine
    if isinstance(engine, PooledPostgresEngine):
        await engine.fetch("SELECT pg_notify($1, $2)", (channel, payload))


def _open_transaction() -> Transaction[Any]:
    found = current().engine.transaction_here()
    if found is None:
        raise RuntimeError("this belongs inside a transaction")
    return found


async def rows(kind: type[T], query: Awaitable[Sequence[dict[str, Any]]]) -> list[T]:
    """Run a Piccolo query (select, raw, … returning) and make each row a `kind`, a msgspec Struct.

    Instants come out aware and in UTC on both engines. Raises msgspec.ValidationError where a row does not fit.
    """
    found = await query
    instants = _instants(kind)  # type: ignore[arg-type]
    for values in found:
        for name in instants:
            # SQLite forgets a column's type in RETURNING and in expressions: then it is the text that was stored.
            value = values.get(name)
            if isinstance(value, str):
                value = datetime.fromisoformat(value)
            if isinstance(value, datetime):
                values[name] = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return msgspec.convert(found, list[kind], strict=False)  # type: ignore[valid-type]


async def row(kind: type[T], query: Awaitable[Sequence[dict[str, Any]]]) -> T | None:
    """The first of `rows`, or None."""
    return next(iter(await rows(kind, query)), None)


@cache
def _instants(kind: type) -> tuple[str, ...]:
    """The names of the fields that hold a datetime or perhaps one."""
    hints = get_type_hints(kind)
    return tuple(
        name
        for name, hint in hints.items()
        if hint is datetime or (get_origin(hint) in (Union, UnionType) and datetime in get_args(hint))
    )
