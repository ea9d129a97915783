"""Transactions on both engines: all or nothing, whatever happens on the way."""

import asyncio
import random
import sqlite3
import threading

import asyncpg
import pytest

from server.db import DatabaseUnavailable, after_commit, notify, savepoint, transaction, violated
from server.db.postgres import PostgresConnection
from server.db.sqlite import SQLiteConnection


async def test_commits_what_was_done_inside(ledger):
    """Leaving normally stores everything."""
    await ledger.enter(1)
    assert await ledger.entries() == [1]


async def test_an_exception_undoes_everything(ledger):
    """Any exception passes through and nothing is stored."""
    with pytest.raises(KeyError):
        async with transaction():
            await ledger.Debit.insert(ledger.Debit(n=1))
            raise KeyError
    assert await ledger.entries() == []


async def test_reads_its_own_writes(ledger):
    """A select inside a transaction sees what was written before; one outside does not until the commit."""
    seen = asyncio.Event()
    wrote = asyncio.Event()

    async def outside() -> list[int]:
        await wrote.wait()
        found = await ledger.entries()
        seen.set()
        return found

    reader = asyncio.create_task(outside())
    async with transaction():
        await ledger.Debit.insert(ledger.Debit(n=1))
        assert await ledger.Debit.count() == 1
        wrote.set()
        await seen.wait()
        await ledger.Credit.insert(ledger.Credit(n=1, debit=1))
    assert await reader == []
    assert await ledger.entries() == [1]


async def test_a_failing_commit_leaves_nothing_behind(ledger):
    """A commit that the database refuses raises, stores nothing, and holds no lock and none of the two connections."""
    for n in range(5):
        with pytest.raises((sqlite3.IntegrityError, asyncpg.ForeignKeyViolationError)) as caught:
            await ledger.enter_wrongly(n)
        assert violated(caught.value) is None
        assert not ledger.database.engine.transaction_exists()
    await ledger.enter(1)
    assert await ledger.entries() == [1]


async def test_an_ignored_failure_is_not_committed_silently(ledger):
    """The rest is stored (SQLite), or leaving raises (PostgreSQL, which answers such a COMMIT by rolling back)."""
    await ledger.enter(1)
    try:
        async with transaction():
            await ledger.Debit.insert(ledger.Debit(n=2))
            await ledger.Credit.insert(ledger.Credit(n=2, debit=2))
            with pytest.raises((sqlite3.IntegrityError, asyncpg.UniqueViolationError)):
                await ledger.Debit.insert(ledger.Debit(n=1))
    except RuntimeError:
        assert ledger.database.kind == "postgres"
        assert await ledger.entries() == [1]
    else:
        assert ledger.database.kind == "sqlite"
        assert await ledger.entries() == [1, 2]


async def test_inside_another_it_joins(ledger):
    """An inner transaction neither commits by itself nor survives the outer one."""
    calls: list[str] = []
    with pytest.raises(KeyError):
        async with transaction():
            async with transaction():
                await ledger.Debit.insert(ledger.Debit(n=1))
                after_commit(lambda: calls.append("inner"))
            assert ledger.database.engine.transaction_exists()
            raise KeyError
    assert await ledger.entries() == []
    assert calls == []


async def test_a_savepoint_undoes_its_part_alone(ledger):
    """What failed inside a savepoint is undone, its callbacks too; what stands around it is stored."""
    calls: list[str] = []
    async with transaction():
        await ledger.Debit.insert(ledger.Debit(n=1))
        after_commit(lambda: calls.append("before"))
        with pytest.raises((sqlite3.IntegrityError, asyncpg.UniqueViolationError)):
            async with savepoint():
                await ledger.Debit.insert(ledger.Debit(n=2))
                after_commit(lambda: calls.append("undone"))
                await ledger.Debit.insert(ledger.Debit(n=1))
        async with savepoint():
            await ledger.Credit.insert(ledger.Credit(n=1, debit=1))
            after_commit(lambda: calls.append("after"))
    assert await ledger.entries() == [1]
    assert calls == ["before", "after"]


async def test_savepoints_nest(ledger):
    """An outer savepoint undoes an inner one that had succeeded."""
    async with transaction():
        with pytest.raises(KeyError):
            async with savepoint():
                async with savepoint():
                    await ledger.Debit.insert(ledger.Debit(n=2))
                raise KeyError
        await ledger.Debit.insert(ledger.Debit(n=1))
        await ledger.Credit.insert(ledger.Credit(n=1, debit=1))
    assert await ledger.entries() == [1]


async def test_callbacks_run_in_order_once_all_is_stored(ledger):
    """Callbacks wait for the outermost commit and run in the order they were registered."""
    calls: list[str] = []
    async with transaction():
        after_commit(lambda: calls.append("first"))
        async with transaction():
            after_commit(lambda: calls.append("second"))
        after_commit(lambda: calls.append(f"open: {ledger.database.engine.transaction_exists()}"))
        assert calls == []
    assert calls == ["first", "second", "open: False"]


async def test_callbacks_are_dropped_when_the_commit_fails(ledger):
    """What was not stored is not told."""
    calls: list[str] = []
    with pytest.raises((sqlite3.IntegrityError, asyncpg.ForeignKeyViolationError)):
        async with transaction():
            after_commit(lambda: calls.append("told"))
            await ledger.enter_wrongly(1)
    assert calls == []


async def test_a_failing_callback_does_not_undo_or_stop_anything(ledger, caplog):
    """The change is stored, the other callbacks run, and the failure is logged."""
    calls: list[str] = []
    async with transaction():
        after_commit(lambda: calls.append("a"))
        after_commit(lambda: [][0])
        after_commit(lambda: calls.append("b"))
        await ledger.enter(1)
    assert calls == ["a", "b"]
    assert await ledger.entries() == [1]
    assert "IndexError" in caplog.text


async def test_what_needs_a_transaction_says_so(ledger):
    """Savepoints, callbacks and the bell outside a transaction are mistakes of ours, and loud."""
    with pytest.raises(RuntimeError):
        after_commit(list)
    with pytest.raises(RuntimeError):
        await notify("bell", "x")
    with pytest.raises(RuntimeError):
        async with savepoint():
            pass


async def test_a_transaction_belongs_to_its_task(ledger):
    """A task started inside may not slip into the transaction, and is free once it is over."""
    go = asyncio.Event()

    async def later() -> int:
        await go.wait()
        return await ledger.Debit.count()

    async with transaction():
        await ledger.Debit.insert(ledger.Debit(n=1))
        await ledger.Credit.insert(ledger.Credit(n=1, debit=1))
        with pytest.raises(RuntimeError, match="task"):
            await asyncio.gather(ledger.Debit.count())
        task = asyncio.create_task(later())
    go.set()
    assert await task == 1


async def test_waiting_for_a_turn_ends(ledger):
    """When every connection is taken, one more gets DatabaseUnavailable instead of waiting for ever; later it works."""
    taken = [asyncio.Event(), asyncio.Event()]
    leave = asyncio.Event()

    async def hold(event: asyncio.Event) -> None:
        async with transaction():
            event.set()
            await leave.wait()

    holders = [asyncio.create_task(hold(event)) for event in taken[: 1 if ledger.database.kind == "sqlite" else 2]]
    for event, _ in zip(taken, holders, strict=False):
        await event.wait()
    ledger.database.engine.patience = 0.05
    with pytest.raises(DatabaseUnavailable):
        await ledger.enter(1)
    ledger.database.engine.patience = 30
    leave.set()
    await asyncio.gather(*holders)
    await ledger.enter(1)
    assert await ledger.entries() == [1]


@pytest.mark.parametrize("moment", ["begin", "commit", "rollback"])
async def test_cancelled_at_a_boundary(ledger, monkeypatch, moment):
    """Cancelled while beginning or undoing: nothing stored. While committing: stored, and its callbacks run.

    The cancellation arrives in every case, and the connection is free again.
    """
    kind = SQLiteConnection if ledger.database.kind == "sqlite" else PostgresConnection
    original = getattr(kind, moment)
    calls: list[str] = []

    async def work() -> None:
        async with transaction():
            await ledger.Debit.insert(ledger.Debit(n=1))
            await ledger.Credit.insert(ledger.Credit(n=1, debit=1))
            after_commit(lambda: calls.append("told"))
            if moment == "rollback":
                raise KeyError

    task = asyncio.create_task(work())

    async def cancelling(connection: object) -> None:
        task.cancel()
        await original(connection)

    monkeypatch.setattr(kind, moment, cancelling)
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.undo()
    committed = moment == "commit"
    assert await ledger.entries() == ([1] if committed else [])
    assert calls == (["told"] if committed else [])
    await ledger.enter(2)


async def test_cancelled_anywhere(ledger):
    """Hundreds of transactions, many cancelled at random instants: both halves agree, nothing acknowledged is missing,
    nothing is stuck.
    """
    chance = random.Random(20261123)
    loop = asyncio.get_running_loop()
    acknowledged: set[int] = set()
    cancelled = 0

    async def enter(n: int) -> None:
        await ledger.enter(n)
        acknowledged.add(n)

    for wave in range(1000):
        tasks = [asyncio.create_task(enter(8 * wave + place)) for place in range(8)]
        for task in tasks:
            if chance.random() < 0.6:
                loop.call_later(chance.random() ** 2 * 0.02, task.cancel)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(outcome is None or isinstance(outcome, asyncio.CancelledError) for outcome in outcomes), outcomes
        cancelled += sum(outcome is not None for outcome in outcomes)
        if min(cancelled, len(acknowledged)) > 200:
            break
    assert min(cancelled, len(acknowledged)) > 200
    assert acknowledged <= set(await ledger.entries())
    await ledger.enter(-1)
    if ledger.database.kind == "postgres":
        stuck = await ledger.database.engine.fetch(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        assert stuck == []


async def test_stopping_leaves_no_thread_and_no_connection(ledger, pg_server):
    """After stop() nothing of the engine is left, also when a transaction was cancelled on the way."""
    task = asyncio.create_task(ledger.enter(1))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await ledger.enter(2)
    if ledger.database.kind == "postgres":
        name = (await ledger.database.engine.fetch("SELECT current_database() AS name"))[0]["name"]
    await ledger.database.stop()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("sqlite")] == []
    if ledger.database.kind == "postgres":
        connection = await asyncpg.connect(pg_server)
        try:
            # Without FORCE this is refused while anybody is connected.
            await connection.execute(f"DROP DATABASE {name}")
        finally:
            await connection.close()


async def test_a_stopped_database_says_so(ledger):
    """Queries and transactions after stop() are refused as unavailable."""
    await ledger.database.stop()
    with pytest.raises(DatabaseUnavailable):
        await ledger.Debit.count()
    with pytest.raises(DatabaseUnavailable):
        async with transaction():
            pass
