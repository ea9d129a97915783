"""Reading appointments, and what the journal says of them."""

from datetime import datetime

from server import clock
from server.booking import tables
from server.booking.rules_states import Appointment
from server.db import row

__all__ = ["COLUMNS", "facts", "with_reference"]

COLUMNS = [tables.Appointment._meta.get_column_by_name(name) for name in Appointment.__struct_fields__]


async def with_reference(reference: str) -> Appointment | None:
    """The appointment with this reference, if there is one."""
    table = tables.Appointment
    return await row(Appointment, table.select(*COLUMNS).where(table.reference == reference))


def facts(line: str, start: datetime, time_zone: str) -> dict[str, object]:
    """What an event tells everybody of an appointment: neither which one nor whose."""
    return {"appointment": {"line": line, "start": start, "day": clock.day_of(start, time_zone)}}
