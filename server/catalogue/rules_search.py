"""Finding a procedure by what people type: no case, no diacritics, words in any order, a page at a time."""

import unicodedata
from collections.abc import Sequence
from typing import Protocol, TypeVar

from server.catalogue.rules_likeness import nearest

__all__ = ["fold", "folded_words", "search", "searchable"]

# Every row is a "thủ tục"; names that begin with the word and names that do not must be found alike.
PROCEDURE_WORD = "thu tuc"


class Searchable(Protocol):
    """What is needed of a procedure to find it."""

    @property
    def code(self) -> str: ...
    @property
    def name_vi(self) -> str: ...
    @property
    def field_vi(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def short_info_vi(self) -> str: ...
    @property
    def folded(self) -> str: ...


P = TypeVar("P", bound=Searchable)

INSIDE = 3
"""The rank of those that hold all words, but not at the beginning of words: by chance, as often as not."""

Place = tuple[int, int, int, int, str]


def fold(text: str) -> str:
    """The text as it is compared: lower case, without diacritics, đ as d, single spaces."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(sign for sign in bare if unicodedata.category(sign) != "Mn").split())


def folded_words(text: str) -> str:
    """The folded words of a text, without punctuation but with the dots inside codes."""
    signs = (sign if sign.isalnum() or sign == "." else " " for sign in fold(text))
    return " ".join(word for word in (piece.strip(".") for piece in "".join(signs).split()) if word)


def searchable(name: str, *others: str) -> str:
    """What is stored to search a procedure in: its name first, then everything else it may be found by."""
    parts = (_without_lead(folded_words(name)), *map(folded_words, others))
    return " ".join(part for part in parts if part)


def _without_lead(words: str) -> str:
    return words.removeprefix(PROCEDURE_WORD).lstrip() if f"{words} ".startswith(f"{PROCEDURE_WORD} ") else words


def search(
    procedures: Sequence[P], q: str = "", field: str = "", limit: int = 20, cursor: str | None = None
) -> tuple[list[P], str | None]:
    """Those procedures in which every word of `q` occurs (and of that field), best first, and the next page's cursor.

    Best is: the code itself, then names that begin so, then all words at a word's beginning, then anywhere; within
    that the order of the lines as given, those explained in plain words, the shorter name, and the code. Where no word
    begins so, what comes nearest to what was typed is found, too (`rules_likeness`). A cursor holds the place, not the
    row, so that it stays good when the catalogue changes between two pages. Raises ValueError for a cursor that is not
    ours.
    """
    words = _without_lead(folded_words(q))
    wanted_field = fold(field)
    lines = list(dict.fromkeys(procedure.line for procedure in procedures))
    wanted = [each for each in procedures if not wanted_field or fold(each.field_vi) == wanted_field]
    ranks = [_rank(procedure, words) for procedure in wanted]
    if words and all(rank in (None, INSIDE) for rank in ranks):
        near = nearest([procedure.folded for procedure in wanted], words)
        ranks = [INSIDE + errors if errors is not None else rank for rank, errors in zip(ranks, near, strict=True)]
    ranked: list[tuple[Place, P]] = []
    for procedure, rank in zip(wanted, ranks, strict=True):
        if rank is not None:
            unexplained, length = int(not procedure.short_info_vi), len(procedure.name_vi) if words else 0
            ranked.append(((rank, lines.index(procedure.line), unexplained, length, procedure.code), procedure))
    ranked.sort(key=lambda item: item[0])
    if cursor is not None:
        after = _place(cursor)
        ranked = [item for item in ranked if item[0] > after]
    page = ranked[:limit]
    more = "~".join(str(part) for part in page[-1][0]) if page and len(ranked) > limit else None
    return [procedure for _, procedure in page], more


def _rank(procedure: Searchable, words: str) -> int | None:
    if not words:
        return 0
    code = procedure.code.lower()
    if words == code or words.startswith(f"{code}."):
        return 0
    text = procedure.folded
    # Ký and kí, lý and lí are one word each, and people write both.
    spaced, alike = f" {text} ", f" {text} ".replace("y", "i")
    if any(word not in text and f" {word.replace('y', 'i')} " not in alike for word in words.split()):
        return None
    if alike.startswith(f" {words} ".replace("y", "i")) or text.startswith(words):
        return 1
    begin = all(f" {word}" in spaced or f" {word.replace('y', 'i')} " in alike for word in words.split())
    return 2 if begin else INSIDE


def _place(cursor: str) -> Place:
    *numbers, code = cursor.split("~", 4)
    if len(numbers) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in numbers):
        raise ValueError("not a cursor of ours")
    rank, line, unexplained, length = map(int, numbers)
    return rank, line, unexplained, length, code
