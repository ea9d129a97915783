"""A hundred people at once on the last places, over HTTP, against one and several servers: nothing is ever oversold."""

import asyncio
import random
from datetime import datetime

from server import clock
from server.booking.rules_states import Appointment
from server.journal.replay import first_bad
from tests.booking.oversold import oversold
from tests.booking.small import OFFICE, everything, free_at, time
from tests.conftest import run_apart
from tests.race.booking import QUARTER, Crowd, all_at_once, one_person, open_office, rushed
from tests.race.test_race import place
from tests.server.support import Json, house_of

__all__ = ["place"]

PEOPLE = 100
PLACES = 2
DECIDED_ON_WHAT_WAS = ("-m", "tests.race.without_deciding")


def booked(appointments: list[Appointment]) -> list[Appointment]:
    """Those that take somebody's time."""
    now = clock.now()
    held = [one for one in appointments if one.state == "held" and one.held_until and one.held_until > now]
    return held + [one for one in appointments if one.state == "confirmed"]


class Rush:
    """A hundred people press *book* for one time with two places, at the same moment."""

    def __init__(self, hour: int = 10) -> None:
        self.start = time(hour, days=2)
        self.won: list[Json] = []
        self.lost: list[Json] = []
        self.other: list[str] = []

    async def run(self, crowd: Crowd) -> None:
        """Press, all of them."""
        for answer in await all_at_once([crowd.book(self.start, crowd.person()) for _ in range(PEOPLE)]):
            if answer.status_code == 201:
                self.won.append(answer.json())
            elif answer.status_code == 409 and answer.json()["type"] == "urn:motcua:slot-full":
                self.lost.append(answer.json())
            else:
                self.other.append(f"{answer.status_code} {answer.text}")


async def test_the_last_places_go_to_one_each_and_the_others_are_told_the_nearest(place: tuple[str, int]) -> None:
    """As many as there are places have one, all others are refused with free times beside it that can be booked."""
    url, processes = place
    run_apart(open_office(url, bookable_share=1))
    rush = Rush()
    again: list[int] = []

    async def act(crowd: Crowd) -> None:
        await rush.run(crowd)
        for slot in rush.lost[0]["nearest"]:
            answer = await crowd.book(datetime.fromisoformat(slot["start"]), crowd.person())
            again.append(answer.status_code)

    assert await rushed(url, processes, act) == []
    assert rush.other == []
    assert (len(rush.won), len(rush.lost)) == (PLACES, PEOPLE - PLACES)
    beside = [rush.start + QUARTER * place for place in (-2, -1, 1)]
    for told in rush.lost:
        assert [datetime.fromisoformat(slot["start"]) for slot in told["nearest"]] == beside
    assert again == [201, 201, 201]
    async with house_of(url):
        assert len([one for one in await everything() if one.starts_at == rush.start]) == PLACES
        assert await free_at(rush.start) == 0
        assert await first_bad(OFFICE) is None


async def test_it_is_deciding_under_the_lock_that_keeps_it_from_being_oversold(postgres_url: str) -> None:
    """The same rush oversells where changes decide before they take the office's lock: the race can be lost."""
    run_apart(open_office(postgres_url, bookable_share=1))
    rushes: list[Rush] = []

    async def act(crowd: Crowd) -> None:
        await crowd.book(time(15, days=2), crowd.person())  # an office's very first change locks in any case
        for hour in (10, 9, 11, 14):  # on a busy machine a rush may come one by one; the next will not
            rushes.append(Rush(hour))
            await rushes[-1].run(crowd)
            if len(rushes[-1].won) > PLACES:
                break

    await rushed(postgres_url, 4, act, DECIDED_ON_WHAT_WAS)
    assert len(rushes[-1].won) > PLACES
    async with house_of(postgres_url):
        assert oversold(booked(await everything()), {"A": PLACES})


async def test_one_person_who_presses_five_times_has_one_booking(place: tuple[str, int]) -> None:
    """On the last place, at several servers: under keys of their own and under one key, it is one booking."""
    url, processes = place
    run_apart(open_office(url))
    references: set[str] = set()
    statuses: list[int] = []

    async def act(crowd: Crowd) -> None:
        start, who = time(10, days=2), crowd.person()
        answers = await all_at_once([crowd.book(start, who) for _ in range(5)])
        answers += await all_at_once([crowd.book(start, who) for _ in range(5)])
        later, other = time(11, days=2), crowd.person()
        same = await all_at_once([crowd.book(later, other, key="one press") for _ in range(5)])
        same.append(await crowd.book(later, other, key="one press"))
        statuses.extend(answer.status_code for answer in [*answers, *same])
        references.update(answer.json()["reference"] for answer in [*answers, *same])
        assert len({answer.text for answer in same}) == 1

    assert await rushed(url, processes, act) == []
    assert set(statuses) == {201}
    assert len(references) == 2
    async with house_of(url):
        assert {one.reference for one in await everything()} == references


async def test_booking_moving_and_giving_up_all_at_once_never_oversells(place: tuple[str, int]) -> None:
    """Sixteen clients at it: no failure, no deadlock, nobody booked whom nobody can serve, and what is not booked is
    free."""
    url, processes = place
    run_apart(open_office(url, bookings_per_phone=1000))
    days = (2, 3)

    async def act(crowd: Crowd) -> None:
        async with asyncio.TaskGroup() as group:
            for seed in range(16):
                group.create_task(one_person(crowd, random.Random(seed), 15, days))

    assert await rushed(url, processes, act) == []
    async with house_of(url):
        live = booked(await everything())
        assert len(live) > 10
        # Two officers on A and H, one on T, 60 %: one person at a time.
        assert oversold(live, {"A": 1, "H": 1, "T": 1}) == []
        plain = [one.starts_at for one in live if one.starts_at >= time(0, days=3)]
        assert plain
        for place in range(12):
            start = time(8, days=3) + place * QUARTER
            assert await free_at(start) + plain.count(start) == 1
        assert await first_bad(OFFICE) is None
