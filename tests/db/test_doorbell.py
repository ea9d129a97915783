"""The bell between processes: heard when something was committed, and again after its line was cut."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

import asyncpg
import pytest

from server.db import notify, open_database, transaction
from server.db.doorbell import listen, watch


@asynccontextmanager
async def running(work) -> AsyncIterator[None]:
    """Run it beside the test, and cancel it at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
    assert isinstance(outcome, asyncio.CancelledError), outcome


class Bell:
    """Remembers what it heard; `next()` waits for the next thing."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    def ring(self, payload: str) -> None:
        self.heard.put_nowait(payload)

    def said(self, word: str) -> Callable[[], None]:
        return lambda: self.ring(word)

    async def next(self) -> str:
        async with asyncio.timeout(30):
            return await self.heard.get()


async def test_a_commit_rings_and_a_rollback_does_not(postgres_url):
    """notify() is heard when its transaction is committed, and only then; the first thing heard is the beginning."""
    database = open_database(postgres_url)
    await database.start()
    bell = Bell()
    async with running(listen(postgres_url, "bell", bell.ring, bell.said("listening"))):
        assert await bell.next() == "listening"
        with pytest.raises(KeyError):
            async with transaction():
                await notify("bell", "undone")
                raise KeyError
        async with transaction():
            await notify("bell", "bo-de")
            assert bell.heard.empty()
        assert await bell.next() == "bo-de"
    await database.stop()


async def test_a_cut_line_is_mended(postgres_url):
    """When the listening session is terminated it comes back by itself, says so, and hears what follows."""
    other = await asyncpg.connect(postgres_url)
    bell = Bell()
    async with running(listen(postgres_url, "bell", bell.ring, bell.said("listening"))):
        for payload in ("a", "b"):
            assert await bell.next() == "listening"
            await other.execute("SELECT pg_notify('bell', $1)", payload)
            assert await bell.next() == payload
            cut = await other.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'motcua doorbell'"
            )
            assert cut == 1
        assert await bell.next() == "listening"
    await other.close()


async def test_a_silent_line_is_probed(postgres_url):
    """A quiet session is asked now and then whether it still stands, and goes on listening."""
    other = await asyncpg.connect(postgres_url)
    bell = Bell()
    asked = "SELECT query_start FROM pg_stat_activity WHERE application_name = 'motcua doorbell' AND query = 'SELECT 1'"
    async with running(listen(postgres_url, "bell", bell.ring, bell.said("listening"), probe_seconds=0.01)):
        assert await bell.next() == "listening"
        async with asyncio.timeout(30):
            first = None
            while first is None or first == await other.fetchval(asked):
                first = first or await other.fetchval(asked)
        await other.execute("SELECT pg_notify('bell', 'x')")
        assert await bell.next() == "x"
    await other.close()


async def test_a_server_that_is_not_there_yet_is_waited_for(private_postgres):
    """The bell can be started before PostgreSQL, and is heard once that is up."""
    await asyncio.to_thread(private_postgres.stop)
    bell = Bell()
    async with running(listen(private_postgres.url, "bell", bell.ring, bell.said("listening"))):
        await asyncio.to_thread(private_postgres.start)
        assert await bell.next() == "listening"


async def test_a_commit_to_the_file_is_noticed(sqlite_url):
    """Any other connection's commit is noticed, a rollback is not; reported once at the beginning too."""
    path = open_database(sqlite_url).engine.path
    bell = Bell()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE debit (n BIGINT)")
        async with running(watch(path, bell.said("changed"), seconds=0.01)):
            assert await bell.next() == "changed"
            other.execute("BEGIN IMMEDIATE")
            other.execute("INSERT INTO debit VALUES (1)")
            other.execute("ROLLBACK")
            for _ in range(3):
                assert bell.heard.empty()
                other.execute("INSERT INTO debit VALUES (2)")
                assert await bell.next() == "changed"


async def test_a_file_that_comes_later_is_noticed(tmp_path):
    """Watching begins as soon as the file can be read."""
    bell = Bell()
    path = tmp_path / "later" / "test.db"
    async with running(watch(str(path), bell.said("changed"), seconds=0.01)):
        path.parent.mkdir()
        assert await bell.next() == "changed"
