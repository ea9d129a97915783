"""Web push as it goes over the wire: for one browser's eyes, signed, to push services alone, and what they answer."""

from collections.abc import AsyncIterator
from datetime import timedelta

import http_ece
import httpx
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from server.notify import push_sender
from server.notify.letters import Letter, letter_of
from server.notify.push import Subscription, encrypted, is_allowed, is_well_formed, new_key, public_key
from server.notify.push_sender import PushSender
from server.notify.rules import Kind
from server.notify.senders import NotSent
from server.notify.subscriptions import as_address
from server.settings import Settings
from tests.notify.push_service import HOSTS, Browser, PushService, claims_of, raw, text_of
from tests.notify.test_letters import ENTRY, ZONE
from tests.notify.test_rules import message
from tests.server.support import Clock
from tests.stand_ins.http import Mishap, Response

KEY = new_key()
CONTACT = "mailto:hen@motcua.example"
LINK = "https://motcua.example/a/K7QF3M2P9XWD"
DEFAULT = Settings().push_services


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    """A push service that takes what it is sent."""
    async with PushService().running() as service:
        yield service


class Gone:
    """Who has been told that a browser is gone."""

    def __init__(self) -> None:
        self.endpoints: list[str] = []

    async def __call__(self, endpoint: str) -> None:
        self.endpoints.append(endpoint)


async def its_key() -> str:
    return KEY


def to_browser(browser: Browser, kind: Kind = "confirmed", **more: object) -> Letter:
    """A letter about a booking to this browser."""
    about = message(kind, id=f"{kind:0<16.16}")
    until = ENTRY.start - timedelta(hours=2) if kind == "offered" else None
    return structs.replace(letter_of(about, as_address(browser.subscription), ENTRY, ZONE, LINK, until), **more)


async def send(told: Letter, gone: Gone | None = None, hosts: tuple[str, ...] = HOSTS) -> None:
    sender = PushSender(hosts, CONTACT, its_key, gone or Gone())
    try:
        await sender.send(told)
    finally:
        await sender.close()


def test_the_published_example_comes_out_to_the_byte() -> None:
    """RFC 8291, section 5: the same text, keys and salt make the same body."""
    private = ec.derive_private_key(
        int.from_bytes(raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    theirs = Subscription(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    body = encrypted(b"When I grow up, I want to be a watermelon", theirs, raw("DGv6ra1nlYgDCS1FRnbzlw"), private)
    assert text_of(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


async def test_one_browser_reads_it_and_the_service_knows_who_sent_it(service: PushService, clock: Clock) -> None:
    """Vietnamese words and a link without a token inside; outside how long it is worth something, and our signature."""
    browser = service.browser()
    told = to_browser(browser)
    await send(told)
    (body,), (headers,) = service.taken, service.headers
    shown = browser.read(body)
    assert shown["title"] == "Phường Bồ Đề"
    assert shown["body"].startswith("Đã đặt hẹn ")
    assert (shown["lang"], shown["link"]) == ("vi", "/a/K7QF3M2P9XWD")
    assert len(body) <= 4096
    assert b"Ph" not in body[86:]
    assert (headers["content-encoding"], headers["topic"], headers["urgency"]) == ("aes128gcm", told.id, "normal")
    assert told.expires
    assert int(headers["ttl"]) == min((told.expires - clock.at).total_seconds(), push_sender.LONGEST_TTL)
    claims, key = claims_of(headers["authorization"])
    assert key == public_key(KEY)
    assert (claims["aud"], claims["sub"]) == (service.url, CONTACT)
    assert clock.at.timestamp() < claims["exp"] <= (clock.at + timedelta(hours=24)).timestamp()
    with pytest.raises((http_ece.ECEException, InvalidTag)):
        Browser("https://push.example/other").read(body)


async def test_twice_the_same_is_never_the_same_body(service: PushService, clock: Clock) -> None:
    """Keys and salt are new each time, the topic is not: the service then keeps the newer one alone."""
    browser = service.browser()
    told = to_browser(browser)
    await send(told)
    await send(told)
    first, second = service.taken
    assert first[:86] != second[:86]
    assert browser.read(first) == browser.read(second)
    assert service.headers[0]["topic"] == service.headers[1]["topic"]


@pytest.mark.parametrize("kind", ["changed", "moved", "cancelled", "called-off", "reminder", "offered"])
async def test_every_kind_is_said_in_both_languages(service: PushService, clock: Clock, kind: Kind) -> None:
    """Whatever the outbox tells fits a telephone's screen; the hurried ones wake it."""
    browser = service.browser()
    told = to_browser(browser, kind)
    for language in ("vi", "en"):
        await send(structs.replace(told, language=language))
    vi, en = (browser.read(body) for body in service.taken)
    assert vi["body"] != en["body"]
    for shown in (vi, en):
        assert 20 < len(shown["body"]) < 180
        assert "{" not in shown["body"]
    assert service.headers[0]["urgency"] == ("high" if kind in ("moved", "called-off", "offered") else "normal")


@pytest.mark.parametrize(
    ("status", "code", "for_good", "gone"),
    [
        (404, "recipient-refused", True, True),
        (410, "recipient-refused", True, True),
        (413, "message-refused", True, False),
        (401, "set-up", False, False),
        (403, "set-up", False, False),
        (307, "busy", False, False),
        (500, "busy", False, False),
        (Mishap.HANGS_UP, "no-connection", False, False),
    ],
)
async def test_what_a_push_service_says(
    service: PushService, clock: Clock, status: int | Mishap, code: str, for_good: bool, gone: bool
) -> None:
    """A browser that is gone is forgotten; mistakes, ours and the service's, are tried again; nothing is followed."""
    elsewhere = {"location": f"{service.url}/elsewhere"}
    service.answers.append(status if isinstance(status, Mishap) else Response(status, headers=elsewhere))
    told_gone = Gone()
    browser = service.browser()
    with pytest.raises(NotSent) as failed:
        await send(to_browser(browser), told_gone)
    assert (failed.value.code, failed.value.for_good) == (code, for_good)
    assert told_gone.endpoints == ([browser.subscription.endpoint] if gone else [])
    assert browser.subscription.endpoint not in repr(failed.value)
    assert [request.path for request in service.requests] == ["/push/hoa"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("90", 90), ("99999", 4 * 3600), ("", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0), ("-5", 0), ("٣", 0)],
)
async def test_too_many_for_the_service_is_as_long_as_it_says(
    service: PushService, clock: Clock, said: str, seconds: int
) -> None:
    """429 with Retry-After is obeyed, within reason."""
    assert push_sender._pause(said) == timedelta(seconds=seconds)
    if not said.isascii():
        return  # no header can say it
    service.answers.append(Response(429, headers={"retry-after": said}))
    with pytest.raises(NotSent) as failed:
        await send(to_browser(service.browser()))
    assert (failed.value.code, failed.value.after) == ("busy", timedelta(seconds=seconds))


async def test_a_service_that_says_nothing_is_not_waited_for(
    service: PushService, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer within a step's time is none."""
    monkeypatch.setattr(push_sender, "STEP_SECONDS", 0.2)
    service.answers.append(Mishap.SAYS_NOTHING)
    with pytest.raises(NotSent, match="timeout"):
        await send(to_browser(service.browser()))


async def test_an_address_that_is_no_longer_allowed_is_asked_nothing(service: PushService, clock: Clock) -> None:
    """Also what was stored before: the setting of today counts, and the browser is forgotten."""
    gone = Gone()
    with pytest.raises(NotSent, match="recipient-refused"):
        await send(to_browser(service.browser()), gone, ("fcm.googleapis.com",))
    assert service.requests == []
    assert len(gone.endpoints) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QOb",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAA%3d",
        "https://FCM.googleapis.com:443/fcm/send/abc",
    ],
)
def test_the_push_services_of_the_browsers_are_known(endpoint: str) -> None:
    """Chrome's, Firefox's, Safari's and Edge's."""
    assert is_allowed(endpoint, DEFAULT)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com:8443/fcm/send/abc",
        "https://fcm.googleapis.com@10.0.0.1/",
        "https://user@fcm.googleapis.com/",
        "https://fcm.googleapis.com.evil.example/",
        "https://evilfcm.googleapis.com/",
        "https://notify.windows.com.evil.example/",
        "https://evilnotify.windows.com/",
        "https://notify.windows.com/",
        "https://10.0.0.1/", "https://[::1]/", "https://127.0.0.1/", "http://localhost:9200/", "https://169.254.169.254/",
        "https://fcm.googleapis.com\\@10.0.0.1/", "https://fcm.googleapis.com\t/", "file:///etc/passwd", "",
        "//fcm.googleapis.com/", "https://fcm.googleapis.com:99999/", "https://[fcm.googleapis.com/",
        "https://fçm.googleapis.com/", "https:///fcm",
    ],
)  # fmt: skip
def test_nothing_else_is_ever_asked(endpoint: str) -> None:
    """Addresses come from strangers: neither our own network, nor a name that only looks alike, nor plain http."""
    assert not is_allowed(endpoint, DEFAULT)


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["https://", "http://", "", "https://fcm.googleapis.com", "https:\\\\"]))
def test_whatever_is_typed_is_answered(text: str, before: str) -> None:
    """Nonsense is refused, not stumbled over; what is let in leads to a host that we know."""
    address = before + text
    if is_allowed(address, DEFAULT):
        assert httpx.URL(address).host in DEFAULT or httpx.URL(address).host.endswith(
            (".push.apple.com", ".notify.windows.com")
        )


def test_keys_that_nothing_can_be_encrypted_for_are_known() -> None:
    """Too short, no point of the curve, no base64; only whole keys are taken."""
    good = Browser("https://push.example/").subscription
    assert is_well_formed(good)
    for p256dh, auth in (("", good.auth), (good.p256dh[:-4], good.auth), (good.p256dh, "AAAA"), (good.p256dh, "")):
        assert not is_well_formed(structs.replace(good, p256dh=p256dh, auth=auth))
    for p256dh in (text_of(b"\x04" + bytes(64)), "?" * 87, "ệ" * 87, text_of(b"\x00")):
        assert not is_well_formed(structs.replace(good, p256dh=p256dh))


@pytest.mark.parametrize("key", ["", "abc", "A" * 43, text_of(b"\xff" * 32), text_of(bytes(31))])
def test_what_is_no_key_to_sign_with_is_said(key: str) -> None:
    """The wrong length, zero, or beyond the curve's order."""
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of them, it is said when the server starts
        public_key(key)
