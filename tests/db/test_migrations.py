"""Migrations: in order, all or nothing, forward only, and any number of processes at once."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import asyncpg
import pytest

from server.db import Database, MigrationError, open_database
from server.db.migrate import MIGRATIONS, migrations, statements


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request, tmp_path) -> Database:
    """A database without any table of ours."""
    if request.param == "sqlite":
        return open_database(f"sqlite:///{tmp_path}/empty.db")
    return open_database(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of two migrations of our own, the second with a statement that holds semicolons."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    write(folder, "0001_begin", "-- The start; of it all\nCREATE TABLE a (n BIGINT);\nCREATE TABLE b (n BIGINT);\n")
    write(folder, "0002_go_on", "CREATE TABLE c (n BIGINT); INSERT INTO a\nVALUES (1)")
    return folder


def write(folder: Path, name: str, sql: str) -> None:
    """The same migration for both engines."""
    for kind in ("sqlite", "postgres"):
        (folder / f"{name}.{kind}.sql").write_text(sql)


async def query(database: Database, sql: str) -> list[dict[str, object]]:
    """Run one statement in the database."""
    await database.start()
    try:
        return await database.engine.fetch(sql)
    finally:
        await database.stop()


async def test_applies_what_is_missing_in_order(empty, folder):
    """The first call applies all, the second nothing, a third what has been added; each is recorded with its time."""
    assert await empty.migrate(folder) == ["0001_begin", "0002_go_on"]
    assert await empty.migrate(folder) == []
    write(folder, "0003_more", "INSERT INTO a VALUES (2);")
    assert await empty.migrate(folder) == ["0003_more"]
    assert await query(empty, "SELECT n FROM a ORDER BY n") == [{"n": 1}, {"n": 2}]
    recorded = await query(empty, "SELECT name FROM migration WHERE applied_at IS NOT NULL ORDER BY name")
    assert [entry["name"] for entry in recorded] == ["0001_begin", "0002_go_on", "0003_more"]


async def test_a_failing_migration_leaves_nothing_of_itself(empty, folder):
    """What came before it stays, its own first half is undone, and once it is mended the rest follows."""
    write(folder, "0002_go_on", "CREATE TABLE c (n BIGINT); INSERT INTO nowhere VALUES (1);")
    with pytest.raises((sqlite3.OperationalError, asyncpg.UndefinedTableError)):
        await empty.migrate(folder)
    write(folder, "0002_go_on", "CREATE TABLE c (n BIGINT);")
    assert await empty.migrate(folder) == ["0002_go_on"]


async def test_a_newer_database_is_refused(empty, folder):
    """A database with a migration that this version does not know is left alone, with a sentence that names it."""
    write(folder, "0003_from_the_future", "CREATE TABLE d (n BIGINT);")
    await empty.migrate(folder)
    for file in folder.glob("0003*"):
        file.unlink()
    write(folder, "0004_of_another_branch", "CREATE TABLE e (n BIGINT);")
    with pytest.raises(MigrationError, match=r"newer version.*0003_from_the_future"):
        await empty.migrate(folder)
    assert len(await query(empty, "SELECT name FROM migration")) == 3


async def test_an_installation_without_migrations_is_refused(empty, tmp_path):
    """A package that lost its migrations says so, rather than starting on an empty schema."""
    (tmp_path / "nothing").mkdir()
    with pytest.raises(MigrationError, match="no migrations"):
        await empty.migrate(tmp_path / "nothing")


TOGETHER = """
import asyncio, sys
from pathlib import Path
from server.db import open_database

async def main():
    database = open_database(sys.argv[1], patience=30)
    print("ready", flush=True)
    sys.stdin.readline()
    print(*await database.migrate(Path(sys.argv[2])))
    await database.start()
    await database.engine.fetch("SELECT count(*) FROM t39")
    await database.stop()

asyncio.run(main())
"""


async def test_several_processes_at_once_apply_each_once(empty, folder):
    """Four processes that migrate and start the same empty database together all succeed, and share the work."""
    for number in range(3, 40):
        write(folder, f"{number:04}_more", f"CREATE TABLE t{number} (n BIGINT);")
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", TOGETHER, empty.url, str(folder), stdin=pipe, stdout=pipe, stderr=pipe
        )
        for _ in range(4)
    ]
    for process in processes:
        assert await process.stdout.readline() == b"ready\n"
    outputs = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0] * 4, outputs
    applied = [name for out, _ in outputs for name in out.decode().split()]
    assert sorted(applied) == list(migrations(folder, empty.kind))


def test_both_engines_have_the_same_migrations():
    """A migration written for one engine alone would part them."""
    assert list(migrations(MIGRATIONS, "sqlite")) == list(migrations(MIGRATIONS, "postgres"))


async def test_tickets_from_before_numbers_from_home_are_kept_as_they_were(empty, tmp_path):
    """The table is made anew on SQLite: every row and column is the same afterwards, and its holder is in the hall."""
    folder = tmp_path / "before"
    folder.mkdir()
    for file in MIGRATIONS.glob("*.sql"):
        if file.name < "0007":
            (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    await empty.migrate(folder)
    columns = {
        "id": "'t'", "office": "'bo-de'", "day": "'2026-11-23'", "series": "'A'", "number": "1", "label": "'A001'",
        "line": "'A'", "rate": "100", "source": "'kiosk'", "state": "'missed'",
        "virtual_at": "'2026-11-23 01:00+00:00'", "issued_at": "'2026-11-23 01:00+00:00'",
        "issued_seq": "2", "touched_seq": "3", "misses": "1", "kept_ms": "0",
        "visit": "'t'", "procedures": "''", "served_procedures": "''", "language": "'vi'", "sample": "false",
        "follow_no": "0", "follow_hash": "'hash'",
    }  # fmt: skip
    await query(empty, f"INSERT INTO ticket ({', '.join(columns)}) VALUES ({', '.join(columns.values())})")
    (before,) = await query(empty, "SELECT * FROM ticket")
    assert "0007_home_numbers" in await empty.migrate()
    (after,) = await query(empty, "SELECT * FROM ticket")
    assert after == before | {"arrived_at": None, "person": None, "holds": 0}
    await query(empty, "UPDATE ticket SET state = 'coming'")


def test_a_file_is_split_into_statements():
    """At its semicolons, but not at those in strings, comments and triggers; a last one without is kept."""
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM c;\nEND;\n"
    text = f"-- a; b\nCREATE TABLE a (n);\nINSERT INTO a VALUES ('x;\ny');\n{trigger}SELECT 1"
    assert list(statements(text)) == [
        "-- a; b\nCREATE TABLE a (n);",
        "INSERT INTO a VALUES ('x;\ny');",
        trigger.strip(),
        "SELECT 1",
    ]
