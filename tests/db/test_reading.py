"""Rows become typed structs, the same on both engines; broken unique rules have the same name on both."""

import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone

import asyncpg
import msgspec
import pytest
from piccolo.columns import BigInt, Boolean, Date, Text, Timestamptz
from piccolo.table import Table

from server.db import Database, open_database, row, rows, transaction, violated


class Thing(Table, tablename="thing"):
    """One column of each kind we store."""

    id = BigInt(primary_key=True)
    at = Timestamptz(default=None)
    until = Timestamptz(null=True, default=None)
    day = Date(null=True, default=None)
    flag = Boolean(default=False)
    text = Text()


class ThingRead(msgspec.Struct):
    """What is read of it."""

    id: int
    at: datetime
    until: datetime | None
    day: date | None
    flag: bool
    text: str


AT = datetime(2026, 11, 23, 1, 14, 5, 123000, tzinfo=UTC)
FULL = ThingRead(id=1, at=AT, until=AT + timedelta(days=1), day=date(2026, 11, 23), flag=True, text="Nguyễn Thị Đào")
BARE = ThingRead(id=2, at=AT.replace(microsecond=0), until=None, day=None, flag=False, text="")


@pytest.fixture
async def things(database_url):
    """An empty table of things."""
    database = open_database(database_url)
    await database.start()
    database.bind(Thing)
    await database.engine.fetch(
        "CREATE TABLE thing (id BIGINT PRIMARY KEY NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,"
        ' until TIMESTAMPTZ, day DATE, flag BOOLEAN NOT NULL, "text" TEXT NOT NULL)'
    )
    yield database
    await database.stop()


def insert(*things: ThingRead):
    """The query that stores them."""
    return Thing.insert(*(Thing(**msgspec.structs.asdict(thing)) for thing in things))


async def test_a_select_reads_what_was_stored(things):
    """Instants are aware, in UTC and exact; dates are dates, booleans are booleans, text keeps its signs."""
    await insert(FULL, BARE)
    assert await rows(ThingRead, Thing.select().order_by(Thing.id)) == [FULL, BARE]
    assert [thing.at.tzinfo for thing in await rows(ThingRead, Thing.select())] == [UTC, UTC]


async def test_returning_reads_the_same(things):
    """INSERT and UPDATE … RETURNING give the same values, although SQLite forgets the columns' types there."""
    assert await rows(ThingRead, insert(FULL, BARE).returning(*Thing.all_columns())) == [FULL, BARE]
    changed = Thing.update({Thing.text: "x"}).where(Thing.id == 1).returning(*Thing.all_columns())
    assert await rows(ThingRead, changed) == [msgspec.structs.replace(FULL, text="x")]


async def test_raw_sql_reads_the_same(things):
    """Raw statements and expressions give the same values as selects."""

    class Latest(msgspec.Struct):
        latest: datetime | None
        any_flag: bool

    await insert(FULL, BARE)
    query = Thing.raw("SELECT max(until) AS latest, 1 = 1 AS any_flag FROM thing WHERE text <> {}", "y")
    assert await row(Latest, query) == Latest(latest=FULL.until, any_flag=True)


async def test_an_instant_of_another_zone_is_stored_in_utc(things):
    """Seven hours further east is the same instant, and comes back as UTC."""
    hanoi = timezone(timedelta(hours=7))
    await insert(msgspec.structs.replace(FULL, at=AT.astimezone(hanoi)))
    read = await row(ThingRead, Thing.select())
    assert read is not None
    assert (read.at, read.at.utcoffset()) == (AT, timedelta(0))


async def test_a_default_of_the_database_is_aware_too(things):
    """CURRENT_TIMESTAMP, which SQLite writes without a zone, is read as UTC, by select and by returning."""
    await Thing.raw("INSERT INTO thing (id, flag, text) VALUES (1, {}, '')", True)
    read = await row(ThingRead, Thing.select())
    again = await row(ThingRead, Thing.update({Thing.text: "x"}, force=True).returning(*Thing.all_columns()))
    assert read is not None
    assert again is not None
    assert read.at == again.at
    assert read.at.utcoffset() == timedelta(0)


async def test_no_row_is_none(things):
    """row() of nothing is None, rows() of nothing is empty."""
    assert await row(ThingRead, Thing.select()) is None
    assert await rows(ThingRead, Thing.select()) == []


async def test_a_row_that_does_not_fit_is_refused(things):
    """A value of the wrong type is an error, not a surprise later on."""

    class Wrong(msgspec.Struct):
        text: int

    await insert(FULL)
    with pytest.raises(msgspec.ValidationError):
        await rows(Wrong, Thing.select(Thing.text))


async def broken(database: Database, *statements: str) -> BaseException:
    """What these statements raise as one transaction."""
    with pytest.raises((sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)) as caught:
        async with transaction():
            for statement in statements:
                await database.engine.fetch(statement)
    return caught.value


async def test_a_broken_unique_rule_is_named_by_its_columns(things):
    """Table and columns in the index's order: primary key, constraint or partial index, whatever the values."""
    await things.engine.fetch(
        'CREATE TABLE spot (id BIGINT PRIMARY KEY NOT NULL, office TEXT NOT NULL, "end" TEXT, taken BOOLEAN,'
        " UNIQUE (office, id))"
    )
    await things.engine.fetch('CREATE UNIQUE INDEX spot_end_office ON spot ("end", office) WHERE taken')
    await things.engine.fetch("INSERT INTO spot VALUES (1, 'b)=(o, x', 'e', true)")
    assert violated(await broken(things, "INSERT INTO spot VALUES (1, 'c', 'f', true)")) == "spot(id)"
    duplicate = "INSERT INTO spot VALUES (2, 'b)=(o, x', 'e', true)"
    assert violated(await broken(things, duplicate)) == "spot(end,office)"


async def test_other_broken_rules_have_no_such_name(things):
    """A missing value or a failed check is no unique rule."""
    assert violated(await broken(things, "INSERT INTO thing (id, flag) VALUES (1, NULL)")) is None
    assert violated(ValueError("UNIQUE constraint failed: a.b")) is None


async def test_a_deferred_unique_rule_is_named_at_commit(postgres_url):
    """PostgreSQL may find out only at COMMIT; the name is the same."""
    database = open_database(postgres_url)
    await database.start()
    await database.engine.fetch("CREATE TABLE spot (n BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    error = await broken(database, "INSERT INTO spot VALUES (1)", "INSERT INTO spot VALUES (1)")
    assert violated(error) == "spot(n)"
    await database.stop()
