"""One office's day on five real screens: the citizen's phone, the kiosk with its paper, desk, wall and tablet.

Nothing is played here: the server and the agents of kiosk and wall run as processes, people act through pages alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zxingcpp
from icalendar import Calendar
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.browser.hall import type_with_times
from tests.programs import OFFICE, PASSWORD, all_three, open_office, zone_where_it_is

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = (390, 844)
DOSSIER = "H26.10-261121-0042"
EXPECTED = (
    "Failed to load resource: the server responded with a status of 401",  # desk and tablet, before anybody signed in
    "The AudioContext was not allowed to start",  # the wall, before anybody touched it
)

SPY = """
window.spoken = 0;
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (at) {
  document.documentElement.dataset.spoken = ++window.spoken;
  return start.call(this, at);
};
"""
"""Counts the clips that the wall hands to the sound card."""


def words(label: str, *, again: bool = False) -> int:
    """Clips of one announcement: chime, and twice the sentence with the label sign by sign; a reminder has one more."""
    return 1 + again + 2 * (1 + len(label) + 1 + 1)


# --- the people and what is before them -------------------------------------------------------------------------------


@dataclass
class Paper:
    """What the printer has put out, in order."""

    folder: Path
    seen: int = 0

    def take(self) -> tuple[str, str]:
        """The next slip: the number in its file name, and the text of the only code on its picture."""
        slips = sorted(self.folder.glob("*.png"))
        assert len(slips) == self.seen + 1, slips
        self.seen += 1
        with Image.open(slips[-1]) as picture:
            assert picture.mode == "1"
            return slips[-1].stem.partition("-")[2], read_code(picture)


def read_code(picture: Image.Image) -> str:
    """The text of the one QR code on a picture, read by a library that did not make it."""
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    return str(found.text)


class Story:
    """The five screens, open before their people."""

    def __init__(self, browser: Browser, addresses: dict[str, str], tablet: str, paper: Paper) -> None:
        self.browser = browser
        self.site = addresses["server"]
        self.addresses = addresses
        self.tablet_code = tablet
        self.paper = paper
        self.contexts: list[BrowserContext] = []
        self.said: list[str] = []
        self.hand = 0

    async def open(self, address: str, size: tuple[int, int], *, spy: bool = False) -> Page:
        """A page in a browser of its own; the story fails if anything is said on its console."""
        viewport: ViewportSize = {"width": size[0], "height": size[1]}
        context = await self.browser.new_context(viewport=viewport, locale="vi-VN")
        self.contexts.append(context)
        page = await context.new_page()
        page.on("console", lambda message: self.said.append(f"{urlsplit(page.url).path}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"{urlsplit(page.url).path}: {error}"))
        if spy:
            await page.add_init_script(SPY)
        await page.goto(address)
        return page

    async def play(self) -> None:
        """From the first look at the site to the last figure on the wall."""
        wall = await self.opens_the_wall()
        citizen = await self.open(self.site, PHONE)
        reference, code = await self.books(citizen, dossier=DOSSIER, phone="0912 345 678")
        kiosk = await self.open(self.addresses["kiosk"], (1080, 1920))
        booked, phone_of_booked = await self.checks_in(kiosk, reference, code)
        walk_in, phone_of_walk_in = await self.takes_a_number(kiosk)
        await waiting(wall, 2)

        tablet = await self.opens_the_tablet()
        desk = await self.sits_down(booked, walk_in)
        await self.calls(desk, wall, phone_of_booked, booked)
        await desk.locator("#desk [data-verb=recall]").click()
        await self.changes_the_plan()  # while the wall still speaks
        await heard(wall, words(booked) + words(booked, again=True))
        await self.serves_and_calls_the_next(desk, wall, walk_in)
        await expect(phone_of_walk_in.locator("#headline")).to_have_text("Mời ông/bà đến quầy số 1 ngay")
        await self.rates_on_the_tablet(tablet, wall, booked)
        await self.misses_and_comes_back(desk, wall, phone_of_walk_in, walk_in)
        await self.rates_on_the_phone(desk, phone_of_walk_in, wall)
        assert [text for text in self.said if not any(word in text for word in EXPECTED)] == []

    # --- at home ---

    async def books(self, page: Page, *, dossier: str, phone: str) -> tuple[str, str]:
        """Finds a procedure without diacritics, books a time with a dossier number; answers reference and QR text."""
        await page.get_by_role("link", name="Phường Bồ Đề").click()
        await page.get_by_role("searchbox").fill("chung thuc ban sao tu ban chinh")
        await page.get_by_role("searchbox").press("Enter")
        await page.locator("#results .pick").first.click()

        await expect(page.locator("h1")).to_contain_text("Chứng thực bản sao từ bản chính")
        facts = page.locator(".facts").first
        await expect(facts).to_contain_text("Có kết quả")
        await expect(facts.locator("div", has_text="Lệ phí trực tuyến")).to_contain_text("Miễn lệ phí")
        assert await page.locator(".checklist li").count() >= 1
        await page.get_by_text("Đã nộp: nhập mã hồ sơ").click()
        await page.locator("[name=dossier_number]").fill(dossier)
        await page.get_by_role("button", name="Chọn ngày giờ").click()

        await page.locator(".soonest").click()
        await expect(page.locator("#held")).to_contain_text("giữ")
        await page.locator("[name=name]").fill("Nguyễn Thị Bích Hoà")
        await page.locator("[name=phone]").fill(phone)
        await page.get_by_role("button", name="Đặt lịch hẹn").click()

        await expect(page.locator(".pass-state")).to_be_visible()
        shown = (await page.locator(".pass-reference").inner_text()).replace(" ", "").replace("-", "")
        picture = self.paper.folder.parent / f"{shown}.screen"
        picture.write_bytes(await page.locator(".qr-box").screenshot())
        with Image.open(picture) as image:
            code = read_code(image)
        assert code == f"{self.site}/a/{shown}"
        await self.keeps_the_calendar_file(page, shown)
        return shown, code

    async def keeps_the_calendar_file(self, page: Page, reference: str) -> None:
        async with page.expect_download() as waiting_for:
            await page.locator("a[download]").click()
        file = await (await waiting_for.value).path()
        (entry,) = Calendar.from_ical(file.read_text("utf-8")).events
        assert isinstance(entry.start, datetime)
        assert entry.start > datetime.now(UTC)
        assert reference in str(entry["url"])

    async def changes_the_plan(self) -> None:
        """Somebody else books and gives the time back; the booking says so, and its QR is gone."""
        page = await self.open(self.site, PHONE)
        await self.books(page, dossier="H26.10-261121-0043", phone="0987 654 321")
        await page.locator("a[href$='/cancel']").click()
        await page.locator("form[action$='/cancel'] button").click()
        await expect(page.locator(".notice")).to_contain_text("hủy")
        await expect(page.locator(".qr-box")).to_have_count(0)

    # --- in the hall ---

    async def opens_the_wall(self) -> Page:
        """The wall is connected; somebody has touched it once, so that it may sound."""
        wall = await self.open(self.addresses["display"], (1920, 1080), spy=True)
        await expect(wall.locator("#health")).to_have_attribute("data-connected", "true")
        if await wall.locator("#sound").is_visible():
            await wall.locator("#unlock").click()
        await expect(wall.locator("#health")).to_have_attribute("data-sound", "full")
        return wall

    async def checks_in(self, kiosk: Page, reference: str, code: str) -> tuple[str, Page]:
        """The booking's QR under the scanner gives number and paper; typing the reference gives the same one again."""
        await expect(kiosk.locator(".line[data-line=A]")).to_be_visible()
        await type_with_times(kiosk, f"{code}\r")
        number, phone = await self.gets_paper(kiosk)
        await kiosk.get_by_role("button", name="Xong").click()
        await kiosk.get_by_role("button", name="Tôi có lịch hẹn").click()
        for sign in reference:
            await kiosk.locator(".keys").get_by_role("button", name=sign, exact=True).click()
        await kiosk.locator(".sheet-foot .button-primary").click()
        await expect(kiosk.locator(".issued-number")).to_have_text(number)
        await kiosk.get_by_role("button", name="Xong").click()
        return number, phone

    async def takes_a_number(self, kiosk: Page) -> tuple[str, Page]:
        """One touch, one number."""
        await kiosk.locator(".line[data-line=A]").click()
        return await self.gets_paper(kiosk)

    async def gets_paper(self, kiosk: Page) -> tuple[str, Page]:
        """The number on the screen is the one on the paper, whose QR opens the phone's page."""
        await expect(kiosk.locator(".issued .notice")).to_contain_text("lấy phiếu")
        number = await kiosk.locator(".issued-number").inner_text()
        printed, link = self.paper.take()
        assert printed == number
        assert link.startswith(f"{self.site}/t/")
        phone = await self.open(link, PHONE)
        await expect(phone.locator("#follow")).to_have_attribute("data-live", "true")
        await expect(phone.locator("#label")).to_have_text(number)
        return number, phone

    # --- at the counter ---

    async def sits_down(self, *coming: str) -> Page:
        """Signs in, sits at counter 1, sees who is coming; what a card scanner types into the page does nothing."""
        desk = await self.open(f"{self.site}/desk", (1440, 900))
        await desk.locator("#username").fill("son.bode")
        await desk.locator("#password").fill(PASSWORD)
        await desk.locator("#password").press("Enter")
        await desk.locator("#seats-list button", has_text="Quầy 1").click()
        await expect(part(desk, "primary")).to_contain_text("Gọi số tiếp")
        for number in coming:
            await expect(part(desk, "next")).to_contain_text(number)
        await type_with_times(desk, "001085012345\r")
        await expect(part(desk, "number")).to_have_text("Chưa gọi số nào")
        await expect(part(desk, "primary")).to_contain_text("Gọi số tiếp")
        return desk

    async def presses_enter(self, desk: Page) -> None:
        """A hand's Enter, seconds after whatever came before: strokes carry their times, so nobody need wait for it."""
        self.hand += 3
        await type_with_times(desk, "\r", later=self.hand)

    async def calls(self, desk: Page, wall: Page, phone: Page, number: str) -> None:
        """Next by the Enter key: the wall shows and says it, the phone sends its holder to the counter."""
        await self.presses_enter(desk)
        await expect(part(desk, "number")).to_have_text(number)
        await expect(wall.locator(".wall-number")).to_have_text(number)
        await expect(wall.locator(".wall-counter")).to_have_text("1")
        await expect(phone.locator("#headline")).to_have_text("Mời ông/bà đến quầy số 1 ngay")
        await heard(wall, words(number))
        await expect(wall.locator("#recent li").first).to_contain_text(number)
        await waiting(wall, 1)

    async def serves_and_calls_the_next(self, desk: Page, wall: Page, then: str) -> None:
        await self.presses_enter(desk)
        await expect(part(desk, "primary")).to_contain_text("Xong, gọi số tiếp")
        await self.presses_enter(desk)
        await expect(part(desk, "number")).to_have_text(then)
        await expect(wall.locator("#recent li").first).to_contain_text(then)
        await waiting(wall, 0)

    async def misses_and_comes_back(self, desk: Page, wall: Page, phone: Page, number: str) -> None:
        """Chưa có mặt is told to the phone kindly; back at the desk the same number is called again."""
        await desk.locator("#desk [data-verb=miss]").click()
        await expect(part(desk, "missed")).to_contain_text(number)
        await expect(phone.locator("#counter")).to_be_hidden()
        await expect(phone.locator("#note")).not_to_be_empty()
        await part(desk, "missed").get_by_role("button", name=number).click()
        await expect(part(desk, "next")).to_contain_text(number)
        await self.presses_enter(desk)
        await expect(phone.locator("#headline")).to_have_text("Mời ông/bà đến quầy số 1 ngay")
        await expect(wall.locator("#recent li")).to_have_count(2)

    # --- afterwards ---

    async def opens_the_tablet(self) -> Page:
        """The tablet is let in by its code, once, and shows its counter."""
        tablet = await self.open(f"{self.site}/tablet", (1024, 768))
        await tablet.locator("#token").fill(self.tablet_code)
        await tablet.locator("#pair button").first.click()
        await expect(tablet.locator("#counter")).to_have_text("1")
        return tablet

    async def rates_on_the_tablet(self, tablet: Page, wall: Page, number: str) -> None:
        await expect(tablet.locator("#question")).to_contain_text(number)
        await tablet.get_by_role("button", name="Rất hài lòng").click()
        await expect(tablet.locator("#thanks")).to_be_visible()
        await expect(wall.locator("#ratings")).to_contain_text("1/1")

    async def rates_on_the_phone(self, desk: Page, phone: Page, wall: Page) -> None:
        await self.presses_enter(desk)
        await expect(phone.locator("#headline")).to_have_text("Đang phục vụ tại quầy 1")
        await part(desk, "beside").click()
        await expect(part(desk, "served")).to_have_text("Hôm nay: 2 lượt")
        await phone.get_by_role("button", name="Không hài lòng").click()
        await phone.get_by_role("button", name="Gửi đánh giá").click()
        await expect(phone.locator("#headline")).to_contain_text("cảm ơn")
        await expect(wall.locator("#ratings")).to_contain_text("1/2")


def part(desk: Page, name: str) -> Locator:
    """A part of the desk by its name."""
    return desk.locator(f"#desk [data-part={name}]")


async def heard(wall: Page, clips: int) -> None:
    """The wall has handed so many clips to the sound card by now."""
    await expect(wall.locator("html")).to_have_attribute("data-spoken", str(clips))


async def waiting(wall: Page, people: int) -> None:
    """The wall's tile of line A says so many wait."""
    tile = wall.locator("#lines li").first
    await expect(tile).to_contain_text(f"{people} người" if people else "Chưa có ai chờ")


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Four programs and seven pages on a busy machine: what is promised is that it comes, not how soon."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


async def test_one_citizens_day_on_five_screens(browser: Browser, tmp_path: Path) -> None:
    """Booked at home, checked in by QR, called, recalled, served, missed and back, rated twice: all screens agree."""
    changes = {
        "offices": [{"code": OFFICE, "timezone": zone_where_it_is(8)}],
        "settings": [{"office": OFFICE, "key": "recall_seconds", "value": "0"}],
    }
    url = f"sqlite:///{tmp_path / 'story.db'}"
    tokens = await open_office(url, tmp_path, changes)
    async with all_three(tmp_path, url, tokens) as addresses:
        story = Story(browser, addresses, tokens["tablet"], Paper(tmp_path / "paper"))
        try:
            await story.play()
        finally:
            for context in story.contexts:
                await context.close()
