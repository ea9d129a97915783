"""Takes to the server what had to wait: offline tickets, touches that nobody answered for, numbers given back."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import timedelta

from kiosk.client import NoAnswer, Refused, Server
from kiosk.link import Link
from kiosk.outbox import Outbox, Waiting
from kiosk.rules import LEFTOVER_AFTER
from server.clock import now

__all__ = ["Courier"]

ROUND = 10.0  # seconds between rounds when nothing calls for one
AGAIN = 1.0  # seconds until what got no answer is tried again
COALESCE = 0.25  # seconds: many people at once are one delivery, and a server in trouble is not hammered
BATCH = 50
NOT_ABOUT_IT = (401, 403, 429)  # says something about this kiosk, nothing about the ticket in question
FORGOTTEN_AFTER = timedelta(hours=20)  # the server keeps a key for 24 hours; a repeat after that would be a new ticket
log = logging.getLogger("kiosk.courier")


class Courier:
    """Every delivery may be repeated: the server knows tickets by their id and attempts by their key."""

    def __init__(
        self,
        server: Server,
        outbox: Outbox,
        link: Link,
        busy: Callable[[str], bool],
        changed: Callable[[], None],
        leftover_after: timedelta = LEFTOVER_AFTER,
    ) -> None:
        """`busy` says whether a touch with that id is still being served; `changed` is called when counts move."""
        self._server = server
        self._outbox = outbox
        self._link = link
        self._busy = busy
        self._changed = changed
        self._leftover_after = leftover_after
        self._called = asyncio.Event()

    def call(self) -> None:
        """There is something to deliver."""
        self._called.set()

    async def run(self) -> None:
        """Makes its rounds while the server is there, for ever."""
        while True:
            await self._link.back.wait()
            self._called.clear()
            pause = ROUND
            try:
                await self._round()
            except NoAnswer:
                self._link.lost()
                pause = AGAIN
            except Refused as refusal:  # not about one ticket: this kiosk itself is refused
                log.warning("the server refuses deliveries: %s", refusal.code)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._called.wait()
            await asyncio.sleep(COALESCE)

    async def _round(self) -> None:
        while waiting := await asyncio.to_thread(self._outbox.waiting, BATCH):
            await self._hand_in(waiting)
            self._changed()
        await self._disown()
        for token in await asyncio.to_thread(self._outbox.to_give_back):
            try:
                await self._server.withdraw(token, key=f"back-{token}")
            except Refused as refusal:
                if refusal.status in NOT_ABOUT_IT:
                    raise
                log.info("not given back: %s", refusal.code)  # called meanwhile, or withdrawn already
            await asyncio.to_thread(self._outbox.given_back, token)

    async def _hand_in(self, waiting: list[Waiting]) -> None:
        try:
            results = await self._server.hand_in([one.ticket for one in waiting])
        except Refused as refusal:
            if refusal.status in NOT_ABOUT_IT:
                raise
            if len(waiting) > 1:  # one bad ticket must not hold up the others
                for one in waiting:
                    await self._hand_in([one])
                return
            await asyncio.to_thread(self._outbox.refused, waiting[0].ticket.id, refusal.code)
            return
        told = {result.id: result for result in results}
        for one in waiting:
            result = told.get(one.ticket.id)
            if result is None:
                raise NoAnswer("a ticket was left out of the answer")
            if result.result == "refused":
                code = result.code if isinstance(result.code, str) else "refused"
                log.warning("offline ticket %s refused: %s", one.ticket.number, code)
                await asyncio.to_thread(self._outbox.refused, one.ticket.id, code)
            else:
                link = result.follow_url if isinstance(result.follow_url, str) else None
                token = link.rstrip("/").rsplit("/", 1)[-1] if link else None
                await asyncio.to_thread(self._outbox.handed_in, one.ticket.id, token)

    async def _disown(self) -> None:
        """Touches cut short by a crash: repeating the same key finds the ticket nobody got, to be given back."""
        at = now()
        for attempt in await asyncio.to_thread(self._outbox.attempts, at - self._leftover_after):
            if self._busy(attempt.id):
                continue
            if attempt.at < at - FORGOTTEN_AFTER:
                await asyncio.to_thread(self._outbox.answered, attempt.id)
                continue
            try:
                issued = await self._server.issue(attempt.body, attempt.id)
            except Refused as refusal:
                if refusal.status in NOT_ABOUT_IT:
                    raise
                await asyncio.to_thread(self._outbox.answered, attempt.id)
            else:
                await asyncio.to_thread(self._outbox.disown, attempt.id, issued.follow_token)
