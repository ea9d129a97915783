"""What paper, phone and tablet see of a ticket; the desk is in `desk_view.py`. Read outside changes, never stored."""

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from server import clock
from server.catalogue import service as catalogue
from server.catalogue.views import name_in
from server.db import row
from server.errors import Refusal
from server.phrases import Language
from server.queue import experience, tables
from server.queue.forecasting import Forecaster
from server.queue.hall import (
    load_hall,
    load_setting,
    number_of,
    ticket_by_id,
)
from server.queue.rules import FROM_HOME, Ticket, ahead_of, callable_now, on_hold
from server.queue.rules_hold import offered
from server.queue.rules_home import expected_turn
from server.queue.service import Issued, issued_again, ticket_of_token
from server.rating import service as rating
from server.rating.rules import may_replace
from server.wire import (
    IssuedTicket,
    PhoneTicket,
    TabletTicket,
    TabletView,
    Turn,
)

__all__ = [
    "issued_ticket",
    "phone_ticket",
    "tablet_view",
    "with_ticket_told",
    "without_instant",
]


async def issued_ticket(issued: Issued, public_url: str, language: Language, forecaster: Forecaster) -> IssuedTicket:
    """A ticket just issued, as paper and screen tell it."""
    ticket, setting = issued.ticket, issued.setting
    now = clock.now()
    line = setting.lines.get(ticket.line)
    wait = await forecaster.ticket_wait(ticket.office, ticket.id)
    if wait is None:  # the forecast is older than the ticket: what it says of a number taken now is the next best
        wait = (await forecaster.lines(ticket.office)).get(ticket.line)
    hall = await load_hall(setting, now)
    if wait is not None and ticket.source != FROM_HOME:  # when he comes is his own affair, and no promise of ours
        await experience.promise(ticket, wait, experience.glance(setting, hall, ticket, None, now))
    return IssuedTicket(
        id=ticket.id,
        number=number_of(ticket, setting),
        label=ticket.label,
        line=ticket.line,
        line_name=name_in(language, line) if line else ticket.line,
        ahead=ahead_of(ticket, hall, now),
        wait=wait,
        follow_token=issued.follow_token,
        follow_url=f"{public_url}/t/{issued.follow_token}",
        issued_at=ticket.issued_at,
        documents=await _documents(ticket),
        sample=ticket.sample,
    )


async def with_ticket_told(refusal: Refusal, office: str, public_url: str, forecaster: Forecaster) -> None:
    """Let a refusal of what was done already carry the whole ticket instead of its id."""
    before = refusal.extra.get("ticket")
    if refusal.code in ("already-checked-in", "already-arrived") and isinstance(before, str):
        again = await issued_again(office, before)
        language: Language = "en" if again.ticket.language == "en" else "vi"
        refusal.extra["ticket"] = await issued_ticket(again, public_url, language, forecaster)


async def _documents(ticket: Ticket) -> list[str]:
    needed: list[str] = []
    for code in ticket.procedures.split("\n") if ticket.procedures else []:
        needed += (await catalogue.procedure(ticket.office, code)).required_documents
    return needed


async def phone_ticket(token: str, language: Language, forecaster: Forecaster) -> PhoneTicket:
    """A ticket as its holder sees it. Refuses no-such-ticket."""
    ticket = await ticket_of_token(token)
    setting = await load_setting(ticket.office)
    now = clock.now()
    line = setting.lines.get(ticket.line)
    away = on_hold(ticket) and not callable_now(ticket, now)
    state = "waiting" if on_hold(ticket) and not away else ticket.state
    ahead, wait = None, None
    if away or state in ("waiting", "coming"):
        ahead = ahead_of(ticket, await load_hall(setting, now), now)
    if state in ("waiting", "coming"):
        wait = await forecaster.ticket_wait(ticket.office, ticket.id)
    turn: Turn | UnsetType = UNSET
    if ticket.state == "coming" and wait is None:  # the forecast is older than the ticket: the next best
        wait = (await forecaster.lines(ticket.office)).get(ticket.line)
    if ticket.state == "coming" and wait is not None:
        begins, ends = expected_turn(now, wait.p50, wait.p90)
        zone = setting.office.time_zone
        turn = Turn(begins=clock.local(begins, zone), ends=clock.local(ends, zone))
    called = ticket.state in ("called", "serving")
    rated_by = await rating.rated_by(ticket.id) if ticket.state == "served" else None
    return PhoneTicket(
        number=number_of(ticket, setting),
        label=ticket.label,
        line=ticket.line,
        line_name=name_in(language, line) if line else ticket.line,
        office=ticket.office,
        office_name=name_in(language, setting.office),
        state=state,
        ahead=ahead,
        wait=wait,
        rated=rated_by is not None,
        as_of=now,
        time_zone=setting.office.time_zone,
        turn=turn,
        counter=ticket.counter if called and ticket.counter is not None else UNSET,
        called_at=ticket.called_at if called and ticket.called_at is not None else UNSET,
        practice=ticket.sample and not setting.policy.made_up,
        can_rate=ticket.state == "served" and (rated_by is None or may_replace(rated_by, "phone")),
        held_until=ticket.parked_until if away and ticket.parked_until is not None else UNSET,
        hold_minutes=offered(ticket, setting.policy.keep_number_minutes, setting.policy.keep_number_times, now),
    )


def without_instant(seen: PhoneTicket) -> PhoneTicket:
    """The same without the instant it was true at: for telling whether anything has changed."""
    return msgspec.structs.replace(seen, as_of=datetime.min.replace(tzinfo=UTC))


ASKED_FOR = timedelta(minutes=5)
"""How long after the end of service a counter's tablet may take a rating."""


async def tablet_view(office: str, counter: int, language: Language) -> TabletView:
    """The visit that ended last at this counter, as long as it is unrated, fresh, and nobody else is being served."""
    setting = await load_setting(office)
    table = tables.Ticket
    here = (table.office == office) & (table.counter == counter)
    last = await row(
        Ticket,
        table.select().where(here & (table.state == "served")).order_by(table.ended_seq, ascending=False).limit(1),
    )
    present = await row(Ticket, table.select().where(here & table.state.is_in(["called", "serving"])))
    ask = (
        last is not None
        and last.ended_at is not None
        and clock.now() - last.ended_at < ASKED_FOR
        and last.sample == setting.policy.sample
        and (present is None or present.state == "called")
        and not await rating.is_rated(last.id)
    )
    return TabletView(
        counter=counter,
        ticket=TabletTicket(id=last.id, number=last.label) if ask and last else None,
        office=office,
        office_name=name_in(language, setting.office),
        time_zone=setting.office.time_zone,
        serving=present.label if present else None,
        practice=setting.policy.practice,
    )


async def rated_here(office: str, counter: int | None, ticket: str) -> Ticket:
    """A ticket that was served at this counter a moment ago. Refuses no-such-ticket, not-served."""
    found = await ticket_by_id(office, ticket)
    if found.counter != counter:
        raise Refusal("no-such-ticket")
    if found.state == "served" and (found.ended_at is None or clock.now() - found.ended_at >= ASKED_FOR):
        raise Refusal("not-served")
    return found
