"""`python -m tests.screens`: takes the pictures of README and docs from the running programs, into docs/images.

A small morning is played by HTTP first, so that there is something to see. Needs the Chromium of the browser tests.
"""

import asyncio
import io
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize

from server import clock
from server.queue.tables import Ticket
from tests.chromium import launched
from tests.databases import opened
from tests.programs import OFFICE, PASSWORD, all_three, open_office, zone_where_it_is

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PHONE, KIOSK, WALL, DESK, TABLET = (390, 844), (1080, 1920), (1920, 1080), (1440, 900), (1024, 768)
COUNTERS = {"dung.bode": 2, "trang.bode": 3, "oanh.bode": 4, "nhi.bode": 5, "binh.bode": 6}
MORNING = "AHTALSHAKTHALASTHAKHLAATSGH"
"""The lines that people have come for, in order; the first of them have been served when the pictures are taken."""
SERVED = 9
FACES = (3, 3, 2, 3, 2, 3, 1)


class Morning:
    """People and officers, by HTTP."""

    def __init__(self, address: str, kiosk: str) -> None:
        self.address = address
        self.kiosk = httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {kiosk}"}, timeout=30)
        self.desks: dict[str, httpx.AsyncClient] = {}

    async def do(self, client: httpx.AsyncClient, method: str, path: str, body: object = None) -> Any:
        """A command that must go well."""
        answer = await client.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def play(self) -> None:
        """Some have been served and say how it went, every counter but the first has somebody, the others wait."""
        links = {}
        for line in MORNING:
            ticket = await self.do(self.kiosk, "POST", "/api/kiosk/tickets", {"line": line})
            links[ticket["id"]] = ticket["followToken"]
        for name, counter in COUNTERS.items():
            self.desks[name] = httpx.AsyncClient(base_url=self.address, timeout=30)
            await self.do(self.desks[name], "POST", "/api/session", {"username": name, "password": PASSWORD})
            await self.do(self.desks[name], "PUT", "/api/desk", {"counter": counter})
        faces = list(FACES)
        for turn in range(SERVED):
            desk = list(self.desks.values())[turn % len(self.desks)]
            ticket = await self.call(desk)
            await self.do(desk, "POST", f"/api/desk/tickets/{ticket['id']}/finish", {})
            if faces:
                body = {"level": faces.pop()}
                await self.do(self.kiosk, "POST", f"/api/tickets/{links[ticket['id']]}/rating", body)
        for desk in self.desks.values():
            await self.call(desk)

    async def call(self, desk: httpx.AsyncClient) -> Any:
        """The next one comes and sits down."""
        ticket = await self.do(desk, "POST", "/api/desk/next")
        await self.do(desk, "POST", f"/api/desk/tickets/{ticket['id']}/start")
        return ticket

    async def close(self) -> None:
        for client in (self.kiosk, *self.desks.values()):
            await client.aclose()


async def as_if_they_had_waited(url: str) -> None:
    """Move arrivals back in the tables, as if somebody had come every other minute; the journal stays as it is."""
    async with opened(url):
        tickets = await Ticket.select(Ticket.id, Ticket.state).order_by(Ticket.issued_seq)
        now = clock.now()
        for place, ticket in enumerate(reversed(tickets)):
            came = now - timedelta(seconds=110 * place)
            moved: dict[Any, object] = {Ticket.issued_at: came, Ticket.virtual_at: came}
            if ticket["state"] == "serving":
                moved |= {Ticket.called_at: now - timedelta(minutes=3), Ticket.started_at: now - timedelta(minutes=2)}
            await Ticket.update(moved).where(Ticket.id == ticket["id"])


class Camera:
    """Pages, and their pictures: small enough for a README, sharp enough to read."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    async def open(self, address: str, size: tuple[int, int]) -> Page:
        """A page in Vietnamese; a phone's is taken at twice its size, as phones have it."""
        viewport: ViewportSize = {"width": size[0], "height": size[1]}
        scale = 2 if size == PHONE else 1
        context = await self.browser.new_context(viewport=viewport, device_scale_factor=scale, locale="vi-VN")
        page = await context.new_page()
        await page.goto(address)
        return page

    async def take(self, page: Page, name: str, width: int) -> None:
        """Save what the window shows, once nothing moves any more, that many pixels wide."""
        await page.evaluate("Promise.allSettled(document.getAnimations().map((moving) => moving.finished))")
        await page.evaluate("document.fonts.ready")
        with Image.open(io.BytesIO(await page.screenshot())) as picture:
            height = round(picture.height * width / picture.width)
            small = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
            small.save(IMAGES / f"{name}.webp", quality=86, method=6)


async def citizen(camera: Camera, site: str) -> None:
    """The first page, and the booking."""
    page = await camera.open(site, PHONE)
    await page.get_by_role("link", name="Phường Bồ Đề").click()
    await page.get_by_role("searchbox").fill("khai sinh")
    await page.get_by_role("searchbox").press("Enter")
    await page.locator("#results .pick").first.click()
    await page.locator(".facts").wait_for()
    await camera.take(page, "citizen", 390)
    await page.locator("#filed-yes").check()
    await page.locator("#dossier_number").fill("H26.10-261121-0042")
    await page.locator("main .button-primary").click()
    await page.locator(".soonest").click()
    await page.locator("#name").fill("Nguyễn Thị Bích Hoà")
    await page.locator("#phone").fill("0912 345 678")
    await page.locator("main .button-primary").click()
    await page.locator(".pass").wait_for()
    await camera.take(page, "booking", 390)


async def hall(camera: Camera, addresses: dict[str, str], folder: Path, tablet_code: str) -> None:
    """Kiosk, paper and phone, then a call: desk, wall and tablet."""
    kiosk = await camera.open(addresses["kiosk"], KIOSK)
    await kiosk.locator(".line .line-wait small").first.wait_for()
    await camera.take(kiosk, "kiosk", 540)
    await kiosk.locator(".line[data-line=A]").click()
    await kiosk.locator(".issued-number").wait_for()
    await kiosk.locator(".issued .notice-good").wait_for()
    (slip,) = sorted((folder / "paper").glob("*.png"))
    with Image.open(slip) as paper:
        paper.convert("1").save(IMAGES / "paper.png", optimize=True)

    wall = await camera.open(addresses["display"], WALL)
    await wall.locator("#unlock").click()
    await wall.locator("#lines li strong").first.wait_for()
    desk = await camera.open(f"{addresses['server']}/desk", DESK)
    await desk.locator("#username").fill("son.bode")
    await desk.locator("#password").fill(PASSWORD)
    await desk.locator("#password").press("Enter")
    await desk.locator("#seats-list button", has_text="Quầy 1").click()
    await desk.locator("#desk [data-part=primary]").click()
    number = await desk.locator("#desk [data-part=number].number").inner_text()
    await wall.locator(".wall-number", has_text=number).wait_for()
    await camera.take(wall, "wall", 960)
    tablet = await camera.open(f"{addresses['server']}/tablet", TABLET)
    await tablet.locator("#token").fill(tablet_code)
    await tablet.locator("#token").press("Enter")
    await tablet.locator("#counter").wait_for()
    await desk.get_by_text("Bắt đầu", exact=True).first.click()
    await desk.get_by_text("Xong, gọi số tiếp").first.wait_for()
    await desk.locator("#desk [data-part=undo]").wait_for(state="hidden")
    await desk.mouse.move(0, 0)
    await camera.take(desk, "desk", 1120)
    await desk.locator("#desk [data-part=beside]").click()
    await tablet.locator("#question").wait_for()
    await camera.take(tablet, "tablet", 640)


async def head(camera: Camera, site: str) -> None:
    """The head's page."""
    page = await camera.open(f"{site}/office", DESK)
    await page.locator("#username").fill("huong.bode")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#password").press("Enter")
    await page.locator("#sentence:not(:empty)").wait_for()
    await page.locator("#lines tr").first.wait_for()
    await camera.take(page, "head", 1120)


async def phone(camera: Camera, morning: Morning) -> None:
    """Somebody's own ticket."""
    ticket = await morning.do(morning.kiosk, "POST", "/api/kiosk/tickets", {"line": "H"})
    page = await camera.open(f"{morning.address}/t/{ticket['followToken']}", PHONE)
    await page.locator("#follow[data-live=true]").wait_for()
    await camera.take(page, "ticket", 390)


async def main() -> None:
    """Start everything, look, end everything."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screens") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'hall.db'}"
        tokens = await open_office(url, folder, {"offices": [{"code": OFFICE, "timezone": zone_where_it_is(9)}]})
        async with all_three(folder, url, tokens) as addresses, launched() as browser:
            site = addresses["server"]
            camera, morning = Camera(browser), Morning(site, tokens["kiosk"])
            await morning.play()
            await as_if_they_had_waited(url)
            await citizen(camera, site)
            await phone(camera, morning)
            await hall(camera, addresses, folder, tokens["tablet"])
            await head(camera, site)
            await morning.close()
    for image in sorted(IMAGES.iterdir()):
        print(f"{image.stat().st_size / 1024:5.0f} KiB  docs/images/{image.name}")


if __name__ == "__main__":
    asyncio.run(main())
