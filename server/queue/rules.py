"""Who is next: pure decisions over plain values and a `now`.

The calling rule is the accumulating-priority discipline (Kleinrock 1964; Stanford, Taylor & Ziedins 2014): every ticket
has a virtual arrival `v` and a rate `b`; the one with the greatest `b * max(0, now - v)` is next. Rates are hundredths
and times whole milliseconds, so that the comparison is exact.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct, structs

from server.clock import milliseconds

__all__ = [
    "FROM_HOME",
    "OPEN_STATES",
    "DeskRow",
    "Discipline",
    "Hall",
    "HelpKind",
    "Seat",
    "State",
    "Ticket",
    "accumulated",
    "ahead_of",
    "callable_now",
    "came_back_in_time",
    "choose",
    "due_back",
    "in_hall_since",
    "on_hold",
    "open_for",
    "ordered",
    "reason",
    "resting",
    "unserved",
    "virtual_arrival",
]

State = Literal[
    "coming", "waiting", "called", "serving", "parked", "missed", "served", "withdrawn", "no-show", "closed"
]
Discipline = Literal["accumulating", "strict", "fifo"]
HelpKind = Literal["head", "emergency"]
"""What a counter calls for: the head, without a sound, or anybody who can come."""


OPEN_STATES: frozenset[State] = frozenset({"coming", "waiting", "called", "serving", "parked", "missed"})


FROM_HOME = "phone"
"""The source of a number taken at home: its ticket is `coming`, and called by nobody, until its holder has arrived."""


CALLS_BEFORE_RETURN = 2
"""A missed ticket that came back is called after this many further calls on its line, unless somebody stands idle."""


class Ticket(Struct, frozen=True, kw_only=True):
    """One number of one person, as stored. `rate` is the class's b in hundredths; `virtual_at` is v.

    `arrived_at` is when the holder of a number taken at home said at the hall that he is there; `holds` is how often
    its holder has stepped out with it kept.
    """

    id: str
    office: str
    day: date
    series: str
    number: int
    label: str
    line: str
    klass: str | None
    rate: int
    source: str
    state: State
    virtual_at: datetime
    issued_at: datetime
    issued_seq: int
    arrived_at: datetime | None = None
    touched_seq: int = 0
    only_officer: str | None = None
    only_counter: int | None = None
    back_to: str | None = None
    first_called_at: datetime | None = None
    called_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ended_seq: int | None = None
    announced_at: datetime | None = None
    announced_seq: int | None = None
    announced_counter: int | None = None
    counter: int | None = None
    officer: str | None = None
    misses: int = 0
    missed_at: datetime | None = None
    returned_seq: int | None = None
    parked_at: datetime | None = None
    kept_ms: int = 0
    parked_until: datetime | None = None
    holds: int = 0
    chosen_by: str | None = None
    choice_reason: str | None = None
    park_reason: str | None = None
    visit: str = ""
    appointment: str | None = None
    procedures: str = ""
    served_procedures: str = ""
    outcome: str | None = None
    dossiers: int | None = None
    promised_on: date | None = None
    language: str = "vi"
    sample: bool = False
    follow_no: int = 0


class DeskRow(Struct, frozen=True, kw_only=True):
    """A counter with whoever is at it, as stored."""

    id: str
    office: str
    counter: int
    officer: str | None = None
    opened_at: datetime | None = None
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    pause_reason: str | None = None
    extra_lines: str = ""
    extra_until: datetime | None = None
    help_kind: HelpKind | None = None
    help_at: datetime | None = None
    undo_verb: str | None = None
    undo_until: datetime | None = None
    undo_seq: int | None = None
    undo: str | None = None


class Seat(Struct, frozen=True):
    """An officer at a counter, and the lines that both serve."""

    counter: int
    officer: str
    lines: frozenset[str]
    paused: bool = False


class Hall(Struct, frozen=True):
    """What the rule looks at: open tickets, open desks, who is at work or due today, and who must still rest.

    `resting` holds the ids of returned tickets whose two further calls have not happened yet.
    """

    tickets: Sequence[Ticket]
    seats: Sequence[Seat]
    discipline: Discipline = "accumulating"
    due_officers: frozenset[str] = frozenset()
    due_counters: frozenset[int] = frozenset()
    resting: frozenset[str] = frozenset()


def virtual_arrival(arrived: datetime, slot: datetime | None, head_start: timedelta, grace: timedelta) -> datetime:
    """From when a ticket counts as waiting (DESIGN section 5).

    A walk-in from its issue; an appointment in time from the earlier of arrival and slot minus head start; one that is
    late within grace from its arrival minus half the head start; one that is later still from its arrival.
    """
    if slot is None:
        return arrived
    if arrived <= slot:
        return min(arrived, slot - head_start)
    if arrived <= slot + grace:
        return arrived - head_start / 2
    return arrived


def accumulated(ticket: Ticket, now: datetime) -> int:
    """The priority a ticket has gathered by now: hundredths times milliseconds, never negative."""
    return ticket.rate * max(0, milliseconds(now - ticket.virtual_at))


def _rank(ticket: Ticket, now: datetime, discipline: Discipline) -> tuple[int, datetime, datetime, int, str]:
    if discipline == "fifo":
        first = 0
    elif discipline == "strict":
        first = -ticket.rate
    else:
        first = -accumulated(ticket, now)
    return (first, ticket.virtual_at, ticket.issued_at, ticket.issued_seq, ticket.id)


def ordered(tickets: Iterable[Ticket], now: datetime, discipline: Discipline = "accumulating") -> list[Ticket]:
    """Tickets in the order in which one desk that can serve all of them would call them at this instant."""
    return sorted(tickets, key=lambda ticket: _rank(ticket, now, discipline))


def on_hold(ticket: Ticket) -> bool:
    """Whether its own holder keeps a ticket while he has stepped out. One that a desk has parked keeps its counter."""
    return ticket.state == "parked" and ticket.counter is None


def callable_now(ticket: Ticket, now: datetime) -> bool:
    """Whether a ticket stands in the queue: it waits, or the time that it was parked for is over."""
    if ticket.state == "parked":
        return ticket.parked_until is not None and ticket.parked_until <= now
    return ticket.state == "waiting"


def may_take(ticket: Ticket, seat: Seat, hall: Hall, now: datetime) -> bool:
    """Whether this desk may call this ticket: it stands in a line the desk serves, and nobody else has a claim to it.

    A ticket for one officer or counter is left to them, whatever lines they serve (somebody sent it there), while they
    are at work or due today; afterwards it is anybody's who serves its line.
    """
    if not callable_now(ticket, now):
        return False
    if ticket.only_officer is not None:
        if ticket.only_officer == seat.officer:
            return True
        if ticket.only_officer in hall.due_officers or any(o.officer == ticket.only_officer for o in hall.seats):
            return False
    elif ticket.only_counter is not None:
        if ticket.only_counter == seat.counter:
            return True
        if ticket.only_counter in hall.due_counters or any(o.counter == ticket.only_counter for o in hall.seats):
            return False
    return ticket.line in seat.lines


def queue_of(seat: Seat, hall: Hall, now: datetime) -> list[Ticket]:
    """What this desk would call, first to last, if nothing else happened. Those who came back late rest at the end."""
    mine = ordered((ticket for ticket in hall.tickets if may_take(ticket, seat, hall, now)), now, hall.discipline)
    ready = [ticket for ticket in mine if ticket.id not in hall.resting]
    return ready + [ticket for ticket in mine if ticket.id in hall.resting]


def choose(seat: Seat, hall: Hall, now: datetime) -> Ticket | None:
    """The ticket this desk calls next, or None where nobody waits for it.

    A resting ticket is called only where the officer would otherwise stand idle.
    """
    queue = queue_of(seat, hall, now)
    return queue[0] if queue else None


def resting(ticket: Ticket, calls_on_line: Iterable[int]) -> bool:
    """Whether a ticket that came back must still let others go first; takes the journal numbers of its line's calls."""
    if ticket.returned_seq is None or ticket.state not in ("waiting", "parked"):  # stepping out is no way around it
        return False
    return sum(1 for seq in calls_on_line if seq > ticket.returned_seq) < CALLS_BEFORE_RETURN


def ahead_of(ticket: Ticket, hall: Hall, now: datetime) -> int:
    """How many the rule would call before this one if nobody else came: those that compete for the same desks.

    For somebody who is still at home, or has stepped out: if he were there now.
    """
    if ticket.state == "coming" or on_hold(ticket):
        ticket = structs.replace(ticket, state="waiting")
        hall = structs.replace(hall, tickets=[ticket, *(other for other in hall.tickets if other.id != ticket.id)])
    rivals = {ticket.line}
    for seat in hall.seats:
        if ticket.line in seat.lines:
            rivals |= seat.lines
    waiting = [other for other in hall.tickets if callable_now(other, now) and other.line in rivals]
    queue = ordered(waiting, now, hall.discipline)
    queue.sort(key=lambda other: other.id in hall.resting)
    for place, other in enumerate(queue):
        if other.id == ticket.id:
            return place
    return len(queue)


def reason(chosen: Ticket, hall: Hall, seat: Seat, now: datetime) -> tuple[str, dict[str, object]]:
    """Why this ticket is called before the others that this desk could call: a phrase's key and its values."""
    minutes = max(0, milliseconds(now - chosen.virtual_at)) // 60_000
    others = [other for other in queue_of(seat, hall, now) if other.id != chosen.id]
    values: dict[str, object] = {"minutes": minutes}
    if chosen.state == "coming":
        return "why.coming", values
    if chosen.only_officer == seat.officer or chosen.only_counter == seat.counter:
        return "why.for-you", values
    if not others:
        return "why.only", values
    if chosen.returned_seq is not None:
        return "why.returned", values
    if chosen.arrived_at is not None and any(other.virtual_at > chosen.virtual_at for other in others):
        return "why.from-home", values
    if chosen.appointment is not None and chosen.virtual_at < chosen.issued_at:
        return "why.appointment", values
    if chosen.rate > 100 and any(other.virtual_at < chosen.virtual_at for other in others):
        return "why.priority", values
    if any(other.virtual_at < chosen.virtual_at for other in others):
        return "why.rate", values
    return "why.longest", values


def in_hall_since(ticket: Ticket) -> datetime:
    """Since when somebody waits for the office's sake: not while he is at home with a number."""
    return ticket.arrived_at or ticket.virtual_at


def open_for(since: datetime, now: datetime, opening: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """How much of the time since then the office was open: during a break the clocks of the missed stand still."""
    spans = (min(end, now) - max(start, since) for start, end in opening)
    return sum((span for span in spans if span > timedelta(0)), timedelta(0))


def due_back(since: datetime, length: timedelta, opening: Sequence[tuple[datetime, datetime]]) -> datetime:
    """When somebody who is away for so long is expected: a break of the office does not count.

    Where the office is shut at the time, or shuts for the day before, it is simply so long after.
    """
    if any(start <= since < end for start, end in opening):
        left = length
        for start, end in sorted(opening):
            begin = max(start, since)
            if begin + left <= end:
                return begin + left
            left -= max(timedelta(0), end - begin)
    return since + length


def came_back_in_time(
    ticket: Ticket, now: datetime, within: timedelta, opening: Sequence[tuple[datetime, datetime]]
) -> bool:
    """Whether somebody who missed the call may still come back with the time already waited."""
    return ticket.missed_at is None or open_for(ticket.missed_at, now, opening) <= within


def unserved(hall: Hall, now: datetime) -> dict[str, int]:
    """Lines that people wait in and no open counter serves, with how many wait; whom some desk may call is served."""
    found: dict[str, int] = {}
    for ticket in hall.tickets:
        served = any(ticket.line in seat.lines or may_take(ticket, seat, hall, now) for seat in hall.seats)
        if callable_now(ticket, now) and not served:
            found[ticket.line] = found.get(ticket.line, 0) + 1
    return found
