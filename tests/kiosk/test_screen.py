"""The touch screen in a real browser: one touch, a scanner, an outage, a printer without paper."""

import asyncio
import contextlib
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import uvicorn
import zxingcpp
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from kiosk import app
from kiosk.app import create_app
from kiosk.printer import Health
from server import wire
from tests.chromium import FLAGS, chromium
from tests.kiosk.conftest import Kiosk, StartKiosk
from tests.kiosk.stand_ins import LiveServer

PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)
both_ways = pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]},
    "rules": {"color-contrast-enhanced": {"enabled": True}},  # 7:1 on a kiosk
}
OpenScreen = Callable[..., Awaitable[Page]]

SMALLEST = 72
MISSHAPEN = """(smallest) => {
  const wrong = [];
  const seen = [...document.querySelectorAll("button, input")].filter((one) => one.offsetParent && !one.hidden);
  const boxes = seen.map((one) => ({ one, box: one.getBoundingClientRect() }));
  for (const { one, box } of boxes) {
    const name = one.textContent.trim() || one.tagName;
    if (box.height < smallest - 0.5) wrong.push(`${name}: ${box.height} high`);
    if (box.left < 0 || box.right > innerWidth + 0.5) wrong.push(`${name}: over the side`);
    if (box.bottom > innerHeight + 0.5) wrong.push(`${name}: below the screen`);
    if (one.scrollWidth > one.clientWidth + 1) wrong.push(`${name}: words wider than it`);
  }
  for (const inner of document.querySelectorAll(".line > *, .tool > *")) {
    const box = inner.getBoundingClientRect(), outer = inner.parentElement.getBoundingClientRect();
    const out = box.top < outer.top || box.bottom > outer.bottom || box.left < outer.left || box.right > outer.right;
    if (out) wrong.push(`${inner.textContent.trim()}: outside its button`);
  }
  if (document.documentElement.scrollHeight > innerHeight) wrong.push("the page scrolls");
  return wrong;
}"""


@contextlib.asynccontextmanager
async def on_a_port(kiosk: Kiosk) -> AsyncIterator[str]:
    """The kiosk's page on a real port; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    settings = uvicorn.Config(
        create_app(kiosk.agent, port), lifespan="off", log_level="critical", timeout_graceful_shutdown=1
    )  # type: ignore[arg-type]
    web = uvicorn.Server(settings)
    web.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    task = asyncio.create_task(web.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        kiosk.agent.hang_up()
        web.should_exit = True
        await task


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    path = chromium()
    assert path, "run: python -m tests.chromium"
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(executable_path=path, args=list(FLAGS))


@pytest.fixture
async def open_screen(kiosk: Kiosk, browser: Browser) -> AsyncIterator[OpenScreen]:
    """`await open_screen(size)`: the kiosk's screen. A word on the console that was not expected fails the test."""
    said: list[str] = []
    async with on_a_port(kiosk) as address:

        async def opened(size: tuple[int, int] = PORTRAIT, query: str = "", *, clock: bool = False) -> Page:
            page = await browser.new_page(viewport={"width": size[0], "height": size[1]}, has_touch=True)
            page.set_default_timeout(20_000)
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            if clock:
                await page.clock.install()
                await page.add_init_script(EARS)
            await page.goto(f"{address}/{query}")
            await page.locator(".line").first.wait_for()
            return page

        yield opened
        await browser.close()
    # the browser itself reports refusals (4xx, 503) on the console; everything else is a fault
    assert [word for word in said if "Failed to load resource" not in word] == []


async def scan(page: Page, text: str) -> None:
    """Types as a scanner does: far faster than a hand, with Enter at the end, in events of the browser's own."""
    session = await page.context.new_cdp_session(page)
    start = float(await page.evaluate("(performance.timeOrigin + performance.now()) / 1000"))
    strokes = []
    for place, sign in enumerate([*text, "Enter"]):
        key: dict[str, Any] = {"key": sign, "timestamp": start + place * 0.004}
        strokes.append({"type": "keyDown", **key, **({"text": sign} if sign != "Enter" else {})})
        strokes.append({"type": "keyUp", **key})
    await asyncio.gather(*(session.send("Input.dispatchKeyEvent", stroke) for stroke in strokes))


EARS = "window.EventSource = class extends EventSource { constructor(...all) { super(...all); window.ears = this; } }"


async def hear_from_agent(page: Page) -> None:
    """Waits until the page has heard its agent's next word: with its clock far ahead it would think the agent gone."""
    await page.evaluate("new Promise((done) => window.ears.addEventListener('state', () => done(), { once: true }))")


async def faults(page: Page, *, with_axe: bool) -> list[str]:
    """What is too small, outside or cut, and what axe finds with 7:1 contrast."""
    if not with_axe:
        return list(await page.evaluate(MISSHAPEN, SMALLEST))
    results = await Axe().run(page, options=AXE)
    found = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in results.response["violations"]]
    return [*await page.evaluate(MISSHAPEN, SMALLEST), *found]


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


async def test_help_is_called_and_the_number_without_paper_is_not_lost(
    open_screen: OpenScreen, kiosk: Kiosk, server: LiveServer
) -> None:
    """One touch tells that somebody is coming; by a touch or by itself what was on the screen before comes back."""
    kiosk.printer.health = Health("problem", "out", "no paper")
    page = await open_screen(clock=True)
    await page.locator("[data-line=H]").tap()
    await expect(page.locator(".issued-qr")).to_be_visible()
    await page.locator("[data-tool=help]").tap()
    await expect(page.locator("h1")).to_have_text("Cán bộ đang đến")
    await page.get_by_role("button", name="Xong").tap()
    await expect(page.locator(".issued-number")).to_have_text("H001")
    await page.locator("[data-tool=help]").tap()
    await expect(page.locator("h1")).to_have_text("Cán bộ đang đến")
    for _ in range(21):
        await page.clock.run_for(1000)
        await hear_from_agent(page)
    await expect(page.locator(".issued-number")).to_have_text("H001")
    assert len(server.office.help_calls) == 2
    assert len(server.office.issued) == 1


async def test_help_without_the_server_leads_to_the_counter(open_screen: OpenScreen, server: LiveServer) -> None:
    """Offline nobody is said to be coming; the screen says where to go, and leads back to the lines."""
    page = await open_screen()
    await server.stop()
    await expect(page.locator("#band")).to_contain_text("Đang mất kết nối")
    await page.locator("[data-tool=help]").tap()
    await expect(page.locator("h1")).to_contain_text("mời ông/bà đến quầy hướng dẫn", ignore_case=True)
    await page.get_by_role("button", name="Xong").tap()
    await expect(page.locator("[data-line=H]")).to_be_visible()


async def test_a_closed_line_stays_says_why_and_gives_nothing(open_screen: OpenScreen, server: LiveServer) -> None:
    """Greyed, with a reason; touching it does nothing."""
    page = await open_screen()
    line = page.locator("[data-line=S]")
    await expect(line).to_contain_text("Tạm đóng, mời ông/bà hỏi cán bộ hướng dẫn")
    await expect(line).to_have_attribute("aria-disabled", "true")
    await line.tap(force=True)
    await expect(page.locator("h1")).to_have_text("Mời ông/bà chọn việc cần làm")
    assert server.office.issued == {}


async def test_a_closed_office_says_when_it_opens(open_screen: OpenScreen, server: LiveServer) -> None:
    """At night every line tells when numbers are given again."""
    page = await open_screen()
    office = server.office.config.office
    opens = datetime(2030, 11, 25, 1, 0, tzinfo=UTC)
    office.opening_now, office.opening_next = None, wire.OpenHours(opens=opens, closes=opens + timedelta(hours=9))
    for line in server.office.config.lines:
        line.open = False
    server.office.news(kind="office.closed")
    await expect(page.locator("h1")).to_have_text("Hiện không cấp số")
    await expect(page.locator("[data-line=A]")).to_contain_text("Mở lại lúc 08:00 thứ Hai, 25/11/2030")


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


async def test_a_number_without_paper_stays_with_its_qr_and_can_be_printed_again(
    open_screen: OpenScreen, kiosk: Kiosk, server: LiveServer
) -> None:
    """Out of paper: the screen keeps the number with a code that a phone reads, until it is printed or touched away."""
    kiosk.printer.health = Health("problem", "out", "no paper")
    page = await open_screen(clock=True)
    await page.locator("[data-line=H]").tap()
    await expect(page.locator(".notice-attention")).to_contain_text("Không in được phiếu")
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("L")
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == ["https://motcua.example.vn/t/000000000001"]
    await page.clock.run_for(120_000)
    await expect(page.locator(".issued-number")).to_have_text("H001")
    kiosk.printer.health = Health("ok", "ok")
    await page.get_by_role("button", name="In lại phiếu").tap()
    await expect(page.locator(".notice-good")).to_be_visible()
    assert [slip.mark for slip in kiosk.printer.slips] == ["IN LẠI"]


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


async def test_late_in_the_day_it_asks_first(open_screen: OpenScreen, server: LiveServer) -> None:
    """When nine in ten would not make it before closing: a question, and a way to book another day."""
    page = await open_screen()
    server.office.config.office.opening_now = wire.OpenHours(
        opens=datetime.now(UTC) - timedelta(hours=8), closes=datetime.now(UTC) + timedelta(minutes=30)
    )
    server.office.config.lines[1].waiting = 7
    server.office.news(kind="ticket.issued")
    await expect(page.locator("[data-line=H]")).to_contain_text("7 người chờ")
    await page.locator("[data-line=H]").tap()
    await expect(page.locator(".notice")).to_have_text("Có thể chưa kịp trong hôm nay.")
    assert server.office.issued == {}
    await page.get_by_role("button", name="Hẹn ngày khác").tap()
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("L")
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == ["https://motcua.example.vn"]
    await page.get_by_role("button", name="Xong").tap()
    await page.locator("[data-line=H]").tap()
    await page.get_by_role("button", name="Vẫn lấy số").tap()
    await expect(page.locator(".issued-number")).to_have_text("H001")


async def test_through_an_outage_and_back(open_screen: OpenScreen, server: LiveServer, kiosk: Kiosk) -> None:
    """The band says so, waits disappear, numbers go on; when the server is back so is everything."""
    page = await open_screen()
    await server.stop()
    await expect(page.locator("#band")).to_contain_text("Đang mất kết nối")
    await expect(page.locator("[data-line=H] .line-wait")).to_have_text("")
    await page.locator("[data-line=H]").tap()
    await expect(page.locator(".issued-number")).to_have_text("H901")
    await expect(page.locator(".issued")).to_contain_text("Xin giữ phiếu đến khi xong việc")
    await page.get_by_role("button", name="Xong").tap()
    await page.locator("[data-tool=check-in]").tap()
    await expect(page.locator(".calm")).to_contain_text("mời ông/bà lấy số thường")
    await page.get_by_role("button", name="Quay lại").tap()
    await server.start()
    await expect(page.locator("#band")).to_contain_text("Cả gia đình")
    await expect(page.locator("[data-line=H]")).to_contain_text("20–35 phút")
    await kiosk.until_handed_in()
    assert [one.number for one in server.office.offline.values()] == [901]


async def test_a_refusal_is_a_sentence_and_a_way_on(open_screen: OpenScreen, server: LiveServer) -> None:
    """A line that closed in this very moment: the server's words, and a button that leads back."""
    page = await open_screen()
    server.office.config.lines[0].open = False
    await page.locator("[data-line=A]").tap()
    await expect(page.locator(".calm")).to_contain_text("Lĩnh vực này đang tạm đóng.")
    await page.get_by_role("button", name="Về đầu trang").tap()
    await expect(page.locator("h1")).to_have_text("Mời ông/bà chọn việc cần làm")


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


async def test_before_the_first_connection_the_screen_is_calm_and_recovers_alone(
    start_kiosk: StartKiosk, server: LiveServer, browser: Browser
) -> None:
    """A kiosk switched on before its server shows what it waits for, then its lines."""
    await server.stop()
    kiosk = await start_kiosk(online=False)
    async with on_a_port(kiosk) as address:
        page = await browser.new_page()
        await page.goto(address)
        await expect(page.locator("h1")).to_have_text("Máy đang kết nối, xin đợi một chút")
        await server.start()
        await expect(page.locator("h1")).to_have_text("Mời ông/bà chọn việc cần làm", timeout=20_000)
        await browser.close()


async def test_the_screen_survives_its_agents_restart(kiosk: Kiosk, browser: Browser) -> None:
    """While the agent is away the band says so and nothing can be pressed in vain; then it goes on by itself."""
    async with on_a_port(kiosk) as address:
        page = await browser.new_page()
        await page.clock.install()
        await page.goto(address)
        await page.locator(".line").first.wait_for()
        await page.route("**/api/events", lambda route: route.abort())
        kiosk.agent.hang_up()
        await page.clock.run_for(12_000)
        await expect(page.locator("#band")).to_contain_text("Màn hình đang kết nối lại")
        await expect(page.locator("[data-tool=search]")).to_be_disabled()
        await page.unroute("**/api/events")
        await page.clock.resume()
        await expect(page.locator("#band")).to_contain_text("Cả gia đình", timeout=30_000)
        await expect(page.locator("[data-tool=search]")).to_be_enabled()
        await browser.close()
