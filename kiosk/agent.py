"""What the kiosk does: gives numbers with and without the server, checks people in, prints, takes numbers back."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk.client import NoAnswer, Refused, Server
from kiosk.courier import Courier
from kiosk.link import Link
from kiosk.outbox import Exhausted, Outbox
from kiosk.printer import Health, Printer
from kiosk.printing import PrintQueue
from kiosk.rules import lasting, line_open, office_open, range_of
from kiosk.screen import KioskRefusal, State, Ticket, already_has, state_of, ticket_view
from kiosk.slip import Given, given_offline, given_online, line_of, slip_of
from server.clock import day_of, now
from server.codes import new_id
from server.phrases import Language
from server.wire import CheckIn, DeviceStatus, KioskConfig, KioskTicketRequest, LineView, ProcedureList, encode

__all__ = ["Agent"]

REPORT_EVERY = 30.0
ASK_PRINTER_EVERY = 15.0
SAVE_EVERY = timedelta(minutes=1)  # waits change every second; flash memory is not written that often
KEPT = 200  # tickets that can still be printed again
log = logging.getLogger("kiosk.agent")


@dataclass(frozen=True)
class _Touch:
    body: bytes
    task: asyncio.Task[Ticket]

    @property
    def failed(self) -> bool:
        return self.task.done() and (self.task.cancelled() or self.task.exception() is not None)


class Agent:
    """The kiosk's commands and its four loops: link, courier, printer watch, status report."""

    def __init__(self, server: Server, outbox: Outbox, printer: Printer) -> None:
        self._server = server
        self._outbox = outbox
        self._printing = PrintQueue(printer)
        self._health = Health("unknown")
        known = outbox.config()
        self._config: KioskConfig | None = known[0] if known else None
        self._told: datetime | None = known[1] if known else None
        self._saved = self._told or now()
        self._given: dict[str, Given] = {}
        self._touches: dict[str, _Touch] = {}
        self._screens: set[asyncio.Queue[tuple[str, bytes]]] = set()
        self._status_news = asyncio.Event()
        self._link = Link(server, self._on_config, self._on_link)
        self._courier = Courier(server, outbox, self._link, self._is_busy, self._changed)

    # --- life ----------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The loops run while this is open."""
        loops = [self._link.run, self._courier.run, self._watch_printer, self._report]
        tasks = [asyncio.create_task(_for_ever(loop)) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._printing.close()
            await self._server.close()

    # --- what the screen sees ------------------------------------------------------------------------------

    async def state(self) -> State:
        """The screen's picture of the moment."""
        counts = await asyncio.to_thread(self._outbox.counts)
        return state_of(self._config, self._told, self._link, self._health, counts, now())

    def watch(self) -> asyncio.Queue[tuple[str, bytes]]:
        """A screen that wants every change, as (event, JSON); it must `unwatch` at the end."""
        screen: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(maxsize=100)
        self._screens.add(screen)
        return screen

    def unwatch(self, screen: asyncio.Queue[tuple[str, bytes]]) -> None:
        """That screen is gone."""
        self._screens.discard(screen)

    def hang_up(self) -> None:
        """Ends every screen's stream, so that the web server can end."""
        self._tell("bye")

    def _tell(self, event: str, body: bytes = b"") -> None:
        for screen in list(self._screens):
            with contextlib.suppress(asyncio.QueueFull):  # it is not reading; it will see the next one
                screen.put_nowait((event, body))

    def _changed(self) -> None:
        self._tell("changed")
        self._status_news.set()

    def _on_config(self, config: KioskConfig) -> None:
        at = now()
        if self._config is None or lasting(self._config) != lasting(config) or at - self._saved > SAVE_EVERY:
            self._saved = at
            try:
                self._outbox.save_config(config, at)
            except sqlite3.Error:
                log.exception("the disk does not take what this kiosk wants to remember")
        self._config, self._told = config, at
        self._tell("changed")

    def _on_link(self) -> None:
        self._changed()
        self._courier.call()

    # --- commands ------------------------------------------------------------------------------------------

    async def take(self, body: KioskTicketRequest, key: str | None) -> Ticket:
        """A number for that line: from the server, or from this kiosk's own range when no answer comes.

        The same key is the same touch. Raises Refused in the server's words, KioskRefusal in ours.
        """
        key = key or new_id()
        return await self._once(f"take {key}", encode(body), lambda: self._take(body, key))

    async def check_in(self, body: CheckIn, key: str | None, language: Language) -> Ticket:
        """The number of somebody who booked, or who took one at home; needs the server."""
        key = key or new_id()
        return await self._once(f"check-in {key}", encode(body), lambda: self._check_in(body, key, language))

    async def reprint(self, ticket: str) -> Ticket:
        """Prints a number of this kiosk once more, marked as a reprint."""
        given, config = self._find(ticket), self._ready()
        health = await self._print(given, config, reprint=True)
        return ticket_view(given, health.printer)

    async def withdraw(self, ticket: str) -> None:
        """Takes a number back that was taken by mistake; at once, or when the link allows."""
        given = self._find(ticket)
        if given.booked:
            raise KioskRefusal("no-such-ticket", 404)  # would cancel the visit of somebody who booked
        if given.follow_token is None:
            await asyncio.to_thread(self._outbox.give_back_offline, given.id)
            self._courier.call()
        elif not self._link.online:
            await asyncio.to_thread(self._outbox.give_back, given.follow_token)
        else:
            try:
                await self._server.withdraw(given.follow_token, key=f"back-{given.follow_token}")
            except NoAnswer:
                self._link.lost()
                await asyncio.to_thread(self._outbox.give_back, given.follow_token)
        self._given.pop(ticket, None)

    async def call_for_help(self, key: str | None, language: Language) -> None:
        """Tells the office that somebody here needs help; needs the server, which lets one call ring once."""
        try:
            if not self._link.online:
                raise NoAnswer("known to be gone")
            await self._server.help(key or new_id(), language)
        except NoAnswer:
            self._link.lost()
            raise KioskRefusal("help-offline", 503) from None

    async def procedures(self, words: str, language: Language) -> ProcedureList:
        """The office's procedures that match; needs the server."""
        config = self._ready()
        if not self._link.online:
            raise KioskRefusal("offline", 503)
        try:
            return await self._server.procedures(config.office.code, words, language)
        except NoAnswer:
            self._link.lost()
            raise KioskRefusal("offline", 503) from None

    # --- a touch -------------------------------------------------------------------------------------------

    async def _once(self, name: str, body: bytes, do: Callable[[], Coroutine[None, None, Ticket]]) -> Ticket:
        """Runs a touch once, however often it is sent, and to its end, even if the screen hangs up.

        A touch that was refused may be tried again. Raises KioskRefusal where the same key comes with another body.
        """
        touch = self._touches.get(name)
        if touch is not None and touch.body != body:
            raise KioskRefusal("key-reused", 422)
        if touch is None or touch.failed:
            touch = self._touches[name] = _Touch(body, asyncio.create_task(do()))
            while len(self._touches) > KEPT:
                self._touches.pop(next(iter(self._touches)))
        return await asyncio.shield(touch.task)

    def _is_busy(self, key: str) -> bool:
        touch = self._touches.get(f"take {key}")
        return touch is not None and not touch.task.done()

    async def _take(self, body: KioskTicketRequest, key: str) -> Ticket:
        config = self._ready()
        line = line_of(config, body.line)
        if line is None:
            raise KioskRefusal("no-such-line", 404)
        if body.klass is not None and body.klass not in {group.code for group in config.groups}:
            raise KioskRefusal("no-such-group", 404)
        known = await asyncio.to_thread(self._outbox.find, key)
        if known is not None:  # became an offline ticket before a restart, and stays one
            return await self._hand_over(given_offline(known, line, body.language), config, key)
        given = await self._take_online(body, key, config) if self._link.online else None
        if given is None:
            given = await self._take_offline(body, key, config, line)
        return await self._hand_over(given, config, key)

    async def _take_online(self, body: KioskTicketRequest, key: str, config: KioskConfig) -> Given | None:
        """The server's number; None where no answer came."""
        await self._remember(lambda: self._outbox.begin(key, body, now()))
        try:
            issued = await self._server.issue(body, key)
        except NoAnswer:
            self._link.lost()
            return None
        except Refused:
            await self._remember(lambda: self._outbox.answered(key))
            raise
        # before printing: whoever holds the paper must keep the number, whatever happens to this process
        await self._remember(lambda: self._outbox.answered(key))
        return given_online(issued, config, body.language)

    async def _remember(self, write: Callable[[], None]) -> None:
        """Writes what only matters after a crash: a full disk must not stop numbers that the server gives."""
        try:
            await asyncio.to_thread(write)
        except sqlite3.Error:
            log.exception("the disk does not take what this kiosk wants to remember")

    async def _take_offline(self, body: KioskTicketRequest, key: str, config: KioskConfig, line: LineView) -> Given:
        at = now()
        if not office_open(config, at):
            raise KioskRefusal("office-closed", 409)
        if not line_open(config, line, self._told or at, at):
            raise KioskRefusal("line-closed", 409)
        numbers = range_of(config, line.code)
        if numbers is None:
            raise KioskRefusal("offline-full", 503)
        day = day_of(at, config.time_zone)
        try:
            ticket = await asyncio.to_thread(
                self._outbox.issue, key, line.code, body.klass, numbers, day, at, sample=config.sample
            )
        except Exhausted:
            raise KioskRefusal("offline-full", 503) from None
        self._changed()
        self._courier.call()
        return given_offline(ticket, line, body.language)

    async def _check_in(self, body: CheckIn, key: str, language: Language) -> Ticket:
        config = self._ready()
        if not self._link.online:
            raise KioskRefusal("offline", 503)
        try:
            issued = await self._server.check_in(body, key, language)
        except NoAnswer:
            self._link.lost()
            raise KioskRefusal("offline", 503) from None
        except Refused as refusal:
            known = already_has(refusal)
            if known is None:
                raise
            given = given_online(known, config, language, booked=True)
            self._keep(given)
            return ticket_view(given, "unknown", already=True)  # on the screen again; paper on request
        return await self._hand_over(given_online(issued, config, language, booked=True), config, key)

    async def _hand_over(self, given: Given, config: KioskConfig, key: str) -> Ticket:
        """Shows the number at once, prints it, and says how that went."""
        self._keep(given)
        self._tell("issued", encode({"key": key, "ticket": ticket_view(given, "printing")}))
        health = await self._print(given, config)
        return ticket_view(given, health.printer)

    async def _print(self, given: Given, config: KioskConfig, reprint: bool = False) -> Health:
        health = await self._printing.print(slip_of(given, config, reprint))
        self._note(health)
        return health

    def _keep(self, given: Given) -> None:
        self._given[given.id] = given
        while len(self._given) > KEPT:
            self._given.pop(next(iter(self._given)))

    def _find(self, ticket: str) -> Given:
        if ticket not in self._given:
            raise KioskRefusal("no-such-ticket", 404)
        return self._given[ticket]

    def _ready(self) -> KioskConfig:
        if not self._link.allowed:
            raise KioskRefusal("not-allowed", 503)
        if self._config is None:
            raise KioskRefusal("connecting", 503)
        return self._config

    # --- loops ---------------------------------------------------------------------------------------------

    def _note(self, health: Health) -> None:
        was, self._health = self._health, health
        if (was.printer, was.paper) != (health.printer, health.paper):
            self._changed()

    async def _watch_printer(self) -> None:
        while True:
            if self._printing.idle:
                self._note(await self._printing.status())
            await asyncio.sleep(ASK_PRINTER_EVERY)

    async def _report(self) -> None:
        """Tells the server how this kiosk is: on every change, and every half minute."""
        while True:
            await self._link.back.wait()
            self._status_news.clear()
            counts = await asyncio.to_thread(self._outbox.counts)
            detail = self._health.detail or None
            if counts.refused:
                detail = f"{counts.refused} offline tickets refused; {detail or ''}".strip("; ")
            paper = self._health.paper if self._health.paper in ("ok", "low", "out") else "unknown"
            status = DeviceStatus(
                printer=self._health.printer, paper=paper, detail=detail, queued=counts.queued, clock=now()
            )
            try:
                await self._server.report(status, key=new_id())
            except NoAnswer:
                self._link.lost()
            except Refused as refusal:
                log.warning("status refused: %s", refusal.code)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REPORT_EVERY):
                    await self._status_news.wait()
            await asyncio.sleep(1)  # a printer that flutters is one report a second


async def _for_ever(loop: Callable[[], Coroutine[None, None, None]]) -> None:
    """A loop that fell over is started again: a kiosk has nobody beside it."""
    while True:
        try:
            await loop()
        except Exception:
            log.exception("starting again")
            await asyncio.sleep(1)
