"""The citizen's site for a browser test: served by a process of its own, looked at by a phone, walked to a booking."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page

from tests.browser.hall import complaints, overflow
from tests.chromium import launched
from tests.programs import program

REFUSED = "Failed to load resource"  # the browser's own words for a page that came with a 4xx
BIRTH = "1.001193"
MOST_BYTES = 100_000
"""What a phone loads the first time."""


@dataclass
class Site:
    """The real offices, served by a process of its own, and a browser. Nothing may be said on a page's console."""

    address: str
    browser: Browser
    said: list[str] = field(default_factory=list)

    async def page(self, path: str, **more: Any) -> Page:
        """A phone of its own."""
        context = await self.browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN", **more)
        page = await context.new_page()
        page.on("console", lambda message: message.text.startswith(REFUSED) or self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        await page.goto(self.address + path)
        return page


@asynccontextmanager
async def site_on(database: str, *flags: str, port: int = 0, **environment: str) -> AsyncIterator[Site]:
    """What stands in that database, served; `flags` are the browser's, `environment` the server's."""
    serve = ("serve", "--port", str(port), "--database", database)
    async with program("server.cli", *serve, **environment) as address, launched(*flags) as browser:
        site = Site(address, browser)
        yield site
    assert site.said == []


async def to_the_times(page: Page, dossier: str = "h26.10 - 261121 - 0042") -> None:
    """From the page of a procedure to its free times."""
    await page.locator("#filed-yes").check()
    await page.locator("#dossier_number").fill(dossier)
    await page.locator("main .button-primary").click()
    await page.wait_for_url("**/when?**")


async def to_a_held_time(page: Page) -> None:
    """A time of tomorrow, of which nothing can be over."""
    await page.locator("a.day").nth(1).click()
    await page.locator("button.time").nth(2).click()
    await page.wait_for_url("**/who")


async def to_a_booking(page: Page, phone: str = "0912 345 678") -> str:
    """Say who comes; returns the booking's address."""
    await page.locator("#name").fill("Nguyễn Thị Hoà")
    await page.locator("#phone").fill(phone)
    await page.locator("main .button-primary").click()
    await page.locator(".pass").wait_for()
    return page.url


async def is_well_made(page: Page) -> None:
    """No wider than the phone, and nothing for axe to complain about."""
    assert await overflow(page) <= 0
    assert await complaints(page) == []
