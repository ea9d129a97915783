"""Reception sees which messages did not get through, in a real browser against the real server."""

import sqlite3

import pytest
from playwright.async_api import expect

from tests.browser.hall import DUNG, Hall, complaints, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_message_that_failed_is_shown_and_sent_again(hall: Hall) -> None:
    """By its booking's code, what it was and why it failed; one press has it tried again. Nobody else's are shown."""
    with sqlite3.connect(hall.server.database.removeprefix("sqlite:///"), timeout=10) as database:
        database.executemany(
            "INSERT INTO outbox VALUES (?, ?, ?, 'reminder', 'email', 'vi', 0, 'failed', 12, 'busy',"
            " '2026-11-20 02:00:00.000+00:00', '2026-11-20 02:00:00.000+00:00', '2026-11-20 02:00:00.000+00:00')",
            [("a" * 16, hall.office, "K7QF3M2P9XWD"), ("b" * 16, "thu-79", "9XWDK7QF3M2P")],
        )
    database.close()
    page = await hall.page("/reception")
    await hall.sign_in(page, DUNG)
    row = page.locator("#failed li")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("K7QF-3M2P-9XWD")
    await expect(row).to_contain_text("Nhắc hẹn")
    await expect(row).to_contain_text("Máy chủ tin nhắn đang bận.")
    assert await complaints(page) == []
    assert await overflow(page) <= 0
    await row.get_by_role("button", name="Gửi lại").click()
    await expect(page.locator("#failed-messages")).to_be_hidden()
