"""What the server writes for times, dates, money and phones; the browser writes the same: js/format.test.mjs."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from server.clock import local
from server.phrases import Language
from server.web import formats

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "format.json").read_text(encoding="utf-8"))


def at(text: str) -> datetime:
    """The instant of an RFC 3339 text."""
    return datetime.fromisoformat(text)


SAID: dict[str, Callable[..., str]] = {
    "time": lambda language, instant, zone: formats.time_of_day(at(instant), zone),
    "shortDate": lambda language, instant, zone: formats.short_date(local(at(instant), zone)),
    "weekday": lambda language, instant, zone: formats.weekday(language, local(at(instant), zone)),
    "date": lambda language, instant, zone: formats.long_date(language, local(at(instant), zone)),
    "capital": lambda language, text: formats.capital(text),
    "minutes": formats.minutes,
    "money": lambda language, dong: formats.money(dong),
    "phone": lambda language, number: formats.phone(number),
}


@pytest.mark.parametrize(("name", "language", "values", "expected"), CASES)
def test_server_writes_as_the_browser_does(name: str, language: Language, values: list[Any], expected: str) -> None:
    """Each case of the shared vectors comes out the same in Python."""
    assert SAID[name](language, *values) == expected
