"""A pack with anything wrong in it: every place is told, and nothing is loaded."""

import re

import pytest

from server.catalogue.pack import PackRefused, judge, load
from server.catalogue.pack_read import read_pack
from server.db import Database
from server.phrases import sentences
from tests.catalogue.conftest import SHIPPED, SMALL, Write, everything

Where = tuple[str, int, str, str]


async def refused(folder: Write, files: dict[str, str | bytes | None], *, only: bool = False) -> list[Where]:
    """Where and why a pack is refused; checks that it has changed nothing."""
    before = await everything()
    with pytest.raises(PackRefused) as refusal:
        await load(folder(files, only=only))
    assert await everything() == before
    return places(refusal.value)


def places(refusal: PackRefused) -> list[Where]:
    """Where and why."""
    for problem in refusal.problems:
        assert problem.sentence("vi") != problem.sentence("en")
    return [(problem.file, problem.line, problem.column, problem.key) for problem in refusal.problems]


@pytest.mark.parametrize(
    ("file", "content", "where"),
    [
        # texts
        ("offices.csv", "code,name_vi\nBo_De,X\n", (2, "code", "code")),
        ("offices.csv", f"code,name_vi\n{'a' * 41},X\n", (2, "code", "code")),
        ("offices.csv", "code,name_vi\nbo-de,\n", (2, "name_vi", "given")),
        ("offices.csv", f"code,name_vi\nbo-de,{'ế' * 201}\n", (2, "name_vi", "text")),
        ("offices.csv", "code,name_vi\nbo-de,Bồ\u202eĐề\n", (2, "name_vi", "visible")),
        ("offices.csv", "code,name_vi\nbo-de,Bồ\x00Đề\n", (2, "name_vi", "visible")),
        ("offices.csv", 'code,name_vi\nbo-de,"Bồ\nĐề"\n', (2, "name_vi", "visible")),
        ("offices.csv", "code,name_vi\nbo-de,Bồ\u200bĐề\n", (2, "name_vi", "visible")),
        ("offices.csv", "code,name_vi,national_code\nbo-de,X,0011A\n", (2, "national_code", "digits")),
        ("offices.csv", "code,name_vi,timezone\nbo-de,X,Hanoi\n", (2, "timezone", "time-zone")),
        ("offices.csv", "code,name_vi,timezone\nbo-de,X,../etc/passwd\n", (2, "timezone", "time-zone")),
        # dates
        ("offices.csv", "code,name_vi,valid_from\nbo-de,X,2026-02-29\n", (2, "valid_from", "date")),
        ("offices.csv", "code,name_vi,valid_from\nbo-de,X,01/07/2025\n", (2, "valid_from", "date")),
        (
            "offices.csv",
            "code,name_vi,valid_from,valid_until\nbo-de,X,2025-07-01,2025-06-30\n",
            (2, "valid_until", "not-before"),
        ),
        # the offices above
        ("offices.csv", "code,name_vi,parent\nbo-de,X,nowhere\n", (2, "parent", "known-office")),
        ("offices.csv", "code,name_vi,parent\nbo-de,X,bo-de\n", (2, "parent", "other-office")),
        # lines
        ("lines.csv", "office,code,name_vi\nbo-de,a,X\n", (2, "code", "line")),
        ("lines.csv", "office,code,name_vi\nbo-de,ABC,X\n", (2, "code", "line")),
        ("lines.csv", "office,code,name_vi\nbo-de,Đ,X\n", (2, "code", "line")),
        ("lines.csv", "office,code,name_vi,kind\nbo-de,A,X,queue\n", (2, "kind", "one-of")),
        ("lines.csv", 'office,code,name_vi,expected_minutes\nbo-de,A,X,"5,5"\n', (2, "expected_minutes", "number")),
        ("lines.csv", "office,code,name_vi,expected_minutes\nbo-de,A,X,0\n", (2, "expected_minutes", "number")),
        ("lines.csv", "office,code,name_vi,expected_minutes\nbo-de,A,X,1e9\n", (2, "expected_minutes", "number")),
        ("lines.csv", "office,code,name_vi,spread\nbo-de,A,X,nan\n", (2, "spread", "number")),
        (
            "lines.csv",
            "office,code,name_vi,first_number,last_number\nbo-de,A,X,500,499\n",
            (2, "last_number", "not-below"),
        ),
        ("lines.csv", "office,code,name_vi\nnowhere,A,X\n", (2, "office", "known-office")),
        # counters, officers
        ("counters.csv", "office,number,name_vi\nbo-de,0,X\n", (2, "number", "whole")),
        ("counters.csv", "office,number,name_vi\nbo-de,1000,X\n", (2, "number", "whole")),
        ("counters.csv", "office,number,name_vi\nbo-de,١,X\n", (2, "number", "whole")),
        ("counters.csv", "office,number,name_vi,lines\nbo-de,1,X,A;Q\n", (2, "lines", "known-line")),
        ("counters.csv", "office,number,name_vi,lines\nbo-de,1,X,A;A\n", (2, "lines", "once")),
        ("officers.csv", "office,username,full_name,role\nbo-de,Lan,X,officer\n", (2, "username", "username")),
        ("officers.csv", "office,username,full_name,role\nbo-de,lan,X,boss\n", (2, "role", "one-of")),
        ("officers.csv", "office,username,full_name,role\nbo-de,lan,,officer\n", (2, "full_name", "given")),
        # times
        ("hours.csv", "office,weekdays,opens,closes\nbo-de,0-5,08:00,12:00\n", (2, "weekdays", "weekdays")),
        ("hours.csv", "office,weekdays,opens,closes\nbo-de,1-5,8:00,12:00\n", (2, "opens", "time")),
        ("hours.csv", "office,weekdays,opens,closes\nbo-de,1-5,08:00,24:01\n", (2, "closes", "time")),
        ("hours.csv", "office,weekdays,opens,closes\nbo-de,1-5,22:00,02:00\n", (2, "closes", "after")),
        ("hours.csv", "office,weekdays,opens,closes\nbo-de,1-5,08:00,08:00\n", (2, "closes", "after")),
        ("closures.csv", "office,date,opens,closes,name_vi\n*,2026-01-01,08:00,,X\n", (2, "closes", "both")),
        ("closures.csv", "office,date,until,name_vi\n*,2026-01-02,2026-01-01,X\n", (2, "until", "not-before")),
        ("closures.csv", "office,date,name_vi\nall,2026-01-02,X\n", (2, "office", "known-office")),
        # shifts
        (
            "shifts.csv",
            "office,username,counter,weekdays,starts,ends\nbo-de,ghost,1,1,08:00,12:00\n",
            (2, "username", "known-officer"),
        ),
        (
            "shifts.csv",
            "office,username,counter,weekdays,starts,ends\nbo-de,lan,9,1,08:00,12:00\n",
            (2, "counter", "known-counter"),
        ),
        (
            "shifts.csv",
            "office,username,counter,weekdays,starts,ends,every_weeks\nbo-de,lan,1,1,08:00,12:00,2\n",
            (2, "first_week", "first-week"),
        ),
        # procedures
        ("procedures.csv", "code,name_vi\n1 001193,X\n", (2, "code", "procedure-code")),
        ("procedures.csv", f"code,name_vi\n1.001193,{'ế' * 1001}\n", (2, "name_vi", "text")),
        ("procedures.csv", "code,name_vi,fee_in_person_vnd\n1.001193,X,8.000\n", (2, "fee_in_person_vnd", "whole")),
        ("procedures.csv", "code,name_vi,fee_in_person_vnd\n1.001193,X,-1\n", (2, "fee_in_person_vnd", "whole")),
        ("fees.csv", "code,in_person_vnd,decision\n1.001193,8.000,QĐ 1\n", (2, "in_person_vnd", "whole")),
        ("fees.csv", "code,in_person_vnd,decision\n9.999999,8000,QĐ 1\n", (2, "code", "known-procedure")),
        ("fees.csv", "code,in_person_vnd,decision\n1.001193,8000,\n", (2, "decision", "given")),
        ("procedures.csv", "code,name_vi,fee_online_vnd\n1.001193,X,9999999999\n", (2, "fee_online_vnd", "whole")),
        ("procedures.csv", "code,name_vi,office,line\n1.001193,X,bo-de,Q\n", (2, "line", "known-line")),
        ("procedures.csv", "code,name_vi,line\n1.001193,X,-\n", (2, "line", "line")),
        ("procedures.csv", "code,office\n9.999999,bo-de\n", (2, "name_vi", "given")),
        # groups and settings
        ("priority_groups.csv", "code,name_vi,rate\nelderly,X,0.9\n", (2, "rate", "number")),
        ("settings.csv", "key,value\nslot_minutes,15 phút\n", (2, "value", "whole")),
        ("settings.csv", "key,value\nslot_minute,15\n", (2, "key", "setting")),
        ("settings.csv", "office,key,value\nnowhere,slot_minutes,15\n", (2, "office", "known-office")),
        # headers and files
        ("lines.csv", "office,code,name_vi,prefx\nbo-de,A,X,A\n", (1, "", "column")),
        ("lines.csv", "office,code,name_vi,name_vi\nbo-de,A,X,X\n", (1, "name_vi", "column-once")),
        ("hours.csv", "weekdays,opens,closes\n1,08:00,09:00\n", (1, "office", "column-needed")),
        ("lines.csv", "", (1, "office", "column-needed")),
        ("counters.csv", "office,number\nbo-de,9\n", (2, "name_vi", "column-needed")),
        ("hours.csv", "office;weekdays;opens;closes\nbo-de;1;08:00;09:00\n", (1, "", "commas")),
        ("offices.csv", "code,name_vi\nbo-de,Bồ Đề,x\n", (2, "", "cells")),
        ("offices.csv", "code,name_vi\nbo-de\n", (2, "", "cells")),
        ("offices.csv", 'code,name_vi\nbo-de,"Bồ Đề\nx,y\n', (2, "", "csv")),
        ("offices.csv", b"code,name_vi\nbo-de,Bo De\nx,Ph\xfac\n", (3, "", "utf-8")),
        ("office.csv", "code\n", (0, "", "file")),
    ],
)
def test_one_wrong_place_is_told_with_file_line_and_column(
    folder: Write, file: str, content: str | bytes, where: tuple[int, str, str]
) -> None:
    """Each kind of mistake in an otherwise sound pack is told where it stands, in both languages."""
    with pytest.raises(PackRefused) as refusal:
        judge({}, read_pack(folder({file: content})))
    assert (file, *where) in places(refusal.value)


async def test_every_wrong_row_is_told_not_only_the_first(database: Database, folder: Write) -> None:
    """Mistakes in several files, rows and cells of one row all come out at once, in order."""
    found = await refused(
        folder,
        {
            "lines.csv": "office,code,name_vi,spread\nbo-de,a,X,9\nbo-de,A,X,0.5\nnowhere,B,,0.5\n",
            "hours.csv": "office,weekdays,opens,closes\nbo-de,9,x,12:00\n\nbo-de,1,12:00,08:00\n",
            "shifts.csv": "office,username,counter,weekdays,starts,ends\nbo-de,ghost,7,1,25:00,12:00\n",
        },
    )
    assert found == [
        ("lines.csv", 2, "code", "line"),
        ("lines.csv", 2, "spread", "number"),
        ("lines.csv", 4, "name_vi", "given"),
        ("lines.csv", 4, "office", "known-office"),
        ("counters.csv", 2, "lines", "known-line"),
        ("counters.csv", 3, "lines", "known-line"),
        ("officers.csv", 2, "lines", "known-line"),
        ("hours.csv", 2, "opens", "time"),
        ("hours.csv", 2, "weekdays", "weekdays"),
        ("hours.csv", 4, "closes", "after"),
        ("shifts.csv", 2, "counter", "known-counter"),
        ("shifts.csv", 2, "starts", "time"),
        ("shifts.csv", 2, "username", "known-officer"),
    ]


async def test_a_row_that_refers_to_a_wrong_row_is_not_wrong_for_that(database: Database, folder: Write) -> None:
    """One wrong cell in a line's row is one problem, not one for each counter that serves it."""
    lines = SMALL["lines.csv"].replace("office,code,name_vi,fields", "office,code,name_vi,kind")
    assert await refused(
        folder, {"lines.csv": lines.replace("Hộ tịch; Cư trú", "results").replace(",Chứng thực\n", ",x\n")}
    ) == [("lines.csv", 2, "kind", "one-of")]


@pytest.mark.parametrize(
    ("file", "content", "where"),
    [
        ("offices.csv", "code,name_vi\nbo-de,X\n\nbo-de,Y\n", (4, "code", "unique")),
        ("lines.csv", "office,code,name_vi\nbo-de,A,X\nbo-de,A,Y\n", (3, "code", "unique")),
        (
            "hours.csv",
            "office,weekdays,opens,closes\nbo-de,1-2,08:00,12:00\nbo-de,2;1,08:00,13:00\n",
            (3, "opens", "unique"),
        ),
        ("procedures.csv", "code,name_vi\n2.000815,X\n2.000815.000.00.00.H26,Y\n", (3, "code", "unique")),
        ("settings.csv", "key,value\nmax_calls,3\nmax_calls,4\n", (3, "key", "unique")),
    ],
)
def test_the_same_key_twice_in_a_file_is_told(
    folder: Write, file: str, content: str, where: tuple[int, str, str]
) -> None:
    """Two rows of one key contradict each other, also where they only mean the same."""
    with pytest.raises(PackRefused) as refusal:
        judge({}, read_pack(folder({file: content})))
    assert (file, *where) in places(refusal.value)


async def test_two_offices_never_have_one_national_code_on_the_same_day(database: Database, folder: Write) -> None:
    """The state may use a code again the day after; a shared day is a mistake, in the pack or with what is stored."""
    header = "code,national_code,name_vi,valid_from,valid_until\n"
    old = "ngoc-thuy,00118,Ngọc Thụy,,2025-06-30\n"
    assert await refused(folder, {"offices.csv": f"{header}{old}bo-de,00118,Bồ Đề,2025-06-30,\n"}) == [
        ("offices.csv", 2, "national_code", "own-national-code"),
        ("offices.csv", 3, "national_code", "own-national-code"),
    ]
    await load(folder({"offices.csv": f"{header}{old}bo-de,00118,Bồ Đề,2025-07-01,\n"}))
    assert await refused(folder, {"offices.csv": f"{header}gia-thuy,00118,Gia Thụy,,2020-01-01\n"}) == [
        ("offices.csv", 2, "national_code", "own-national-code")
    ]


async def test_offices_cannot_be_above_each_other_in_a_circle(database: Database, folder: Write) -> None:
    """A circle is told wherever it is closed, also where part of it was stored before."""
    await load(folder({"offices.csv": "code,name_vi,parent\nbo-de,X,\nx,X,bo-de\n"}))
    assert await refused(folder, {"offices.csv": "code,name_vi,parent\nbo-de,X,x\n"}) == [
        ("offices.csv", 2, "parent", "no-circle")
    ]


async def test_two_lines_must_not_give_numbers_that_look_alike(database: Database, folder: Write) -> None:
    """The same prefix, the empty one included, is refused where number ranges meet, and fine where they do not."""
    header = "office,code,prefix,name_vi,first_number,last_number\n"
    clash = f"{header}bo-de,A,,X,1,500\nbo-de,H,,X,500,999\n"
    assert await refused(folder, {"lines.csv": clash}) == [
        ("lines.csv", 2, "prefix", "own-prefix"),
        ("lines.csv", 3, "prefix", "own-prefix"),
    ]
    await load(folder({"lines.csv": clash.replace("500,999", "501,999")}))


async def test_a_field_goes_to_one_line_of_an_office(database: Database, folder: Write) -> None:
    """The same field at two lines, however written, would leave a procedure between two queues."""
    lines = "office,code,name_vi,fields\nbo-de,A,X,Hộ tịch\nbo-de,H,X,hộ  TỊCH\n"
    assert [(line, key) for _, line, _, key in await refused(folder, {"lines.csv": lines})] == [
        (2, "one-line"),
        (3, "one-line"),
    ]


async def test_nobody_sits_at_two_counters_at_once(database: Database, folder: Write) -> None:
    """Shifts that overlap at another counter are refused; those that only touch are not."""
    header = "office,username,counter,weekdays,starts,ends\n"
    two = f"{header}bo-de,lan,1,1-5,08:00,12:00\nbo-de,lan,2,5-6,11:59,13:00\n"
    assert [where[1:] for where in await refused(folder, {"shifts.csv": two})] == [
        (2, "counter", "one-counter"),
        (3, "counter", "one-counter"),
    ]
    await load(folder({"shifts.csv": two.replace("11:59", "12:00")}))


async def test_a_folder_without_any_file_of_a_pack_is_refused(database: Database, folder: Write) -> None:
    """A wrong folder is told, not loaded as nothing."""
    assert [where[3] for where in await refused(folder, {}, only=True)] == ["files"]


def test_what_a_file_says_cannot_drive_the_terminal(folder: Write) -> None:
    """Escape sequences and endless cells come out visible and short."""
    with pytest.raises(PackRefused) as refusal:
        judge({}, read_pack(folder({"offices.csv": f"code,name_vi\n\x1b[2Jbo-de,{'x' * 5000}\n"}, only=True)))
    told = " ".join(problem.sentence("en") for problem in refusal.value.problems)
    assert "\x1b" not in told
    assert "\\x1b[2J" in told
    assert len(told) < 500


def test_every_expectation_has_its_sentence() -> None:
    """Whatever is expected of a pack can be said, and no sentence is there in vain."""
    folder = SHIPPED.parent / "catalogue"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    sayable = {key.removeprefix("pack.expected.") for key in sentences("vi") if key.startswith("pack.expected.")}
    told = set(re.findall(r'(?:Expected\(|Problem\([^\n]*?|_problem\([^\n]*?"\w+", )"([a-z0-9-]+)"', source))
    assert len(told) > 40
    assert told <= sayable
    assert [key for key in sayable if f'"{key}"' not in source] == []
