"""The office's calendar in a real browser: the whole work by keyboard and by pointer, live, on paper, in both languages."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.hall import DUNG, HUONG, LAN, SON, Desk, Hall, complaints, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

COPY, BIRTH = "2.000815", "1.001193"


async def tomorrow(hall: Hall) -> date:
    """A day on which every time is still to come."""
    return datetime.now(await hall.zone()).date() + timedelta(days=1)


async def at(hall: Hall, hour: int, minute: int = 0) -> str:
    """That time tomorrow, as it is sent."""
    return datetime.combine(await tomorrow(hall), time(hour, minute), await hall.zone()).isoformat()


async def with_shifts(hall: Hall, **settings: object) -> None:
    """Sơn and Dung work from eight to twelve and from half past one to five; nobody else does."""
    rows = [
        f"{hall.office},{name},{counter},1-7,{begins},{ends}"
        for counter, name in ((1, SON), (2, DUNG))
        for begins, ends in (("08:00", "12:00"), ("13:30", "17:00"))
    ]
    await hall.load("shifts.csv", ["office,username,counter,weekdays,starts,ends", *rows])
    await hall.set(online_filers_only="false", **settings)


async def booked(desk: Desk, start: str, phone: str = "0912345678", **more: object) -> dict[str, Any]:
    """A booking made for somebody, without a page."""
    citizen = {"name": "Nguyễn Thị Hoà", "phone": phone}
    body = {"procedures": [COPY], "start": start, "citizen": citizen, **more}
    return dict(await desk.do("POST", "/api/calendar/appointments", body))


async def calendar(hall: Hall, username: str = LAN, query: str = "", **more: Any) -> Page:
    """The calendar, tomorrow's day, signed in."""
    page = await hall.staff(f"/calendar?day={await tomorrow(hall)}{query}", username, **more)
    await expect(page.locator("#rows tr").first).to_be_visible()
    return page


def booking(page: Page, name: str = "Nguyễn Thị Hoà") -> Locator:
    """A booking in the grid."""
    return page.locator(".calendar-booking", has_text=name)


async def test_the_whole_work_by_keyboard(hall: Hall) -> None:
    """Book for a caller, move, and call off with a reason, without a pointer; the focus is never lost."""
    await with_shifts(hall)
    page = await calendar(hall)
    await page.keyboard.press("n")
    await expect(page.locator("#search")).to_be_focused()
    await page.keyboard.type("chung thuc")
    await expect(page.get_by_role("option", name="Chứng thực bản sao")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator("#purpose")).to_be_focused()
    for _ in range(3):  # with whom, and on which day's three parts
        await page.keyboard.press("Tab")
    await page.locator(".calendar-time input").first.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowDown")
    await page.locator("#name").focus()
    await page.keyboard.type("Trần Văn Bình")
    await page.keyboard.press("Tab")
    await page.keyboard.type("0987654321")
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel-title")).to_contain_text("08:15–08:30")
    await expect(page.locator("#panel-title")).to_be_focused()
    await expect(page.locator("#news")).to_contain_text("Đã đặt hẹn 08:15")
    await page.keyboard.press("Escape")
    await expect(page.locator("#panel")).to_be_hidden()
    await expect(booking(page, "Trần Văn Bình")).to_have_count(1)
    await booking(page, "Trần Văn Bình").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel")).to_contain_text("0987 654 321")
    await page.get_by_role("button", name="Đổi giờ").press("Enter")
    await page.locator(".calendar-time input", has=page.locator(":scope")).last.focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel-title")).to_contain_text("16:45–17:00")
    await page.get_by_role("button", name="Hủy hẹn").press("Enter")
    await page.get_by_label("Cán bộ vắng mặt").focus()
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="Hủy lịch hẹn này").press("Enter")
    await expect(page.locator("#panel")).to_contain_text("Cán bộ vắng mặt")
    await page.keyboard.press("Escape")
    await expect(booking(page, "Trần Văn Bình")).to_have_count(0)
    await page.locator("#cancelled").check()
    await expect(booking(page, "Trần Văn Bình")).to_have_attribute("data-state", "cancelled")
