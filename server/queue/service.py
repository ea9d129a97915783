"""What citizens, kiosks and reception do with tickets: take a number, check in, give it back, look at it."""

import unicodedata
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from msgspec import Struct, structs

from server import clock
from server.booking import service as booking
from server.catalogue import service as catalogue
from server.codes import derived_code, new_id, normalised, token_hash
from server.db import row, rows
from server.errors import Refusal
from server.journal.append import Change
from server.people.secrets import server_key
from server.queue import tables
from server.queue.hall import Setting, hall_change, load_setting, set_state, ticket_by_id, ticket_facts
from server.queue.rules import OPEN_STATES, Ticket, virtual_arrival
from server.queue.rules_numbers import Series, next_number, numbered, numbers_given
from server.queue.rules_verbs import allowed
from server.wire import CheckIn

__all__ = [
    "Issued",
    "Wanted",
    "card_label",
    "check_in",
    "follow_token",
    "issue",
    "issued_again",
    "ticket_if_any",
    "ticket_of_token",
    "withdraw",
    "withdraw_own",
]

WALK_IN_RATE = 100
LONGEST_CARD = 10


class Wanted(Struct, frozen=True, kw_only=True):
    """A number that somebody asks for. `attempt` names the touch, so that an abandoned one can be recognised.

    `late` says that the forecast does not see it called today.
    """

    line: str
    procedure: str | None = None
    klass: str | None = None
    card: str | None = None
    language: str = "vi"
    source: str = "kiosk"
    late: bool = False
    attempt: str | None = None


class Issued(Struct, frozen=True):
    """A ticket with the token its holder follows it by."""

    ticket: Ticket
    follow_token: str
    setting: Setting


async def follow_token(ticket: Ticket) -> str:
    """The code on the paper and in its QR: derived, so that an answer can be repeated; a reprint makes a new one."""
    return derived_code(await server_key(), "follow", f"{ticket.id}:{ticket.follow_no}")


def card_label(text: str) -> str:
    """A card's label in NFC. Refuses no-such-card for one that none can have: too long, or with signs nobody sees."""
    label = unicodedata.normalize("NFC", text)
    if not 1 <= len(label) <= LONGEST_CARD or not label.isprintable():
        raise Refusal("no-such-card", card=text)
    return label


async def issue(office: str, wanted: Wanted, actor: str) -> Issued:
    """Give a walk-in a number.

    Refuses no-such-card, no-such-line, no-such-procedure, no-such-group, office-ended, office-closed, line-full,
    late-today, and attempt-abandoned where a kiosk has meanwhile given this touch an offline number.
    """
    key = await server_key()
    card = card_label(wanted.card) if wanted.card is not None else None
    async with hall_change(office, actor) as (change, setting):
        line = setting.lines.get(wanted.line)
        if line is None:
            raise Refusal("no-such-line", line=wanted.line)
        procedures = ""
        if wanted.procedure is not None:
            procedures = (await catalogue.procedure(office, wanted.procedure)).code
        rate = await rate_of(office, wanted.klass)
        await refuse_when_closed(setting, change.now)
        if wanted.late and setting.policy.late_numbers == "stop" and not setting.policy.practice:
            raise Refusal("late-today", line=line.name_vi)
        if wanted.attempt and await _exists(offline_id(wanted.attempt)):
            raise Refusal("attempt-abandoned")
        identifier = ticket_id(wanted.attempt) if wanted.attempt else new_id()
        if await _exists(identifier):  # a key is used up after a day, and may be used for another touch then
            identifier = new_id()
        ticket = await add_ticket(
            change, setting, key,
            identifier=identifier, line=wanted.line, source="card" if card else wanted.source,
            label=card, klass=wanted.klass, rate=rate, procedures=procedures, language=wanted.language,
        )  # fmt: skip
    return Issued(ticket, await follow_token(ticket), setting)


async def check_in(
    office: str,
    actor: str,
    *,
    reference: str | None = None,
    phone: str | None = None,
    dossier: str | None = None,
    source: str = "appointment",
) -> Issued:
    """Turn today's appointment into a waiting ticket.

    Refuses no-such-booking, too-early, ask-reception, booking-cancelled, already-checked-in with the same ticket, and
    practice-now: an appointment is real.
    """
    key = await server_key()
    async with hall_change(office, actor) as (change, setting):
        if setting.policy.practice:
            raise Refusal("practice-now")
        await refuse_when_closed(setting, change.now)
        found = await booking.find_for_check_in(change, reference=reference, phone=phone, dossier=dossier)
        policy = setting.policy
        ticket = await add_ticket(
            change, setting, key,
            identifier=new_id(), line=found.line, source=source, label=None, klass=None, rate=WALK_IN_RATE,
            procedures=found.procedures, language=found.language, appointment=found.reference,
            only_officer=found.officer,
            virtual_at=virtual_arrival(
                change.now, found.starts_at,
                timedelta(minutes=policy.head_start_minutes), timedelta(minutes=policy.grace_minutes),
            ),
        )  # fmt: skip
        await booking.mark_checked_in(change, found, ticket.id)
    return Issued(ticket, await follow_token(ticket), setting)


def what_was_shown(shown: CheckIn) -> tuple[str | None, str | None, str | None]:
    """Reference, phone and dossier number of a check-in; a QR holds the reference, bare or at the end of a link.

    Refuses check-in-one where not exactly one thing was shown.
    """
    given = [shown.reference, shown.qr, shown.phone, shown.dossier_number]
    if sum(value is not None for value in given) != 1:
        raise Refusal("check-in-one")
    if shown.qr is not None:
        return normalised(urlsplit(shown.qr.strip()).path.rstrip("/").rpartition("/")[2]), None, None
    return normalised(shown.reference) if shown.reference else None, shown.phone, shown.dossier_number


async def withdraw(office: str, ticket: str, actor: str) -> Ticket:
    """Take somebody out of the queue who does not want to wait any more. Refuses wrong-state, already-withdrawn."""
    async with hall_change(office, actor) as (change, setting):
        return await withdraw_in(change, setting, await ticket_by_id(office, ticket))


async def withdraw_own(token: str) -> Ticket:
    """The holder gives the number back."""
    ticket = await ticket_of_token(token)
    return await withdraw(ticket.office, ticket.id, "citizen")


async def withdraw_in(change: Change, setting: Setting, ticket: Ticket) -> Ticket:
    """Withdraw a ticket within a change that is under way."""
    if ticket.state == "withdrawn":
        raise Refusal("already-withdrawn")
    refused = allowed("withdraw", ticket)
    if refused is not None:
        raise Refusal(refused.code, label=ticket.label, state=ticket.state)
    return await set_state(
        change, setting, ticket, "ticket.withdrawn",
        state="withdrawn", ended_at=change.now, ended_seq=change.next_seq,
    )  # fmt: skip


async def issued_again(office: str, ticket: str) -> Issued:
    """A ticket that was issued before, to be told of once more."""
    found = await ticket_by_id(office, ticket)
    return Issued(found, await follow_token(found), await load_setting(office))


async def ticket_of_token(token: str) -> Ticket:
    """The ticket that a follow token or look-up code belongs to. Refuses no-such-ticket."""
    found = await ticket_if_any(token)
    if found is None:
        raise Refusal("no-such-ticket")
    return found


async def ticket_if_any(code: str) -> Ticket | None:
    """The ticket of this look-up code, or None where it is nobody's."""
    table = tables.Ticket
    return await row(Ticket, table.select().where(table.follow_hash == token_hash(normalised(code))))


# --- within a change ---------------------------------------------------------------------------------------


async def add_ticket(
    change: Change,
    setting: Setting,
    key: bytes,
    *,
    identifier: str,
    line: str,
    source: str,
    label: str | None,
    klass: str | None,
    rate: int,
    procedures: str,
    language: str,
    appointment: str | None = None,
    only_officer: str | None = None,
    virtual_at: datetime | None = None,
    issued_at: datetime | None = None,
    offline_number: int | None = None,
    person: str | None = None,
    sample: bool | None = None,
) -> Ticket:
    """Write a ticket and tell of it. Its number comes from the series, or is a kiosk's own offline one.

    It waits, but for one that a `person` takes at home: that is `coming` until he has arrived. It is a `sample` where
    the office's are, unless the paper that was given already says otherwise.
    """
    today = clock.day_of(issued_at or change.now, setting.office.time_zone)
    number = offline_number or await _take_number(change, setting, line)
    ticket = Ticket(
        id=identifier, office=change.office, day=today, series=line, number=number,
        label=label or numbered(setting.lines[line].prefix, number), line=line, klass=klass, rate=rate, source=source,
        state="coming" if person else "waiting",
        virtual_at=virtual_at or issued_at or change.now, issued_at=issued_at or change.now,
        issued_seq=change.next_seq, touched_seq=change.next_seq, visit=identifier, appointment=appointment,
        only_officer=only_officer,
        procedures=procedures, language=language,
        sample=setting.policy.sample if sample is None else sample,
    )  # fmt: skip
    code = derived_code(key, "follow", f"{identifier}:0")
    hidden = {"follow_hash": token_hash(code), "person": person}
    await change.insert(tables.Ticket, ticket.id, structs.asdict(ticket) | hidden)
    change.append("ticket.issued", ticket_facts(setting, None, ticket))
    return ticket


async def refuse_when_closed(setting: Setting, now: datetime) -> None:
    """Refuse a number to somebody who could not be served: the office is no more, or shut for the day.

    A break is not closing, and people who come early may take a number from an hour before the doors open. Who
    practises may well do so when the doors are shut.
    """
    await catalogue.working_office(setting.office.code, now)
    if setting.policy.practice:
        return
    today = clock.day_of(now, setting.office.time_zone)
    opening = (await catalogue.opening_days(setting.office, today, 1))[today]
    if not numbers_given(opening, now):
        raise Refusal("office-closed")


def ticket_id(attempt: str) -> str:
    """The id of the ticket that a touch of a kiosk makes when the server answers it."""
    return token_hash(f"online {attempt}")[:16]


def offline_id(attempt: str) -> str:
    """The id of the ticket that the kiosk gave for that touch when the server did not answer."""
    return token_hash(f"offline {attempt}")[:16]


class _Number(Struct, frozen=True):
    number: int


class _Id(Struct, frozen=True):
    id: str


async def _exists(ticket: str) -> bool:
    return await row(_Id, tables.Ticket.select(tables.Ticket.id).where(tables.Ticket.id == ticket)) is not None


async def _take_number(change: Change, setting: Setting, line: str) -> int:
    before = await series_of(change, line)
    held = await rows(
        _Number,
        tables.Ticket.select(tables.Ticket.number).where(
            (tables.Ticket.office == change.office)
            & (tables.Ticket.series == line)
            & tables.Ticket.state.is_in(sorted(OPEN_STATES))
        ),
    )
    rules = setting.lines[line]
    today = clock.day_of(change.now, setting.office.time_zone)
    after = next_number(before, today, rules.first_number, rules.last_number, {ticket.number for ticket in held})
    if after is None:
        raise Refusal("line-full", line=rules.name_vi)
    await write_series(change, line, after, known=before is not None)
    return after.last


async def series_of(change: Change, line: str) -> Series | None:
    """Where a line's numbers stand; those of practice are counted on their own, and take none from a real day."""
    return await row(Series, tables.NumberSeries.select().where(tables.NumberSeries.id == _series_id(change, line)))


async def write_series(change: Change, line: str, series: Series, *, known: bool) -> None:
    """Write down where a line's numbers stand now."""
    table, key, values = tables.NumberSeries, _series_id(change, line), structs.asdict(series)
    if known:
        await change.update(table, key, **values)
    else:
        new = {"id": key, "office": change.office, "line": line, "practice": change.practice}
        await change.insert(table, key, new | values)


def _series_id(change: Change, line: str) -> str:
    return f"{change.office}/{line}" + ("/p" if change.practice else "")


async def rate_of(office: str, klass: str | None) -> int:
    """The rate of a class in hundredths; no class is 100. Refuses no-such-group."""
    if klass is None:
        return WALK_IN_RATE
    for group in await catalogue.groups(office):
        if group.code == klass:
            return round(group.rate * 100)
    raise Refusal("no-such-group", group=klass)
