"""Being told on one's telephone, in a real browser: asked only at the press, a no respected, shown by the worker.

No push service can be reached from here, so the browser's own subscribing is stood in for; all else is the real thing.
"""

import asyncio
import json
import re
from typing import Any

from playwright.async_api import CDPSession, Page, expect

from server.notify.push import new_key, public_key
from tests.browser.site import BIRTH, Site, is_well_made, to_a_booking, to_a_held_time, to_the_times
from tests.server.support import OFFICE, soon

SUBSCRIBING = """
    const made = %s;
    let subscribed = false;
    const subscription = { endpoint: made.endpoint, toJSON: () => made, unsubscribe: async () => true };
    PushManager.prototype.subscribe = async () => { subscribed = true; return subscription; };
    const known = () => subscribed || localStorage.getItem("subscribed");
    PushManager.prototype.getSubscription = async () => (known() ? subscription : null);
    Notification.requestPermission = ((ask) => () => {
      globalThis.asked = (globalThis.asked ?? 0) + 1;
      return ask.call(Notification);
    })(Notification.requestPermission);
"""


SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map((each) => [each.title, each.body, each.lang, each.data.link])"""
IS_SHOWN = f"async (wanted) => JSON.stringify(await ({SHOWN})()) === JSON.stringify(wanted)"


async def booking(site: Site) -> Page:
    """The page of a booking that has just been made."""
    page = await site.page(f"/book/{OFFICE}?procedure={BIRTH}")
    made = {
        "endpoint": "https://fcm.googleapis.com/fcm/send/of-hoa",
        "keys": {"p256dh": public_key(new_key()), "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
    }
    await page.context.add_init_script(SUBSCRIBING % json.dumps(made))
    await to_the_times(page)
    await to_a_held_time(page)
    await to_a_booking(page)
    return page


async def worker_of(page: Page) -> tuple[CDPSession, str]:
    """The page's worker as the browser's tools know it: a session to speak to it, and its registration."""
    session = await page.context.new_cdp_session(page)
    told: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue()
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: told.put_nowait(event["registrations"]))
    await session.send("ServiceWorker.enable")
    await page.wait_for_function("navigator.serviceWorker.ready")
    found: list[dict[str, Any]] = []
    while not found:
        found = await soon(told.get())
    return session, str(found[-1]["registrationId"])


async def test_a_no_is_respected_and_explained(site: Site) -> None:
    """Nobody is asked before the press; where the browser says no, the page says how to allow it and keeps nothing."""
    page = await booking(site)
    ask = page.get_by_role("button", name="Báo cho tôi trên điện thoại này")
    await expect(ask).to_be_visible()
    assert await page.evaluate("globalThis.asked") is None
    await ask.click()
    await expect(page.locator("#push [role=status]")).to_contain_text("cho phép thông báo")
    assert await page.evaluate("globalThis.asked") == 1
    assert await page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    await expect(ask).to_be_visible()
    await is_well_made(page)


async def test_a_yes_is_kept_and_what_is_pushed_is_shown(site: Site) -> None:
    """Press, allow: the page says that it is on, also when opened again; a push is shown; one more press ends it."""
    page = await booking(site)
    await page.context.grant_permissions(["notifications"])
    ask, stop = page.locator("[data-push=ask]"), page.locator("[data-push=stop]")
    await ask.click()
    await expect(page.locator("#push [role=status]")).to_contain_text("sẽ báo cho ông/bà")
    await expect(stop).to_be_focused()
    await page.evaluate("localStorage.setItem('subscribed', '1')")
    await page.reload()
    await expect(stop).to_be_visible()
    await expect(ask).to_be_hidden()
    await is_well_made(page)

    session, registration = await worker_of(page)
    told = {"title": "Phường Bồ Đề", "lang": "vi", "tag": "K7QF", "link": "/a/K7QF3M2P9XWD"}
    for body in ("Nhắc hẹn: 10:00", "Đã đổi"):
        data = {"origin": site.address, "registrationId": registration, "data": json.dumps(told | {"body": body})}
        await session.send("ServiceWorker.deliverPushMessage", data)
        # One after the other, and alone: the second takes the first one's place.
        await page.wait_for_function(IS_SHOWN, arg=[[told["title"], body, told["lang"], told["link"]]])

    await stop.click()
    await expect(page.locator("#push [role=status]")).to_contain_text("không báo nữa")
    await page.reload()
    await expect(ask).to_be_visible()


async def test_where_the_browser_cannot_nothing_is_offered(site: Site) -> None:
    """Without a push manager, or without scripts, there is no button that would do nothing."""
    page = await booking(site)
    address = page.url
    await page.context.add_init_script("delete window.PushManager")
    await page.goto(address)
    await expect(page.locator("h1")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    await expect(page.locator("#push")).to_be_hidden()
    assert re.search("/a/[0-9A-Z]{12}$", address)
