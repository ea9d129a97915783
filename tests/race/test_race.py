"""Eight kiosks and eight desks at once: no number twice, none missing, nobody called twice, no error."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import pytest

from server.journal.replay import first_bad
from tests.conftest import run_apart
from tests.race.hall import OFFICE, Race, open_office
from tests.server.support import house_of, served, soon

WITHOUT_LOCK = ("-m", "tests.race.without_lock")


@pytest.fixture(params=[("sqlite", 1), ("postgres", 4)], ids=["one process on SQLite", "four on PostgreSQL"])
def place(request: pytest.FixtureRequest) -> tuple[str, int]:
    """A database, and how many server processes share it."""
    engine, processes = request.param
    return request.getfixturevalue(f"{engine}_url"), processes


async def raced(url: str, processes: int, program: Sequence[str] = ("-m", "server.cli")) -> Race:
    """A race that has been run to its end."""
    kiosks = run_apart(open_office(url))
    with ExitStack() as stack:
        servers = [stack.enter_context(served(url, program=program)) for _ in range(processes)]
        race = Race([server.url for server in servers], kiosks)
        await soon(race.run(), 120)
    return race


async def test_eight_kiosks_and_eight_desks_at_once(place: tuple[str, int]) -> None:
    """Every number once and without a gap, every ticket called once, no error; the journal's chain holds."""
    url, processes = place
    race = await raced(url, processes)
    assert race.wrong() == []
    verify = [sys.executable, "-m", "server.cli", "journal", "verify", OFFICE]
    checked = await asyncio.create_subprocess_exec(*verify, env=os.environ | {"MOTCUA_DATABASE": url})
    assert await checked.wait() == 0


async def test_it_is_the_lock_that_keeps_the_order(postgres_url: str) -> None:
    """The same race goes wrong with the lock of the journal's row taken out: the race can be lost."""
    race = await raced(postgres_url, 4, WITHOUT_LOCK)
    async with house_of(postgres_url):
        bad = await first_bad(OFFICE)
    assert race.wrong() or bad is not None
