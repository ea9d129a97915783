"""The citizen's site in a real browser: the whole way to an appointment and out of it, with scripts and without."""

import re
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import expect

from tests.browser.site import BIRTH, MOST_BYTES, Site, is_well_made, to_a_booking, to_a_held_time, to_the_times
from tests.server.support import OFFICE

LONGEST = "1.013962"
SECOND = f"/?office={OFFICE}&procedure={BIRTH}"

WORDS = {
    "vi": {
        "need": "Ông/bà cần làm gì?", "time": "Chọn ngày giờ", "book": "Đặt lịch hẹn", "booked": "Đã đặt lịch hẹn",
        "change": "Đổi giờ hẹn", "changed": "Đã đổi giờ hẹn", "cancel": "Hủy hẹn", "sure": "Hủy lịch hẹn",
        "cancelled": "Lịch hẹn này đã hủy", "office": "Phường Bồ Đề",
    },
    "en": {
        "need": "What do you need?", "time": "Choose a time", "book": "Book the appointment",
        "booked": "Your appointment is booked", "change": "Change", "changed": "The time was changed",
        "cancel": "Cancel", "sure": "Cancel the appointment", "cancelled": "This appointment was cancelled",
        "office": "Bồ Đề ward",
    },
}  # fmt: skip


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_the_whole_way(site: Site, lang: str, scripts: bool) -> None:
    """Find, bring, choose, say who, keep, move and cancel: on a phone, in both languages, with scripts and without."""
    words = WORDS[lang]
    page = await site.page(f"/?lang={lang}", java_script_enabled=scripts)
    await page.get_by_role("link", name=re.compile(words["office"])).click()
    await expect(page.locator("h1")).to_have_text(words["need"])
    await page.locator("#q").fill("dang ky khai sinh")
    await page.locator("#q").press("Enter")
    await page.wait_for_url("**q=dang*")
    await page.locator(f'#results a[href*="{BIRTH}"]').click()
    await expect(page.locator("h1")).to_have_text("Đăng ký khai sinh")
    await page.get_by_label("Giấy chứng sinh").check()
    await page.locator("main .button-primary", has_text=words["time"]).click()
    await expect(page.locator("#errors")).to_be_visible()
    await expect(page.locator(f"html[lang={lang}]")).to_have_count(1)
    await to_the_times(page)
    await expect(page.locator(".soonest")).to_be_visible()
    await to_a_held_time(page)
    held_at = await page.locator("h1 span").first.text_content()
    await page.locator("main .button-primary", has_text=words["book"]).click()
    await expect(page.locator("#errors li")).to_have_count(2)
    address = await to_a_booking(page)
    await expect(page.locator(".pass-state")).to_have_text(words["booked"])
    await expect(page.locator(".pass-time")).to_have_text(held_at or "")
    await page.get_by_role("link", name=words["change"], exact=True).click()
    # Late in a day few times are left of it, and a long day shows one part at a time: take another day, another time.
    await page.locator("a.day").nth(1).click()
    await page.locator("details[open] button.time").filter(has_not_text=held_at or "-").first.click()
    await expect(page.locator(".notice-good")).to_contain_text(words["changed"])
    assert await page.locator(".pass-time").text_content() != held_at
    await page.get_by_role("link", name=words["cancel"], exact=True).click()
    await page.get_by_role("button", name=words["sure"]).click()
    await expect(page.locator(".notice")).to_contain_text(words["cancelled"])
    assert page.url.split("?")[0] == address


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_every_page_fits_a_phone_and_is_accessible(site: Site, lang: str) -> None:
    """Each page of the way, its errors included, is no wider than the phone and has nothing axe would mend."""
    page = await site.page(f"/?lang={lang}")
    await is_well_made(page)
    for path in (
        f"/?office={OFFICE}",
        f"/?office={OFFICE}&q=xyzxyz",
        f"/book/{OFFICE}?procedure={LONGEST}",
        "/a",
        SECOND,
    ):
        await page.goto(site.address + path)
        await is_well_made(page)
    await page.goto(f"{site.address}/book/{OFFICE}?procedure={BIRTH}&procedure=2.000815")
    await page.locator("main .button-primary").click()
    await page.locator("#errors").wait_for()
    await page.locator("#filed-yes").check()
    await is_well_made(page)
    await to_the_times(page)
    await is_well_made(page)
    await page.locator(".whom a").nth(1).click()
    await is_well_made(page)
    await page.locator(".picks a").first.click()
    await to_a_held_time(page)
    await page.locator("main .button-primary").click()
    await page.locator("#errors").wait_for()
    await is_well_made(page)
    address = await to_a_booking(page)
    await is_well_made(page)
    for path in ("change", "cancel"):
        await page.goto(f"{address}/{path}")
        await is_well_made(page)
    await page.locator("main .button-primary").click()
    await page.locator(".pass-over").wait_for()
    await is_well_made(page)


async def test_the_pass_can_be_scanned_from_a_screenshot(site: Site, tmp_path: Any) -> None:
    """The QR of the confirmation, read from its picture, is the booking's address and nothing secret."""
    page = await site.page(f"/book/{OFFICE}?procedure={BIRTH}")
    await to_the_times(page)
    await to_a_held_time(page)
    address = await to_a_booking(page)
    await page.screenshot(path=tmp_path / "pass.png")
    found = zxingcpp.read_barcode(Image.open(tmp_path / "pass.png"))
    assert found
    assert found.text == address
    readable = (await page.locator(".pass-reference").text_content()) or ""
    assert address.endswith(readable.replace("-", ""))
    calendar = await page.request.get(f"{site.address}/api/appointments/{readable}/calendar.ics")
    assert (await calendar.text()).startswith("BEGIN:VCALENDAR")


async def test_another_browser_is_asked_for_the_phone(site: Site) -> None:
    """Who only has the address sees nothing of the booking until the telephone is right; a code in groups will do."""
    page = await site.page(f"/book/{OFFICE}?procedure={BIRTH}")
    await to_the_times(page)
    await to_a_held_time(page)
    address = await to_a_booking(page)
    other = await site.page(address.removeprefix(site.address))
    await expect(other.locator(".pass")).to_have_count(0)
    assert "Hoà" not in await other.content()
    await other.locator("#phone").fill("0912 345 679")
    await other.locator("main .button-primary").click()
    await expect(other.locator("#phone-error")).to_contain_text("chưa khớp")
    await other.locator("#phone").fill("0912345678")
    await other.locator("main .button-primary").click()
    await expect(other.locator(".pass")).to_have_count(1)
    third = await site.page("/a")
    code = address.rpartition("/")[2].lower()
    await third.locator("#reference").fill(f"{code[:4]} {code[4:8]}-{code[8:]}")
    await third.locator("#phone").fill("+84 912 345 678")
    await third.locator("main .button-primary").click()
    await expect(third.locator(".pass")).to_have_count(1)


async def test_a_second_press_is_the_same_hold_and_going_back_moves_it(site: Site) -> None:
    """Sending the times' form again holds nothing twice; going back and choosing another time gives the first up."""
    page = await site.page(f"/book/{OFFICE}?procedure={BIRTH}", java_script_enabled=False)
    await to_the_times(page)
    await page.locator("a.day").nth(1).click()
    form = page.locator("form", has=page.locator("#days"))
    fields = {
        "key": await form.locator("[name=key]").get_attribute("value"),
        "procedure": BIRTH,
        "start": await form.locator("button.time").nth(2).get_attribute("value"),
    }
    target = f"{site.address}/book/{OFFICE}/hold"
    addresses = set()
    for _ in range(5):
        answer = await page.request.post(target, form=fields, headers={"Origin": site.address})  # type: ignore[arg-type]
        addresses.add(answer.url)
    assert len(addresses) == 1
    await page.reload()
    assert await page.locator("button.time").nth(2).get_attribute("value") != fields["start"]
    other = await page.locator("button.time").nth(5).get_attribute("value")
    await page.request.post(target, form={**fields, "start": other}, headers={"Origin": site.address})  # type: ignore[arg-type,dict-item]
    await page.reload()
    assert await page.locator("button.time").nth(2).get_attribute("value") == fields["start"]


async def test_results_come_while_typing_and_ticks_stay(site: Site) -> None:
    """With scripts the results follow the keys without a page load, and a checklist keeps its ticks."""
    page = await site.page(f"/?office={OFFICE}")
    await page.evaluate("window.stayed = true")
    await page.locator("#q").press_sequentially("chung thuc chu ky")
    await expect(page.locator("#found-title")).to_contain_text("Tìm thấy")
    await expect(page.locator("#results .pick").first).to_contain_text("Chứng thực chữ ký")
    assert await page.evaluate("window.stayed")
    await expect(page.locator("#q")).to_be_focused()
    await page.goto(f"{site.address}/book/{OFFICE}?procedure={BIRTH}")
    await page.locator(".checklist input").first.check()
    await page.reload()
    await expect(page.locator(".checklist input").first).to_be_checked()
    await expect(page.locator(".checklist input").nth(1)).not_to_be_checked()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_a_second_procedure_on_the_same_visit(site: Site, scripts: bool) -> None:
    """Added from what to bring, found by a word typed nearly right, booked together, and left out again."""
    page = await site.page(f"/book/{OFFICE}?procedure={BIRTH}", java_script_enabled=scripts)
    await page.get_by_role("link", name="Thêm thủ tục khác").click()
    await expect(page.locator("h1")).to_have_text("Thêm thủ tục nào nữa?")
    await page.locator("#q").fill("chung thuc chu kí")
    await page.locator("#q").press("Enter")
    await page.wait_for_url("**q=chung*")
    await page.locator("#results .pick", has_text="Chứng thực chữ ký").first.click()
    await expect(page.locator("h2", has_text="Đăng ký khai sinh")).to_be_visible()
    await to_the_times(page)
    await expect(page.locator("header .small")).to_contain_text("cho cả 2 thủ tục")
    await page.locator(".back").click()
    await page.get_by_role("link", name=re.compile("Bỏ thủ tục này.*chứng thực chữ ký", re.IGNORECASE)).click()
    await expect(page.locator("h1")).to_have_text("Đăng ký khai sinh")


async def test_a_page_weighs_less_than_a_hundred_kilobytes(site: Site) -> None:
    """All that a phone loads the first time, fonts and pictures included, is ours and little."""
    page = await site.page(f"/?office={OFFICE}")
    for path in (f"/book/{OFFICE}?procedure={BIRTH}", f"/?office={OFFICE}&q=khai"):
        await page.goto(site.address + path, wait_until="networkidle")
    loaded = await page.evaluate(
        """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
             .map((entry) => [entry.name, entry.encodedBodySize])"""
    )
    assert all(url.startswith(site.address) for url, _ in loaded)
    assert len(loaded) > 5
    assert sum(size for _, size in loaded) < MOST_BYTES, loaded
