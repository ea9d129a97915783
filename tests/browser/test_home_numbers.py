"""A number taken at home, from the phone to the counter, in a real browser against the real server."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.browser.hall import DUNG, LAN, Hall, complaints, overflow, type_with_times

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 390, "height": 844}
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
LANGUAGES = pytest.mark.parametrize("english", [False, True], ids=["vi", "en"])


async def phone(hall: Hall, *, scripts: bool = True, english: bool = False) -> BrowserContext:
    """Somebody's phone: its own cookies, one language."""
    context = await hall.context(**PHONE, java_script_enabled=scripts)
    if english:
        await context.add_cookies([{"name": "lang", "value": "en", "url": hall.server.address}])
    return context


async def fits(page: Page, scripts: bool = True) -> None:
    """Accessible and no wider than a phone; axe itself needs scripts, and the page is the same without."""
    if scripts:
        assert await complaints(page) == []
        assert await overflow(page) <= 0


async def take(hall: Hall, context: BrowserContext, number: str = "0912345678", *, scripts: bool = False) -> Page:
    """From the office's first page to the number, as somebody at home does it."""
    page = await hall.page(f"/?office={hall.office}", context)
    await page.locator(f'a[href^="/number/{hall.office}"]').click()
    await fits(page, scripts)
    await page.locator('input[name="line"][value="A"]').check()
    await page.locator("#phone").fill(number)
    await page.locator("form button:not([type=button])").last.click()
    await page.wait_for_url(re.compile(r"/t/[0-9A-Z]{12}$"))
    return page


async def poster(hall: Hall) -> Page:
    """The poster, opened by reception from its page."""
    page = await hall.staff("/reception", LAN)
    await page.locator("#poster a").click()
    await page.wait_for_url(re.compile("/poster/"))
    return page


async def poster_code(page: Page) -> str:
    return (await page.locator(".poster-code b").inner_text()).replace(" ", "")


@SCRIPTS
@LANGUAGES
async def test_from_the_sofa_to_the_counter(hall: Hall, scripts: bool, english: bool) -> None:
    """Taken on the phone, passed over by next, told on the poster's page, called next; in both languages, both ways."""
    await hall.set(numbers_from_home=20)
    context = await phone(hall, scripts=scripts, english=english)
    page = await take(hall, context, scripts=scripts)
    label = await page.locator("#label").inner_text()
    told = "is not called until" if english else "chưa được gọi cho đến khi"
    await expect(page.locator("#headline")).to_contain_text(told)
    await expect(page.locator(".home-qr svg")).to_be_visible()
    await fits(page, scripts)
    walk_in = await hall.issue("A")
    assert (await hall.waiting())["A"] == 1
    desk = await hall.officer(DUNG)
    assert (await desk.next())["id"] == walk_in["id"]

    sheet = await poster(hall)
    scanned = f"/here/{hall.office}?code={await poster_code(sheet)}"
    at_door = await hall.page(scanned, context)
    await expect(at_door.locator(".held-number")).to_contain_text(label)
    await fits(at_door, scripts)
    await at_door.get_by_role("button", name="I am here" if english else "Tôi đã đến").click()
    await at_door.wait_for_url(re.compile(r"/t/"))
    await expect(at_door.locator("#follow")).to_have_attribute("data-state", "waiting")
    if scripts:  # the page that was open all the time follows by itself
        await expect(page.locator("#follow")).to_have_attribute("data-state", "waiting")
        await expect(page.locator("#home")).to_be_hidden()
    await desk.verb(walk_in, "start")
    await desk.verb(walk_in, "finish", {"next": False})
    assert (await desk.next())["label"] == label


@SCRIPTS
async def test_each_way_of_telling_says_the_same_of_a_number_at_home(hall: Hall, scripts: bool) -> None:
    """Made on the server or live: nobody calls it yet, when its turn is expected, and that a late comer keeps it."""
    await hall.set(numbers_from_home=20)
    await hall.officer(DUNG)
    for _ in range(3):
        await hall.issue("A")
    page = await take(hall, await phone(hall, scripts=scripts))
    if scripts:
        await expect(page.locator("#follow")).to_have_attribute("data-live", "true")
    await expect(page.locator("#wait")).to_have_text(re.compile(r"^Dự kiến đến lượt \d\d:\d[05]–\d\d:\d[05]$"))
    await expect(page.locator("#note")).to_contain_text("vẫn giữ được chỗ")
    await expect(page.locator("#stay")).to_be_hidden()


@SCRIPTS
async def test_the_code_may_be_typed_on_ones_own_page(hall: Hall, scripts: bool) -> None:
    """A wrong code is said beside the field and changes nothing; the poster's lets the holder in."""
    await hall.set(numbers_from_home=20)
    page = await take(hall, await phone(hall, scripts=scripts))
    field, button = page.locator("#home input"), page.locator("#home button")
    await field.fill("000000")
    await button.click()
    await expect(page.locator("#code-error")).to_contain_text("áp phích")
    await expect(page.locator("#follow")).to_have_attribute("data-state", "coming")
    code = await poster_code(await poster(hall))
    await field.fill(code.lower())
    await button.click()
    await expect(page.locator("#follow")).to_have_attribute("data-state", "waiting")
    assert (await hall.waiting())["A"] == 1


@SCRIPTS
async def test_a_form_says_what_is_wrong(hall: Hall, scripts: bool) -> None:
    """Nothing chosen, no telephone, a second number: said beside the field, what was typed stays, nothing is taken."""
    await hall.set(numbers_from_home=20)
    context = await phone(hall, scripts=scripts)
    page = await hall.page(f"/number/{hall.office}", context)
    button = page.locator("form button:not([type=button])").last
    await page.locator("#phone").fill("12")
    await button.click()
    await expect(page.locator("#line-error")).to_be_visible()
    await page.locator('input[name="line"][value="H"]').check()
    await button.click()
    await expect(page.locator("#phone-error")).to_be_visible()
    await expect(page.locator('input[name="line"][value="H"]')).to_be_checked()
    await fits(page, scripts)
    await take(hall, context)
    again = await hall.page(f"/number/{hall.office}", context)
    await again.locator('input[name="line"][value="H"]').check()
    await again.locator("#phone").fill("0912345678")
    await again.locator("form button:not([type=button])").last.click()
    await expect(again.locator("#phone-error")).to_contain_text("đang giữ một số")
    assert (await hall.waiting()) == {"A": 0, "H": 0}


async def test_another_phone_types_the_numbers_code(hall: Hall) -> None:
    """Who scans the poster with a phone that took no number types the number's code; an old code is refused kindly."""
    await hall.set(numbers_from_home=20)
    page = await take(hall, await phone(hall))
    token = urlsplit(page.url).path.removeprefix("/t/")
    other = await hall.page(f"/here/{hall.office}?code=AAAAAA", await phone(hall))
    await expect(other.get_by_role("alert")).to_contain_text("không có trên áp phích hôm nay")
    await other.locator("#ticket").fill(f"{token[:4]}-{token[4:8]}-{token[8:]}".lower())
    await other.locator("#code").fill(await poster_code(await poster(hall)))
    await other.get_by_role("button", name="Tôi đã đến").click()
    await expect(other.locator("#follow")).to_have_attribute("data-state", "waiting")


async def test_reception_sees_who_is_coming_and_lets_them_in(hall: Hall) -> None:
    """The list names the number; one press, or a scan of the phone, and it waits in the hall."""
    await hall.set(numbers_from_home=20)
    first = await take(hall, await phone(hall))
    second = await take(hall, await phone(hall), "0987654321")
    page = await hall.staff("/reception", LAN)
    rows = page.locator("#coming li")
    await expect(rows).to_have_count(2)
    await expect(page.locator("#latest")).to_contain_text("từ nhà, chưa đến")
    assert await complaints(page) == []
    label = await first.locator("#label").inner_text()
    await rows.filter(has_text=label).get_by_role("button", name=f"Đã đến {label}").click()
    await expect(rows).to_have_count(1)
    await expect(page.locator("#news")).to_contain_text(f"Số {label} đã đến")
    await type_with_times(page, second.url + "\r")
    await expect(page.locator("#given")).to_contain_text(await second.locator("#label").inner_text())
    await expect(page.locator("#coming-part")).to_be_hidden()
    assert (await hall.waiting())["A"] == 2


async def test_the_poster_is_for_staff_and_fits_one_sheet(hall: Hall) -> None:
    """A stranger gets no code; each day's code is another; printed, it is one A4 page."""
    await hall.set(numbers_from_home=20)
    stranger = await hall.page(f"/poster/{hall.office}", await phone(hall))
    await expect(stranger.locator(".poster-code")).to_have_count(0)
    page = await poster(hall)
    assert await complaints(page) == []
    today = await poster_code(page)
    assert (await page.pdf(prefer_css_page_size=True)).count(b"/Type /Page\n") == 1
    await page.locator("#day").select_option(index=1)
    await page.get_by_role("button", name="Xem").click()
    await expect(page.locator(".poster-code b")).not_to_contain_text(today[:3])


async def test_an_office_without_them_does_not_offer_them(hall: Hall) -> None:
    """Off is the default: no link on the first page, no poster at reception, and a kind word on the page itself."""
    page = await hall.page(f"/?office={hall.office}", await phone(hall))
    await expect(page.locator('a[href^="/number/"]')).to_have_count(0)
    await page.goto(f"{hall.server.address}/number/{hall.office}")
    await expect(page.locator("h1")).to_contain_text("chưa cấp số từ nhà")
    staff = await hall.staff("/reception", LAN)
    await expect(staff.locator("#lines button").first).to_be_visible()
    await expect(staff.locator("#poster")).to_be_hidden()
