"""The ways to reach people: e-mail by SMTP, and one HTTP gateway for SMS and for a Zalo official account's templates.

A sender hands a letter to its next hop, once, and says honestly how that went. Retrying is not its business. Whatever
it raises holds a code and nothing of what a server answered: answers quote addresses.
"""

import ssl
from collections.abc import Mapping
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_RULES
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import httpx

from server import clock
from server.booking.calendar_file import Invited, calendar_file, method_of
from server.booking.rules_particulars import clean_email
from server.errors import Refusal
from server.notify.letters import Letter
from server.notify.rules import Channel, Outcome
from server.settings import LOOPBACK, Settings

__all__ = ["EmailSender", "HttpGateway", "NotSent", "Sender", "senders_of"]

STEP_SECONDS = 10.0
"""How long one step (connecting, one command, one answer) may take."""


class NotSent(Exception):
    """A letter was not taken, and why; `for_good` says that the same again will not do, `after` not to come sooner."""

    def __init__(self, code: Outcome, *, for_good: bool = False, after: timedelta = timedelta()) -> None:
        self.code = code
        self.for_good = for_good
        self.after = after
        super().__init__(code)


class Sender(Protocol):
    """One way to reach people.

    A letter may come again with the same `id` where it is not known whether it was taken: whoever can should then
    deliver it once.
    """

    async def send(self, letter: Letter) -> None:
        """Return once the next hop has taken the letter. Raises NotSent; may be cancelled when it takes too long."""

    async def close(self) -> None:
        """Give up what is kept open."""


class EmailSender:
    """Hands letters to an SMTP server; what concerns a calendar comes with an invitation that calendars enter.

    `url` is smtp://[user:password@]host[:port] (TLS by STARTTLS: demanded before a password leaves this machine,
    otherwise taken where offered) or smtps://… (TLS from the start).
    """

    def __init__(self, url: str, mail_from: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("MOTCUA_SMTP_URL must be smtp://[user:password@]host[:port] or smtps://…")
        try:
            self._from = Address("Motcua", addr_spec=mail_from) if mail_from else None
        except (ValueError, MessageError, IndexError):
            self._from = None
        if self._from is None or not self._from.domain:
            raise ValueError("MOTCUA_MAIL_FROM must be the e-mail address that messages come from")
        self._host = parts.hostname
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587 if parts.username else 25)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, letter: Letter) -> None:
        """Have the SMTP server take it. Its Message-ID stays the same, however often it is tried."""
        try:
            to, mail = _recipient(letter), self._mail(letter)
        except (Refusal, ValueError, MessageError):
            raise NotSent("recipient-refused", for_good=True) from None
        must_upgrade = self._user is not None and self._host not in LOOPBACK
        try:
            await aiosmtplib.send(
                mail, sender=self._address, recipients=[to.addr_spec], hostname=self._host, port=self._port,
                username=self._user, password=self._password, timeout=STEP_SECONDS, use_tls=self._tls,
                start_tls=False if self._tls else True if must_upgrade else None,
                # Otherwise it would ask the resolver what this machine is called, and wait for the answer.
                local_hostname=self._address.rpartition("@")[2],
            )  # fmt: skip
        except (aiosmtplib.SMTPException, OSError) as exc:
            raise _of_smtp(exc) from None

    async def close(self) -> None:
        """Nothing is kept open."""

    @property
    def _address(self) -> str:
        assert self._from is not None  # noqa: S101 - or there would be no sender
        return self._from.addr_spec

    def _mail(self, letter: Letter) -> EmailMessage:
        now = clock.now()
        mail = EmailMessage(policy=SMTP_RULES)
        mail["From"] = Address(letter.office, addr_spec=self._address)
        mail["To"] = _recipient(letter)
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{letter.id}@{self._address.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.text)
        if letter.entry is not None:
            invited = Invited(organizer=self._address, attendee=letter.to)
            content = calendar_file(letter.entry, now, letter.language, invited)
            method = method_of(letter.entry, invited)
            mail.add_alternative(content.decode(), subtype="calendar", cte="base64", params={"method": method})
        mail["Content-Language"] = letter.language
        return mail


def _recipient(letter: Letter) -> Address:
    """Checked once more: whatever is in the table, it adds no header and no second recipient. Raises Refusal."""
    name, _, domain = clean_email(letter.to).rpartition("@")
    return Address(username=name, domain=domain.encode("idna").decode())


def _of_smtp(exc: Exception) -> NotSent:
    """What an SMTP server's no means: 5xx to a recipient or a text is for good, all else may be different later."""
    if isinstance(exc, aiosmtplib.SMTPRecipientsRefused):
        for_good = all(refused.code >= 500 for refused in exc.recipients)
        return NotSent("recipient-refused" if for_good else "busy", for_good=for_good)
    if isinstance(exc, aiosmtplib.SMTPDataError) and exc.code >= 500:
        return NotSent("message-refused", for_good=True)
    if isinstance(exc, aiosmtplib.SMTPNotSupported):
        return NotSent("recipient-refused", for_good=True)  # an address beyond ASCII, and a server that knows none
    if isinstance(exc, aiosmtplib.SMTPResponseException):
        return NotSent("set-up" if exc.code >= 500 else "busy")
    if isinstance(exc, TimeoutError):
        return NotSent("timeout")
    # What is left are servers that cannot do what we ask for: encryption, or signing in.
    is_away = isinstance(exc, OSError) and not isinstance(exc, ssl.SSLError)
    return NotSent("no-connection" if is_away else "set-up")


class HttpGateway:
    """Hands letters to an HTTP service that sends SMS or a messenger's templates; `docs/how-to/messages.md` has its
    contract.

        POST url   Authorization: Bearer token   Idempotency-Key: id
        {"id", "to": "+84912345678", "template": "reminder", "language": "vi", "values": {…}, "text": "…"}

    2xx: taken. 404, 410: this number cannot be reached this way. 400, 413, 415, 422: no such text. Otherwise: later.
    """

    def __init__(self, url: str, token: str, *, allow_http: bool = False) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a message gateway's address must be https://…")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allow_http:
            raise ValueError("a message gateway beyond this machine must be https://…, or --allow-http be said")
        self._url = url
        self._token = token
        self._client: httpx.AsyncClient | None = None

    async def send(self, letter: Letter) -> None:
        """Have the gateway take it."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=STEP_SECONDS)
        body = {
            "id": letter.id, "to": letter.to, "template": letter.kind, "language": letter.language,
            "values": letter.values, "text": letter.short,
        }  # fmt: skip
        headers = {"Idempotency-Key": letter.id} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        try:
            answer = await self._client.post(self._url, json=body, headers=headers)
        except httpx.TimeoutException:
            raise NotSent("timeout") from None
        except httpx.HTTPError:
            raise NotSent("no-connection") from None
        match answer.status_code:
            case status if 200 <= status < 300:
                return
            case 404 | 410:
                raise NotSent("recipient-refused", for_good=True)
            case 400 | 413 | 415 | 422:
                raise NotSent("message-refused", for_good=True)
            case 401 | 403:
                raise NotSent("set-up")
            case _:
                raise NotSent("busy")

    async def close(self) -> None:
        """Close its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def senders_of(settings: Settings) -> Mapping[Channel, Sender]:
    """The ways that are set up, maybe none. Raises ValueError for a setting that cannot be right."""
    found: dict[Channel, Sender] = {}
    if settings.smtp_url:
        found["email"] = EmailSender(settings.smtp_url, settings.mail_from)
    if settings.zalo_url:
        found["zalo"] = HttpGateway(settings.zalo_url, settings.zalo_token, allow_http=settings.allow_http)
    if settings.sms_url:
        found["sms"] = HttpGateway(settings.sms_url, settings.sms_token, allow_http=settings.allow_http)
    return found
