"""What people on a waiting list are told: by mail and by telephone, in their language, once, with a link that works."""

import re

import pytest

from server.booking import service as booking
from server.booking import service_waiting
from server.booking.rules_waiting import Entry
from server.notify.senders import EmailSender, HttpGateway
from server.notify.service import Post
from tests.booking.small import COPY, OFFICE, person
from tests.booking.waiting import accepts, at, full_day, gives_up, offer_to, open_office, the_day
from tests.notify.stand_ins import ADDRESS, MAIL_FROM, Calendar, Gateway, Mailbox, words
from tests.server.support import Clock


@pytest.fixture
def post(database: object, clock: Clock, mailbox: Mailbox, gateway: Gateway) -> Post:
    """This process's part: it sends by mail and by SMS."""
    return Post({"email": EmailSender(mailbox.url, MAIL_FROM), "sms": HttpGateway(gateway.url, "sms")}, ADDRESS)


async def waits(who: int, email: str | None, language: str = "vi") -> Entry:
    wish = service_waiting.WaitingWish(
        office=OFFICE, day=the_day(), procedures=[COPY], language="en" if language == "en" else "vi"
    )
    return await service_waiting.join(wish, person(who, email=email))


async def test_each_is_told_once_in_his_language(clock: Clock, post: Post, mailbox: Mailbox, gateway: Gateway) -> None:
    """Mail and SMS name time, deadline and link; the link is the offer's own; once taken, a calendar comes along."""
    await open_office()
    day = await full_day()
    first, second = await waits(1, "hoa@thu.example"), await waits(2, None, "en")
    post.open()
    await gives_up(day[at(10)])
    await post.deliver_due()
    await post.deliver_due()
    mail = await mailbox.next()
    offer = await offer_to(first)
    assert offer is not None
    assert mail["To"] == "hoa@thu.example"
    assert mail["Subject"].startswith("Có giờ trống 10:00, thứ Tư, 25/11/2026 tại Phường Nhỏ")
    assert "đến 09:30, thứ Hai, 23/11/2026" in words(mail)
    link = re.search(rf"{re.escape(ADDRESS)}/a/(\w+)\?k=(\w+)", words(mail))
    assert link is not None
    assert (link[1], await booking.access(link[1], token=link[2])) == (offer.reference, (offer, link[2]))
    assert all(part.get_content_type() != "text/calendar" for part in mail.walk())
    told = [sms for sms in gateway.sent if "offered" in str(sms)]
    assert (len(mailbox.letters), len(told)) == (1, 1)
    assert "+84912000001" in str(told[0])

    await gives_up(offer)
    await post.deliver_due()
    told = [sms for sms in gateway.sent if "offered" in str(sms)]
    assert len(told) == 2
    assert "+84912000002" in str(told[1])
    assert "has become free and is kept for you until 09:30, Monday" in str(told[1])
    passed_on = await offer_to(second)
    assert passed_on is not None
    await accepts(passed_on)
    await gives_up(day[at(11)])
    await post.deliver_due()
    again = await offer_to(first)
    assert again is not None
    await accepts(again)
    await post.deliver_due()
    assert [mail["Subject"][:12] for mail in mailbox.letters] == ["Có giờ trống", "Có giờ trống", "Đã đặt hẹn 1"]
    calendar = Calendar()
    calendar.read(mailbox.letters[-1])
    assert calendar.entries == [at(11)]


async def test_an_offer_that_has_passed_is_not_told(clock: Clock, post: Post, mailbox: Mailbox) -> None:
    """A mail that could not be sent before the deadline is dropped: nobody is called to a time that is gone."""
    await open_office()
    day = await full_day()
    await waits(1, "hoa@thu.example")
    post.open()
    await gives_up(day[at(10)])
    mailbox.moods.append("busy")
    await post.deliver_due()
    clock.forward(minutes=30)
    await post.deliver_due()
    assert mailbox.letters == []
