"""Whether the portal knows a dossier: asked outside every transaction, for a moment at most.

The form of a number is always checked (`rules_particulars`). Where a portal can be asked, `MOTCUA_DOSSIER_CHECK` says
how. That it cannot say now is an answer of its own: nobody loses an appointment because another's server is away, and
the number is asked for again later (`service_dossiers`).
"""

import asyncio
import importlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from server.booking.rules_states import Verdict
from server.settings import LOOPBACK, Settings

__all__ = ["CannotCheck", "Dossiers", "HttpPortal", "Portal", "portal_of"]

log = logging.getLogger(__name__)

ASK_SECONDS = 4.0
"""How long a citizen is kept waiting for the portal."""

KNOWN_SECONDS, UNKNOWN_SECONDS = 3600.0, 60.0
"""How long an answer is believed; a no only shortly, for somebody may be filing at this very moment."""

REMEMBERED = 10_000

FAILURES, PAUSE_SECONDS = 3, 30.0
"""After so many questions in a row without an answer the portal is left alone for so long."""


class CannotCheck(Exception):
    """The portal did not say."""


class Portal(Protocol):
    """Somebody who knows which dossiers there are. Write your own for a portal that speaks otherwise."""

    async def knows(self, office: str, number: str) -> bool:
        """Whether there is such a dossier. Raises CannotCheck (or anything else) where that cannot be told now.

        `office` is our code of the office, `number` as `clean_dossier_number` makes it. May be cancelled when it takes
        too long, and is asked for several numbers at a time.
        """

    async def close(self) -> None:
        """Give up what is kept open."""


class _Said(Struct, frozen=True):
    known: bool


class HttpPortal:
    """Asks over HTTP. The number travels in the body: addresses end up in logs.

        POST url   Authorization: Bearer token
        {"office": "bo-de", "number": "H26.10-261121-0042"}

    200 with {"known": true} or {"known": false} is an answer; whatever else comes is none.
    """

    def __init__(self, url: str, token: str = "", *, allow_http: bool = False) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("MOTCUA_DOSSIER_CHECK must be https://… or package.module:name")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK and not allow_http:
            raise ValueError("a portal beyond this machine must be https://…, or --allow-http be said")
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client: httpx.AsyncClient | None = None

    async def knows(self, office: str, number: str) -> bool:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=ASK_SECONDS)
        try:
            answer = await self._client.post(
                self._url, json={"office": office, "number": number}, headers=self._headers
            )
            if answer.status_code != 200:
                raise CannotCheck
            return msgspec.json.decode(answer.content, type=_Said).known
        except (httpx.HTTPError, msgspec.MsgspecError, UnicodeDecodeError):
            raise CannotCheck from None

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


class Dossiers:
    """What the portal said, remembered for a while. One per process; `instant` is monotonic seconds."""

    def __init__(self, portal: Portal | None, instant: Callable[[], float] = time.monotonic) -> None:
        self._portal = portal
        self._instant = instant
        self._said: OrderedDict[tuple[str, str], tuple[Verdict, float]] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[Verdict]] = {}
        self._failures = 0
        self._not_before = 0.0

    @property
    def can_ask(self) -> bool:
        """Whether there is a portal to ask."""
        return self._portal is not None

    async def check(self, office: str, number: str) -> Verdict | None:
        """What the portal says of a number that has the right form; None where the form is all that is checked.

        Never raises, and never takes longer than ASK_SECONDS. Who asks for one number at a time with others waits for
        the same answer.
        """
        if self._portal is None:
            return None
        key = (office, number)
        verdict, until = self._said.get(key, ("unchecked", 0.0))
        if self._instant() < until:
            return verdict
        if self._instant() < self._not_before:
            return "unchecked"
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._ask(self._portal, key))
            self._asking[key].add_done_callback(lambda _: self._asking.pop(key, None))
        # One who goes away does not take the answer from the others.
        return await asyncio.shield(self._asking[key])

    async def close(self) -> None:
        """Ask nothing more."""
        for task in list(self._asking.values()):
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        if self._portal is not None:
            await self._portal.close()

    async def _ask(self, portal: Portal, key: tuple[str, str]) -> Verdict:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                known = await portal.knows(*key)
        except Exception as exc:
            # Only its kind: what it says may quote the number.
            log.warning("a dossier could not be checked: %s", type(exc).__name__)
            self._failures += 1
            if self._failures >= FAILURES:
                self._failures, self._not_before = 0, self._instant() + PAUSE_SECONDS
            return "unchecked"
        self._failures = 0
        verdict: Verdict = "known" if known else "unknown"
        self._said.pop(key, None)
        self._said[key] = (verdict, self._instant() + (KNOWN_SECONDS if known else UNKNOWN_SECONDS))
        while len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        return verdict


def portal_of(settings: Settings) -> Portal | None:
    """The portal that is set up, if one is: over HTTP, or a callable of one's own that is given the settings.

    Raises ValueError for a setting that cannot be right.
    """
    said = settings.dossier_check
    if not said:
        return None
    if "://" in said:
        return HttpPortal(said, settings.dossier_check_token, allow_http=settings.allow_http)
    module, _, name = said.partition(":")
    try:
        make: Callable[[Settings], Portal] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        raise ValueError("MOTCUA_DOSSIER_CHECK must be https://… or package.module:name") from None
    return make(settings)
