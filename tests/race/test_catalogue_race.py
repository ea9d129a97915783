"""A change of the timetable by one process holds for the next command in every other, on both engines."""

from pathlib import Path
from subprocess import run
from sys import executable

import httpx

from server import clock
from tests.booking.small import OFFICE, ZONE, time
from tests.conftest import run_apart
from tests.race.booking import Crowd, open_office, rushed
from tests.race.test_race import place

__all__ = ["place"]


async def test_what_one_process_loads_the_others_go_by(place: tuple[str, int], tmp_path: Path) -> None:
    """Every server has booked on that day; a pack closes it, and at once none of them books there any more."""
    url, processes = place
    run_apart(open_office(url))
    day = clock.day_of(time(8, days=2), ZONE)
    (tmp_path / "closures.csv").write_text(f"office,date,name_vi\n{OFFICE},{day},Họp\n", encoding="utf-8")
    before: list[httpx.Response] = []
    after: list[httpx.Response] = []

    async def act(crowd: Crowd) -> None:
        before.extend([await crowd.book(time(8 + hour, days=2), crowd.person()) for hour in range(processes)])
        command = [executable, "-m", "server.cli", "load", str(tmp_path), "--database", url]
        run(command, check=True, capture_output=True)  # noqa: ASYNC221 - nothing else is to happen meanwhile
        after.extend([await crowd.book(time(8 + hour, 30, days=2), crowd.person()) for hour in range(processes)])

    assert await rushed(url, processes, act) == []
    assert [answer.status_code for answer in before] == [201] * processes
    assert [answer.json()["type"] for answer in after] == ["urn:motcua:slot-closed"] * processes
