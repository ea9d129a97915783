"""The coming days of an office as booking sees them: what its timetable, its officers and its bookings leave free."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from msgspec import Struct, structs

from server import clock
from server.booking import rules, tables
from server.booking.rules_dealing import Booked
from server.booking.rules_duties import Staff
from server.booking.rules_fairness import turns
from server.booking.rules_states import Appointment, Purpose
from server.catalogue import rules as catalogue_rules
from server.catalogue import service as catalogue
from server.catalogue.rules import Office, Policy, Procedure, ServiceLine
from server.catalogue.service import Catalogue
from server.db import rows
from server.errors import Refusal
from server.wire import SlotOfficer, SlotView

__all__ = [
    "LONGEST_VIEW",
    "Errand",
    "duties_on",
    "errand",
    "free_and_taken",
    "free_around",
    "free_days",
    "horizon",
    "lines_needed",
    "refuse_unless_free",
    "refuse_wrong_officer",
    "slot_views",
    "staff_of",
    "taken_between",
    "timetable",
    "without_notice",
]

LONGEST_VIEW = 31
"""So many days at most can be asked for at once."""

# No booking lasts longer: so far back one may have begun that still takes somebody's time.
LONGEST_VISIT = timedelta(days=1)


class Taken(Struct, frozen=True):
    """What the free times of a day depend on of a booking: a fraction of its row, for there may be hundreds."""

    reference: str
    starts_at: datetime
    ends_at: datetime
    line: str
    procedures: str
    officer: str | None
    purpose: Purpose
    held_until: datetime | None
    identity_hash: str | None


TAKEN = [tables.Appointment._meta.get_column_by_name(name) for name in Taken.__struct_fields__]


class Errand(Struct, frozen=True):
    """What somebody comes for: `line` is where the number will wait, `wish` what it takes, `officers` their names.

    `able` is whether the officer it is to be with, if it is to be with one, can take it at all.
    """

    office: Office
    policy: Policy
    procedures: Sequence[Procedure]
    line: str
    wish: rules.Wish
    officers: Mapping[str, str]
    able: bool = True


async def errand(
    office_code: str,
    procedures: Sequence[str],
    purpose: Purpose,
    officer: str | None,
    now: datetime,
    dossiers: int | None = None,
) -> Errand:
    """The errand of these procedures at an office. Results are collected at the line for results, where there is one.

    More dossiers than one turn takes are a longer visit in the office's line for that. Refuses no-such-office,
    office-ended, no-such-procedure, too-many-dossiers; no-such-officer for one of another office.
    """
    here = await catalogue.of_working(office_code, now)
    office, policy, staff = here.office, here.policy, here.officers
    wanted = [here.procedure(code) for code in dict.fromkeys(procedures)]
    if not wanted:
        raise Refusal("no-such-procedure", procedure="")
    officers = {one.username: one.full_name for one in staff}
    if officer is not None and officer not in officers:
        raise Refusal("no-such-officer", username=officer)
    lines = {line.code: line for line in here.lines}
    places = [_place(procedure, purpose, lines) for procedure in wanted]
    minutes = [
        catalogue_rules.minutes_needed(procedure, line) if line.code == procedure.line else round(line.expected_minutes)
        for procedure, line in zip(wanted, places, strict=True)
    ]
    line, needed = places[0].code, frozenset(place.code for place in places)
    many = turns(dossiers, policy.dossiers_per_turn) if purpose == "submit" else 1
    if many > 1:
        if policy.bulk_line not in lines:
            raise Refusal("too-many-dossiers", n=policy.dossiers_per_turn)
        line, needed = policy.bulk_line, needed if policy.bulk_line in needed else frozenset([policy.bulk_line])
    span = rules.length([each * many for each in minutes], policy.slot_minutes)
    wish = rules.Wish(lines=needed, length=span, officer=officer)
    skills = next((one.skills for one in staff if one.username == officer), frozenset[str]())
    return Errand(
        office=office,
        policy=policy,
        procedures=wanted,
        line=line,
        wish=wish,
        officers=officers,
        able=not skills or needed <= skills,  # who has none named has all
    )


def _place(procedure: Procedure, purpose: Purpose, lines: Mapping[str, ServiceLine]) -> ServiceLine:
    if purpose == "collect":
        for line in lines.values():
            if line.kind == "results":
                return line
    return lines[procedure.line]


def without_notice(plan: Errand) -> Errand:
    """The errand as the office itself may book it: up to the last moment."""
    return structs.replace(plan, policy=structs.replace(plan.policy, minimum_notice_minutes=0))


def horizon(office: Office, policy: Policy, now: datetime) -> rules.Horizon:
    """How far ahead this office can be booked at this instant."""
    return rules.Horizon(
        now=now,
        time_zone=office.time_zone,
        days_ahead=policy.booking_days_ahead,
        notice=policy.minimum_notice_minutes,
        release_times=policy.release_times,
    )


async def free_days(
    errand: Errand,
    first_day: date,
    days: int,
    now: datetime,
    besides: Collection[str] = (),
    *,
    with_officers: bool = True,
) -> dict[date, list[rules.Slot]]:
    """Of those days the ones that can be booked, each with the starts that are open for booking now.

    Full starts are included (`free` is 0). `besides` are bookings whose time counts as free, such as one to be moved.
    """
    return (await free_and_taken(errand, first_day, days, now, besides, with_officers=with_officers))[0]


async def free_and_taken(
    errand: Errand,
    first_day: date,
    days: int,
    now: datetime,
    besides: Collection[str] = (),
    *,
    with_officers: bool = False,
) -> tuple[dict[date, list[rules.Slot]], list[Taken]]:
    """What `free_days` says, and all the bookings of those days that take somebody's time, read at one moment."""
    ahead = horizon(errand.office, errand.policy, now)
    first = max(first_day, ahead.today)
    count = min(days - (first - first_day).days, LONGEST_VIEW, (ahead.last_day - first).days + 1)
    planned, taken = await _days(errand.office, errand.policy, first, max(count, 0), now, besides)
    slots = {
        day: timetable.slots(errand.wish, partial(ahead.bookable, day), with_officers=with_officers)
        for day, timetable in planned.items()
    }
    return slots, taken


async def free_around(errand: Errand, day: date, now: datetime, count: int) -> list[rules.Slot]:
    """The free starts of a day and of those before and after it; where these are too few, of the next days, too."""
    ahead = horizon(errand.office, errand.policy, now)
    day = max(day - timedelta(days=1), ahead.today)
    found: list[rules.Slot] = []
    while len(found) < count and day <= ahead.last_day:
        for slots in (await free_days(errand, day, 3, now, with_officers=False)).values():
            found += [slot for slot in slots if slot.free]
        day += timedelta(days=3)
    return found


def refuse_wrong_officer(errand: Errand) -> None:
    """Refuses officer-cannot where it is to be with an officer who never takes that, whatever the time."""
    if not errand.able:
        name = errand.wish.officer or ""
        raise Refusal("officer-cannot", officer=errand.officers.get(name, name))


async def refuse_unless_free(errand: Errand, start: datetime, now: datetime, besides: Collection[str] = ()) -> None:
    """Why a start cannot be booked now.

    Refuses officer-cannot, slot-past, short-notice, too-far-ahead, slot-closed and slot-full.
    """
    refuse_wrong_officer(errand)
    ahead = horizon(errand.office, errand.policy, now)
    if start <= now:
        raise Refusal("slot-past")
    if ahead.too_near(start):
        raise Refusal("short-notice", minutes=errand.policy.minimum_notice_minutes)
    # Compared as a span first: an instant at the end of time has no day in every zone.
    if start - now > timedelta(days=errand.policy.booking_days_ahead + 2):
        raise Refusal("too-far-ahead", days=errand.policy.booking_days_ahead)
    day = clock.day_of(start, errand.office.time_zone)
    planned = (await _days(errand.office, errand.policy, day, 1, now, besides))[0][day]
    index = next((index for index, begins in planned.grid(errand.wish.length) if begins == start), None)
    if index is None:
        raise Refusal("slot-closed")
    refused = ahead.refusal(day, index, start)
    if refused is not None:
        raise Refusal(refused, days=errand.policy.booking_days_ahead)
    if not planned.able(errand.wish.lines, start, start + errand.wish.length):
        raise Refusal("slot-closed")
    if not planned.free(errand.wish, start):
        raise Refusal("slot-full")


async def timetable(office: Office, policy: Policy, day: date, now: datetime) -> rules.Day:
    """One day of an office as it is now, to ask for several errands what is free in it."""
    return (await _days(office, policy, day, 1, now, ()))[0][day]


def slot_views(wanted: Errand, found: Sequence[rules.Slot]) -> list[SlotView]:
    """Those of the starts that are free, as they cross the wire, in the office's own time."""
    zone = wanted.office.time_zone
    return [
        SlotView(
            start=clock.local(slot.start, zone),
            end=clock.local(slot.end, zone),
            free=slot.free,
            officers=[SlotOfficer(username=name, name=wanted.officers.get(name, name)) for name in slot.officers],
        )
        for slot in found
        if slot.free
    ]


async def _days(
    office: Office, policy: Policy, first_day: date, days: int, now: datetime, besides: Collection[str]
) -> tuple[dict[date, rules.Day], list[Taken]]:
    here = await catalogue.of(office.code)
    openings = here.opening_days(first_day, days)
    spans = [span for opening in openings.values() for span in opening]
    if not spans:
        return {day: rules.Day([], [], [], share=0, slot_minutes=policy.slot_minutes) for day in openings}, []
    duties = _duties(here, openings)
    found = await _taken(office.code, min(span[0] for span in spans), max(span[1] for span in spans), now, besides)
    booked = _booked(here, found)
    planned = {
        day: rules.Day(
            opening,
            duties[day],
            [one for one in booked if _falls_into(one, opening)],
            share=policy.bookable_share,
            slot_minutes=policy.slot_minutes,
        )
        for day, opening in openings.items()
    }
    return planned, found


def _falls_into(booked: Booked, opening: Sequence[rules.Interval]) -> bool:
    return any(booked.start < ends and begins < booked.end for begins, ends in opening)


async def duties_on(office: Office, days: Iterable[date]) -> dict[date, list[rules.Duty]]:
    """Who is at work on these days, and what each can take."""
    return _duties(await catalogue.of(office.code), days)


def _duties(here: Catalogue, days: Iterable[date]) -> dict[date, list[rules.Duty]]:
    staff = staff_of(here)
    return {day: staff.duties(here.shifts, here.absences, day) for day in days}


def staff_of(here: Catalogue) -> Staff:
    """Whoever may work at an office, and what each and each counter can take."""
    return Staff(
        time_zone=here.office.time_zone,
        every=frozenset(line.code for line in here.lines),
        skills={officer.username: officer.skills for officer in here.officers},
        served={counter.number: frozenset(counter.lines) for counter in here.counters},
    )


async def taken_between(office: str, begins: datetime, ends: datetime, now: datetime) -> list[rules.Interval]:
    """When somebody's time is taken by bookings between these instants."""
    return [(one.starts_at, one.ends_at) for one in await _taken(office, begins, ends, now, ())]


async def _taken(office: str, begins: datetime, ends: datetime, now: datetime, besides: Collection[str]) -> list[Taken]:
    """The bookings that take somebody's time between these instants, holds that have expired by now left out."""
    table = tables.Appointment
    held = (table.state == "held") & (table.held_until > now)
    found = await rows(
        Taken,
        table.select(*TAKEN).where(
            (table.office == office)
            & (table.starts_at > begins - LONGEST_VISIT)
            & (table.starts_at < ends)
            & (table.ends_at > begins)
            & (held | table.state.is_in(["confirmed", "checked-in"]))
        ),
    )
    return [appointment for appointment in found if appointment.reference not in besides]


def _booked(here: Catalogue, taken: Sequence[Taken]) -> list[Booked]:
    several = any("\n" in appointment.procedures for appointment in taken)
    lines = {row.code: row.line for row in here.procedures} if several else {}
    return [
        Booked(
            lines=lines_needed(appointment, lines),
            start=appointment.starts_at,
            end=appointment.ends_at,
            officer=appointment.officer,
        )
        for appointment in taken
    ]


def lines_needed(appointment: Appointment | Taken, lines: Mapping[str, str]) -> frozenset[str]:
    """What its officer must be able to take: several procedures of one visit may belong to several lines."""
    if appointment.purpose == "collect" or "\n" not in appointment.procedures:
        return frozenset([appointment.line])
    own = frozenset(lines[code] for code in appointment.procedures.split("\n") if code in lines)
    # Many dossiers wait in a line of their own: its officers take them whole.
    return own if appointment.line in own else frozenset([appointment.line])
