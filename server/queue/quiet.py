"""The quietest hours of an office's coming days: what its own tickets of the last weeks, duties and bookings say."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking.service_days import duties_on, taken_between
from server.catalogue import service as catalogue
from server.catalogue.rules import Office
from server.db import PerDatabase, rows
from server.queue import tables
from server.queue.rules import FROM_HOME
from server.queue.rules_quiet import Came, Habit, Quiet, habit_of, halves, quiet

__all__ = ["MOST_DAYS", "QuietHours", "quiet_hours"]

MOST_DAYS = 14
"""So many days at most can be asked for at once."""

MEMORY = timedelta(days=28)
"""Four of each weekday: enough to know one, and a change of season is not held up."""

_habits: PerDatabase[dict[str, tuple[date, Habit]]] = PerDatabase(dict)
"""Per office what the days before this one say: read once a day, for they do not change any more."""


class QuietHours(Struct, frozen=True):
    """The quiet spans, and on how many days before they rest; with too few days there are none."""

    days: int
    spans: list[Quiet]


class _Came(Struct, frozen=True):
    line: str
    day: date
    source: str
    issued_at: datetime
    arrived_at: datetime | None


async def quiet_hours(office: Office, now: datetime, days: int, lines: frozenset[str] = frozenset()) -> QuietHours:
    """When to come without an appointment within so many days from today, where `lines` can be taken."""
    today = clock.day_of(now, office.time_zone)
    habit = await _habit(office, today)
    openings = await catalogue.opening_days(office, today, days)
    spans = [span for opening in openings.values() for span in opening]
    if not spans:
        return QuietHours(habit.days, [])
    duties = await duties_on(office, openings)
    booked = await taken_between(office.code, min(span[0] for span in spans), max(span[1] for span in spans), now)
    found = [
        halves(habit, opening, duties[day], [one for one in booked if clock.day_of(one[0], office.time_zone) == day],
               lines, office.time_zone)
        for day, opening in openings.items()
    ]  # fmt: skip
    return QuietHours(habit.days, quiet(found, now, habit))


async def _habit(office: Office, today: date) -> Habit:
    known = _habits.here().get(office.code)
    if known is None or known[0] != today:
        minutes = {line.code: line.expected_minutes for line in await catalogue.lines(office.code)}
        known = (today, habit_of(await _came(office, today), minutes))
        _habits.here()[office.code] = known
    return known[1]


async def _came(office: Office, today: date) -> list[Came]:
    """Everybody without an appointment of the days before, when they were there; what was practised is left out."""
    table = tables.Ticket
    sample = (await catalogue.policy(office.code)).made_up
    found = await rows(
        _Came,
        table.select(table.line, table.day, table.source, table.issued_at, table.arrived_at).where(
            (table.office == office.code)
            & (table.day >= today - MEMORY)
            & (table.day < today)
            & table.appointment.is_null()
            & table.sample.eq(sample)
        ),
    )
    there = [one for one in found if one.source != FROM_HOME or one.arrived_at is not None]
    local = [(one, clock.local(one.arrived_at or one.issued_at, office.time_zone)) for one in there]
    return [Came(one.day, at.hour * 60 + at.minute, one.line) for one, at in local]
