"""A database that is locked or gone: 503 with a helpful word, nothing changed; and it goes on without a restart."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import asyncpg
import httpx
import pytest

from server import app
from server.db import open_database
from server.journal import feed
from server.journal.frames import head_seq
from server.journal.replay import first_bad
from tests.conftest import PostgresServer, run_apart
from tests.server.journalled import snapshot
from tests.server.support import (
    OFFICE,
    Clock,
    Follower,
    House,
    Json,
    call,
    following,
    furnish,
    live_house_of,
    ok,
    refused,
    soon,
    take,
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server waits a fraction of a second for its database."""
    monkeypatch.setattr(app, "open_database", lambda url: open_database(url, patience=0.5))
    monkeypatch.setattr(feed, "HEARTBEAT_SECONDS", 0.2)


@asynccontextmanager
async def lock_held(url: str) -> AsyncIterator[None]:
    """Another program holds the office's journal, or the whole file."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
        return
    session = await asyncpg.connect(url)
    held = session.transaction()
    await held.start()
    await session.execute("SELECT * FROM journal FOR UPDATE")
    yield
    await held.rollback()
    await session.close()


async def told_to_wait(answer: httpx.Response, words: str) -> None:
    problem = refused(answer, "database-unavailable", 503)
    assert int(answer.headers["retry-after"]) >= 1
    assert words in problem["detail"]


async def test_a_locked_database_is_waited_for_then_refused(live_house: House) -> None:
    """While somebody holds the lock commands are refused in words and change nothing; then all goes on."""
    kiosk, desk = await live_house.device(), await live_house.officer(counter=2)
    await take(kiosk)
    seq = await head_seq(OFFICE)
    key = {"Idempotency-Key": "khoa-7d1e"}
    async with following(live_house) as wall:
        async with lock_held(live_house.settings.database):
            await told_to_wait(await kiosk.post("/api/kiosk/tickets", json={"line": "A"}, headers=key), "thử lại")
            english = {"Accept-Language": "en"}
            await told_to_wait(await desk.post("/api/desk/next", headers=english), "try again")
            assert ok(await live_house.client().get(f"/api/offices/{OFFICE}/procedures"))["items"]
            assert "heartbeat" in await until_heartbeat(wall)
        assert await head_seq(OFFICE) == seq
        issued = ok(await kiosk.post("/api/kiosk/tickets", json={"line": "A"}, headers=key), 201)
        assert issued["number"] == "A002"
        assert (await wall.until("ticket.issued"))["ticket"]["number"] == "A002"
        assert (await call(desk))["number"] == "A001"
    assert await first_bad(OFFICE) is None


async def until_heartbeat(wall: Follower) -> Json:
    while "heartbeat" not in (frame := await wall.step()):
        pass
    return frame


async def test_a_postgres_that_is_gone_comes_back(private_postgres: PostgresServer, clock: Clock) -> None:
    """Stopped under a working server: health and every answer say so, walls keep their place; started, all goes on."""
    run_apart(furnish(private_postgres.url))
    async with live_house_of(private_postgres.url) as house:
        kiosk, desk, anybody = await house.device(), await house.officer(counter=2), house.client()
        issued = await take(kiosk)
        async with following(house) as wall:
            await asyncio.to_thread(private_postgres.stop)
            for client, path in (
                (kiosk, "/api/kiosk/tickets"),
                (desk, "/api/desk/next"),
                (anybody, f"/api/tickets/{issued['followToken']}/withdraw"),
                (anybody, "/api/session"),
            ):
                body = {"line": "A"} if "kiosk" in path else {"username": "x", "password": "y"}
                await told_to_wait(await client.post(path, json=body), "thử lại")
            for path in (f"/api/offices/{OFFICE}/board", "/api/offices", f"/api/tickets/{issued['followToken']}"):
                await told_to_wait(await anybody.get(path), "thử lại")
            health = await anybody.get("/api/health")
            assert (health.status_code, health.json()["database"]) == (503, "unavailable")
            await until_heartbeat(wall)
            async with house.feed(since=0) as late:
                await soon(late.wait_closed())
                assert late.close_code == 1013
            await asyncio.to_thread(private_postgres.start)
            answers = [await kiosk.post("/api/kiosk/tickets", json={"line": "A"}) for _ in range(3)]
            assert [ok(answer, 201)["number"] for answer in answers] == ["A002", "A003", "A004"]
            assert (await wall.until("ticket.issued"))["ticket"]["number"] == "A002"
            assert (await call(desk))["number"] == "A001"
            assert ok(await anybody.get("/api/health"))["status"] == "ok"
            await wall.up_to(await head_seq(OFFICE))
        assert [frame["seq"] for frame in wall.frames] == list(range(wall.frames[0]["seq"], wall.board.seq + 1))


async def test_a_clock_that_is_set_back_breaks_nothing(live_house: House, clock: Clock) -> None:
    """Two hours back, over midnight even: numbers go on, the day does not begin again, walls and journal agree."""
    kiosk, desk = await live_house.device(), await live_house.officer(counter=2)
    await take(kiosk)
    clock.forward(hours=-2)
    assert (await take(kiosk))["number"] == "A002"
    clock.forward(hours=-12)
    async with following(live_house) as wall:
        assert (await take(kiosk))["number"] == "A003"
        assert (await call(desk))["number"] in ("A001", "A002", "A003")
        await wall.until("ticket.called")
        assert wall.board.state == (await snapshot(OFFICE)).state
    assert await first_bad(OFFICE) is None
