"""What the rest of the house asks of the catalogue. Refuses unknown codes.

Of one office every function answers from what is kept (`of`): who needs several things of it asks for all at once.
"""

from collections.abc import Sequence
from datetime import date, datetime

from server import clock
from server.catalogue import rules, tables
from server.catalogue.rules import (
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
from server.catalogue.service_kept import Catalogue, of, policies, split
from server.db import rows
from server.errors import Refusal

__all__ = [
    "Catalogue",
    "absences",
    "closures",
    "closures_of_all",
    "counter",
    "counters",
    "fees",
    "groups",
    "hours",
    "hours_of_all",
    "line",
    "lines",
    "lines_of_all",
    "of",
    "of_working",
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


async def offices() -> list[Office]:
    """Every office there is or was, by code; `rules.ended` tells which are no more."""
    return await rows(Office, tables.Office.select().order_by(tables.Office.code))


async def office(code: str) -> Office:
    """One office. Refuses `no-such-office`."""
    return (await of(code)).office


async def of_working(code: str, now: datetime) -> Catalogue:
    """What is laid down for an office that can give numbers and slots. Refuses as `working_office`."""
    found = await of(code)
    if rules.ended(found.office, clock.day_of(now, found.office.time_zone)):
        raise Refusal("office-ended", office=found.office.name_vi, day=f"{found.office.valid_until:%d/%m/%Y}")
    return found


async def working_office(code: str, now: datetime) -> Office:
    """An office that can give numbers and slots. Refuses `no-such-office`; `office-ended` after its last day."""
    return (await of_working(code, now)).office


async def lines(office: str) -> Sequence[ServiceLine]:
    """The service lines of an office in their order. Refuses `no-such-office`, as all that follow."""
    return (await of(office)).lines


async def lines_of_all() -> list[ServiceLine]:
    """The service lines of every office, each office's in their order."""
    table = tables.ServiceLine
    query = table.select().order_by(table.office, table.position, table.code)
    return await rows(ServiceLine, split(query, "fields"))


async def line(office: str, code: str) -> ServiceLine:
    """One service line. Refuses `no-such-line`."""
    for found in await lines(office):
        if found.code == code:
            return found
    raise Refusal("no-such-line", line=code)


async def policy(office: str) -> Policy:
    """The settings of an office: its own over those for all over the defaults."""
    return (await of(office)).policy


async def counters(office: str) -> Sequence[Counter]:
    """The counters of an office by number."""
    return (await of(office)).counters


async def counter(office: str, number: int) -> Counter:
    """One counter. Refuses `no-such-counter`."""
    for found in await counters(office):
        if found.number == number:
            return found
    raise Refusal("no-such-counter", counter=number)


async def groups(office: str) -> Sequence[PriorityGroup]:
    """The priority groups of an office: those for all, each replaced by the office's own of that code."""
    return (await of(office)).groups


async def hours_of_all() -> list[Hours]:
    """The recurring opening hours of every office."""
    return await rows(Hours, tables.Hours.select().order_by(tables.Hours.weekdays, tables.Hours.opens))


async def hours(office: str) -> Sequence[Hours]:
    """The recurring opening hours of an office."""
    return (await of(office)).hours


async def closures_of_all() -> list[Closure]:
    """The days with other hours, of every office and for all."""
    return await rows(Closure, tables.Closure.select().order_by(tables.Closure.date, tables.Closure.opens))


async def closures(office: str) -> Sequence[Closure]:
    """The days with other hours: an office's own and those for all offices."""
    return (await of(office)).closures


async def shifts(office: str) -> Sequence[Shift]:
    """Who is due at which counter when."""
    return (await of(office)).shifts


async def absences(office: str) -> Sequence[Absence]:
    """Who is away when, ever."""
    return (await of(office)).absences


async def procedures(office: str) -> Sequence[Procedure]:
    """What the office takes in, each with its line there; see `rules.offered`."""
    return (await of(office)).procedures


async def procedure(office: str, code: str) -> Procedure:
    """One procedure the office takes in, by its code or a longer form of it. Refuses `no-such-procedure`."""
    return (await of(office)).procedure(code)


async def fees(office: str) -> Sequence[Fee]:
    """What decisions say of the procedures' fees, for all offices and for this one; `rules_fees` tells which holds."""
    return (await of(office)).fees


async def opening_days(office: Office, first_day: date, days: int) -> dict[date, list[Interval]]:
    """When the office is open on each of so many days; a day it is closed has an empty list."""
    return (await of(office.code)).opening_days(first_day, days)
