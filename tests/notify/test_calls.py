"""The telephone in a pocket: told of a call once, at once or not at all, as long as it is wanted; on both engines."""

# ruff: noqa: F811 (fixtures of another module)

import json
from io import BytesIO

import httpx
import pytest
from PIL import Image

from server.catalogue.tables import Setting
from server.journal.tables import Event
from server.notify import service
from server.notify.service import Post
from server.notify.subscriptions import forget_subscriptions
from server.notify.tables import PushSubscription
from tests.notify.push_service import Browser, PushService
from tests.notify.stand_ins import states
from tests.notify.test_push_sending import post, pushing, there  # noqa: F401 (fixtures)
from tests.server.support import OFFICE, Clock, House, Json, act, call, house_of, ok, refused, take


class Holder:
    """Somebody with a number from the kiosk, and the telephone that follows it."""

    def __init__(self, house: House, ticket: Json, browser: Browser) -> None:
        self.ticket = ticket
        self.browser = browser
        self.client = house.client()
        self.path = f"/api/tickets/{ticket['followToken']}/push"

    async def press(self) -> httpx.Response:
        return await self.client.put(self.path, json=self.browser.body)


async def holder(house: House, pushing: PushService, name: str = "hoa", **more: object) -> Holder:
    """Somebody who has taken a number."""
    return Holder(house, await take(await house.device(), **more), pushing.browser(name))


async def called(house: House, pushing: PushService) -> tuple[Holder, httpx.AsyncClient]:
    """Somebody who has asked to be told, and the desk that has just called the number."""
    mine = await holder(house, pushing)
    ok(await mine.press(), 204)
    desk = await house.officer(counter=2)
    await call(desk)
    return mine, desk


async def told() -> list[str]:
    """What somebody's browser is told of."""
    return [row["reference"] for row in await PushSubscription.select()]


async def test_a_call_reaches_the_pocket(
    there: House,
    post: Post,
    pushing: PushService,
    clock: Clock,
) -> None:
    """Number and counter, at once and once; called again, once more; nothing about anybody else's call."""
    mine = await holder(there, pushing)
    other = await take(await there.device())
    ok(await mine.press(), 204)
    ok(await mine.press(), 204)
    desk = await there.officer(counter=2)
    await call(desk)
    await post.deliver_due()
    await post.deliver_due()
    clock.forward(seconds=20)
    await act(desk, mine.ticket, "recall")
    await post.deliver_due()
    await act(desk, mine.ticket, "start")
    await act(desk, mine.ticket, "finish")
    assert (await call(desk))["id"] == other["id"]
    await post.deliver_due()
    shown = [mine.browser.read(body) for body in pushing.taken]
    assert [each["body"] for each in shown] == ["Số A001: mời đến quầy 2"] * 2
    assert {each["link"] for each in shown} == {f"/t/{mine.ticket['followToken']}"}
    assert len({each["tag"] for each in shown}) == 1
    assert {headers["urgency"] for headers in pushing.headers} == {"high"}
    assert [headers["ttl"] for headers in pushing.headers] == ["120", "120"]
    assert len({headers["topic"] for headers in pushing.headers}) == 2


async def test_in_the_language_of_the_number(there: House, post: Post, pushing: PushService) -> None:
    """English to who took the number in English."""
    mine = await holder(there, pushing, language="en")
    ok(await mine.press(), 204)
    await call(await there.officer(counter=2))
    await post.deliver_due()
    assert mine.browser.read(pushing.taken[0])["body"] == "Number A001: please go to counter 2"


async def test_a_practised_call_says_so(there: House, post: Post, pushing: PushService) -> None:
    """Its title begins with the word; before and after practice it is the office's name alone."""
    await Setting.delete().where((Setting.office == OFFICE) & (Setting.key == "sample"))  # no made-up office
    huong, desk = await there.officer("huong.bode"), await there.officer(counter=2)
    titles = []
    for method in ("DELETE", "PUT", "DELETE"):
        ok(await huong.request(method, "/api/office/practice"), 200)
        mine = await holder(there, pushing, name=f"{len(titles)}")
        ok(await mine.press(), 204)
        await call(desk)
        await post.deliver_due()
        titles.append(mine.browser.read(pushing.taken[-1])["title"])
        await act(desk, mine.ticket, "start")
        await act(desk, mine.ticket, "finish")
    assert titles == ["Phường Bồ Đề", "Luyện tập · Phường Bồ Đề", "Phường Bồ Đề"]


@pytest.mark.parametrize(
    ("then", "code"),
    [("late", "expired"), ("start", "superseded"), ("undo", "superseded"), ("miss", "superseded")],
)
async def test_a_call_that_is_over_is_told_to_nobody(
    there: House,
    post: Post,
    pushing: PushService,
    clock: Clock,
    then: str,
    code: str,
) -> None:
    """Two minutes late, or answered, taken back or given up meanwhile: worse than none."""
    mine, desk = await called(there, pushing)
    if then == "late":
        clock.forward(minutes=2)
    else:
        await act(desk, mine.ticket, then)
    await post.deliver_due()
    assert pushing.taken == []
    assert await states() == [("called", "dropped", code)]


async def test_of_two_calls_the_newest_alone_is_told(
    there: House, post: Post, pushing: PushService, clock: Clock
) -> None:
    """Called again before the first call had gone out: one message, with all of its time."""
    mine, desk = await called(there, pushing)
    clock.forward(seconds=20)
    await act(desk, mine.ticket, "recall")
    await post.deliver_due()
    assert [headers["ttl"] for headers in pushing.headers] == ["120"]
    assert sorted(state for _, state, _ in await states()) == ["dropped", "sent"]


async def test_a_service_that_is_busy_gets_a_second_chance_within_the_time(
    there: House,
    post: Post,
    pushing: PushService,
    clock: Clock,
) -> None:
    """Half a minute later it comes, with what is left of its time; past that it is given up, and troubles no staff."""
    mine, desk = await called(there, pushing)
    pushing.answers.append(503)
    await post.deliver_due()
    clock.forward(seconds=30)
    await post.deliver_due()
    assert len(pushing.taken) == 1
    assert pushing.headers[-1]["ttl"] == "90"
    await act(desk, mine.ticket, "recall")
    pushing.answers.extend([503, 503, 503])
    for wait in (0, 30, 60, 120):
        clock.forward(seconds=wait)
        await post.deliver_due()
    assert len(pushing.taken) == 1
    assert sorted(await states()) == [("called", "dropped", "expired"), ("called", "sent", None)]
    assert (await service.messages(OFFICE, "failed", 10, "vi")).failed == 0


async def test_a_browser_that_is_gone_is_forgotten(
    there: House,
    post: Post,
    pushing: PushService,
) -> None:
    """410 once: nobody pushes there again, and nobody at reception has to do anything about it."""
    mine = await holder(there, pushing)
    ok(await mine.press(), 204)
    pushing.answers.append(410)
    await call(await there.officer(counter=2))
    await post.deliver_due()
    assert await told() == []
    assert await states() == [("called", "dropped", "recipient-refused")]


async def test_only_who_holds_the_number_can_have_it_told(
    there: House,
    post: Post,
    pushing: PushService,
) -> None:
    """A guessed token, an address that is no push service, a number that is over: refused, and nothing is kept."""
    mine = await holder(there, pushing)
    stranger = await mine.client.put("/api/tickets/000000000000/push", json=mine.browser.body)
    refused(stranger, "no-such-ticket", 404)
    elsewhere = mine.browser.body | {"endpoint": "https://10.0.0.1/push"}
    refused(await mine.client.put(mine.path, json=elsewhere), "bad-subscription", 422)
    ok(await mine.client.post(f"/api/tickets/{mine.ticket['followToken']}/withdraw"))
    refused(await mine.press(), "wrong-state", 409)
    assert await told() == []
    assert pushing.headers == []


async def test_one_telephone_per_number_until_its_holder_says_stop(
    there: House,
    post: Post,
    pushing: PushService,
) -> None:
    """The newest one alone is told; after Thôi báo none; without a press nothing is even written down."""
    mine = await holder(there, pushing)
    old = mine.browser
    ok(await mine.press(), 204)
    mine.browser = pushing.browser("new")
    ok(await mine.press(), 204)
    desk = await there.officer(counter=2)
    await call(desk)
    await post.deliver_due()
    assert mine.browser.read(pushing.taken[0])["lang"] == "vi"
    assert old.subscription.endpoint not in str(await PushSubscription.select())
    ok(await mine.client.delete(mine.path), 204)
    await act(desk, mine.ticket, "miss")
    await act(desk, mine.ticket, "return")
    await call(desk)
    await post.deliver_due()
    assert len(pushing.taken) == 1
    assert len(await states()) == 1


async def test_it_dies_with_the_number_and_was_never_in_the_journal(
    there: House,
    pushing: PushService,
    clock: Clock,
) -> None:
    """Kept while the number is open, gone once it is over, and at once with the paper that a reprint replaces."""
    mine, lost = await holder(there, pushing), await holder(there, pushing, "lost")
    for each in (mine, lost):
        ok(await each.press(), 204)
    ok(await (await there.officer("lan.bode")).post(f"/api/reception/tickets/{lost.ticket['id']}/reprint"))
    await forget_subscriptions()
    assert await told() == [mine.ticket["id"]]
    desk = await there.officer(counter=2)
    await call(desk)
    await act(desk, mine.ticket, "start")
    await forget_subscriptions()
    assert await told() == [mine.ticket["id"]]
    await act(desk, mine.ticket, "finish")
    await forget_subscriptions()
    assert await told() == []
    journal = str(await Event.select(Event.body))
    assert mine.browser.subscription.endpoint not in journal
    assert mine.browser.subscription.auth not in journal


async def test_where_nothing_is_pushed_nothing_is_offered(
    furnished_url: str,
    clock: Clock,
    pushing: PushService,
) -> None:
    """Without push services: no button, and a refusal for who asks all the same."""
    async with house_of(furnished_url, push_hosts="") as house:
        mine = await holder(house, pushing)
        refused(await mine.press(), "push-off", 409)
        page = await mine.client.get(f"/t/{mine.ticket['followToken']}", headers={"Accept": "text/html"})
        assert 'id="push"' not in page.text


async def test_a_telephone_can_keep_the_page_on_its_home_screen(there: House, pushing: PushService) -> None:
    """Which iPhones ask for before they push: a manifest with icons of ours that opens the page it was kept from."""
    mine = await holder(there, pushing)
    page = await mine.client.get(f"/t/{mine.ticket['followToken']}", headers={"Accept": "text/html"})
    assert "manifest-src 'self'" in page.headers["content-security-policy"]
    address = page.text.split('<link rel="manifest" href="')[1].split('"')[0]
    answer = await mine.client.get(address)
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = json.loads(answer.text)
    assert manifest["display"] == "standalone"
    assert "start_url" not in manifest
    for icon in manifest["icons"]:
        picture = Image.open(BytesIO((await mine.client.get(f"/static/{icon['src']}")).content))
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
