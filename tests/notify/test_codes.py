"""A browser without scripts in a rush: a code by message stands for the work that it cannot do."""

import re
from email.message import EmailMessage
from typing import Any

import pytest

from server.booking import service, service_code
from server.booking.service_gate import stranger
from server.booking.tables import Appointment, BookingCode
from server.db import Database
from server.errors import Refusal
from server.journal.frames import head_seq
from server.notify.senders import EmailSender, HttpGateway
from server.notify.service import Post
from server.wire import Citizen
from tests.booking.small import OFFICE, everything, open_small_office, time, token_of, wanted
from tests.notify.stand_ins import ADDRESS, EMAIL, MAIL_FROM, Gateway, Mailbox, states
from tests.notify.test_pages import WHO, held
from tests.server.support import Clock, House, house_of

HOA = Citizen(name="Lê Thị Hoa", phone="0912000001", email=EMAIL)
NAM = Citizen(name="Lê Văn Nam", phone="0912000002")


@pytest.fixture
async def strict(database: Database, clock: Clock) -> Database:
    """The small office with a challenge for everybody, on each engine."""
    await open_small_office(challenge="always", challenge_difficulty="1000")
    return database


@pytest.fixture
def by_mail(strict: Database, mailbox: Mailbox) -> Post:
    """This process sends by mail."""
    post = Post({"email": EmailSender(mailbox.url, MAIL_FROM)}, ADDRESS, chance=lambda: 0.5)
    post.open()
    return post


@pytest.fixture
def by_sms(strict: Database, gateway: Gateway) -> Post:
    """This process sends by SMS."""
    post = Post({"sms": HttpGateway(gateway.url, "token")}, ADDRESS, chance=lambda: 0.5)
    post.open()
    return post


def code_in(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    found = re.search(r"\b\d{6}\b", str(part.get_content()))
    assert found
    return found[0]


async def a_hold(hour: int = 10) -> Any:
    return await service.book(wanted(time(hour, days=1)), None)


async def send(hold: Any, citizen: Citizen = HOA, network: str = "203.0.113.7") -> str:
    who = await stranger(network)
    return await service_code.send(hold.reference, await token_of(hold), citizen, who)


# --- the whole way, on the pages -------------------------------------------------------------------------------


async def test_without_scripts_a_code_comes_by_mail_and_makes_the_booking(
    furnished_url: str, clock: Clock, mailbox: Mailbox
) -> None:
    """A wrong code is said beside its field, the right one books, and nothing typed is lost on the way."""
    async with house_of(furnished_url, smtp_url=mailbox.url, mail_from=MAIL_FROM) as house:
        await open_small_office(challenge="always", challenge_difficulty="1000")
        client, path = await held(house, 2)
        bare = await client.post(path, data=WHO)
        assert bare.status_code == 428
        assert 'id="email-error"' in bare.text
        asked = await client.post(path, data=WHO | {"email": EMAIL})
        assert asked.status_code == 428
        assert 'name="code"' in asked.text
        assert EMAIL in asked.text
        assert 'value="Lê Thị Hoa"' in asked.text
        mail = await mailbox.next()
        assert mail["To"] == EMAIL
        assert not [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
        code = code_in(mail)
        wrong = await client.post(path, data=WHO | {"email": EMAIL, "code": f"{(int(code) + 1) % 10**6:06}"})
        assert wrong.status_code == 403
        assert 'id="code-error"' in wrong.text
        done = await client.post(path, data=WHO | {"email": EMAIL, "code": f" {code[:3]} {code[3:]} "})
        assert done.url.path == path.removesuffix("/who")
        again = await client.post(path, data=WHO | {"email": EMAIL, "code": code})
        assert again.url.path == done.url.path  # pressed twice, the code is spent and the booking made
        assert (await mailbox.next())["Subject"].startswith("Đã đặt hẹn")
        assert await Appointment.count().where(Appointment.state == "confirmed") == 1


async def test_in_ordinary_times_no_code_is_asked_for(furnished_url: str, clock: Clock, mailbox: Mailbox) -> None:
    """With `rush`, a browser without scripts books as ever while nobody hurries."""
    async with house_of(furnished_url, smtp_url=mailbox.url, mail_from=MAIL_FROM) as house:
        await open_small_office(challenge="rush")
        client, path = await held(house, 2)
        done = await client.post(path, data=WHO)
        assert done.url.path == path.removesuffix("/who")


async def test_where_nothing_can_be_sent_the_page_says_what_to_do(house: House) -> None:
    """Switch scripts on, call, or come: said in words, with the office's number, and the time stays held."""
    await open_small_office(challenge="always", hotline="024 3827 0000")
    client, path = await held(house, 2)
    for language, words in (("vi", "Xin bật JavaScript"), ("en", "switch JavaScript on")):
        stuck = await client.post(f"{path}?lang={language}", data=WHO)
        assert stuck.status_code == 428
        assert words in stuck.text
        assert "024 3827 0000" in stuck.text
        assert 'name="code"' not in stuck.text
    assert [each.state for each in await everything()] == ["held"]


async def test_a_failed_solution_brings_a_fresh_challenge_not_a_code(
    furnished_url: str, clock: Clock, mailbox: Mailbox
) -> None:
    """Whose browser does run scripts is asked to press again, and no message is sent."""
    async with house_of(furnished_url, smtp_url=mailbox.url, mail_from=MAIL_FROM) as house:
        await open_small_office(challenge="always", challenge_difficulty="1000")
        client, path = await held(house, 2)
        answer = await client.post(path, data=WHO | {"email": EMAIL, "solution": "eyJubyI6MX0="})
        assert answer.status_code == 428
        assert "data-challenge=" in answer.text
        assert 'name="code"' not in answer.text
        assert await BookingCode.count() == 0


# --- the code --------------------------------------------------------------------------------------------------


async def test_a_code_is_good_once_and_for_its_person(by_mail: Post, mailbox: Mailbox) -> None:
    """It is refused for another telephone and address, accepted once, and then over."""
    hold = await a_hold()
    await send(hold)
    await by_mail.deliver_due()
    code = code_in(await mailbox.next())
    with pytest.raises(Refusal, match="code-wrong"):
        await service_code.check(hold.reference, NAM, code)
    await service_code.check(hold.reference, HOA, code)
    with pytest.raises(Refusal, match="code-over"):
        await service_code.check(hold.reference, HOA, code)


async def test_a_code_cannot_be_guessed(by_mail: Post, mailbox: Mailbox) -> None:
    """After five wrong tries the right one is no longer taken; another hold's never is."""
    hold, other = await a_hold(), await a_hold(11)
    await send(hold)
    await by_mail.deliver_due()
    code = code_in(await mailbox.next())
    with pytest.raises(Refusal, match="code-over"):
        await service_code.check(other.reference, HOA, code)
    for number in range(service_code.TRIES):
        with pytest.raises(Refusal, match="code-wrong"):
            await service_code.check(hold.reference, HOA, f"{(int(code) + 1 + number) % 10**6:06}")
    with pytest.raises(Refusal, match="code-over"):
        await service_code.check(hold.reference, HOA, code)


async def test_a_code_ends_with_its_hold(by_mail: Post, mailbox: Mailbox, clock: Clock) -> None:
    """When the time is no longer held the code is over, and one not yet sent is not sent any more."""
    hold = await a_hold()
    await send(hold)
    await by_mail.deliver_due()
    code = code_in(await mailbox.next())
    later = await a_hold(11)
    await send(later)
    clock.forward(minutes=11)
    await by_mail.deliver_due()
    with pytest.raises(Refusal, match="code-over"):
        await service_code.check(hold.reference, HOA, code)
    assert ("code", "dropped", "superseded") in await states()
    assert len(mailbox.letters) == 1


async def test_a_newer_code_takes_the_older_ones_place(by_sms: Post, gateway: Gateway) -> None:
    """Asked for another one, the first is neither sent any more nor accepted; the telephone gets a short text."""
    hold = await a_hold()
    assert await send(hold, NAM) == "sms"
    await by_sms.deliver_due()
    first = gateway.sent[0]
    assert first["template"] == "code"
    assert first["to"] == "+84912000002"
    assert first["values"]["code"] in first["text"]
    await send(hold, NAM)
    await send(hold, NAM)
    await by_sms.deliver_due()
    assert len(gateway.sent) == 2
    with pytest.raises(Refusal, match="code-wrong"):
        await service_code.check(hold.reference, NAM, first["values"]["code"])
    await service_code.check(hold.reference, NAM, gateway.sent[1]["values"]["code"])


async def test_nobody_can_have_a_telephone_ring_all_day(by_sms: Post, clock: Clock) -> None:
    """Three codes for a hold, five an hour to a telephone, whoever asks; refused, nothing is written."""
    holds = [await a_hold(9 + number) for number in range(3)]
    for _ in range(service_code.PER_HOLD):
        await send(holds[0], NAM)
    before = await head_seq(OFFICE), await everything()
    with pytest.raises(Refusal, match="too-many-codes"):
        await send(holds[0], NAM)
    for _ in range(service_code.PER_RECIPIENT - service_code.PER_HOLD):
        await send(holds[1], NAM, "198.51.100.9")
    with pytest.raises(Refusal, match="too-many-codes"):
        await send(holds[2], NAM, "192.0.2.1")
    assert (await head_seq(OFFICE), [each.state for each in await everything()]) == (before[0], ["held"] * 3)
    clock.forward(minutes=61)
    assert await send(await a_hold(15), NAM) == "sms"


async def test_asking_for_a_code_names_nobody(by_sms: Post) -> None:
    """A hold for which a code was sent is still nobody's: it cannot be confirmed past the code over the API."""
    hold = await a_hold()
    await send(hold, NAM)
    with pytest.raises(Refusal, match="bad-name"):
        await service.confirm(hold.reference, await token_of(hold))


async def test_the_code_itself_is_stored_nowhere(by_sms: Post, gateway: Gateway) -> None:
    """Neither table nor outbox holds the code, the telephone of whom it is for, or a network's address."""
    hold = await a_hold()
    await send(hold, NAM)
    await by_sms.deliver_due()
    code = gateway.sent[0]["values"]["code"]
    row = str(await BookingCode.select())
    assert code not in row.replace(hold.reference, "")
    for personal in ("912000002", "203.0.113"):
        assert personal not in row
