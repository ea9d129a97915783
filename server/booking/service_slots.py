"""What could be booked: asked by whoever is choosing, without any lock. What is booked is decided in `service`."""

from collections import Counter as Tally
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct
from piccolo.query.functions.aggregate import Count

from server import clock
from server.booking import rules, tables
from server.booking.rules_states import Appointment, Purpose
from server.booking.service_days import Errand, errand, free_days, refuse_wrong_officer
from server.db import rows

__all__ = ["errand_of", "frequent_procedures", "slots", "slots_to_move"]

FREQUENT_SINCE = timedelta(days=60)


class _Frequent(Struct, frozen=True):
    procedures: str
    times: int


async def errand_of(found: Appointment, now: datetime) -> Errand:
    """The errand that a booking is for, as the office does it now."""
    return await errand(found.office, found.codes, found.purpose, found.officer, now, found.dossiers)


async def slots(
    office: str,
    procedures: Sequence[str],
    first_day: date | None,
    days: int,
    *,
    officer: str | None = None,
    purpose: Purpose = "submit",
    dossiers: int | None = None,
    with_officers: bool = True,
) -> tuple[Errand, dict[date, list[rules.Slot]]]:
    """The starts that can be booked on these days, by day, full ones (free 0) included; from today by default.

    Refuses no-such-office, office-ended, no-such-procedure, no-such-officer, too-many-dossiers, and officer-cannot for
    an officer who takes something else: no day would have a time.
    """
    now = clock.now()
    wanted = await errand(office, procedures, purpose, officer, now, dossiers)
    refuse_wrong_officer(wanted)
    first_day = first_day or clock.day_of(now, wanted.office.time_zone)
    return wanted, await free_days(wanted, first_day, days, now, with_officers=with_officers)


async def slots_to_move(
    found: Appointment, first_day: date | None, days: int
) -> tuple[Errand, dict[date, list[rules.Slot]]]:
    """What `slots` says, for a booking to be moved: its own time counts as free."""
    now = clock.now()
    wanted = await errand_of(found, now)
    first_day = first_day or clock.day_of(now, wanted.office.time_zone)
    return wanted, await free_days(wanted, first_day, days, now, besides=[found.reference], with_officers=False)


async def frequent_procedures(office: str) -> list[str]:
    """The procedures booked at an office in the last weeks, the most frequent first."""
    table = tables.Appointment
    since = clock.now() - FREQUENT_SINCE
    counted = await rows(
        _Frequent,
        table.select(table.procedures, Count(alias="times"))
        .where((table.office == office) & (table.created_at > since) & table.state.is_in(["confirmed", "checked-in"]))
        .group_by(table.procedures),
    )
    tally = Tally[str]()
    for group in counted:
        for code in group.procedures.split("\n"):
            tally[code] += group.times
    return [code for code, _ in sorted(tally.items(), key=lambda item: (-item[1], item[0]))]
