"""The office's days as its own staff see them: hours, who is on duty, and every booking."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking import tables
from server.booking.rules import Duty, Interval
from server.booking.rules_states import Appointment, stage
from server.booking.service_days import duties_on
from server.booking.service_rows import COLUMNS
from server.catalogue import rules as catalogue_rules
from server.catalogue import service as catalogue
from server.catalogue.rules import Closure, Office
from server.db import rows

__all__ = ["LONGEST_SPAN", "PlannedDay", "planned_days"]

LONGEST_SPAN = 7
"""So many days at most are looked at together."""


class PlannedDay(Struct, frozen=True):
    """One day: `closure` is what makes it other than usual, if anything; bookings come by start."""

    day: date
    opening: Sequence[Interval]
    closure: Closure | None
    duties: Sequence[Duty]
    appointments: Sequence[Appointment]


async def planned_days(office: Office, first_day: date, days: int, officer: str | None = None) -> list[PlannedDay]:
    """These days of an office, or of one of its officers alone: whom he or she is booked with, not who else comes.

    Every booking is there, called off and missed ones included; only holds that have expired are not.
    """
    now = clock.now()
    openings = await catalogue.opening_days(office, first_day, days)
    closures = await catalogue.closures(office.code)
    duties = await duties_on(office, openings)
    found = await _booked(office, first_day, days, now)
    return [
        PlannedDay(
            day=day,
            opening=opening,
            closure=next(iter(catalogue_rules.exception_on(closures, day)), None),
            duties=[duty for duty in duties[day] if officer in (None, duty.officer)],
            appointments=[
                each
                for each in found
                if clock.day_of(each.starts_at, office.time_zone) == day and officer in (None, each.officer)
            ],
        )
        for day, opening in openings.items()
    ]


async def _booked(office: Office, first_day: date, days: int, now: datetime) -> list[Appointment]:
    table = tables.Appointment
    begins = clock.start_of(first_day, office.time_zone)
    ends = clock.start_of(first_day + timedelta(days=days), office.time_zone)
    found = await rows(
        Appointment,
        table.select(*COLUMNS)
        .where((table.office == office.code) & (table.starts_at >= begins) & (table.starts_at < ends))
        .order_by(table.starts_at, table.ends_at, table.reference),
    )
    return [each for each in found if _shown(each, now, office.time_zone)]


def _shown(found: Appointment, now: datetime, time_zone: str) -> bool:
    """A hold that expired or was given up never was a booking; nobody was named for it."""
    if found.state == "cancelled":
        return found.reason is not None or found.name is not None
    return stage(found, now, time_zone) != "expired"
