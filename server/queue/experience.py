"""What the office's own tickets teach the forecast: service times, who leaves, and how true its promises were."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from msgspec import Struct

from server import clock
from server.db import PerDatabase, rows
from server.queue import tables
from server.queue.grading import FORMULAS, Announced, Glance, Grade, grade
from server.queue.hall import Setting
from server.queue.learning import (
    Called,
    Finished,
    Issued,
    Learned,
    Running,
    Tally,
    habits,
    learn,
    newcomers,
    tally,
)
from server.queue.outlook import Habits, LineTimes, Newcomers
from server.queue.rules import Hall, Ticket, ahead_of
from server.wire import Wait

__all__ = ["Truth", "glance", "habits_of", "learned", "newcomers_of", "promise", "truth"]

MEMORY = timedelta(days=60)

_tallies: PerDatabase[dict[str, tuple[date, dict[tuple[str, str], Tally]]]] = PerDatabase(dict)
"""Per office the sums of the days before this one: read once a day, for they do not change any more."""


class _Service(Struct, frozen=True):
    line: str
    officer: str | None
    called_at: datetime | None
    ended_at: datetime | None
    kept_ms: int


class _Number(Struct, frozen=True):
    line: str
    rate: int
    issued_at: datetime
    virtual_at: datetime
    arrived_at: datetime | None
    first_called_at: datetime | None
    misses: int


class _Promise(Struct, frozen=True):
    ticket: str
    at: datetime
    p50: int
    p90: int
    formulas: str


class _FirstCall(Struct, frozen=True):
    id: str
    first_called_at: datetime | None


class Truth(Struct, frozen=True):
    """Today's promises, graded: the range's figures, and each simple formula's."""

    ours: Grade | None
    others: dict[str, Grade]


async def learned(setting: Setting, hall: Hall, today: date, now: datetime) -> Learned:
    """What is believed about service times at this moment; a first morning goes by what the office expects."""
    office = setting.office.code
    priors = {code: LineTimes(line.expected_minutes, line.spread) for code, line in setting.lines.items()}
    began = clock.start_of(today, setting.office.time_zone)
    known = _tallies.here().get(office)
    if known is None or known[0] != today:
        # Also while practising: what an office has learned in earnest is what its forecast begins with.
        past = await _services(setting, today - MEMORY, today - timedelta(days=1), sample=setting.policy.made_up)
        known = (today, tally(past, priors, began))
        _tallies.here()[office] = known
    running = [
        Running(ticket.line, ticket.officer or "", (now - ticket.called_at).total_seconds() / 60)
        for ticket in hall.tickets
        if ticket.state == "serving" and ticket.called_at is not None
    ]
    finished = await _services(setting, today, today, sample=setting.policy.sample)
    return learn(priors, known[1], finished, now, day_began=began, running=running)


async def newcomers_of(setting: Setting, today: date, now: datetime) -> list[Newcomers]:
    """People of the higher classes still to be expected, by today's numbers."""
    issued = [Issued(number.line, number.rate, number.issued_at) for number in await _numbers(setting, today)]
    return newcomers(issued, now) if issued else []


async def habits_of(setting: Setting, today: date) -> Habits:
    """How many leave while they wait, by today's first calls."""
    calls = [
        Called(
            (number.first_called_at - (number.arrived_at or number.virtual_at)).total_seconds() / 60, number.misses > 0
        )
        for number in await _numbers(setting, today)
        if number.first_called_at is not None
    ]
    return habits(calls)


async def promise(ticket: Ticket, wait: Wait, seen: Glance) -> None:
    """Keep what was announced with a ticket, and what the simple formulas would have said, to be graded by the call."""
    formulas = {name: round(formula(seen), 1) for name, formula in FORMULAS.items()}
    await tables.Promise.raw(
        "INSERT INTO promise (ticket, office, day, at, p50, p90, formulas) VALUES ({}, {}, {}, {}, {}, {}, {}) "
        "ON CONFLICT DO NOTHING",
        ticket.id, ticket.office, ticket.day, ticket.issued_at, wait.p50, wait.p90,
        msgspec.json.encode(formulas).decode(),
    )  # fmt: skip


async def truth(setting: Setting, day: date) -> Truth:
    """How true the promises of a day were, as far as their tickets have been called; samples only among samples."""
    office = setting.office.code
    promises = await rows(
        _Promise, tables.Promise.select().where((tables.Promise.office == office) & (tables.Promise.day == day))
    )
    called = {
        ticket.id: ticket.first_called_at
        for ticket in await rows(
            _FirstCall,
            tables.Ticket.select(tables.Ticket.id, tables.Ticket.first_called_at).where(
                (tables.Ticket.office == office)
                & (tables.Ticket.day == day)
                & tables.Ticket.sample.eq(setting.policy.sample)
                & (tables.Ticket.holds == 0)  # when somebody comes back is his own affair, and no promise of ours
                & tables.Ticket.first_called_at.is_not_null()
            ),
        )
    }
    ours: list[Announced] = []
    others: dict[str, list[Announced]] = {}
    for kept in promises:
        instant = called.get(kept.ticket)
        if instant is None:
            continue
        minutes = (instant - kept.at).total_seconds() / 60
        ours.append(Announced(kept.p50, kept.p90, minutes))
        formulas: dict[str, float] = msgspec.json.decode(kept.formulas)
        for name, said in formulas.items():
            others.setdefault(name, []).append(Announced(said, None, minutes))
    graded = {name: found for name, said in others.items() if (found := grade(said)) is not None}
    return Truth(grade(ours), graded)


def glance(setting: Setting, hall: Hall, ticket: Ticket, times: Learned | None, now: datetime) -> Glance:
    """What the simple formulas may look at when this ticket was issued."""
    waiting = [other for other in hall.tickets if other.state == "waiting" and other.id != ticket.id]
    line = [other for other in waiting if other.line == ticket.line]
    set_times = {code: found.expected_minutes for code, found in setting.lines.items()}
    means = {code: found.mean_minutes for code, found in times.times.items()} if times else set_times
    average_hall = sum(means[other.line] for other in waiting if other.line in means) / max(1, len(waiting))
    entered = [
        (other.first_called_at, (other.first_called_at - (other.arrived_at or other.issued_at)).total_seconds() / 60)
        for other in hall.tickets
        if other.line == ticket.line and other.first_called_at is not None
    ]
    return Glance(
        ahead=len(line),
        ahead_hall=len(waiting),
        ahead_rule=ahead_of(ticket, hall, now),
        counters=sum(1 for seat in hall.seats if ticket.line in seat.lines),
        counters_hall=len(hall.seats),
        average=means.get(ticket.line, 10.0),
        average_hall=average_hall or means.get(ticket.line, 10.0),
        set_line=set_times.get(ticket.line, 10.0),
        set_hall=sum(set_times.values()) / max(1, len(set_times)),
        last_to_enter=max(entered)[1] if entered else None,
        head_of_line=max(((now - other.issued_at).total_seconds() / 60 for other in line), default=None),
    )


async def _services(setting: Setting, first: date, last: date, *, sample: bool) -> list[Finished]:
    table = tables.Ticket
    found = await rows(
        _Service,
        table.select(table.line, table.officer, table.called_at, table.ended_at, table.kept_ms).where(
            (table.office == setting.office.code)
            & (table.state == "served")
            & (table.day >= first)
            & (table.day <= last)
            & table.sample.eq(sample)
        ),
    )
    return [
        Finished(
            service.line,
            service.officer or "",
            (clock.milliseconds(service.ended_at - service.called_at) - service.kept_ms) / 60_000,
            service.ended_at,
        )
        for service in found
        if service.called_at is not None and service.ended_at is not None
    ]


async def _numbers(setting: Setting, today: date) -> Sequence[_Number]:
    table = tables.Ticket
    return await rows(
        _Number,
        table.select(
            table.line,
            table.rate,
            table.issued_at,
            table.virtual_at,
            table.arrived_at,
            table.first_called_at,
            table.misses,
        ).where((table.office == setting.office.code) & (table.day == today) & table.sample.eq(setting.policy.sample)),
    )
