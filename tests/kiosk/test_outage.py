"""The kiosk while its server is gone, answers too late, or comes back, and after a power cut of its own."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from litestar import Response

from kiosk import courier
from kiosk.outbox import Outbox
from server import wire
from server.clock import now
from tests.kiosk.conftest import Kiosk, StartKiosk, running_kiosk
from tests.kiosk.stand_ins import TOKEN, LiveServer, problem

KEY = "touch-of-a-finger"


async def test_a_lost_server_means_offline_numbers_and_then_each_handed_in_once(
    kiosk: Kiosk, server: LiveServer
) -> None:
    """During an outage everybody gets a number from this kiosk's range; afterwards the server knows each, once."""
    await server.stop()
    await kiosk.until_online(False)
    tickets = [(await kiosk.touch(line)).json() for line in ("H", "A", "H", "H")]
    assert [ticket["number"] for ticket in tickets] == ["H901", "A901", "H902", "H903"]
    assert all(ticket["offline"] and ticket["printed"] == "ok" for ticket in tickets)
    assert {slip.qr for slip in kiosk.printer.slips} == {None}
    state = (await kiosk.page.get("/api/state")).json()
    assert (state["online"], state["queued"]) == (False, 4)
    assert {line["waiting"] for line in state["lines"]} == {line["wait"] for line in state["lines"]} == {None}
    await server.start()
    await kiosk.until_handed_in()
    assert {one.id for one in server.office.offline.values()} == {ticket["id"] for ticket in tickets}
    assert sorted(one.number for one in server.office.offline.values()) == [901, 901, 902, 903]
    assert (await kiosk.touch("H")).json()["number"] == "H001"


@pytest.mark.parametrize("how", ["never answers", "fails", "is a captive portal", "answers half"])
async def test_a_touch_without_an_answer_becomes_an_offline_ticket_with_the_same_id(
    start_kiosk: StartKiosk, server: LiveServer, how: str
) -> None:
    """The server did issue a number but its answer never came: the person holds one ticket, and the other is undone."""
    kiosk = await start_kiosk(patience=0.5)

    def after(path: str) -> Response[Any] | None:
        if path != "/api/kiosk/tickets":
            return None
        if how == "fails":
            return problem("database-unavailable", 503)
        if how == "is a captive portal":
            return Response("<h1>Wi-Fi</h1>", media_type="text/html")
        if how == "answers half":
            return Response(b'{"id": "x', media_type="application/json")
        raise asyncio.CancelledError  # cuts the connection without an answer

    server.office.after = after
    ticket = (await kiosk.touch("H", KEY)).json()
    assert (ticket["id"], ticket["number"], ticket["offline"]) == (KEY, "H901", True)
    server.office.after = lambda _: None
    await server.office.until(lambda: KEY in server.office.offline)
    assert server.office.withdrawn == [server.office.issued[KEY].follow_token]
    await kiosk.until_handed_in()
    assert kiosk.outbox.attempts(now()) == []


async def test_a_slow_server_is_not_waited_for(start_kiosk: StartKiosk, server: LiveServer) -> None:
    """A server that takes longer than a person's patience counts as gone; the number comes from here."""
    kiosk = await start_kiosk(patience=0.3)
    held = asyncio.Event()
    office, original = server.office, server.office.tell

    async def tell() -> None:
        await original()
        if office.issued and not held.is_set():
            await held.wait()

    office.tell = tell  # type: ignore[method-assign]
    ticket = (await kiosk.touch("H", KEY)).json()
    assert ticket["number"] == "H901"
    held.set()
    await office.until(lambda: KEY in office.offline)


async def test_offline_a_touch_asks_no_server(kiosk: Kiosk, server: LiveServer) -> None:
    """While the server is known to be gone nobody waits for a timeout first."""
    await server.stop()
    await kiosk.until_online(False)
    await kiosk.touch("H")
    await kiosk.touch("H")
    assert "POST /api/kiosk/tickets" not in server.office.calls


async def test_offline_a_booking_cannot_be_looked_up_and_the_screen_says_what_to_do(
    kiosk: Kiosk, server: LiveServer
) -> None:
    """No booking is guessed at; the sentence offers an ordinary number."""
    await server.stop()
    await kiosk.until_online(False)
    for answer in (
        await kiosk.page.post("/api/check-in", json={"reference": "K7QF3M2P9XWD"}),
        await kiosk.page.get("/api/procedures?q=khai"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:motcua:offline")
        assert "lấy số thường" in answer.json()["detail"]


async def test_a_used_up_range_sends_people_to_the_staff(start_kiosk: StartKiosk, server: LiveServer) -> None:
    """When the offline numbers are gone there is a sentence, not a number that somebody else may have."""
    server.office.config.ranges = [wire.NumberRange(line="H", first=901, last=901)]
    kiosk = await start_kiosk()
    await server.stop()
    await kiosk.until_online(False)
    assert (await kiosk.touch("H")).status_code == 201
    for line in ("H", "A"):
        refused = await kiosk.touch(line)
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:motcua:offline-full")
    assert kiosk.outbox.counts().queued == 1


async def test_a_kiosk_that_never_met_its_server_waits_calmly_and_recovers_alone(
    start_kiosk: StartKiosk, server: LiveServer
) -> None:
    """No config, no server: a calm state and a refusal with a sentence; then the server comes, and all is well."""
    await server.stop()
    kiosk = await start_kiosk(online=False)
    assert (await kiosk.page.get("/api/state")).json()["phase"] == "connecting"
    refused = await kiosk.touch("H")
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:motcua:connecting")
    await server.start()
    await kiosk.until_online()
    assert (await kiosk.touch("H")).status_code == 201


async def test_one_bad_offline_ticket_does_not_hold_up_the_others(kiosk: Kiosk, server: LiveServer) -> None:
    """What the server will never take is kept and reported; the rest goes through."""
    await server.stop()
    await kiosk.until_online(False)
    for _ in range(3):
        await kiosk.touch("H")
    server.office.refuse = {902: "no-such-line"}
    await server.start()
    await kiosk.until_handed_in()
    assert sorted(one.number for one in server.office.offline.values()) == [901, 903]
    await server.office.until(lambda: any("refused" in (one.detail or "") for one in server.office.statuses))
    assert (await kiosk.agent.state()).refused == 1


async def test_an_answer_lost_while_handing_in_repeats_harmlessly(kiosk: Kiosk, server: LiveServer) -> None:
    """The hand-in arrives but its answer does not: it is sent again, and each ticket is still there once."""
    await server.stop()
    await kiosk.until_online(False)
    await kiosk.touch("H")
    lost: list[str] = []

    def after(path: str) -> Response[Any] | None:
        if path == "/api/kiosk/offline-tickets" and not lost:
            lost.append(path)
            return problem("database-unavailable", 503)
        return None

    server.office.after = after
    await server.start()
    await kiosk.until_handed_in()
    assert server.office.calls.count("POST /api/kiosk/offline-tickets") == 2
    assert len(server.office.offline) == 1


async def test_a_batch_that_is_refused_whole_goes_one_by_one(kiosk: Kiosk, server: LiveServer) -> None:
    """Where the server cannot even read the batch because of one ticket, that one alone is lost."""
    await server.stop()
    await kiosk.until_online(False)
    for _ in range(2):
        await kiosk.touch("H")
    original = server.office.before

    def before(path: str) -> Response[Any] | None:
        if path == "/api/kiosk/offline-tickets" and server.office.calls.count(f"POST {path}") in (1, 2):
            return problem("invalid", 400)
        return original(path)

    server.office.before = before
    await server.start()
    await kiosk.until_handed_in()
    assert len(server.office.offline) == 1
    assert (await kiosk.agent.state()).refused == 1


async def test_a_kiosk_restarted_in_an_outage_goes_on_where_it_was(server: LiveServer, tmp_path: Path) -> None:
    """Config, numbers and tickets are those from before the power cut; a repeated touch is still the same ticket."""
    async with running_kiosk(server.url, tmp_path, 3.0, TOKEN) as before:
        await before.until_online()
        await server.stop()
        await before.until_online(False)
        first = (await before.touch("H", KEY)).json()
    async with running_kiosk(server.url, tmp_path, 3.0, TOKEN) as after:
        again = (await after.touch("H", KEY)).json()
        second = (await after.touch("H")).json()
        assert (first["number"], again["number"], second["number"]) == ("H901", "H901", "H902")
        assert (await after.agent.state()).queued == 2


def died_after_asking(server: LiveServer, folder: Path, when: datetime) -> str:
    """A kiosk asked for a number and died before it was told; the number's follow token."""
    outbox = Outbox(folder / "outbox.sqlite3")
    outbox.begin(KEY, wire.KioskTicketRequest(line="H"), when)
    outbox.close()
    server.office.bodies[KEY] = wire.encode(wire.KioskTicketRequest(line="H"))
    server.office.issued[KEY] = server.office.ticket("H", KEY)
    return server.office.issued[KEY].follow_token


async def test_a_touch_cut_short_by_a_crash_is_given_back(server: LiveServer, tmp_path: Path) -> None:
    """The server issued a number, the kiosk died before the paper: nobody holds it, so it leaves the queue."""
    token = died_after_asking(server, tmp_path, now() - courier.LEFTOVER_AFTER)
    async with running_kiosk(server.url, tmp_path, 3.0, TOKEN) as kiosk:
        await server.office.until(lambda: server.office.withdrawn == [token])
        assert len(server.office.issued) == 1
        assert kiosk.printer.slips == []


async def test_a_touch_repeated_after_a_crash_finds_its_number(server: LiveServer, tmp_path: Path) -> None:
    """The page repeats its touch when the agent is back: the same number is printed, and nothing is given back."""
    died_after_asking(server, tmp_path, now())
    async with running_kiosk(server.url, tmp_path, 3.0, TOKEN) as kiosk:
        await kiosk.until_online()
        assert (await kiosk.touch("H", KEY)).json()["number"] == server.office.issued[KEY].number
        assert kiosk.outbox.attempts(now()) == []
    assert server.office.withdrawn == []
