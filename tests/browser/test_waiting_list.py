"""The waiting list in a real browser: from a full day to a time of one's own, by the message's link."""

import re
from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest
from playwright.async_api import Page, expect

from server import clock
from server.booking import service
from server.booking.rules_states import Appointment
from tests.booking.small import COPY, OFFICE, ZONE
from tests.booking.waiting import full_day, open_office, the_day
from tests.browser.site import Site, is_well_made, site_on
from tests.databases import opened
from tests.notify.stand_ins import Gateway
from tests.server.support import until

WORDS = {
    "vi": {
        "full": "Hết chỗ", "join": "Vào danh sách chờ ngày này", "send": "Vào danh sách chờ", "place": "Thứ 1 trong",
        "take": "Nhận giờ này", "booked": "Đã đặt lịch hẹn", "decline": "Không nhận giờ này",
        "waits": "vẫn ở trong danh sách chờ", "leave": "Rời danh sách chờ", "left": "đã rời danh sách chờ",
        "told": "có giờ trống",
    },
    "en": {
        "full": "Full", "join": "Join this day's waiting list", "send": "Join the waiting list", "place": "Number 1 on",
        "take": "Take this time", "booked": "Your appointment is booked", "decline": "Decline this time",
        "waits": "still on the waiting list", "leave": "Leave the waiting list", "left": "You have left",
        "told": "has become free",
    },
}  # fmt: skip


class Waiting(Site):
    """The small office, its day full, and a gateway that takes the messages."""

    date: date
    day: dict[int, Appointment]
    gateway: Gateway

    def codes(self) -> list[str]:
        """The codes sent so far."""
        return [str(sms["values"]["code"]) for sms in self.gateway.sent if sms["template"] == "code"]

    async def given_up(self, hour: int) -> str:
        """Somebody cancels that hour; returns the link in the message that follows."""
        found = self.day[hour]
        before = len(self.gateway.sent)
        async with httpx.AsyncClient(base_url=self.address) as anybody:
            headers = {"Authorization": f"Bearer {await service.manage_token(found)}"}
            answer = await anybody.delete(f"/api/appointments/{found.reference}", headers=headers)
            assert answer.status_code == 204
        await until(lambda: any("offered" in str(sms) for sms in self.gateway.sent[before:]))
        told = next(str(sms) for sms in self.gateway.sent[before:] if "offered" in str(sms))
        link = re.search(r"(/a/\w+\?k=\w+)", told)
        assert link is not None
        return link[1]


@pytest.fixture
async def site(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Waiting]:
    """A server of its own that sends by SMS; the office's settings as the fixture's parameter."""
    async with opened(sqlite_url), Gateway().running() as gateway:
        await open_office(**getattr(request, "param", {}))
        day = {clock.local(start, ZONE).hour: found for start, found in (await full_day()).items()}
        async with site_on(sqlite_url, MOTCUA_SMS_URL=gateway.url, MOTCUA_SMS_TOKEN="thu") as served:
            made = Waiting(served.address, served.browser, served.said)
            made.day, made.date, made.gateway = day, the_day(), gateway
            yield made


async def to_the_list(page: Page, words: dict[str, str]) -> None:
    """From the full day's times onto its list."""
    await page.get_by_role("link", name=words["join"]).click()
    await is_well_made(page)
    await page.locator("#name").fill("Nguyễn Thị Hoà")
    await page.locator("#phone").fill("0912 345 678")
    await page.get_by_role("button", name=words["send"]).click()
    await page.wait_for_url("**/w/*")
    await expect(page.locator("main")).to_contain_text(words["place"])


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_from_a_full_day_to_a_time(site: Waiting, lang: str, scripts: bool) -> None:
    """Choose the full day, join, follow the message's link, decline, follow the next, take it by one press; in both
    languages, with scripts and without, well made on a phone."""
    words, day = WORDS[lang], site.date
    page = await site.page(f"/book/{OFFICE}/when?procedure={COPY}&lang={lang}", java_script_enabled=scripts)
    await page.locator("a.day", has_text=f"{day:%d/%m}").click()
    await expect(page.locator("a.day[aria-current]")).to_contain_text(f"{day:%d/%m}")
    if scripts:
        await is_well_made(page)
        await to_the_list(page, words)
        await is_well_made(page)
    else:
        await page.get_by_role("link", name=words["join"]).click()
        await page.locator("#name").fill("Nguyễn Thị Hoà")
        await page.locator("#phone").fill("0912 345 678")
        await page.get_by_role("button", name=words["send"]).click()
        await expect(page.locator("main")).to_contain_text(words["place"])
    entry = page.url

    await page.goto(site.address + await site.given_up(10))
    assert words["told"] in str(site.gateway.sent)
    await expect(page.locator("h1")).to_contain_text("10:00")
    assert "?k=" not in page.url
    if scripts:
        await is_well_made(page)
    await page.get_by_role("button", name=words["decline"]).click()
    await expect(page.locator("main")).to_contain_text(words["waits"])
    assert page.url.partition("?")[0] == entry

    await page.goto(site.address + await site.given_up(11))
    await page.get_by_role("button", name=words["take"], exact=True).press("Enter")
    await expect(page.locator(".pass")).to_contain_text(words["booked"])
    await expect(page.locator(".pass-time")).to_have_text("11:00")


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("site", [{"challenge": "always", "hotline": "024 3827 0000"}], indirect=True)
async def test_without_scripts_a_code_stands_for_the_check(site: Waiting, lang: str) -> None:
    """Where every stranger is checked, a browser without scripts is sent a code: a wrong one is said beside its field,
    nothing typed is lost, and the right one joins the list."""
    words = WORDS[lang]
    address = f"/book/{OFFICE}/when?procedure={COPY}&lang={lang}&day={site.date}"
    page = await site.page(address, java_script_enabled=False)
    await page.get_by_role("link", name=words["join"]).click()
    await page.locator("#name").fill("Nguyễn Thị Hoà")
    await page.locator("#phone").fill("0912 345 678")
    await page.locator("#phone").press("Enter")
    await expect(page.locator("#code")).to_be_visible()
    await expect(page.locator("main")).to_contain_text(words["send"])
    await expect(page.locator("#name")).to_have_value("Nguyễn Thị Hoà")
    await until(lambda: bool(site.codes()))
    (code,) = site.codes()
    await page.locator("#code").fill(f"{(int(code) + 1) % 10**6:06}")
    await page.locator("#code").press("Enter")
    await expect(page.locator("#code-error")).not_to_be_empty()
    await page.locator("#code").fill(code)
    await page.get_by_role("button", name=words["send"], exact=True).click()
    await expect(page.locator("main")).to_contain_text(words["place"])
    assert "/w/" in page.url


@pytest.mark.parametrize("site", [{"challenge": "always", "challenge_difficulty": "1000"}], indirect=True)
async def test_a_browser_with_scripts_does_the_check_itself(site: Waiting) -> None:
    """There is nothing to do for anybody, and no code is sent."""
    page = await site.page(f"/book/{OFFICE}/when?procedure={COPY}&day={site.date}")
    await to_the_list(page, WORDS["vi"])
    assert site.codes() == []


async def test_one_press_leaves_the_list(site: Waiting) -> None:
    """Whoever leaves is off the list; the page says so, and leads on to other days."""
    words = WORDS["vi"]
    page = await site.page(f"/book/{OFFICE}/when?procedure={COPY}&day={site.date.isoformat()}")
    await to_the_list(page, words)
    await page.get_by_role("button", name=words["leave"]).click()
    await expect(page.locator("main")).to_contain_text(words["left"])
    await is_well_made(page)
