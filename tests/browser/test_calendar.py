"""The office's calendar in a real browser: the whole work by keyboard and by pointer, live, and on paper."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Route, expect

from tests.browser.calendar_page import at, booked, booking, calendar, reach, tab_to, today, tomorrow, with_shifts
from tests.browser.hall import DUNG, HUONG, LAN, SON, Hall, complaints, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_whole_work_by_keyboard(hall: Hall) -> None:
    """Book for a caller, move, and call off with a reason, without a pointer; the focus is never lost."""
    await with_shifts(hall)
    page = await calendar(hall, width=1280, height=720)
    await page.keyboard.press("n")
    await expect(page.locator("#search")).to_be_focused()
    await page.keyboard.type("chung thuc")
    await expect(page.get_by_role("option", name="Chứng thực bản sao")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator("#purpose")).to_be_focused()
    await expect(page.locator(".calendar-time").first).to_be_visible()
    await tab_to(page, ".calendar-time input")
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "#name")
    await page.keyboard.type("Trần Văn Bình")
    await page.keyboard.press("Tab")
    await page.keyboard.type("0987654321")
    await page.keyboard.press("Enter")
    await expect(page.locator("#news")).to_contain_text("Đã đặt hẹn 08:15")
    await expect(page.locator("#panel-title")).to_contain_text("08:15–08:30")
    await expect(page.locator("#panel-title")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    await expect(booking(page, "Trần Văn Bình")).to_be_visible()
    await reach(page, booking(page, "Trần Văn Bình"))
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel")).to_contain_text("0987 654 321")
    await tab_to(page, "button:has-text('Đổi giờ')")
    await page.keyboard.press("Enter")
    await expect(page.locator(".calendar-time").first).to_be_visible()
    await tab_to(page, ".calendar-time input")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.locator("#news")).to_contain_text("Đã đổi sang 16:45")
    await tab_to(page, "button:has-text('Hủy hẹn')")
    await page.keyboard.press("Enter")
    await tab_to(page, "[name=reason]")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_label("Cán bộ vắng mặt")).to_be_checked()
    await page.keyboard.press("Enter")
    await expect(page.locator("#news")).to_contain_text("Đã hủy lịch hẹn 16:45")
    await expect(page.locator("#panel")).to_contain_text("Cán bộ vắng mặt")
    await page.keyboard.press("Escape")
    await expect(booking(page, "Trần Văn Bình")).to_have_count(0)
    await page.locator("#cancelled").check()
    await expect(booking(page, "Trần Văn Bình")).to_have_attribute("data-state", "cancelled")


async def test_the_whole_work_by_pointer(hall: Hall) -> None:
    """Press a free cell, fill in, book; move to another officer's time; call off: by presses, in English."""
    await with_shifts(hall)
    page = await calendar(hall, query="&lang=en", width=1280, height=720)
    await page.get_by_role("button", name="09:15, Phan Đình Sơn: free").click()
    await page.locator("#search").fill("copy")
    await page.get_by_role("option", name="Certified copy").click()
    await expect(page.get_by_label("With")).to_have_value(SON)
    await expect(page.get_by_label("09:15", exact=True)).to_be_checked()
    await page.locator("#name").fill("Trần Văn Bình")
    await page.locator("#phone").fill("0987654321")
    await page.get_by_role("button", name="Book", exact=True).click()
    await expect(page.locator("#panel-title")).to_contain_text("09:15–09:30, Monday" if await monday(hall) else "09:15")
    await expect(page.locator("#panel")).to_contain_text("Phan Đình Sơn")
    await page.get_by_role("button", name="Move", exact=True).click()
    await page.get_by_label("With").select_option(DUNG)
    await page.locator(".calendar-time", has_text="14:00").click()
    await page.get_by_label("We have to move it").check()
    await page.get_by_role("button", name="Move to this time").click()
    await expect(page.locator("#news")).to_contain_text("Moved to 14:00")
    await expect(page.locator("#panel")).to_contain_text("Đinh Thị Dung")
    await page.get_by_role("button", name="Cancel…").click()
    await page.get_by_label("The office is closed").check()
    await page.get_by_label("Internal note").fill("Mất điện")
    await page.get_by_role("button", name="Cancel this appointment").click()
    await expect(page.locator("#panel")).to_contain_text("Mất điện")
    await page.get_by_role("button", name="Close").click()
    await expect(booking(page, "Trần Văn Bình")).to_have_count(0)


async def monday(hall: Hall) -> bool:
    """Whether tomorrow is one."""
    return (await tomorrow(hall)).weekday() == 0


async def test_refusals_stand_beside_their_fields(hall: Hall) -> None:
    """Empty, wrong, beyond a limit, without a file code, too late: each in words where it can be put right."""
    await with_shifts(hall)
    await hall.set(online_filers_only="true")
    desk = await hall.officer(DUNG, None)
    await booked(desk, await at(hall, 15), waive=["dossier"])
    page = await calendar(hall)
    await page.keyboard.press("n")
    send = page.locator("#panel [type=submit]")
    await send.click()
    for field in ("search", "name", "phone", "dossier"):
        await expect(page.locator(f"#{field}-error")).not_to_be_empty()
    await expect(page.locator("#search")).to_be_focused()
    assert await complaints(page) == []
    await page.locator("#search").fill("ban sao")
    await page.get_by_role("option", name="Chứng thực bản sao").click()
    await page.get_by_label("Chưa có mã hồ sơ").check()
    await page.locator("#name").fill("Nguyễn Thị Hoà")
    await page.locator("#phone").fill("12")
    await page.locator(".calendar-time", has_text="10:00").click()
    await send.click()
    await expect(page.locator("#phone-error")).to_contain_text("Số điện thoại chưa đúng")
    await expect(page.locator("#phone")).to_be_focused()
    await page.locator("#phone").fill("0912345678")
    await send.click()
    await expect(page.locator("#phone-error")).to_contain_text("nhiều nhất 1 lịch hẹn")
    await booked(desk, await at(hall, 10), "0987000001", waive=["dossier"])
    await page.get_by_label("Vẫn đặt vượt giới hạn").check()
    await send.click()
    await expect(page.locator("#times-error")).to_contain_text("đã hết chỗ")
    await page.locator(".calendar-time", has_text="10:15").click()
    await send.click()
    await expect(page.locator("#panel")).to_contain_text("Ngoại lệ: đặt khi chưa có mã hồ sơ")
    await expect(page.locator("#panel")).to_contain_text("Ngoại lệ: đặt vượt số lịch hẹn mỗi người")


async def test_many_dossiers_are_asked_for_and_take_longer(hall: Hall) -> None:
    """More than a turn takes is said beside its field, or is a longer visit where the office has a line for it."""
    await with_shifts(hall, dossiers_per_turn=5)
    page = await calendar(hall)
    await page.keyboard.press("n")
    await page.locator("#search").fill("ban sao")
    await page.get_by_role("option", name="Chứng thực bản sao").click()
    await expect(page.locator(".calendar-time").first).to_be_visible()
    await page.locator("#dossiers").fill("11")
    await page.locator("#dossiers").press("Tab")
    await expect(page.locator("#dossiers-error")).to_contain_text("nhiều nhất 5 hồ sơ")
    await expect(page.locator(".calendar-time")).to_have_count(0)
    assert await complaints(page) == []
    await page.locator("#dossiers").fill("0")
    await page.locator("#dossiers").press("Tab")
    await expect(page.locator("#dossiers-error")).to_contain_text("từ 1 đến 999")
    await page.get_by_label("Mục đích").select_option("collect")
    await expect(page.locator("#dossiers")).to_be_hidden()
    await expect(page.locator(".calendar-time").first).to_be_visible()
    await hall.set(bulk_line="H", slot_minutes=5)
    page = await calendar(hall)
    await page.keyboard.press("n")
    await page.locator("#search").fill("ban sao")
    await page.get_by_role("option", name="Chứng thực bản sao").click()
    await page.get_by_label("Người tiếp", exact=True).select_option(SON)
    await page.locator("#dossiers").fill("11")
    await page.locator("#dossiers").press("Tab")
    await expect(page.locator("#times-error")).to_contain_text("Phan Đình Sơn không nhận")
    await page.get_by_label("Người tiếp", exact=True).select_option("")
    await page.locator(".calendar-time", has_text="10:00").click()
    await page.locator("#name").fill("Trần Văn Bình")
    await page.locator("#phone").fill("0987654321")
    await page.locator("#phone").press("Enter")
    await expect(page.locator("#panel-title")).to_contain_text("10:00–10:15")  # three turns of five minutes
    await expect(page.locator("#panel .calendar-facts div", has_text="Số hồ sơ")).to_contain_text("11")


@pytest.mark.parametrize(
    ("said", "words"),
    [("known", "Cổng xác nhận có"), ("unknown", "Xin hỏi lại người hẹn"), ("unchecked", "phần mềm tự hỏi lại")],
)
async def test_what_the_portal_said_stands_with_the_booking(hall: Hall, said: str, words: str) -> None:
    """The desk reads beside the file code what the portal said of it, and what that means."""
    await with_shifts(hall)
    desk = await hall.officer(DUNG, None)
    made = await booked(desk, await at(hall, 10), dossierNumber="H26.10-261121-0042")
    page = await calendar(hall)

    async def answer(route: Route) -> None:
        await route.fulfill(json={**made, "dossierCheck": said})

    await page.route(f"**/api/calendar/appointments/{made['reference']}", answer)
    await booking(page).click()
    await expect(page.locator("#panel")).to_contain_text("H26.10-261121-0042")
    await expect(page.locator("#panel")).to_contain_text(words)
    assert await complaints(page) == []


async def test_it_follows_what_others_do(hall: Hall) -> None:
    """Booked, moved and called off elsewhere: the page shows it by itself, and a focus and a half-filled form stay."""
    await with_shifts(hall)
    page, desk = await calendar(hall), await hall.officer(DUNG, None)
    cell = page.get_by_role("button", name="11:00, Phan Đình Sơn: còn trống")
    await cell.focus()
    made = await booked(desk, await at(hall, 9), officer=SON)
    await expect(booking(page)).to_have_attribute(
        "aria-label", re.compile("09:00–09:15, Nguyễn Thị Hoà, .*Phan Đình Sơn")
    )
    await expect(cell).to_be_focused()
    await booking(page).click()
    await expect(page.locator("#panel-title")).to_contain_text("09:00")
    path = f"/api/calendar/appointments/{made['reference']}"
    await desk.do("PATCH", path, {"start": await at(hall, 16), "officer": DUNG})
    await expect(page.locator("#panel-title")).to_contain_text("16:00")
    await expect(booking(page)).to_have_attribute("aria-label", re.compile("16:00–16:15, .*Đinh Thị Dung"))
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await page.locator("#name").fill("Trần")
    await desk.do("POST", f"{path}/cancel", {"reason": "asked"})
    await expect(booking(page)).to_have_count(0)
    await expect(page.locator("#name")).to_have_value("Trần")


async def test_days_weeks_and_officers(hall: Hall) -> None:
    """PgDn and PgUp turn, T leads back, W shows the week, an officer alone is shown alone; a closed day says why."""
    await with_shifts(hall)
    day = await tomorrow(hall)
    feast = day + timedelta(days=1)
    row = f"{hall.office},{feast},,,,Giỗ Tổ Hùng Vương,Hung Kings' Day"
    await hall.load("closures.csv", ["office,date,until,opens,closes,name_vi,name_en", row])
    desk = await hall.officer(DUNG, None)
    await booked(desk, await at(hall, 9), officer=SON)
    await booked(desk, await at(hall, 14), "0987000002", officer=DUNG)
    page = await calendar(hall)
    await expect(page.locator("#count")).to_have_text("2 lịch hẹn")
    await page.keyboard.press("PageDown")
    await expect(page.locator("#closed")).to_contain_text("nghỉ Giỗ Tổ Hùng Vương")
    await expect(page.locator("#scroll")).to_be_hidden()
    await page.keyboard.press("PageUp")
    await expect(booking(page)).to_have_count(2)
    await page.locator("#officer").select_option(SON)
    await expect(booking(page)).to_have_count(1)
    await page.locator("#grid [tabindex='0']").focus()
    await page.keyboard.press("w")
    await expect(page.locator("#grid[data-view=week] thead th")).to_have_count(8)
    await expect(booking(page)).to_contain_text("09:00 Nguyễn Thị Hoà")
    await page.keyboard.press("t")
    await expect(page.locator("#date")).to_have_value((await today(hall)).isoformat())


async def test_the_day_on_paper(hall: Hall) -> None:
    """P opens a page for the printer; as a PDF it is A4, black on white, with nothing of the screen around it."""
    await with_shifts(hall)
    await booked(await hall.officer(DUNG, None), await at(hall, 9), officer=SON)
    page = await calendar(hall)
    async with page.context.expect_page() as opened:
        await page.keyboard.press("p")
    paper = await opened.value
    await expect(paper.locator("h2")).to_have_text("Phan Đình Sơn")
    await expect(paper.locator("tbody tr")).to_contain_text("09:00–09:15Nguyễn Thị Hoà678Chứng thực bản sao")
    await paper.emulate_media(media="print")
    await expect(paper.locator(".no-print")).to_be_hidden()
    colours = await paper.evaluate(
        "[...document.querySelectorAll('td, th, h1, h2, p')].map((one) => getComputedStyle(one).color)"
    )
    assert set(colours) == {"rgb(0, 0, 0)"}
    pdf = await paper.pdf(prefer_css_page_size=True)
    box = re.search(rb"/MediaBox \[0 0 (\d+)\S* (\d+)\S*\]", pdf)
    assert box
    assert (int(box[1]), int(box[2])) == (594, 841) or (int(box[1]), int(box[2])) == (595, 842)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1


async def test_who_may_come_in(hall: Hall) -> None:
    """It asks for a sign-in; officers, reception and head get in, each with links to what is theirs."""
    await with_shifts(hall)
    for username, office in ((SON, 0), (LAN, 0), (HUONG, 1)):
        page = await calendar(hall, username)
        links = page.get_by_role("navigation", name="Các trang khác")
        await expect(links.get_by_role("link", name="Tiếp đón")).to_have_count(1)
        await expect(links.get_by_role("link", name="Sảnh hôm nay")).to_have_count(office)
        await expect(links.locator("[aria-current=page]")).to_have_text("Lịch hẹn")


async def test_a_lost_connection_is_told_and_heals(hall: Hall) -> None:
    """With the server gone the page says so and keeps the day in sight; when it is back, everything works again."""
    await with_shifts(hall)
    await booked(await hall.officer(DUNG, None), await at(hall, 9))
    page = await calendar(hall)
    await expect(page.locator("#health")).to_have_text("Đã kết nối")
    await hall.server.stop()
    await expect(page.locator("#health")).to_contain_text("Mất kết nối", timeout=30_000)
    await expect(booking(page)).to_be_visible()
    await hall.server.start()
    await expect(page.locator("#health")).to_have_text("Đã kết nối", timeout=30_000)
    await booking(page).click()
    await expect(page.locator("#panel")).to_contain_text("0912 345 678")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (768, 1024)])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_it_is_accessible_and_fits(hall: Hall, language: str, width: int, height: int) -> None:
    """axe finds nothing in day, week, panel and forms; nothing is wider than the window; targets take a finger."""
    await with_shifts(hall)
    desk = await hall.officer(DUNG, None)
    await booked(desk, await at(hall, 9))
    gone = await booked(desk, await at(hall, 10), "0987000003")
    await desk.do("POST", f"/api/calendar/appointments/{gone['reference']}/cancel", {"reason": "asked"})
    page = await calendar(hall, query=f"&lang={language}", width=width, height=height)
    await page.locator("#cancelled").check()
    await expect(booking(page)).to_have_count(2)
    assert await complaints(page) == []
    small = await page.evaluate(
        "[...document.querySelectorAll('#desk button, #desk a, #desk select, #desk input:not([type=checkbox])')]"
        ".filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML)"
    )
    assert small == []
    await page.locator(".calendar-booking[data-state=confirmed]").click()
    await expect(page.locator("#panel-title")).to_be_visible()
    assert await complaints(page) == []
    for place in (0, 1):
        await page.locator(".calendar-acts button").nth(place).click()
        await expect(page.locator("#panel form")).to_be_visible()
        assert await complaints(page) == []
        await page.locator("#panel form button[type=button]").last.click()
        await expect(page.locator(".calendar-acts")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.locator("#new").click()
    await page.locator("#search").fill("ch")
    await page.wait_for_selector("#found li, #panel [role=status]:not(:empty)")
    assert await complaints(page) == []
    assert await overflow(page) <= 0
    await page.keyboard.press("Escape")
    await page.locator("[data-view=week].segment").click()
    await expect(page.locator("#grid[data-view=week]")).to_be_visible()
    assert await complaints(page) == []
    assert await overflow(page) <= 0
