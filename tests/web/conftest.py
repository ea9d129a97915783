"""A page in Chromium made of given HTML and the shipped files, without a server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, Route

from tests.chromium import launched

WEB = Path(__file__).parents[2] / "server" / "web"
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".ico": "image/x-icon",
}
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture
async def open_page() -> AsyncIterator[OpenPage]:
    """`await open_page(html, width=390)`: that page under the strict policy. A word on the console fails the test."""
    said: list[str] = []
    async with launched() as browser:

        async def opened(html: str, *, width: int = 390) -> Page:
            async def answer(route: Route) -> None:
                path = route.request.url.removeprefix("http://page.test/")
                if path == "":
                    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
                    await route.fulfill(body=html, headers=headers)
                else:
                    file = WEB / path
                    await route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])

            page = await browser.new_page(viewport={"width": width, "height": 844})
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            await page.route("**/*", answer)
            await page.goto("http://page.test/")
            return page

        yield opened
    assert said == []
