"""What the rest of the house asks of the catalogue, on both engines."""

from datetime import UTC, date, datetime

import pytest

from server.catalogue import service
from server.catalogue.pack import add_office, load
from server.db import Database
from server.errors import Refusal
from tests.catalogue.conftest import SHIPPED, SMALL, Write

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


async def refusal(asked: object) -> str:
    with pytest.raises(Refusal) as refused:
        await asked  # type: ignore[misc]
    return refused.value.code


async def test_unknown_codes_are_refused_by_their_name(database: Database, folder: Write) -> None:
    """Each kind of code that nobody knows has its own refusal."""
    await load(folder())
    assert await refusal(service.office("Bo-De")) == "no-such-office"
    assert await refusal(service.line("bo-de", "Q")) == "no-such-line"
    assert await refusal(service.counter("bo-de", 3)) == "no-such-counter"
    assert await refusal(service.procedure("bo-de", "9.999999")) == "no-such-procedure"
    assert await refusal(service.procedure("nowhere", "1.001193")) == "no-such-office"
    assert await refusal(service.working_office("nowhere", NOW)) == "no-such-office"


async def test_an_ended_office_gives_nothing_any_more(database: Database) -> None:
    """On its last day it still works, by its own clock; the day after it is refused by name and date."""
    await load(SHIPPED / "long-bien")
    last = datetime(2025, 6, 30, 16, 59, tzinfo=UTC)
    assert (await service.working_office("ngoc-thuy-2024", last)).national_code == "00118"
    with pytest.raises(Refusal) as refused:
        await service.working_office("ngoc-thuy-2024", last.replace(hour=17))
    assert refused.value.code == "office-ended"
    assert refused.value.values["day"] == "30/06/2025"


async def test_lists_come_out_as_lists(database: Database, folder: Write) -> None:
    """Lines of text in the database are tuples outside; an empty one is empty."""
    await load(folder({"counters.csv": SMALL["counters.csv"] + "bo-de,3,Quầy 3,\n"}))
    assert [counter.lines for counter in await service.counters("bo-de")] == [("A", "H"), ("H",), ()]
    assert (await service.line("bo-de", "H")).fields == ("Hộ tịch", "Cư trú")
    assert (await service.counter("bo-de", 2)).name_vi == "Quầy 2"


async def test_groups_are_everybodys_with_the_offices_own_over_them(database: Database, folder: Write) -> None:
    """An office replaces a group by its code and adds its own behind."""
    groups = "office,code,name_vi,rate\n*,old,Từ 75 tuổi,3\n*,ill,Ốm,2\nbo-de,ill,Ốm nặng,4\nbo-de,vip,Khác,1\n"
    await load(folder({"priority_groups.csv": groups}))
    await add_office({"code": "elsewhere", "name_vi": "Nơi khác"})
    found = [(group.office, group.code, group.rate) for group in await service.groups("bo-de")]
    assert found == [("*", "old", 3.0), ("bo-de", "ill", 4.0), ("bo-de", "vip", 1.0)]
    assert [group.code for group in await service.groups("elsewhere")] == ["old", "ill"]


async def test_one_procedure_is_the_one_in_the_list(database: Database) -> None:
    """Asked for by itself, also by the portal's long code, a procedure is the same as in the office's list."""
    await load(SHIPPED / "long-bien")
    listed = {row.code: row for row in await service.procedures("bo-de")}
    for code in ("1.001193", "2.000815"):
        assert await service.procedure("bo-de", code) == listed[code]
        assert await service.procedure("bo-de", f"{code}.000.00.00.H26") == listed[code]


async def test_an_office_takes_a_procedure_out_and_renames_another(database: Database, folder: Write) -> None:
    """Its own rows count for it alone."""
    own = "code,office,name_vi,line,minutes\n1.001193,bo-de,,-,\n2.000815,bo-de,Sao y,,4\n"
    await load(folder())
    await load(folder({"procedures.csv": own}, only=True))
    (found,) = await service.procedures("bo-de")
    assert (found.code, found.name_vi, found.line, found.minutes) == ("2.000815", "Sao y", "A", 4)
    assert await refusal(service.procedure("bo-de", "1.001193")) == "no-such-procedure"


async def test_days_ahead_show_holidays_closed(database: Database, folder: Write) -> None:
    """The day's intervals for each day asked for, empty on the holiday for all offices."""
    await load(folder())
    days = await service.opening_days(await service.office("bo-de"), date(2026, 11, 23), 3)
    assert [(day.day, len(intervals)) for day, intervals in days.items()] == [(23, 2), (24, 0), (25, 2)]
    assert days[date(2026, 11, 23)][0][0] == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


async def test_policies_of_several_offices_are_those_of_each(database: Database, folder: Write) -> None:
    """Asked for together or alone, the settings are the same."""
    await load(folder())
    await add_office({"code": "elsewhere", "name_vi": "Nơi khác"})
    together = await service.policies(["bo-de", "elsewhere"])
    assert together == {code: await service.policy(code) for code in ("bo-de", "elsewhere")}
