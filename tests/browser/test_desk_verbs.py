"""What an officer needs now and then: other outcomes, a second number, a colleague, help, a second counter."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk_page import commands, part, press, says
from tests.browser.hall import DUNG, HUONG, LAN, SON, Hall, complaints, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

BIRTH = "1.001193"


async def begun(page: Page) -> None:
    """Call somebody, and begin."""
    await press(page, "Gọi số tiếp")
    await press(page, "Bắt đầu")
    await says(page, "Xong, gọi số tiếp")


async def choose(page: Page, verb: str, name: str) -> None:
    """Press a verb, and an answer to what it asks."""
    await page.locator(f"#desk [data-verb={verb}]").first.click()
    await part(page, "panel").get_by_role("button", name=re.compile(name)).click()


async def test_a_visit_walks_to_its_next_line_by_itself(hall: Hall) -> None:
    """A procedure of another line is added by searching without marks; finishing sends the number there by itself."""
    ticket = await hall.issue("A")
    page = await hall.desk(SON)
    await begun(page)
    await page.locator("#desk [data-verb=add-procedure]").click()
    await part(page, "panel").locator("input").fill("khai sinh")
    await part(page, "panel").get_by_role("button", name="Đăng ký khai sinh").click()
    await expect(part(page, "procedure")).to_have_text("Đăng ký khai sinh")
    await part(page, "beside").click()
    await expect(part(page, "number")).to_have_text("Chưa gọi số nào")
    assert await hall.waiting() == {"A": 0, "H": 1}
    dung = await hall.desk(DUNG, 2)
    await expect(part(dung, "next")).to_contain_text(ticket["number"])
    await begun(dung)
    await part(dung, "beside").click()
    await expect(part(dung, "served")).to_have_text("Hôm nay: 1 lượt")
    assert (await hall.state())["ratings"]["served"] == 1


async def test_another_outcome_with_its_files_and_procedures(hall: Hall) -> None:
    """Kết quả khác sends outcome, number of files and what was really done; the next is called if wanted."""
    await hall.issue("H", procedure=BIRTH)
    second = await hall.issue("H")
    page = await hall.desk(DUNG)
    await begun(page)
    await page.keyboard.press("6")
    panel = part(page, "panel")
    await expect(panel.get_by_label("Đăng ký khai sinh")).to_be_checked()
    await panel.get_by_label("Đăng ký khai sinh").uncheck()
    await panel.get_by_label("Số hồ sơ").fill("3")
    async with page.expect_request(lambda request: request.url.endswith("/finish")) as sent:
        await panel.get_by_role("button", name="Chưa đủ giấy tờ").click()
    expected = {"outcome": "incomplete", "dossiers": 3, "procedures": [], "next": True}
    assert (await sent.value).post_data_json == expected
    await expect(part(page, "number")).to_have_text(second["number"])


async def test_a_result_that_is_not_ready_gets_a_day(hall: Hall) -> None:
    """Chưa có kết quả asks for the day to come back on, tomorrow at the earliest, and sends it."""
    await hall.issue()
    page = await hall.desk()
    await begun(page)
    await choose(page, "finish-with", "Chưa có kết quả")
    panel = part(page, "panel")
    day = panel.get_by_label("Hẹn lại ngày")
    await expect(day).to_be_focused()
    tomorrow = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date() + timedelta(days=1)
    await expect(day).to_have_value(tomorrow.isoformat())
    promised = (tomorrow + timedelta(days=4)).isoformat()
    await day.fill(promised)
    await panel.get_by_label("Gọi số tiếp").uncheck()
    async with page.expect_request(lambda request: request.url.endswith("/finish")) as sent:
        await panel.get_by_role("button", name="Xong, đã hẹn lại").click()
    assert (await sent.value).post_data_json == {"outcome": "result-not-ready", "promisedOn": promised, "next": False}
    await expect(part(page, "number")).to_have_text("Chưa gọi số nào")
    await expect(part(page, "trouble")).to_be_empty()


async def test_a_number_comes_back_after_the_minutes_it_was_kept_for(hall: Hall) -> None:
    """Giữ số with a time says how long is left, and sends reason and minutes."""
    ticket = await hall.issue()
    page = await hall.desk()
    await begun(page)
    await page.keyboard.press("3")
    await part(page, "panel").get_by_label("Tự vào lại hàng sau").select_option("15")
    async with page.expect_request(lambda request: request.url.endswith("/park")) as sent:
        await part(page, "panel").get_by_role("button", name="Nộp lệ phí").click()
    assert (await sent.value).post_data_json == {"reason": "Nộp lệ phí", "minutes": 15}
    await expect(part(page, "parked")).to_contain_text(ticket["number"])
    await expect(part(page, "parked")).to_contain_text("còn 15 phút")


async def test_who_has_stepped_out_is_listed_as_away(hall: Hall) -> None:
    """With the time, and not as the desk's own to resume; Đã đến puts the number back among the next."""
    ticket = await hall.issue()
    page = await hall.desk()
    await hall.holder(ticket, "hold", {"minutes": 10})
    await expect(part(page, "away")).to_contain_text(ticket["number"])
    await expect(part(page, "away")).to_contain_text("đến ")
    await expect(part(page, "parked-group")).to_be_hidden()
    await expect(part(page, "next-none")).to_be_visible()
    await part(page, "away").get_by_role("button", name=f"{ticket['number']} đã đến").click()
    await expect(part(page, "next")).to_contain_text(ticket["number"])
    await expect(part(page, "away-group")).to_be_hidden()


async def test_two_numbers_of_one_person_are_merged(hall: Hall) -> None:
    """Gộp số finds the other number by its signs, in any line; it leaves the queue, and can be brought back by undo."""
    await hall.issue("A")
    other = await hall.issue("H")
    page = await hall.desk()
    await begun(page)
    await page.keyboard.press("5")
    await part(page, "panel").locator("input").fill("h0")
    await part(page, "panel").get_by_role("button", name=other["number"]).click()
    await expect(part(page, "undone")).to_contain_text("Đã gộp")
    assert await hall.waiting() == {"A": 0, "H": 0}
    await page.keyboard.press("z")
    await expect(part(page, "undo")).to_be_hidden()
    assert await hall.waiting() == {"A": 0, "H": 1}


async def test_only_who_may_chooses_a_number(hall: Hall) -> None:
    """Reception at a counter calls one of the list, with a reason; an ordinary officer has no such button."""
    await hall.issue()
    last = await hall.issue()
    plain = await hall.desk(SON, 1)
    await expect(part(plain, "next")).to_contain_text(last["number"])
    await expect(plain.locator("#desk [data-verb=call]:visible")).to_have_count(0)
    page = await hall.desk(LAN, 2)
    row = part(page, "next").locator("li", has_text=last["number"])
    before = await row.bounding_box()
    await row.get_by_role("button", name=f"Gọi {last['number']} trước").click()
    async with page.expect_request(lambda request: request.url.endswith("/call")) as sent:
        await page.keyboard.press("1")
    assert (await sent.value).post_data_json == {"reason": "Người già yếu hoặc đang mệt"}
    await expect(part(page, "number")).to_have_text(last["number"])
    left = await part(page, "next").locator("li").first.bounding_box()
    assert before
    assert left
    assert before["height"] == left["height"]


async def test_a_counter_is_handed_over(hall: Hall) -> None:
    """Bàn giao quầy lists who sits nowhere; the successor finds the number at the desk, this page the counters."""
    ticket = await hall.issue()
    page = await hall.desk(SON, 1)
    await begun(page)
    await choose(page, "handover", "Đinh Thị Dung")
    await expect(page.locator("#seats h1")).to_have_text("Chọn quầy")
    dung = await hall.page("/desk")
    await hall.sign_in(dung, DUNG)
    await expect(part(dung, "number")).to_have_text(ticket["number"])
    await expect(part(dung, "counter")).to_have_text("1")


async def test_help_is_called_without_a_sound_and_answered(hall: Hall) -> None:
    """Gọi lãnh đạo stays pressed until the head comes, and says so; Khẩn cấp can be taken back by the same button."""
    page = await hall.desk()
    head = await hall.officer(HUONG, None)
    await page.locator("#desk [data-verb=head]").click()
    await expect(part(page, "head")).to_have_attribute("aria-pressed", "true")
    await expect(part(page, "head")).to_contain_text("Đã gọi lãnh đạo")
    await head.do("DELETE", "/api/office/desks/1/help")
    await expect(part(page, "head")).to_have_attribute("aria-pressed", "false")
    await expect(part(page, "news")).to_have_text("Đã có người đến hỗ trợ")
    await page.locator("#desk [data-verb=emergency]").click()
    await expect(part(page, "emergency")).to_have_attribute("aria-pressed", "true")
    assert [alert["code"] for alert in (await head.do("GET", "/api/office/hall"))["alerts"]] == ["emergency"]
    await page.locator("#desk [data-verb=emergency]").click()
    await expect(part(page, "emergency")).to_have_attribute("aria-pressed", "false")
    await expect(part(page, "news")).to_be_empty()


async def test_one_officer_looks_after_two_counters(hall: Hall) -> None:
    """A small switch shows one or the other, each call names its counter, and a reload stays where one was."""
    first, second = await hall.issue(), await hall.issue()
    page = await hall.desk(SON, 1)
    await press(page, "Gọi số tiếp")
    await expect(part(page, "number")).to_have_text(first["number"])
    await choose(page, "also", "Quầy 3")
    await expect(part(page, "counter")).to_have_text("3")
    await expect(part(page, "number")).to_have_text("Chưa gọi số nào")
    sent = commands(page)
    await press(page, "Gọi số tiếp")
    await expect(part(page, "number")).to_have_text(second["number"])
    assert sent == ["POST desk/next?counter=3"]
    await page.reload()
    await expect(part(page, "number")).to_have_text(second["number"])
    await part(page, "counters").get_by_role("button", name="Quầy 1").click()
    await expect(part(page, "number")).to_have_text(first["number"])
    await press(page, "Bắt đầu")
    await part(page, "beside").click()
    await expect(part(page, "number")).to_have_text("Chưa gọi số nào")
    await page.locator("#desk [data-verb=close]").click()
    await expect(part(page, "counter")).to_have_text("3")
    await expect(part(page, "number")).to_have_text(second["number"])
    await expect(part(page, "counters")).to_be_hidden()


async def test_practice_says_that_nothing_is_real(hall: Hall) -> None:
    """In a made-up office a band says so on desk, small desk, reception and the head's page; elsewhere none does."""
    page = await hall.desk()
    await expect(part(page, "practice")).to_be_hidden()
    await hall.set(sample="true")
    await page.reload()
    await expect(part(page, "practice")).to_contain_text("Dữ liệu thử")
    small = await hall.page("/desk?mini=1", page.context)
    await expect(small.locator(".mini-desk [data-part=practice]")).to_be_visible()
    for path, username in (("/reception", LAN), ("/office", HUONG)):
        staff = await hall.staff(path, username)
        await expect(staff.locator("#practice")).to_contain_text("Dữ liệu thử")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720)])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_question_is_accessible(hall: Hall, language: str, width: int, height: int) -> None:
    """axe finds nothing in any panel, in practice and with two counters; nothing is wider than the window."""
    await hall.set(sample="true")
    for _ in range(3):
        await hall.issue("H", procedure=BIRTH)
    page = await hall.page(f"/desk?lang={language}", width=width, height=height)
    await hall.sign_in(page, LAN)
    await page.locator("#seats-list button").first.click()
    await page.locator("#desk").wait_for()
    await page.locator("#desk [data-verb=call]:visible").first.click()
    assert await complaints(page) == []
    await page.keyboard.press("Escape")
    for verb in ("next", "start"):
        await expect(part(page, "primary")).to_have_attribute("data-verb", verb)
        await part(page, "primary").click()
    await expect(part(page, "primary")).to_have_attribute("data-verb", "finish-next")
    await page.locator("#desk [data-verb=head]").click()
    await expect(part(page, "head")).to_have_attribute("aria-pressed", "true")
    for verb in ("park", "merge", "finish-with", "handover", "pause", "also"):
        await page.locator(f"#desk [data-verb={verb}]").click()
        await expect(part(page, "panel").locator("li button").first).to_be_visible()
        assert await complaints(page) == [], verb
        assert await overflow(page) <= 0
    await part(page, "panel").locator("li button").nth(1).click()
    await expect(part(page, "counters")).to_be_visible()
    assert await complaints(page) == []
