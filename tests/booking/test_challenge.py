"""A challenge: solved once, it is good for one booking; who is asked for it, and who never notices."""

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import altcha
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.booking import challenge, service
from server.booking.rules_fairness import Recent, work_needed
from server.booking.service_gate import Stranger, forget_networks, stranger
from server.booking.tables import Appointment, ChallengeSpent
from server.db import Database
from server.errors import Refusal
from tests.booking.small import (
    BIRTH,
    COPY,
    OFFICE,
    booked,
    everything,
    open_small_office,
    person,
    state,
    time,
    wanted,
)  # fmt: skip
from tests.server.support import MORNING, Clock, House

KEY = b"k" * 32
UNTIL = MORNING + timedelta(minutes=10)
FEW = 2_000


@pytest.fixture(autouse=True)
def before_the_doors_open(clock: Clock) -> None:
    """Seven in the morning: all of the day can still be booked."""
    clock.local(7)


def solution_of(made: Any) -> str:
    """What a browser sends back, by the library's own solver."""
    asked = altcha.Challenge.from_dict(made)
    found = altcha.solve_challenge(asked)
    assert found is not None
    return altcha.Payload(asked, found).to_base64()


def changed(solution: str, *path: str, value: object) -> str:
    """The same payload with one of its values another."""
    payload = json.loads(base64.b64decode(solution))
    inner = payload
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return base64.b64encode(json.dumps(payload).encode()).decode()


@pytest.fixture
async def office(database: Database, clock: Clock) -> Database:
    """The small office with a challenge for everybody, and much room for each person."""
    await open_small_office(
        challenge="always", challenge_difficulty="1000", bookings_per_person=9, bookings_per_field=9
    )
    return database


async def asked_of(who: Stranger, start: Any, number: int) -> str:
    """Be asked for a challenge, and solve it."""
    with pytest.raises(Refusal, match="challenge-needed") as refusal:
        await service.book(wanted(start), person(number), who=who)
    return solution_of(refusal.value.extra["challenge"])


def test_what_was_solved_is_accepted_for_its_office_and_its_time() -> None:
    """A solved challenge tells its nonce until its last second; then, and for another office, it is refused."""
    solution = solution_of(challenge.new_challenge(KEY, OFFICE, UNTIL, FEW))
    done = challenge.solved(KEY, OFFICE, solution, UNTIL)
    assert done.until == UNTIL
    for office, now, key in (
        (OFFICE, UNTIL + timedelta(seconds=1), KEY),
        ("khac", MORNING, KEY),
        (OFFICE, MORNING, b"x" * 32),
    ):
        with pytest.raises(Refusal, match="challenge-failed"):
            challenge.solved(key, office, solution, now)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("challenge", "parameters", "data"), {"office": "khac", "until": 2_000_000_000}),
        (("challenge", "parameters", "data"), None),
        (("challenge", "parameters", "keyPrefix"), "00"),
        (("challenge", "parameters", "keyPrefix"), ""),
        (("challenge", "parameters", "nonce"), "00" * 16),
        (("challenge", "signature"), None),
        (("challenge", "signature"), "00" * 32),
        (("solution", "counter"), 1),
        (("solution", "counter"), "1"),
        (("solution", "derivedKey"), "00" * 32),
        (("challenge", "parameters"), []),
        (("solution",), None),
    ],
)
def test_a_forged_solution_is_refused(path: tuple[str, ...], value: object) -> None:
    """Whatever of it is changed, it is no longer what we signed, or no longer solved."""
    solution = solution_of(challenge.new_challenge(KEY, OFFICE, UNTIL, FEW))
    assert challenge.solved(KEY, OFFICE, solution, MORNING)
    with pytest.raises(Refusal, match="challenge-failed"):
        challenge.solved(KEY, OFFICE, changed(solution, *path, value=value), MORNING)


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode())))
def test_no_text_is_a_solution(text: str) -> None:
    """Anything else that is sent is refused like a wrong one, and breaks nothing."""
    with pytest.raises(Refusal, match="challenge-failed"):
        challenge.solved(KEY, OFFICE, text, MORNING)


@pytest.mark.parametrize(
    "text", ["", "bnVsbA==", "W10=", base64.b64encode(b"[" * 3_000).decode(), "A" * 5_000, "é" * 20]
)
def test_odd_texts_are_no_solution(text: str) -> None:
    """Empty texts, other JSON, deep nesting and more than a solution ever takes are refused like a wrong one."""
    with pytest.raises(Refusal, match="challenge-failed"):
        challenge.solved(KEY, OFFICE, text, MORNING)


@given(st.integers(1, 10_000), st.integers(0, 20_000), st.integers(0, 20_000))
def test_an_ordinary_day_asks_for_nothing(rush: int, anywhere: int, mine: int) -> None:
    """Off never asks, always does, and a rush only from its size on; more bookings never mean less work."""
    recent = Recent(anywhere + mine, mine)
    assert not work_needed("off", rush, recent)
    assert work_needed("always", rush, recent)
    asked = work_needed("rush", rush, recent)
    assert asked == (anywhere + mine >= rush or mine >= max(1, rush // 4))
    assert work_needed("rush", rush, Recent(anywhere + mine + 1, mine + 1)) >= asked


async def test_a_solution_is_spent_once(office: Database) -> None:
    """Asked for, solved, booked; the same solution again is refused with a fresh challenge, and changes nothing."""
    who = await stranger("203.0.113.7")
    before = await state()
    solution = await asked_of(who, time(10), 1)
    assert await state() == before
    solved = await stranger("203.0.113.7", solution=solution)
    assert (await service.book(wanted(time(10)), person(1), who=solved)).state == "held"
    with pytest.raises(Refusal, match="challenge-failed") as refusal:
        await service.book(wanted(time(11)), person(2), who=solved)
    again = await stranger("198.51.100.1", solution=solution_of(refusal.value.extra["challenge"]))
    assert (await service.book(wanted(time(11)), person(2), who=again)).state == "held"


async def test_many_at_once_spend_it_once(office: Database) -> None:
    """Five that send one solution at the same moment make one booking."""
    solved = await stranger("203.0.113.7", solution=await asked_of(await stranger("203.0.113.7"), time(8), 1))
    starts = [time(13, 30 + 15 * place) if place < 2 else time(12 + place) for place in range(5)]
    tried = await asyncio.gather(
        *(service.book(wanted(start), person(place), who=solved) for place, start in enumerate(starts)),
        return_exceptions=True,
    )
    refused = [each.code for each in tried if isinstance(each, Refusal)]
    assert refused == ["challenge-failed"] * 4
    assert len(await everything()) == 1


async def test_it_is_the_nonces_key_that_keeps_a_solution_single(office: Database) -> None:
    """With that guard taken away one solution pays for as many bookings as anybody likes."""
    await ChallengeSpent.raw("DROP TABLE challenge_spent")
    await ChallengeSpent.raw("CREATE TABLE challenge_spent (nonce VARCHAR(64), until TIMESTAMPTZ)")
    solution = await asked_of(await stranger("203.0.113.7"), time(8), 1)
    solved = await stranger("203.0.113.7", solution=solution)
    for number in range(3):
        assert await service.book(wanted(time(9 + number)), person(number), who=solved)


async def test_a_refused_booking_spends_nothing(office: Database) -> None:
    """Who was not quick enough for one time can use the same solution for the next."""
    solution = await asked_of(await stranger("203.0.113.7"), time(11), 1)
    await booked(time(10), 7)
    solved = await stranger("203.0.113.7", solution=solution)
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(time(10)), person(1), who=solved)
    assert (await service.book(wanted(time(11)), person(1), who=solved)).state == "held"


async def test_spent_challenges_are_swept_when_they_can_no_longer_be_used(office: Database, clock: Clock) -> None:
    """The table forgets a nonce only after its challenge is over; whence a hold came is forgotten within hours."""
    solution = await asked_of(await stranger("203.0.113.7"), time(10), 1)
    await service.book(wanted(time(10)), person(1), who=await stranger("203.0.113.7", solution=solution))
    clock.forward(minutes=9)
    await forget_networks()
    assert await ChallengeSpent.count() == 1
    clock.forward(hours=1)
    await forget_networks()
    assert await ChallengeSpent.count() == 0
    assert await Appointment.count().where(Appointment.network.is_not_null()) == 0


async def test_ordinary_people_never_notice_a_rush_rule(database: Database, clock: Clock) -> None:
    """Below the mark nobody is asked; from it on everybody is; ten minutes later nobody again."""
    await open_small_office(challenge="rush", rush_bookings=8, challenge_difficulty=1000, bookable_share="1")
    for number in range(8):
        who = await stranger(f"203.0.113.{number}")
        await service.book(
            wanted(time(8, 15 * (number % 4)), [BIRTH] if number > 3 else [COPY]), person(number), who=who
        )
    with pytest.raises(Refusal, match="challenge-needed"):
        await service.book(wanted(time(14)), person(8), who=await stranger("203.0.113.8"))
    clock.forward(minutes=10)
    assert await service.book(wanted(time(14)), person(8), who=await stranger("203.0.113.8"))


async def test_one_network_is_in_a_rush_before_the_town_is(database: Database, clock: Clock) -> None:
    """A quarter of a rush from one network asks that network for work, and nobody else."""
    await open_small_office(challenge="rush", rush_bookings=8, challenge_difficulty=1000)
    busy = await stranger("203.0.113.7")
    for number in range(2):
        await service.book(wanted(time(10 + number)), person(number), who=busy)
    with pytest.raises(Refusal, match="challenge-needed"):
        await service.book(wanted(time(14)), person(3), who=busy)
    assert await service.book(wanted(time(14)), person(3), who=await stranger("203.0.113.8"))


async def test_the_office_itself_is_never_asked(office: Database) -> None:
    """What staff book for a caller passes by the challenge, and by what strangers may hold."""
    assert await service.book(wanted(time(10)), person(1))


async def test_programs_book_over_http_with_a_solution(house: House) -> None:
    """428 with the challenge; the same command with its solution and the same key is carried out, once."""
    await open_small_office(challenge="always", challenge_difficulty="1000")
    body = {
        "office": OFFICE, "procedures": [COPY], "start": time(10).isoformat(),
        "citizen": {"name": "Lê Thị Hoa", "phone": "0912000001"},
    }  # fmt: skip
    client = house.client()
    asked = await client.post("/api/appointments", json=body, headers={"Idempotency-Key": "mot"})
    assert (asked.status_code, asked.json()["type"]) == (428, "urn:motcua:challenge-needed")
    solved = body | {"solution": solution_of(asked.json()["challenge"])}
    made = await client.post("/api/appointments", json=solved, headers={"Idempotency-Key": "mot"})
    assert made.status_code == 201
    again = await client.post("/api/appointments", json=solved, headers={"Idempotency-Key": "mot"})
    assert again.json()["reference"] == made.json()["reference"]
    other = {"start": time(11).isoformat(), "citizen": {"name": "Lê Văn Nam", "phone": "0912000002"}}
    spent = await client.post("/api/appointments", json=solved | other)
    assert (spent.status_code, spent.json()["type"]) == (428, "urn:motcua:challenge-failed")
