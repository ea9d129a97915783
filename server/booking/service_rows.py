"""Reading appointments, and what the journal and calendars are told of them."""

from datetime import datetime

from server import clock
from server.booking import tables
from server.booking.calendar_file import Entry
from server.booking.rules_states import Appointment, stage
from server.catalogue import service as catalogue
from server.catalogue.views import name_in
from server.db import row
from server.errors import Refusal
from server.phrases import Language

__all__ = ["COLUMNS", "entry_of", "facts", "facts_of", "known", "with_reference"]

COLUMNS = [tables.Appointment._meta.get_column_by_name(name) for name in Appointment.__struct_fields__]


async def with_reference(reference: str) -> Appointment | None:
    """The appointment with this reference, if there is one."""
    table = tables.Appointment
    return await row(Appointment, table.select(*COLUMNS).where(table.reference == reference))


def facts(line: str, start: datetime, time_zone: str) -> dict[str, object]:
    """What an event tells everybody of an appointment: neither which one nor whose."""
    return {"appointment": {"line": line, "start": start, "day": clock.day_of(start, time_zone)}}


async def entry_of(found: Appointment, address: str, language: Language) -> Entry:
    """The appointment as a calendar is told of it now; `address` is where it can be seen, nothing secret in it."""
    office = await catalogue.office(found.office)
    offered = {row.code: row for row in await catalogue.procedures(office.code)}
    procedures = [offered[code] for code in found.codes if code in offered]
    return Entry(
        reference=found.reference,
        stage=stage(found, clock.now(), office.time_zone),
        sequence=found.sequence,
        start=found.starts_at,
        end=found.ends_at,
        office=name_in(language, office),
        place=office.address,
        procedures=[name_in(language, procedure) for procedure in procedures],
        documents=[document for procedure in procedures for document in procedure.required_documents],
        url=address,
        reason=found.reason,
    )


async def known(reference: str) -> Appointment:
    """The booking. Refuses no-such-booking."""
    found = await with_reference(reference)
    if found is None:
        raise Refusal("no-such-booking")
    return found


async def facts_of(found: Appointment) -> dict[str, object]:
    """What an event tells everybody of this booking."""
    office = await catalogue.office(found.office)
    return facts(found.line, found.starts_at, office.time_zone)
