"""A ledger of two tables that must always agree: what these tests write through transactions."""

from collections.abc import AsyncIterator

import pytest
from piccolo.columns import BigInt
from piccolo.table import Table

from server.db import Database, open_database, transaction


class Debit(Table, tablename="debit"):
    """One half of an entry."""

    n = BigInt(primary_key=True)


class Credit(Table, tablename="credit"):
    """The other half; refers to a debit, which is checked at COMMIT."""

    n = BigInt(primary_key=True)
    debit = BigInt()


class Ledger:
    """The two tables in one database."""

    Debit = Debit
    Credit = Credit

    def __init__(self, database: Database) -> None:
        self.database = database

    async def create(self) -> None:
        """Make the tables."""
        await self.database.engine.fetch("CREATE TABLE debit (n BIGINT PRIMARY KEY NOT NULL)")
        await self.database.engine.fetch(
            "CREATE TABLE credit (n BIGINT PRIMARY KEY NOT NULL,"
            " debit BIGINT NOT NULL REFERENCES debit (n) DEFERRABLE INITIALLY DEFERRED)"
        )

    async def enter(self, n: int) -> None:
        """Write both halves in one transaction."""
        async with transaction():
            await Debit.insert(Debit(n=n))
            await Credit.insert(Credit(n=n, debit=n))

    async def enter_wrongly(self, n: int) -> None:
        """Write only one half, which fails when it is committed."""
        async with transaction():
            await Credit.insert(Credit(n=n, debit=-1))

    async def entries(self) -> list[int]:
        """What is stored; both halves agree."""
        debited = sorted(row["n"] for row in await Debit.select())
        credited = sorted(row["n"] for row in await Credit.select())
        assert debited == credited
        return debited


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Ledger]:
    """An empty ledger in a started database, with two connections at most and much patience."""
    database = open_database(database_url, patience=30, connections=2)
    await database.start()
    database.bind(Debit, Credit)
    ledger = Ledger(database)
    await ledger.create()
    yield ledger
    await database.stop()
