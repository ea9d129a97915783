"""Mail over a real SMTP server, SMS over a real HTTP gateway: what they are handed, and what their refusals mean."""

import asyncio
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from msgspec import structs

from server.cli import main
from server.notify import senders
from server.notify.letters import Letter, letter_of
from server.notify.rules import Kind
from server.notify.senders import EmailSender, HttpGateway, NotSent, senders_of
from server.phrases import Language
from server.settings import Settings
from tests.notify.stand_ins import EMAIL, MAIL_FROM, Calendar, Gateway, Mailbox, Mood, mailbox_of, words
from tests.notify.test_letters import ENTRY, LINK, ZONE
from tests.notify.test_rules import message
from tests.stand_ins.http import Mishap

START = ENTRY.start


def letter(
    kind: Kind = "confirmed", sequence: int = 0, start: datetime = START, to: str = EMAIL, language: Language = "vi"
) -> Letter:
    """One about the booking of ENTRY."""
    stage = "cancelled" if kind in ("cancelled", "called-off") else "confirmed"
    entry = structs.replace(ENTRY, sequence=sequence, start=start, end=start + timedelta(minutes=30), stage=stage)
    about = message(kind, sequence=sequence, language=language, id=f"{kind:0<12.12}{sequence:04}")
    return letter_of(about, to, entry, ZONE, LINK)


async def test_a_mail_says_it_in_words_and_brings_an_invitation(mailbox: Mailbox) -> None:
    """From the office, to the person, in Vietnamese with all its accents; its calendar part fits to its words."""
    sent = letter()
    await EmailSender(mailbox.url, MAIL_FROM).send(sent)
    mail = await mailbox.next()
    assert mail["Subject"] == sent.subject
    assert mail["From"] == f"Phường Bồ Đề <{MAIL_FROM}>"
    assert (mail["To"], mail["Message-ID"]) == (EMAIL, f"<{sent.id}@motcua.example>")
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "vi")
    assert mail.get_content_type() == "multipart/alternative"
    assert words(mail).replace("\r\n", "\n") == sent.text
    calendar = Calendar().read(mail)
    event = calendar.vevent
    assert (calendar.method.value, event.uid.value) == ("REQUEST", f"{ENTRY.reference}@motcua.example")
    assert (event.dtstart.value, event.dtend.value) == (START, START + timedelta(minutes=30))
    assert (event.organizer.value, event.attendee.value) == (f"mailto:{MAIL_FROM}", f"mailto:{EMAIL}")
    assert event.attendee.rsvp_param == "FALSE"
    assert "?k=" not in calendar.serialize(), "calendars are shared: the link that opens the booking is not in them"


async def test_a_calendar_follows_the_booking(mailbox: Mailbox) -> None:
    """The change moves the one entry, the cancellation takes it out; a straggler brings nothing back."""
    sender, calendar = EmailSender(mailbox.url, MAIL_FROM), Calendar()
    later = START + timedelta(days=1)
    for told in (letter(), letter("changed", 1, later), letter("cancelled", 2, later)):
        await sender.send(told)
    first, second, third = [await mailbox.next() for _ in range(3)]
    calendar.read(first)
    assert calendar.entries == [START]
    calendar.read(second)
    assert calendar.entries == [later]
    calendar.read(third)
    assert calendar.entries == []
    calendar.read(second)
    assert calendar.entries == []


async def test_a_reminder_is_words_alone(mailbox: Mailbox) -> None:
    """It changes nothing in a calendar, so it brings none."""
    await EmailSender(mailbox.url, MAIL_FROM).send(letter("reminder"))
    mail = await mailbox.next()
    assert mail.get_content_type() == "text/plain"
    assert LINK in words(mail)


@pytest.mark.parametrize(
    ("mood", "code", "for_good"),
    [
        ("busy", "busy", False),
        ("nobody", "recipient-refused", True),
        ("no-such-text", "message-refused", True),
        ("drop", "no-connection", False),
        ("bad-sender", "set-up", False),
    ],
)
async def test_what_a_mail_server_says(mailbox: Mailbox, mood: Mood, code: str, for_good: bool) -> None:
    """5xx about the person or the text is for good, anything else may be different later; no address is repeated."""
    mailbox.moods.append(mood)
    with pytest.raises(NotSent) as failed:
        await EmailSender(mailbox.url, MAIL_FROM).send(letter())
    assert (failed.value.code, failed.value.for_good) == (code, for_good)
    assert EMAIL not in repr(failed.value)
    assert failed.value.__cause__ is None
    assert mailbox.letters == []


async def test_a_mail_server_that_says_nothing_is_not_waited_for(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step has its time, and an answer that does not come in it is none."""
    monkeypatch.setattr(senders, "STEP_SECONDS", 0.2)
    mailbox.moods.append("silent")
    with pytest.raises(NotSent, match="timeout"):
        await EmailSender(mailbox.url, MAIL_FROM).send(letter())


async def test_where_nobody_listens() -> None:
    """A server that is away is no connection, by mail and by HTTP."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    for sender in (EmailSender(f"smtp://127.0.0.1:{port}", MAIL_FROM), HttpGateway(f"http://127.0.0.1:{port}/", "t")):
        with pytest.raises(NotSent, match="no-connection"):
            await sender.send(letter())
        await sender.close()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_mail_server_that_asks_for_a_password() -> None:
    """The right one lets in; the wrong one is our set-up's fault, not the letter's."""
    async with mailbox_of(password="mật khẩu@") as mailbox:
        address = f"127.0.0.1:{mailbox.port}"
        await EmailSender(f"smtp://hen:m%E1%BA%ADt%20kh%E1%BA%A9u%40@{address}", MAIL_FROM).send(letter())
        assert len(mailbox.letters) == 1
        with pytest.raises(NotSent, match="set-up") as failed:
            await EmailSender(f"smtp://hen:wrong@{address}", MAIL_FROM).send(letter())
        assert not failed.value.for_good


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_password_leaves_this_machine_only_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    """To a server elsewhere that offers no encryption neither password nor letter is sent."""
    monkeypatch.setattr(senders, "LOOPBACK", frozenset[str]())
    async with mailbox_of(password="word") as mailbox:
        with pytest.raises(NotSent, match="set-up"):
            await EmailSender(f"smtp://hen:word@127.0.0.1:{mailbox.port}", MAIL_FROM).send(letter())
        assert mailbox.signed_in == []


async def test_addresses_beyond_ascii_go_where_they_are_known() -> None:
    """A server that takes them gets them; to one that does not, nobody has that address."""
    accented = letter(to="hoà@thư.example")
    async with mailbox_of() as mailbox:
        await EmailSender(mailbox.url, MAIL_FROM).send(accented)
        assert (await mailbox.asked.get(), mailbox.letters[0]["To"]) == ("hoà@xn--th-e0a.example",) * 2
    async with mailbox_of(utf8=False) as mailbox:
        with pytest.raises(NotSent, match="recipient-refused"):
            await EmailSender(mailbox.url, MAIL_FROM).send(accented)


@pytest.mark.parametrize("address", ["a\r\nBcc: b@c.example@d.example", "no address", "a@b.example, c@d.example"])
async def test_what_is_no_address_is_written_to_nobody(mailbox: Mailbox, address: str) -> None:
    """Whatever got into the table, it adds no header and no second recipient."""
    with pytest.raises(NotSent, match="recipient-refused"):
        await EmailSender(mailbox.url, MAIL_FROM).send(letter(to=address))
    assert mailbox.asked.empty()


async def test_the_gateway_gets_template_values_and_text(gateway: Gateway) -> None:
    """The documented body, under the token and a key that stays the same however often it is tried."""
    sent = letter(to="+84912000001")
    sender = HttpGateway(gateway.url, "s3cret")
    await sender.send(sent)
    await sender.close()
    assert gateway.sent == [
        {
            "id": sent.id, "to": "+84912000001", "template": "confirmed", "language": "vi",
            "values": {
                "office": "Phường Bồ Đề", "time": "09:15", "date": "thứ Tư, 25/11/2026",
                "reference": "K7QF-3M2P-9XWD", "link": LINK,
            },
            "text": sent.short,
        }
    ]  # fmt: skip
    assert gateway.headers[0]["authorization"] == "Bearer s3cret"
    assert gateway.headers[0]["idempotency-key"] == sent.id


@pytest.mark.parametrize(
    ("status", "code", "for_good"),
    [
        (404, "recipient-refused", True),
        (410, "recipient-refused", True),
        (400, "message-refused", True),
        (422, "message-refused", True),
        (401, "set-up", False),
        (403, "set-up", False),
        (429, "busy", False),
        (302, "busy", False),
        (500, "busy", False),
        (503, "busy", False),
        (Mishap.HANGS_UP, "no-connection", False),
    ],
)
async def test_what_a_gateway_says(gateway: Gateway, status: int | Mishap, code: str, for_good: bool) -> None:
    """Each answer means what the contract says; one that hangs up may be there later."""
    gateway.answers.append(status)
    sender = HttpGateway(gateway.url, "token")
    with pytest.raises(NotSent) as failed:
        await sender.send(letter(to="+84912000001"))
    await sender.close()
    assert (failed.value.code, failed.value.for_good) == (code, for_good)
    assert "912000001" not in repr(failed.value)


def test_only_what_is_set_up_is_a_way() -> None:
    """Nothing set, no way; each address makes its own."""
    assert senders_of(Settings()) == {}
    mail = Settings(smtp_url="smtps://user:word@mail.example", mail_from=MAIL_FROM)
    assert set(senders_of(mail)) == {"email"}
    all_of_them = structs.replace(mail, zalo_url="https://zalo.example/", sms_url="http://127.0.0.1:9/sms")
    assert set(senders_of(all_of_them)) == {"email", "zalo", "sms"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_url": "mail.example", "mail_from": MAIL_FROM},
        {"smtp_url": "https://mail.example", "mail_from": MAIL_FROM},
        {"smtp_url": "smtp://mail.example"},
        {"smtp_url": "smtp://mail.example", "mail_from": "somebody"},
        {"smtp_url": "smtp://mail.example", "mail_from": "a@b.example, c@d.example"},
        {"sms_url": "sms.example"},
        {"sms_url": "http://sms.example/"},
    ],
)
def test_what_cannot_be_right_is_said_at_the_start(wrong: dict[str, str]) -> None:
    """A server set up wrongly does not start: telephones would be sent in clear, or nothing at all."""
    with pytest.raises(ValueError, match="must be"):
        senders_of(Settings(**wrong))


def test_the_command_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """`motcua serve` ends as for any wrong usage, in one sentence."""
    monkeypatch.setenv("MOTCUA_SMTP_URL", "mail.example")
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 2
    assert "MOTCUA_SMTP_URL must be smtp://" in result.output
