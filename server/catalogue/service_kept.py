"""All that is laid down for an office, read once for each state it has and then kept by the process.

What is kept cannot be out of date. The database gives the catalogue another mark with every change of it, by whatever
program it is made, in the change's own commit (migration 0014); and each use looks at the mark, with the eyes of its
own transaction: one small query in place of a dozen. Whether the office practises is not kept, but asked with the mark.
"""

import secrets
from collections.abc import Awaitable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from server.catalogue import rules, tables
from server.catalogue.rules import ANY_OFFICE, Counter, Interval, Office, Policy, PriorityGroup, Procedure, ServiceLine
from server.catalogue.rules_fees import Fee
from server.catalogue.rules_policy import practising
from server.catalogue.rules_timetable import KeptAbsence, KeptClosure, KeptHours, KeptShift, Timetable
from server.db import PerDatabase, current, row, rows
from server.errors import Refusal
from server.journal.tables import Journal
from server.people import service as people
from server.people.rules import Colleague

__all__ = ["Catalogue", "lock_catalogue", "of", "policies", "split"]


class Catalogue(Struct, frozen=True):
    """What is laid down for one office, as of one moment: its own and what holds for all offices.

    `procedures` are those it takes in, see `rules.offered`; `absences` are all there ever were. What has the same
    `mark` is the same, but for whether the office practises: that is told by its journal.
    """

    mark: str
    office: Office
    policy: Policy
    lines: Sequence[ServiceLine]
    procedures: Sequence[Procedure]
    fees: Sequence[Fee]
    counters: Sequence[Counter]
    officers: Sequence[Colleague]
    groups: Sequence[PriorityGroup]
    hours: tuple[KeptHours, ...]
    closures: tuple[KeptClosure, ...]
    shifts: tuple[KeptShift, ...]
    absences: tuple[KeptAbsence, ...]

    def procedure(self, code: str) -> Procedure:
        """One procedure the office takes in, by its code or a longer form of it. Refuses no-such-procedure."""
        national = rules.national_code(code)
        for found in self.procedures:
            if found.code == national:
                return found
        raise Refusal("no-such-procedure", procedure=code)

    @property
    def timetable(self) -> Timetable:
        """The office's timetable, with the closures that hold for all offices."""
        return Timetable(hours=self.hours, closures=self.closures, shifts=self.shifts, absences=self.absences)

    def opening_days(self, first_day: date, days: int) -> dict[date, list[Interval]]:
        """When the office is open on each of so many days; a day it is closed has an empty list."""
        return {
            day: rules.opening(self.hours, self.closures, day, self.office.time_zone)
            for day in (first_day + timedelta(days=ahead) for ahead in range(days))
        }


class _Setting(Struct):
    office: str
    key: str
    value: str


class _Kept:
    """What this process has read, each with the mark it was read under."""

    def __init__(self) -> None:
        self.offices: dict[str, tuple[str, Catalogue]] = {}
        # Apart, so that a city's offices share the texts of the national procedures.
        self.national: tuple[str | None, list[Procedure]] = (None, [])


_kept: PerDatabase[_Kept] = PerDatabase(_Kept)


async def of(office: str) -> Catalogue:
    """What is laid down for an office now. Refuses no-such-office."""
    (mark, practice), kept = await _mark(office), _kept.here()
    known = kept.offices.get(office)
    if known is None or known[0] != mark:
        while True:
            found = await _read(office, mark, kept)
            before, (mark, practice) = mark, await _mark(office)
            if before == mark:  # otherwise it may be half before a change and half after it
                break
        known = mark or "", found
        if mark is not None:
            kept.offices[office] = known
    return replace(known[1], policy=practising(known[1].policy, True)) if practice else known[1]


async def lock_catalogue() -> None:
    """Within a transaction, and before any office's lock in it: be the only one who changes the catalogue.

    Whoever does not ask has the lock with the first change, from the database; but two who take this lock and an
    office's in different orders might wait for each other.
    """
    await tables.CatalogueMark.raw(
        "INSERT INTO catalogue_mark (id, mark) VALUES (1, {})"
        " ON CONFLICT (id) DO UPDATE SET mark = catalogue_mark.mark",
        secrets.token_hex(16),
    )


async def _mark(office: str) -> tuple[str | None, bool]:
    """Another one after each change, None where nothing was ever laid down; and whether the office practises."""
    # Past the query builder: every use of the catalogue comes by here.
    mine = "office = $1" if current().kind == "postgres" else "office = ?"
    found = await current().engine.fetch(
        f"SELECT mark, (SELECT practice FROM journal WHERE {mine}) AS practice FROM catalogue_mark WHERE id = 1",  # noqa: S608
        (office if office.isprintable() else "",),
    )
    return (str(found[0]["mark"]), bool(found[0]["practice"])) if found else (None, False)


async def _read(code: str, mark: str | None, kept: _Kept) -> Catalogue:
    office = None
    # A code that cannot be printed is nobody's, and is not sent to the database: PostgreSQL takes no NUL in a text.
    if code.isprintable():
        office = await row(Office, tables.Office.select().where(tables.Office.code == code))
    if office is None:
        kept.offices.pop(code, None)
        raise Refusal("no-such-office", office=code)
    if mark is None or kept.national[0] != mark:
        kept.national = (mark, await _procedures(ANY_OFFICE))
    lines = await _lines(code)
    return Catalogue(
        mark=mark or "",
        office=office,
        policy=(await _settings([code]))[code],
        lines=lines,
        procedures=rules.offered([*kept.national[1], *await _procedures(code)], lines),
        fees=await _fees(code),
        counters=await _counters(code),
        officers=await people.officers_of(code),
        groups=await _groups(code),
        hours=tuple(await _hours(code)),
        closures=tuple(await _closures(code)),
        shifts=tuple(await _shifts(code)),
        absences=tuple(await _absences(code)),
    )


async def policies(offices: Sequence[str]) -> Mapping[str, Policy]:
    """The settings of several offices, by code, and whether they practise."""
    table = Journal
    days = await table.select(table.office).where(table.office.is_in(list(offices)) & table.practice.eq(True))
    practise = {day["office"] for day in days}
    return {office: practising(policy, office in practise) for office, policy in (await _settings(offices)).items()}


async def _settings(offices: Sequence[str]) -> Mapping[str, Policy]:
    """In one query: an office's own over those for all over the defaults."""
    table = tables.Setting
    found = await rows(_Setting, table.select().where(table.office.is_in([ANY_OFFICE, *offices])))
    common = {setting.key: setting.value for setting in found if setting.office == ANY_OFFICE}
    return {
        office: rules.parse_policy(
            common | {setting.key: setting.value for setting in found if setting.office == office}
        )
        for office in offices
    }


async def _lines(office: str) -> list[ServiceLine]:
    table = tables.ServiceLine
    query = table.select().where(table.office == office).order_by(table.position, table.code)
    return await rows(ServiceLine, split(query, "fields"))


async def _procedures(office: str) -> list[Procedure]:
    table = tables.Procedure
    return await rows(Procedure, split(table.select().where(table.office == office), "required_documents"))


async def _fees(office: str) -> list[Fee]:
    table = tables.Fee
    return await rows(Fee, table.select().where(table.office.is_in([ANY_OFFICE, office])))


async def _counters(office: str) -> list[Counter]:
    table = tables.Counter
    return await rows(Counter, split(table.select().where(table.office == office).order_by(table.number), "lines"))


async def _hours(office: str) -> list[KeptHours]:
    table = tables.Hours
    return await rows(KeptHours, table.select().where(table.office == office).order_by(table.id))


async def _closures(office: str) -> list[KeptClosure]:
    table = tables.Closure
    query = table.select().where(table.office.is_in([ANY_OFFICE, office]))
    return await rows(KeptClosure, query.order_by(table.date, table.id))


async def _shifts(office: str) -> list[KeptShift]:
    table = tables.Shift
    query = table.select().where(table.office == office).order_by(table.counter, table.starts, table.id)
    return await rows(KeptShift, split(query, "lines"))


async def _absences(office: str) -> list[KeptAbsence]:
    table = tables.Absence
    return await rows(KeptAbsence, table.select().where(table.office == office).order_by(table.date, table.id))


async def _groups(office: str) -> list[PriorityGroup]:
    """Those for all offices, each replaced by the office's own of that code."""
    table = tables.PriorityGroup
    found = await rows(PriorityGroup, table.select().where(table.office.is_in([ANY_OFFICE, office])))
    chosen = {group.code: group for group in sorted(found, key=lambda group: group.office != ANY_OFFICE)}
    return sorted(chosen.values(), key=lambda group: (group.office != ANY_OFFICE, group.position, group.code))


async def split(query: Awaitable[list[dict[str, Any]]], column: str) -> list[dict[str, Any]]:
    """The rows of a query with one column of lines of text made a list."""
    found = await query
    for values in found:
        values[column] = values[column].split("\n") if values[column] else []
    return found
