"""Being told on one's telephone, from the press of the button to the message, on both engines."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from server.booking import service as booking
from server.booking import tables
from server.booking.rules_states import Appointment
from server.booking.service_person import forget_people
from server.journal.append import office_change
from server.journal.tables import Event
from server.notify import outbox, service
from server.notify.push_sender import push_of
from server.notify.service import Post
from server.notify.subscriptions import forget_subscriptions
from server.notify.tables import PushSubscription
from server.settings import Settings
from tests.booking.small import OFFICE, open_small_office, person, time, wanted
from tests.notify.push_service import Browser, PushService, claims_of
from tests.notify.stand_ins import ADDRESS, states, stored
from tests.server.support import Clock, House, house_of, ok, refused
from tests.stand_ins.http import Mishap, Response


@pytest.fixture
async def pushing() -> AsyncIterator[PushService]:
    """A push service that takes what it is sent."""
    async with PushService().running() as made:
        yield made


@pytest.fixture
async def there(furnished_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """The server, which knows the push service of these tests alone, and the small office.

    It sends nothing by itself: the test says when.
    """

    async def rest(_post: Post) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Post, "run", rest)
    async with house_of(furnished_url, push_hosts="127.0.0.1") as house:
        await open_small_office()
        yield house


@pytest.fixture
def post(there: House) -> Post:
    """Another process's part, whose waits are exactly their steps."""
    return Post(push_of(Settings(push_hosts="127.0.0.1")), ADDRESS, chance=lambda: 0.5)


class Person:
    """Somebody with a booking, on their own telephone."""

    def __init__(self, house: House, found: Appointment, token: str, browser: Browser) -> None:
        self.found = found
        self.token = token
        self.browser = browser
        self.client = house.client(token)

    @property
    def path(self) -> str:
        return f"/api/push/{self.found.reference}"

    async def press(self) -> httpx.Response:
        return await self.client.put(self.path, json=self.browser.body)


async def somebody(house: House, pushing: PushService, *, days: int = 3, who: int = 1, language: str = "vi") -> Person:
    """A confirmed booking some days ahead, and the telephone it was made on."""
    held = await booking.book(wanted(time((10, 11, 14)[who - 1], days=days), language=language), person(who))
    found = await booking.confirm(held.reference, await booking.manage_token(held))
    return Person(house, found, await booking.manage_token(found), pushing.browser(f"of-{who}"))


async def subscriptions() -> list[str]:
    return [row["reference"] for row in await PushSubscription.select().order_by(PushSubscription.reference)]


async def kinds() -> list[tuple[str, str]]:
    """(kind, state) of what is to be pushed, in the order of writing."""
    return [(row["kind"], row["state"]) for row in await stored() if row["channel"] == "push"]


async def test_who_presses_is_reminded_and_told_of_every_change(
    there: House, post: Post, pushing: PushService, clock: Clock
) -> None:
    """From then on: not of what the page said already, but the reminder, the change and the cancellation, each once."""
    mine = await somebody(there, pushing)
    await post.deliver_due()
    assert await kinds() == []
    ok(await mine.press(), 204)
    ok(await mine.press(), 204)
    assert await kinds() == [("reminder", "waiting")]
    clock.at = mine.found.starts_at - timedelta(days=1)
    await post.deliver_due()
    await booking.change(mine.found.reference, mine.token, time(15, days=2))
    await post.deliver_due()
    await booking.cancel(mine.found.reference, mine.token)
    await post.deliver_due()
    shown = [mine.browser.read(body) for body in pushing.taken]
    assert [each["body"][:12] for each in shown] == ["Nhắc hẹn: 10", "Lịch hẹn đã ", "Đã hủy lịch "]
    assert {each["link"] for each in shown} == {f"/a/{mine.found.reference}"}
    assert mine.token not in str(shown)
    assert len({headers["topic"] for headers in pushing.headers}) == 3
    assert len({claims_of(headers["authorization"])[1] for headers in pushing.headers}) == 1
    clock.forward(days=20)
    await post.deliver_due()
    assert len(pushing.taken) == 3


async def test_in_the_language_it_was_booked_in(there: House, post: Post, pushing: PushService) -> None:
    """English to who booked in English."""
    mine = await somebody(there, pushing, language="en")
    ok(await mine.press(), 204)
    await booking.cancel(mine.found.reference, mine.token)
    await post.deliver_due()
    assert "is cancelled" in mine.browser.read(pushing.taken[0])["body"]


async def test_only_who_holds_the_booking_s_token_can_have_it_told(there: House, pushing: PushService) -> None:
    """Neither somebody else's token nor none; nothing is stored, and nothing can be taken away."""
    mine, other = await somebody(there, pushing), await somebody(there, pushing, who=2)
    for client in (other.client, there.client()):
        refused(await client.put(mine.path, json=mine.browser.body), "no-such-booking", 404)
    assert await subscriptions() == []
    ok(await mine.press(), 204)
    refused(await other.client.delete(mine.path), "no-such-booking", 404)
    assert await subscriptions() == [mine.found.reference]
    ok(await mine.client.delete(mine.path), 204)
    assert await subscriptions() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"endpoint": "https://10.0.0.1/push"}, "bad-subscription"),
        ({"endpoint": "https://fcm.googleapis.com/fcm/send/x"}, "bad-subscription"),
        ({"p256dh": "AAAA"}, "bad-subscription"),
        ({"auth": ""}, "bad-subscription"),
        ({"endpoint": "https://127.0.0.1/" + "x" * 1000}, "invalid"),
        ({"extra": "1"}, "invalid"),
    ],
)
async def test_what_is_no_subscription_is_refused(
    there: House, pushing: PushService, change: dict[str, str], code: str
) -> None:
    """Addresses that are no push service we know, keys that are none, too much of either: nothing is kept or asked."""
    mine = await somebody(there, pushing)
    answer = await mine.client.put(mine.path, json=mine.browser.body | change)
    refused(answer, code, answer.status_code)
    assert answer.status_code in (400, 422)
    assert await subscriptions() == []
    assert pushing.requests == []


async def test_a_booking_that_is_over_is_told_of_no_more(there: House, pushing: PushService, clock: Clock) -> None:
    """Cancelled or begun: there is nothing left to tell."""
    mine, other = await somebody(there, pushing), await somebody(there, pushing, who=2)
    await booking.cancel(mine.found.reference, mine.token)
    refused(await mine.press(), "already-cancelled", 409)
    clock.at = other.found.starts_at
    refused(await other.press(), "already-started", 409)


async def test_a_browser_that_is_gone_is_forgotten_with_all_its_bookings(
    there: House, post: Post, pushing: PushService
) -> None:
    """410 once: the subscription goes, staff see that it failed, and nobody pushes there again."""
    mine, second = await somebody(there, pushing), await somebody(there, pushing, who=2)
    second.browser = mine.browser
    other = await somebody(there, pushing, who=3)
    for each in (mine, second, other):
        ok(await each.press(), 204)
    pushing.answers.append(410)
    await booking.cancel(mine.found.reference, mine.token)
    await post.deliver_due()
    assert ("cancelled", "failed", "recipient-refused") in await states()
    assert await subscriptions() == [other.found.reference]
    listed = await service.messages(OFFICE, "failed", 10, "vi")
    assert [(message.channel, message.code) for message in listed.messages] == [("push", "recipient-refused")]
    await booking.cancel(second.found.reference, second.token)
    await service.try_again(OFFICE, listed.messages[0].id)
    await post.deliver_due()
    assert len(pushing.requests) == 1
    assert ("cancelled", "dropped", "expired") in await states()


async def test_a_service_that_is_busy_is_tried_again_no_sooner_than_it_says(
    there: House, post: Post, pushing: PushService, clock: Clock
) -> None:
    """429 with a Retry-After longer than our own step; 500 and a dropped line with our own; then it comes, once."""
    mine = await somebody(there, pushing, days=5)
    ok(await mine.press(), 204)
    await booking.change(mine.found.reference, mine.token, time(15, days=6))
    for answer, wait in (
        (Response(429, headers={"retry-after": "600"}), 600),
        (500, 60),
        (Mishap.HANGS_UP, 120),
    ):
        pushing.answers.append(answer)
        await post.deliver_due()
        row = next(row for row in await stored() if row["kind"] == "changed")
        assert row["due_at"] == clock.at + timedelta(seconds=wait)
        clock.at = row["due_at"]
    await post.deliver_due()
    assert len(pushing.taken) == 1
    assert len({headers["topic"] for headers in pushing.headers}) == 1
    assert ("changed", "sent", None) in await states()


async def test_it_dies_with_the_contact_data_and_was_never_in_the_journal(
    there: House, pushing: PushService, clock: Clock
) -> None:
    """Kept while the booking's telephone is; gone with it; no event ever held an address or a key."""
    mine = await somebody(there, pushing, days=2)
    ok(await mine.press(), 204)
    await forget_people()
    await forget_subscriptions()
    assert await subscriptions() == [mine.found.reference]
    clock.forward(days=5)
    await forget_people()
    await forget_subscriptions()
    assert await subscriptions() == []
    journal = str(await Event.select(Event.body))
    assert mine.browser.subscription.endpoint not in journal
    assert mine.browser.subscription.auth not in journal


async def test_who_waits_for_a_day_is_offered_a_time_on_the_telephone(
    there: House, post: Post, pushing: PushService, clock: Clock
) -> None:
    """The press was on the page of the place in line; the offer leads back there, where that browser is known."""
    mine = await somebody(there, pushing)
    entry = "WAITING00001"
    await tables.Appointment.update(
        {
            tables.Appointment.waiting_entry: entry, tables.Appointment.state: "held",
            tables.Appointment.held_until: clock.at + timedelta(minutes=30),
        }
    ).where(tables.Appointment.reference == mine.found.reference)  # fmt: skip
    its = mine.browser.subscription
    await PushSubscription.insert(
        PushSubscription(reference=entry, endpoint=its.endpoint, p256dh=its.p256dh, auth=its.auth, created_at=clock.at)
    )
    offered = await booking.with_reference(mine.found.reference)
    assert offered is not None
    async with office_change(OFFICE, "system") as here:
        await outbox.announce(here, offered, "offered")
    await post.deliver_due()
    shown = mine.browser.read(pushing.taken[0])
    assert shown["link"] == f"/w/{entry}"
    assert shown["body"].startswith("Có giờ trống 10:00")


async def test_where_nothing_is_pushed_nothing_is_offered(
    furnished_url: str, clock: Clock, pushing: PushService
) -> None:
    """Without push services, or by plain http: no button, and a refusal for who asks all the same."""
    async with house_of(furnished_url, push_hosts="") as house:
        await open_small_office()
        mine = await somebody(house, pushing)
        refused(await mine.press(), "push-off", 409)
        page = await mine.client.get(f"/a/{mine.found.reference}", headers={"Accept": "text/html"})
        assert 'id="push"' not in page.text
    assert not Settings(public_url="http://hen.example").may_push
    assert Settings(public_url="https://hen.example").may_push


async def test_the_worker_comes_from_the_root_under_a_strict_policy(there: House) -> None:
    """One script of our own, for the whole site, and nothing from elsewhere."""
    answer = await there.client().get("/push.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
    assert "https://" not in answer.text
