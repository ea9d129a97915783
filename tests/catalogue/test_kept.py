"""What a process keeps of the catalogue is never out of date, on both engines."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import date

import pytest
from piccolo.table import Table

from server.catalogue import service, service_kept
from server.catalogue.pack import load
from server.catalogue.rules import Counter
from server.catalogue.tables import TABLES, CatalogueMark, Office, Setting
from server.db import Database, open_database, savepoint, transaction
from server.errors import Refusal
from server.people.tables import Officer
from server.tables import all_tables
from tests.catalogue.conftest import Write
from tests.conftest import administer
from tests.server.support import soon

OFFICE = "bo-de"
SET_MINUTES = "UPDATE setting SET value = '{}' WHERE office = 'bo-de' AND key = 'slot_minutes'"


async def set_minutes(minutes: int) -> None:
    """Change one setting of the office, past all of the product's own ways."""
    await Setting.update({Setting.value: str(minutes)}).where(
        (Setting.office == OFFICE) & (Setting.key == "slot_minutes")
    )


async def minutes() -> int:
    return (await service.policy(OFFICE)).slot_minutes


async def elsewhere(database: Database, statement: str) -> None:
    """Run a statement on a connection that the product knows nothing of."""
    if database.kind == "postgres":
        await administer(database.url, statement)
        return
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(statement)


@pytest.fixture
async def office(database: Database, folder: Write) -> None:
    """The small pack, read once: its slots have 30 minutes."""
    await load(folder())
    assert await minutes() == 30


@pytest.fixture
async def postgres_database(postgres_url: str, folder: Write) -> AsyncIterator[Database]:
    """The same on PostgreSQL alone; on SQLite nobody else can write while a transaction is open."""
    database = open_database(postgres_url)
    await database.start()
    try:
        database.bind(*all_tables())
        await load(folder())
        yield database
    finally:
        await database.stop()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The offices that were read from their tables, one entry for each time."""
    offices: list[str] = []
    real = service_kept._read

    async def counted(code: str, *rest: object) -> service.Catalogue:
        offices.append(code)
        return await real(code, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(service_kept, "_read", counted)
    return offices


async def marks() -> list[str]:
    return [row["mark"] for row in await CatalogueMark.select()]


@pytest.mark.parametrize("table", [*TABLES, Officer], ids=lambda table: table._meta.tablename)
async def test_every_change_of_every_table_makes_another_mark(database: Database, table: type[Table]) -> None:
    """Whatever of the catalogue is written, by whichever statement: no table and no verb is left out."""
    seen = [await marks()]
    columns = {column._meta.name for column in table._meta.columns}
    row = {"office": "x", "code": "x", "date": date(2026, 11, 23)}
    await table.insert(table(**{name: value for name, value in row.items() if name in columns}))
    seen.append(await marks())
    changed = next(
        name for name in ("name_vi", "full_name", "value", "decision", "username", "opens") if name in columns
    )
    await table.update({changed: 7 if changed == "opens" else "other"}, force=True)
    seen.append(await marks())
    await table.delete(force=True)
    seen.append(await marks())
    assert len({tuple(mark) for mark in seen}) == 4
    assert [len(mark) for mark in seen] == [0, 1, 1, 1]


@pytest.mark.usefixtures("office")
async def test_what_has_not_changed_is_read_once(read: list[str]) -> None:
    """However much is asked of an office, and in whichever transaction."""
    await service.lines(OFFICE)
    async with transaction():
        await service.procedures(OFFICE)
        await service.closures(OFFICE)
    assert read == []


@pytest.mark.usefixtures("office")
async def test_somebody_else_s_change_holds_for_the_next_who_asks(database: Database, read: list[str]) -> None:
    """Another connection has committed: from then on what was kept before is used no more, also in transactions."""
    await elsewhere(database, SET_MINUTES.format(25))
    assert await minutes() == 25
    async with transaction():
        assert await minutes() == 25
    assert read == [OFFICE]


async def test_a_change_within_an_open_transaction_is_seen_when_it_is_committed(postgres_database: Database) -> None:
    """Each statement sees what is committed by then, whatever the transaction has read before."""
    async with transaction():
        assert await minutes() == 30
        await elsewhere(postgres_database, SET_MINUTES.format(25))
        assert await minutes() == 25


@pytest.mark.usefixtures("office")
async def test_what_is_not_committed_is_its_transaction_s_alone() -> None:
    """Its own task sees it at once, others do not, and when it is undone nobody does."""
    asked: list[int] = []
    changed, looked = asyncio.Event(), asyncio.Event()

    async def other() -> None:
        await changed.wait()
        asked.append(await minutes())
        looked.set()

    looking = asyncio.create_task(other())
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            with pytest.raises(KeyError):
                async with savepoint():
                    await set_minutes(20)
                    assert await minutes() == 20
                    raise KeyError
            assert await minutes() == 30
            await set_minutes(25)
            assert await minutes() == 25
            changed.set()
            await soon(looked.wait())
            assert await minutes() == 25
            raise ZeroDivisionError
    await looking
    assert asked == [30]
    assert await minutes() == 30


@pytest.mark.usefixtures("office")
async def test_a_change_while_it_is_read_is_not_kept_by_halves(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings were read before a change that came with other lines: all of it is read again."""
    await set_minutes(20)
    real, changes = service_kept._counters, [SET_MINUTES.format(25)]

    async def meanwhile(code: str) -> list[Counter]:
        while changes:
            await elsewhere(database, changes.pop())
        return await real(code)

    monkeypatch.setattr(service_kept, "_counters", meanwhile)
    assert await minutes() == 25


@pytest.mark.usefixtures("office")
async def test_an_office_that_was_known_can_be_gone() -> None:
    """What was kept of it does not keep it alive."""
    await Office.delete().where(Office.code == OFFICE)
    with pytest.raises(Refusal, match="no-such-office"):
        await service.lines(OFFICE)


async def test_whose_names_nobody_knows_are_not_kept(database: Database) -> None:
    """Whoever makes codes up does not fill the memory."""
    for code in ("x", "y", "\0"):
        with pytest.raises(Refusal, match="no-such-office"):
            await service.of(code)
    assert service_kept._kept.here().offices == {}
