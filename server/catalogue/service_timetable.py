"""Writing what an office's timetable has become."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from msgspec import structs
from piccolo.table import Table

from server.catalogue import tables
from server.catalogue.rules_timetable import KeptAbsence, KeptClosure, KeptHours, KeptShift, Timetable
from server.catalogue.service_kept import lock_catalogue
from server.db import transaction
from server.journal.append import Change, office_change

__all__ = ["changing", "write"]

Kept = KeptHours | KeptClosure | KeptShift | KeptAbsence

TABLES: Mapping[str, type[Table]] = {
    "hours": tables.Hours,
    "closures": tables.Closure,
    "shifts": tables.Shift,
    "absences": tables.Absence,
}


@asynccontextmanager
async def changing(office: str, actor: str) -> AsyncIterator[Change]:
    """A change of an office in which its timetable may be written."""
    async with transaction():
        await lock_catalogue()
        async with office_change(office, actor) as here:
            yield here


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
