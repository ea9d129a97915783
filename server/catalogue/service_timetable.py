"""Reading an office's timetable with the ids of its rows, and writing what it has become."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs
from piccolo.table import Table

from server.catalogue import tables
from server.catalogue.rules import ANY_OFFICE
from server.catalogue.rules_timetable import KeptAbsence, KeptClosure, KeptHours, KeptShift, Timetable
from server.db import rows

__all__ = ["read", "write"]

Kept = KeptHours | KeptClosure | KeptShift | KeptAbsence

TABLES: Mapping[str, type[Table]] = {
    "hours": tables.Hours,
    "closures": tables.Closure,
    "shifts": tables.Shift,
    "absences": tables.Absence,
}


async def read(office: str) -> Timetable:
    """The timetable of an office, with the closures that hold for all offices."""
    hours, closures, shifts, absences = tables.Hours, tables.Closure, tables.Shift, tables.Absence
    worked = await shifts.select().where(shifts.office == office).order_by(shifts.counter, shifts.starts, shifts.id)
    for values in worked:
        values["lines"] = values["lines"].split("\n") if values["lines"] else []
    days = closures.select().where(closures.office.is_in([ANY_OFFICE, office]))
    return Timetable(
        hours=tuple(await rows(KeptHours, hours.select().where(hours.office == office).order_by(hours.id))),
        closures=tuple(await rows(KeptClosure, days.order_by(closures.date, closures.id))),
        shifts=tuple(await rows(KeptShift, _ready(worked))),
        absences=tuple(
            await rows(
                KeptAbsence, absences.select().where(absences.office == office).order_by(absences.date, absences.id)
            )
        ),
    )


async def write(before: Timetable, after: Timetable) -> None:
    """Within a transaction, make the stored rows of a timetable those of another. What goes makes way first."""
    for name, table in TABLES.items():
        old: Sequence[Kept] = getattr(before, name)
        new: Sequence[Kept] = getattr(after, name)
        known = {row.id: row for row in old}
        identifier = table._meta.primary_key
        gone = known.keys() - {row.id for row in new}
        if gone:
            await table.delete().where(identifier.is_in(sorted(gone)))
        for row in new:
            if row.id and row != known[row.id]:
                values = _values(row)
                await table.update(
                    {table._meta.get_column_by_name(column): value for column, value in values.items()}
                ).where(identifier == row.id)
        added = [table.from_dict(_values(row)) for row in new if not row.id]
        if added:
            await table.insert(*added)


def _values(row: Kept) -> dict[str, Any]:
    values = structs.asdict(row)
    del values["id"]
    if isinstance(row, KeptShift):
        values["lines"] = "\n".join(row.lines)
    return values


async def _ready(found: list[dict[str, object]]) -> list[dict[str, object]]:
    """What was read already, as a query would answer it."""
    return found
