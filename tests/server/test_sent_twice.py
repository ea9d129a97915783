"""Every command can be sent twice (CONTRACT.md, Idempotency): the first answer is kept, and nothing happens again."""

import asyncio
from typing import Any

import httpx
import pytest

from server.db import DatabaseUnavailable
from server.journal.frames import head_seq
from server.queue import desk as desks
from server.queue import service
from server.web import commands
from tests.server.journalled import stored
from tests.server.support import OFFICE, Clock, House, call, ok, refused, soon, take

KEY = {"Idempotency-Key": "khoa-9b1c"}
OTHER = {"Idempotency-Key": "khoa-0000"}


async def send(client: httpx.AsyncClient, path: str, body: object = None, key: dict[str, str] = KEY) -> httpx.Response:
    return await client.post(path, json=body, headers=key)


async def test_the_first_answer_is_given_again(house: House) -> None:
    """The same key and body give the same bytes, the follow token included, and one ticket."""
    kiosk = await house.device()
    first = await send(kiosk, "/api/kiosk/tickets", {"line": "A"})
    seq = await head_seq(OFFICE)
    again = await send(kiosk, "/api/kiosk/tickets", {"line": "A"})
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert first.json()["followToken"]
    assert await head_seq(OFFICE) == seq
    assert len((await stored(OFFICE))["ticket"]) == 1


async def test_nothing_to_say_is_an_answer_too(house: House) -> None:
    """A 204 is kept: when somebody has come meanwhile, the old question still has its old answer."""
    kiosk, desk = await house.device(), await house.officer(counter=2)
    assert (await send(desk, "/api/desk/next")).status_code == 204
    await take(kiosk)
    assert (await send(desk, "/api/desk/next")).status_code == 204
    assert (await send(desk, "/api/desk/next", key=OTHER)).status_code == 200


async def test_a_refusal_of_the_rules_is_an_answer_too(house: House) -> None:
    """A 409 is kept, with its type and sentence, even when the rule would say yes by now."""
    kiosk, desk = await house.device(), await house.officer(counter=2)
    await take(kiosk)
    ticket = await call(desk)
    first = await send(desk, "/api/desk/next")
    refused(first, "still-serving", 409)
    ok(await desk.post(f"/api/desk/tickets/{ticket['id']}/miss"))
    again = await send(desk, "/api/desk/next")
    refused(again, "still-serving", 409)
    assert again.content == first.content
    assert (await send(desk, "/api/desk/next", key=OTHER)).status_code == 204


async def test_another_body_is_another_command(house: House) -> None:
    """The same key with another body is refused, changes nothing, and leaves the first answer in place."""
    kiosk = await house.device()
    first = await send(kiosk, "/api/kiosk/tickets", {"line": "A"})
    seq = await head_seq(OFFICE)
    refused(await send(kiosk, "/api/kiosk/tickets", {"line": "H"}), "key-reused", 422)
    assert await head_seq(OFFICE) == seq
    assert (await send(kiosk, "/api/kiosk/tickets", {"line": "A"})).content == first.content


async def test_a_key_belongs_to_its_caller_method_and_path(house: House) -> None:
    """Another kiosk, and another path, may use the same key for something of their own."""
    one, other = await house.device(), await house.device()
    first = ok(await send(one, "/api/kiosk/tickets", {"line": "A"}))
    second = ok(await send(other, "/api/kiosk/tickets", {"line": "A"}))
    assert (first["number"], second["number"]) == ("A001", "A002")
    refused(await send(one, "/api/kiosk/check-in", {"reference": "7K7K7K7K7K7K"}), "no-such-booking", 404)


async def test_a_key_lasts_a_day(house: House, clock: Clock) -> None:
    """24 hours the answer is the same; then the key is fresh again, with another body too."""
    kiosk = await house.device()
    first = ok(await send(kiosk, "/api/kiosk/tickets", {"line": "A"}))
    clock.forward(hours=24)
    assert ok(await send(kiosk, "/api/kiosk/tickets", {"line": "A"})) == first
    clock.forward(milliseconds=1)
    assert ok(await send(kiosk, "/api/kiosk/tickets", {"line": "H"}))["number"] == "H001"
    clock.forward(hours=25)
    await commands.forget_old_keys()
    assert await house.database.engine.fetch("SELECT * FROM idempotency_key") == []


@pytest.mark.parametrize("key", ["", "k" * 201, "khoá\x07", "khoá\u202e"])
async def test_what_is_no_key_is_refused(house: House, key: str) -> None:
    """An empty, endless or unprintable key is refused in words, and nothing is done."""
    kiosk = await house.device()
    answer = await kiosk.post("/api/kiosk/tickets", json={"line": "A"}, headers={"Idempotency-Key": key.encode()})
    refused(answer, "invalid-key", 400)
    assert await head_seq(OFFICE) == 0


async def test_who_is_not_let_in_is_not_remembered(house: House) -> None:
    """A 401 is not kept: the same key works once the officer has signed in."""
    client = house.client()
    refused(await send(client, "/api/desk/next"), "sign-in", 401)
    desk = await house.officer(counter=2)
    client.cookies = desk.cookies
    assert (await send(client, "/api/desk/next")).status_code == 204


@pytest.mark.parametrize(
    ("failure", "code", "status"),
    [(DatabaseUnavailable("away"), "database-unavailable", 503), (ZeroDivisionError(), "internal", 500)],
)
async def test_a_failure_is_not_remembered(
    house: House, monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str, status: int
) -> None:
    """What broke half-way is undone, and tried again under the same key it works."""
    kiosk = await house.device()
    real = service.add_ticket

    async def breaks(*args: Any, **more: Any) -> None:
        await real(*args, **more)
        raise failure

    monkeypatch.setattr(service, "add_ticket", breaks)
    refused(await send(kiosk, "/api/kiosk/tickets", {"line": "A"}), code, status)
    assert await head_seq(OFFICE) == 0
    monkeypatch.setattr(service, "add_ticket", real)
    assert ok(await send(kiosk, "/api/kiosk/tickets", {"line": "A"}))["number"] == "A001"


async def test_too_many_tries_are_not_remembered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 429 is not kept: the same key works when there is room again."""
    from server.web import limits

    kiosk, desk, citizen = await house.device(), await house.officer(counter=2), house.client()
    ticket = await take(kiosk)
    await call(desk)
    for verb in ("start", "finish"):
        ok(await desk.post(f"/api/desk/tickets/{ticket['id']}/{verb}"))
    path = f"/api/tickets/{ticket['followToken']}/rating"
    monkeypatch.setitem(limits._buckets, "rating", limits.Bucket(0))
    refused(await send(citizen, path, {"level": 3}), "too-many", 429)
    monkeypatch.setitem(limits._buckets, "rating", limits.Bucket(10))
    assert ok(await send(citizen, path, {"level": 3}), 201) == {"level": 3}


async def test_two_at_once_are_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first is being carried out the second waits, and gets the first's answer."""
    kiosk, desk = await house.device(), await house.officer(counter=2)
    await take(kiosk)
    await take(kiosk)
    real = desks.call_next
    inside, go_on = asyncio.Event(), asyncio.Event()
    calls = 0

    async def slowly(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        called = await real(*args)
        inside.set()
        await go_on.wait()
        return called

    monkeypatch.setattr(desks, "call_next", slowly)
    first = asyncio.create_task(send(desk, "/api/desk/next"))
    await soon(inside.wait())
    second = asyncio.create_task(send(desk, "/api/desk/next"))
    done, waiting = await asyncio.wait({first, second}, timeout=0.2)
    assert (done, waiting) == (set(), {first, second})
    go_on.set()
    answers = await asyncio.gather(first, second)
    assert answers[0].content == answers[1].content
    assert ok(answers[0])["number"] == "A001"
    assert calls == 1
    states = [row["state"] for row in (await stored(OFFICE))["ticket"].values()]
    assert sorted(map(str, states)) == ["called", "waiting"]


async def test_the_second_goes_first_when_the_first_fails(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the first of two at once breaks, the second is carried out: nothing was stored for the key."""
    kiosk = await house.device()
    real = service.add_ticket
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def breaks(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(service, "add_ticket", real)
        inside.set()
        await go_on.wait()
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(service, "add_ticket", breaks)
    first = asyncio.create_task(send(kiosk, "/api/kiosk/tickets", {"line": "A"}))
    await soon(inside.wait())
    second = asyncio.create_task(send(kiosk, "/api/kiosk/tickets", {"line": "A"}))
    go_on.set()
    refused(await first, "database-unavailable", 503)
    assert ok(await second, 201)["number"] == "A001"
