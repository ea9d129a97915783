"""The tablet at counter 1, in a real browser against the real server."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.hall import SON, TABLET_COUNTER, Desk, Hall, complaints, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

LYING = {"width": 1280, "height": 800}
STANDING = {"width": 800, "height": 1280}


async def paired(hall: Hall, size: dict[str, int] = LYING) -> Page:
    """A tablet that has been given its code, and follows the office."""
    page = await hall.page("/tablet", **size)
    await page.locator("#token").fill(hall.tokens["tablet"])
    async with page.expect_websocket():
        await page.get_by_role("button", name="Nối").click()
    await expect(page.locator("#counter")).to_have_text(str(TABLET_COUNTER))
    return page


async def serve(hall: Hall, desk: Desk, **finish: object) -> dict[str, str]:
    """Issue a number and take it all the way through at counter 1."""
    ticket = await hall.issue("A")
    await desk.next()
    await desk.verb(ticket, "start")
    await desk.verb(ticket, "finish", {"next": False, **finish})
    return ticket


async def test_a_tablet_signs_in_once(hall: Hall) -> None:
    """A wrong code and another device's code are explained; the right one shows the counter, also after a reload."""
    page = await hall.page("/tablet", **LYING)
    connect = page.get_by_role("button", name="Nối")
    await connect.click()
    await expect(page.locator("#pair-problem")).to_have_text("Xin nhập mã thiết bị")
    await page.locator("#token").fill("sai")
    await connect.click()
    await expect(page.locator("#pair-problem")).to_contain_text("không đúng hoặc đã bị thu hồi")
    await page.locator("#token").fill(hall.tokens["kiosk"])
    await connect.click()
    await expect(page.locator("#pair-problem")).to_contain_text("không phải của máy đánh giá")
    assert await complaints(page) == []
    await page.locator("#token").fill(hall.tokens["tablet"])
    await connect.click()
    await expect(page.locator("#counter")).to_have_text(str(TABLET_COUNTER))
    await page.reload()
    await expect(page.locator("#counter")).to_have_text(str(TABLET_COUNTER))
    await expect(page.locator("#time")).to_have_text(re.compile(r"^\d\d:\d\d$"))


async def test_it_shows_who_is_called_here(hall: Hall) -> None:
    """Who cannot hear the call reads it at the counter; a call elsewhere is not shown here."""
    page = await paired(hall)
    ticket = await hall.issue("A")
    desk = await hall.officer(SON, TABLET_COUNTER)
    await desk.next()
    await expect(page.locator("#serving")).to_have_text(f"Xin mời số {ticket['number']}")
    await desk.verb(ticket, "start")
    await expect(page.locator("#serving")).to_have_text(f"Đang phục vụ số {ticket['number']}")
    other = await hall.officer()
    await hall.issue("H")
    elsewhere = await other.next()
    await desk.verb(ticket, "park", {})
    await expect(page.locator("#serving")).not_to_contain_text(elsewhere["number"])


async def test_a_satisfied_visitor_needs_one_touch(hall: Hall) -> None:
    """After service it asks about that number; one touch is the answer, thanks stay a moment, then it is calm."""
    page = await paired(hall)
    ticket = await serve(hall, await hall.officer(SON, TABLET_COUNTER))
    await expect(page.locator("#question")).to_have_text(f"Số {ticket['number']}: ông/bà hài lòng chứ?")
    await page.get_by_role("button", name="Rất hài lòng").click()
    await expect(page.locator("#thanks")).to_contain_text("Xin cảm ơn ông/bà")
    await expect(page.locator("#calm")).to_be_visible(timeout=15_000)
    assert (await hall.state())["ratings"] == {"served": 1, "answered": 1, "satisfied": 1}


async def test_a_low_level_asks_why(hall: Hall) -> None:
    """The low face brings reasons and a comment, and is sent with them."""
    page = await paired(hall)
    await serve(hall, await hall.officer(SON, TABLET_COUNTER))
    await page.get_by_role("button", name="Không hài lòng").click()
    await page.get_by_label("Thái độ phục vụ").check()
    async with page.expect_request("**/api/tablet/rating") as asked:
        await page.get_by_role("button", name="Gửi đánh giá").click()
    body = (await asked.value).post_data_json
    assert body["level"] == 1
    assert body["reasons"] == ["attitude"]
    await expect(page.locator("#thanks")).to_be_visible()
    assert (await hall.state())["ratings"] == {"served": 1, "answered": 1, "satisfied": 0}


async def test_calling_the_next_in_the_same_press_leaves_the_question(hall: Hall) -> None:
    """Xong, gọi số tiếp finishes and calls at once: the visitor still gets the question until the next visit begins."""
    page = await paired(hall)
    desk = await hall.officer(SON, TABLET_COUNTER)
    first, second = await hall.issue("A"), await hall.issue("A")
    await desk.next()
    await desk.verb(first, "start")
    await desk.verb(first, "finish", {"next": True})
    await expect(page.locator("#question")).to_contain_text(first["number"])
    await desk.verb(second, "start")
    await expect(page.locator("#serving")).to_have_text(f"Đang phục vụ số {second['number']}")
    await expect(page.locator("#calm")).to_be_visible()


async def test_a_visit_rated_on_the_phone_is_thanked_for_all_the_same(hall: Hall) -> None:
    """Who has already answered on the phone and presses a face here gets thanks, and one rating counts."""
    page = await paired(hall)
    ticket = await serve(hall, await hall.officer(SON, TABLET_COUNTER))
    await expect(page.locator("#question")).to_be_visible()
    await hall.holder(ticket, "rating", {"level": 1})
    await page.get_by_role("button", name="Rất hài lòng").click()
    await expect(page.locator("#thanks")).to_be_visible()
    assert (await hall.state())["ratings"] == {"served": 1, "answered": 1, "satisfied": 0}


async def test_an_answer_survives_a_lost_server(hall: Hall) -> None:
    """With the server gone the tablet says that the answer will be sent, and sends it once when it is back."""
    page = await paired(hall)
    await serve(hall, await hall.officer(SON, TABLET_COUNTER))
    await expect(page.locator("#question")).to_be_visible()
    await hall.server.stop()
    await page.get_by_role("button", name="Hài lòng", exact=True).click()
    await expect(page.locator("#thanks-words")).to_contain_text("sẽ tự gửi khi có mạng", timeout=20_000)
    async with page.expect_response(
        lambda answer: answer.url.endswith("/api/tablet/rating") and answer.status == 201, timeout=40_000
    ):
        await hall.server.start()
    assert (await hall.state())["ratings"] == {"served": 1, "answered": 1, "satisfied": 1}


@pytest.mark.parametrize("size", [LYING, STANDING], ids=["lying", "standing"])
async def test_every_state_is_accessible_and_fits(hall: Hall, size: dict[str, int]) -> None:
    """axe finds nothing, and nothing is wider than the screen, whichever way the tablet stands."""
    page = await paired(hall, size)
    assert await complaints(page) == []
    await serve(hall, await hall.officer(SON, TABLET_COUNTER))
    await expect(page.locator("#question")).to_be_visible()
    assert await complaints(page) == []
    assert await overflow(page) <= 0
    await page.get_by_role("button", name="Không hài lòng").click()
    await expect(page.locator(".reasons")).to_be_visible()
    assert await complaints(page) == []
    assert await overflow(page) <= 0
    await page.get_by_role("button", name="Gửi đánh giá").click()
    await expect(page.locator("#thanks")).to_be_visible()
    assert await complaints(page) == []
