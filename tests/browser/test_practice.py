"""Practice in a real browser against the real server: one press begins it, every screen says so, one press ends it."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.hall import DUNG, HUONG, LAN, TABLET_COUNTER, Hall, complaints, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "Đang luyện tập"


async def press_begin(page: Page) -> None:
    await page.locator("#more summary").click()
    await page.get_by_role("button", name="Bắt đầu luyện tập").click()


async def test_one_press_begins_it_and_one_ends_it(hall: Hall) -> None:
    """In between every number is a sample; afterwards the first real number is the line's first, at the same desks."""
    desk = await hall.officer(DUNG, 2)
    page = await hall.staff("/office", HUONG)
    await press_begin(page)
    await expect(page.locator("#news")).to_have_text("Đã bắt đầu luyện tập")
    await expect(page.locator("#practising")).to_be_visible()
    await expect(page.locator("#practising")).to_contain_text(SAID)
    await expect(page.locator("#practise-on")).to_be_visible()
    await expect(page.locator("#practise-on")).to_contain_text("các số luyện tập còn lại được đóng")
    for width, height in ((390, 844), (1440, 900)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await overflow(page) <= 0
    assert (await hall.state())["practice"]
    assert (await hall.issue())["sample"]
    assert (await desk.next())["number"] == "A001"
    await hall.issue()
    await expect(page.locator("#lines tr", has_text="Chứng thực")).to_contain_text("1")
    await page.get_by_role("button", name="Kết thúc luyện tập").click()
    await expect(page.locator("#news")).to_contain_text("Từ bây giờ là số thật")
    await expect(page.locator("#practise-on")).to_be_hidden()
    await expect(page.locator("#practising")).to_be_hidden()
    await expect(page.locator("#desks article", has_text="Quầy 2")).to_contain_text("Đinh Thị Dung")
    await expect(page.locator("#practise-begin")).to_be_visible()
    real = await hall.issue()
    assert (real["number"], real["sample"]) == ("A001", False)
    assert set((await hall.waiting()).values()) == {0, 1}


async def test_it_does_not_begin_while_somebody_real_waits(hall: Hall) -> None:
    """The page says who is still there, and nothing has changed."""
    await hall.issue()
    page = await hall.staff("/office", HUONG)
    await press_begin(page)
    await expect(page.locator("#trouble")).to_contain_text("Còn 1 số chưa xong, số đầu là A001")
    await expect(page.locator("#practise-on")).to_be_hidden()
    assert not (await hall.state())["practice"]


async def test_every_screen_says_so_without_a_reload(hall: Hall) -> None:
    """Wall, desk, reception and tablet change with the press, a practised phone keeps saying it; then the words go."""
    office = await hall.staff("/office", HUONG)
    reception, desk = await hall.staff("/reception", LAN), await hall.desk(DUNG, 1)
    wall = await (await hall.context()).new_page()  # its console says that a sound needs a touch
    await wall.goto(f"{hall.server.address}/wall/{hall.office}")
    await expect(wall.locator("#stage")).not_to_contain_text("Đang tải")
    await expect(wall.locator("#foot")).not_to_contain_text(SAID)
    await press_begin(office)
    for page, place in (
        (office, "#practising"), (reception, "#practising"), (desk, "#desk > [data-part=practising]"),
        (wall, "#ticker"),
    ):  # fmt: skip
        await expect(page.locator(place)).to_be_visible()
        await expect(page.locator(place)).to_contain_text(SAID)
    await expect(office.locator("#practice")).to_be_hidden()  # it is no made-up office
    ticket = await hall.issue()
    phone = await hall.page(f"/t/{ticket['followToken']}", width=390, height=844)
    await expect(phone.locator(".follow-practice")).to_have_text("Số luyện tập, không có giá trị")
    for page in (office, reception, desk, phone):
        assert await complaints(page) == []
        assert await overflow(page) <= 0
    await office.get_by_role("button", name="Kết thúc luyện tập").click()
    for page, place in (
        (office, "#practising"), (reception, "#practising"), (desk, "#desk > [data-part=practising]"),
    ):  # fmt: skip
        await expect(page.locator(place)).to_be_hidden()
    await expect(wall.locator("#foot")).not_to_contain_text(SAID)
    await expect(phone.locator("#follow")).to_have_attribute("data-state", "closed")
    await expect(phone.locator(".follow-practice")).to_be_visible()


async def test_the_citizens_site_says_what_is_real(hall: Hall) -> None:
    """Appointments are, numbers are not: the site says so, and offers none from home."""
    await hall.set(numbers_from_home=10)
    page = await hall.page(f"/?office={hall.office}")
    await expect(page.get_by_role("link", name="Lấy số từ nhà")).to_be_visible()
    office = await hall.staff("/office", HUONG)
    await press_begin(office)
    await expect(office.locator("#practising")).to_be_visible()
    await page.reload()
    await expect(page.locator(".sample")).to_have_text(
        "Nơi này đang luyện tập nên chưa phát số thật. Đặt lịch hẹn vẫn có giá trị như thường."
    )
    await expect(page.get_by_role("link", name="Lấy số từ nhà")).to_have_count(0)
    assert await complaints(page) == []


async def test_the_tablet_asks_and_says_that_it_does_not_count(hall: Hall) -> None:
    """Its words stand clear of the counter's, and a practised visit is not asked about any more when it is over."""
    desk = await hall.officer(DUNG, TABLET_COUNTER)
    tablet = await hall.page("/tablet", width=1024, height=768)
    await tablet.locator("#token").fill(hall.tokens["tablet"])
    async with tablet.expect_websocket():
        await tablet.get_by_role("button", name="Nối").click()
    await expect(tablet.locator("#calm")).to_be_visible()
    office = await hall.staff("/office", HUONG)
    await press_begin(office)
    await expect(tablet.locator("#practice")).to_be_visible()
    await expect(tablet.locator("#practice")).to_have_text("Đang luyện tập: đánh giá lúc này không được tính")
    band, name = await tablet.locator("#practice").bounding_box(), await tablet.locator("#office").bounding_box()
    assert band
    assert name
    assert band["y"] + band["height"] <= name["y"]
    assert await complaints(tablet) == []
    await hall.issue()
    await desk.verb(ticket := await desk.next(), "start")
    await desk.verb(ticket, "finish")
    await expect(tablet.locator("#asking")).to_be_visible()
    await office.get_by_role("button", name="Kết thúc luyện tập").click()
    await expect(tablet.locator("#practice")).to_be_hidden()
    await expect(tablet.locator("#calm")).to_be_visible()
