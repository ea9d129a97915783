"""What the queue asks of booking: whose appointment it is that somebody has come for."""

from datetime import datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking import rules_particulars, tables
from server.booking.rules_states import Appointment, to_check_in
from server.booking.service_rows import COLUMNS, facts
from server.catalogue import service as catalogue
from server.codes import normalised
from server.db import rows
from server.errors import Refusal
from server.journal.append import Change

__all__ = [
    "appointments_of_hour",
    "find_for_check_in",
    "mark_checked_in",
    "mark_no_shows",
    "missed_offices",
    "still_to_come",
]

LATE = timedelta(minutes=15)
"""So long after its start an appointment whose holder has not come is still shown as coming."""

LOOK_BACK = timedelta(days=2)
EVER = timedelta(days=36500)


async def find_for_check_in(
    change: Change, *, reference: str | None = None, phone: str | None = None, dossier: str | None = None
) -> Appointment:
    """Today's appointment of who gives one of the three, within a change of that office.

    Refuses no-such-booking, booking-cancelled, bad-phone, too-early (with `time` and `date`) where it is for another
    day, already-checked-in with the ticket's id in `extra["ticket"]`, ask-reception where several match.
    """
    table = tables.Appointment
    if reference is not None:
        given = table.reference == normalised(reference)
    elif phone is not None:
        given = table.phone == rules_particulars.clean_phone(phone)
    elif dossier is not None:
        given = table.dossier_number == _dossier(dossier)
    else:
        raise Refusal("no-such-booking")
    here = table.office == change.office
    # A reference is one booking; a phone or a dossier may have had others, long ago.
    recent = table.starts_at > change.now - (LOOK_BACK if reference is None else EVER)
    found = await rows(Appointment, table.select(*COLUMNS).where(here & given & recent))
    office = await catalogue.office(change.office)
    return to_check_in(found, change.now, office.time_zone)


async def mark_checked_in(change: Change, appointment: Appointment, ticket_id: str) -> None:
    """Its holder is here and has this ticket."""
    await change.update(
        tables.Appointment, appointment.reference,
        state="checked-in", checked_in_at=change.now, ticket=ticket_id,
    )  # fmt: skip
    office = await catalogue.office(change.office)
    change.append("appointment.checked-in", facts(appointment.line, appointment.starts_at, office.time_zone))


async def mark_no_shows(change: Change, time_zone: str) -> None:
    """Write down who did not come on a day that is over, so that figures count it; `stage` knew it before."""
    table = tables.Appointment
    today = clock.start_of(clock.day_of(change.now, time_zone), time_zone)
    missed = await rows(
        Appointment,
        table.select(*COLUMNS)
        .where((table.office == change.office) & (table.state == "confirmed") & (table.starts_at < today))
        .order_by(table.starts_at, table.reference),
    )
    for found in missed:
        await change.update(tables.Appointment, found.reference, state="no-show")
        change.append("appointment.no-show", facts(found.line, found.starts_at, time_zone))


class _Earliest(Struct, frozen=True):
    office: str
    earliest: datetime


async def missed_offices(now: datetime) -> set[str]:
    """Offices where it is not yet written down who did not come on a day that is over."""
    query = (
        "SELECT office, min(starts_at) AS earliest FROM appointment"
        " WHERE state = 'confirmed' AND starts_at < {} GROUP BY office"
    )
    found = {row.office: row.earliest for row in await rows(_Earliest, tables.Appointment.raw(query, now))}
    if not found:
        return set()
    zones = {office.code: office.time_zone for office in await catalogue.offices()}
    return {
        office
        for office, earliest in found.items()
        if office in zones and clock.day_of(earliest, zones[office]) < clock.day_of(now, zones[office])
    }


async def appointments_of_hour(office: str, now: datetime) -> list[Appointment]:
    """The appointments of the coming hour by start, and those of the last minutes whose holders have not come."""
    table = tables.Appointment
    soon = (table.starts_at >= now) & table.state.is_in(["confirmed", "checked-in"])
    late = (table.starts_at >= now - LATE) & (table.state == "confirmed")
    return await rows(
        Appointment,
        table.select(*COLUMNS)
        .where((table.office == office) & (table.starts_at < now + timedelta(hours=1)) & (soon | late))
        .order_by(table.starts_at, table.reference),
    )


async def still_to_come(office: str, now: datetime, until: datetime) -> list[Appointment]:
    """Confirmed appointments whose holders may still check in before an instant, by start."""
    table = tables.Appointment
    return await rows(
        Appointment,
        table.select(*COLUMNS)
        .where(
            (table.office == office)
            & (table.state == "confirmed")
            & (table.starts_at >= now - LATE)
            & (table.starts_at < until)
        )
        .order_by(table.starts_at, table.reference),
    )


def _dossier(text: str) -> str:
    try:
        return rules_particulars.clean_dossier_number(text)
    except Refusal:
        raise Refusal("no-such-booking") from None
