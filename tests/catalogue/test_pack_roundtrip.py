"""Export writes what load reads: over made-up packs, and over the shipped ones."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.catalogue.pack import load
from server.catalogue.pack_export import export
from server.catalogue.pack_files import FILES
from server.catalogue.tables import TABLES
from server.db import Database
from server.errors import Refusal
from server.people.tables import Officer
from tests.catalogue.conftest import SHIPPED, Write, everything

Rows = list[dict[str, str]]
Packs = dict[str, Rows]

# Anything that can be seen, decomposed letters and odd spaces included; a semicolon would be two items of a list.
SIGNS = st.one_of(
    st.sampled_from("aZ9 ,\"'*-–ẾđƠ\u0301\u00a0\u3000=+@|"),
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"], exclude_characters=";"),
)
WORDS = st.text(SIGNS, min_size=1, max_size=30).filter(lambda text: bool(text.replace("\u3000", " ").strip()))
TEXT = WORDS.filter(lambda text: any(sign.isalnum() for sign in text))
MAYBE = st.one_of(st.just(""), TEXT)
LINES = ("A", "H", "K")
OFFICES = ("*", "bo-de")


def number(least: int, most: int) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), st.integers(least, most).map(str))


def decimal(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least * 10_000, most * 10_000).map(lambda value: f"{value / 10_000:.4f}")


def day() -> st.SearchStrategy[str]:
    return st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(date.isoformat)


def some(values: Sequence[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(values), unique=True).map(";".join)


def time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def span(draw: st.DrawFn, opens: str, closes: str) -> dict[str, str]:
    begin = draw(st.integers(0, 1439))
    return {opens: time(begin), closes: time(draw(st.integers(begin + 1, 1440)))}


def weekdays() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from("1234567"), min_size=1, unique=True).map(";".join)


@st.composite
def packs(draw: st.DrawFn) -> Packs:
    """A sound pack of one office, the one above it, and what holds for all."""
    lines = draw(st.lists(st.sampled_from(LINES), unique=True, min_size=1))
    officers = draw(st.lists(st.sampled_from(["lan", "ha.2", "an-x"]), unique=True))
    counters = draw(st.lists(st.sampled_from(["1", "12", "999"]), unique=True))
    hours = draw(st.lists(st.tuples(weekdays(), st.one_of(st.just(""), day()), span("opens", "closes")), max_size=3))
    shifts = draw(st.lists(st.tuples(weekdays(), span("starts", "ends"), some(lines)), max_size=3))
    closures = draw(st.lists(st.tuples(st.sampled_from(OFFICES), day(), st.one_of(st.none(), span("opens", "closes")))))
    codes = st.tuples(st.sampled_from(OFFICES), st.sampled_from(["1.001193", "2.000815", "BD-01"]))
    procedures = draw(st.lists(codes, unique=True))
    seat = draw(st.sampled_from(counters)) if counters else ""
    return {
        "offices.csv": [
            {"code": "ha-noi", "name_vi": draw(TEXT)},
            {
                "code": "bo-de", "name_vi": draw(TEXT), "name_en": draw(MAYBE), "address": draw(MAYBE),
                "national_code": draw(st.sampled_from(["", "00118"])), "parent": draw(st.sampled_from(["", "ha-noi"])),
                "timezone": draw(st.sampled_from(["", "Europe/Berlin"])), "valid_from": "", "valid_until": draw(day()),
            },
        ],
        "lines.csv": [
            {
                "office": "bo-de", "code": code, "prefix": code, "name_vi": draw(TEXT), "name_en": draw(MAYBE),
                "kind": draw(st.sampled_from(["", "results", "guidance"])), "first_number": draw(number(1, 400)),
                "last_number": draw(number(400, 99_999)), "expected_minutes": draw(decimal(1, 600)),
                "spread": draw(decimal(0, 5)), "fields": f"Lĩnh vực {code}; {code}{draw(MAYBE)}",
            }
            for code in lines
        ],
        "counters.csv": [
            {"office": "bo-de", "number": counter, "name_vi": draw(TEXT), "lines": draw(some(lines))}
            for counter in counters
        ],
        "officers.csv": [
            {
                "office": "bo-de", "username": officer, "full_name": draw(TEXT), "lines": draw(some(lines)),
                "role": draw(st.sampled_from(["officer", "head", "auditor"])),
            }
            for officer in officers
        ],
        "hours.csv": once(
            "hours.csv", [{"office": "bo-de", "weekdays": days, "valid_from": begin, **at} for days, begin, at in hours]
        ),
        "shifts.csv": once(
            "shifts.csv",
            [
                {
                    "office": "bo-de", "username": officers[0], "counter": seat, "weekdays": days, "lines": own, **at,
                    "every_weeks": draw(number(1, 1)), "first_week": draw(st.one_of(st.just(""), day())),
                }
                for days, at, own in shifts
            ],
        )
        if officers and counters
        else [],
        "closures.csv": once(
            "closures.csv",
            [{"office": office, "date": when, "name_vi": draw(TEXT), **(at or {})} for office, when, at in closures],
        ),
        "procedures.csv": [
            {
                "code": code, "office": office, "name_vi": draw(TEXT), "name_en": draw(MAYBE), "field_vi": draw(MAYBE),
                "line": draw(st.sampled_from(["", *lines])), "minutes": draw(number(1, 480)),
                "statutory_days": draw(number(0, 3650)), "fee_in_person_vnd": draw(number(0, 2_000_000_000)),
                "required_documents": "; ".join(draw(st.lists(TEXT, max_size=3))), "short_info_vi": draw(MAYBE),
            }
            for office, code in procedures
        ],
        "fees.csv": once(
            "fees.csv",
            [
                {
                    "code": code, "office": office, "valid_from": draw(st.one_of(st.just(""), day())),
                    "in_person_vnd": draw(number(0, 2_000_000_000)), "decision": draw(TEXT),
                }
                for office, code in procedures
            ],
        ),
        "priority_groups.csv": [
            {"office": office, "code": code, "name_vi": draw(TEXT), "rate": draw(decimal(1, 100))}
            for office, code in draw(
                st.lists(st.tuples(st.sampled_from(OFFICES), st.sampled_from(["old", "ill"])), unique=True)
            )
        ],
        "settings.csv": [
            {"office": office, "key": "max_calls", "value": draw(st.integers(1, 20).map(str))}
            for office in draw(st.lists(st.sampled_from(OFFICES), unique=True))
        ],
    }  # fmt: skip


def once(name: str, rows: Rows) -> Rows:
    """The rows without those that would be one with another."""
    file = FILES[name]
    found: dict[object, dict[str, str]] = {}
    for row in rows:
        parsed = {
            column.field: column.parse(row[column.name]) if row.get(column.name) else column.empty
            for column in file.columns
        }
        found[file.key(parsed)] = row
    return list(found.values())


def written(pack: Packs) -> dict[str, str]:
    """The pack as CSV texts; files without rows are left out."""
    texts = {}
    for name, rows in pack.items():
        if rows:
            out = io.StringIO()
            writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            texts[name] = out.getvalue()
    return texts


async def exported(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in await export(folder, "bo-de")}


async def empty() -> None:
    for table in [*TABLES, Officer]:
        await table.delete(force=True)


@given(pack=packs())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_export_and_load_undo_each_other(database: Database, folder: Write, pack: Packs) -> None:
    """Loading an export changes nothing; in an empty database it makes the same, which exports to the same files."""
    await empty()
    place = folder(written(pack), only=True)
    await load(place)
    out = place.parent / "out"
    first = await exported(out)
    assert not (await load(out)).changed
    for name, rows in pack.items():
        # Nothing got lost: as many rows came out as went in.
        expected = len(rows) if name != "offices.csv" or rows[1]["parent"] else 1
        assert len(list(csv.reader(io.StringIO(first[name])))) == expected + 1, name
    await empty()
    await load(out)
    assert await exported(out) == first


@pytest.mark.parametrize("office", ["bo-de", "long-bien", "ngoc-thuy-2024"])
async def test_a_shipped_office_goes_out_and_in_again(database: Database, tmp_path: Path, office: str) -> None:
    """An office of the shipped packs exports completely, the offices above it included, and comes back the same."""
    await load(SHIPPED / "long-bien")
    await load(SHIPPED / "demo")
    stored = await everything()
    await export(tmp_path, office)
    assert not (await load(tmp_path)).changed
    assert await everything() == stored
    await empty()
    await load(tmp_path)
    again = tmp_path / "again"
    await export(again, office)
    for path in sorted(again.iterdir()):
        assert path.read_text(encoding="utf-8") == (tmp_path / path.name).read_text(encoding="utf-8"), path.name


async def test_export_refuses_an_office_nobody_knows(database: Database, tmp_path: Path) -> None:
    """No folder is made for nothing."""
    with pytest.raises(Refusal) as refusal:
        await export(tmp_path / "out", "nowhere")
    assert refusal.value.code == "no-such-office"
    assert not (tmp_path / "out").exists()
