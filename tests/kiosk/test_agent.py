"""The kiosk between a printer and a server that comes, goes, and answers too late."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from litestar import Response

from kiosk import courier
from kiosk.outbox import Outbox
from kiosk.printer import Health
from server import wire
from server.clock import now
from server.phrases import sentences
from tests.kiosk.conftest import Kiosk, StartKiosk, running_kiosk
from tests.kiosk.stand_ins import TOKEN, LiveServer, problem

KEY = "touch-of-a-finger"


async def test_a_touch_gives_the_servers_number_on_paper(kiosk: Kiosk, server: LiveServer) -> None:
    """Online, the number, the wait and the link are the server's, printed once."""
    answer = await kiosk.touch("H", KEY, language="vi", procedure="1.001193", **{"class": "elderly75"})
    issued = server.office.issued[KEY]
    assert answer.status_code == 201
    ticket = answer.json()
    assert (ticket["number"], ticket["printed"], ticket["offline"]) == (issued.number, "ok", False)
    assert (ticket["followUrl"], ticket["wait"]) == (issued.follow_url, {"p50": 20, "p90": 35})
    assert [slip.qr for slip in kiosk.printer.slips] == [issued.follow_url]
    sent = wire.decode(server.office.bodies[KEY], type=wire.KioskTicketRequest)
    assert (sent.procedure, sent.klass) == ("1.001193", "elderly75")


async def test_the_same_touch_sent_again_is_one_number_and_one_paper(kiosk: Kiosk, server: LiveServer) -> None:
    """A page that repeats a request, at once or later, gets the first answer."""
    first, second = await asyncio.gather(kiosk.touch(key=KEY), kiosk.touch(key=KEY))
    third = await kiosk.touch(key=KEY)
    assert first.json() == second.json() == third.json()
    assert (len(server.office.issued), len(kiosk.printer.slips)) == (1, 1)


async def test_a_key_with_another_body_is_refused(kiosk: Kiosk, server: LiveServer) -> None:
    """One key is one touch: the same key for another line gets neither number."""
    await kiosk.touch("H", KEY)
    refused = await kiosk.touch("A", KEY)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:motcua:key-reused")
    assert len(server.office.issued) == 1


async def test_a_full_disk_does_not_stop_numbers_that_the_server_gives(
    kiosk: Kiosk, server: LiveServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is only remembered for a crash may be lost; a number that only this kiosk would know is refused."""

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    for name in ("begin", "answered", "save_config", "issue"):
        monkeypatch.setattr(kiosk.outbox, name, full)
    with caplog.at_level("CRITICAL"):
        assert (await kiosk.touch("H")).json()["number"] == "H001"
        await server.stop()
        await kiosk.until_online(False)
        refused = await kiosk.touch("H")
    assert (refused.status_code, refused.json()["type"]) == (500, "urn:motcua:internal")
    assert len(kiosk.printer.slips) == 1


async def test_the_servers_refusal_reaches_the_screen_in_its_own_words(kiosk: Kiosk) -> None:
    """A closed line's sentence is passed on, and no offline number takes its place."""
    answer = await kiosk.touch("S")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:motcua:line-closed")
    assert answer.json()["detail"] == "Lĩnh vực này đang tạm đóng."
    assert answer.headers["content-type"] == "application/problem+json"
    assert kiosk.outbox.counts().queued == 0


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


async def test_a_call_for_help_reaches_the_office(kiosk: Kiosk, server: LiveServer) -> None:
    """A press is passed on with its own key, so that the server can tell it from the next one."""
    for key in ("first-press", "first-press", "second-press"):
        answer = await kiosk.page.post("/api/help", json={}, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.content) == (204, b"")
    assert server.office.help_calls == ["first-press", "first-press", "second-press"]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_call_for_help_without_the_server_leads_to_the_counter(
    kiosk: Kiosk, server: LiveServer, language: str
) -> None:
    """Nobody is said to be coming who was not told: gone for a moment or for long, the screen says where to go."""
    server.office.before = lambda path: problem("internal", 500) if path == "/api/kiosk/help" else None
    said = sentences("en" if language == "en" else "vi")["kiosk.refusal.help-offline"]
    for _ in range(2):
        answer = await kiosk.page.post("/api/help", json={}, headers={"Accept-Language": language})
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:motcua:help-offline")
        assert answer.json()["detail"] == said
        await server.stop()
    assert server.office.help_calls == []


async def test_offline_a_touch_asks_no_server(kiosk: Kiosk, server: LiveServer) -> None:
    """While the server is known to be gone nobody waits for a timeout first."""
    await server.stop()
    await kiosk.until_online(False)
    await kiosk.touch("H")
    await kiosk.touch("H")
    assert "POST /api/kiosk/tickets" not in server.office.calls


async def test_a_kiosk_restarted_in_an_outage_goes_on_where_it_was(
    server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


async def test_a_touch_cut_short_by_a_crash_is_given_back(
    server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server issued a number, the kiosk died before the paper: nobody holds it, so it leaves the queue."""
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    outbox.begin(KEY, wire.KioskTicketRequest(line="H"), now() - courier.LEFTOVER_AFTER)
    outbox.close()
    server.office.bodies[KEY] = wire.encode(wire.KioskTicketRequest(line="H"))
    server.office.issued[KEY] = server.office.ticket("H", KEY)
    async with running_kiosk(server.url, tmp_path, 3.0, TOKEN) as kiosk:
        token = server.office.issued[KEY].follow_token
        await server.office.until(lambda: server.office.withdrawn == [token])
        assert len(server.office.issued) == 1
        assert kiosk.printer.slips == []


async def test_a_touch_repeated_after_a_crash_finds_its_number(server: LiveServer, tmp_path: Path) -> None:
    """The page repeats its touch when the agent is back: the same number is printed, and nothing is given back."""
    outbox = Outbox(tmp_path / "outbox.sqlite3")
    outbox.begin(KEY, wire.KioskTicketRequest(line="H"), now())
    outbox.close()
    server.office.bodies[KEY] = wire.encode(wire.KioskTicketRequest(line="H"))
    server.office.issued[KEY] = server.office.ticket("H", KEY)
    async with running_kiosk(server.url, tmp_path, 3.0, TOKEN) as kiosk:
        await kiosk.until_online()
        assert (await kiosk.touch("H", KEY)).json()["number"] == server.office.issued[KEY].number
        assert kiosk.outbox.attempts(now()) == []
    assert server.office.withdrawn == []


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


@pytest.mark.parametrize("when", ["online", "offline", "handed in"])
async def test_a_number_taken_by_mistake_is_given_back(kiosk: Kiosk, server: LiveServer, when: str) -> None:
    """'Chọn nhầm? Đổi' works with the server, without it, and for an offline number that the server knows by now."""
    if when != "online":
        await server.stop()
        await kiosk.until_online(False)
    ticket = (await kiosk.touch("H")).json()
    if when == "handed in":
        await server.start()
        await kiosk.until_handed_in()
    answer = await kiosk.page.post(f"/api/tickets/{ticket['id']}/withdraw", json={})
    assert answer.status_code == 204
    if when == "offline":
        await server.start()
    await server.office.until(lambda: len(server.office.withdrawn) == 1)
    token = ticket["followUrl"].rpartition("/")[2] if ticket["followUrl"] else "OFF901H"
    assert server.office.withdrawn == [token]
    again = await kiosk.page.post(f"/api/tickets/{ticket['id']}/withdraw", json={})
    assert (again.status_code, again.json()["type"]) == (404, "urn:motcua:no-such-ticket")


async def test_a_failed_print_keeps_the_number_and_can_be_repeated_marked(kiosk: Kiosk) -> None:
    """Paper out: the number counts, the screen gets a QR code to show; with new paper it prints as 'IN LẠI'."""
    kiosk.printer.health = Health("problem", "out", "no paper")
    ticket = (await kiosk.touch("H")).json()
    assert (ticket["number"], ticket["printed"]) == ("H001", "problem")
    assert ticket["qr"].startswith("data:image/svg+xml")
    assert (await kiosk.page.get("/api/state")).json()["paper"] == "out"
    kiosk.printer.health = Health("ok", "ok")
    again = await kiosk.page.post(f"/api/tickets/{ticket['id']}/reprint", json={})
    assert again.json()["printed"] == "ok"
    assert [slip.mark for slip in kiosk.printer.slips] == ["IN LẠI"]


async def test_checking_in_by_reference_and_by_what_the_scanner_read(kiosk: Kiosk, server: LiveServer) -> None:
    """The booking's number is printed; a second scan shows the same one again without another paper."""
    link = "https://motcua.example.vn/a/K7QF3M2P9XWD"
    first = await kiosk.page.post("/api/check-in", json={"qr": link})
    assert (first.status_code, first.json()["line"], first.json()["canChange"]) == (201, "H", False)
    second = await kiosk.page.post("/api/check-in", json={"reference": "K7QF3M2P9XWD"})
    assert second.json()["already"] is True
    assert second.json()["number"] == first.json()["number"]
    assert len(kiosk.printer.slips) == 1
    refused = await kiosk.page.post("/api/check-in", json={"reference": "0000"})
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:motcua:no-such-booking")
    assert (await kiosk.page.post(f"/api/tickets/{first.json()['id']}/withdraw", json={})).status_code == 404


async def test_a_number_from_home_says_that_its_holder_is_here(kiosk: Kiosk, server: LiveServer) -> None:
    """The phone's QR code prints the slip once; a second scan shows it again, and no touch gives it back."""
    server.office.bookings["7QK2M9XWD3FP"] = "A"
    shown = {"qr": "https://motcua.example.vn/t/7QK2M9XWD3FP"}
    first = await kiosk.page.post("/api/check-in", json=shown)
    assert (first.status_code, first.json()["printed"], first.json()["canChange"]) == (201, "ok", False)
    second = await kiosk.page.post("/api/check-in", json=shown)
    assert (second.status_code, second.json()["already"]) == (201, True)
    assert second.json()["number"] == first.json()["number"]
    assert len(kiosk.printer.slips) == 1


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


async def test_a_revoked_kiosk_gives_no_numbers_that_nobody_would_honour(
    start_kiosk: StartKiosk, server: LiveServer
) -> None:
    """A token that the server refuses is not an outage: no offline numbers, and it recovers when let in again."""
    kiosk = await start_kiosk()
    server.office.token = "another"
    server.office.cut_feeds()

    async def refused() -> bool:
        return (await kiosk.agent.state()).phase == "not-allowed"

    await kiosk.until(refused)
    answer = await kiosk.touch("H")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:motcua:not-allowed")
    assert kiosk.outbox.counts().queued == 0
    server.office.token = TOKEN
    await kiosk.until_online()
    assert (await kiosk.touch("H")).status_code == 201


async def test_news_on_the_feed_changes_the_waits_on_the_buttons(kiosk: Kiosk, server: LiveServer) -> None:
    """A frame about anything makes the kiosk read its lines again; a heartbeat alone does not."""
    server.office.config.lines[1].waiting = 7
    server.office.news(kind="ticket.issued")

    async def seven() -> bool:
        return (await kiosk.agent.state()).lines[1].waiting == 7

    await kiosk.until(seven)


@pytest.mark.parametrize("code", [1012, 4410, 4404])
async def test_a_closed_feed_is_no_outage(kiosk: Kiosk, server: LiveServer, code: int) -> None:
    """The feed ends for whatever reason while the server answers: the kiosk stays online and listens again."""
    server.office.cut_feeds(code)
    await server.office.until(
        lambda: server.office.calls.count("GET /api/kiosk/config") > 1 and bool(server.office.feeds)
    )
    assert (await kiosk.agent.state()).online


async def test_the_server_hears_how_the_kiosk_is(kiosk: Kiosk, server: LiveServer) -> None:
    """Printer and queue are reported when they change, with the kiosk's clock."""
    await server.office.until(lambda: any(one.printer == "ok" for one in server.office.statuses))
    kiosk.printer.health = Health("problem", "out", "no paper")
    await kiosk.touch("H")
    await server.office.until(lambda: server.office.statuses[-1].printer == "problem")
    last = server.office.statuses[-1]
    assert (last.paper, last.detail, last.queued) == ("out", "no paper", 0)
    assert abs((now() - last.clock).total_seconds()) < 60


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
