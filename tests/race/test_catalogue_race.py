"""A change of the timetable by one process holds for the next command in every other, on both engines."""

from collections.abc import Sequence
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

WITHOUT_MARK = ("-m", "tests.race.without_mark")


async def booked_before_and_after(
    url: str, processes: int, folder: Path, program: Sequence[str] = ("-m", "server.cli")
) -> list[list[httpx.Response]]:
    """What every server answers to a booking, before and after another process closes the office on that day."""
    run_apart(open_office(url))
    day = clock.day_of(time(8, days=2), ZONE)
    (folder / "closures.csv").write_text(f"office,date,name_vi\n{OFFICE},{day},Họp\n", encoding="utf-8")
    answers: list[list[httpx.Response]] = []

    async def act(crowd: Crowd) -> None:
        answers.append([await crowd.book(time(8 + hour, days=2), crowd.person()) for hour in range(processes)])
        command = [executable, "-m", "server.cli", "load", str(folder), "--database", url]
        run(command, check=True, capture_output=True)  # noqa: ASYNC221 - nothing else is to happen meanwhile
        answers.append([await crowd.book(time(8 + hour, 30, days=2), crowd.person()) for hour in range(processes)])

    assert await rushed(url, processes, act, program) == []
    return answers


async def test_what_one_process_loads_the_others_go_by(place: tuple[str, int], tmp_path: Path) -> None:
    """Every server has booked on that day; a pack closes it, and at once none of them books there any more."""
    before, after = await booked_before_and_after(*place, tmp_path)
    assert {answer.status_code for answer in before} == {201}
    assert {answer.json().get("type") for answer in after} == {"urn:motcua:slot-closed"}


async def test_it_is_asking_for_the_mark_that_makes_them(sqlite_url: str, tmp_path: Path) -> None:
    """A server that does not ask goes on booking on a day that is closed: the race can be lost."""
    before, after = await booked_before_and_after(sqlite_url, 1, tmp_path, WITHOUT_MARK)
    assert {answer.status_code for answer in (*before, *after)} == {201}
