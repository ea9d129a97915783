"""What the rest of the house asks of the catalogue. Every function is one or two queries, and refuses unknown codes.

A code that cannot be printed is nobody's, and is not sent to the database: PostgreSQL takes no NUL in a text.
"""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct

from server import clock
from server.catalogue import rules, tables
from server.catalogue.rules import (
    ANY_OFFICE,
    Closure,
    Counter,
    Hours,
    Interval,
    Office,
    Policy,
    PriorityGroup,
    Procedure,
    ServiceLine,
    Shift,
)
from server.catalogue.rules_absence import Absence
from server.catalogue.rules_fees import Fee
from server.db import row, rows
from server.errors import Refusal

__all__ = [
    "absences",
    "closures",
    "counter",
    "counters",
    "fees",
    "groups",
    "hours",
    "line",
    "lines",
    "lines_of_all",
    "office",
    "offices",
    "opening_days",
    "policies",
    "policy",
    "procedure",
    "procedures",
    "shifts",
    "working_office",
]


class _Setting(Struct):
    office: str
    key: str
    value: str


async def offices() -> list[Office]:
    """Every office there is or was, by code; `rules.ended` tells which are no more."""
    return await rows(Office, tables.Office.select().order_by(tables.Office.code))


async def office(code: str) -> Office:
    """One office. Refuses `no-such-office`."""
    found = None
    if code.isprintable():
        found = await row(Office, tables.Office.select().where(tables.Office.code == code))
    if found is None:
        raise Refusal("no-such-office", office=code)
    return found


async def working_office(code: str, now: datetime) -> Office:
    """An office that can give numbers and slots. Refuses `no-such-office`; `office-ended` after its last day."""
    found = await office(code)
    if rules.ended(found, clock.day_of(now, found.time_zone)):
        raise Refusal("office-ended", office=found.name_vi, day=f"{found.valid_until:%d/%m/%Y}")
    return found


async def lines(office: str) -> list[ServiceLine]:
    """The service lines of an office in their order; none for an office nobody knows."""
    table = tables.ServiceLine
    query = table.select().where(table.office == office).order_by(table.position, table.code)
    return await rows(ServiceLine, _split(query, "fields"))


async def lines_of_all() -> list[ServiceLine]:
    """The service lines of every office, each office's in their order."""
    table = tables.ServiceLine
    query = table.select().order_by(table.office, table.position, table.code)
    return await rows(ServiceLine, _split(query, "fields"))


async def line(office: str, code: str) -> ServiceLine:
    """One service line. Refuses `no-such-line`."""
    for found in await lines(office):
        if found.code == code:
            return found
    raise Refusal("no-such-line", line=code)


async def policy(office: str) -> Policy:
    """The settings of an office: its own over those for all over the defaults."""
    return (await policies([office]))[office]


async def policies(offices: Sequence[str]) -> Mapping[str, Policy]:
    """The settings of several offices, by code, in one query."""
    table = tables.Setting
    found = await rows(_Setting, table.select().where(table.office.is_in([ANY_OFFICE, *offices])))
    common = {setting.key: setting.value for setting in found if setting.office == ANY_OFFICE}
    return {
        office: rules.parse_policy(
            common | {setting.key: setting.value for setting in found if setting.office == office}
        )
        for office in offices
    }


async def counters(office: str) -> list[Counter]:
    """The counters of an office by number."""
    table = tables.Counter
    query = table.select().where(table.office == office).order_by(table.number)
    return await rows(Counter, _split(query, "lines"))


async def counter(office: str, number: int) -> Counter:
    """One counter. Refuses `no-such-counter`."""
    table = tables.Counter
    query = table.select().where((table.office == office) & (table.number == number))
    found = await row(Counter, _split(query, "lines"))
    if found is None:
        raise Refusal("no-such-counter", counter=number)
    return found


async def groups(office: str) -> list[PriorityGroup]:
    """The priority groups of an office: those for all, each replaced by the office's own of that code."""
    table = tables.PriorityGroup
    found = await rows(PriorityGroup, table.select().where(table.office.is_in([ANY_OFFICE, office])))
    chosen = {group.code: group for group in sorted(found, key=lambda group: group.office != ANY_OFFICE)}
    return sorted(chosen.values(), key=lambda group: (group.office != ANY_OFFICE, group.position, group.code))


async def hours(office: str | None = None) -> list[Hours]:
    """The recurring opening hours of an office, or of all."""
    table = tables.Hours
    query = table.select().order_by(table.weekdays, table.opens)
    return await rows(Hours, query if office is None else query.where(table.office == office))


async def closures(office: str | None = None) -> list[Closure]:
    """The days with other hours: an office's own and those for all offices, or every one there is."""
    table = tables.Closure
    query = table.select().order_by(table.date, table.opens)
    return await rows(Closure, query if office is None else query.where(table.office.is_in([ANY_OFFICE, office])))


async def shifts(office: str) -> list[Shift]:
    """Who is due at which counter when."""
    table = tables.Shift
    query = table.select().where(table.office == office).order_by(table.counter, table.starts, table.username)
    return await rows(Shift, _split(query, "lines"))


async def absences(office: str) -> list[Absence]:
    """Who is away when, ever."""
    table = tables.Absence
    return await rows(Absence, table.select().where(table.office == office).order_by(table.date, table.username))


async def procedures(office: str) -> list[Procedure]:
    """What the office takes in, each with its line there; see `rules.offered`."""
    table = tables.Procedure
    query = table.select().where(table.office.is_in([ANY_OFFICE, office]))
    return rules.offered(await rows(Procedure, _split(query, "required_documents")), await lines(office))


async def procedure(office: str, code: str) -> Procedure:
    """One procedure the office takes in, by its code or a longer form of it. Refuses `no-such-procedure`."""
    table = tables.Procedure
    query = table.select().where(table.office.is_in([ANY_OFFICE, office]) & (table.code == rules.national_code(code)))
    if code.isprintable():
        for found in rules.offered(await rows(Procedure, _split(query, "required_documents")), await lines(office)):
            return found
    raise Refusal("no-such-procedure", procedure=code)


async def fees(office: str) -> list[Fee]:
    """What decisions say of the procedures' fees, for all offices and for this one; `rules_fees` tells which holds."""
    table = tables.Fee
    return await rows(Fee, table.select().where(table.office.is_in([ANY_OFFICE, office])))


async def opening_days(office: Office, first_day: date, days: int) -> dict[date, list[Interval]]:
    """When the office is open on each of so many days; a day it is closed has an empty list."""
    usual, exceptions = await hours(office.code), await closures(office.code)
    return {
        day: rules.opening(usual, exceptions, day, office.time_zone)
        for day in (first_day + timedelta(days=ahead) for ahead in range(days))
    }


async def _split(query: Awaitable[list[dict[str, Any]]], column: str) -> list[dict[str, Any]]:
    """The rows of a query with one column of lines of text made a list."""
    found = await query
    for values in found:
        values[column] = values[column].split("\n") if values[column] else []
    return found
