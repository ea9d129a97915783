"""Sending what is in the outbox: each process works at it, and each message is one process's at a time.

Nothing is held open while sending: a message is claimed, sent, and what became of it written down. A process that dies
in between has sent it or not, nobody knows; when its lease ends the message is sent (again) under the same identity.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from server import clock
from server.booking import service as booking
from server.booking.rules_states import Appointment, may_change
from server.booking.service_code import Code, code_for
from server.booking.service_rows import entry_of
from server.catalogue import service as catalogue
from server.catalogue.rules import Office
from server.catalogue.views import name_in
from server.codes import readable
from server.db import DatabaseUnavailable, is_unavailable, transaction
from server.notify import outbox, subscriptions
from server.notify.calls import call_of
from server.notify.letters import Letter, code_letter, letter_of
from server.notify.push import Subscription
from server.notify.rules import ENDS, MOST_TRIES, Channel, Message, Outcome, State, back_off, recipient, why_not
from server.notify.senders import NotSent, Sender
from server.notify.subscriptions import as_address, subscription_of
from server.phrases import Language, say
from server.web.formats import time_of_day
from server.wire import MessageList, MessageView

__all__ = ["Post", "messages", "tell_browser", "tell_browser_no_more", "try_again"]

log = logging.getLogger(__name__)

AT_ONCE = 4
"""So many messages are under way at a time: one slow mail server does not keep all others waiting."""

SEND_SECONDS = 40.0
"""The longest a try may take, well within the lease."""

LOOK_SECONDS = 30.0
"""How soon what another process has left behind is found."""

GRACE_SECONDS = 2.0
SETTLE_AGAIN = (0.2, 1.0, 5.0, 10.0)


class Post:
    """One process's part in emptying the outbox. `address` is the public one, which links begin with."""

    def __init__(
        self, senders: Mapping[Channel, Sender], address: str, chance: Callable[[], float] = random.random
    ) -> None:
        self._senders = senders
        self._address = address
        self._chance = chance
        self._news = asyncio.Event()

    def open(self) -> None:
        """From now on have messages written, for the ways there are: with none, none."""
        outbox.opened(self._senders.keys(), self._news.set)

    async def run(self) -> None:
        """Send whatever becomes due, until cancelled."""
        while self._senders:
            try:
                await self.deliver_due()
                rest = await self._until_next()
            except Exception as exc:
                if not is_unavailable(exc):
                    log.warning("sending messages failed: %s", type(exc).__name__)
                rest = LOOK_SECONDS
            await self._rest(rest)

    async def deliver_due(self) -> None:
        """Send all that is due, what becomes due meanwhile included; cancelled, what is under way has a moment more."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                self._news.clear()
                while len(under_way) < AT_ONCE:
                    message = await outbox.claim(self._senders.keys(), clock.now())
                    if message is None:
                        break
                    under_way.add(asyncio.create_task(self._deliver(message)))
                if not under_way:
                    return
                rung = asyncio.create_task(self._news.wait())
                await asyncio.wait({*under_way, rung}, return_when=asyncio.FIRST_COMPLETED)
                rung.cancel()
                under_way = {task for task in under_way if not task.done()}
        finally:
            if under_way:
                stopping = (task := asyncio.current_task()) is not None and task.cancelling()
                _, late = await asyncio.wait(under_way, timeout=GRACE_SECONDS if stopping else None)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def close(self) -> None:
        """Close what the senders keep open."""
        for sender in self._senders.values():
            await sender.close()

    async def _rest(self, seconds: float) -> None:
        """Until there is news, but no longer than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _until_next(self) -> float:
        due = await outbox.next_due(self._senders.keys())
        if due is None:
            return LOOK_SECONDS
        return min(max((due - clock.now()).total_seconds(), 1.0), LOOK_SECONDS)

    async def _deliver(self, message: Message) -> None:
        """Send a claimed message, and write down how that went."""
        try:
            outcome = await self._sent(message)
            for wait in (*SETTLE_AGAIN, None):
                try:
                    return await self._settle(message, outcome)
                except DatabaseUnavailable:
                    # It may be sent: as long as the lease lasts, better remember that than send it twice.
                    if wait is None:
                        raise
                    await asyncio.sleep(wait)
        except Exception as exc:
            # Only its kind: what it says may quote an address. The lease ends, and the message is tried again.
            log.warning("message %s: %s", message.id, type(exc).__name__)

    async def _sent(self, message: Message) -> NotSent | Outcome | None:
        """None where the next hop has taken it, a NotSent where not; an Outcome where it is no longer worth sending."""
        letter = await self._letter(message)
        if not isinstance(letter, Letter):
            return letter
        if message.tries > MOST_TRIES:  # whoever tried last did not live to say so
            return NotSent("internal", for_good=True)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._senders[message.channel].send(letter)
        except NotSent as failure:
            return failure
        except TimeoutError:
            return NotSent("timeout")
        except Exception as exc:
            log.warning("message %s by %s: %s", message.id, message.channel, type(exc).__name__)
            return NotSent("internal")
        return None

    async def _letter(self, message: Message) -> Letter | Outcome:
        """Whom and what, looked up only now: the newest of it, and nothing of it kept meanwhile."""
        if message.kind == "called":
            return await call_of(message, self._address)
        found = await booking.with_reference(message.reference)
        if found is None and message.kind == "code":
            return await _code_to_address(message)
        reason = why_not(message, found, clock.now())
        to = await _recipient(found, message.channel) if found else None
        if reason is not None or found is None or to is None:
            return reason or "expired"
        office = await catalogue.office(found.office)
        if message.kind == "code":
            sent = await code_for(found.reference, message.sequence)
            return _code_letter(message, to, office, sent) if sent else "superseded"
        page = f"{self._address}/a/{found.reference}"
        entry = await entry_of(found, page, message.language)
        link = f"{self._address}/" if message.kind in ENDS else f"{page}?k={await booking.manage_token(found)}"
        if message.channel == "push":  # that browser has the cookie, and tokens stay out of what others may see of it
            waited = message.kind == "offered" and found.waiting_entry
            link = f"{self._address}/w/{found.waiting_entry}" if waited else page
        return letter_of(message, to, entry, office.time_zone, link, found.held_until)

    async def _settle(self, message: Message, outcome: NotSent | Outcome | None) -> None:
        if outcome is None:
            await outbox.settle(message, "sent")
        elif not isinstance(outcome, NotSent):
            await outbox.settle(message, "dropped", outcome)
        elif outcome.code == "recipient-refused" and message.channel == "zalo" and "sms" in self._senders:
            await outbox.send_otherwise(message, "sms")  # nobody need have the messenger
        elif message.kind == "called" and outcome.for_good:  # nobody at reception has to do anything about it
            await outbox.settle(message, "dropped", outcome.code)
        elif outcome.for_good or message.tries >= MOST_TRIES:
            log.warning("message %s by %s failed: %s", message.id, message.channel, outcome.code)
            await outbox.settle(message, "failed", outcome.code)
        else:
            wait = max(back_off(message.tries, self._chance()), outcome.after)
            await outbox.put_off(message, clock.whole_milliseconds(clock.now() + wait), outcome.code)


async def _code_to_address(message: Message) -> Letter | Outcome:
    """The code for somebody of whom nothing is stored yet but where to send it."""
    sent = await code_for(message.reference, message.sequence)
    if sent is None or sent.address is None:
        return "superseded"
    return _code_letter(message, sent.address, await catalogue.office(message.office), sent)


def _code_letter(message: Message, to: str, office: Office, sent: Code) -> Letter:
    until = time_of_day(sent.until, office.time_zone)
    return code_letter(message, to, name_in(message.language, office), sent.digits, until)


async def _recipient(found: Appointment, channel: Channel) -> str | None:
    if channel != "push":
        return recipient(found, channel)
    subscription = await subscription_of(found)
    return as_address(subscription) if subscription else None


async def messages(office: str, state: State, limit: int, language: Language) -> MessageList:
    """An office's messages in a state, the newest first, and how many are in trouble; nothing personal in it."""
    failed, retrying = await outbox.in_trouble(office)
    time_zone = (await catalogue.office(office)).time_zone
    views = [
        MessageView(
            id=message.id,
            reference=readable(message.reference),
            kind=message.kind,
            channel=message.channel,
            state=message.state,
            tries=message.tries,
            reason=say(language, f"notify.outcome.{message.code}") if message.code else None,
            code=message.code,
            written_at=clock.local(message.written_at, time_zone),
            due_at=clock.local(message.due_at, time_zone) if message.state == "waiting" else None,
        )
        for message in await outbox.listed(office, state, limit)
    ]
    return MessageList(failed=failed, retrying=retrying, messages=views)


async def try_again(office: str, identifier: str) -> None:
    """Have a failed message tried from the beginning. Refuses no-such-message, not-failed."""
    await outbox.try_again(office, identifier)


async def tell_browser(about: Appointment | str, subscription: Subscription, hosts: Sequence[str]) -> None:
    """From now on this browser is told of a booking, or of a place in the waiting list (its reference).

    Refuses push-off, bad-subscription where it is no browser of these hosts, and what `may_change` refuses.
    """
    outbox.refuse_unless_pushed(subscription, hosts)
    if isinstance(about, str):
        async with transaction():
            await subscriptions.keep(about, subscription)
        return
    may_change(about, clock.now())
    async with transaction():
        await subscriptions.keep(about.reference, subscription)
        if about.state == "confirmed":
            await outbox.remind_too(about, "push")


async def tell_browser_no_more(about: Appointment | str) -> None:
    """No browser is told any more of a booking, nor of the place in the waiting list that it came from."""
    references = [about] if isinstance(about, str) else [about.reference, about.waiting_entry]
    await subscriptions.unsubscribe(*(reference for reference in references if reference is not None))
