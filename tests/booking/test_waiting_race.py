"""Several processes give times up and want to book them, while many wait: on PostgreSQL, under the real clock."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from server.booking import service
from server.booking.rules_states import Appointment
from server.booking.rules_waiting import Entry
from tests.booking.small import OFFICE, everything
from tests.booking.waiting import STARTS, STRANGERS, at, full_day, open_office, stage_of, waits
from tests.databases import opened
from tests.server.journalled import kept_its_promises
from tests.server.support import soon

PROCESSES = 3
WAITING = 12


@pytest.fixture
async def shared(postgres_url: str) -> AsyncIterator[str]:
    """A PostgreSQL with the small office in it."""
    async with opened(postgres_url):
        await open_office()
        yield postgres_url


async def at_once(url: str, day: list[Appointment], *more: str) -> int:
    """The whole day given up by several processes at once, each start wanted by strangers; how many of those had it."""
    processes = []
    for place in range(PROCESSES):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.booking.waiting_worker", url, *more,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert await soon(process.stdout.readline()) == b"ready\n"
        mine = day[place::PROCESSES]
        todo = {
            "cancel": [[one.reference, await service.manage_token(one)] for one in mine],
            "book": [[one.starts_at.isoformat(), STRANGERS + 1000 * (place + 1) + who] for who, one in enumerate(day)],
        }
        processes.append((process, json.dumps(todo)))
    for process, todo_text in processes:
        assert process.stdin is not None
        process.stdin.write(todo_text.encode() + b"\n")
    booked = 0
    for process, _ in processes:
        answer, _ = await soon(process.communicate(), 120)
        assert process.returncode == 0
        booked += int(answer)
    return booked


async def given_up(url: str, *more: str) -> tuple[list[Entry], list[Appointment], int]:
    """Everybody in line, what was offered, and how many strangers had something."""
    day = list((await full_day()).values())
    line = [await waits(who) for who in range(WAITING)]
    booked = await at_once(url, day, *more)
    return line, [one for one in await everything() if one.waiting_entry], booked


async def test_each_freed_time_is_one_person_s_the_first_in_line(shared: str) -> None:
    """Seven times, twelve who wait, strangers at every start: the first seven have one each, no stranger has any."""
    line, offers, booked = await given_up(shared)
    assert Counter(one.starts_at for one in offers) == Counter(at(*start) for start in STARTS)
    assert {one.waiting_entry for one in offers} == {one.reference for one in line[: len(STARTS)]}
    assert [await stage_of(one) for one in line] == ["offered"] * len(STARTS) + ["waiting"] * (WAITING - len(STARTS))
    assert booked == 0
    await kept_its_promises(OFFICE)


async def test_the_race_can_be_lost(shared: str) -> None:
    """With the office's lock taken out of the processes the promise does not hold: the test above can fail."""
    line, offers, booked = await given_up(shared, "unlocked")
    first = {one.reference for one in line[: len(STARTS)]}
    kept = (
        booked == 0
        and Counter(one.starts_at for one in offers) == Counter(at(*start) for start in STARTS)
        and {one.waiting_entry for one in offers} == first
    )
    assert not kept
