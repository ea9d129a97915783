"""The catalogue of every sentence the product says, in Vietnamese and English.

CSV files of `key,vi,en` with `{placeholders}`; a key ending in `.one` is the singular of the key before it, used
when `n` is 1.
Imports nothing of the server, so that kiosk and display read the same catalogue.
"""

import csv
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

__all__ = ["LANGUAGES", "Language", "language_of", "say", "sentences"]

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
FOLDER = Path(__file__).parent / "web" / "locale"


@cache
def sentences(language: Language) -> Mapping[str, str]:
    """Every key with its sentence in that language.

    Raises ValueError where two files say the same key, or a row lacks one of the languages.
    """
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                key = row["key"]
                if key in found:
                    raise ValueError(f"{path.name}: {key} is already said elsewhere")
                if not row["vi"] or not row["en"]:
                    raise ValueError(f"{path.name}: {key} must speak both languages")
                found[key] = unicodedata.normalize("NFC", row[language])
    return found


def say(language: Language, key: str, /, **values: object) -> str:
    """The sentence for a key with its placeholders filled in. Raises KeyError for a key or a value that is missing."""
    catalogue = sentences(language)
    if values.get("n") == 1:
        key = f"{key}.one" if f"{key}.one" in catalogue else key
    return catalogue[key].format_map(values)


def language_of(accept: str | None) -> Language:
    """The language an `Accept-Language` header asks for first among those we speak; Vietnamese otherwise."""
    wanted: list[tuple[float, int, Language]] = []
    for place, part in enumerate((accept or "").split(",")):
        tag, _, quality = part.strip().partition(";")
        primary = tag.split("-")[0].lower()
        if primary not in ("vi", "en"):
            continue
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if weight > 0:
            wanted.append((-weight, place, "vi" if primary == "vi" else "en"))
    return min(wanted)[2] if wanted else "vi"
