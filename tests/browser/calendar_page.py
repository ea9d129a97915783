"""The office's calendar before a test: who is on duty, what is booked, and ways about the page without a pointer."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from playwright.async_api import Locator, Page, expect

from server import clock
from tests.browser.hall import DUNG, LAN, SON, Desk, Hall

COPY = "2.000815"


async def today(hall: Hall) -> date:
    """The office's day."""
    return clock.day_of(clock.now(), str(await hall.zone()))


async def tomorrow(hall: Hall) -> date:
    """A day on which every time is still to come."""
    return await today(hall) + timedelta(days=1)


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


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there, as somebody without a pointer would."""
    for _ in range(20):
        if await page.evaluate("(selector) => document.activeElement.matches(selector)", _plain(selector)):
            text = re.search(r"has-text\('(.+)'\)", selector)
            if not text or text[1] in (await page.evaluate("document.activeElement.textContent")):
                return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never leads to {selector}")


def _plain(selector: str) -> str:
    return selector.partition(":has-text")[0]


async def reach(page: Page, target: Locator) -> None:
    """By arrows alone, from wherever the grid's focus is: along the rows, then along the columns."""
    handle = await target.element_handle()
    assert handle
    await page.locator("#grid [tabindex='0']").focus()
    for arrow in ("Home", *["ArrowLeft"] * 5, *(["ArrowDown"] * 12 + ["Home", "ArrowRight"]) * 4):
        if await handle.evaluate("(element) => element === document.activeElement"):
            return
        await page.keyboard.press(arrow)
    raise AssertionError("arrows never lead there")
