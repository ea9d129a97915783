"""Reception in a real browser against the real server: numbers, cards, check-ins, lost papers, and who comes back."""

import re
import sqlite3
from datetime import datetime

import pytest
from playwright.async_api import Locator, Page, expect

from server import clock
from tests.browser.hall import DUNG, HUONG, LAN, SON, Hall, complaints, overflow, type_with_times

pytestmark = pytest.mark.asyncio(loop_scope="session")


def line(page: Page, name: str) -> Locator:
    """The button that gives a number of a line."""
    return page.locator("#lines button", has_text=name)


def row(page: Page, name: str, label: str) -> Locator:
    """The row of a ticket in one of the lists."""
    return page.locator(f"#{name} li", has=page.get_by_text(label, exact=True))


def booked(hall: Hall, reference: str, phone: str = "+84912345678") -> None:
    """An appointment for now, written down: what booking asks is tested elsewhere."""
    now = clock.now().isoformat(sep=" ", timespec="milliseconds")
    values = {
        "reference": reference, "office": hall.office, "starts_at": now, "ends_at": now, "line": "A",
        "procedures": "2.000815", "purpose": "submit", "state": "confirmed", "created_at": now, "sequence": 0,
        "manage_no": 0, "language": "vi", "phone": phone, "tries": 0,
    }  # fmt: skip
    with sqlite3.connect(hall.server.database.removeprefix("sqlite:///"), timeout=10) as database:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        database.execute(f"INSERT INTO appointment ({names}) VALUES ({marks})", [*values.values()])
    database.close()


async def code_given(page: Page) -> str:
    """The look-up code that was told last, as it stands in a link."""
    told = await page.locator("#given").inner_text()
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", told)
    assert found, told
    return found[0].replace("-", "")


async def test_one_press_gives_a_number(hall: Hall) -> None:
    """The number is told large with its line, how many are ahead and its code, and stands first in the list."""
    await hall.issue("H")
    page = await hall.staff("/reception", LAN)
    await line(page, "Hộ tịch").click()
    given = page.locator("#given")
    await expect(given.locator(".number")).to_have_text("H002")
    await expect(given).to_contain_text("Hộ tịch")
    await expect(given).to_contain_text("Trước còn 1 người")
    await expect(page.locator("#latest li").first).to_contain_text("H002")
    await expect(line(page, "Hộ tịch")).to_contain_text("2 người chờ")
    answer = await hall.client().get(f"/api/tickets/{await code_given(page)}")
    assert answer.json()["number"] == "H002"


async def test_a_card_and_a_priority_group(hall: Hall) -> None:
    """A card's number is the name of the ticket; the group counts once, and the list says so."""
    page = await hall.staff("/reception", LAN)
    await page.locator("#card").fill("17")
    await page.locator("#group").select_option(label="Người từ đủ 75 tuổi")
    await line(page, "Chứng thực").click()
    await expect(page.locator("#given .number")).to_have_text("17")
    await expect(row(page, "latest", "17")).to_contain_text("Ưu tiên")
    await expect(page.locator("#card")).to_have_value("")
    await expect(page.locator("#group")).to_have_value("")
    await line(page, "Chứng thực").click()
    await expect(page.locator("#given .number")).to_have_text("A002")
    await expect(row(page, "latest", "A002")).not_to_contain_text("Ưu tiên")
    await page.locator("#card").fill("17")
    await line(page, "Hộ tịch").click()
    await expect(page.locator("#trouble")).to_contain_text("Thẻ 17 đang ở ngoài")
    await expect(page.locator("#card")).to_have_value("17")


async def test_a_question_is_one_press(hall: Hall) -> None:
    """Chỉ hỏi stands among the lines and gives a number of the guidance line."""
    await hall.add_line("G", "guidance", "Hỏi, nhờ hướng dẫn")
    page = await hall.staff("/reception", LAN)
    await page.get_by_role("button", name="Chỉ hỏi").click()
    await expect(page.locator("#given .number")).to_have_text("G001")
    assert (await hall.waiting())["G"] == 1


async def test_cards_come_back_or_are_lost(hall: Hall) -> None:
    """One that is in use is not taken back, in words; afterwards it is, and a lost one can still turn up."""
    page = await hall.staff("/reception", LAN)
    for label in ("17", "18"):
        await page.locator("#card").fill(label)
        await line(page, "Chứng thực").click()
        await expect(page.locator("#given .number")).to_have_text(label)
    await row(page, "cards", "17").get_by_role("button", name="Nhận lại").click()
    await expect(page.locator("#trouble")).to_contain_text("Chưa nhận lại thẻ 17 được")
    await row(page, "latest", "17").get_by_role("button", name="Trả số").click()
    await expect(page.locator("#news")).to_have_text("Đã trả số 17")
    await expect(page.locator("#trouble")).to_be_empty()
    await row(page, "cards", "17").get_by_role("button", name="Nhận lại").click()
    await expect(row(page, "cards", "17")).to_have_count(0)
    await row(page, "cards", "18").get_by_role("button", name="Mất thẻ").click()
    await expect(row(page, "cards", "18")).to_contain_text("đã báo mất")
    await row(page, "cards", "18").get_by_role("button", name="Nhận lại").click()
    await expect(page.locator("#cards-none")).to_be_visible()


async def test_a_scanner_checks_in_from_anywhere(hall: Hall) -> None:
    """Typed by a scanner while another field or a button has the focus: checked in, and nothing left behind there."""
    booked(hall, "K7QF3M2P9XWD")
    booked(hall, "M2P9XWDK7QF3", phone="+84912345679")
    page = await hall.staff("/reception", LAN)
    await page.locator("#card").fill("2")
    await type_with_times(page, "K7QF3M2P9XWD\r", later=1)
    await expect(page.locator("#given .number")).to_have_text("A001")
    await expect(page.locator("#card")).to_have_value("2")
    await expect(page.locator("#shown")).to_have_value("")
    await line(page, "Hộ tịch").focus()
    await type_with_times(page, "M2P9XWDK7QF3\r", later=1)
    await expect(page.locator("#given .number")).to_have_text("A002")
    assert await hall.waiting() == {"A": 2, "H": 0}


async def test_checking_in_by_hand(hall: Hall) -> None:
    """By telephone, in groups; again it is said that this was done, with the same number; an unknown one is refused."""
    booked(hall, "9XWDK7QF3M2P")
    page = await hall.staff("/reception", LAN)
    for _ in range(2):
        await page.locator("#shown").fill("0912 345 678")
        await page.keyboard.press("Enter")
        await expect(page.locator("#given .number")).to_have_text("A001")
    await expect(page.locator("#trouble")).not_to_be_empty()
    await page.locator("#shown").fill("ZZZZ-ZZZZ-ZZZZ")
    await page.keyboard.press("Enter")
    await expect(page.locator("#trouble")).to_contain_text(re.compile("không tìm thấy", re.IGNORECASE))
    assert await hall.waiting() == {"A": 1, "H": 0}


async def test_an_identity_card_is_neither_shown_nor_sent(hall: Hall) -> None:
    """Its QR holds a name and an address: the page says what to scan instead, and forgets it."""
    page = await hall.staff("/reception", LAN)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    await type_with_times(page, "001085012345|123456789|NGUYEN VAN A\r")
    await expect(page.locator("#trouble")).to_contain_text("thẻ căn cước")
    await expect(page.locator("#shown")).to_have_value("")
    assert sent == []


async def test_who_missed_the_call_is_back_with_one_press(hall: Hall) -> None:
    """The list fills by itself as desks miss people; one press, and the number waits again."""
    ticket = await hall.issue()
    page = await hall.staff("/reception", LAN)
    await expect(page.locator("#missed-none")).to_be_visible()
    desk = await hall.officer(SON, 1)
    await desk.verb(await desk.next(), "miss")
    await row(page, "missed", ticket["number"]).get_by_role("button", name="Đã đến").click()
    await expect(page.locator("#news")).to_contain_text("đã vào lại hàng")
    await expect(page.locator("#missed-none")).to_be_visible()
    assert (await hall.waiting())["A"] == 1


async def test_only_the_head_forgives_a_no_show(hall: Hall) -> None:
    """Reception sees who did not come; the head has the button."""
    ticket = await hall.issue()
    desk = await hall.officer(SON, 1)
    await desk.verb(await desk.next(), "no-show")
    page = await hall.staff("/reception", LAN)
    await expect(row(page, "missed", ticket["number"])).to_contain_text("không đến")
    await expect(row(page, "missed", ticket["number"]).get_by_role("button")).to_have_count(0)
    head = await hall.staff("/reception", HUONG)
    await row(head, "missed", ticket["number"]).get_by_role("button", name="Đã đến").click()
    await expect(row(page, "missed", ticket["number"])).to_have_count(0)


async def test_a_lost_paper_is_found_by_line_and_time(hall: Hall) -> None:
    """Mất phiếu lists all of a line since a time; the new code works, and the old link leads nowhere any more."""
    lost = await hall.issue("H")
    for _ in range(11):
        await hall.issue("A")
    page = await hall.staff("/reception", LAN)
    await expect(page.locator("#latest li")).to_have_count(10)
    await expect(row(page, "latest", lost["number"])).to_have_count(0)
    await page.locator("#lost-line").select_option("H")
    await expect(page.locator("#latest li")).to_have_count(1)
    issued = datetime.fromisoformat(lost["issuedAt"])
    local = issued.astimezone(await hall.zone())
    await page.locator("#lost-since").fill(f"{local:%H:%M}")
    await expect(page.locator("#latest li")).to_have_count(1)
    await row(page, "latest", lost["number"]).get_by_role("button", name="Cấp lại").click()
    await expect(page.locator("#given .number")).to_have_text(lost["number"])
    fresh = await code_given(page)
    client = hall.client()
    assert (await client.get(f"/api/tickets/{fresh}")).json()["number"] == lost["number"]
    assert (await client.get(f"/api/tickets/{lost['followToken']}")).status_code == 404
    assert (await client.get(f"/t/{lost['followToken']}")).status_code == 404


async def test_a_press_survives_the_news(hall: Hall) -> None:
    """While numbers come in from the kiosk, the button under the pointer, a half-typed card and the focus stay."""
    page = await hall.staff("/reception", LAN)
    await page.locator("#card").fill("2")
    button = await line(page, "Hộ tịch").element_handle()
    assert button
    await button.focus()
    for _ in range(3):
        await hall.issue("H")
    await expect(line(page, "Hộ tịch")).to_contain_text("3 người chờ")
    assert await button.evaluate("(button) => button.isConnected && button === document.activeElement")
    await expect(page.locator("#card")).to_have_value("2")


async def test_a_lost_connection_is_told_and_heals(hall: Hall) -> None:
    """With the server gone a press says so in words; when it is back, the words go and the page works."""
    page = await hall.staff("/reception", LAN)
    await expect(page.locator("#health")).to_have_text("Đã kết nối")
    await hall.server.stop()
    await expect(page.locator("#health")).to_contain_text("Mất kết nối", timeout=30_000)
    await hall.server.start()
    await expect(page.locator("#health")).to_have_text("Đã kết nối", timeout=30_000)
    await line(page, "Chứng thực").click()
    await expect(page.locator("#given .number")).to_have_text("A001")
    await expect(page.locator("#trouble")).to_be_empty()


async def test_signing_in_and_out(hall: Hall) -> None:
    """The door is the desk's; signing out leads back to it."""
    page = await hall.staff("/reception", DUNG)
    await page.locator("#sign-out").click()
    await expect(page.locator("#sign-in")).to_be_visible()
    await expect(page.locator("#desk")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720)])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_it_is_accessible_and_fits(hall: Hall, language: str, width: int, height: int) -> None:
    """axe finds nothing, empty and full; nothing is wider than the window; giving is in sight without scrolling."""
    page = await hall.staff(f"/reception?lang={language}", LAN, width=width, height=height)
    assert await complaints(page) == []
    desk = await hall.officer(SON, 1)
    for _ in range(2):
        await hall.issue()
        await desk.verb(await desk.next(), "miss")
    await page.locator("#card").fill("17")
    await page.locator("#lines button").first.click()
    await expect(page.locator("#given .number")).to_have_text("17")
    await expect(page.locator("#missed li")).to_have_count(2)
    await page.locator("#card").fill("17")
    await page.locator("#lines button").first.click()
    await expect(page.locator("#trouble")).not_to_be_empty()
    assert await complaints(page) == []
    assert await overflow(page) <= 0
    given = await page.locator("#given").bounding_box()
    assert given
    assert given["y"] + given["height"] <= height
