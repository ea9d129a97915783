"""What reception and the head of the office see: lists to find a ticket in, and the state of the hall."""

import asyncio
from datetime import date, datetime, timedelta

from msgspec import Struct, structs

from server import clock
from server.booking.service_stranded import count_of
from server.catalogue import service as catalogue
from server.catalogue.views import name_in
from server.db import PerDatabase, row, rows
from server.errors import Refusal
from server.journal.frames import head_seq
from server.journal.tables import Journal
from server.people.rules import Officer
from server.phrases import Language, say
from server.queue import experience, home, tables
from server.queue.alerts import alert_of_stranded, alerts_of, alerts_of_kiosks, state_of_hall
from server.queue.board import waiting_by_line
from server.queue.forecast import forecast, shown, what_if
from server.queue.forecasting import PLAYS, Forecaster, outlook
from server.queue.hall import Setting, desks, load_hall, load_setting, number_of, seat_at
from server.queue.kiosk_help import standing
from server.queue.reception import latest
from server.queue.rules import FROM_HOME, Hall, Seat, Ticket, callable_now, in_hall_since, on_hold
from server.wire import HallDesk, HallLine, HallTruth, HallView, KioskHelp, ReceptionTicket, Wait, WhatIf

__all__ = [
    "calls_of_kiosks",
    "coming_tickets",
    "guidance_line",
    "hall_view",
    "missed_tickets",
    "reception_tickets",
    "what_if_open",
]

ENOUGH_GRADED = 10
QUARTERS = 96
WAS_HERE = f"(source <> '{FROM_HOME}' OR arrived_at IS NOT NULL)"
"""Who took a number at home and never came has not left the hall."""
USUAL_WEEKS = 4


class _Count(Struct, frozen=True):
    count: int


class _Day(Struct, frozen=True):
    day: date | None
    day_seq: int
    seq: int


class _Arrival(Struct, frozen=True):
    day: date
    issued_at: datetime


_usual_known: PerDatabase[dict[str, tuple[date, list[float]]]] = PerDatabase(dict)
"""Each office's usual day as reckoned today: days that are over do not change any more."""


async def reception_tickets(
    office: str, line: str | None, since: datetime | None, language: Language
) -> list[ReceptionTicket]:
    """Tickets of today by line and time of issue, newest first."""
    setting = await load_setting(office)
    return [_listed(ticket, setting, language) for ticket in await latest(setting, line, since)]


async def coming_tickets(office: str, language: Language) -> list[ReceptionTicket]:
    """Who has a number from home and has not arrived, whose turn is next in front."""
    setting = await load_setting(office)
    return [_listed(ticket, setting, language) for ticket in await home.coming(office)]


async def calls_of_kiosks(office: str, language: Language) -> list[KioskHelp]:
    """Where somebody at a kiosk waits for help, longest ago first."""
    return await standing(office, (await catalogue.office(office)).time_zone, language)


async def missed_tickets(office: str, language: Language) -> list[ReceptionTicket]:
    """Who was called and has not come, longest ago first, then whom the end of the day closed."""
    setting = await load_setting(office)
    today = clock.day_of(clock.now(), setting.office.time_zone)
    begun = await row(_Day, Journal.select(Journal.day, Journal.day_seq, Journal.seq).where(Journal.office == office))
    since = 0
    if begun is not None:
        since = begun.day_seq if begun.day == today else begun.seq  # nothing has ended today before the day has begun
    table = tables.Ticket
    # What ended before the office practised is of today as well.
    of_today = ((table.ended_seq > since) | (table.day == today)) & table.sample.eq(setting.policy.sample)
    ended_today = table.state.is_in(["closed", "no-show"]) & of_today
    found = await rows(
        Ticket,
        table.select()
        .where((table.office == office) & ((table.state == "missed") | ended_today))
        .order_by(table.missed_at, table.issued_seq),
    )
    found.sort(key=lambda ticket: ticket.state == "closed")
    return [_listed(ticket, setting, language) for ticket in found]


async def guidance_line(office: str, given: str) -> str:
    """The line for a quick question; the one that was given where the office has none."""
    for line in await catalogue.lines(office):
        if line.kind == "guidance":
            return line.code
    return given


async def hall_view(officer: Officer, language: Language, forecaster: Forecaster) -> HallView:
    """The hall in one sentence, what needs the head, counters and lines, and how true the announced waits were."""
    now = clock.now()
    seq = await head_seq(officer.office)
    setting = await load_setting(officer.office)
    hall = await load_hall(setting, now)
    waits = await forecaster.lines(officer.office)
    counters = await _desks(setting, hall, language, now)
    lines = await _lines(setting, hall, waits, language)
    calls = await standing(officer.office, setting.office.time_zone, language)
    alerts = [
        *alerts_of_kiosks(calls),
        *alerts_of(setting, hall, counters, waits, now, language),
        *alert_of_stranded(await count_of(officer.office), language),
    ]
    waiting = [ticket for ticket in hall.tickets if callable_now(ticket, now)]
    today = clock.day_of(now, setting.office.time_zone)
    return HallView(
        seq=seq,
        as_of=now,
        time_zone=setting.office.time_zone,
        office=officer.office,
        office_name=name_in(language, setting.office),
        sentence=state_of_hall(waiting, len(alerts), now, language, setting.policy.service_target_minutes),
        alerts=alerts,
        desks=counters,
        lines=lines,
        waiting=len(waiting),
        served_today=await _count(setting, today, "state = 'served'"),
        left_today=await _count(setting, today, f"state IN ('withdrawn', 'no-show', 'closed') AND {WAS_HERE}"),
        chosen_today=await _count(setting, today, "chosen_by IS NOT NULL"),
        arrivals=(await _arrivals(setting, [today], sample=setting.policy.sample))[today],
        usual=await _usual(setting, today),
        truth=await _truth(setting, today),
        sample=setting.policy.sample,
        practice=setting.policy.practice,
    )


async def what_if_open(officer: Officer, counter: int, lines: list[str], language: Language) -> WhatIf:
    """The waits if this counter were open for these lines. Refuses no-such-counter and no-such-line."""
    await catalogue.counter(officer.office, counter)
    setting = await load_setting(officer.office)
    for line in lines:
        if line not in setting.lines:
            raise Refusal("no-such-line", line=line)
    seen = await outlook(setting, clock.now())
    seed = await head_seq(officer.office)
    before = await asyncio.to_thread(forecast, seen, plays=PLAYS, seed=seed)
    extra = Seat(counter, "", frozenset(lines))
    available = {number: spans for number, spans in seen.availability.items() if number != counter}
    after = await asyncio.to_thread(
        what_if, structs.replace(seen, availability=available), extra, plays=PLAYS, seed=seed
    )
    now = {code: shown(found.p50_minutes, found.p90_minutes) for code, found in before.lines.items()}
    then = {code: shown(found.p50_minutes, found.p90_minutes) for code, found in after.lines.items()}
    helped = max(then, key=lambda code: _gain(now.get(code), then[code]), default=None)
    sentence = say(language, "office.whatif.none", counter=counter)
    if helped is not None and _gain(now.get(helped), then[helped]) > 0:
        name = name_in(language, setting.lines[helped])
        known = now.get(helped)
        sentence = say(
            language, "office.whatif.better" if known else "office.whatif.served",
            counter=counter, line=name, after=then[helped].p90, before=known.p90 if known else 0,
        )  # fmt: skip
    return WhatIf(now=now, then=then, sentence=sentence)


def _gain(before: Wait | None, after: Wait) -> int:
    return (before.p90 if before else 10_000) - after.p90


def _listed(ticket: Ticket, setting: Setting, language: Language) -> ReceptionTicket:
    line = setting.lines.get(ticket.line)
    return ReceptionTicket(
        id=ticket.id,
        number=number_of(ticket, setting),
        label=ticket.label,
        line=ticket.line,
        line_name=name_in(language, line) if line else ticket.line,
        state=ticket.state,
        source=ticket.source,
        issued_at=ticket.issued_at,
        returnable=ticket.state in ("missed", "closed") or on_hold(ticket),
        priority=ticket.rate > 100,
    )


async def _desks(setting: Setting, hall: Hall, language: Language, now: datetime) -> list[HallDesk]:
    rows_of = {desk.counter: desk for desk in await desks(setting.office.code)}
    at = {ticket.counter: ticket for ticket in hall.tickets if ticket.state in ("called", "serving")}
    seen = []
    for number, counter in sorted(setting.counters.items()):
        desk = rows_of.get(number)
        manned = desk is not None and desk.officer is not None
        ticket = at.get(number)
        officer = setting.officers.get(desk.officer or "") if desk else None
        lines = seat_at(desk, setting, now).lines if desk and manned else frozenset(counter.lines or setting.lines)
        extra = desk.extra_lines if desk and desk.extra_until and desk.extra_until > now else ""
        seen.append(
            HallDesk(
                number=number,
                name=name_in(language, counter),
                officer=desk.officer if desk else None,
                officer_name=officer.full_name if officer else None,
                lines=sorted(lines),
                extra_lines=extra.split("\n") if extra else [],
                extra_until=desk.extra_until if desk and extra else None,
                ticket=ticket.label if ticket else None,
                ticket_state=ticket.state if ticket else None,
                since=(ticket.started_at or ticket.called_at) if ticket else None,
                paused_reason=desk.pause_reason if desk and desk.paused_at else None,
                paused_until=desk.paused_until if desk else None,
                help=desk.help_kind if desk else None,
            )
        )
    return seen


async def _lines(setting: Setting, hall: Hall, waits: dict[str, Wait], language: Language) -> list[HallLine]:
    waiting = await waiting_by_line(setting)
    return [
        HallLine(
            code=code,
            name=name_in(language, line),
            waiting=waiting[code],
            longest_since=min(
                (in_hall_since(t) for t in hall.tickets if t.line == code and t.state == "waiting"), default=None
            ),
            wait=waits.get(code),
            served_by=sum(1 for seat in hall.seats if code in seat.lines and not seat.paused),
        )
        for code, line in setting.lines.items()
    ]


async def _count(setting: Setting, day: date, condition: str) -> int:
    """Tickets of a day, those from practising left out once the office works in earnest."""
    # The condition is one of ours, never anybody's text.
    where = f"office = {{}} AND day = {{}} AND sample = {{}} AND {condition}"
    query = f"SELECT count(*) AS count FROM ticket WHERE {where}"  # noqa: S608
    found = await row(_Count, tables.Ticket.raw(query, setting.office.code, day, setting.policy.sample))
    return found.count if found else 0


async def _arrivals(setting: Setting, days: list[date], *, sample: bool) -> dict[date, list[int]]:
    """Numbers given on these days by quarter of an hour, 96 of them from midnight."""
    table = tables.Ticket
    found = await rows(
        _Arrival,
        table.select(table.day, table.issued_at).where(
            (table.office == setting.office.code) & table.day.is_in(days) & table.sample.eq(sample)
        ),
    )
    began = {day: clock.start_of(day, setting.office.time_zone) for day in days}
    counts = {day: [0] * QUARTERS for day in days}
    for arrival in found:
        quarter = (arrival.issued_at - began[arrival.day]) // timedelta(minutes=15)
        counts[arrival.day][min(max(quarter, 0), QUARTERS - 1)] += 1
    return counts


async def _usual(setting: Setting, today: date) -> list[float]:
    """Numbers given by quarter on the last four such weekdays that had any, on average; empty where none had."""
    known = _usual_known.here()
    kept = known.get(setting.office.code)
    if kept is None or kept[0] != today:
        weekdays = [today - timedelta(weeks=weeks) for weeks in range(1, USUAL_WEEKS + 1)]
        before = await _arrivals(setting, weekdays, sample=setting.policy.made_up)
        days = [counts for counts in before.values() if any(counts)]
        mean = [round(sum(counts) / len(days), 1) for counts in zip(*days, strict=True)] if days else []
        kept = known[setting.office.code] = (today, mean)
    return kept[1]


async def _truth(setting: Setting, today: date) -> HallTruth:
    ours = (await experience.truth(setting, today)).ours
    if ours is None or ours.count < ENOUGH_GRADED:
        return HallTruth(graded=ours.count if ours else 0, within=None, mean_error=None, too_optimistic=None)
    return HallTruth(
        graded=ours.count, within=ours.within, mean_error=ours.mean_error, too_optimistic=ours.too_optimistic
    )
