"""The challenge in a real browser: solved while the person types, with nothing to do for anybody."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from server.catalogue.pack import load
from tests.browser.site import (
    BIRTH,
    MOST_BYTES,
    Site,
    is_well_made,
    site_on,
    to_a_booking,
    to_a_held_time,
    to_the_times,
)  # fmt: skip
from tests.browser.test_citizen import WORDS
from tests.databases import opened
from tests.notify.stand_ins import EMAIL, MAIL_FROM, mailbox_of
from tests.notify.test_codes import code_in
from tests.server.support import OFFICE

SAID = {
    "vi": {"working": "Trang đang tự kiểm tra", "waiting": "Sắp xong", "done": "Đã tự kiểm tra xong"},
    "en": {"working": "doing a check by itself", "waiting": "nearly done", "done": "The check is done"},
}

Open = Callable[..., AbstractAsyncContextManager[Site]]


@asynccontextmanager
async def served(database: str, folder: Path, difficulty: int, host: str = "", **settings: str) -> AsyncIterator[Site]:
    """The shipped offices, where every booking needs a challenge. `host` is a name to be reached by plain http."""
    rows = (("challenge", "always"), ("challenge_difficulty", str(difficulty)), ("online_filers_only", "true"))
    text = "".join(f"{OFFICE},{key},{value}\n" for key, value in rows)
    (folder / "settings.csv").write_text(f"office,key,value\n{text}", encoding="utf-8")
    async with opened(database):
        await load(folder)
    port, flags = 0, []
    if host:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        flags = [f"--host-resolver-rules=MAP {host} 127.0.0.1"]
        settings |= {"MOTCUA_PUBLIC_URL": f"http://{host}:{port}", "MOTCUA_ALLOW_HTTP": "1"}
    async with site_on(database, *flags, port=port, **settings) as site:
        yield site


@pytest.fixture
def site(office_sqlite_url: str, tmp_path: Path) -> Open:
    """Opens the site; the challenge's difficulty and the server's environment as arguments."""

    def start(difficulty: int = 50_000, **more: str) -> AbstractAsyncContextManager[Site]:
        folder = tmp_path / "settings"
        folder.mkdir()
        return served(office_sqlite_url, folder, difficulty, **more)

    return start


async def to_who(site: Site, lang: str = "vi", **more: Any) -> Page:
    """From a procedure to the page that asks who comes."""
    page = await site.page(f"/book/{OFFICE}?procedure={BIRTH}&lang={lang}", **more)
    await to_the_times(page)
    await to_a_held_time(page)
    return page


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_an_ordinary_person_only_reads_that_a_check_is_done(site: Open, lang: str) -> None:
    """A calm line in the person's language, no puzzle; the booking is made by the one press there always was."""
    async with site() as here:
        page = await to_who(here, lang)
        status = page.get_by_role("status").filter(has_text=re.compile(SAID[lang]["done"]))
        await expect(status).to_be_visible()
        await is_well_made(page)
        await to_a_booking(page)
        await expect(page.locator(".pass-state")).to_have_text(WORDS[lang]["booked"])


async def test_a_quick_press_waits_for_the_check(site: Open) -> None:
    """Pressed before it is solved, the button is busy, the line says so, and the form goes when it is: pressed once."""
    async with site(difficulty=2_000_000) as here:
        page = await to_who(here)
        posts: list[str] = []
        page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        await expect(page.locator("#proof")).to_contain_text(SAID["vi"]["working"])
        await page.locator("#name").fill("Nguyễn Thị Hoà")
        await page.locator("#phone").fill("0912345678")
        await page.locator("main .button-primary").click()
        await expect(page.locator("#proof")).to_contain_text(SAID["vi"]["waiting"])
        await page.locator("main .button-primary").click()
        await expect(page.locator(".pass-state")).to_have_text(WORDS["vi"]["booked"], timeout=60_000)
        assert len(posts) == 1


async def test_it_works_where_there_is_neither_a_worker_nor_a_secure_context(site: Open) -> None:
    """The check is done all the same: plain http has no crypto.subtle, old browsers have no workers for modules."""
    async with site(difficulty=5_000, host="motcua.example") as here:
        assert here.address.startswith("http://motcua.example:")
        page = await here.page("/")
        await page.add_init_script("delete globalThis.Worker")
        await page.goto(f"{here.address}/book/{OFFICE}?procedure={BIRTH}")
        assert await page.evaluate("[isSecureContext, 'Worker' in globalThis, Boolean(crypto.subtle)]") == [False] * 3
        await to_the_times(page)
        await to_a_held_time(page)
        await expect(page.locator("#proof")).to_contain_text(SAID["vi"]["done"])
        await to_a_booking(page)


async def test_plain_http_still_solves_it_in_a_worker(site: Open) -> None:
    """The policy lets our own worker run, and nothing of it needs a secure context."""
    async with site(host="motcua.example") as here:
        page = await to_who(here)
        await expect(page.locator("#proof")).to_contain_text(SAID["vi"]["done"])
        assert [worker.url.rpartition("/")[2] for worker in page.workers] == []  # it ended with its work
        await to_a_booking(page)


async def test_a_browsers_solution_is_spent_once(site: Open) -> None:
    """What a browser solved for one booking is refused for the next one, whose page gets a fresh challenge."""
    async with site() as here:
        page = await to_who(here)
        await expect(page.locator("#proof")).to_contain_text(SAID["vi"]["done"])
        spent = await page.locator("input[name=solution]").input_value()
        assert spent
        await to_a_booking(page)
        page = await to_who(here)
        answer = await page.request.post(
            page.url, headers={"Origin": here.address},
            form={"name": "Lê Văn Nam", "phone": "0912000002", "email": "", "solution": spent},
        )  # fmt: skip
        assert answer.status == 428
        assert "data-challenge=" in await answer.text()
        await to_a_booking(page, "0912 000 002")


async def test_the_page_with_the_challenge_weighs_less_than_a_hundred_kilobytes(site: Open) -> None:
    """All of it, the worker, the fonts and the pictures included, is ours and little."""
    async with site() as here:
        page = await to_who(here)
        sizes: dict[str, int] = {}
        fresh = await here.browser.new_context(viewport={"width": 390, "height": 844})
        await fresh.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
        cold = await fresh.new_page()
        waiting: list[asyncio.Task[None]] = []
        cold.on("requestfinished", lambda request: waiting.append(asyncio.ensure_future(_sized(request, sizes))))
        await cold.goto(page.url)
        await expect(cold.locator("#proof")).to_contain_text(SAID["vi"]["done"])
        await asyncio.gather(*waiting)
        assert any(url.endswith("work_worker.js") for url in sizes), sizes
        assert all(url.startswith(here.address) for url in sizes)
        assert sum(sizes.values()) < MOST_BYTES, sizes


async def _sized(request: Any, sizes: dict[str, int]) -> None:
    sizes[request.url.partition("?")[0]] = (await request.sizes())["responseBodySize"]


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_without_scripts_a_code_by_mail_makes_the_booking(site: Open, lang: str) -> None:
    """The same way in a browser without scripts, with a real mail server: asked, sent, typed, booked."""
    async with mailbox_of() as mailbox, site(MOTCUA_SMTP_URL=mailbox.url, MOTCUA_MAIL_FROM=MAIL_FROM) as here:
        page = await to_who(here, lang, java_script_enabled=False)
        await page.locator("#name").fill("Nguyễn Thị Hoà")
        await page.locator("#phone").fill("0912345678")
        await page.locator("#email").fill(EMAIL)
        await page.locator("main .button-primary").click()
        await expect(page.locator("#code")).to_be_visible()
        await page.locator("#code").fill(code_in(await mailbox.next()))
        await page.locator("#code").press("Enter")
        await expect(page.locator(".pass-state")).to_have_text(WORDS[lang]["booked"])
