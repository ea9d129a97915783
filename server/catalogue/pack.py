"""Loading a pack: all of it or nothing, and the same again changes nothing."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace
from piccolo.table import Table

from server.catalogue.pack_check import check
from server.catalogue.pack_files import FILES, PackFile, Row
from server.catalogue.pack_merge import Merged, World, merge
from server.catalogue.pack_read import Pack, Problem, read_pack, read_rows
from server.catalogue.rules import ANY_OFFICE
from server.catalogue.service_kept import lock_catalogue
from server.db import rows, transaction
from server.journal.append import office_change
from server.journal.tables import Journal

__all__ = ["FileReport", "LoadReport", "PackRefused", "Progress", "add_office", "judge", "load", "stored_rows"]

Progress = Callable[[int, int], None]
"""Called with how many rows are done, and of how many."""

Unserved = Callable[[Collection[str] | None], Awaitable[Mapping[str, Sequence[str]]]]
"""Asked before and after for the bookings that cannot be served, by office: of these offices, or (None) of all."""

# What decides whom an office can serve, and when.
DECIDING = ("offices.csv", "lines.csv", "counters.csv", "officers.csv", "hours.csv", "shifts.csv", "closures.csv",
            "procedures.csv")  # fmt: skip

CHUNK = 300
ACTOR = "pack"


class PackRefused(Exception):
    """A pack that was not loaded; nothing has changed. `problems` has everything that is wrong with it, in order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        order = {name: place for place, name in enumerate(FILES)}
        self.problems = sorted(
            problems, key=lambda problem: (order.get(problem.file, -1), problem.file, problem.line, problem.column)
        )
        super().__init__(f"{len(self.problems)} problems")


class FileReport(Struct, frozen=True):
    added: int
    updated: int
    unchanged: int


class LoadReport(Struct, frozen=True):
    """What a load did, by file, and the offices whose screens now show other lines or counters.

    `strands` are the references of the bookings that could be served before and cannot any more, by office.
    """

    files: dict[str, FileReport]
    offices: list[str]
    strands: dict[str, list[str]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return any(file.added or file.updated for file in self.files.values())


class _Office(Struct):
    office: str


class _Checked(Exception):
    """Nothing went wrong, and nothing is to stay: what would have been done."""

    def __init__(self, report: LoadReport) -> None:
        self.report = report
        super().__init__()


async def load(
    folder: Path, on_progress: Progress | None = None, *, unserved: Unserved | None = None, check: bool = False
) -> LoadReport:
    """Load the pack in a folder, or (`check`) say what loading it would do and leave everything as it is.

    Raises PackRefused with everything that is wrong with it.
    """
    pack = read_pack(folder)
    try:
        async with transaction():
            await lock_catalogue()
            world = judge(await _stored(pack), pack)
            offices = _decided(world)
            before = await unserved(offices) if unserved else {}
            report = await _write_all(world, pack, on_progress or _silent)
            after = await unserved(offices) if unserved else {}
            report = replace(report, strands=_new_ones(before, after))
            if check:
                raise _Checked(report)
            return report
    except _Checked as checked:
        return checked.report


def _new_ones(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    found = {office: [one for one in now if one not in before.get(office, ())] for office, now in after.items()}
    return {office: references for office, references in found.items() if references}


async def add_office(cells: Mapping[str, str]) -> LoadReport:
    """Add or change one office as a row of `offices.csv` would. Raises PackRefused."""
    return await _store(read_rows(FILES["offices.csv"], [cells]), _silent)


def _silent(done: int, total: int) -> None:
    """Nobody watches."""


async def _store(pack: Pack, on_progress: Progress) -> LoadReport:
    async with transaction():
        await lock_catalogue()
        return await _write_all(judge(await _stored(pack), pack), pack, on_progress)


async def _write_all(world: World, pack: Pack, on_progress: Progress) -> LoadReport:
    total, done = pack.size, 0
    on_progress(0, total)
    for name, merged in world.merged.items():
        for step in _chunks([item for item in merged if item.changed]):
            await _write(FILES[name], step)
            on_progress(done + len(step), total)
        done += len(merged)
        on_progress(done, total)
    shown = await _tell_screens(world)
    return LoadReport({name: _report(merged) for name, merged in world.merged.items() if merged}, shown)


def _decided(world: World) -> set[str] | None:
    """The offices whose timetable or skills the pack changes; None where it changes those of all."""
    offices: set[str] = set()
    for name in DECIDING:
        for item in world.merged[name]:
            if item.changed:
                offices.add(str(item.row["code"] if name == "offices.csv" else item.row["office"]))
    return None if ANY_OFFICE in offices else offices


def judge(stored: Mapping[str, Sequence[Row]], pack: Pack) -> World:
    """What a pack makes of the rows stored, by file. Raises PackRefused. No I/O."""
    world = merge(stored, pack)
    problems = [*pack.problems, *world.problems, *check(world)]
    if problems:
        raise PackRefused(problems)
    return world


async def _stored(pack: Pack) -> dict[str, list[Row]]:
    offices = {str(row.values["office"]) for given in pack.rows.values() for row in given if "office" in row.values}
    found = {}
    for name, file in FILES.items():
        found[name] = await stored_rows(file, None if name == "offices.csv" else [ANY_OFFICE, *sorted(offices)])
    return found


async def stored_rows(file: PackFile, offices: Sequence[str] | None) -> list[Row]:
    """The stored rows of a file, all or of some offices: its columns, its primary key and what is derived."""
    table = file.table
    names = dict.fromkeys([table._meta.primary_key._meta.name, *(column.field for column in file.columns)])
    names.update(dict.fromkeys(name for name in ("position", "folded") if name in _column_names(table)))
    query = table.select(*(table._meta.get_column_by_name(name) for name in names))
    if offices is not None:
        query = query.where(table._meta.get_column_by_name("office").is_in(list(offices)))
    return await query


def _column_names(table: type[Table]) -> set[str]:
    return {column._meta.name for column in table._meta.columns}


def _chunks(items: Sequence[Merged]) -> Iterator[Sequence[Merged]]:
    """Runs of new rows, then of known ones: each is one statement, far below what engines allow in parameters."""
    for part in ([item for item in items if item.old is None], [item for item in items if item.old is not None]):
        for start in range(0, len(part), CHUNK):
            yield part[start : start + CHUNK]


async def _write(file: PackFile, items: Sequence[Merged]) -> None:
    table = file.table
    query = table.insert(*(_instance(table, item.row) for item in items))
    if items[0].old is not None:
        primary = table._meta.primary_key
        # Only what the pack knows of: an officer's password stays.
        columns = [table._meta.get_column_by_name(name) for name in items[0].row if name != primary._meta.name]
        query = query.on_conflict(target=primary, action="DO UPDATE", values=columns)
    await query


def _instance(table: type[Table], row: Row) -> Table:
    values: dict[str, Any] = dict(row)
    return table(**values)


async def _tell_screens(world: World) -> list[str]:
    """Journal the new lines and counters of offices that already have a journal: their screens follow it."""
    concerned = {
        str(item.row["office"]) for name in ("lines.csv", "counters.csv") for item in world.merged[name] if item.changed
    }
    if not concerned:
        return []
    query = Journal.select(Journal.office).where(Journal.office.is_in(sorted(concerned)))
    # In one order, so that two commands that lock several offices cannot wait for each other.
    offices = sorted(found.office for found in await rows(_Office, query))
    for office in offices:
        async with office_change(office, ACTOR) as change:
            change.append("office.changed", _shown(world, office))
    return offices


def _shown(world: World, office: str) -> dict[str, object]:
    lines = [row for row in world.rows["lines.csv"].values() if row["office"] == office]
    counters = [row for row in world.rows["counters.csv"].values() if row["office"] == office]
    return {
        "lines": [row["code"] for row in sorted(lines, key=lambda row: (_whole(row["position"]), str(row["code"])))],
        "counters": [
            {"number": row["number"], "name": row["name_vi"]}
            for row in sorted(counters, key=lambda row: _whole(row["number"]))
        ],
    }


def _whole(value: str | int | float | date | None) -> int:
    return value if isinstance(value, int) else 0


def _report(merged: Sequence[Merged]) -> FileReport:
    changed = [item for item in merged if item.changed]
    added = sum(item.old is None for item in changed)
    return FileReport(added, len(changed) - added, len(merged) - len(changed))
