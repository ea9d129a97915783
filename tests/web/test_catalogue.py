"""The catalogue of sentences: complete, in both languages, and nothing is said that does not stand in it."""

import csv
import re
import unicodedata
from pathlib import Path
from string import Formatter

import pytest

from server.phrases import sentences

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "server" / "web" / "locale").glob("*.csv"))
SPEAKERS = [
    path
    for folder in ("server", "kiosk", "display")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".js", ".html"}
]
# say("key"…) with the whole key written out; keys put together at run time end in a dot or a template's hole
SAID = re.compile(r"""\bsay\(\s*(["'`])([a-z][\w.-]*[\w])\1""")


def placeholders(sentence: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_is_whole(path: Path) -> None:
    """Each row is NFC, speaks both languages, and asks for the same values in both."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        assert list(row) == ["key", "vi", "en"], row
        for text in row.values():
            assert text, row
            assert text == unicodedata.normalize("NFC", text), row
            assert text == text.strip(), row
        assert placeholders(row["vi"]) == placeholders(row["en"]), row["key"]


def test_singular_belongs_to_a_sentence() -> None:
    """A key ending in `.one` is the singular of a sentence that exists."""
    keys = sentences("en").keys()
    assert not {key for key in keys if key.endswith(".one") and key.removesuffix(".one") not in keys}


def test_nothing_is_said_that_does_not_stand_in_it() -> None:
    """Every key that a module or template writes out exists."""
    said = {(match[2], path.name) for path in SPEAKERS for match in SAID.finditer(path.read_text(encoding="utf-8"))}
    assert len(said) > 5
    assert not {(key, name) for key, name in said if key not in sentences("vi")}
