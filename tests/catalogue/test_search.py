"""Finding procedures, which line takes them, and an office's own words over the national ones."""

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.catalogue.rules import (
    NOT_TAKEN,
    Procedure,
    ServiceLine,
    fold,
    minutes_needed,
    national_code,
    offered,
    search,
    searchable,
)

PACK = Path(__file__).parents[2] / "server" / "packs" / "long-bien"


def procedure(code: str, name: str, field: str = "Hộ tịch", **values: object) -> Procedure:
    info = str(values.pop("short_info_vi", ""))
    row = Procedure("*", code, name, "", field, "", None, None, None, None, None, (), info, "")
    return replace(row, folded=searchable(name, "", field, code, info), **values)


def line(code: str, *fields: str, position: int = 0) -> ServiceLine:
    return ServiceLine("bo-de", code, code, "procedures", f"Line {code}", "", 11.6, 0.7, 1, 999, fields, position)


BIRTH = procedure("1.001193", "Thủ tục đăng ký khai sinh", line="H", short_info_vi="Khai sinh cho trẻ mới sinh.")
AGAIN = procedure("1.004884", "Thủ tục đăng ký lại khai sinh", line="H")
COPY = procedure("2.000815", "Chứng thực bản sao từ bản chính", "Chứng thực", line="A")
DEATH = procedure("1.000656", "Thủ tục đăng ký khai tử", line="H")
LAND = procedure("1.012753", "Đăng ký đất đai lần đầu", "Đất đai", line="L")
EVERY = [COPY, BIRTH, AGAIN, DEATH, LAND]


def codes(q: str = "", field: str = "") -> list[str]:
    return [found.code for found in search(EVERY, q, field)[0]]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đăng ký  KHAI sinh", "dang ky khai sinh"),
        ("Hoà Hòa", "hoa hoa"),
        (unicodedata.normalize("NFD", "Thủ tục đất đai"), "thu tuc dat dai"),
        ("\tƯ  ơ\u00a0ộ ", "u o o"),
        ("", ""),
    ],
)
def test_fold_leaves_neither_case_nor_diacritics_nor_spaces(text: str, folded: str) -> None:
    """What differs only by case, diacritics, composition or spaces is the same when folded."""
    assert fold(text) == folded


@given(st.text())
def test_fold_is_stable(text: str) -> None:
    """Folding what is folded changes nothing, and composition does not matter."""
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("q", ["khai sinh", "KHAI SINH", "khai  sinh", "sinh khai", "Khai sính", "thủ tục khai sinh"])
def test_words_are_found_in_any_case_accent_and_order(q: str) -> None:
    """However the words are typed, the same procedures are found."""
    assert codes(q) == ["1.001193", "1.004884"]


def test_every_word_must_be_there() -> None:
    """One word that occurs nowhere means nothing found."""
    assert codes("khai sinh bằng") == []


def test_the_code_finds_its_procedure_first_even_in_its_long_form() -> None:
    """A code, whole or as the portal writes it, leads to its procedure."""
    assert codes("2.000815") == ["2.000815"]
    assert codes("2.000815.000.00.00.H26") == ["2.000815"]


def test_names_that_begin_so_come_before_words_inside_words() -> None:
    """A name's beginning goes before a word's beginning, and that before a word's inside."""
    assert codes("đăng ký") == ["1.001193", "1.000656", "1.004884", "1.012753"]
    assert codes("h") == ["1.001193", "1.000656", "1.004884", "2.000815"]


def test_the_word_that_every_name_could_begin_with_is_no_obstacle() -> None:
    """ "Thủ tục" before the words, or alone, neither narrows nor ranks."""
    assert codes("thủ tục đất đai") == codes("đất đai") == ["1.012753"]
    assert codes("thủ tục") == codes()


def test_a_field_narrows_and_nothing_asked_for_is_everything_in_order() -> None:
    """Without words all are listed, by line and those explained first; a field keeps its own."""
    assert codes() == ["2.000815", "1.001193", "1.000656", "1.004884", "1.012753"]
    assert codes(field="hộ TỊCH") == ["1.001193", "1.000656", "1.004884"]


@given(st.integers(1, 7), st.sampled_from(["", "dang ky", "k", "khai sinh"]))
def test_pages_together_are_the_whole_without_repeating(limit: int, q: str) -> None:
    """Following the cursor to its end gives what one page of everything gives."""
    pages: list[str] = []
    cursor = None
    while True:
        found, cursor = search(EVERY, q, limit=limit, cursor=cursor)
        assert len(found) <= limit
        pages += [each.code for each in found]
        if cursor is None:
            break
    assert pages == [each.code for each in search(EVERY, q, limit=100)[0]]


def test_a_cursor_outlives_the_row_it_came_from() -> None:
    """When the last row of a page is gone, the next page still begins behind its place."""
    first, cursor = search(EVERY, "", limit=2)
    rest = [each for each in EVERY if each is not first[-1]]
    assert [each.code for each in search(rest, "", limit=9, cursor=cursor)[0]] == codes()[2:]


@pytest.mark.parametrize("cursor", ["", "x", "1~2~3~4", "a~0~0~0~1.0", "-1~0~0~0~1", "9999999~0~0~0~1", "²~0~0~0~1"])
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    """A made-up cursor is an error, not an empty page."""
    with pytest.raises(ValueError, match="cursor"):
        search(EVERY, "", cursor=cursor)


@given(st.text(max_size=60))
def test_any_text_can_be_searched_for(q: str) -> None:
    """No text, however odd, breaks the search; what it finds is there to be found, and comes once."""
    found = [one.code for one in search(EVERY, q)[0]]
    assert len(set(found)) == len(found)
    assert set(found) <= {one.code for one in EVERY}


@pytest.mark.parametrize(
    ("code", "national"),
    [("2.000815.000.00.00.H26", "2.000815"), ("1.001193", "1.001193"), ("BD.01", "BD.01"), ("1.2.3", "1.2.3")],
)
def test_a_long_code_begins_with_the_national_one(code: str, national: str) -> None:
    """The portal's long form is cut to its national part; other codes stay."""
    assert national_code(code) == national


def test_a_row_goes_to_its_line_or_to_the_line_of_its_field() -> None:
    """The line named goes first, then the field; where there is neither, it is not offered here."""
    lines = [line("A", "Chứng thực"), line("H", "hộ tịch", position=1)]
    rows = [replace(COPY, line=""), replace(BIRTH, line="A"), replace(DEATH, line="Q"), replace(LAND, line="")]
    assert {row.code: row.line for row in offered(rows, lines)} == {"2.000815": "A", "1.001193": "A", "1.000656": "H"}


def test_an_offices_own_row_lies_over_the_national_one() -> None:
    """What the own row says counts, zero included; what it leaves empty is the national one's."""
    national = replace(BIRTH, minutes=20, fee_in_person_vnd=8000, statutory_days=1, required_documents=("Tờ khai",))
    own = replace(procedure("1.001193", "", field=""), office="bo-de", line="A", fee_in_person_vnd=0, promised_days=0)
    (found,) = offered([own, national], [line("A"), line("H", "Hộ tịch")])
    assert (found.office, found.name_vi, found.line) == ("bo-de", BIRTH.name_vi, "A")
    assert (found.minutes, found.statutory_days, found.promised_days, found.fee_in_person_vnd) == (20, 1, 0, 0)
    assert found.required_documents == ("Tờ khai",)
    assert search([found], "khai sinh")[0] == [found]


def test_an_office_can_leave_a_procedure_out() -> None:
    """A hyphen for a line takes a national procedure off this office's list."""
    own = replace(procedure("1.001193", "", field=""), office="bo-de", line=NOT_TAKEN)
    assert offered([BIRTH, own], [line("H", "Hộ tịch")]) == []


def test_planned_minutes_are_the_procedures_or_the_lines() -> None:
    """A procedure without minutes of its own takes what its line usually takes, at least one."""
    assert minutes_needed(replace(BIRTH, minutes=5), line("H")) == 5
    assert minutes_needed(BIRTH, line("H")) == 12
    assert minutes_needed(BIRTH, replace(line("H"), expected_minutes=0.5)) == 1


def test_names_of_nine_hundred_characters_are_found_by_their_first_words() -> None:
    """The longest official name is searchable like any other."""
    with (PACK / "procedures.csv").open(encoding="utf-8", newline="") as file:
        longest = max(csv.DictReader(file), key=lambda row: len(row["name_vi"]))
    assert len(longest["name_vi"]) > 900
    row = procedure(longest["code"], longest["name_vi"], longest["field_vi"])
    assert search([*EVERY, row], fold(longest["name_vi"])[:60])[0] == [row]
