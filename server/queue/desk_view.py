"""What an officer's desk shows: the ticket in hand, who comes next, and what can be done. Read, never stored."""

from datetime import date, datetime

import msgspec
from msgspec import UNSET, Struct

from server import clock
from server.booking import service as booking
from server.catalogue import service as catalogue
from server.catalogue.rules import Procedure
from server.catalogue.views import name_in
from server.db import row
from server.errors import Refusal
from server.journal.frames import head_seq
from server.people.rules import Officer
from server.phrases import Language, say, sentences
from server.queue import tables
from server.queue.aside import at_counters
from server.queue.desk import may_choose
from server.queue.hall import (
    Setting,
    desks,
    desks_of,
    load_hall,
    load_setting,
    number_of,
    open_tickets,
    seat_at,
    ticket_by_id,
)
from server.queue.rules import DeskRow, Hall, Seat, Ticket, callable_now, in_hall_since, on_hold, queue_of, reason
from server.queue.rules_visit import procedures_of, to_do_here
from server.queue.visit import NOT_READY
from server.wire import (
    DeskAppointment,
    DeskAppointmentRef,
    DeskCounter,
    DeskNext,
    DeskOfficer,
    DeskOutcome,
    DeskTicket,
    DeskView,
    Wait,
)

__all__ = ["called_ticket", "desk_view", "open_like", "why"]

COMING = 5
MOST_FOUND = 9
VERBS = [
    "next", "start", "finish", "recall", "miss", "return", "withdraw", "park", "resume", "transfer", "add-procedure",
    "merge", "undo", "pause", "close", "handover", "call", "help",
]  # fmt: skip
"""What a desk can do; its page greys what the ticket's state does not allow."""


async def desk_view(officer: Officer, language: Language, counter: int | None = None) -> DeskView:
    """Everything this officer's page draws; of several counters the one that is named, or the one opened first."""
    now = clock.now()
    seq = await head_seq(officer.office)  # read first: whatever is read after it is no older
    setting = await load_setting(officer.office)
    hall = await load_hall(setting, now)
    theirs = await desks_of(officer.office, officer.username)
    desk = next((each for each in theirs if each.counter == counter), theirs[0] if theirs else None)
    seat = seat_at(desk, setting, now) if desk else None
    mine = [
        ticket for ticket in hall.tickets
        if seat and ticket.counter == seat.counter and ticket.state in ("called", "serving")
    ]  # fmt: skip
    queue = queue_of(seat, hall, now) if seat else []
    served = seat.lines if seat else frozenset[str]()
    everywhere = await desks(officer.office)
    undoable = _undoable(desk, now)
    current = await _desk_ticket(mine[0], setting, language, hall=hall, seat=seat, now=now) if mine else None
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
            await _desk_ticket(ticket, setting, language) for ticket in hall.tickets
            if ticket.state == "parked" and not on_hold(ticket) and ticket.line in served
        ],
        missed=[_next(ticket, setting, language) for ticket in hall.tickets
                if ticket.state == "missed" and ticket.line in served],
        away=[_next(ticket, setting, language) for ticket in hall.tickets
              if on_hold(ticket) and not callable_now(ticket, now) and ticket.line in served],
        next=[_next(ticket, setting, language) for ticket in queue[:COMING]],
        waiting=len(queue),
        appointments=[
            DeskAppointment(
                start=found.starts_at,
                procedure=", ".join(_names(await _procedures(found.office, found.codes), language)),
                state=found.state,
            )
            for found in await booking.appointments_of_hour(setting.office.code, now)
            if found.line in served
        ],
        lines=sorted(served),
        line_names=[name_in(language, setting.lines[code]) for code in sorted(served) if code in setting.lines],
        served_today=await _served(officer, day, sample=setting.policy.sample),
        paused_reason=desk.pause_reason if desk and desk.paused_at else None,
        paused_until=desk.paused_until if desk else None,
        undo_until=desk.undo_until if desk and undoable else None,
        undo_verb=desk.undo_verb if desk and undoable else None,
        undo_ticket=undoable.id if undoable else None,
        undo_label=undoable.label if undoable else None,
        counters=_counters(setting, everywhere, language),
        mine=[each.counter for each in theirs],
        verbs=VERBS,
        officers=[
            DeskOfficer(username=username, name=name) for username, name in at_counters(setting).items()
            if username not in {each.officer for each in everywhere}
        ],
        outcomes=[_outcome(code, language) for code in setting.policy.outcomes],
        may_choose=may_choose(officer, setting),
        help=desk.help_kind if desk else None,
        sample=setting.policy.sample,
        practice=setting.policy.practice,
    )  # fmt: skip


async def open_like(officer: Officer, text: str, language: Language) -> list[DeskNext]:
    """Tickets away from any desk whose number or card contains these signs: to find a person's other number."""
    setting = await load_setting(officer.office)
    wanted = text.strip().upper()
    found = [
        ticket for ticket in await open_tickets(officer.office)
        if ticket.state in ("coming", "waiting", "missed", "parked") and wanted in ticket.label.upper()
    ]  # fmt: skip
    return [_next(ticket, setting, language) for ticket in found[:MOST_FOUND]]


async def called_ticket(
    ticket: Ticket, officer: Officer, language: Language, *, following: Ticket | None = None
) -> DeskTicket:
    """What a verb answers: the ticket as it is now, and the one called after it, if any."""
    setting = await load_setting(officer.office)
    seen = await _desk_ticket(ticket, setting, language)
    if following is not None:
        seen.next = await _desk_ticket(following, setting, language)
    return seen


async def why(officer: Officer, ticket: str, language: Language) -> str:
    """One sentence on why this ticket was (or would be) called before the others."""
    now = clock.now()
    setting = await load_setting(officer.office)
    found = await ticket_by_id(officer.office, ticket)
    theirs = await desks_of(officer.office, officer.username)
    desk = next((each for each in theirs if each.counter == found.counter), theirs[0] if theirs else None)
    seat = seat_at(desk, setting, now) if desk else Seat(0, officer.username, frozenset(setting.lines))
    key, values = reason(found, await load_hall(setting, now), seat, found.called_at or now)
    return say(language, key, **values)


async def _desk_ticket(
    ticket: Ticket,
    setting: Setting,
    language: Language,
    *,
    hall: Hall | None = None,
    seat: Seat | None = None,
    now: datetime | None = None,
) -> DeskTicket:
    """A ticket for whoever serves it, with its appointment and, where a hall is given, why it was called."""
    codes = procedures_of(ticket)
    known = await _procedures(ticket.office, codes)
    lines_of = {code: procedure.line for code, procedure in known.items() if procedure}
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
        procedure_names=_names(known, language),
        here=to_do_here(ticket, lines_of, seat.lines if seat else frozenset()),
        issued_at=ticket.issued_at,
        called_at=ticket.called_at,
        started_at=ticket.started_at,
        misses=ticket.misses,
        usual=Wait(p50=max(1, round(mean * (1 - spread / 2))), p90=max(2, round(mean * (1 + spread)))),
        appointment=DeskAppointmentRef(
            reference=booked.reference, start=booked.starts_at, purpose=booked.purpose,
            dossier_number=booked.dossier_number, dossier_check=booked.dossier_check,
        ) if booked else UNSET,
        parked_until=ticket.parked_until or UNSET,
        park_reason=ticket.park_reason or UNSET,
        why=sentence or UNSET,
    )  # fmt: skip


def _outcome(code: str, language: Language) -> DeskOutcome:
    """An outcome by its name; one that an office has made up is its own name."""
    key = f"outcome.{code}"
    name = say(language, key) if key in sentences(language) else code
    return DeskOutcome(code=code, name=name, asks_date=code == NOT_READY)


def _undoable(desk: DeskRow | None, now: datetime) -> Ticket | None:
    """The ticket whose last verb could still be taken back."""
    if desk is None or desk.undo is None or desk.undo_until is None or desk.undo_until < now:
        return None
    kept = msgspec.json.decode(desk.undo, type=list[Ticket])
    return kept[0] if kept else None


class _Count(Struct, frozen=True):
    count: int


async def _served(officer: Officer, day: date, *, sample: bool) -> int:
    table = tables.Ticket
    counted = await row(
        _Count,
        table.raw(
            "SELECT count(*) AS count FROM ticket WHERE office = {} AND officer = {} AND day = {} AND sample = {} "
            "AND state = 'served'",
            officer.office, officer.username, day, sample,
        ),
    )  # fmt: skip
    return counted.count if counted else 0


def _counters(setting: Setting, everywhere: list[DeskRow], language: Language) -> list[DeskCounter]:
    taken = {desk.counter: desk.officer for desk in everywhere if desk.officer}
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


def _next(ticket: Ticket, setting: Setting, language: Language) -> DeskNext:
    line = setting.lines.get(ticket.line)
    return DeskNext(
        id=ticket.id,
        number=number_of(ticket, setting),
        label=ticket.label,
        line=ticket.line,
        line_name=name_in(language, line) if line else ticket.line,
        priority=ticket.rate > 100,
        since=in_hall_since(ticket),
        state=ticket.state,
        back_by=ticket.parked_until if on_hold(ticket) and ticket.parked_until else UNSET,
    )


async def _procedures(office: str, codes: list[str]) -> dict[str, Procedure | None]:
    """Procedures by code; None for one that the office has stopped taking since."""
    found: dict[str, Procedure | None] = {}
    for code in codes:
        try:
            found[code] = await catalogue.procedure(office, code)
        except Refusal:
            found[code] = None
    return found


def _names(procedures: dict[str, Procedure | None], language: Language) -> list[str]:
    return [name_in(language, each) if each else code for code, each in procedures.items()]
