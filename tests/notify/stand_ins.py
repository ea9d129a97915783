"""The other side: an SMTP server and an HTTP gateway that misbehave when told to, and a calendar that reads mail."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as mail_rules
from typing import Any, Literal

import vobject
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from server.booking import service as booking
from server.booking.rules_states import Appointment
from server.notify.tables import Outbox
from tests.booking.small import person, time, wanted
from tests.server.support import soon
from tests.stand_ins.http import HttpService, Request

MAIL_FROM = "hen@motcua.example"
ADDRESS = "https://motcua.example"
EMAIL = "hoa@thu.example"

Mood = Literal["well", "busy", "nobody", "no-such-text", "drop", "silent", "bad-sender"]


class Mailbox:
    """A mail server's inside: what it took, and in which mood it meets the next letters (well, when not told)."""

    def __init__(self) -> None:
        self.moods: deque[Mood] = deque()
        self.letters: list[EmailMessage] = []
        self.taken: asyncio.Queue[EmailMessage] = asyncio.Queue()
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.go_on = asyncio.Event()
        self.signed_in: list[bool] = []
        self.port = 0
        self._mood: Mood = "well"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._mood = self.moods.popleft() if self.moods else "well"
        if self._mood == "bad-sender":
            return "553 5.7.1 not from you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.put_nowait(address)
        if self._mood == "busy":
            return f"451 4.3.0 <{address}>: try again later"
        if self._mood == "nobody":
            return f"550 5.1.1 <{address}>: no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._mood == "silent":
            await self.go_on.wait()
        if self._mood == "drop":
            assert server.transport is not None
            server.transport.abort()
            return "451 dropped"
        if self._mood == "no-such-text":
            return "554 5.6.0 not like this"
        assert envelope.original_content is not None
        letter = BytesParser(policy=mail_rules).parsebytes(envelope.original_content)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.taken.put_nowait(letter)
        return "250 OK"

    async def next(self) -> EmailMessage:
        """The next letter that comes."""
        return await soon(self.taken.get())


@asynccontextmanager
async def mailbox_of(password: str | None = None, *, utf8: bool = True) -> AsyncIterator[Mailbox]:
    """A mail server in this loop, on a port of its own; with a password it asks for one."""
    mailbox = Mailbox()

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        mailbox.signed_in.append(given.password == (password or "").encode())
        return AuthResult(success=mailbox.signed_in[-1], handled=False)

    def protocol() -> SMTP:
        return SMTP(
            mailbox, hostname="mail.example", enable_SMTPUTF8=utf8, loop=asyncio.get_running_loop(),
            auth_required=password is not None, auth_require_tls=False, authenticator=check,
        )  # fmt: skip

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        mailbox.go_on.set()
        server.close()


class Gateway(HttpService):
    """A message gateway. `sent` are the messages it took."""

    PATH = "/send"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []

    def answer(self, request: Request) -> int:
        """200: the message is on its way."""
        self.sent.append(json.loads(request.body))
        return 200


class Calendar:
    """Somebody's calendar that follows the rules of RFC 5546: what comes by mail adds, moves and takes out entries."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Any]] = {}

    def read(self, letter: EmailMessage) -> Any:
        """Act upon a letter's calendar part; returns it as another library than its writer reads it."""
        part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
        content = vobject.readOne(part.get_content())
        assert part.get_param("method") == content.method.value
        event = content.vevent
        sequence = int(event.sequence.value)
        if sequence >= self._known.get(event.uid.value, (-1, None))[0]:
            self._known[event.uid.value] = (sequence, None if content.method.value == "CANCEL" else event.dtstart.value)
        return content

    @property
    def entries(self) -> list[Any]:
        """The starts of what stands in it."""
        return [start for _, start in self._known.values() if start is not None]


def words(mail: EmailMessage) -> str:
    """The part of a mail that is for people."""
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


async def with_email(hour: int = 10, who: int = 1, *, days: int = 3, email: str = EMAIL, **more: Any) -> Appointment:
    """A confirmed booking of somebody who left an e-mail address, some days ahead."""
    return await booked_by(time(hour, days=days), who, email=email, **more)


async def booked_by(start: Any, who: int, email: str | None = None, **more: Any) -> Appointment:
    """A confirmed booking; `email` None leaves only the telephone."""
    held = await booking.book(wanted(start, **more), person(who, email=email))
    return await booking.confirm(held.reference, await booking.manage_token(held))


async def stored() -> list[dict[str, Any]]:
    """The outbox as it is, in the order of writing and then of channels and kinds."""
    found: list[dict[str, Any]] = await Outbox.select().order_by(Outbox.written_at, Outbox.channel, Outbox.kind)
    return found


async def states() -> list[tuple[str, str, str | None]]:
    """(kind, state, code) of each message."""
    return [(row["kind"], row["state"], row["code"]) for row in await stored()]
