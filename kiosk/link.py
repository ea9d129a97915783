"""Whether the server is there, and a config that is never much older than a second."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from kiosk.client import NoAnswer, Refused, Server, tls_context
from kiosk.rules import backoff
from server.clock import now
from server.wire import KioskConfig, decode

__all__ = ["Link"]

SILENCE = 12.0  # seconds without a frame: two heartbeats missed
STALE = 30.0  # seconds after which the config is read again though nothing was heard (opening hours pass silently)
COALESCE = 1.0
log = logging.getLogger("kiosk.link")


class _Frame(msgspec.Struct):
    heartbeat: int | None = None


class Link:
    """Follows the office's feed: any news means that waits have changed, so the config is read again.

    `told` is called with each new config, `changed` when the server comes or goes.
    """

    def __init__(self, server: Server, told: Callable[[KioskConfig], None], changed: Callable[[], None]) -> None:
        self._server = server
        self._told = told
        self._changed = changed
        self.online = False
        self.allowed = True
        self.since: datetime | None = None
        """Since when the server is gone; None while it is there, and before the first try."""
        self.back = asyncio.Event()
        """Set while the server is there: what waits for it may go."""
        self._news = asyncio.Event()
        self._probe = asyncio.Event()
        self._listening: asyncio.Timeout | None = None

    def lost(self) -> None:
        """A command got no answer: the server counts as gone until it is asked again, which happens at once."""
        self._set(online=False)
        self._probe.set()
        if self._listening is not None:
            self._listening.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Connects, follows, and connects again, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._refresh())
            tries = 0
            while True:
                heard = False
                config = await self._read()
                if config is not None:
                    heard = await self._follow(config.office.code)
                tries = 0 if heard else tries + 1
                with contextlib.suppress(TimeoutError):
                    # S311: spreads reconnections, protects nothing
                    async with asyncio.timeout(backoff(tries, random.random())):  # noqa: S311
                        await self._probe.wait()
                self._probe.clear()

    async def _read(self) -> KioskConfig | None:
        try:
            config = await self._server.config()
        except NoAnswer as why:
            log.info("no server: %s", why)
            self._set(online=False)
            return None
        except Refused as refusal:
            log.warning("the server refuses this kiosk: %s", refusal.code)
            self._set(online=False, allowed=refusal.status not in (401, 403))
            return None
        self._told(config)
        self._set(online=True)
        return config

    async def _follow(self, office: str) -> bool:
        """Listens until the feed is lost; whether anything was heard on it."""
        heard = False
        url = f"{self._server.url.replace('http', 'ws', 1)}/ws/offices/{quote(office, safe='')}/feed"
        ssl = tls_context(url)
        try:
            seq = await self._server.seq(office)
            async with (
                asyncio.timeout(SILENCE) as self._listening,
                connect(
                    f"{url}?since={seq}",
                    proxy=None,
                    ssl=None if isinstance(ssl, bool) else ssl,
                    ping_interval=None,  # the feed has heartbeats of its own
                    close_timeout=1,
                ) as feed,
            ):
                async for message in feed:
                    heard = True
                    self._listening.reschedule(asyncio.get_running_loop().time() + SILENCE)
                    if decode(message, type=_Frame).heartbeat is None:
                        self._news.set()
        except (NoAnswer, Refused, OSError, TimeoutError, InvalidHandshake, WebSocketException) as why:
            log.info("feed lost: %s", type(why).__name__)
        except msgspec.DecodeError:
            log.warning("the feed speaks another language")
        finally:
            self._listening = None
        return heard

    async def _refresh(self) -> None:
        """Reads the config again after news, at most once a second, and now and then without."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STALE):
                    await self._news.wait()
            self._news.clear()
            if self.online:
                try:
                    self._told(await self._server.config())
                except NoAnswer:
                    self.lost()
                except Refused:
                    self._probe.set()
            await asyncio.sleep(COALESCE)

    def _set(self, *, online: bool, allowed: bool = True) -> None:
        if online:
            self.since = None
            self.back.set()
        else:
            self.since = self.since or now()
            self.back.clear()
        was = (self.online, self.allowed)
        self.online, self.allowed = online, allowed
        if was != (online, allowed):
            self._changed()
