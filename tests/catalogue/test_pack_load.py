"""Loading: all or nothing, once or twice, old beside new; and the shipped packs."""

import asyncio
import csv
import unicodedata
from datetime import UTC, date, datetime

import msgspec
import pytest

from server.catalogue import pack, service
from server.catalogue.pack import LoadReport, add_office, load
from server.catalogue.pack_files import FILES
from server.catalogue.rules import fold, search
from server.catalogue.tables import Closure, Hours, Office, Procedure, ServiceLine, Setting, Shift
from server.db import Database, rows, transaction
from server.journal.append import office_change
from server.journal.tables import Event
from server.people.tables import Officer
from tests.catalogue.conftest import SHIPPED, SMALL, Write, everything


class Told(msgspec.Struct):
    seq: int
    kind: str
    body: str


def counted(report: LoadReport) -> tuple[int, int, int]:
    files = report.files.values()
    return sum(f.added for f in files), sum(f.updated for f in files), sum(f.unchanged for f in files)


async def test_the_same_pack_again_changes_nothing(database: Database, folder: Write) -> None:
    """A second load writes nothing, and says so."""
    first = await load(folder())
    stored = await everything()
    again = await load(folder())
    assert first.changed
    assert counted(again) == (0, 0, counted(first)[0])
    assert not again.changed
    assert await everything() == stored


async def test_byte_order_mark_line_ends_blank_lines_and_composition_do_not_matter(
    database: Database, folder: Write
) -> None:
    """What Excel and other systems make of a file is the same pack."""
    await load(folder())
    stored = await everything()
    dressed = {
        name: b"\xef\xbb\xbf" + unicodedata.normalize("NFD", text).replace("\n", "\r\n\r\n").replace(",", " ,").encode()
        for name, text in SMALL.items()
    }
    assert not (await load(folder(dressed))).changed
    assert await everything() == stored


async def test_what_a_later_pack_says_goes_over_what_was_there(database: Database, folder: Write) -> None:
    """Rows are updated by key, their ids stay, and rows that are no longer in the files stay as well."""
    await load(folder())
    before = await everything()
    await load(
        folder(
            {
                "counters.csv": "office,number,name_vi,lines\nbo-de,2,Quầy hai,A\n",
                "closures.csv": None,
                "hours.csv": None,
            }
        )
    )
    after = await everything()
    assert [(row["id"], row["number"], row["name_vi"]) for row in after["counter"]] == [
        (before["counter"][0]["id"], 1, "Quầy 1"),
        (before["counter"][1]["id"], 2, "Quầy hai"),
    ]
    assert after["closure"] == before["closure"]
    assert after["hours"] == before["hours"]


async def test_a_column_left_out_keeps_what_is_stored_and_an_empty_cell_clears_it(
    database: Database, folder: Write
) -> None:
    """A file with fewer columns says nothing about the others."""
    await load(folder({"offices.csv": "code,name_vi,name_en,address\nbo-de,Bồ Đề,Bo De,Phố Mẫu\n"}))
    await load(folder({"offices.csv": "code,address\nbo-de,Phố Khác\n"}, only=True))
    assert (await service.office("bo-de")).name_en == "Bo De"
    await load(folder({"offices.csv": "code,name_en,address\nbo-de,,Phố Khác\n"}, only=True))
    found = await service.office("bo-de")
    assert (found.name_vi, found.name_en, found.address) == ("Bồ Đề", "", "Phố Khác")


async def test_a_prefix_is_the_code_unless_it_is_said_to_be_empty(database: Database, folder: Write) -> None:
    """Left out it is the code; an empty cell is an empty prefix."""
    await load(folder())
    assert (await service.line("bo-de", "A")).prefix == "A"
    await load(folder({"lines.csv": "office,code,prefix,name_vi\nbo-de,A,,Chứng thực\n"}))
    assert (await service.line("bo-de", "A")).prefix == ""


async def test_an_edited_time_is_a_change_and_no_second_opening(database: Database, folder: Write) -> None:
    """Opening half an hour earlier moves the row: it does not open twice. A row alone adds to what is there."""
    await load(folder())
    await load(folder({"hours.csv": SMALL["hours.csv"].replace("08:00", "07:30")}))
    assert await Hours.select(Hours.opens, Hours.closes).order_by(Hours.opens) == [
        {"opens": 450, "closes": 720},
        {"opens": 810, "closes": 1020},
    ]
    await load(folder({"hours.csv": "office,weekdays,opens,closes\nbo-de,1-5,18:00,20:00\n"}))
    assert await Hours.count() == 3


async def test_a_closed_day_that_becomes_half_a_day_is_one_closure(database: Database, folder: Write) -> None:
    """The row for that day is changed; it is not closed and open at once."""
    await load(folder())
    closures = "office,date,opens,closes,name_vi\n*,2026-11-24,08:00,12:00,Ngày Văn hóa\n"
    await load(folder({"closures.csv": closures}))
    assert await Closure.select(Closure.opens) == [{"opens": 480}]


async def test_an_officer_keeps_password_and_lock_when_the_pack_comes_again(database: Database, folder: Write) -> None:
    """A load knows nothing of passwords, so it takes none away."""
    await load(folder())
    await Officer.update({Officer.password_hash: "secret", Officer.failures: 3}).where(Officer.username == "lan")
    await load(folder({"officers.csv": SMALL["officers.csv"].replace("Hà Thị Lan", "Hà Thị Thanh Lan")}))
    assert await Officer.select(Officer.full_name, Officer.password_hash, Officer.failures, Officer.active) == [
        {"full_name": "Hà Thị Thanh Lan", "password_hash": "secret", "failures": 3, "active": True}
    ]


async def test_lines_stand_in_the_order_of_the_file(database: Database, folder: Write) -> None:
    """A file with all lines orders them anew; one with only a new line puts it last."""
    await load(folder())
    await load(folder({"lines.csv": "office,code,name_vi\nbo-de,B,Đất đai\n"}))
    assert [line.code for line in await service.lines("bo-de")] == ["A", "H", "B"]
    await load(folder({"lines.csv": "office,code\nbo-de,H\nbo-de,B\nbo-de,A\n"}))
    assert [line.code for line in await service.lines("bo-de")] == ["H", "B", "A"]


async def test_two_loads_at_once_are_both_done(database: Database, folder: Write) -> None:
    """Two administrators load at the same time: the second waits, and nothing is there twice."""
    place = folder()
    await asyncio.gather(load(place), load(place), load(place))
    assert await ServiceLine.count() == 2
    assert await Procedure.count() == 2


async def test_progress_ends_at_all_rows(database: Database, folder: Write) -> None:
    """Whoever watches sees it begin, go up and end."""
    seen: list[tuple[int, int]] = []
    await load(folder(), lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 15)
    assert seen[-1] == (15, 15)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


async def test_screens_hear_of_new_lines_and_counters(database: Database, folder: Write) -> None:
    """An office with a journal gets one event with all its lines and counters; nothing is told when nothing changes."""
    await load(folder())
    assert await Event.count() == 0
    async with transaction(), office_change("bo-de", "test") as change:
        change.append("office.opened", {"day": "2026-11-23"})
    report = await load(folder({"counters.csv": SMALL["counters.csv"] + "bo-de,3,Quầy 3,A\n"}))
    assert report.offices == ["bo-de"]
    assert (await load(folder())).offices == []
    (_, told) = await rows(Told, Event.select().order_by(Event.seq))
    assert (told.seq, told.kind) == (2, "office.changed")
    assert msgspec.json.decode(told.body) == {
        "lines": ["A", "H"],
        "counters": [{"number": number, "name": f"Quầy {number}"} for number in (1, 2, 3)],
    }


async def test_nothing_is_written_when_the_last_write_fails(
    database: Database, folder: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure in the middle leaves the database as it was."""
    await load(folder())
    before = await everything()
    write = pack._write

    async def failing(file: pack.PackFile, items: pack.Sequence[pack.Merged]) -> None:
        if file.name == "settings.csv":
            raise OSError("the disk is full")
        await write(file, items)

    monkeypatch.setattr(pack, "_write", failing)
    changed = {name: text.replace("Quầy", "Ban").replace("20", "25") for name, text in SMALL.items()}
    with pytest.raises(OSError, match="disk"):
        await load(folder(changed))
    assert await everything() == before


async def test_one_office_can_be_added_by_itself(database: Database) -> None:
    """What `office add` does is a pack of one row, with the same checks."""
    await add_office({"code": "bo-de", "name_vi": "Phường Bồ Đề", "valid_from": "2025-07-01"})
    found = await service.office("bo-de")
    assert (found.time_zone, found.valid_from) == ("Asia/Ho_Chi_Minh", date(2025, 7, 1))
    with pytest.raises(pack.PackRefused):
        await add_office({"code": "Bo De", "name_vi": ""})
    assert await Office.count() == 1


# --- the shipped packs --------------------------------------------------------------------------------------


async def test_long_bien_loads_with_all_it_has(database: Database) -> None:
    """Five lots of offices, 455 procedures, and every procedure goes to a line in each of the four wards."""
    report = await load(SHIPPED / "long-bien")
    assert {name for name, file in report.files.items() if file.added} == set(FILES)
    assert len(await service.offices()) == 19
    for office in ("long-bien", "bo-de", "viet-hung", "phuc-loi"):
        lines = await service.lines(office)
        offered = await service.procedures(office)
        assert len(lines) == 8
        assert {line.kind for line in lines} == {"procedures", "results", "guidance"}
        assert len(offered) == 455
        assert {row.line for row in offered} == {line.code for line in lines} - {"T"}
        served = {code for counter in await service.counters(office) for code in counter.lines}
        assert served == {line.code for line in lines}


async def test_a_code_that_two_wards_shared_names_each_in_its_time(database: Database) -> None:
    """00118 was Ngọc Thụy until 30/6/2025 and is Bồ Đề since; both are there, one of them ended."""
    await load(SHIPPED / "long-bien")
    found = {office.code: office for office in await service.offices() if office.national_code == "00118"}
    assert {code: (office.valid_from, office.valid_until) for code, office in found.items()} == {
        "ngoc-thuy-2024": (None, date(2025, 6, 30)),
        "bo-de": (date(2025, 7, 1), None),
    }


async def test_the_demo_never_closes(database: Database) -> None:
    """Over Long Biên, loaded in this order again and again, Bồ Đề is open on every day, holidays included."""
    for _ in range(2):
        await load(SHIPPED / "long-bien")
        await load(SHIPPED / "demo")
    office = await service.office("bo-de")
    for day, intervals in (await service.opening_days(office, date(2026, 2, 10), 14)).items():
        assert sum((b - a).total_seconds() for a, b in intervals) == 86400, day
    assert (await service.policy("bo-de")).sample
    assert not (await service.policy("long-bien")).sample
    assert await service.opening_days(await service.office("long-bien"), date(2026, 2, 17), 1) == {
        date(2026, 2, 17): []
    }
    everyone = {shift.username for shift in await service.shifts("bo-de") if shift.weekdays == "1-7"}
    assert len(everyone) == len(await service.counters("bo-de")) == 6


async def test_a_working_saturday_has_the_break_of_any_day(database: Database) -> None:
    """22/8/2026 is worked for 31/8: two spans then, none on the Monday off."""
    await load(SHIPPED / "long-bien")
    office = await service.office("long-bien")
    days = await service.opening_days(office, date(2026, 8, 22), 10)
    assert days[date(2026, 8, 22)][0][0] == datetime(2026, 8, 22, 1, 0, tzinfo=UTC)
    assert [len(days[date(2026, 8, day)]) for day in (22, 23, 24, 31)] == [2, 0, 2, 0]


async def test_what_people_ask_for_is_found_without_diacritics(database: Database) -> None:
    """The three everyday errands come up first in the real catalogue."""
    await load(SHIPPED / "long-bien")
    offered = await service.procedures("bo-de")
    for q, code in {"khai sinh": "1.001193", "dang ky ket hon": "1.000894", "chung thuc ban sao": "2.000815"}.items():
        assert search(offered, q)[0][0].code == code
    assert all(row.fee_online_vnd == 0 for row in offered)


def test_the_pack_keeps_the_pitfalls_of_its_sources_out() -> None:
    """Texts are NFC, codes are national ones and come once, letters of lines are single, fields are covered."""
    found: dict[str, list[dict[str, str]]] = {}
    for path in sorted(SHIPPED.glob("*/*.csv")):
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text)
        assert "\r" not in text
        assert not text.startswith("\ufeff")
        found[f"{path.parent.name}/{path.name}"] = list(csv.DictReader(text.splitlines()))
    codes = [row["code"] for row in found["long-bien/procedures.csv"]]
    assert len(codes) == len(set(codes)) == 455
    repealed = {"2.001009", "2.000986", "2.001023", "1.000280", "1.003596", "1.012690", "2.002501", "1.010945"}
    assert not repealed & set(codes)
    covered = {
        fold(field)
        for row in found["long-bien/lines.csv"]
        for field in row["fields"].split(";")
        if row["office"] == "bo-de"
    }
    assert {fold(row["field_vi"]) for row in found["long-bien/procedures.csv"]} <= covered
    usernames = [row["username"] for row in found["long-bien/officers.csv"]]
    assert len(usernames) == len(set(usernames))
    assert {row["role"] for row in found["long-bien/officers.csv"]} >= {"officer", "reception", "head", "administrator"}


async def test_a_stored_setting_that_is_missing_is_the_default(database: Database, folder: Write) -> None:
    """An office's own setting goes over the one for all, and that over the default."""
    await load(folder())
    await add_office({"code": "elsewhere", "name_vi": "Nơi khác"})
    assert (await service.policy("bo-de")).slot_minutes == 30
    assert (await service.policy("elsewhere")).slot_minutes == 20
    await Setting.delete(force=True)
    assert (await service.policy("bo-de")).slot_minutes == 15
    assert await Shift.count() == 1
