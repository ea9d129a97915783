"""Numbers from home: taken on the phone, called only once their holder has said at the hall that he is there.

The proof of being there is the code of the day on the hall's poster, the kiosk's scanner, or reception's eyes.
"""

import hmac
from datetime import date, datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking.rules_particulars import clean_phone
from server.catalogue import service as catalogue
from server.codes import derived_code, new_id, normalised
from server.db import row, rows
from server.errors import Refusal
from server.journal.append import Change
from server.people.rules import Officer
from server.people.secrets import server_key
from server.queue import tables
from server.queue.desk import actor, check
from server.queue.hall import hall_change, set_state, ticket_by_id
from server.queue.rules import FROM_HOME, OPEN_STATES, Ticket
from server.queue.rules_home import HOUR, may_have_one
from server.queue.service import (
    WALK_IN_RATE,
    Issued,
    Wanted,
    add_ticket,
    check_in,
    follow_token,
    refuse_when_closed,
    ticket_id,
    ticket_if_any,
    ticket_of_token,
    what_was_shown,
)
from server.wire import CheckIn

__all__ = [
    "arrive",
    "arrive_by_poster",
    "coming",
    "forget_holders",
    "poster_code",
    "refuse_unless_given",
    "refuse_wrong_code",
    "show",
    "take",
]

CODE_SIGNS = 6
CITIZEN = "citizen"


class _Count(Struct, frozen=True):
    count: int


class _Holder(Struct, frozen=True):
    person: str | None


async def take(office: str, wanted: Wanted, phone: str) -> Issued:
    """Give somebody at home a number of today. `wanted.attempt` names the press: pressed twice it is one number.

    Refuses no-home-numbers, bad-phone, no-such-line, no-such-procedure, office-ended, office-closed, line-full,
    late-today, home-number-held while this telephone's last one is not over, home-numbers-full, and practice-now.
    """
    await refuse_unless_given(office)
    key = await server_key()
    person = derived_code(key, "home", f"{office}:{clean_phone(phone)}", 24)
    identifier = ticket_id(f"home {person} {wanted.attempt}") if wanted.attempt else new_id()
    async with hall_change(office, CITIZEN) as (change, setting):
        table = tables.Ticket
        before = await row(Ticket, table.select().where((table.office == office) & (table.id == identifier)))
        if before is not None:
            return Issued(before, await follow_token(before), setting)
        if setting.policy.practice:
            raise Refusal("practice-now")
        line = setting.lines.get(wanted.line)
        if line is None:
            raise Refusal("no-such-line", line=wanted.line)
        procedure = await catalogue.procedure(office, wanted.procedure) if wanted.procedure else None
        await refuse_when_closed(setting, change.now)
        refused = may_have_one(
            setting.policy.numbers_from_home, await _lately(change, wanted.line),
            holds_one=await _holds_one(change, person), late=wanted.late,
        )  # fmt: skip
        if refused is not None:
            raise Refusal(refused.code, line=line.name_vi)
        ticket = await add_ticket(
            change, setting, key,
            identifier=identifier, line=wanted.line, source=FROM_HOME, label=None, klass=None, rate=WALK_IN_RATE,
            procedures=procedure.code if procedure else "", language=wanted.language, person=person,
        )  # fmt: skip
    return Issued(ticket, await follow_token(ticket), setting)


async def refuse_unless_given(office: str) -> None:
    """Refuse no-home-numbers where an office gives none, and practice-now; also no-such-office and office-ended."""
    found = await catalogue.working_office(office, clock.now())
    policy = await catalogue.policy(found.code)
    if policy.numbers_from_home == 0:
        raise Refusal("no-home-numbers")
    if policy.practice:
        raise Refusal("practice-now")


async def arrive(officer: Officer, ticket: str) -> Ticket:
    """Reception sees that the holder is here. Refuses no-such-ticket, not-from-home, already-arrived, wrong-state."""
    return (await _arrive(officer.office, actor(officer), ticket)).ticket


async def arrive_by_poster(token: str, code: str, office: str | None = None) -> Ticket:
    """The holder has read the code of the day off the poster in the hall.

    `office` is where the poster hangs, where that is known. Refuses no-such-ticket, other-office, wrong-poster-code,
    and as `arrive` does.
    """
    ticket = await ticket_of_token(token)
    if office is not None:
        await _refuse_elsewhere(ticket, office)
    await refuse_wrong_code(ticket.office, code)
    return (await _arrive(ticket.office, CITIZEN, ticket.id)).ticket


async def show(office: str, who: str, shown: CheckIn) -> Issued:
    """What somebody shows at a kiosk or at reception: an appointment checks in, a number from home arrives.

    Refuses as `check_in` and `arrive` do, already-arrived with the ticket's id, and other-office.
    """
    reference, phone, dossier = what_was_shown(shown)
    ticket = await ticket_if_any(reference) if reference else None
    if ticket is None:
        return await check_in(office, who, reference=reference, phone=phone, dossier=dossier)
    await _refuse_elsewhere(ticket, office)
    try:
        return await _arrive(office, who, ticket.id)
    except Refusal as refusal:
        if refusal.code == "already-arrived":
            refusal.extra["ticket"] = ticket.id
        raise


async def coming(office: str) -> list[Ticket]:
    """Whose holders are still at home or on the way, in the order of their turns."""
    table = tables.Ticket
    return await rows(
        Ticket,
        table.select()
        .where((table.office == office) & (table.state == "coming"))
        .order_by(table.virtual_at, table.issued_seq),
    )


async def poster_code(office: str, day: date) -> str:
    """What the poster in the hall says on that day. Yesterday's photograph is worthless."""
    return derived_code(await server_key(), "poster", f"{office}:{day}", CODE_SIGNS)


async def refuse_wrong_code(office: str, code: str) -> None:
    """Refuse wrong-poster-code for what is not on this office's poster today."""
    found = await catalogue.office(office)
    right = await poster_code(office, clock.day_of(clock.now(), found.time_zone))
    if not hmac.compare_digest(normalised(code).encode(), right.encode()):
        raise Refusal("wrong-poster-code")


async def forget_holders() -> None:
    """Drop whose numbers they were, so many days after as each office has set.

    Nothing relies on when it runs, and it tells the journal nothing: what it drops was never there.
    """
    now = clock.now()
    offices = await catalogue.offices()
    table = tables.Ticket
    policies = await catalogue.policies([office.code for office in offices])
    for office in offices:
        kept = clock.day_of(now, office.time_zone) - timedelta(days=policies[office.code].contact_retention_days)
        mine = (table.office == office.code) & table.person.is_not_null()
        await table.update({table.person: None}).where(mine & (table.day < kept))


async def _refuse_elsewhere(ticket: Ticket, office: str) -> None:
    if ticket.office != office:
        raise Refusal("other-office", office=(await catalogue.office(ticket.office)).name_vi)


# --- within a change ---------------------------------------------------------------------------------------


async def _arrive(office: str, who: str, ticket: str) -> Issued:
    async with hall_change(office, who) as (change, setting):
        found = await ticket_by_id(office, ticket)
        check("arrive", found)
        here = await set_state(change, setting, found, "ticket.arrived", state="waiting", arrived_at=change.now)
        return Issued(here, await follow_token(here), setting)


async def _lately(change: Change, line: str) -> int:
    """How many numbers of a line were given to people at home within the last hour."""
    since: datetime = change.now - HOUR
    found = await row(
        _Count,
        tables.Ticket.raw(
            "SELECT count(*) AS count FROM ticket WHERE office = {} AND series = {} AND source = {} AND issued_at > {}",
            change.office, line, FROM_HOME, since,
        ),
    )  # fmt: skip
    return found.count if found else 0


async def _holds_one(change: Change, person: str) -> bool:
    table = tables.Ticket
    mine = (table.office == change.office) & (table.person == person)
    live = mine & table.state.is_in(sorted(OPEN_STATES))
    return await row(_Holder, table.select(table.person).where(live).limit(1)) is not None
