"""Handing a letter to the push service of one person's browser (RFC 8030)."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import msgspec

from server import clock
from server.notify.letters import Letter
from server.notify.push import Subscription, encrypted, is_allowed, new_key, public_key, signed
from server.notify.rules import Channel
from server.notify.senders import STEP_SECONDS, NotSent, Sender
from server.notify.subscriptions import browser_gone
from server.people.secrets import kept_secret
from server.phrases import say
from server.settings import Settings

__all__ = ["PushSender", "push_key", "push_of"]

LONGEST_TTL = 28 * 86_400
LONGEST_PAUSE = timedelta(hours=4)
HURRY = frozenset({"offered", "moved", "called-off", "called"})
"""What is worth waking a telephone that saves its battery."""


class PushSender:
    """Hands letters to the push services of people's browsers. A letter's `to` is its Subscription, as JSON.

    `key` is asked for the signing key at the first letter; `gone` is told the address of a browser that wants no more.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        contact: str,
        key: Callable[[], Awaitable[str]],
        gone: Callable[[str], Awaitable[None]],
    ) -> None:
        self._hosts = hosts
        self._contact = contact
        self._key = key
        self._gone = gone
        self._client: httpx.AsyncClient | None = None

    async def send(self, letter: Letter) -> None:
        """Have the push service take it. Sent again it replaces what still waits there: its topic is its id."""
        to = msgspec.json.decode(letter.to, type=Subscription)
        if not is_allowed(to.endpoint, self._hosts):
            await self._gone(to.endpoint)
            raise NotSent("recipient-refused", for_good=True)
        if self._client is None:
            # Where it points to is a stranger's word: no other address is followed, and no proxy's password goes there.
            self._client = httpx.AsyncClient(timeout=STEP_SECONDS, follow_redirects=False)
        now = clock.now()
        left = (letter.expires - now).total_seconds() if letter.expires else 0.0
        headers = {
            "Authorization": signed(to.endpoint, await self._key(), self._contact, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(min(max(left, 0.0), LONGEST_TTL))),
            "Urgency": "high" if letter.kind in HURRY else "normal",
            "Topic": letter.id,
        }
        try:
            # Only the status is read: what else a stranger's server would say, and how long, does not matter.
            async with self._client.stream(
                "POST", to.endpoint, content=encrypted(_content(letter), to), headers=headers
            ) as answer:
                status, later = answer.status_code, answer.headers.get("Retry-After", "")
        except httpx.TimeoutException:
            raise NotSent("timeout") from None
        except httpx.HTTPError:
            raise NotSent("no-connection") from None
        match status:
            case _ if 200 <= status < 300:
                return
            case 404 | 410:
                await self._gone(to.endpoint)
                raise NotSent("recipient-refused", for_good=True)
            case 400 | 413 | 415 | 422:
                raise NotSent("message-refused", for_good=True)
            case 401 | 403:
                raise NotSent("set-up")
            case _:
                raise NotSent("busy", after=_pause(later))

    async def close(self) -> None:
        """Close its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def _content(letter: Letter) -> bytes:
    """What the browser's worker shows: the office, one sentence, and where a touch leads."""
    link = urlsplit(letter.values["link"])
    body = " ".join(say(letter.language, f"notify.push.{letter.kind}", **letter.values).split())
    # One tag for all about a booking or a ticket: what came before is no longer true.
    shown = {
        "title": letter.office,
        "body": body,
        "lang": letter.language,
        "tag": letter.values["reference"],
        "link": link.path,
    }
    return json.dumps(shown, ensure_ascii=False).encode()


def _pause(text: str) -> timedelta:
    """A Retry-After in seconds, nothing for a date or for nonsense: our own steps are as good."""
    seconds = int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
    return min(timedelta(seconds=seconds), LONGEST_PAUSE)


async def push_key() -> str:
    """What web push is signed with (`notify.push.new_key`). Raises ValueError where MOTCUA_PUSH_KEY is no such key."""
    key = await kept_secret("push", "MOTCUA_PUSH_KEY", new_key)
    public_key(key)
    return key


def push_of(settings: Settings) -> Mapping[Channel, Sender]:
    """Web push, where browsers would let a page of ours have it; otherwise nothing."""
    if not settings.may_push:
        return {}
    contact = f"mailto:{settings.mail_from}" if settings.mail_from else settings.address
    return {"push": PushSender(settings.push_services, contact, push_key, browser_gone)}
