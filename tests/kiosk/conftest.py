"""A kiosk in the test's own loop, beside a stand-in server that can be stopped, slowed and made to lie; its screen."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page

from kiosk import link
from kiosk.agent import Agent
from kiosk.app import create_app
from kiosk.client import Server
from kiosk.layout import Slip
from kiosk.outbox import Outbox
from kiosk.printer import Health
from tests.chromium import launched
from tests.kiosk.screen import EARS, PORTRAIT, OpenScreen, on_a_port
from tests.kiosk.stand_ins import TOKEN, LiveServer, Office

PORT = 8701  # of the page's address alone: nothing listens there in these tests


@dataclass
class Recorder:
    """A printer that remembers its slips."""

    health: Health = field(default_factory=lambda: Health("ok", "ok"))
    slips: list[Slip] = field(default_factory=list)

    def print(self, slip: Slip) -> Health:
        if self.health.printer != "problem":
            self.slips.append(slip)
        return self.health

    def status(self) -> Health:
        return self.health


@dataclass
class Kiosk:
    """A running agent with its parts, and its page's way to talk to it."""

    agent: Agent
    outbox: Outbox
    printer: Recorder
    page: httpx.AsyncClient

    async def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Waits, led by the agent's own news, until something about it is true."""
        news = self.agent.watch()
        try:
            async with asyncio.timeout(90):  # it tries less and less often
                while not await true():
                    await news.get()
        finally:
            self.agent.unwatch(news)

    async def until_online(self, online: bool = True) -> None:
        """Waits until the server is there, or gone."""

        async def settled() -> bool:
            return (await self.agent.state()).online is online

        await self.until(settled)

    async def until_handed_in(self) -> None:
        """Waits until no offline ticket is left."""

        async def none_left() -> bool:
            return (await self.agent.state()).queued == 0

        await self.until(none_left)

    async def touch(self, line: str = "H", key: str | None = None, **more: object) -> httpx.Response:
        """One touch of a line's button."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self.page.post("/api/tickets", json={"line": line, **more}, headers=headers)


StartKiosk = Callable[..., Awaitable[Kiosk]]


@asynccontextmanager
async def running_kiosk(url: str, folder: Path, patience: float, token: str) -> AsyncIterator[Kiosk]:
    """A kiosk at that server with its memory in that folder."""
    outbox = Outbox(folder / "outbox.sqlite3")
    printer = Recorder()
    agent = Agent(Server(url, token, patience), outbox, printer)
    transport = httpx.ASGITransport(app=create_app(agent, PORT))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{PORT}") as page, agent.running():
        yield Kiosk(agent, outbox, printer, page)
    outbox.close()


@pytest.fixture
async def server() -> AsyncIterator[LiveServer]:
    """The stand-in server."""
    running = LiveServer(Office())
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def start_kiosk(server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StartKiosk]:
    """`await start_kiosk()`: a kiosk at the stand-in server; online says whether to wait for it to be so."""
    monkeypatch.setattr(link, "backoff", lambda tries, chance: 0.02)
    async with AsyncExitStack() as stack:

        async def start(*, patience: float = 3.0, token: str = TOKEN, online: bool = True) -> Kiosk:
            kiosk = await stack.enter_async_context(running_kiosk(server.url, tmp_path, patience, token))
            if online:
                await kiosk.until_online()
                await server.office.until(lambda: bool(server.office.feeds))
            return kiosk

        yield start


@pytest.fixture
async def kiosk(start_kiosk: StartKiosk) -> Kiosk:
    """A kiosk that has found its server."""
    return await start_kiosk()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with launched() as browser:
        yield browser


@pytest.fixture
async def open_screen(kiosk: Kiosk, browser: Browser) -> AsyncIterator[OpenScreen]:
    """`await open_screen(size)`: the kiosk's screen. A word on the console that was not expected fails the test."""
    said: list[str] = []
    async with on_a_port(kiosk.agent) as address:

        async def opened(size: tuple[int, int] = PORTRAIT, query: str = "", *, clock: bool = False) -> Page:
            page = await browser.new_page(viewport={"width": size[0], "height": size[1]}, has_touch=True)
            page.set_default_timeout(20_000)
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            if clock:
                await page.clock.install()
                await page.add_init_script(EARS)
            await page.goto(f"{address}/{query}")
            await page.locator(".line").first.wait_for()
            return page

        yield opened
        await browser.close()
    # the browser itself reports refusals (4xx, 503) on the console; everything else is a fault
    assert [word for word in said if "Failed to load resource" not in word] == []
