"""The timetable in a real browser: an officer is ill tomorrow, everybody it hits is seen, moved and told."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from server import clock
from tests.browser.hall import DUNG, HUONG, LAN, SON, Hall, complaints, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

COPY, BIRTH = "2.000815", "1.001193"
SHIFTS = "office,username,counter,weekdays,starts,ends"


async def staffed(hall: Hall) -> date:
    """Sơn and Dung work every day; tomorrow is an ordinary day. Nobody needs a dossier number. Answers tomorrow."""
    rows = [f"{hall.office},{name},{counter},1-7,08:00,16:00" for name, counter in ((SON, 1), (DUNG, 2))]
    await hall.load("shifts.csv", [SHIFTS, *rows])
    await hall.set(online_filers_only="false", bookable_share="1", bookings_per_person="9", bookings_per_field="9")
    return clock.day_of(clock.now(), str(await hall.zone())) + timedelta(days=1)


async def book(hall: Hall, day: date, at: str, procedure: str, who: int, officer: str | None = None) -> str:
    """Somebody has booked; answers the reference."""
    client = hall.client()
    citizen = {"name": f"Nguyễn Thị Hoà {who}", "phone": f"0912{who:06}", "email": f"hoa{who}@example.vn"}
    body: dict[str, Any] = {
        "office": hall.office, "procedures": [procedure], "start": f"{day}T{at}:00+07:00", "purpose": "submit",
        "officer": officer, "citizen": citizen, "language": "vi",
    }  # fmt: skip
    held = await client.post("/api/appointments", json=body)
    assert held.status_code == 201, held.text
    token = {"Authorization": f"Bearer {held.json()['manageToken']}"}
    done = await client.post(f"/api/appointments/{held.json()['reference']}/confirm", headers=token)
    assert done.status_code == 200, done.text
    return str(held.json()["reference"])


def stored(hall: Hall, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the running office's database."""
    with closing(sqlite3.connect(hall.server.database.removeprefix("sqlite:///"), timeout=30)) as database:
        return database.execute(query, values).fetchall()


async def away(page: Page, name: str, day: date) -> None:
    """Report an officer away all day, as far as the preview."""
    await page.locator("[data-open=away]").click()
    await page.get_by_label("Cán bộ", exact=True).first.select_option(label=name)
    await page.locator("#away-date").fill(f"{day}")
    await page.locator("#away").get_by_role("button", name="Xem trước ảnh hưởng").click()
    await expect(page.locator("#preview")).to_be_visible()


async def test_ill_tomorrow(hall: Hall) -> None:
    """Seen first, saved for later, always in sight, at the head's page and at reception too; moved in one press."""
    day = await staffed(hall)
    named = await book(hall, day, "09:00", COPY, 1, SON)
    other = await book(hall, day, "10:00", BIRTH, 2)
    second = await book(hall, day, "11:00", COPY, 3, SON)
    page = await hall.staff("/timetable", HUONG)
    await away(page, "Phan Đình Sơn", day)
    await expect(page.locator("#preview-words")).to_have_text("2 lịch hẹn không còn phục vụ được:")
    rows = page.locator("#preview-list li")
    assert [await row.get_attribute("data-reference") for row in await rows.all()] == [named, second]
    await expect(rows.first).to_contain_text("Nguyễn Thị Hoà 1")
    await expect(rows.first).to_contain_text("Giữ nguyên giờ")  # Dung is free then
    assert stored(hall, "SELECT count(*) FROM absence WHERE office = ?", hall.office) == [(0,)]
    assert await complaints(page) == []
    await page.get_by_role("button", name="Lưu, để xử lý sau").click()
    await expect(page.locator("#arrange-title")).to_have_text("Lịch hẹn cần xếp lại (2)")
    await expect(page.locator("#news")).to_have_text("Đã lưu.")

    office = await hall.staff("/office", HUONG)
    await expect(office.locator("#alerts .notice")).to_contain_text("2 lịch hẹn không còn phục vụ được")
    await office.get_by_role("link", name="Xếp lại").click()
    await expect(office.locator("#arrange-list li")).to_have_count(2)
    reception = await hall.staff("/reception", LAN)
    await expect(reception.locator("#stranded-list li")).to_have_count(2)
    await expect(reception.locator("#stranded-list li").first).to_contain_text("Nguyễn Thị Hoà 1 · 0912 000 001")

    assert await complaints(page) == []
    await page.get_by_role("button", name="Chuyển cả 2 lịch hẹn").click()
    await expect(page.locator("#arrange")).to_be_hidden()
    await expect(page.locator("#news")).to_have_text("Đã chuyển 2 lịch hẹn.")
    await expect(office.locator("#arrange")).to_be_hidden()  # the feed told the other page
    seats = dict(stored(hall, "SELECT reference, officer FROM appointment WHERE office = ?", hall.office))
    assert seats == {named: None, other: None, second: None}


@pytest.mark.parametrize(
    ("lang", "scripts", "words"),
    [("vi", True, "Lịch làm việc ở đây vừa thay đổi"), ("en", False, "timetable has just changed")],
)
async def test_a_time_that_goes_while_somebody_types(hall: Hall, lang: str, scripts: bool, words: str) -> None:
    """Said where it would have been booked, with the nearest times; one press holds another; nothing typed is lost."""
    day = await staffed(hall)
    address = f"/book/{hall.office}/when?procedure={COPY}&officer={SON}&day={day}&lang={lang}"
    page = await hall.page(address, width=360, height=640, java_script_enabled=scripts)
    await page.locator("button.time", has_text="09:00").click()
    await page.locator("#name").fill("Nguyễn Thị Hoà")
    await page.locator("#phone").fill("0912 345 678")
    desk = await hall.officer(HUONG, None)
    change = {"kind": "away", "officer": SON, "date": f"{day}", "starts": "08:00", "ends": "10:00"}
    seen = (await desk.do("POST", "/api/timetable/preview", {"change": change}))["seen"]
    await desk.do("PUT", "/api/timetable/changes", {"change": change, "seen": seen, "move": False})
    await page.locator("main .button-primary").click()
    await expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    if scripts:
        assert await complaints(page) == []
        assert await overflow(page) <= 0
    await page.get_by_role("button", name="10:00").click()
    await expect(page.locator("h1")).to_contain_text("10:00")
    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(page.locator("#name")).to_have_value("Nguyễn Thị Hoà")
    await page.locator("main .button-primary").click()
    await expect(page.locator(".pass")).to_contain_text("10:00")


async def test_people_are_told_of_their_new_time(hall: Hall) -> None:
    """With nobody else to serve them they go to another day; whoever no message reaches is listed to be called."""
    day = await staffed(hall)
    booked = await book(hall, day, "09:00", BIRTH, 4)  # Dung alone can
    page = await hall.staff("/timetable", HUONG)
    await away(page, "Đinh Thị Dung", day)
    row = page.locator("#preview-list li")
    await expect(row).to_contain_text("Giờ mới: 08:00")
    await page.get_by_role("button", name="Lưu và chuyển lịch hẹn này").click()
    await expect(page.locator("#news")).to_have_text("Đã lưu và chuyển một lịch hẹn.")
    await expect(page.locator("#arrange")).to_be_hidden()
    # This server sends no messages: it does not claim to have told anybody, but says whom to call.
    await expect(page.locator("#call-list li")).to_contain_text("0912 000 004")
    (start, sequence), *_ = stored(hall, "SELECT starts_at, sequence FROM appointment WHERE reference = ?", booked)
    assert (str(start)[:10], sequence) == (f"{day + timedelta(days=1)}", 1)
    await page.get_by_role("button", name="Đã gọi xong").click()
    await expect(page.locator("#call")).to_be_hidden()


async def test_an_absence_and_a_closed_day_are_taken_back(hall: Hall) -> None:
    """Both are listed with one press to take them back, which goes by the same preview."""
    day = await staffed(hall)
    page = await hall.staff("/timetable", HUONG)
    await expect(page.locator("#absences-none")).to_be_visible()
    await away(page, "Phan Đình Sơn", day)
    await expect(page.locator("#preview-words")).to_have_text("Không có lịch hẹn nào bị ảnh hưởng.")
    await page.locator("#save").click()
    await expect(page.locator("#absences li")).to_contain_text("Phan Đình Sơn")
    await page.locator("#absences").get_by_role("button", name="Bỏ").click()
    await page.locator("#save").click()
    await expect(page.locator("#absences-none")).to_be_visible()
    await page.locator("[data-open=day]").click()
    await page.locator("#day-date").fill(f"{day}")
    await page.locator("#day-nameVi").fill("Nghỉ do bão")
    await page.locator("#day").get_by_role("button", name="Xem trước ảnh hưởng").click()
    await page.locator("#save").click()
    await expect(page.locator("#closures li")).to_contain_text("Đóng cửa · Nghỉ do bão")
    await page.locator("#closures").get_by_role("button", name="Bỏ").click()
    await page.locator("#save").click()
    await expect(page.locator("#closures-none")).to_be_visible()


async def test_what_is_wrong_is_said_beside_its_field(hall: Hall) -> None:
    """Found here or by the server, it stands at the field; by keyboard alone, and Escape goes back to where one was."""
    await staffed(hall)
    page = await hall.staff("/timetable", HUONG)
    await page.locator("[data-open=hours]").focus()
    await page.keyboard.press("Enter")
    await page.locator("#hours").get_by_label("Thứ Hai").fill("sáng và chiều")
    await page.keyboard.press("Enter")
    await expect(page.locator("[id='hours-week.1-error']")).to_contain_text("Xin viết như 08:00–11:30")
    await expect(page.locator("[id='hours-week.1']")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    await expect(page.locator("[data-open=hours]")).to_be_focused()
    await page.locator("[data-open=shift]").click()
    await page.locator("#shift-starts").fill("15:00")
    await page.locator("#shift-ends").fill("18:00")
    await page.locator("#shift-officer").select_option(SON)
    await page.keyboard.press("Enter")
    await page.locator("#shift").get_by_role("button", name="Xem trước ảnh hưởng").click()
    await expect(page.locator("#shift-starts-error")).to_contain_text("Cán bộ đã có ca 08:00–16:00 tại quầy 1")
    assert await complaints(page) == []


async def test_it_fits_a_phone(hall: Hall) -> None:
    """Nothing hangs over the edge, with a form open and the week below; the week itself may be pushed sideways."""
    await staffed(hall)
    page = await hall.staff("/timetable", HUONG, width=390, height=844)
    assert await overflow(page) <= 0
    await page.locator("[data-open=away]").click()
    assert await overflow(page) <= 0
    assert await complaints(page) == []


async def test_it_is_the_heads_alone(hall: Hall) -> None:
    """An officer who opens it is told so at the door."""
    page = await hall.page("/timetable")
    await hall.sign_in(page, SON)
    await expect(page.locator("#sign-in-problem")).not_to_be_empty()
    await expect(page.locator("#desk")).to_be_hidden()
