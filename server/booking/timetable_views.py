"""The timetable and the bookings it cannot serve, as they cross the wire, in the reader's language."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from server import clock
from server.booking.rules_states import Appointment
from server.booking.rules_stranded import Offer
from server.booking.service_stranded import Situation, situation
from server.booking.service_timetable import Hit, Moved
from server.catalogue import rules as catalogue_rules
from server.catalogue import service as catalogue
from server.catalogue.rules import ANY_OFFICE, Interval, weekdays
from server.catalogue.rules_absence import at_work
from server.catalogue.rules_timetable import KeptClosure, Timetable, shown_time
from server.catalogue.views import name_in
from server.notify.outbox import available
from server.notify.rules import channels_for
from server.people import service as people
from server.phrases import Language
from server.wire import (
    MoveFailure,
    MoveOutcome,
    OpenSpan,
    Proposal,
    StrandedBooking,
    StrandedList,
    TimetableAbsence,
    TimetableClosure,
    TimetableCounter,
    TimetableDay,
    TimetableDuty,
    TimetableOfficer,
    TimetablePreview,
    TimetableShift,
    TimetableView,
)

__all__ = ["LONGEST", "look", "moved_view", "preview_view", "stranded_view"]

LONGEST = 5
"""So many weeks can be looked at at once."""


async def stranded_view(hit: Hit, language: Language) -> StrandedList:
    """Bookings that wait to be arranged."""
    return StrandedList(time_zone=hit.situation.office.time_zone, bookings=await _bookings(hit, language))


async def preview_view(hit: Hit, language: Language) -> TimetablePreview:
    """Whom a change would hit."""
    return TimetablePreview(
        seen=hit.seen,
        time_zone=hit.situation.office.time_zone,
        bookings=await _bookings(hit, language),
        before=hit.before,
    )


def moved_view(done: Moved, language: Language) -> MoveOutcome:
    """What became of a bulk move."""
    failed = [
        MoveFailure(reference=each.reference, code=each.refusal.code, detail=each.refusal.sentence(language))
        for each in done.failed
    ]
    return MoveOutcome(moved=list(done.moved), failed=failed, left=done.left)


async def _bookings(hit: Hit, language: Language) -> list[StrandedBooking]:
    seen = hit.situation
    names = {officer.username: officer.full_name for officer in await people.officers_of(seen.office.code)}
    return [_booking(seen, booking, hit.offers.get(booking.reference), names, language) for booking in hit.bookings]


def _booking(
    seen: Situation, booking: Appointment, offer: Offer | None, names: dict[str, str], language: Language
) -> StrandedBooking:
    zone = seen.office.time_zone
    return StrandedBooking(
        reference=booking.reference,
        start=clock.local(booking.starts_at, zone),
        end=clock.local(booking.ends_at, zone),
        procedures=[
            name_in(language, seen.procedures[code]) if code in seen.procedures else code for code in booking.codes
        ],
        name=booking.name,
        phone=booking.phone,
        officer=booking.officer,
        officer_name=names.get(booking.officer, booking.officer) if booking.officer else None,
        told=bool(channels_for(booking, available())),
        proposal=Proposal(
            start=clock.local(offer.start, zone),
            end=clock.local(offer.end, zone),
            officer=offer.officer,
            officer_name=names.get(offer.officer, offer.officer) if offer.officer else None,
        )
        if offer
        else None,
    )


async def look(office: str, first: date | None, weeks: int, language: Language) -> TimetableView:
    """An office's timetable from the Monday of a day's week on, this week's by default."""
    seen = await situation(office, clock.now())
    monday = (first or seen.today) - timedelta(days=(first or seen.today).weekday())
    days = [monday + timedelta(days=place) for place in range(7 * min(max(weeks, 1), LONGEST))]
    counters = await catalogue.counters(office)
    staff = await people.officers_of(office)
    names = {officer.username: officer.full_name for officer in staff}
    table = seen.table
    at_counters = {shift.username for shift in table.shifts} | {row.username for row in table.absences}
    return TimetableView(
        office=office,
        time_zone=seen.office.time_zone,
        sample=seen.policy.made_up,
        practice=seen.policy.practice,
        today=seen.today,
        days=[_day(seen, day, language) for day in days],
        officers=[
            TimetableOfficer(
                username=officer.username,
                name=officer.full_name,
                duties=dict(_duties(seen, officer.username, days)),
                away={f"{day}": ids for day in days if (ids := _away(table, officer.username, day))},
            )
            for officer in staff
            if officer.role == "officer" or officer.username in at_counters
        ],
        counters=[TimetableCounter(number=row.number, name=name_in(language, row)) for row in counters],
        lines=[line.code for line in await catalogue.lines(office)],
        shifts=[
            TimetableShift(
                id=row.id,
                officer=row.username,
                officer_name=names.get(row.username, row.username),
                counter=row.counter,
                weekdays=sorted(weekdays(row.weekdays)),
                starts=shown_time(row.starts),
                ends=shown_time(row.ends),
                every_weeks=row.every_weeks,
                first_week=row.first_week,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                lines=list(row.lines),
            )
            for row in table.shifts
            if row.valid_until is None or row.valid_until >= seen.today
        ],
        absences=[
            TimetableAbsence(
                id=row.id,
                officer=row.username,
                officer_name=names.get(row.username, row.username),
                date=row.date,
                until=row.until,
                starts=None if row.starts is None else shown_time(row.starts),
                ends=None if row.ends is None else shown_time(row.ends),
                reason=row.reason,
            )
            for row in table.absences
            if (row.until or row.date) >= seen.today
        ],
        closures=list(_closures(table, seen.today, language)),
        week=_week(table, seen.today),
    )


def _week(table: Timetable, today: date) -> list[list[OpenSpan]]:
    """The usual week that was decided on last, be it in force already or not."""
    then = max([today, *(row.valid_from for row in table.hours if row.valid_from)])
    rows = sorted(
        (row for row in table.hours if (row.valid_from or then) <= then <= (row.valid_until or then)),
        key=lambda row: row.opens,
    )
    return [
        [
            OpenSpan(opens=shown_time(row.opens), closes=shown_time(row.closes))
            for row in rows
            if weekday in weekdays(row.weekdays)
        ]
        for weekday in range(1, 8)
    ]


def _day(seen: Situation, day: date, language: Language) -> TimetableDay:
    zone = seen.office.time_zone
    opening = catalogue_rules.opening(seen.table.hours, seen.table.closures, day, zone)
    rows = [row for row in seen.table.closures if row.date <= day <= (row.until or row.date)]
    own = [row for row in rows if row.office != ANY_OFFICE]
    row = max(own or rows, key=lambda row: row.date, default=None)
    return TimetableDay(
        date=day,
        open=[OpenSpan(opens=_at(opens, day, zone), closes=_at(closes, day, zone)) for opens, closes in opening],
        closure=_name(row, language) if row else None,
        own=bool(own),
    )


def _name(row: KeptClosure, language: Language) -> str:
    return (row.name_en if language == "en" else "") or row.name_vi


def _duties(seen: Situation, username: str, days: Iterable[date]) -> Iterable[tuple[str, list[TimetableDuty]]]:
    zone = seen.office.time_zone
    mine = [shift for shift in seen.table.shifts if shift.username == username]
    for day in days:
        found: list[tuple[Interval, TimetableDuty]] = []
        for shift in mine:
            for span in at_work(shift, seen.table.absences, day, zone):
                duty = TimetableDuty(
                    shift=shift.id, counter=shift.counter, starts=_at(span[0], day, zone), ends=_at(span[1], day, zone)
                )
                found.append((span, duty))
        if found:
            yield f"{day}", [duty for _, duty in sorted(found, key=lambda pair: pair[0])]


def _away(table: Timetable, username: str, day: date) -> list[int]:
    return [row.id for row in table.absences if row.username == username and row.date <= day <= (row.until or row.date)]


def _closures(table: Timetable, today: date, language: Language) -> Iterable[TimetableClosure]:
    own = [row for row in table.closures if row.office != ANY_OFFICE and (row.until or row.date) >= today]
    for day in sorted({row.date for row in own}):
        rows: Sequence[KeptClosure] = [row for row in own if row.date == day]
        yield TimetableClosure(
            date=day,
            until=rows[0].until,
            open=[
                OpenSpan(opens=shown_time(row.opens), closes=shown_time(row.closes))
                for row in sorted(rows, key=lambda row: row.opens or 0)
                if row.opens is not None and row.closes is not None
            ],
            name=_name(rows[0], language),
        )


def _at(instant: datetime, day: date, time_zone: str) -> str:
    """A time of that day; the end of it is 24:00."""
    here = clock.local(instant, time_zone)
    return "24:00" if here.date() > day else f"{here:%H:%M}"
