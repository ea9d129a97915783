"""An office for a browser test: the people and machines in it, by HTTP, and the pages they look at."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page

PASSWORD = "mot-cua-thu"
SON, DUNG = "son", "dung"  # officers; Sơn serves A, Dung A and H
LAN, HUONG = "lan", "huong"  # at reception; the head
TABLET_COUNTER = 1
QUIET = ("Failed to load resource", "WebSocket connection to")  # the browser's own words for a refusal or a lost server


@dataclass
class Server:
    """The server process. `stop` and `start` pull its plug and put it back at the same address."""

    command: Sequence[str]
    database: str
    environment: Mapping[str, str]
    tokens: list[dict[str, str]]
    address: str = ""
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Run it; returns once it answers."""
        port = self.address.rpartition(":")[2] or "0"
        self.process = await asyncio.create_subprocess_exec(
            *self.command, "serve", "--port", port, "--database", self.database, env=self.environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout
        line = (await self.process.stdout.readline()).decode()
        assert "ready at" in line, line
        self.address = line.strip().rpartition(" ")[2]

    async def stop(self) -> None:
        """End it."""
        if self.process:
            self.process.terminate()
            await self.process.communicate()
            self.process = None


def write(folder: str, name: str, lines: Sequence[str]) -> None:
    """A file of a pack."""
    Path(folder, name).write_text("\n".join(lines), encoding="utf-8")


@dataclass
class Desk:
    """An officer's session by HTTP."""

    client: httpx.AsyncClient

    async def do(self, method: str, path: str, body: object = None) -> Any:
        """A command; answers its body, or None on 204."""
        answer = await self.client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def next(self) -> dict[str, Any]:
        return dict(await self.do("POST", "/api/desk/next"))

    async def verb(self, ticket: dict[str, Any], verb: str, body: object = None) -> Any:
        return await self.do("POST", f"/api/desk/tickets/{ticket['id']}/{verb}", body)


@dataclass
class Hall:
    """One office at work."""

    server: Server
    browser: Browser
    office: str
    caller: str  # the address its requests come from
    tokens: dict[str, str]
    said: list[str] = field(default_factory=list)
    clients: list[httpx.AsyncClient] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()
        for context in self.contexts:
            await context.close()
        if self.server.process is None:
            await self.server.start()

    def client(self) -> httpx.AsyncClient:
        made = httpx.AsyncClient(base_url=self.server.address, timeout=30, headers={"X-Forwarded-For": self.caller})
        self.clients.append(made)
        return made

    # --- people and machines ---

    async def issue(self, line: str = "A", **more: object) -> dict[str, Any]:
        """A number from the kiosk."""
        headers = {"Authorization": f"Bearer {self.tokens['kiosk']}"}
        answer = await self.client().post("/api/kiosk/tickets", json={"line": line, **more}, headers=headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def holder(self, ticket: dict[str, Any], verb: str, body: object = None) -> None:
        """What a ticket's holder does on the phone, without a page."""
        answer = await self.client().post(f"/api/tickets/{ticket['followToken']}/{verb}", json=body)
        assert answer.is_success, answer.text

    async def state(self) -> dict[str, Any]:
        """What everybody may see of the office."""
        return dict((await self.client().get(f"/api/offices/{self.office}/board")).json()["state"])

    async def waiting(self) -> dict[str, int]:
        """How many wait in each line."""
        return {line["code"]: line["waiting"] for line in (await self.state())["lines"]}

    async def officer(self, username: str = DUNG, counter: int | None = 2) -> Desk:
        """An officer at a counter, or at none, without a page."""
        desk = Desk(self.client())
        await desk.do("POST", "/api/session", {"username": f"{username}@{self.office}", "password": PASSWORD})
        if counter is not None:
            await desk.do("PUT", "/api/desk", {"counter": counter})
        return desk

    # --- pages ---

    async def context(self, width: int = 1440, height: int = 900, **more: Any) -> BrowserContext:
        """A browser of its own, with its own cookies, in Vietnamese."""
        headers = {"X-Forwarded-For": self.caller}
        size = {"width": width, "height": height}
        made = await self.browser.new_context(viewport=size, locale="vi-VN", extra_http_headers=headers, **more)  # type: ignore[arg-type]
        self.contexts.append(made)
        return made

    async def page(self, path: str, context: BrowserContext | None = None, **more: Any) -> Page:
        """A page. What it says on the console fails the test, except that something could not be reached."""
        page = await (context or await self.context(**more)).new_page()
        page.on("console", lambda message: message.text.startswith(QUIET) or self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        await page.goto(self.server.address + path)
        return page

    async def sign_in(self, page: Page, username: str = SON, password: str = PASSWORD) -> None:
        """Fill the form in and send it."""
        await page.locator("#username").fill(f"{username}@{self.office}")
        await page.locator("#password").fill(password)
        await page.locator("#sign-in button").click()

    async def staff(self, path: str, username: str, **more: Any) -> Page:
        """Reception's or the head's page, signed in."""
        page = await self.page(path, **more)
        await self.sign_in(page, username)
        await page.locator("#desk").wait_for()
        return page

    async def zone(self) -> ZoneInfo:
        """The office's time zone."""
        return ZoneInfo((await self.client().get(f"/api/offices/{self.office}")).json()["timeZone"])

    async def set(self, **settings: object) -> None:
        """Change settings of the office, as an administrator does."""
        rows = [f"{self.office},{key},{value}" for key, value in settings.items()]
        await self.load("settings.csv", ["office,key,value", *rows])

    async def add_line(self, code: str, kind: str, name: str) -> None:
        """Open a further line."""
        row = f'{self.office},{code},{kind},"{name}","{name}",3,0.5'
        await self.load("lines.csv", ["office,code,kind,name_vi,name_en,expected_minutes,spread", row])

    async def load(self, name: str, lines: Sequence[str]) -> None:
        """Load a file of a pack into the running office."""
        with TemporaryDirectory() as folder:
            write(folder, name, lines)
            loading = await asyncio.create_subprocess_exec(
                *self.server.command, "load", folder, "--database", self.server.database,
                stdout=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            assert await loading.wait() == 0

    async def desk(self, username: str = SON, counter: int = 1, **more: Any) -> Page:
        """The desk's page with an officer at a counter."""
        page = await self.page("/desk", **more)
        await self.sign_in(page, username)
        await page.locator("#seats-list button", has_text=f"Quầy {counter}").click()
        await page.locator("#desk").wait_for()
        return page


async def type_with_times(
    page: Page, text: str, *, later: float = 0.0, apart: float = 0.002, after: float | None = None
) -> float:
    """Strokes with times of their own, so many seconds `apart` and beginning so much `later`, sent in one go.

    With the default it is a card scanner. Give "\r" for Enter. `later` is than now, or than `after`, the time of an
    earlier stroke; returns the time of the last one.
    """
    session = await page.context.new_cdp_session(page)
    start = after if after is not None else await page.evaluate("(performance.timeOrigin + performance.now()) / 1000")
    strokes = []
    at = start = start + later
    for place, sign in enumerate(text):
        code = f"Digit{sign}" if sign.isdigit() else f"Key{sign}" if sign.isalpha() else "Enter" if sign == "\r" else ""
        key = {"key": "Enter" if sign == "\r" else sign, "code": code, "windowsVirtualKeyCode": ord(sign)}
        at = start + place * apart
        strokes.append({"type": "keyDown", "text": sign, "timestamp": at, **key})
        strokes.append({"type": "keyUp", "timestamp": at + 0.001, **key})
    await asyncio.gather(*(session.send("Input.dispatchKeyEvent", stroke) for stroke in strokes))
    return float(at)


async def complaints(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is, once nothing moves any more."""
    await page.evaluate("Promise.allSettled(document.getAnimations().map((moving) => moving.finished))")
    results = await Axe().run(page)
    return [f"{found['id']}: {found['nodes'][0]['html']}" for found in results.response["violations"]]


async def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))
