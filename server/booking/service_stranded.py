"""The bookings an office cannot serve any more: found from its tables as they are, or as they would be."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking import tables
from server.booking.rules import Booked, Interval, Wish
from server.booking.rules_duties import Staff
from server.booking.rules_states import Appointment
from server.booking.rules_stranded import Coming, Diary, Offer, Opened, Seeker, is_stranded, propose, stranded
from server.booking.service_days import lines_needed, staff_of
from server.booking.service_rows import COLUMNS
from server.catalogue import rules as catalogue_rules
from server.catalogue import service as catalogue
from server.catalogue.rules import Office, Policy, Procedure
from server.catalogue.rules_timetable import Timetable
from server.db import PerDatabase, rows
from server.errors import Refusal

__all__ = [
    "Situation",
    "count_of",
    "forget_count",
    "let_down_with",
    "offers_for",
    "refuse_unless_kept",
    "situation",
    "stranded_in",
    "stranded_of",
]

FURTHER = timedelta(days=14)
"""So far beyond the last day that can be booked a place is looked for: the office may book further than citizens."""

RANKS = {"checked-in": 0, "confirmed": 1, "held": 2}
"""Who keeps a place that not all can keep: first whoever is here already, last who has not even confirmed."""


class Situation(Struct, frozen=True):
    """All that decides who can be served: an office at one moment, with the bookings that are still to come."""

    now: datetime
    office: Office
    policy: Policy
    staff: Staff
    table: Timetable
    procedures: Mapping[str, Procedure]
    coming: Sequence[Appointment]

    @property
    def today(self) -> date:
        return clock.day_of(self.now, self.office.time_zone)

    def day_of(self, booking: Appointment) -> date:
        """The office's day of a booking."""
        return clock.day_of(booking.starts_at, self.office.time_zone)

    def opened(self, day: date) -> Opened:
        """A day by this timetable."""
        table = self.table
        opening = catalogue_rules.opening(table.hours, table.closures, day, self.office.time_zone)
        return Opened(opening, self.staff.duties(table.shifts, table.absences, day) if opening else [])

    def booked(self, booking: Appointment) -> Booked:
        """What a booking takes."""
        lines = {code: row.line for code, row in self.procedures.items()}
        needed = lines_needed(booking, lines)
        return Booked(lines=needed, start=booking.starts_at, end=booking.ends_at, officer=booking.officer)

    def ranked(self, bookings: Iterable[Appointment]) -> list[Coming]:
        """Bookings in what decides which of them are kept where not all can be."""
        return [
            Coming(booking.reference, self.booked(booking), (RANKS[booking.state], booking.created_at))
            for booking in bookings
        ]


async def situation(code: str, now: datetime, day: date | None = None) -> Situation:
    """An office as it is; where a `day` is named, with that day's bookings alone. Refuses no-such-office."""
    here = await catalogue.of(code)
    table = tables.Appointment
    held = (table.state == "held") & (table.held_until > now)
    live = held | table.state.is_in(["confirmed", "checked-in"])
    wanted = (table.office == code) & (table.ends_at > now) & live
    if day is not None:
        begins, ends = (clock.start_of(each, here.office.time_zone) for each in (day, day + timedelta(days=1)))
        wanted &= (table.starts_at >= begins) & (table.starts_at < ends)
    coming = await rows(Appointment, table.select(*COLUMNS).where(wanted).order_by(table.starts_at, table.reference))
    return Situation(
        now=now,
        office=here.office,
        policy=here.policy,
        staff=staff_of(here),
        table=here.timetable,
        procedures={row.code: row for row in here.procedures},
        coming=coming,
    )


async def stranded_of(seen: Situation) -> list[Appointment]:
    """The confirmed bookings to come that cannot be served, by time."""
    return await asyncio.to_thread(_stranded, seen)


def _stranded(seen: Situation) -> list[Appointment]:
    by_day: dict[date, list[Appointment]] = {}
    for booking in seen.coming:
        by_day.setdefault(seen.day_of(booking), []).append(booking)
    found: list[Appointment] = []
    for day, bookings in by_day.items():
        known = {booking.reference: booking for booking in bookings}
        found += [known[reference] for reference in stranded(seen.opened(day), seen.ranked(bookings))]
    # Who is here has a number and is served; who only holds a time is not to be told of another.
    return [booking for booking in found if booking.state == "confirmed" and booking.starts_at > seen.now]


async def refuse_unless_kept(held: Appointment, now: datetime) -> None:
    """Refuses slot-gone where nobody could serve a held time any more: the timetable has changed since it was held.

    It is what the list of those to be arranged goes by, so nothing is confirmed only to be listed there. Of several
    holds that cannot all be kept, whoever came first keeps the time as long as the hold lasts.
    """
    if await _is_stranded(held, now):
        raise Refusal("slot-gone")


async def let_down_with(booking: Appointment, now: datetime) -> frozenset[str]:
    """All bookings of an office that cannot be served, if this is one of them; none if it is not."""
    if not await _is_stranded(booking, now):
        return frozenset()
    left = frozenset(one.reference for one in await stranded_of(await situation(booking.office, now)))
    return left if booking.reference in left else frozenset()


async def _is_stranded(booking: Appointment, now: datetime) -> bool:
    office = await catalogue.office(booking.office)
    seen = await situation(office.code, now, clock.day_of(booking.starts_at, office.time_zone))
    return is_stranded(seen.opened(seen.day_of(booking)), seen.ranked(seen.coming), booking.reference)


async def offers_for(seen: Situation, wanting: Sequence[Appointment], leaving: Collection[str]) -> Mapping[str, Offer]:
    """A place for each booking, by reference, where there is one; whoever booked first chooses first.

    `leaving` are all bookings that cannot be served: they take nobody's time.
    """
    return await asyncio.to_thread(_offers, seen, wanting, leaving)


def _offers(seen: Situation, wanting: Sequence[Appointment], leaving: Collection[str]) -> Mapping[str, Offer]:
    if not wanting:
        return {}
    seekers = [
        Seeker(booking.reference, wish_of(seen, booking), booking.starts_at, booking.identity_hash)
        for booking in sorted(wanting, key=lambda booking: (booking.created_at, booking.reference))
    ]
    return propose(diary_of(seen, leaving), seekers, busy_of(seen, leaving), seen.now)


def wish_of(seen: Situation, booking: Appointment) -> Wish:
    """What would book the same for another start."""
    booked = seen.booked(booking)
    return Wish(lines=booked.lines, length=booked.end - booked.start, officer=booked.officer)


def diary_of(seen: Situation, leaving: Collection[str]) -> Diary:
    """The days to come in which a place may be found."""
    ahead = seen.today + timedelta(days=seen.policy.booking_days_ahead)
    last = max([ahead, *(seen.day_of(booking) for booking in seen.coming)]) + FURTHER
    days = [seen.today + timedelta(days=place) for place in range((last - seen.today).days + 1)]
    taken: dict[date, list[Booked]] = {}
    for booking in seen.coming:
        if booking.reference not in leaving:
            taken.setdefault(seen.day_of(booking), []).append(seen.booked(booking))
    return Diary(
        {day: seen.opened(day) for day in days},
        taken,
        share=seen.policy.bookable_share,
        slot_minutes=seen.policy.slot_minutes,
    )


def busy_of(seen: Situation, leaving: Collection[str]) -> dict[str, list[Interval]]:
    """When people have other bookings here, by person."""
    busy: dict[str, list[Interval]] = {}
    for booking in seen.coming:
        if booking.identity_hash is not None and booking.reference not in leaving:
            busy.setdefault(booking.identity_hash, []).append((booking.starts_at, booking.ends_at))
    return busy


class _Office(Struct, frozen=True):
    office: str


async def stranded_in(offices: Collection[str] | None) -> dict[str, list[str]]:
    """The references of the stranded bookings of these offices, or of all, by office; offices without any left out."""
    now = clock.now()
    table = tables.Appointment
    query = table.select(table.office).distinct().where((table.state == "confirmed") & (table.starts_at > now))
    codes = {found.office for found in await rows(_Office, query)}
    found = {}
    for code in sorted(codes if offices is None else codes & set(offices)):
        left = await stranded_of(await situation(code, now))
        if left:
            found[code] = [booking.reference for booking in left]
    return found


_counted: PerDatabase[dict[str, tuple[datetime, int]]] = PerDatabase(dict)
"""How many each office had in a minute: screens ask with every number that is called."""


async def count_of(office: str) -> int:
    """How many bookings of an office wait to be arranged; up to a minute old where another process changed it."""
    now = clock.now()
    minute = now.replace(second=0, microsecond=0)
    known = _counted.here()
    kept = known.get(office)
    if kept is None or kept[0] != minute:
        kept = known[office] = (minute, len(await stranded_of(await situation(office, now))))
    return kept[1]


def forget_count(office: str) -> None:
    """Have it counted anew."""
    _counted.here().pop(office, None)
