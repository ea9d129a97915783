"""The officer's desk in a real browser against the real server."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.desk_page import commands, part, press, says
from tests.browser.hall import DUNG, PASSWORD, SON, Hall, complaints, overflow, type_with_times

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_signing_in_says_in_words_what_is_wrong(hall: Hall) -> None:
    """Missing words are asked for beside their field, a wrong password is a sentence, a right one leads on."""
    page = await hall.page("/desk")
    await page.locator("#sign-in button").click()
    await expect(page.locator("#username-error")).to_have_text("Xin nhập tên đăng nhập")
    await expect(page.locator("#username")).to_be_focused()
    await hall.sign_in(page, SON, "sai mật khẩu")
    await expect(page.locator("#sign-in-problem")).to_contain_text(re.compile(r"mật khẩu", re.IGNORECASE))
    await hall.sign_in(page)
    await expect(page.locator("#seats h1")).to_have_text("Chọn quầy")
    await expect(page.locator("#seats-list button")).to_have_count(6)


async def test_a_counter_that_is_taken_cannot_be_chosen(hall: Hall) -> None:
    """The list of counters says who sits where, and lets nobody sit on another's lap."""
    await hall.officer(DUNG, 2)
    page = await hall.page("/desk")
    await hall.sign_in(page)
    taken = page.locator("#seats-list button", has_text="Quầy 2")
    await expect(taken).to_contain_text("Đinh Thị Dung")
    await expect(taken).to_have_attribute("aria-disabled", "true")
    await expect(page.locator("#seats-list button", has_text="Quầy 1")).to_contain_text("Còn trống")


async def test_one_button_leads_through_a_visit(hall: Hall) -> None:
    """Gọi số tiếp, Bắt đầu, Xong gọi số tiếp: the word is always the next right thing, by mouse and by Enter alike."""
    first, second = await hall.issue(), await hall.issue()
    page = await hall.desk()
    await press(page, "Gọi số tiếp")
    await expect(part(page, "number")).to_have_text(first["number"])
    await says(page, "Bắt đầu")
    await page.keyboard.press("Enter")
    await says(page, "Xong, gọi số tiếp")
    await page.keyboard.press("Enter")
    await expect(part(page, "number")).to_have_text(second["number"])
    await press(page, "Bắt đầu")
    await expect(part(page, "beside")).to_be_visible()
    await page.keyboard.press("0")
    await expect(part(page, "number")).to_have_text("Chưa gọi số nào")
    await expect(part(page, "served")).to_have_text("Hôm nay: 2 lượt")
    await press(page, "Gọi số tiếp")
    await expect(part(page, "news")).to_have_text("Chưa có ai chờ")


async def test_a_card_scanner_does_nothing(hall: Hall) -> None:
    """A scan with Enter at the end calls nobody, also with a button focused; a hand's single Enter does."""
    ticket = await hall.issue()
    page = await hall.desk()
    await expect(part(page, "next")).to_contain_text(ticket["number"])
    sent = commands(page)
    last = await type_with_times(page, "001085012345\r")
    await page.locator("#desk [data-verb=close]").focus()
    last = await type_with_times(page, "G1X0HN2026\r", after=last, later=1)
    last = await type_with_times(page, "\r", after=last, later=0.2)  # a second Enter that lags behind
    await page.evaluate("document.activeElement.blur()")
    await type_with_times(page, "\r", after=last, later=1)
    await expect(part(page, "number")).to_have_text(ticket["number"])
    assert sent == ["POST desk/next"]


async def test_a_key_held_down_counts_once(hall: Hall) -> None:
    """Key repeat never calls and starts by itself."""
    await hall.issue()
    page = await hall.desk()
    sent = commands(page)
    for _ in range(20):
        await page.keyboard.down("Enter")  # every further one is a repeat
    await page.keyboard.up("Enter")
    await expect(part(page, "primary")).to_contain_text("Bắt đầu")
    await expect(part(page, "undo")).to_be_visible()
    assert sent == ["POST desk/next"]


async def test_a_double_click_counts_once(hall: Hall) -> None:
    """The second half of a double click does not start what the first has called."""
    await hall.issue()
    page = await hall.desk()
    sent = commands(page)
    await part(page, "primary").dblclick(delay=60)
    await expect(part(page, "primary")).to_contain_text("Bắt đầu")
    await expect(part(page, "undo")).to_be_visible()
    assert sent == ["POST desk/next"]


async def test_keys_type_into_fields_and_can_be_switched_off(hall: Hall) -> None:
    """In a field a key is a letter; with the shortcuts off it is nothing, and that is remembered."""
    ticket = await hall.issue()
    page = await hall.desk()
    await press(page, "Gọi số tiếp")
    await press(page, "Bắt đầu")
    await says(page, "Xong, gọi số tiếp")
    await page.locator("#desk [data-verb=add-procedure]").click()
    field = page.locator("#desk [data-part=panel] input")
    await expect(field).to_be_focused()
    await page.keyboard.type("x0", delay=90)
    await expect(field).to_have_value("x0")
    await page.locator("#desk [data-part=panel] .button-link").click()
    await expect(part(page, "panel")).to_be_hidden()
    await part(page, "keys").click()
    await page.reload()
    await expect(part(page, "number")).to_have_text(ticket["number"])
    sent = commands(page)
    last = await type_with_times(page, "0")
    await part(page, "keys").click()
    await type_with_times(page, "0", after=last, later=1)
    await expect(part(page, "number")).to_have_text("Chưa gọi số nào")
    assert len(sent) == 1


async def test_who_did_not_come_can_come_back(hall: Hall) -> None:
    """Chưa có mặt puts the number on the list of the missed; one press brings it back into the queue."""
    ticket = await hall.issue()
    page = await hall.desk()
    await press(page, "Gọi số tiếp")
    await says(page, "Bắt đầu")
    await page.keyboard.press("2")
    missed = part(page, "missed")
    await expect(missed).to_contain_text(ticket["number"])
    await missed.get_by_role("button", name=f"{ticket['number']} đã đến, cho vào hàng").click()
    await expect(part(page, "missed-group")).to_be_hidden()
    await expect(part(page, "next")).to_contain_text(ticket["number"])


async def test_the_last_verb_can_be_undone(hall: Hall) -> None:
    """For ten seconds a press can be taken back, and the button says of what."""
    ticket = await hall.issue()
    page = await hall.desk()
    await part(page, "primary").click()
    await expect(part(page, "undone")).to_have_text(f"Đã gọi {ticket['number']}")
    await page.locator("#desk [data-verb=undo]").click()
    await expect(part(page, "number")).to_have_text("Chưa gọi số nào")
    await expect(part(page, "next")).to_contain_text(ticket["number"])
    await expect(part(page, "undo")).to_be_hidden()


async def test_a_refusal_is_explained_beside_the_buttons(hall: Hall) -> None:
    """Calling again at once is refused in words, nothing changes, and the next press clears them."""
    ticket = await hall.issue()
    page = await hall.desk()
    await press(page, "Gọi số tiếp")
    await says(page, "Bắt đầu")
    await page.keyboard.press("1")
    await expect(part(page, "trouble")).to_contain_text(re.compile(r"giây"))
    await expect(part(page, "number")).to_have_text(ticket["number"])
    await part(page, "primary").click()
    await expect(part(page, "trouble")).to_be_empty()


async def test_a_number_is_kept_and_taken_up_again(hall: Hall) -> None:
    """Giữ số asks why in one press, shows who is away, and Tiếp tục goes on with the same number."""
    ticket = await hall.issue()
    page = await hall.desk()
    await press(page, "Gọi số tiếp")
    await press(page, "Bắt đầu")
    await says(page, "Xong, gọi số tiếp")
    await page.keyboard.press("3")
    await expect(part(page, "panel")).to_contain_text("Đi sao chụp")
    await page.keyboard.press("1")
    await expect(part(page, "parked")).to_contain_text("Đi sao chụp")
    await part(page, "parked").get_by_role("button", name=f"Tiếp tục {ticket['number']}").click()
    await expect(part(page, "number")).to_have_text(ticket["number"])
    await expect(part(page, "primary")).to_contain_text("Xong, gọi số tiếp")


async def test_a_number_moves_to_another_line(hall: Hall) -> None:
    """Chuyển quầy lists where it can go; the number leaves this desk and waits there."""
    await hall.issue("A")
    page = await hall.desk()
    await press(page, "Gọi số tiếp")
    await says(page, "Bắt đầu")
    await page.keyboard.press("4")
    await part(page, "panel").get_by_role("button", name="Hộ tịch").click()
    await expect(part(page, "number")).to_have_text("Chưa gọi số nào")
    assert await hall.waiting() == {"A": 0, "H": 1}


async def test_a_break_stops_calling_until_it_is_over(hall: Hall) -> None:
    """Tạm nghỉ with a reason; the one button then says how to come back."""
    await hall.issue()
    page = await hall.desk()
    await page.locator("#desk [data-verb=pause]").click()
    await part(page, "panel").get_by_role("button", name="Nghỉ trưa").click()
    await expect(part(page, "number")).to_have_text("Đang tạm nghỉ")
    await expect(part(page, "procedure")).to_have_text("Nghỉ trưa")
    await part(page, "primary").click()
    await expect(part(page, "primary")).to_contain_text("Gọi số tiếp")


async def test_a_reload_restores_and_two_tabs_agree(hall: Hall) -> None:
    """What the server says is the only state: after a reload, and in a second tab a moment later."""
    ticket = await hall.issue()
    page = await hall.desk()
    other = await hall.page("/desk", page.context)
    await part(page, "primary").click()
    await expect(part(other, "number")).to_have_text(ticket["number"])
    await page.reload()
    await expect(part(page, "number")).to_have_text(ticket["number"])
    await expect(page).to_have_title(re.compile(rf"^{ticket['number']} · Quầy 1"))
    await part(other, "primary").click()
    await expect(part(page, "primary")).to_contain_text("Xong, gọi số tiếp")


async def test_the_small_desk_is_the_same_desk(hall: Hall) -> None:
    """The small window shows number, primary button and verbs, and what is pressed there is seen here."""
    ticket = await hall.issue()
    page = await hall.desk()
    small = await hall.page("/desk?mini=1", page.context)
    await small.set_viewport_size({"width": 400, "height": 420})
    await small.locator(".mini-desk [data-part=primary]").click()
    await expect(small.locator(".mini-desk [data-part=number]")).to_have_text(ticket["number"])
    await expect(part(page, "number")).to_have_text(ticket["number"])
    await small.keyboard.press("Enter")
    await expect(part(page, "primary")).to_contain_text("Xong, gọi số tiếp")
    assert await overflow(small) <= 0
    assert await complaints(small) == []


async def test_the_small_desk_stays_on_top_where_the_browser_can(hall: Hall) -> None:
    """Bàn nhỏ opens a window over all others; mouse and keys work there, and it closes by itself with the desk."""
    ticket = await hall.issue()
    page = await hall.desk()
    async with page.context.expect_page() as opened:
        await page.locator("#desk [data-verb=mini]").click()
    small = await opened.value
    await small.locator("[data-part=primary]").click()
    await expect(small.locator("[data-part=number]")).to_have_text(ticket["number"])
    await expect(small.locator("[data-part=primary]")).to_have_css("border-radius", "18px")
    await small.keyboard.press("Enter")
    await says(page, "Xong, gọi số tiếp")
    assert await complaints(small) == []
    async with small.expect_event("close"):
        await page.close()


async def test_a_lost_connection_is_obvious_and_heals(hall: Hall) -> None:
    """With the server gone the desk says so beside its buttons; when it is back, it goes on without a reload."""
    page = await hall.desk()
    await expect(part(page, "health-words")).to_have_text("Đã kết nối")
    await hall.server.stop()
    await expect(part(page, "trouble")).to_contain_text("Mất kết nối", timeout=30_000)
    await expect(part(page, "health")).to_have_class(re.compile("health-lost"))
    await hall.server.start()
    await expect(part(page, "trouble")).to_be_empty(timeout=30_000)
    ticket = await hall.issue()
    await expect(part(page, "next")).to_contain_text(ticket["number"])


async def test_leaving_the_counter_and_signing_out(hall: Hall) -> None:
    """Đóng quầy leads back to the counters, Đăng xuất to the sign-in; with a number in hand it is refused in words."""
    await hall.issue()
    page = await hall.desk()
    await press(page, "Gọi số tiếp")
    await says(page, "Bắt đầu")
    await page.locator("#desk [data-verb=close]").click()
    await expect(part(page, "trouble")).not_to_be_empty()
    await page.locator("#desk [data-verb=undo]").click()
    await expect(part(page, "number")).to_have_text("Chưa gọi số nào")
    await page.locator("#desk [data-verb=close]").click()
    await page.locator("[data-verb=sign-out]").click()
    await expect(page.locator("#sign-in")).to_be_visible()
    await expect(page.locator("#sign-in-problem")).to_be_empty()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720)])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_state_is_accessible_and_nothing_jumps(hall: Hall, language: str, width: int, height: int) -> None:
    """axe finds nothing in any state; the primary button stays where it was through all of them."""
    for _ in range(7):
        await hall.issue()
    page = await hall.page(f"/desk?lang={language}", width=width, height=height)
    assert await complaints(page) == []
    await hall.sign_in(page)
    await expect(page.locator("#seats-list button")).to_have_count(6)
    assert await complaints(page) == []
    await page.locator("#seats-list button").first.click()
    places = []
    for verb in ("next", "start", "finish-next"):
        await expect(part(page, "primary")).to_have_attribute("data-verb", verb)
        places.append(await part(page, "primary").bounding_box())
        assert await complaints(page) == []
        assert await overflow(page) <= 0
        await part(page, "primary").click()
    await expect(part(page, "primary")).to_have_attribute("data-verb", "start")
    await page.locator("#desk [data-verb=transfer]").click()
    await expect(page.locator("#desk .panel li").first).to_be_visible()
    assert await complaints(page) == []
    places.append(await part(page, "primary").bounding_box())
    assert all(place == places[0] for place in places)


async def test_the_whole_desk_works_by_keyboard(hall: Hall) -> None:
    """Signing in, choosing, calling: Tab and Enter reach everything, and a focused button is what Enter presses."""
    ticket = await hall.issue()
    page = await hall.page("/desk")
    await expect(page.locator("#username")).to_be_focused()
    # As a hand types: after a burst the next key would not count, as after a scanner's.
    await page.keyboard.type(f"{SON}@{hall.office}", delay=90)
    await page.keyboard.press("Tab", delay=90)
    await page.keyboard.type(PASSWORD, delay=90)
    await page.keyboard.press("Enter", delay=90)
    await expect(page.locator("#seats-list button")).to_have_count(6)
    await page.locator("#seats-list button").first.focus()
    await page.keyboard.press("Enter")
    await expect(part(page, "primary")).to_contain_text("Gọi số tiếp")
    await part(page, "primary").focus()
    await page.keyboard.press("Space")
    await expect(part(page, "number")).to_have_text(ticket["number"])
    await expect(part(page, "primary")).to_be_focused()
    await page.locator("#desk [data-verb=miss]").focus()
    await page.keyboard.press("Enter")
    await expect(part(page, "missed")).to_contain_text(ticket["number"])


async def test_two_desks_never_show_the_same_number(hall: Hall) -> None:
    """Two officers press at once: two numbers, one each."""
    await hall.issue()
    await hall.issue()
    one, two = await hall.desk(SON, 1), await hall.desk(DUNG, 2)
    await asyncio.gather(part(one, "primary").click(), part(two, "primary").click())
    for page in (one, two):
        await expect(part(page, "primary")).to_contain_text("Bắt đầu")
    assert await part(one, "number").inner_text() != await part(two, "number").inner_text()


async def test_an_appointment_of_the_longest_name_takes_two_lines(hall: Hall) -> None:
    """A procedure's name may have 900 signs: the coming appointments stay a list, its whole name under the pointer."""
    name = " ".join(["Thủ tục chấp thuận vị trí đấu nối tạm"] * 24)
    await hall.load("procedures.csv", ["code,office,name_vi,line,minutes", f"9.013962,{hall.office},{name},A,5"])
    shift = f"{hall.office},{SON},1,1-7,00:00,24:00"
    await hall.load("shifts.csv", ["office,username,counter,weekdays,starts,ends", shift])
    await hall.set(online_filers_only="false", bookable_share="1")
    client = hall.client()
    slots = (await client.get(f"/api/offices/{hall.office}/slots", params={"procedure": "9.013962"})).json()
    body = {
        "office": hall.office, "procedures": ["9.013962"], "start": slots[0]["start"], "purpose": "submit",
        "citizen": {"name": "Lê Thị Hoa", "phone": "0912000001"}, "language": "vi",
    }  # fmt: skip
    held = (await client.post("/api/appointments", json=body)).json()
    token = {"Authorization": f"Bearer {held['manageToken']}"}
    await client.post(f"/api/appointments/{held['reference']}/confirm", headers=token)
    page = await hall.desk()
    row = part(page, "appointments-group").locator("li")
    await expect(row).to_have_count(1)
    box = await row.bounding_box()
    assert box is not None
    assert box["height"] < 90
    await expect(row.locator(".line-short")).to_have_attribute("title", name)
    assert await overflow(page) == 0
