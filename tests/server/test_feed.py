"""The feed (CONTRACT.md): resume without a gap, heartbeats, who may listen, who is dropped, other processes."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from server.journal import feed, hub
from server.journal.append import office_change
from server.journal.frames import head_seq
from server.journal.hub import Hub
from tests.server.support import OFFICE, Clock, House, Json, following, served, soon, take, until


def hub_of(house: House) -> Hub:
    found: Hub = house.app.state.hub
    return found


async def received(socket: Any, count: int) -> list[Json]:
    """So many events; what is not journalled is passed over."""
    events: list[Json] = []
    while len(events) < count:
        frame = json.loads(await soon(socket.recv()))
        if "seq" in frame:
            events.append(frame)
    return events


async def closed_with(socket: Any) -> int:
    """The code the server closes with, whatever it says before."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            await soon(socket.recv())
    received_close = closed.value.rcvd
    assert received_close is not None
    return received_close.code


async def followed_by(house: House, followers: int) -> None:
    """Wait until so many follow."""
    await until(lambda: hub_of(house).followers() == followers)


# --- resuming --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tail", [2000, 3], ids=["from the tail", "from the journal"])
async def test_a_feed_resumes_anywhere_without_a_gap(
    live_house: House, monkeypatch: pytest.MonkeyPatch, tail: int
) -> None:
    """From 0, from the middle and from the head: every number once, in order, also beyond what is kept in memory."""
    monkeypatch.setattr(hub, "TAIL", tail)
    monkeypatch.setattr(hub, "PAGE", 4)
    monkeypatch.setattr(feed, "PAGE", 4)
    kiosk = await live_house.device()
    for _ in range(9):
        await take(kiosk)
    head = await head_seq(OFFICE)
    async with live_house.feed(since=0) as whole:
        assert [event["seq"] for event in await received(whole, head)] == list(range(1, head + 1))
        for since in (1, head // 2, head - 1):
            async with live_house.feed(since=since) as rest:
                events = await received(rest, head - since)
                assert [event["seq"] for event in events] == list(range(since + 1, head + 1))
        async with live_house.feed(since=head) as new, live_house.feed() as newest:
            await take(kiosk)
            for socket in (whole, new, newest):
                assert [event["seq"] for event in await received(socket, 1)] == [head + 1]


async def test_many_commands_at_once_reach_everybody_in_order(live_house: House) -> None:
    """While eight kiosks press, followers who come and go hear each number exactly once."""
    kiosks = [await live_house.device() for _ in range(8)]
    async with following(live_house) as wall, asyncio.TaskGroup() as hall:
        for kiosk in kiosks:
            hall.create_task(take(kiosk))
        async with live_house.feed(since=0) as late:
            await received(late, 2)
        await wall.up_to(9)
    assert [frame["seq"] for frame in wall.frames] == list(range(1, 10))


async def test_what_a_wall_may_not_hear_moves_only_the_number(live_house: House) -> None:
    """An event of a kind that is not public goes out as its bare number: nothing of it, but no gap either."""
    async with live_house.feed(since=0) as socket:
        async with office_change(OFFICE, "system") as change:
            change.append("officer.scolded", {"officer": "dung.bode"})
            change.append("office.opened", {"day": "2026-11-23"})
        first, second = await received(socket, 2)
    assert first == {"seq": 1}
    assert (second["seq"], second["kind"]) == (2, "office.opened")
    assert second["at"].endswith("+07:00")


# --- what it tells besides -------------------------------------------------------------------------------------


async def test_a_silent_feed_beats(live_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing happens a heartbeat tells the number reached, again and again."""
    monkeypatch.setattr(feed, "HEARTBEAT_SECONDS", 0.05)
    await take(await live_house.device())
    head = await head_seq(OFFICE)
    async with live_house.feed(since=head) as socket:
        beats = 0
        while beats < 3:
            frame = json.loads(await soon(socket.recv()))
            if "heartbeat" in frame:
                assert frame == {"heartbeat": head}
                beats += 1


async def test_the_forecast_travels_beside_the_events(live_house: House) -> None:
    """Who follows gets the waits per line, made at a number; news bring a newer one."""
    kiosk = await live_house.device()
    await live_house.officer(counter=2)
    async with following(live_house) as wall:
        await take(kiosk)
        head = await head_seq(OFFICE)
        while not (wall.forecasts and wall.board.seq == head):
            frame = await wall.step()
        while frame.get("asOf") != head:
            frame = await wall.step()
    assert frame.keys() == {"forecast", "asOf"}
    assert "A" in frame["forecast"]
    assert all(wait["p50"] <= wait["p90"] and wait["p90"] % 5 == 0 for wait in frame["forecast"].values())


# --- who may listen --------------------------------------------------------------------------------------------


async def test_an_unknown_office_has_no_feed(live_house: House) -> None:
    """4404, also for a ticket that is none."""
    async with live_house.feed("khong-co", 0) as socket:
        assert await closed_with(socket) == 4404
    async with live_house.socket("/ws/tickets/7K7K7K7K7K7K") as socket:
        assert await closed_with(socket) == 4404
    await followed_by(live_house, 0)


async def test_a_number_that_never_was_means_a_restored_backup(live_house: House) -> None:
    """4410 beyond the head: take a fresh snapshot. The head itself is fine."""
    await take(await live_house.device())
    head = await head_seq(OFFICE)
    for since in (head + 1, 10**12):
        async with live_house.feed(since=since) as socket:
            assert await closed_with(socket) == 4410
    await followed_by(live_house, 0)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "https://evil.example"}, 4401),
        ({"Origin": "null"}, 4401),
        ({"Cookie": "motcua=x", "Sec-Fetch-Site": "cross-site"}, 4401),
        ({"Origin": "https://evil.example", "Cookie": "motcua=x"}, 4401),
        ({"Authorization": "Bearer khong-phai"}, 4401),
        ({"Authorization": "Bearer khong-phai", "Origin": "https://evil.example"}, 4401),
    ],
)
async def test_another_sites_page_may_not_listen(live_house: House, headers: dict[str, str], code: int) -> None:
    """A page from elsewhere, and a token that is not good, are shut out of both WebSockets."""
    token = (await take(await live_house.device()))["followToken"]
    for path in (f"/ws/offices/{OFFICE}/feed?since=0", f"/ws/tickets/{token}"):
        async with live_house.socket(path, **headers) as socket:
            assert await closed_with(socket) == code


async def test_our_pages_and_programs_may_listen(live_house: House) -> None:
    """Our own Origin, none at all, and a good token from wherever it comes."""
    kiosk = await live_house.device()
    await take(kiosk)
    for headers in (
        {},
        {"Origin": live_house.url},
        {"Origin": live_house.url, "Cookie": "motcua=x"},
        {"Authorization": kiosk.headers["Authorization"], "Origin": "https://kiosk.example"},
    ):
        async with live_house.feed(since=0, **headers) as socket:
            assert (await received(socket, 1))[0]["seq"] == 1


# --- those who do not read -------------------------------------------------------------------------------------


async def test_who_does_not_read_is_dropped(live_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen that hangs loses its place after a while, holds nobody else up, and leaves nothing behind."""
    monkeypatch.setattr(feed, "SLOW_SECONDS", 0.2)
    long = "x" * 200_000
    async with live_house.feed(since=0) as good:
        reader, writer = await asyncio.open_connection("127.0.0.1", live_house.settings.port, limit=1024)
        writer.write(
            f"GET /ws/offices/{OFFICE}/feed?since=0 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        await writer.drain()
        await soon(reader.readuntil(b"\r\n\r\n"))
        writer.transport.pause_reading()
        await followed_by(live_house, 2)
        for _ in range(60):  # more than any socket's buffers hold
            async with office_change(OFFICE, "system") as change:
                change.append("office.announced", {"notice": long})
        assert [event["seq"] for event in await received(good, 60)] == list(range(1, 61))
        await followed_by(live_house, 1)
        writer.transport.abort()
    await followed_by(live_house, 0)


async def test_a_hundred_comings_and_goings_leave_nothing(live_house: House) -> None:
    """Screens that connect and vanish, politely or not, leave no subscription and no reader behind."""
    for _ in range(5):
        async with asyncio.TaskGroup() as hall:
            for number in range(20):
                hall.create_task(self_destructing(live_house, rude=number % 2 == 0))
    await followed_by(live_house, 0)
    assert hub_of(live_house).feeds() == []
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("feed ") and not task.cancelling()]


async def self_destructing(house: House, *, rude: bool) -> None:
    socket = await house.feed(since=0)
    if rude:
        socket.transport.abort()
    else:
        await socket.close()


# --- other processes -------------------------------------------------------------------------------------------


async def test_another_servers_news_come_by_the_bell(live_house: House, clock: Clock) -> None:
    """What is committed through another process reaches who follows this one: by NOTIFY, or by watching the file."""
    async with live_house.feed(since=0) as socket:
        kiosk = await live_house.device()
        await take(kiosk)
        await received(socket, 2)
        with served(live_house.settings.database) as other:
            async with httpx.AsyncClient(base_url=other.url, headers=kiosk.headers) as same_kiosk:
                await take(same_kiosk)
        kinds = [event["kind"] for event in await received(socket, 1)]
    assert kinds in (["ticket.issued"], ["office.opened"])


async def test_another_programs_write_is_noticed(live_house: House, tmp_path: Path) -> None:
    """`motcua load` beside the running server reaches its screens."""
    await take(await live_house.device())
    (tmp_path / "counters.csv").write_text("office,number,name_vi,lines\nbo-de,2,Quầy Hai,A;H;T\n", "utf-8")
    async with following(live_house) as wall:
        command = [sys.executable, "-m", "server.cli", "load", str(tmp_path)]
        environment = os.environ | {"MOTCUA_DATABASE": live_house.settings.database}
        loading = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
        assert await loading.wait() == 0
        frame = await wall.until("office.changed")
    assert {"number": 2, "name": "Quầy Hai"} in frame["counters"]


@pytest.fixture(autouse=True)
def only_the_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers look by themselves every five seconds; here they must not, so that a bell that fails is seen."""
    monkeypatch.setattr(hub, "LOOK_SECONDS", 3600)
