"""Numbers that a kiosk gave while it was alone, handed in afterwards: each once, in the order of arrival."""

from collections.abc import Sequence
from datetime import date, timedelta

from server import clock
from server.codes import derived_code
from server.db import row, savepoint
from server.devices.rules import offline_range
from server.errors import Refusal
from server.journal.append import Change
from server.people.rules import Device
from server.people.secrets import server_key
from server.queue import tables
from server.queue.hall import Setting, hall_change
from server.queue.rules import Ticket
from server.queue.service import add_ticket, offline_id, rate_of, ticket_id, withdraw_in
from server.wire import OfflineResult, OfflineTicket

__all__ = ["hand_in"]

OLDEST = timedelta(days=1)
MOST = 500


async def hand_in(device: Device, tickets: Sequence[OfflineTicket], public_url: str) -> list[OfflineResult]:
    """Take offline tickets in, each on its own: accepted, already known, or refused with a code.

    A ticket whose id is a touch that the server did answer takes that ticket's place: the other is withdrawn. What the
    paper said holds: a real number stays one while the office practises, and one of practice is worth nothing after it.
    """
    if len(tickets) > MOST:
        raise Refusal("too-large")
    key = await server_key()
    results: list[OfflineResult] = []
    async with hall_change(device.office, f"device:{device.id}") as (change, setting):
        for handed in sorted(tickets, key=lambda ticket: ticket.issued_at):
            try:
                async with savepoint():
                    results.append(await _take_in(change, setting, device, handed, key, public_url))
            except Refusal as refusal:
                results.append(OfflineResult(id=handed.id, result="refused", code=refusal.code))
    return results


async def _take_in(
    change: Change, setting: Setting, device: Device, handed: OfflineTicket, key: bytes, public_url: str
) -> OfflineResult:
    attempt = f"{device.id} {handed.id}"
    identifier = offline_id(attempt)
    url = f"{public_url}/t/{derived_code(key, 'follow', f'{identifier}:0')}"
    if await _ticket(identifier) is not None:
        return OfflineResult(id=handed.id, result="already", follow_url=url)
    line = setting.lines.get(handed.line)
    if line is None:
        raise Refusal("no-such-line", line=handed.line)
    first, last = offline_range(line.last_number, device.place)
    if not first <= handed.number <= last:
        raise Refusal("not-your-number")
    # A kiosk's clock may run ahead: nobody has waited since the future.
    issued_at = min(clock.whole_milliseconds(handed.issued_at), change.now)
    if issued_at < change.now - OLDEST:
        raise Refusal("too-old")
    day = clock.day_of(issued_at, setting.office.time_zone)
    sample = handed.sample or setting.policy.made_up
    if sample and not setting.policy.sample:
        raise Refusal("practice-over")
    if await _taken(change.office, handed.line, handed.number, day, sample):
        raise Refusal("number-taken")
    rate = await rate_of(change.office, handed.klass)
    twin = await _ticket(ticket_id(attempt))
    if twin is not None and twin.state in ("waiting", "missed"):
        await withdraw_in(change, setting, twin)
    await add_ticket(
        change, setting, key,
        identifier=identifier, line=handed.line, source="offline", label=None, klass=handed.klass, rate=rate,
        procedures="", language="vi", issued_at=issued_at, offline_number=handed.number, sample=sample,
    )  # fmt: skip
    return OfflineResult(id=handed.id, result="accepted", follow_url=url)


async def _ticket(identifier: str) -> Ticket | None:
    return await row(Ticket, tables.Ticket.select().where(tables.Ticket.id == identifier))


async def _taken(office: str, series: str, number: int, day: date, sample: bool) -> bool:
    table = tables.Ticket
    same = (table.office == office) & (table.series == series) & (table.number == number) & (table.day == day)
    return await row(Ticket, table.select().where(same & table.sample.eq(sample))) is not None
