"""A kiosk's touch screen before a test: its page on a port, a scanner's strokes, and what is wrong to look at."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from kiosk.agent import Agent
from kiosk.app import create_app
from tests.browser.hall import type_with_times
from tests.serving import serving

PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]},
    "rules": {"color-contrast-enhanced": {"enabled": True}},  # 7:1 on a kiosk
}
SMALLEST = 72
MISSHAPEN = """(smallest) => {
  const wrong = [];
  const seen = [...document.querySelectorAll("button, input")].filter((one) => one.offsetParent && !one.hidden);
  const boxes = seen.map((one) => ({ one, box: one.getBoundingClientRect() }));
  for (const { one, box } of boxes) {
    const name = one.textContent.trim() || one.tagName;
    if (box.height < smallest - 0.5) wrong.push(`${name}: ${box.height} high`);
    if (box.left < 0 || box.right > innerWidth + 0.5) wrong.push(`${name}: over the side`);
    if (box.bottom > innerHeight + 0.5) wrong.push(`${name}: below the screen`);
    if (one.scrollWidth > one.clientWidth + 1) wrong.push(`${name}: words wider than it`);
  }
  for (const inner of document.querySelectorAll(".line > *, .tool > *")) {
    const box = inner.getBoundingClientRect(), outer = inner.parentElement.getBoundingClientRect();
    const out = box.top < outer.top || box.bottom > outer.bottom || box.left < outer.left || box.right > outer.right;
    if (out) wrong.push(`${inner.textContent.trim()}: outside its button`);
  }
  if (document.documentElement.scrollHeight > innerHeight) wrong.push("the page scrolls");
  return wrong;
}"""
EARS = "window.EventSource = class extends EventSource { constructor(...all) { super(...all); window.ears = this; } }"
OpenScreen = Callable[..., Awaitable[Page]]


@asynccontextmanager
async def on_a_port(agent: Agent) -> AsyncIterator[str]:
    """The kiosk's page on a real port; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = create_app(agent, port)
    config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    async with serving(config, listener):
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            agent.hang_up()


async def scan(page: Page, text: str) -> None:
    """Types as a scanner does: far faster than a hand, with Enter at the end."""
    await type_with_times(page, f"{text}\r")


async def hear_from_agent(page: Page) -> None:
    """Waits until the page has heard its agent's next word: with its clock far ahead it would think the agent gone."""
    await page.evaluate("new Promise((done) => window.ears.addEventListener('state', () => done(), { once: true }))")


async def faults(page: Page, *, with_axe: bool) -> list[str]:
    """What is too small, outside or cut, and what axe finds with 7:1 contrast."""
    if not with_axe:
        return list(await page.evaluate(MISSHAPEN, SMALLEST))
    results = await Axe().run(page, options=AXE)
    found = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in results.response["violations"]]
    return [*await page.evaluate(MISSHAPEN, SMALLEST), *found]
