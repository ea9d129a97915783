"""One's own ticket on the phone, in a real browser against the real server."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from server.notify.push import new_key, public_key
from tests.browser.hall import HUONG, Desk, Hall, complaints, overflow
from tests.browser.test_push import SUBSCRIBING

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 390, "height": 844}
Ticket = dict[str, Any]


async def called(hall: Hall, ticket: Ticket) -> Desk:
    """An officer has called it to counter 2."""
    desk = await hall.officer()
    await desk.next()
    return desk


async def serving(hall: Hall, ticket: Ticket) -> Desk:
    desk = await called(hall, ticket)
    await desk.verb(ticket, "start")
    return desk


async def waiting(hall: Hall, ticket: Ticket) -> None:
    """Nothing has happened yet."""


async def parked(hall: Hall, ticket: Ticket) -> None:
    await (await serving(hall, ticket)).verb(ticket, "park", {"reason": "Đi sao chụp"})


async def held(hall: Hall, ticket: Ticket) -> None:
    await hall.holder(ticket, "hold", {"minutes": 10})


async def missed(hall: Hall, ticket: Ticket) -> None:
    await (await called(hall, ticket)).verb(ticket, "miss")


async def served(hall: Hall, ticket: Ticket) -> None:
    await (await serving(hall, ticket)).verb(ticket, "finish", {"next": False})


async def withdrawn(hall: Hall, ticket: Ticket) -> None:
    await hall.holder(ticket, "withdraw")


async def rated(hall: Hall, ticket: Ticket) -> None:
    await served(hall, ticket)
    await hall.holder(ticket, "rating", {"level": 3})


STATES: list[Callable[[Hall, Ticket], Awaitable[object]]] = [
    waiting, called, serving, parked, held, missed, served, withdrawn, rated,
]  # fmt: skip


async def told(page: Page) -> dict[str, object]:
    """What the page says about the ticket, and how it is coloured."""
    parts = ("label", "line", "headline", "wait", "note")
    return {name: await page.locator(f"#{name}").inner_text() for name in parts} | {
        "title": await page.title(),
        "counter": await page.locator("#counter").is_visible(),
        "stay": await page.locator("#stay").is_visible(),
        "body": await page.locator("body").get_attribute("class"),
    }


async def phone(hall: Hall, path: str, context: BrowserContext | None = None, **more: Any) -> Page:
    return await hall.page(path, context, **({} if context else PHONE), **more)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_each_state_is_told_with_and_without_javascript(
    hall: Hall, state: Callable[[Hall, Ticket], Awaitable[object]]
) -> None:
    """The page made on the server and the live one say the same, are accessible and fit a phone."""
    ticket = await hall.issue("H")
    await state(hall, ticket)
    plain = await phone(hall, f"/t/{ticket['followToken']}", java_script_enabled=False)
    said = await told(plain)
    assert said["headline"]
    assert await plain.get_by_role("link", name="Tải lại").is_visible()
    page = await phone(hall, f"/t/{ticket['followToken']}")
    await expect(page.locator("#follow")).to_have_attribute("data-live", "true")
    assert await told(page) == said
    assert await complaints(page) == []
    assert await overflow(page) <= 0


async def test_the_end_of_the_day_leads_to_the_next_morning(hall: Hall) -> None:
    """The open page turns to what comes next, and fits a phone; without scripts it is the same."""
    ticket = await hall.issue("H")
    page = await phone(hall, f"/t/{ticket['followToken']}")
    await expect(page.locator("#follow")).to_have_attribute("data-live", "true")
    await (await hall.officer(HUONG, None)).do("POST", "/api/office/end-day")
    await expect(page.locator("#headline")).to_have_text("Hôm nay đã hết giờ tiếp nhận")
    await expect(page.locator("#book")).to_contain_text("Ông/bà có thể lấy số từ")
    plain = await phone(hall, f"/t/{ticket['followToken']}", java_script_enabled=False)
    assert await plain.locator("#book").inner_text() == await page.locator("#book").inner_text()
    assert await complaints(page) == []
    assert await overflow(page) <= 0


async def test_a_call_is_seen_at_once(hall: Hall) -> None:
    """Waiting, called to counter 2, being served: the page follows without a reload, its title too."""
    ticket = await hall.issue("H")
    page = await phone(hall, f"/t/{ticket['followToken']}")
    await expect(page.locator("#headline")).to_have_text("Ông/bà là người tiếp theo")
    await expect(page.locator("#follow")).to_have_attribute("data-live", "true")
    desk = await called(hall, ticket)
    await expect(page.locator("#headline")).to_have_text("Mời ông/bà đến quầy số 2 ngay")
    await expect(page).to_have_title(re.compile(rf"^Quầy 2 · {ticket['number']}"))
    await expect(page.locator("#counter b")).to_have_text("2")
    await desk.verb(ticket, "start")
    await expect(page.locator("#headline")).to_have_text("Đang phục vụ tại quầy 2")
    await expect(page).to_have_title(re.compile(rf"^Số {ticket['number']}"))


async def test_people_ahead_may_rise_and_the_page_says_why(hall: Hall) -> None:
    """Somebody with priority is put before: one more ahead, with the reason in words."""
    await hall.issue("H")
    ticket = await hall.issue("H")
    page = await phone(hall, f"/t/{ticket['followToken']}")
    await expect(page.locator("#headline")).to_have_text("Còn 1 người phía trước")
    await expect(page.locator("#follow")).to_have_attribute("data-live", "true")
    desk = await hall.officer()
    first = await desk.next()
    await expect(page.locator("#headline")).to_have_text("Ông/bà là người tiếp theo")
    await desk.verb(first, "undo")
    await expect(page.locator("#headline")).to_have_text("Còn 1 người phía trước")
    await expect(page.locator("#note")).to_contain_text("vừa tăng")


async def test_a_number_is_given_back_after_one_question(hall: Hall) -> None:
    """Trả số asks on the page itself; Giữ lại changes nothing, Trả số takes the number out of the queue."""
    ticket = await hall.issue("H")
    page = await phone(hall, f"/t/{ticket['followToken']}")
    give_back = page.get_by_role("button", name="Trả số")
    await give_back.click()
    await expect(page.get_by_role("button", name="Giữ lại")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(give_back).to_have_count(1)
    await expect(page.locator("#headline")).to_have_text("Ông/bà là người tiếp theo")
    await give_back.click()
    await page.get_by_role("group").get_by_role("button", name="Trả số").click()
    await expect(page.locator("#headline")).to_have_text("Ông/bà đã trả số")
    await expect(page.locator("#withdraw")).to_be_hidden()
    assert (await hall.waiting())["H"] == 0


async def test_who_must_step_out_keeps_the_number(hall: Hall) -> None:
    """Giữ số asks for how long, says until when, and nobody is called; Tôi đã quay lại puts it back in its place."""
    ticket = await hall.issue("H")
    page = await phone(hall, f"/t/{ticket['followToken']}")
    step_out = page.get_by_role("button", name="Giữ số khi ra ngoài")
    await step_out.click()
    choices = page.locator("#hold").get_by_role("group")
    await expect(choices.get_by_role("button")).to_have_text(["5 phút", "10 phút", "15 phút", "20 phút"])
    await expect(choices.get_by_role("button").first).to_be_focused()
    assert await complaints(page) == []
    await page.get_by_role("button", name="Tôi ở lại").click()
    await expect(step_out).to_be_focused()
    await step_out.click()
    await choices.get_by_role("button", name="10 phút").click()
    await expect(page.locator("#headline")).to_have_text(re.compile(r"^Ông/bà đang giữ số đến \d\d:\d\d$"))
    await expect(page.locator("#note")).to_contain_text("không mất")
    await expect(page.get_by_role("button", name="Trả số")).to_be_visible()
    desk = await hall.officer()
    assert await desk.do("POST", "/api/desk/next") is None
    await page.get_by_role("button", name="Tôi đã quay lại").click()
    await expect(page.locator("#headline")).to_have_text("Ông/bà là người tiếp theo")
    assert (await desk.next())["id"] == ticket["id"]
    await expect(page.locator("#hold")).to_be_hidden()


async def test_a_phone_for_the_pocket_asks_to_be_told(hall: Hall) -> None:
    """Asked only at the press; on until Thôi báo, also when opened again; the offer ends with the wait."""
    ticket = await hall.issue("H")
    page = await phone(hall, f"/t/{ticket['followToken']}")
    await page.context.grant_permissions(["notifications"])
    made = {
        "endpoint": "https://fcm.googleapis.com/fcm/send/of-binh",
        "keys": {"p256dh": public_key(new_key()), "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
    }
    await page.context.add_init_script(SUBSCRIBING % json.dumps(made))
    await page.reload()
    await page.get_by_role("button", name="Báo cho tôi khi đến lượt").click()
    await expect(page.locator("#push [role=status]")).to_contain_text("Khi số được gọi, điện thoại này sẽ báo")
    assert await complaints(page) == []
    await page.evaluate("localStorage.setItem('subscribed', '1')")
    await page.reload()
    await page.get_by_role("button", name="Thôi báo").click()
    await expect(page.locator("#push [role=status]")).to_contain_text("không báo nữa")
    await called(hall, ticket)
    await expect(page.locator("#push")).to_be_hidden()


async def test_after_service_the_holder_says_how_it_went(hall: Hall) -> None:
    """Three faces; a low one asks why; the figure moves; it is not asked twice, not even after a reload."""
    ticket = await hall.issue("H")
    page = await phone(hall, f"/t/{ticket['followToken']}")
    await served(hall, ticket)
    await page.get_by_role("button", name="Không hài lòng").click()
    await expect(page.locator("legend")).to_have_text("Điều gì khiến ông/bà chưa hài lòng?")
    await page.get_by_label("Chờ lâu").check()
    await page.get_by_label("Góp ý thêm (không bắt buộc)").fill("Chờ hơn một tiếng")
    await page.get_by_role("button", name="Gửi đánh giá").click()
    await expect(page.locator("#headline")).to_have_text("Xin cảm ơn, ý kiến của ông/bà đã được ghi nhận")
    await expect(page.locator(".face")).to_have_count(0)
    assert (await hall.state())["ratings"] == {"served": 1, "answered": 1, "satisfied": 0}
    await page.reload()
    await expect(page.locator("#follow")).to_have_attribute("data-live", "true")
    await expect(page.locator(".face")).to_have_count(0)
    await expect(page.get_by_role("button", name="Đánh giá lại")).to_have_count(0)


async def test_a_satisfied_holder_is_not_asked_for_reasons(hall: Hall) -> None:
    """The reasons are for the low face alone, and change with it."""
    ticket = await hall.issue("H")
    await served(hall, ticket)
    page = await phone(hall, f"/t/{ticket['followToken']}")
    await page.get_by_role("button", name="Không hài lòng").click()
    await page.get_by_label("Chờ lâu").check()
    await page.get_by_role("button", name="Rất hài lòng").click()
    await expect(page.locator(".reasons")).to_be_hidden()
    assert await complaints(page) == []
    await page.get_by_role("button", name="Gửi đánh giá").click()
    await expect(page.locator("#rating .thanks")).to_be_visible()
    assert (await hall.state())["ratings"] == {"served": 1, "answered": 1, "satisfied": 1}


async def test_a_lost_connection_is_said_and_heals(hall: Hall) -> None:
    """The number stays on the screen with a band above it; when the server is back, the news comes by itself."""
    ticket = await hall.issue("H")
    page = await phone(hall, f"/t/{ticket['followToken']}")
    await expect(page.locator("#follow")).to_have_attribute("data-live", "true")
    place = await page.locator("#label").bounding_box()
    await hall.server.stop()
    await expect(page.locator("#offline")).to_contain_text("Số của ông/bà vẫn có hiệu lực", timeout=20_000)
    await expect(page.locator("#label")).to_have_text(ticket["number"])
    assert await page.locator("#label").bounding_box() == place
    await hall.server.start()
    await called(hall, ticket)
    await expect(page.locator("#headline")).to_have_text("Mời ông/bà đến quầy số 2 ngay", timeout=30_000)
    await expect(page.locator("#offline")).to_be_empty()


async def test_the_look_up_code_of_the_paper_leads_to_the_ticket(hall: Hall) -> None:
    """A plain form, without JavaScript: small letters and dashes are understood, a wrong code is said so."""
    ticket = await hall.issue("H")
    page = await phone(hall, "/t", java_script_enabled=False)
    await page.get_by_label("Mã tra cứu").fill("0000-0000-0000")
    await page.get_by_role("button", name="Xem số").click()
    await expect(page.locator("#code-error")).to_be_visible()
    code = ticket["followToken"].lower()
    await page.get_by_label("Mã tra cứu").fill(f"{code[:4]}-{code[4:8]}-{code[8:]}")
    await page.get_by_role("button", name="Xem số").click()
    await expect(page.locator("#label")).to_have_text(ticket["number"])
    assert page.url.endswith(f"/t/{ticket['followToken']}")


async def test_the_look_up_page_is_accessible(hall: Hall) -> None:
    """axe finds nothing, and it fits a phone, in both languages."""
    for language in ("vi", "en"):
        page = await phone(hall, f"/t?code=0000&lang={language}")
        assert await complaints(page) == []
        assert await overflow(page) <= 0
