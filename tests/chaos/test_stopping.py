"""A server told to stop: it says so to whoever listens, finishes what it does, and is gone soon."""

import asyncio
import json

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.conftest import run_apart
from tests.race.hall import OFFICE, open_office
from tests.server.support import ok, served, soon


@pytest.fixture(params=["sqlite", "postgres"])
def open_url(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A database with an open office, and a kiosk's token, on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url, run_apart(open_office(url))[0]


async def test_sigterm_with_open_websockets(open_url: tuple[str, str]) -> None:
    """Feeds and phones are closed with 1012, the process ends by itself with 0, and its work is kept."""
    url, token = open_url
    with served(url) as server:
        async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as kiosk:
            issued = ok(await kiosk.post("/api/kiosk/tickets", json={"line": "A"}), 201)
        address = server.url.replace("http", "ws")
        paths = [f"/ws/offices/{OFFICE}/feed?since=0"] * 20 + [f"/ws/tickets/{issued['followToken']}"] * 5
        sockets = [await connect(address + path) for path in paths]
        for socket in sockets:
            assert json.loads(await soon(socket.recv()))
        server.ask_to_stop()
        for socket in sockets:
            with pytest.raises(ConnectionClosed):
                while True:
                    await soon(socket.recv())
            assert socket.close_code == 1012
        assert await asyncio.to_thread(server.wait) == 0
    with served(url) as server:
        async with httpx.AsyncClient(base_url=server.url) as phone:
            assert ok(await phone.get(f"/api/tickets/{issued['followToken']}"))["number"] == "A001"


async def test_sigterm_during_a_command(open_url: tuple[str, str]) -> None:
    """What was asked before the signal is answered, or at least never half done."""
    url, token = open_url
    headers = {"Authorization": f"Bearer {token}"}
    with served(url) as server:
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as kiosk:
            ok(await kiosk.post("/api/kiosk/tickets", json={"line": "A"}), 201)
            asked = [asyncio.create_task(kiosk.post("/api/kiosk/tickets", json={"line": "A"})) for _ in range(10)]
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            server.ask_to_stop()
            answers = await asyncio.gather(*asked, return_exceptions=True)
        assert await asyncio.to_thread(server.wait) == 0
    told = [ok(answer)["number"] for answer in answers if isinstance(answer, httpx.Response)]
    with served(url) as server:
        async with httpx.AsyncClient(base_url=server.url, headers=headers) as kiosk:
            following = int(ok(await kiosk.post("/api/kiosk/tickets", json={"line": "A"}), 201)["number"][1:])
    assert len(set(told)) == len(told)
    assert following > max(int(number[1:]) for number in told)
