"""Who is next, and what may happen to a ticket: pure decisions over plain values and a `now`.

The calling rule is the accumulating-priority discipline (Kleinrock 1964; Stanford, Taylor & Ziedins 2014): every ticket
has a virtual arrival `v` and a rate `b`; the one with the greatest `b * max(0, now - v)` is next. Rates are hundredths
and times whole milliseconds, so that the comparison is exact.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct, structs

from server.clock import milliseconds

__all__ = [
    "FROM",
    "FROM_HOME",
    "OPEN_STATES",
    "DeskRow",
    "Discipline",
    "Hall",
    "HelpKind",
    "Refused",
    "Seat",
    "Series",
    "Standing",
    "State",
    "Ticket",
    "Verb",
    "accumulated",
    "ahead_of",
    "allowed",
    "callable_now",
    "came_back_in_time",
    "choose",
    "due_back",
    "in_hall_since",
    "next_number",
    "numbered",
    "numbers_given",
    "on_hold",
    "open_for",
    "ordered",
    "reason",
    "resting",
    "standing",
    "unserved",
    "virtual_arrival",
]

State = Literal[
    "coming", "waiting", "called", "serving", "parked", "missed", "served", "withdrawn", "no-show", "closed"
]
Standing = State | Literal["held"]
"""A state as verbs see it: what is parked is a desk's, or `held` by its own holder, who has stepped out."""
Discipline = Literal["accumulating", "strict", "fifo"]
HelpKind = Literal["head", "emergency"]
"""What a counter calls for: the head, without a sound, or anybody who can come."""

Verb = Literal[
    "call", "recall", "start", "finish", "miss", "return", "park", "resume", "transfer", "merge", "add-procedure",
    "no-show", "withdraw", "bring-back", "reactivate", "arrive", "hold", "back",
]  # fmt: skip

OPEN_STATES: frozenset[State] = frozenset({"coming", "waiting", "called", "serving", "parked", "missed"})

FROM: Mapping[Verb, frozenset[Standing]] = {
    "call": frozenset({"waiting"}),
    "recall": frozenset({"called"}),
    "start": frozenset({"called"}),
    "finish": frozenset({"serving"}),
    "miss": frozenset({"called"}),
    "return": frozenset({"missed", "held"}),
    "park": frozenset({"called", "serving"}),
    "resume": frozenset({"parked"}),
    "transfer": frozenset({"called", "serving"}),
    "merge": frozenset({"called", "serving"}),
    "add-procedure": frozenset({"called", "serving"}),
    "no-show": frozenset({"called", "missed"}),
    "withdraw": frozenset({"coming", "waiting", "missed", "held"}),
    "bring-back": frozenset({"missed", "closed", "held"}),
    "reactivate": frozenset({"no-show"}),
    "arrive": frozenset({"coming"}),
    "hold": frozenset({"waiting"}),
    "back": frozenset({"held"}),
}
"""The states that each verb may start from; from any other it is refused and changes nothing."""

FROM_HOME = "phone"
"""The source of a number taken at home: its ticket is `coming`, and called by nobody, until its holder has arrived."""

DOORS_OPEN_BEFORE = timedelta(minutes=60)
"""People queue before the office opens: numbers are given from this long before the first hour of the day."""

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


class Series(Struct, frozen=True):
    """Where a line's numbers stand: the day of the last issue, the first number of that day, and the last number.

    `day_first` is 0 where the day's first number was chosen but not given yet.
    """

    day: date
    day_first: int
    last: int


class Refused(Struct, frozen=True):
    """Why a verb may not be done: a refusal's code."""

    code: str


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


def standing(ticket: Ticket) -> Standing:
    """A ticket's state as verbs see it."""
    return "held" if on_hold(ticket) else ticket.state


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


def allowed(verb: Verb, ticket: Ticket, *, seat: Seat | None = None) -> Refused | None:
    """Whether a verb may be done to a ticket, and by this desk where one is given."""
    if verb == "arrive" and ticket.state in OPEN_STATES - FROM[verb]:
        return Refused("already-arrived" if ticket.arrived_at is not None else "not-from-home")
    if standing(ticket) not in FROM[verb]:
        return Refused("not-arrived" if ticket.state == "coming" else "wrong-state")
    if seat is not None and ticket.state in ("called", "serving") and ticket.counter != seat.counter:
        return Refused("not-your-ticket")
    return None


def in_hall_since(ticket: Ticket) -> datetime:
    """Since when somebody waits for the office's sake: not while he is at home with a number."""
    return ticket.arrived_at or ticket.virtual_at


def numbers_given(opening: Sequence[tuple[datetime, datetime]], now: datetime) -> bool:
    """Whether numbers are given on a day that is open so: from an hour before the doors open, and through breaks."""
    return bool(opening) and opening[0][0] - DOORS_OPEN_BEFORE <= now < opening[-1][1]


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


def numbered(prefix: str, number: int) -> str:
    """A ticket's number as printed and called: the line's prefix and at least three digits."""
    return f"{prefix}{number:03d}"


def begun_at(series: Series | None, today: date, number: int) -> Series | None:
    """The series whose next number is to be this one; None where it, or one that comes after it, was given today."""
    if series is None or series.day != today:
        return Series(today, 0, number - 1)
    come_round = series.last < series.day_first
    if number <= series.last or (come_round and number >= series.day_first):
        return None
    return Series(today, series.day_first, number - 1)  # coming round still ends at the first of today


def next_number(
    series: Series | None, today: date, first: int, limit: int, still_open: Collection[int]
) -> Series | None:
    """The series after its next issue (its `last` is the new number), or None where the day's numbers are used up.

    Numbers start again with the first issue of a day on which no ticket of the series is open, and go on otherwise;
    going on past the end they come round. A number somebody still holds is passed over, and none comes twice a day.
    """
    size = limit - first + 1
    if series is None or (series.day != today and not still_open):
        number, fresh = first, True
    else:
        number, fresh = series.last + 1, series.day != today or series.day_first == 0
    for _ in range(size):
        number = first + (number - first) % size
        if not fresh and series is not None and number == series.day_first:
            return None
        if number not in still_open:
            return Series(today, number if fresh or series is None else series.day_first, number)
        number += 1
    return None
