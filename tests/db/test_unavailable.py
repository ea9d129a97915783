"""A database that is locked, gone, hung or full: unavailable, nothing changed, and the same process recovers."""

import asyncio
import os
import signal
import sqlite3
from contextlib import closing, suppress

import asyncpg
import pytest

from server.db import Database, DatabaseUnavailable, is_unavailable, open_database, transaction


async def whoami(database: Database) -> int:
    """The server process behind the open transaction."""
    return (await database.engine.fetch("SELECT pg_backend_pid() AS pid"))[0]["pid"]


async def retried(database: Database, sql: str) -> list[dict[str, object]]:
    """Run it again as long as the database is unavailable: a slow machine is not what these tests are about."""
    async with asyncio.timeout(60):
        while True:
            with suppress(DatabaseUnavailable):
                return await database.engine.fetch(sql)


async def test_a_locked_file_is_unavailable_until_it_is_free(sqlite_url):
    """While another program holds the write lock, writing is refused and reading goes on; afterwards all works."""
    database = open_database(sqlite_url, patience=0.05)
    await database.start()
    await database.engine.fetch("CREATE TABLE debit (n BIGINT)")
    with closing(sqlite3.connect(database.engine.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable, match="locked"):
                async with transaction():
                    pass
            with pytest.raises(DatabaseUnavailable, match="locked"):
                await database.engine.fetch("INSERT INTO debit VALUES (1)")
            assert await database.engine.fetch("SELECT n FROM debit") == []
        other.execute("ROLLBACK")
    async with transaction():
        await database.engine.fetch("INSERT INTO debit VALUES (1)")
    assert await database.engine.fetch("SELECT n FROM debit") == [{"n": 1}]
    await database.stop()


async def test_a_full_disk_ends_the_whole_transaction(sqlite_url):
    """When SQLite gives a transaction up, what follows in it is not stored either, even if the error is ignored."""
    database = open_database(sqlite_url, patience=0.2)
    await database.start()
    await database.engine.fetch("CREATE TABLE debit (n BIGINT, text TEXT)")
    pages = (await database.engine.fetch("PRAGMA page_count"))[0]["page_count"]
    await database.engine.fetch(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DatabaseUnavailable, match="lost"):
        async with transaction():
            await database.engine.fetch("INSERT INTO debit VALUES (1, '')")
            with pytest.raises(DatabaseUnavailable, match="full"):
                await database.engine.fetch("INSERT INTO debit VALUES (2, ?)", ["x" * 100_000])
            await database.engine.fetch("INSERT INTO debit VALUES (3, '')")
    assert await database.engine.fetch("SELECT n FROM debit") == []
    await database.engine.fetch("INSERT INTO debit VALUES (4, ?)", ["x" * 100_000])
    assert await database.engine.fetch("SELECT n FROM debit") == [{"n": 4}]
    await database.stop()


async def test_a_file_that_cannot_be_read_can_be_started_once_it_can(tmp_path):
    """A missing folder and a file that is no database are unavailable, and do not hinder a second try."""
    database = open_database(f"sqlite:///{tmp_path}/folder/test.db", patience=0.2)
    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        await database.start()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "test.db").write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        await database.start()
    (tmp_path / "folder" / "test.db").unlink()
    await database.start()
    assert await database.engine.fetch("SELECT 1 AS one") == [{"one": 1}]
    await database.stop()


async def test_a_locked_row_is_unavailable_until_it_is_free(postgres_url):
    """A transaction that waits too long for another session's row is refused, and works afterwards."""
    database = open_database(postgres_url, patience=0.5)
    other = await asyncpg.connect(postgres_url)
    await other.execute("CREATE TABLE debit (n BIGINT)")
    await other.execute("INSERT INTO debit VALUES (1)")
    while True:
        with suppress(DatabaseUnavailable):
            await database.start()
            break
    held = other.transaction()
    await held.start()
    await other.execute("UPDATE debit SET n = 2")
    with pytest.raises(DatabaseUnavailable):
        async with transaction():
            await database.engine.fetch("UPDATE debit SET n = n + 1")
    await held.rollback()
    await other.close()
    assert await retried(database, "UPDATE debit SET n = n + 1 WHERE n = 1 RETURNING n") == [{"n": 2}]
    await database.stop()


async def test_a_session_that_is_cut_costs_one_transaction(postgres_url):
    """A transaction whose session is terminated is refused and not stored; the next one works."""
    database = open_database(postgres_url, patience=30)
    await database.start()
    await database.engine.fetch("CREATE TABLE debit (n BIGINT)")
    other = await asyncpg.connect(postgres_url)
    with pytest.raises(DatabaseUnavailable):
        async with transaction():
            await database.engine.fetch("INSERT INTO debit VALUES (1)")
            await other.execute("SELECT pg_terminate_backend($1, 10000)", await whoami(database))
    await other.close()
    async with transaction():
        await database.engine.fetch("INSERT INTO debit VALUES (2)")
    assert await database.engine.fetch("SELECT n FROM debit") == [{"n": 2}]
    await database.stop()


async def test_a_restarted_server_is_found_again(private_postgres):
    """While PostgreSQL is down everything is unavailable, starting included; then the same pool works again."""
    database = open_database(private_postgres.url, patience=30)
    await database.start()
    await database.engine.fetch("CREATE TABLE one (n BIGINT)")
    await asyncio.to_thread(private_postgres.stop)
    for _ in range(12):  # more often than there are connections
        with pytest.raises(DatabaseUnavailable):
            await database.engine.fetch("SELECT n FROM one")
        with pytest.raises(DatabaseUnavailable):
            async with transaction():
                await database.engine.fetch("INSERT INTO one VALUES (1)")
    another = open_database(private_postgres.url, patience=30)
    with pytest.raises(DatabaseUnavailable):
        await another.start()
    with pytest.raises(DatabaseUnavailable):
        await another.migrate()
    await asyncio.to_thread(private_postgres.start)
    async with transaction():
        await database.engine.fetch("INSERT INTO one VALUES (2)")
    assert await database.engine.fetch("SELECT n FROM one") == [{"n": 2}]
    await database.stop()


async def test_a_server_that_does_not_answer_is_given_up(private_postgres):
    """A session that hangs is abandoned, in a statement or in a COMMIT, and another connection takes its place."""
    database = open_database(private_postgres.url, patience=30)
    await database.start()
    await database.engine.fetch("CREATE TABLE debit (n BIGINT)")
    for last_words in ("a statement", "COMMIT"):
        hung = 0
        try:
            with pytest.raises(DatabaseUnavailable):
                async with transaction() as hanging:
                    hung = await whoami(database)
                    hanging.connection.timeout = 0.1
                    os.kill(hung, signal.SIGSTOP)
                    if last_words == "a statement":
                        await database.engine.fetch("INSERT INTO debit VALUES (1)")
            assert await database.engine.fetch("SELECT n FROM debit") == []
        finally:
            os.kill(hung, signal.SIGCONT)
    await database.stop()


async def test_stopping_does_not_wait_for_ever(postgres_url):
    """stop() cuts what is still busy after a while; that transaction learns that it was not stored."""
    database = open_database(postgres_url, patience=30)
    await database.start()
    await database.engine.fetch("CREATE TABLE debit (n BIGINT)")
    inside, leave = asyncio.Event(), asyncio.Event()

    async def linger() -> None:
        async with database.engine.transaction():
            await database.engine.fetch("INSERT INTO debit VALUES (1)")
            inside.set()
            await leave.wait()

    task = asyncio.create_task(linger())
    await inside.wait()
    database.engine.patience = 0.05
    await database.stop()
    database.engine.patience = 30
    leave.set()
    with pytest.raises(DatabaseUnavailable):
        await task
    await database.start()
    assert await database.engine.fetch("SELECT n FROM debit") == []
    await database.stop()


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        FileNotFoundError("a template"),
        TimeoutError("of something else"),
        sqlite3.IntegrityError("UNIQUE constraint failed: a.b"),
        sqlite3.ProgrammingError("You did not supply a value for binding 1."),
        asyncpg.UniqueViolationError("x"),
        asyncpg.UndefinedTableError("x"),
    ],
    ids=repr,
)
def test_our_own_mistakes_are_not_the_databases(error):
    """What would fail again in the same way is not reported as unavailable."""
    assert not is_unavailable(error)


@pytest.mark.parametrize(
    "error",
    [
        DatabaseUnavailable("x"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.TooManyConnectionsError("x"),
        asyncpg.AdminShutdownError("x"),
        asyncpg.ConnectionDoesNotExistError("x"),
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
        asyncpg.DeadlockDetectedError("x"),
    ],
    ids=repr,
)
def test_what_may_pass_is_unavailable(error):
    """What another try may overcome is reported as unavailable."""
    assert is_unavailable(error)


async def test_readers_that_are_all_busy_are_waited_for_a_while(sqlite_url):
    """A select that finds no free reader is refused after a while instead of waiting for ever."""
    database = open_database(sqlite_url, patience=0.05)
    await database.start()
    engine = database.engine
    async with engine.borrowed("SELECT"), engine.borrowed("SELECT"):
        with pytest.raises(DatabaseUnavailable, match="readers are busy"):
            await engine.fetch("SELECT 1 AS one")
    assert await engine.fetch("SELECT 1 AS one") == [{"one": 1}]
    await database.stop()


async def test_starting_waits_for_another_that_writes(tmp_path):
    """A new file that another process is still filling is waited for, though SQLite itself would not wait here."""
    path = tmp_path / "new.db"
    database = open_database(f"sqlite:///{path}", patience=30)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.1, other.execute, "COMMIT")
        await database.start()
    assert await database.engine.fetch("PRAGMA journal_mode") == [{"journal_mode": "wal"}]
    assert await database.engine.fetch("PRAGMA synchronous") == [{"synchronous": 2}]
    await database.stop()
