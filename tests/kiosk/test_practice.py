"""A kiosk in an office that practises: the screen says so in words, and goes back to its own when that is over."""

import pytest
from playwright.async_api import expect

from tests.kiosk.screen import LANDSCAPE, PORTRAIT, OpenScreen, faults
from tests.kiosk.stand_ins import LiveServer


@pytest.mark.parametrize("size", [PORTRAIT, LANDSCAPE], ids=["portrait", "landscape"])
async def test_the_screen_says_that_numbers_are_worth_nothing(
    open_screen: OpenScreen, server: LiveServer, size: tuple[int, int]
) -> None:
    """It says so without a reload and moves no button; it does not say that the office is made up."""
    page = await open_screen(size)
    places = "[...document.querySelectorAll('.line')].map((one) => JSON.stringify(one.getBoundingClientRect()))"
    before = await page.evaluate(places)
    server.office.config.sample = server.office.config.practice = True
    server.office.news(kind="office.opened")
    await expect(page.locator("#practice")).to_have_text("Đang luyện tập")
    await expect(page.locator("#band")).to_have_text("Đang luyện tập: số lấy lúc này không có giá trị")
    await expect(page.locator("#sample")).to_be_hidden()
    assert await page.evaluate(places) == before
    assert await faults(page, with_axe=True) == []
    server.office.config.sample = server.office.config.practice = False
    server.office.news(kind="office.opened")
    await expect(page.locator("#practice")).to_be_hidden()
    await expect(page.locator("#band")).not_to_contain_text("Đang luyện tập")
