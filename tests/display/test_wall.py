"""The wall in Chromium, as the agent serves it: what people in the hall see and hear, on three kinds of screen."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.chromium import launched
from tests.display.agents import Agent, agent
from tests.display.conftest import Ask
from tests.display.hall import NAMES, Hall, board_of

PATIENCE = 30_000  # ms; how long a slow machine may take, not how long the wall may
SCREENS = {"full HD": (1920, 1080), "HD ready": (1280, 720), "standing": (1080, 1920)}
LONG_NAME = "Trung tâm Phục vụ hành chính công thành phố Hà Nội – Chi nhánh số 5, Điểm tiếp nhận phường Long Biên"
SPY = """
window.spoken = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (at) {
  window.spoken.push({at, seconds: this.buffer.duration});
  document.documentElement.dataset.spoken = window.spoken.length;
  return start.call(this, at);
};
"""
# what the browser says about silence before a touch, clips that a test takes away, and a clock that jumps
EXPECTED = (
    "The AudioContext was not allowed to start",
    "the voice could not be loaded",
    "Failed to load resource: the server responded with a status of 500",
    "WebSocket connection to",
)
Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def hall(tmp_path: Path) -> Hall:
    """An open office with six lines."""
    return Hall(board_of())


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """What a test has opened."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def wall(hall: Hall, stack: AsyncExitStack, tmp_path: Path) -> Agent:
    """An agent that follows the office."""
    server = await stack.enter_async_context(hall.served())
    running = await stack.enter_async_context(agent(server, tmp_path))
    await running.until(lambda: running.follower.connected)
    return running


@pytest.fixture
async def open_wall(wall: Agent, stack: AsyncExitStack) -> Open:
    """`await open_wall("full HD", query="?lang=en")`. A word on the console fails the test."""
    expect.set_options(timeout=PATIENCE)
    said: list[str] = []

    async def opened(
        screen: str = "full HD",
        *,
        sound: bool = True,
        query: str = "",
        motion: str = "no-preference",
        missing: str = "",
    ) -> Page:
        flags = ["--autoplay-policy=no-user-gesture-required"] if sound else []
        browser = await stack.enter_async_context(launched(*flags))
        width, height = SCREENS[screen]
        page = await browser.new_page(viewport={"width": width, "height": height}, reduced_motion=motion)  # type: ignore[arg-type]
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.add_init_script(SPY)
        if missing:
            await page.route(missing, lambda route: route.fulfill(status=500))
        await page.clock.install()
        await page.goto(f"http://127.0.0.1:{wall.port}/{query}")
        await expect(page.locator("#health")).to_have_attribute("data-connected", "true")
        return page

    def silent() -> None:
        assert [text for text in said if not text.startswith(EXPECTED)] == []

    stack.callback(silent)
    return opened


def lines_of(page: Page) -> Any:
    return page.locator("#lines li")


async def fits(page: Page) -> list[str]:
    """The texts that do not fit into their place or the screen, or that something covers, once all stands still."""
    await page.evaluate(
        """() => Promise.allSettled(document.getAnimations()
          .filter((each) => each.effect.getComputedTiming().endTime !== Infinity)
          .map((each) => each.finished))"""
    )
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll("#wall :is(p, b, span, strong, h1, h2, li, small, button)")]
          .filter((e) => !e.closest(".visually-hidden, .wall-health, [hidden]") && e.getClientRects().length)
          .filter((e) => {
            const r = e.getBoundingClientRect();
            const outside = r.left < -1 || r.top < -1 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1;
            const range = document.createRange();
            range.selectNodeContents(e);
            const text = range.getBoundingClientRect();
            const parent = e.closest("li, header, footer, section").getBoundingClientRect();
            const cut = text.right > parent.right + 1 || text.left < parent.left - 1;
            const top = document.elementFromPoint((text.left + text.right) / 2, (text.top + text.bottom) / 2);
            const call = e.closest('.wall-call'); // its figures' boxes are higher than the figures
            const covered = !top || !(e.contains(top) || top.contains(e) || call && call.contains(top));
            return outside || cut || covered;
          })
          .map((e) => `${e.className || e.tagName}: ${e.textContent}`)"""
    )
    return found


async def test_a_call_is_shown_huge_and_spoken(hall: Hall, open_wall: Open, ask: Ask, voice: dict[str, Any]) -> None:
    """The number in gold, a quarter of the screen high; counter and waiting count; then chime and sentence."""
    page = await open_wall()
    hall.issue("A012", "A013")
    await expect(lines_of(page).first).to_contain_text("2 người chờ")
    await expect(page.locator("#health")).to_have_attribute("data-sound", "full")
    hall.call("A012", 21)
    await expect(page.locator(".wall-number")).to_have_text("A012")
    await expect(page.locator(".wall-counter")).to_have_text("21")
    await expect(page.locator("#recent li")).to_have_text(["A012Quầy 21"])
    await expect(lines_of(page).first).to_contain_text("1 người chờ")
    figure = await page.evaluate(
        "() => { const n = document.querySelector('.wall-number'); const s = getComputedStyle(n);"
        " return [s.color, parseFloat(s.fontSize) * 0.72 / innerHeight]; }"
    )
    assert figure[0] == "rgb(255, 209, 102)"
    assert 0.24 < figure[1] < 0.26
    clips = ask("script", announcement={"label": "A012", "counter": 21, "again": False}, form="full")
    await expect(page.locator("html")).to_have_attribute("data-spoken", str(len(clips)))
    spoken = await page.evaluate("window.spoken")
    assert [round(one["seconds"], 2) for one in spoken] == [round(voice[clip]["seconds"], 2) for clip in clips]
    ends = [one["at"] + one["seconds"] for one in spoken]
    assert all(later["at"] >= end - 1e-6 for end, later in zip(ends, spoken[1:], strict=False))


async def test_nine_calls_at_once_are_each_seen_in_order(hall: Hall, open_wall: Open) -> None:
    """A burst queues up: every number stands on the wall by itself, with its own counter, one after the other."""
    page = await open_wall()
    numbers = [f"A{n:03}" for n in range(1, 10)]
    hall.issue(*numbers)
    await page.evaluate(
        """() => { window.shown = []; new MutationObserver(() => {
            const n = document.querySelector('.wall-number'), c = document.querySelector('.wall-counter');
            const now = n && n.textContent + ' ' + c.textContent;
            if (now && now !== window.shown[window.shown.length - 1]) window.shown.push(now);
        }).observe(document.querySelector('#stage'), {childList: true, subtree: true}); }"""
    )
    for counter, number in enumerate(numbers, 1):
        hall.call(number, counter)
    await expect(page.locator("#recent li")).to_have_count(6)
    await expect(page.locator("#recent li").first).to_have_text("A009Quầy 9")
    for _ in range(40):
        await page.clock.run_for(3000)
        if len(await page.evaluate("window.shown")) == 9:
            break
    assert await page.evaluate("window.shown") == [f"{number} {counter}" for counter, number in enumerate(numbers, 1)]


async def test_a_call_stays_six_seconds_even_without_sound(hall: Hall, open_wall: Open) -> None:
    """The second of two calls waits until the first has been seen."""
    page = await open_wall(sound=False)
    hall.issue("A001", "A002")
    await page.clock.pause_at(await page.evaluate("Date.now() + 5000"))
    hall.call("A001", 1)
    hall.call("A002", 2)
    await expect(page.locator("#recent li")).to_have_count(2)
    await page.clock.run_for(200)
    await expect(page.locator(".wall-number")).to_have_text("A001")
    await page.clock.run_for(5700)
    await expect(page.locator(".wall-number")).to_have_text("A001")
    for _ in range(30):  # what begins the six seconds takes its own time, which the paused clock does not count
        await page.clock.run_for(400)
        if await page.locator(".wall-number").text_content() == "A002":
            break
    await expect(page.locator(".wall-number")).to_have_text("A002")


async def test_a_recall_is_announced_again_at_its_new_counter(hall: Hall, open_wall: Open) -> None:
    """Called again, the number enters again, and stands once in the list."""
    page = await open_wall()
    hall.issue("A001", "A002")
    hall.call("A001", 1)
    await expect(page.locator(".wall-counter")).to_have_text("1")
    hall.ticket("recalled", "A001", "called", "called", 7)
    await page.clock.run_for(15000)
    await expect(page.locator(".wall-counter")).to_have_text("7")
    await expect(page.locator("#recent li")).to_have_text(["A001Quầy 7"])


async def test_a_call_taken_back_leaves_the_wall(hall: Hall, open_wall: Open) -> None:
    """Nobody should walk to a counter that has undone its call."""
    page = await open_wall()
    hall.issue("A001")
    hall.call("A001", 1)
    await expect(page.locator("#recent li")).to_have_count(1)
    hall.ticket("undone", "A001", "waiting", "called")
    await expect(page.locator("#recent li")).to_have_count(0)
    await expect(page.locator(".wall-number")).to_have_count(0)


async def test_without_a_touch_it_asks_for_one_and_then_sounds(hall: Hall, open_wall: Open) -> None:
    """A browser that keeps pages silent: the band says so, one press of its focused button ends it."""
    page = await open_wall(sound=False)
    await expect(page.locator("#sound")).to_be_visible()
    await expect(page.locator("#sound")).to_contain_text("Âm thanh chưa bật")
    await expect(page.locator("#unlock")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#sound")).to_be_hidden()
    await expect(page.locator("#health")).to_have_attribute("data-sound", "full")
    hall.issue("A001")
    hall.call("A001", 1)
    await expect(page.locator("html")).to_have_attribute("data-spoken", re.compile(r"\d\d"))


async def test_a_missing_clip_leaves_the_chime_and_a_word_about_it(hall: Hall, open_wall: Open) -> None:
    """The voice cannot be loaded: the chime still sounds, and the light says that this is all."""
    page = await open_wall(missing="**/voice/a.wav")
    await expect(page.locator("#health")).to_have_attribute("data-sound", "chime")
    await expect(page.locator("#health")).to_contain_text("Chỉ có tiếng chuông")
    hall.issue("A001")
    hall.call("A001", 1)
    await expect(page.locator("html")).to_have_attribute("data-spoken", "1")


async def test_a_lost_server_is_said_with_its_time_and_the_board_stays(hall: Hall, open_wall: Open) -> None:
    """Twelve silent seconds: a band says since when; the calls stay; all comes back by itself."""
    page = await open_wall()
    hall.issue("A001", "A002")
    hall.call("A001", 1)
    await expect(page.locator(".wall-number")).to_have_text("A001")
    clock = datetime.strptime(await page.locator("#clock").inner_text(), "%H:%M")  # noqa: DTZ007 - the page's own
    heard = "|".join(f"{clock + timedelta(minutes=late):%H:%M}" for late in (0, 1))  # a minute may end meanwhile
    hall.mute = True
    await page.clock.run_for(13000)
    await expect(page.locator("#foot")).to_contain_text(re.compile(f"Mất kết nối từ ({heard}) – xin nghe cán bộ gọi"))
    await expect(page.locator(".wall-number")).to_have_text("A001")
    hall.mute = False
    hall.call("A002", 2)
    await page.clock.run_for(15000)
    await expect(page.locator(".wall-number")).to_have_text("A002")
    await expect(page.locator("#foot")).not_to_contain_text("Mất kết nối")


async def test_satisfaction_names_how_many_answered(hall: Hall, open_wall: Open) -> None:
    """Never a share without its number of answers, nor answers without the visits behind them."""
    page = await open_wall()
    await expect(page.locator("#ratings")).to_have_text("Hôm nay chưa có đánh giá")
    for number in range(1, 4):
        hall.ticket("finished", f"A{number:03}", "served", "serving")
    hall.happens("rating.given", level=3, was=None, today=True)
    hall.happens("rating.given", level=1, was=None, today=True)
    await expect(page.locator("#ratings")).to_have_text("Hài lòng: 1/2 người đã đánh giá, trong 3 lượt")


async def test_the_office_clock_counts_not_the_televisions(hall: Hall, open_wall: Open) -> None:
    """The wall shows the server's time in the office's zone, whatever the television believes."""
    page = await open_wall()
    there = datetime.now(UTC) + timedelta(hours=7)
    near = {f"{there + timedelta(seconds=shift):%H:%M}" for shift in (-60, 0, 60)}
    assert await page.locator("#clock").text_content() in near
    hall.now = datetime.now(UTC) + timedelta(hours=3)
    hall.issue("A001")
    later = {f"{there + timedelta(hours=3, seconds=shift):%H:%M}" for shift in (-60, 0, 60)}
    await expect(page.locator("#clock")).to_have_text(re.compile("|".join(later)))


async def test_a_closed_office_says_when_it_opens(hall: Hall, open_wall: Open) -> None:
    """Outside the hours nobody is left guessing."""
    office = hall.board.office
    opens = datetime.now(UTC) + timedelta(hours=1)
    office.opening_now = None  # type: ignore[union-attr]
    office.opening_next = type(board_of().office.opening_now)(opens=opens, closes=opens + timedelta(hours=4))  # type: ignore[union-attr]
    page = await open_wall()
    await expect(page.locator("#stage")).to_contain_text(f"{opens + timedelta(hours=7):%H:%M}")


async def test_first_and_idle_say_what_to_expect(hall: Hall, open_wall: Open) -> None:
    """Before the first call, and when nobody waits any more, the wall is not blank."""
    page = await open_wall()
    await expect(page.locator("#stage")).to_contain_text("Số được gọi sẽ hiện ở đây")
    hall.issue("A001")
    hall.call("A001", 1)
    await expect(page.locator(".wall-number")).to_have_text("A001")
    hall.ticket("started", "A001", "serving", "called")
    hall.ticket("finished", "A001", "served", "serving")
    await page.clock.run_for(20000)
    await expect(page.locator("#stage")).to_contain_text("Chưa có ai chờ")


@pytest.mark.parametrize(("query", "sound"), [("", True), ("?lang=en", False)])
@pytest.mark.parametrize("screen", SCREENS)
async def test_everything_fits_and_nothing_jumps(
    hall: Hall, open_wall: Open, screen: str, query: str, sound: bool
) -> None:
    """Ten lines, a name of a hundred signs, six-sign labels, three-figure counters: nothing is cut, nothing moves."""
    hall.board = board_of(10, name=LONG_NAME, counters=120)
    page = await open_wall(screen, query=query, sound=sound)
    before = await lines_of(page).first.bounding_box()
    for place, (code, _, _) in enumerate(NAMES):
        hall.issue(*(f"{code}{1000 + n}" for n in range(3 + 5 * place)))
    forecast = {code: {"p50": 55, "p90": 110} for code, _, _ in NAMES}
    await hall.send(json.dumps({"forecast": forecast, "asOf": 0}))
    await expect(lines_of(page).last).to_contain_text("55–110")
    for counter in range(95, 105):
        hall.call(f"HD{1000 + counter - 95}", counter)
    for _ in range(25):
        hall.happens("rating.given", level=3, was=None, today=True)
    for number in range(180):
        hall.ticket("finished", f"A{number:03}", "served", "serving")
    await expect(page.locator("#ratings")).to_contain_text("180")
    await expect(page.locator(".wall-number")).to_have_text("HD1000")
    await page.evaluate("document.fonts.ready")
    for _ in range(3):  # one for each sentence of the ticker
        unfit = await fits(page)
        assert not unfit, "\n".join(unfit)
        await page.clock.run_for(12000)
        await hall.send('{"heartbeat": 0}')
    hall.mute = True
    await page.clock.run_for(13000)
    await expect(page.locator("#wall")).to_have_attribute("data-trouble", "offline")
    unfit = await fits(page)
    assert not unfit, "\n".join(unfit)
    assert await lines_of(page).first.bounding_box() == before
    scroll = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert tuple(scroll) == SCREENS[screen]


async def test_still_where_motion_is_unwanted(hall: Hall, open_wall: Open) -> None:
    """Under reduced motion nothing animates for longer than one frame."""
    still, moving = await open_wall(motion="reduce"), await open_wall()
    hall.issue("A001")
    hall.call("A001", 1)
    longest = """Math.max(...[...document.querySelectorAll("#wall *")].map((each) => getComputedStyle(each))
        .filter((style) => style.animationName !== "none").map((style) => parseFloat(style.animationDuration)), 0)"""
    for page in (still, moving):
        await expect(page.locator(".wall-number")).to_have_text("A001")
    assert await still.evaluate(longest) <= 0.001
    assert await moving.evaluate(longest) > 0.1, "there is nothing to leave out"


async def test_accessible(hall: Hall, open_wall: Open) -> None:
    """No finding of axe, contrast included, with a call on the wall and the band for sound."""
    page = await open_wall(sound=False)
    hall.issue("A001", "A002")
    hall.call("A001", 1)
    await expect(page.locator(".wall-number")).to_have_text("A001")
    await page.clock.run_for(1000)
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


async def test_no_name_ever(hall: Hall, open_wall: Open) -> None:
    """What else a frame may carry, the wall shows label and counter."""
    page = await open_wall()
    hall.issue("A001")
    body = {"id": "id-A001", "number": "A001", "label": "A001", "line": "A", "state": "called", "name": "Nguyễn Văn An"}
    hall.happens(
        "ticket.called",
        ticket=body,
        was={"state": "waiting", "line": "A"},
        counter={"number": 1, "name": "Quầy 1"},
        citizen={"name": "Nguyễn Văn An"},
    )
    await expect(page.locator(".wall-number")).to_have_text("A001")
    assert "Nguyễn" not in await page.content()
