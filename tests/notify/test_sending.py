"""Emptying the outbox on both engines: each message once, in the person's language, tried again in due course."""

import asyncio
from datetime import timedelta

import pytest

from server.booking import service as booking
from server.booking.service_person import forget_people
from server.db import DatabaseUnavailable, transaction
from server.journal.append import office_change
from server.notify import outbox, service
from server.notify.letters import Letter
from server.notify.rules import MOST_TRIES
from server.notify.senders import EmailSender, HttpGateway, NotSent
from server.notify.service import Post
from server.notify.tables import Outbox
from tests.booking.small import OFFICE, time
from tests.notify.stand_ins import (
    ADDRESS,
    EMAIL,
    MAIL_FROM,
    Calendar,
    Gateway,
    Mailbox,
    booked_by,
    states,
    stored,
    with_email,
    words,
)
from tests.server.support import Clock, soon

pytestmark = pytest.mark.usefixtures("office")


@pytest.fixture
def post(office: object, mailbox: Mailbox) -> Post:
    """This process's part: it sends by mail, and its waits are exactly their steps."""
    post = Post({"email": EmailSender(mailbox.url, MAIL_FROM)}, ADDRESS, chance=lambda: 0.5)
    post.open()
    return post


async def test_a_booking_is_confirmed_reminded_changed_and_cancelled(
    clock: Clock, post: Post, mailbox: Mailbox
) -> None:
    """A person's mails over the days: each once, with a link that opens the booking, and a calendar that follows."""
    calendar = Calendar()
    found = await with_email(10, days=3)
    token = await booking.manage_token(found)
    await post.deliver_due()
    mail = await mailbox.next()
    assert mail["Subject"] == "Đã đặt hẹn 10:00, thứ Năm, 26/11/2026 tại Phường Nhỏ"
    assert f"{ADDRESS}/a/{found.reference}?k={token}" in words(mail)
    assert await booking.access(found.reference, token=token)
    calendar.read(mail)
    assert calendar.entries == [found.starts_at]

    clock.at = found.starts_at - timedelta(days=1, milliseconds=1)
    await post.deliver_due()
    assert len(mailbox.letters) == 1
    clock.forward(milliseconds=1)
    await post.deliver_due()
    assert (await mailbox.next())["Subject"] == "Nhắc hẹn: 10:00, thứ Năm, 26/11/2026 tại Phường Nhỏ"

    moved = await booking.change(found.reference, token, time(15, days=2))
    await post.deliver_due()
    calendar.read(mailbox.letters[2])
    assert calendar.entries == [moved.starts_at]
    await booking.cancel(found.reference, token)
    await post.deliver_due()
    calendar.read(mailbox.letters[3])
    assert calendar.entries == []
    assert f"{ADDRESS}/\n" in words(mailbox.letters[3]).replace("\r\n", "\n")
    clock.forward(days=30)
    await post.deliver_due()
    assert len(mailbox.letters) == 4
    assert {mail["To"] for mail in mailbox.letters} == {EMAIL}
    assert len({mail["Message-ID"] for mail in mailbox.letters}) == 4


async def test_in_the_person_s_language(post: Post, mailbox: Mailbox) -> None:
    """English to who booked in English; the calendar's words, too."""
    await with_email(10, language="en")
    await post.deliver_due()
    mail = await mailbox.next()
    assert mail["Subject"].startswith("Booked: 10:00, Thursday")
    assert mail["Content-Language"] == "en"
    assert Calendar().read(mail).vevent.summary.value == "Appointment at Small ward"


async def test_what_has_changed_meanwhile_is_not_told(clock: Clock, post: Post, mailbox: Mailbox) -> None:
    """A confirmation that could not be sent before the change is dropped, and so is the old time's reminder."""
    found = await with_email(10, days=3)
    await booking.change(found.reference, await booking.manage_token(found), time(10, days=5))
    await post.deliver_due()
    assert [mail["Subject"].split(" ")[1] for mail in mailbox.letters] == ["đổi"]
    clock.local(10, days=2)
    await post.deliver_due()
    assert len(mailbox.letters) == 1
    assert sorted(await states()) == [
        ("changed", "sent", None),
        ("confirmed", "dropped", "superseded"),
        ("reminder", "dropped", "superseded"),
        ("reminder", "waiting", None),
    ]


async def test_who_has_been_forgotten_is_told_nothing(clock: Clock, post: Post, mailbox: Mailbox) -> None:
    """Once contact data is erased, what still waits is dropped, as is what comes after the visit."""
    await with_email(10, 1, days=1)
    mailbox.moods.append("busy")
    await post.deliver_due()
    clock.forward(days=3)
    await forget_people()
    await post.deliver_due()
    assert mailbox.letters == []
    assert {state[1:] for state in await states()} == {("dropped", "expired")}


async def test_busy_servers_are_tried_again_later_and_later(clock: Clock, post: Post, mailbox: Mailbox) -> None:
    """After each failure it waits its step, not a moment less; then it is sent, under the identity of the first try."""
    await with_email(days=6)
    for tries, (mood, code) in enumerate((("busy", "busy"), ("drop", "no-connection"), ("busy", "busy")), start=1):
        mailbox.moods.append(mood)  # type: ignore[arg-type]
        await post.deliver_due()
        row = next(row for row in await stored() if row["kind"] == "confirmed")
        assert (row["state"], row["tries"], row["code"]) == ("waiting", tries, code)
        assert row["due_at"] == clock.at + timedelta(seconds=30) * 2 ** (tries - 1)
        clock.at = row["due_at"] - timedelta(milliseconds=1)
        asked = mailbox.asked.qsize()
        await post.deliver_due()
        assert mailbox.asked.qsize() == asked
        clock.forward(milliseconds=1)
    await post.deliver_due()
    (mail,) = mailbox.letters
    assert mail["Message-ID"] == f"<{row['id']}@motcua.example>"
    assert ("confirmed", "sent", None) in await states()


async def test_after_twelve_tries_it_has_failed_until_staff_say_again(
    clock: Clock, post: Post, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    """It ends, is counted, says why; one press starts it anew. The log names message and code, and nobody."""
    await with_email(days=6)
    for _ in range(MOST_TRIES):
        mailbox.moods.append("busy")
        await post.deliver_due()
        clock.forward(hours=5)
    assert ("confirmed", "failed", "busy") in await states()
    assert await outbox.in_trouble(OFFICE) == (1, 0)
    assert await outbox.in_trouble("other") == (0, 0)
    failed = (await outbox.listed(OFFICE, "failed", 10))[0]
    # The mailbox of these tests writes a log of its own, where another test has turned logging up.
    said = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("server"))
    assert f"message {failed.id} by email failed: busy" in said
    for personal in (EMAIL, "912000001", "Hoà"):
        assert personal not in said
    await service.try_again(OFFICE, failed.id)
    await post.deliver_due()
    assert mailbox.letters[0]["Message-ID"] == f"<{failed.id}@motcua.example>"
    assert await outbox.in_trouble(OFFICE) == (0, 0)


async def test_an_address_that_does_not_exist_is_not_tried_twice(post: Post, mailbox: Mailbox) -> None:
    """A refusal for good fails at once, and staff see why."""
    await with_email()
    mailbox.moods.append("nobody")
    await post.deliver_due()
    assert ("confirmed", "failed", "recipient-refused") in await states()
    listed = await service.messages(OFFICE, "failed", 10, "vi")
    assert (listed.failed, listed.retrying) == (1, 0)
    assert listed.messages[0].reason == "Nơi nhận từ chối: địa chỉ hoặc số điện thoại không đúng."


async def test_one_that_hangs_does_not_keep_the_others_waiting(post: Post, mailbox: Mailbox) -> None:
    """While a letter is stuck, those of other people go out, also one that was written meanwhile."""
    mailbox.moods.append("silent")
    await with_email(10, 1)
    delivering = asyncio.create_task(post.deliver_due())
    await soon(mailbox.asked.get())
    await with_email(14, 2, email="hai@thu.example")
    assert (await mailbox.next())["To"] == "hai@thu.example"
    mailbox.go_on.set()
    assert (await mailbox.next())["To"] == EMAIL
    await soon(delivering)
    assert [state for kind, state, _ in await states() if kind == "confirmed"] == ["sent", "sent"]


async def test_no_transaction_is_open_while_sending(post: Post, mailbox: Mailbox) -> None:
    """Others can write, on SQLite too, while a mail server takes its time."""
    mailbox.moods.append("silent")
    found = await with_email()
    delivering = asyncio.create_task(post.deliver_due())
    await soon(mailbox.asked.get())
    async with transaction():
        await Outbox.update({Outbox.language: "en"}).where(Outbox.reference == found.reference)
    mailbox.go_on.set()
    await soon(delivering)
    assert ("confirmed", "sent", None) in await states()


async def test_a_claimed_message_is_nobody_else_s_until_its_lease_ends(
    clock: Clock, post: Post, mailbox: Mailbox
) -> None:
    """Whoever claimed it and died: for the time of a lease nobody touches it, then somebody sends it."""
    await with_email()
    taken = await outbox.claim(["email"], clock.at)
    assert taken is not None
    clock.forward(milliseconds=outbox.LEASE // timedelta(milliseconds=1) - 1)
    await post.deliver_due()
    assert mailbox.letters == []
    clock.forward(milliseconds=1)
    await post.deliver_due()
    assert len(mailbox.letters) == 1
    await outbox.settle(taken, "failed", "timeout")  # the first one wakes up too late
    assert ("confirmed", "sent", None) in await states()


async def test_who_dies_of_a_message_every_time_does_so_twelve_times(clock: Clock, post: Post) -> None:
    """A message that kills its sender does not do so for ever: it fails when it was claimed often enough."""
    await with_email(days=6)
    for _ in range(MOST_TRIES):
        assert await outbox.claim(["email"], clock.at) is not None
        clock.forward(seconds=outbox.LEASE.total_seconds())
    await post.deliver_due()
    assert ("confirmed", "failed", "internal") in await states()


async def test_that_it_was_sent_is_remembered_though_the_database_blinks(
    post: Post, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When writing it down fails it is tried again: otherwise the person would get the same mail twice."""
    monkeypatch.setattr(service, "SETTLE_AGAIN", (0.0, 0.0))
    settle, failures = outbox.settle, [DatabaseUnavailable("away"), DatabaseUnavailable("away")]

    async def blinking(*given: object) -> None:
        if failures:
            raise failures.pop()
        await settle(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "settle", blinking)
    await with_email()
    await post.deliver_due()
    assert ("confirmed", "sent", None) in await states()
    assert len(mailbox.letters) == 1


async def test_who_has_no_messenger_gets_an_sms(clock: Clock, gateway: Gateway) -> None:
    """What the messenger says nobody has goes out as SMS at once; what it merely cannot do now waits for it."""
    ways = {"zalo": HttpGateway(f"{gateway.url}?zalo", "z"), "sms": HttpGateway(gateway.url, "s")}
    post = Post(ways, ADDRESS, chance=lambda: 0.5)  # type: ignore[arg-type]
    post.open()
    await booked_by(time(10, days=3), 1)
    gateway.answers += [503]
    await post.deliver_due()
    assert gateway.sent == []
    clock.forward(minutes=1)
    gateway.answers += [404]
    await post.deliver_due()
    await post.close()
    assert [headers["authorization"] for headers in gateway.headers] == ["Bearer z", "Bearer z", "Bearer s"]
    assert (gateway.sent[0]["to"], gateway.sent[0]["template"]) == ("+84912000001", "confirmed")
    assert [(row["channel"], row["state"]) for row in await stored() if row["kind"] == "confirmed"] == [("sms", "sent")]


async def test_what_the_office_does_is_told_as_the_office_s_doing(post: Post, mailbox: Mailbox) -> None:
    """A booking that was moved for somebody is announced with an apology and a way to choose another time."""
    found = await with_email()
    await post.deliver_due()
    async with office_change(OFFICE, "officer:an") as here:
        await outbox.announce(here, found, "moved")
    await post.deliver_due()
    assert "mong ông/bà thông cảm" in words(mailbox.letters[1])


class Broken:
    """A sender with a mistake in it, that would tell an address."""

    async def send(self, letter: Letter) -> None:
        raise KeyError(letter.to)

    async def close(self) -> None:
        raise NotSent("internal")


async def test_a_broken_sender_is_said_without_what_it_said(
    clock: Clock, caplog: pytest.LogCaptureFixture, office: object
) -> None:
    """A mistake of ours is logged by its kind alone, and the message waits for a better version."""
    post = Post({"email": Broken()}, ADDRESS, chance=lambda: 0.5)
    post.open()
    await with_email()
    await post.deliver_due()
    assert "KeyError" in caplog.text
    assert EMAIL not in caplog.text
    assert ("confirmed", "waiting", "internal") in await states()


class Watched(Post):
    """One that tells how long it would sleep, and sleeps until there is news."""

    def __init__(self, url: str) -> None:
        super().__init__({"email": EmailSender(url, MAIL_FROM)}, ADDRESS, chance=lambda: 0.0)
        self.slept: asyncio.Queue[float] = asyncio.Queue()

    async def _rest(self, seconds: float) -> None:
        self.slept.put_nowait(seconds)
        await self._news.wait()


async def test_the_running_task_wakes_for_news_and_for_what_falls_due(mailbox: Mailbox, office: object) -> None:
    """It sleeps until a commit that wrote a message, and no longer than until the next one is due; no busy looking."""
    post = Watched(mailbox.url)
    post.open()
    running = asyncio.create_task(post.run())
    assert await soon(post.slept.get()) == service.LOOK_SECONDS
    await with_email()
    await mailbox.next()
    assert await soon(post.slept.get()) == service.LOOK_SECONDS
    mailbox.moods.append("busy")
    await with_email(14, 2)
    assert await soon(post.slept.get()) == 22.5
    assert post.slept.empty()
    running.cancel()
    await asyncio.wait({running})


async def test_what_is_under_way_is_finished_when_the_server_stops(mailbox: Mailbox, office: object) -> None:
    """A letter that the mail server is just taking is not forgotten to have been sent."""
    post = Watched(mailbox.url)
    post.open()
    mailbox.moods.append("silent")
    await with_email()
    running = asyncio.create_task(post.run())
    await soon(mailbox.asked.get())
    running.cancel()
    mailbox.go_on.set()
    await soon(asyncio.wait({running}))
    assert ("confirmed", "sent", None) in await states()
