"""A process that had a bad day with its database still ends by itself."""

import asyncio
import sys

import pytest

PROGRAM = """
import asyncio, sqlite3, sys
from server.db import DatabaseUnavailable, open_database, transaction

async def main():
    database = open_database(sys.argv[1], patience=float(sys.argv[3]))
    await database.start()
    fetch = database.engine.fetch
    await fetch("CREATE TABLE debit (n BIGINT PRIMARY KEY)")
    await fetch("CREATE TABLE credit (n BIGINT REFERENCES debit (n) DEFERRABLE INITIALLY DEFERRED)")
    if database.kind == "sqlite":
        other = sqlite3.connect(database.engine.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            async with transaction():
                raise SystemExit("the file is locked, so this is not reached")
        except DatabaseUnavailable:
            other.execute("ROLLBACK")
    try:
        async with transaction():
            await fetch("INSERT INTO credit VALUES (1)")
    except Exception as exc:
        print(type(exc).__name__)

    async def linger():
        async with transaction():
            await fetch("INSERT INTO debit VALUES (1)")
            inside.set()
            await asyncio.Event().wait()

    inside = asyncio.Event()
    task = asyncio.create_task(linger())
    await inside.wait()
    if sys.argv[2] == "stop":
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        print(await fetch("SELECT count(*) AS n FROM debit"))
        await database.stop()
    # Otherwise: leave in the middle of everything, as after an error that nobody caught.

asyncio.run(main())
"""


@pytest.mark.parametrize("end", ["stop", "leave"])
async def test_the_process_exits(database_url, end):
    """After a busy BEGIN, a failing COMMIT and a cancelled transaction, whether or not the database was stopped."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        database_url,
        end,
        "0.05" if database_url.startswith("sqlite") else "30",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, err.decode()) == (0, "")
    lines = out.decode().splitlines()
    assert lines[0] in ("IntegrityError", "ForeignKeyViolationError")
    assert lines[1:] == (["[{'n': 0}]"] if end == "stop" else [])
