"""What screens see of the queue: the desk, the holder's phone, the board. Read outside changes, never stored."""

from datetime import UTC, date, datetime, timedelta

import msgspec
from msgspec import UNSET, Struct

from server import clock
from server.booking import service as booking
from server.catalogue import service as catalogue
from server.catalogue.views import name_in
from server.db import row
from server.errors import Refusal
from server.journal.frames import head_seq
from server.people.rules import Officer
from server.phrases import Language, say
from server.queue import experience, tables
from server.queue.forecasting import Forecaster
from server.queue.hall import (
    Setting,
    desk_of,
    desks,
    desks_of,
    load_hall,
    load_setting,
    number_of,
    seat_at,
    ticket_by_id,
)
from server.queue.rules import DeskRow, Hall, Seat, Ticket, ahead_of, queue_of, reason
from server.queue.service import Issued, issued_again, ticket_of_token
from server.rating import service as rating
from server.rating.rules import may_replace
from server.wire import (
    DeskAppointment,
    DeskAppointmentRef,
    DeskCounter,
    DeskNext,
    DeskTicket,
    DeskView,
    IssuedTicket,
    PhoneTicket,
    TabletTicket,
    TabletView,
    Wait,
)

__all__ = [
    "desk_ticket",
    "desk_view",
    "issued_ticket",
    "phone_ticket",
    "tablet_view",
    "why",
    "with_ticket_told",
    "without_instant",
]

COMING = 5
VERBS = [
    "next", "start", "finish", "recall", "miss", "return", "withdraw", "park", "resume", "transfer", "add-procedure",
    "merge", "undo", "pause", "close", "handover", "call", "help",
]  # fmt: skip
"""What a desk can do; its page greys what the ticket's state does not allow."""


async def desk_view(officer: Officer, language: Language, counter: int | None = None) -> DeskView:
    """Everything this officer's page draws."""
    now = clock.now()
    seq = await head_seq(officer.office)  # read first: whatever is read after it is no older
    setting = await load_setting(officer.office)
    hall = await load_hall(setting, now)
    desk = await desk_of(officer.office, officer.username, counter)
    seat = seat_at(desk, setting, now) if desk else None
    mine = [
        ticket for ticket in hall.tickets
        if seat and ticket.counter == seat.counter and ticket.state in ("called", "serving")
    ]  # fmt: skip
    queue = queue_of(seat, hall, now) if seat else []
    served = seat.lines if seat else frozenset[str]()
    undoable = _undoable(desk, now)
    current = await desk_ticket(mine[0], setting, language, hall=hall, seat=seat, now=now) if mine else None
    day = clock.day_of(now, setting.office.time_zone)
    return DeskView(
        seq=seq,
        as_of=now,
        counter=desk.counter if desk else None,
        officer=officer.username,
        officer_name=officer.full_name,
        office=officer.office,
        office_name=name_in(language, setting.office),
        time_zone=setting.office.time_zone,
        ticket=current,
        parked=[
            await desk_ticket(ticket, setting, language) for ticket in hall.tickets
            if ticket.state == "parked" and ticket.line in served
        ],
        missed=[_next(ticket, setting, language) for ticket in hall.tickets
                if ticket.state == "missed" and ticket.line in served],
        next=[_next(ticket, setting, language) for ticket in queue[:COMING]],
        waiting=len(queue),
        appointments=[
            DeskAppointment(
                start=found.starts_at,
                procedure=", ".join(await _procedure_names(found.office, found.codes, language)),
                state=found.state,
            )
            for found in await booking.appointments_of_hour(setting.office.code, now)
            if found.line in served
        ],
        lines=sorted(served),
        line_names=[name_in(language, setting.lines[code]) for code in sorted(served) if code in setting.lines],
        served_today=await _served(officer, day),
        paused_reason=desk.pause_reason if desk and desk.paused_at else None,
        paused_until=desk.paused_until if desk else None,
        undo_until=desk.undo_until if desk and undoable else None,
        undo_verb=desk.undo_verb if desk and undoable else None,
        undo_ticket=undoable.id if undoable else None,
        undo_label=undoable.label if undoable else None,
        counters=await _counters(setting, language) if desk is None else [],
        mine=[each.counter for each in await desks_of(officer.office, officer.username)],
        verbs=VERBS,
    )  # fmt: skip


def _undoable(desk: DeskRow | None, now: datetime) -> Ticket | None:
    """The ticket whose last verb could still be taken back."""
    if desk is None or desk.undo is None or desk.undo_until is None or desk.undo_until < now:
        return None
    kept = msgspec.json.decode(desk.undo, type=list[Ticket])
    return kept[0] if kept else None


async def desk_ticket(
    ticket: Ticket,
    setting: Setting,
    language: Language,
    *,
    hall: Hall | None = None,
    seat: Seat | None = None,
    now: datetime | None = None,
) -> DeskTicket:
    """A ticket for whoever serves it, with its appointment and, where a hall is given, why it was called."""
    codes = ticket.procedures.split("\n") if ticket.procedures else []
    line = setting.lines.get(ticket.line)
    booked = await booking.with_reference(ticket.appointment) if ticket.appointment else None
    sentence = ""
    if hall is not None and seat is not None and ticket.called_at is not None:
        key, values = reason(ticket, hall, seat, ticket.called_at)
        sentence = say(language, key, **values)
    mean = line.expected_minutes if line else 10.0
    spread = line.spread if line else 0.5
    return DeskTicket(
        id=ticket.id,
        number=number_of(ticket, setting),
        label=ticket.label,
        line=ticket.line,
        line_name=name_in(language, line) if line else ticket.line,
        state=ticket.state,
        klass=ticket.klass,
        counter=ticket.counter,
        officer=ticket.officer,
        procedures=codes,
        procedure_names=await _procedure_names(ticket.office, codes, language),
        issued_at=ticket.issued_at,
        called_at=ticket.called_at,
        started_at=ticket.started_at,
        misses=ticket.misses,
        usual=Wait(p50=max(1, round(mean * (1 - spread / 2))), p90=max(2, round(mean * (1 + spread)))),
        appointment=DeskAppointmentRef(
            reference=booked.reference, start=booked.starts_at, purpose=booked.purpose,
            dossier_number=booked.dossier_number,
        ) if booked else UNSET,
        parked_until=ticket.parked_until or UNSET,
        park_reason=ticket.park_reason or UNSET,
        why=sentence or UNSET,
    )  # fmt: skip


async def issued_ticket(issued: Issued, public_url: str, language: Language, forecaster: Forecaster) -> IssuedTicket:
    """A ticket just issued, as paper and screen tell it."""
    ticket, setting = issued.ticket, issued.setting
    now = clock.now()
    line = setting.lines.get(ticket.line)
    wait = await forecaster.ticket_wait(ticket.office, ticket.id)
    if wait is None:  # the forecast is older than the ticket: what it says of a number taken now is the next best
        wait = (await forecaster.lines(ticket.office)).get(ticket.line)
    hall = await load_hall(setting, now)
    if wait is not None:
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
    )


async def with_ticket_told(refusal: Refusal, office: str, public_url: str, forecaster: Forecaster) -> None:
    """Let an already-checked-in refusal carry the whole ticket instead of its id."""
    before = refusal.extra.get("ticket")
    if refusal.code == "already-checked-in" and isinstance(before, str):
        again = await issued_again(office, before)
        language: Language = "en" if again.ticket.language == "en" else "vi"
        refusal.extra["ticket"] = await issued_ticket(again, public_url, language, forecaster)


async def _documents(ticket: Ticket) -> list[str]:
    needed: list[str] = []
    for code in ticket.procedures.split("\n") if ticket.procedures else []:
        needed += (await catalogue.procedure(ticket.office, code)).required_documents
    return needed


async def why(officer: Officer, ticket: str, language: Language) -> str:
    """One sentence on why this ticket was (or would be) called before the others."""
    now = clock.now()
    setting = await load_setting(officer.office)
    found = await ticket_by_id(officer.office, ticket)
    desk = await desk_of(officer.office, officer.username)
    seat = seat_at(desk, setting, now) if desk else Seat(0, officer.username, frozenset(setting.lines))
    key, values = reason(found, await load_hall(setting, now), seat, found.called_at or now)
    return say(language, key, **values)


async def phone_ticket(token: str, language: Language, forecaster: Forecaster) -> PhoneTicket:
    """A ticket as its holder sees it. Refuses no-such-ticket."""
    ticket = await ticket_of_token(token)
    setting = await load_setting(ticket.office)
    now = clock.now()
    line = setting.lines.get(ticket.line)
    ahead, wait = None, None
    if ticket.state == "waiting":
        ahead = ahead_of(ticket, await load_hall(setting, now), now)
        wait = await forecaster.ticket_wait(ticket.office, ticket.id)
    called = ticket.state in ("called", "serving")
    rated_by = await rating.rated_by(ticket.id) if ticket.state == "served" else None
    return PhoneTicket(
        number=number_of(ticket, setting),
        label=ticket.label,
        line=ticket.line,
        line_name=name_in(language, line) if line else ticket.line,
        office=ticket.office,
        office_name=name_in(language, setting.office),
        state=ticket.state,
        ahead=ahead,
        wait=wait,
        rated=rated_by is not None,
        as_of=now,
        time_zone=setting.office.time_zone,
        counter=ticket.counter if called and ticket.counter is not None else UNSET,
        called_at=ticket.called_at if called and ticket.called_at is not None else UNSET,
        can_rate=ticket.state == "served" and (rated_by is None or may_replace(rated_by, "phone")),
    )


def without_instant(seen: PhoneTicket) -> PhoneTicket:
    """The same without the instant it was true at: for telling whether anything has changed."""
    return msgspec.structs.replace(seen, as_of=datetime.min.replace(tzinfo=UTC))


class _Count(Struct, frozen=True):
    count: int


async def _served(officer: Officer, day: date) -> int:
    table = tables.Ticket
    counted = await row(
        _Count,
        table.raw(
            "SELECT count(*) AS count FROM ticket WHERE office = {} AND officer = {} AND day = {} AND state = 'served'",
            officer.office, officer.username, day,
        ),
    )  # fmt: skip
    return counted.count if counted else 0


async def _counters(setting: Setting, language: Language) -> list[DeskCounter]:
    taken = {desk.counter: desk.officer for desk in await desks(setting.office.code) if desk.officer}
    names = {username: officer.full_name for username, officer in setting.officers.items()}
    return [
        DeskCounter(
            number=counter.number,
            name=name_in(language, counter),
            officer=names.get(taken.get(counter.number, ""), taken.get(counter.number)),
            lines=[name_in(language, setting.lines[code]) for code in counter.lines if code in setting.lines],
        )
        for counter in setting.counters.values()
    ]


async def _procedure_names(office: str, codes: list[str], language: Language) -> list[str]:
    names = []
    for code in codes:
        try:
            names.append(name_in(language, await catalogue.procedure(office, code)))
        except Refusal:  # the office has stopped taking it since
            names.append(code)
    return names


def _next(ticket: Ticket, setting: Setting, language: Language) -> DeskNext:
    line = setting.lines.get(ticket.line)
    return DeskNext(
        id=ticket.id,
        number=number_of(ticket, setting),
        label=ticket.label,
        line=ticket.line,
        line_name=name_in(language, line) if line else ticket.line,
        priority=ticket.rate > 100,
        since=ticket.virtual_at,
        state=ticket.state,
    )


async def called_ticket(
    ticket: Ticket, officer: Officer, language: Language, *, following: Ticket | None = None
) -> DeskTicket:
    """What a verb answers: the ticket as it is now, and the one called after it, if any."""
    setting = await load_setting(officer.office)
    seen = await desk_ticket(ticket, setting, language)
    if following is not None:
        seen.next = await desk_ticket(following, setting, language)
    return seen


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
    )


async def rated_here(office: str, counter: int | None, ticket: str) -> Ticket:
    """A ticket that was served at this counter a moment ago. Refuses no-such-ticket, not-served."""
    found = await ticket_by_id(office, ticket)
    if found.counter != counter:
        raise Refusal("no-such-ticket")
    if found.state == "served" and (found.ended_at is None or clock.now() - found.ended_at >= ASKED_FOR):
        raise Refusal("not-served")
    return found
