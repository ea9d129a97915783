"""The touch screen in a real browser when something is amiss: no paper, no server, closed, or in need of help."""

import io
from datetime import UTC, datetime, timedelta

import zxingcpp
from PIL import Image
from playwright.async_api import Browser, expect

from kiosk.printer import Health
from server import wire
from server.clock import now
from tests.kiosk.conftest import Kiosk, StartKiosk
from tests.kiosk.screen import OpenScreen, hear_from_agent, on_a_port
from tests.kiosk.stand_ins import LiveServer


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
    for _ in range(5):
        await page.clock.run_for(5_000)
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


async def test_late_in_the_day_it_asks_first(open_screen: OpenScreen, server: LiveServer) -> None:
    """When nine in ten would not make it before closing: a question, and a way to book another day."""
    page = await open_screen()
    server.office.config.office.opening_now = wire.OpenHours(
        opens=now() - timedelta(hours=8), closes=now() + timedelta(minutes=30)
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


async def test_before_the_first_connection_the_screen_is_calm_and_recovers_alone(
    start_kiosk: StartKiosk, server: LiveServer, browser: Browser
) -> None:
    """A kiosk switched on before its server shows what it waits for, then its lines."""
    await server.stop()
    kiosk = await start_kiosk(online=False)
    async with on_a_port(kiosk.agent) as address:
        page = await browser.new_page()
        await page.goto(address)
        await expect(page.locator("h1")).to_have_text("Máy đang kết nối, xin đợi một chút")
        await server.start()
        await expect(page.locator("h1")).to_have_text("Mời ông/bà chọn việc cần làm", timeout=20_000)
        await browser.close()


async def test_the_screen_survives_its_agents_restart(kiosk: Kiosk, browser: Browser) -> None:
    """While the agent is away the band says so and nothing can be pressed in vain; then it goes on by itself."""
    async with on_a_port(kiosk.agent) as address:
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
