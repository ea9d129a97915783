"""The kiosk between its printer and a server that is there: what a touch, a scan, a press for help come to."""

import asyncio
import sqlite3

import pytest

from kiosk.printer import Health
from server import wire
from server.clock import now
from server.phrases import sentences
from tests.kiosk.conftest import Kiosk, StartKiosk
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
    before = now()
    kiosk.printer.health = Health("problem", "out", "no paper")
    await kiosk.touch("H")
    await server.office.until(lambda: server.office.statuses[-1].printer == "problem")
    last = server.office.statuses[-1]
    assert (last.paper, last.detail, last.queued) == ("out", "no paper", 0)
    assert before <= last.clock <= now()
