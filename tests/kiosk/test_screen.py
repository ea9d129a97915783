"""The touch screen in a real browser, on an ordinary day: a touch, a scan, a search, and the next person."""

from functools import partial

import pytest
from playwright.async_api import expect

from kiosk import app
from kiosk.printer import Health
from server import wire
from tests.kiosk.conftest import Kiosk
from tests.kiosk.screen import LANDSCAPE, MISSHAPEN, PORTRAIT, SMALLEST, OpenScreen, faults, hear_from_agent, scan
from tests.kiosk.stand_ins import LiveServer

both_ways = pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])


@both_ways
async def test_one_touch_is_one_number(open_screen: OpenScreen, server: LiveServer, size: tuple[int, int]) -> None:
    """A line's button shows its wait; touching it shows the number while it prints; 'Xong' leads back."""
    page = await open_screen(size)
    line = page.locator("[data-line=H]")
    await expect(page.locator("#sample")).to_be_hidden()
    await expect(line).to_contain_text("20–35 phút")
    await expect(line).to_contain_text("6 người chờ")
    await line.tap()
    await expect(page.locator(".issued-number")).to_have_text("H001")
    await expect(page.locator(".issued")).to_contain_text("Trước ông/bà còn 6 người")
    await expect(page.locator(".notice-good")).to_have_text("Mời ông/bà lấy phiếu ở khe bên dưới")
    await page.get_by_role("button", name="Xong").tap()
    await expect(line).to_be_visible()
    assert len(server.office.issued) == 1


async def test_touching_twice_is_still_one_number(open_screen: OpenScreen, server: LiveServer) -> None:
    """An impatient finger gets one number."""
    page = await open_screen()
    await page.locator("[data-line=H]").dblclick()
    await expect(page.locator(".issued-number")).to_have_text("H001")
    await expect(page.locator(".notice-good")).to_be_visible()
    assert len(server.office.issued) == 1


@both_ways
@pytest.mark.parametrize("query", ["", "?lang=en", "?text=large", "?lang=en&text=large"])
async def test_every_view_fits_is_big_enough_and_reads_well(
    open_screen: OpenScreen, kiosk: Kiosk, size: tuple[int, int], query: str
) -> None:
    """Targets of 72 px, nothing outside or cut, contrast 7:1, no finding of axe: in both languages and letter sizes."""
    page = await open_screen(size, query)
    # colours and names do not depend on the orientation, so axe looks at two of the eight
    seen = partial(faults, page, with_axe=(size, query) in ((PORTRAIT, ""), (LANDSCAPE, "?lang=en&text=large")))
    assert await seen() == []
    for tool in ("check-in", "search", "priority"):
        await page.locator(f"[data-tool={tool}]").tap()
        await page.locator(".sheet").wait_for()
        assert await seen() == [], tool
        if tool == "search":
            for sign in "khai":
                await page.locator(".key", has_text=sign).first.tap()
            await page.locator(".found-one").first.tap()
            await page.locator(".facts").wait_for()
            assert await seen() == [], "procedure"
        await page.locator(".sheet-head button").tap()
        await page.locator(".sheet-head button").tap() if tool == "search" else None
    await page.locator("[data-tool=help]").tap()
    await page.locator(".calm .button-primary").wait_for()
    assert await seen() == [], "help"
    await page.locator(".calm .button-primary").tap()
    kiosk.printer.health = Health("problem", "out", "no paper")
    await page.locator("[data-line=A]").tap()
    await page.locator(".issued-qr").wait_for()
    assert await seen() == [], "issued"


async def test_waits_change_under_the_finger_without_moving_anything(
    open_screen: OpenScreen, server: LiveServer
) -> None:
    """News changes the figures; every button stays where it was."""
    page = await open_screen()
    places = "[...document.querySelectorAll('.line')].map((one) => JSON.stringify(one.getBoundingClientRect()))"
    before = await page.evaluate(places)
    server.office.config.sample = True
    server.office.config.lines[1].waiting = 23
    server.office.config.lines[1].wait = wire.Wait(p50=100, p90=150)
    server.office.news(kind="ticket.issued")
    await expect(page.locator("[data-line=H]")).to_contain_text("100–150 phút")
    await expect(page.locator("[data-line=H]")).to_contain_text("23 người chờ")
    await expect(page.locator("#sample")).to_have_text("Dữ liệu mẫu")
    assert await page.evaluate(places) == before


@pytest.mark.parametrize("place", ["home", "check-in", "search"])
async def test_a_scanner_checks_in_from_any_view(open_screen: OpenScreen, server: LiveServer, place: str) -> None:
    """The booking's QR is held to the scanner wherever the screen happens to be; nothing is left in a field."""
    page = await open_screen()
    if place != "home":
        await page.locator(f"[data-tool={place}]").tap()
    await scan(page, "https://motcua.example.vn/a/K7QF3M2P9XWD")
    await expect(page.locator(".issued-number")).to_have_text("H001")
    await expect(page.get_by_role("button", name="Chọn nhầm? Đổi")).to_have_count(0)
    assert list(server.office.issued) == ["K7QF3M2P9XWD"]


async def test_a_code_typed_on_the_screen_checks_in_and_a_wrong_one_says_so(
    open_screen: OpenScreen, server: LiveServer
) -> None:
    """The keys have the twelve-sign code's alphabet alone; a code that is not known can be corrected."""
    page = await open_screen()
    await page.locator("[data-tool=check-in]").tap()
    go = page.get_by_role("button", name="Báo đã đến")
    await expect(go).to_be_disabled()
    keys = {text for text in await page.locator(".key").all_inner_texts() if len(text) == 1}
    assert keys == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    for sign in "000000000000":
        await page.locator(".key", has_text=sign).first.tap()
    await go.tap()
    await expect(page.locator(".notice-trouble")).to_have_text("Không tìm thấy lịch hẹn này.")
    for sign in "K7QF3M2P9XWD":
        await page.get_by_role("button", name=sign, exact=True).tap()
    await expect(page.locator("output")).to_have_text("K7QF-3M2P-9XWD")
    await go.tap()
    await expect(page.locator(".issued-number")).to_have_text("H001")


async def test_after_20_seconds_the_next_person_finds_the_first_view(open_screen: OpenScreen) -> None:
    """A printed number goes away by itself, with the seconds said before."""
    page = await open_screen(clock=True)
    await page.locator("[data-line=H]").tap()
    await page.locator(".notice-good").wait_for()
    await page.clock.run_for(12_000)
    await expect(page.locator("#countdown")).to_contain_text("giây")
    await page.clock.run_for(4_000)
    await hear_from_agent(page)
    await page.clock.run_for(5_000)
    await expect(page.locator("h1")).to_have_text("Mời ông/bà chọn việc cần làm")


async def test_the_next_person_finds_vietnamese_ordinary_letters_and_no_group(
    open_screen: OpenScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one person chose is asked about after 45 s of silence and undone after a minute."""
    monkeypatch.setattr(app, "PULSE", 0.05)
    page = await open_screen(query="?lang=en&text=large", clock=True)
    await page.locator("[data-tool=priority]").tap()
    for _ in range(10):
        await page.clock.run_for(5_000)
        await hear_from_agent(page)
    await expect(page.locator("#ask")).to_be_visible()
    await page.get_by_role("button", name="I need more time").tap()
    await expect(page.locator("#ask")).to_be_hidden()
    for _ in range(10):
        await page.clock.run_for(5_000)
        await hear_from_agent(page)
    await page.clock.run_for(4_000)
    await hear_from_agent(page)
    await page.clock.run_for(5_000)
    await expect(page.locator("h1")).to_have_text("Mời ông/bà chọn việc cần làm", timeout=20_000)
    await expect(page.locator("html")).to_have_attribute("lang", "vi")


async def test_a_wrong_choice_is_given_back(open_screen: OpenScreen, server: LiveServer) -> None:
    """'Chọn nhầm? Đổi' withdraws the number and starts again."""
    page = await open_screen()
    await page.locator("[data-line=H]").tap()
    await page.get_by_role("button", name="Chọn nhầm? Đổi").tap()
    await expect(page.locator("#band")).to_contain_text("Đã trả số H001")
    await expect(page.locator("h1")).to_have_text("Mời ông/bà chọn việc cần làm")
    assert server.office.withdrawn == [server.office.issued[next(iter(server.office.issued))].follow_token]


async def test_priority_is_asked_only_of_those_who_say_so(open_screen: OpenScreen, server: LiveServer) -> None:
    """One more choice for some, none for the others; it counts for one number."""
    page = await open_screen()
    await page.locator("[data-tool=priority]").tap()
    await page.get_by_role("button", name="Người từ đủ 75 tuổi").tap()
    await expect(page.locator("#band")).to_contain_text("Ưu tiên: Người từ đủ 75 tuổi")
    await page.locator("[data-line=H]").tap()
    await page.get_by_role("button", name="Xong").tap()
    await page.locator("[data-line=A]").tap()
    await page.locator(".issued-number").wait_for()
    sent = [wire.decode(body, type=wire.KioskTicketRequest) for body in server.office.bodies.values()]
    assert [(one.line, one.klass) for one in sent] == [("H", "elderly75"), ("A", None)]


async def test_a_name_of_900_characters_leaves_the_view_whole(open_screen: OpenScreen, server: LiveServer) -> None:
    """Long names are shortened in the list and in the heading; the way to the number stays in sight."""
    page = await open_screen()
    await page.locator("[data-tool=search]").tap()
    await page.get_by_role("textbox").press_sequentially("chung", delay=100)
    await page.locator(".found-one").nth(1).tap()
    assert await page.evaluate(MISSHAPEN, SMALLEST) == []
    await page.get_by_role("button", name="Lấy số Chứng thực").tap()
    await expect(page.locator(".issued-number")).to_have_text("A001")
    assert wire.decode(next(iter(server.office.bodies.values())), type=wire.KioskTicketRequest).procedure == "2.000815"
