"""The head's page in a real browser against the real server: what needs the head, the press that helps, the day."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from server import clock
from tests.browser.hall import DUNG, HUONG, LAN, SON, Hall, complaints, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


def alert(page: Page, words: str) -> Locator:
    """What needs the head, by what it says."""
    return page.locator("#alerts .notice", has_text=words)


def card(page: Page, counter: int) -> Locator:
    """A counter."""
    return page.locator("#desks article", has_text=f"Quầy {counter}").first


async def test_a_line_nobody_serves_is_told_at_once_and_mended_by_one_press(hall: Hall) -> None:
    """The alert comes with the number that waits in vain; one press gives the line to a desk, and the desk can call."""
    desk = await hall.officer(SON, 1)  # certification alone
    page = await hall.staff("/office", HUONG)
    await expect(page.locator("#sentence")).to_contain_text("Sảnh đang vắng")
    await expect(page.locator("#alerts .notice")).to_have_count(0)
    ticket = await hall.issue("H")
    await expect(alert(page, "Hộ tịch: 1 người chờ, chưa có quầy nhận")).to_be_visible()
    await expect(page.locator("#sentence")).to_contain_text("Có một việc cần xem")
    await alert(page, "chưa có quầy nhận").get_by_role("button", name="Giao quầy 1").click()
    await expect(page.locator("#alerts .notice")).to_have_count(0)
    await expect(page.locator("#news")).to_have_text("Quầy 1 nhận thêm: Hộ tịch")
    await expect(card(page, 1)).to_contain_text("Nhận thêm H")
    assert (await desk.next())["number"] == ticket["number"]
    await expect(card(page, 1).locator(".number")).to_have_text(ticket["number"])


async def test_lines_are_given_for_a_while_and_taken_back(hall: Hall) -> None:
    """Any open counter takes any further line for as long as is chosen; one press takes it away again."""
    await hall.officer(SON, 1)
    page = await hall.staff("/office", HUONG)
    await card(page, 1).get_by_text("Nhận thêm lĩnh vực").click()
    await card(page, 1).get_by_label("Lĩnh vực nhận thêm").select_option("H")
    await card(page, 1).get_by_label("Trong bao lâu").select_option("30")
    await card(page, 1).get_by_role("button", name="Giao").click()
    await expect(card(page, 1).locator(".desk-lines")).to_have_text("A · H")
    await card(page, 1).get_by_role("button", name="Thôi nhận thêm").click()
    await expect(card(page, 1).locator(".desk-lines")).to_have_text("A")
    await expect(card(page, 1).get_by_role("button", name="Thôi nhận thêm")).to_be_hidden()


async def test_calls_for_help_are_told_and_answered(hall: Hall) -> None:
    """A counter that asks for the head stands first, an emergency in red; Đang đến answers it."""
    desk = await hall.officer(SON, 1)
    page = await hall.staff("/office", HUONG)
    await desk.do("POST", "/api/desk/help", {"kind": "head"})
    await expect(alert(page, "Quầy 1 mời lãnh đạo")).to_be_visible()
    await desk.do("POST", "/api/desk/help", {"kind": "emergency"})
    urgent = alert(page, "Quầy 1 cần hỗ trợ khẩn cấp")
    await expect(urgent).to_have_class(re.compile("notice-trouble"))
    await urgent.get_by_role("button", name="Đang đến").click()
    await expect(page.locator("#alerts .notice")).to_have_count(0)
    assert (await desk.do("GET", "/api/desk"))["help"] is None


async def test_somebody_at_a_kiosk_needs_help(hall: Hall) -> None:
    """The head and reception hear of it without a reload; Đã đến giúp at reception ends it for both."""
    page, reception = await hall.staff("/office", HUONG), await hall.staff("/reception", LAN)
    await expect(page.locator("#sentence")).to_contain_text("Sảnh đang vắng")
    await expect(reception.locator("#lines button").first).to_be_visible()
    headers = {"Authorization": f"Bearer {hall.tokens['kiosk']}"}
    assert (await hall.client().post("/api/kiosk/help", headers=headers)).status_code == 200
    await expect(alert(page, "có người cần giúp").get_by_role("button", name="Đã đến giúp")).to_be_visible()
    await expect(reception.locator("#calls .notice")).to_contain_text("có người cần giúp")
    assert await complaints(reception) == []
    assert await overflow(reception) <= 0
    await reception.locator("#calls").get_by_role("button", name="Đã đến giúp").click()
    await expect(reception.locator("#calls .notice")).to_have_count(0)
    await expect(page.locator("#alerts .notice")).to_have_count(0)


async def test_what_one_more_counter_would_do(hall: Hall) -> None:
    """Asked at a closed counter the answer is a sentence, and stays until the counter opens."""
    await hall.officer(SON, 1)
    for _ in range(12):
        await hall.issue("H")
    page = await hall.staff("/office", HUONG)
    await card(page, 2).get_by_role("button", name="Nếu mở quầy này?").click()
    answer = card(page, 2).locator(".desk-whatif")
    await expect(answer).to_contain_text("Mở quầy 2")
    await expect(answer).to_contain_text("Hộ tịch")
    await hall.issue("A")
    await expect(page.locator("#lines tr", has_text="Chứng thực")).to_contain_text("1")
    await expect(answer).to_contain_text("Mở quầy 2")
    await hall.officer(DUNG, 2)
    await expect(card(page, 2)).to_contain_text("Đinh Thị Dung")
    await expect(answer).to_be_empty()


async def test_a_break_without_an_end_leaves_its_line_unserved(hall: Hall) -> None:
    """A counter that is away until nobody knows when is told as such; with an end still to come nothing is amiss."""
    desk = await hall.officer(SON, 1)
    page = await hall.staff("/office", HUONG)
    await desk.do("PUT", "/api/desk/pause", {"reason": "Họp"})
    await hall.issue("A")
    await expect(alert(page, "Chứng thực: 1 người chờ, chưa có quầy nhận")).to_be_visible()
    await expect(card(page, 1)).to_contain_text("Họp, chưa rõ đến khi nào")
    until = (clock.now() + timedelta(minutes=10)).isoformat()
    await desk.do("PUT", "/api/desk/pause", {"reason": "Họp", "until": until})
    await expect(card(page, 1)).to_contain_text("Họp, đến")
    await expect(alert(page, "chưa có quầy nhận")).to_have_count(0)


async def test_numbers_begin_where_the_head_says(hall: Hall) -> None:
    """In the middle of a day the next number follows those on paper; a number that was given is refused in words."""
    await hall.issue("A")
    page = await hall.staff("/office", HUONG)
    await page.locator("#more summary").click()
    await page.locator("#numbers-line").select_option("A")
    await page.locator("#numbers-first").fill("1")
    await page.get_by_role("button", name="Đặt số").click()
    await expect(page.locator("#trouble")).not_to_be_empty()
    await page.locator("#numbers-first").fill("58")
    await page.get_by_role("button", name="Đặt số").click()
    await expect(page.locator("#news")).to_have_text("Lĩnh vực A: số tiếp theo là 58")
    await expect(page.locator("#trouble")).to_be_empty()
    assert (await hall.issue("A"))["number"] == "A058"


async def test_the_day_ends_after_a_second_press(hall: Hall) -> None:
    """Thôi ends nothing; with somebody at a counter it is refused in words; then counters and numbers are closed."""
    desk = await hall.officer(SON, 1)
    await hall.issue("A")
    current = await desk.next()
    page = await hall.staff("/office", HUONG)
    await page.locator("#more summary").click()
    await hall.issue("A")
    await expect(page.locator("#figures")).to_contain_text("1")
    await page.locator("#end-day").click()
    await expect(page.locator("#end-no")).to_be_focused()
    await page.locator("#end-no").click()
    await expect(page.locator("#end-sure")).to_be_hidden()
    await page.locator("#end-day").click()
    await expect(page.locator("#end-words")).to_have_text("Chắc chắn kết thúc ngày, đóng 1 số đang chờ?")
    await page.locator("#end-yes").click()
    await expect(page.locator("#trouble")).to_contain_text(f"Số {current['number']} vẫn đang ở quầy")
    await desk.verb(current, "miss")
    await page.locator("#end-day").click()
    await page.locator("#end-yes").click()
    await expect(page.locator("#news")).to_have_text("Đã kết thúc ngày")
    state = await hall.state()
    assert [notice["code"] for notice in state["notices"]] == ["closed"]
    assert not any(counter["open"] for counter in state["counters"])
    assert {line["waiting"] for line in state["lines"]} == {0}


async def test_the_days_numbers_as_a_picture_and_a_table(hall: Hall) -> None:
    """Numbers given are drawn by quarter of an hour, and the table behind says the same."""
    page = await hall.staff("/office", HUONG)
    await expect(page.locator("#day")).to_contain_text("Hôm nay chưa cấp số nào")
    for _ in range(3):
        await hall.issue("A")
    await expect(page.locator("#day svg")).to_have_attribute("aria-label", re.compile("Số đã cấp"))
    await page.wait_for_function(
        """() => [...document.querySelectorAll("#day-table td:nth-child(2)")]
          .reduce((sum, cell) => sum + Number(cell.textContent), 0) === 3"""
    )
    bars = await page.locator("#day rect").count()
    texts = [int(text) for text in await page.locator("#day-table td:nth-child(2)").all_text_contents()]
    assert sum(texts) == 3
    assert bars == sum(1 for text in texts if text)


async def test_only_the_head_sees_it(hall: Hall) -> None:
    """Reception is told in words that this page is not hers; the head's sign-in leads in."""
    page = await hall.page("/office")
    await hall.sign_in(page, LAN)
    await expect(page.locator("#sign-in-problem")).to_contain_text("không có quyền")
    await hall.sign_in(page, HUONG)
    await expect(page.locator("#sentence")).not_to_be_empty()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720)])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_it_is_accessible_and_fits(hall: Hall, language: str, width: int, height: int) -> None:
    """axe finds nothing, empty and with everything open; nothing is wider; sentence and alerts come first in sight."""
    page = await hall.staff(f"/office?lang={language}", HUONG, width=width, height=height)
    assert await complaints(page) == []
    desk, other = await hall.officer(SON, 1), await hall.officer(LAN, 2)
    for line in "AAAHH":
        await hall.issue(line)
    await desk.verb(await desk.next(), "start")
    await other.do("PUT", "/api/desk/pause", {"reason": "Họp"})
    await desk.do("POST", "/api/desk/help", {"kind": "emergency"})
    await expect(page.locator("#desks [data-state=paused]")).to_have_count(1)
    await page.locator("#more summary").click()
    await page.locator("#end-day").click()
    await page.locator(".desk-more summary").first.click()
    await page.locator(".desk-ask:visible").first.click()
    await expect(page.locator(".desk-whatif", has_text=re.compile(r"\w"))).to_have_count(1)
    await expect(page.locator("#alerts .notice").nth(1)).to_be_visible()
    await page.locator("#day + details summary").click()
    assert await complaints(page) == []
    assert await overflow(page) <= 0
    second = await page.locator("#alerts .notice").nth(1).bounding_box()
    assert second
    assert second["y"] + second["height"] <= height
