"""Searching forgives small errors, finds the same as before where there are none, and does not guess wildly."""

import csv

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from server.catalogue.rules import search
from server.catalogue.rules_likeness import distance, heard, nearest
from tests.catalogue.test_search import BIRTH, EVERY, PACK, codes, procedure

LETTERS = "abcdeghiklmnopqrstuvxy"


@pytest.mark.parametrize(
    "q",
    [
        "dang ki khai snh", "đăng kí khai sinh", "dang ky khai sihn", "khai xinh", "khai sinhh", "khaisinh",
        "kha i sinh", "dangky khaisinh", "đăg ký khai sinh", "thu tuc khai snih",
    ],
)  # fmt: skip
def test_a_small_error_finds_it_all_the_same(q: str) -> None:
    """A letter missing, doubled, swapped, written as it sounds, or a space in the wrong place."""
    assert codes(q)[0] == "1.001193"


def test_whole_regions_do_not_tell_certain_letters_apart() -> None:
    """tr and ch, s and x, d, gi and r, l and n, i and y."""
    assert codes("trứng thực") == ["2.000815"]
    assert codes("chứng thựt") == ["2.000815"]
    assert codes("đất rai") == codes("đất giai") == ["1.012753"]
    assert heard("ly") == heard("ni")


@pytest.mark.parametrize("q", ["xyz", "khai", "hộ chiếu", "visa", "9.999999", "1.001194", "snh khi bng dn", "kh"])
def test_what_is_something_else_is_not_found(q: str) -> None:
    """Other words, numbers that are off by one, and more wrong than right lead nowhere rather than anywhere."""
    found = codes(q)
    assert found == [] or all(q in text for text in (one.folded for one in EVERY if one.code in found))


def test_ky_and_ki_are_one_word() -> None:
    """Whoever types one finds the other, before longer words that only begin so."""
    twins = [procedure("1.1", "Chứng thực chữ ký", line="A"), procedure("1.2", "Chứng thực chữ kiểu mới", line="A")]
    assert [one.code for one in search(twins, "chứng thực chữ kí")[0]] == ["1.1", "1.2"]
    assert codes("đăng kí khai sinh") == ["1.001193", "1.004884"]


def test_what_is_typed_right_is_found_as_ever() -> None:
    """Likeness only counts where nothing holds the words as they stand: "tử" does not find "từ" before itself."""
    twins = [procedure("1.1", "Khai tử", line="H"), procedure("1.2", "Khai tu bổ", line="H"), BIRTH]
    assert [one.code for one in search(twins, "khai tu")[0]] == ["1.1", "1.2"]
    assert [one.code for one in search(twins, "khai sinh")[0]] == ["1.001193"]


def real_names() -> list[str]:
    with (PACK / "procedures.csv").open(encoding="utf-8") as rows:
        return [row["name_vi"] for row in csv.DictReader(rows)][:120]


NAMES = real_names()
REAL = [procedure(f"2.{n:06}", name, line="A") for n, name in enumerate(NAMES)]


@settings(deadline=None)
@given(st.data())
def test_one_typing_error_in_a_real_name_still_finds_it(data: st.DataObject) -> None:
    """Any letter but a word's first, of any word of four to six, dropped, doubled, swapped or mistyped."""
    wanted = data.draw(st.sampled_from(REAL))
    words = wanted.folded.split()[:8]
    places = [n for n, word in enumerate(words) if 4 <= len(word) <= 6 and word.isalpha()]
    assume(places)
    place = data.draw(st.sampled_from(places))
    word, at = words[place], data.draw(st.integers(2, 3))
    how = data.draw(st.sampled_from(["drop", "double", "swap", "wrong"]))
    mistyped = {
        "drop": word[:at] + word[at + 1 :],
        "double": word[:at] + word[at] + word[at:],
        "swap": word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
        "wrong": word[:at] + data.draw(st.sampled_from(LETTERS)) + word[at + 1 :],
    }[how]
    words[place] = mistyped
    found, _ = search(REAL, " ".join(words), limit=len(REAL))
    assert wanted in found or " ".join(words) in " ".join(one.folded for one in found)


@settings(deadline=None)
@given(st.text(LETTERS, max_size=8), st.text(LETTERS, max_size=8))
def test_distance_is_the_same_both_ways_and_knows_its_limit(one: str, other: str) -> None:
    """Symmetric, nothing for the same, at most one letter for each of the longer word, and None beyond the limit."""
    whole = distance(one, other, 20)
    assert whole == distance(other, one, 20)
    assert whole is not None
    assert (whole == 0) == (one == other)
    assert abs(len(one) - len(other)) <= whole <= max(len(one), len(other))
    for limit in range(4):
        assert distance(one, other, limit) == (whole if whole <= limit else None)


def test_neighbours_swapped_are_one_error() -> None:
    """Two letters in the wrong order are as near as one that is wrong: fingers on a telephone do it often."""
    assert distance("snih", "sinh", 2) == 1
    assert distance("khia", "khai", 2) == 1
    assert distance("sinh", "sin", 2) == 1


@settings(deadline=None)
@given(st.lists(st.text(LETTERS + " ", max_size=20), max_size=6), st.text(LETTERS + " .1é", max_size=20))
def test_any_texts_and_words_are_answered(texts: list[str], words: str) -> None:
    """One answer per text, and all that are given are equally near."""
    found = nearest(texts, words)
    assert len(found) == len(texts)
    assert len({one for one in found if one is not None}) <= 1
