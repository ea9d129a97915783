"""Bring a database to this version's schema: numbered SQL files, one per engine, each in one transaction, forward only.

Any number of processes may do this at once: each file is applied under a lock, after looking again whether it is still
missing.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from server import clock

__all__ = ["MIGRATIONS", "MigrationError", "migrate_postgres", "migrate_sqlite", "migrations"]

MIGRATIONS = Path(__file__).parent / "migrations"
CONNECT_SECONDS = 5.0
# How long to wait for another process that is migrating, or for a statement of our own.
LOCK_SECONDS = 60.0
ADVISORY_LOCK = 7_068_117  # any number, the same in every version
TABLE = "CREATE TABLE IF NOT EXISTS migration (name VARCHAR(100) PRIMARY KEY NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"


class MigrationError(Exception):
    """This database was not made for this version of the program."""


def migrations(folder: Path, kind: str) -> Mapping[str, str]:
    """The SQL of each migration of an engine ("sqlite" or "postgres"), by name, in order.

    Raises MigrationError where there is none: then the installation is broken, and nothing should start.
    """
    files = sorted(folder.glob(f"*.{kind}.sql"))
    if not files:
        raise MigrationError(f"there are no migrations for {kind} in {folder}")
    return {file.name.removesuffix(f".{kind}.sql"): file.read_text(encoding="utf-8") for file in files}


def missing(known: Mapping[str, str], applied: set[str]) -> list[str]:
    """The names still to be applied, in order. Raises MigrationError where something unknown has been applied."""
    newer = sorted(applied - known.keys())
    if newer:
        raise MigrationError(
            f"this database has been changed by a newer version of Motcua ({', '.join(newer)}):"
            " install that version, or restore a backup from before"
        )
    return [name for name in known if name not in applied]


def statements(sql: str) -> Iterator[str]:
    """The single statements of a file. (SQLite's own executescript() would commit what is open.)"""
    *pieces, last = sql.split(";")
    pending = ""
    for piece in pieces:
        pending += f"{piece};"
        if sqlite3.complete_statement(pending):  # not so within a string, a comment or a trigger
            yield pending.strip()
            pending = ""
    if (pending + last).strip():
        yield (pending + last).strip()


async def migrate_sqlite(path: str, folder: Path) -> list[str]:
    """Apply what is missing; returns the names applied by this call. Raises sqlite3.Error and MigrationError."""
    return await asyncio.to_thread(_migrate_sqlite, path, folder)


def _migrate_sqlite(path: str, folder: Path) -> list[str]:
    known = migrations(folder, "sqlite")
    done: list[str] = []
    with closing(sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        # Looked up first without the lock: nearly always there is nothing to do.
        while missing(known, _applied_sqlite(connection)):
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute(TABLE)
                names = missing(known, _applied_sqlite(connection))
                if names:
                    for statement in statements(known[names[0]]):
                        connection.execute(statement)
                    now = clock.now().isoformat(sep=" ")
                    connection.execute("INSERT INTO migration (name, applied_at) VALUES (?, ?)", (names[0], now))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            done += names[:1]
    return done


def _applied_sqlite(connection: sqlite3.Connection) -> set[str]:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'").fetchall():
        return set()
    return {name for (name,) in connection.execute("SELECT name FROM migration")}


async def migrate_postgres(url: str, folder: Path) -> list[str]:
    """Apply what is missing; returns the names applied by this call.

    Raises OSError, asyncpg's errors and MigrationError.
    """
    known = migrations(folder, "postgres")
    done: list[str] = []
    connection = await asyncpg.connect(
        url, timeout=CONNECT_SECONDS, server_settings={"application_name": "motcua migrate"}
    )
    try:
        while missing(known, await _applied_postgres(connection)):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = {round(LOCK_SECONDS * 1000)}")
                await connection.execute("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
                await connection.execute(TABLE)
                names = missing(known, await _applied_postgres(connection))
                if names:
                    await connection.execute(known[names[0]])
                    now: datetime = clock.now()
                    await connection.execute("INSERT INTO migration (name, applied_at) VALUES ($1, $2)", names[0], now)
            done += names[:1]
    finally:
        await connection.close(timeout=CONNECT_SECONDS)
    return done


async def _applied_postgres(connection: "asyncpg.Connection") -> set[str]:
    if await connection.fetchval("SELECT to_regclass('migration')") is None:
        return set()
    return {record["name"] for record in await connection.fetch("SELECT name FROM migration")}
