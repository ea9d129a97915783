"""Refusals of a rush are kept under their keys as any answer is, but many in one transaction."""

import asyncio
from collections.abc import Collection

import httpx
import pytest

from server.booking import service
from server.db import DatabaseUnavailable
from server.web import commands
from tests.booking.small import COPY, OFFICE, booked, open_small_office, time, token_of
from tests.server.support import House, Json, refused


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    """The small office: one person at a time on each of its lines."""
    await open_small_office()


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many keys were taken at once, one entry for each time."""
    counts: list[int] = []
    real = commands._claim

    async def counted(answers: Collection[commands._Stored]) -> list[commands._Stored]:
        counts.append(len(answers))
        return await real(answers)

    monkeypatch.setattr(commands, "_claim", counted)
    return counts


def body(who: int, hour: int = 10) -> Json:
    citizen = {"name": "Nguyễn Thị Hoà", "phone": f"09{who:08}"}
    return {"office": OFFICE, "procedures": [COPY], "start": time(hour).isoformat(), "citizen": citizen}


async def press(house: House, key: str, body: Json) -> httpx.Response:
    return await house.client().post("/api/appointments", json=body, headers={"Idempotency-Key": key})


async def test_each_is_kept_under_its_own_key(house: House, kept: list[int]) -> None:
    """Thirty refused at once take far fewer writes, and each is told the same again when the place is free by then."""
    taken = await booked(time(10), 1)
    first = await asyncio.gather(*(press(house, f"key {who}", body(who)) for who in range(2, 32)))
    assert len({refused(answer, "slot-full", 409)["detail"] for answer in first}) == 1
    assert sum(kept) == 30
    assert len(kept) <= 10
    await service.cancel(taken.reference, await token_of(taken))
    again = await asyncio.gather(*(press(house, f"key {who}", body(who)) for who in range(2, 32)))
    assert [answer.content for answer in again] == [answer.content for answer in first]
    assert (await press(house, "another key", body(2))).status_code == 201


async def test_one_key_has_one_answer(house: House) -> None:
    """Pressed five times at once it is one answer; what was booked stays booked; another body is refused."""
    held = await press(house, "mine", body(1))
    await booked(time(11), 2)
    answers = await asyncio.gather(*(press(house, "one", body(3, hour=11)) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {409}
    assert len({answer.content for answer in answers}) == 1
    refused(await press(house, "one", body(4, hour=11)), "key-reused", 422)
    mixed = await asyncio.gather(press(house, "two", body(5, hour=11)), press(house, "two", body(6, hour=11)))
    assert sorted(answer.status_code for answer in mixed) == [409, 422]
    refused(await press(house, "mine", body(3, hour=11)), "key-reused", 422)
    assert (await press(house, "mine", body(1))).content == held.content


async def test_where_it_cannot_be_kept_it_is_not_answered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """All who were to be kept together are told to try again, and then they are refused under the same keys."""
    await booked(time(10), 1)
    real, broken = commands._claim, [True]

    async def failing(answers: Collection[commands._Stored]) -> list[commands._Stored]:
        if broken:
            raise DatabaseUnavailable("away")
        return await real(answers)

    monkeypatch.setattr(commands, "_claim", failing)
    for answer in await asyncio.gather(*(press(house, f"key {who}", body(who)) for who in (2, 3))):
        refused(answer, "database-unavailable", 503)
    broken.clear()
    for answer in await asyncio.gather(*(press(house, f"key {who}", body(who)) for who in (2, 3))):
        refused(answer, "slot-full", 409)
