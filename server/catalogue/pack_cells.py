"""What a cell of a pack may hold: each parser makes the value that is stored, or raises what it expected."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from server.catalogue.rules import ANY_OFFICE, NOT_TAKEN, Expected, national_code, weekdays
from server.catalogue.rules_policy import time_of_day

__all__ = [
    "Parse",
    "Value",
    "clean",
    "code_of_line",
    "code_of_line_or_none",
    "code_of_office",
    "code_of_office_or_all",
    "day",
    "days_of_week",
    "digits",
    "many_lines",
    "many_texts",
    "number",
    "one_of",
    "procedure_code",
    "shown",
    "shown_time",
    "slug",
    "text",
    "time",
    "time_zone",
    "username",
    "whole",
]

Value = str | int | float | date | None
Parse = Callable[[str], Value]

# Controls, format signs (bidirectional overrides, zero-width), halves of pairs, private and unassigned code points,
# line and paragraph separators.
_NOT_TEXT = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def clean(raw: str) -> str:
    """A cell as we keep text: NFC, plain spaces, none around it. Raises Expected for signs that cannot be seen."""
    composed = unicodedata.normalize("NFC", raw)
    plain = "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in composed).strip(" ")
    if any(unicodedata.category(sign) in _NOT_TEXT for sign in plain):
        raise Expected("visible")
    return plain


def text(most: int) -> Parse:
    """Any text of so many characters at most."""

    def parse(cell: str) -> str:
        if len(cell) > most:
            raise Expected("text", most=most)
        return cell

    return parse


def many_texts(most: int) -> Parse:
    """A list of texts, stored one a line; `most` is for all of it."""

    def parse(cell: str) -> str:
        if len(cell) > most:
            raise Expected("text", most=most)
        return "\n".join(item for item in (part.strip() for part in cell.split(";")) if item)

    return parse


def slug(cell: str) -> str:
    """A code of ours: small letters, digits and single hyphens, at most 40."""
    if len(cell) > 40 or not _SLUG.fullmatch(cell):
        raise Expected("code")
    return cell


def code_of_office(cell: str) -> str:
    """An office's code."""
    return slug(cell)


def code_of_office_or_all(cell: str) -> str:
    """An office's code, or `*` for all of them."""
    if cell == ANY_OFFICE:
        return cell
    try:
        return slug(cell)
    except Expected:
        raise Expected("code-or-all") from None


def code_of_line(cell: str) -> str:
    """One or two capital letters."""
    if not re.fullmatch(r"[A-Z]{1,2}", cell):
        raise Expected("line")
    return cell


def code_of_line_or_none(cell: str) -> str:
    """A line's code, or a hyphen for a procedure that is not taken in here."""
    return cell if cell == NOT_TAKEN else code_of_line(cell)


def many_lines(cell: str) -> str:
    """Line codes, each once, stored one a line."""
    codes = [code_of_line(part.strip()) for part in cell.split(";") if part.strip()]
    if len(set(codes)) != len(codes):
        raise Expected("once")
    return "\n".join(codes)


def procedure_code(cell: str) -> str:
    """A procedure's code, cut to its national part."""
    if len(cell) > 40 or not re.fullmatch(r"[A-Za-z0-9]+([.-][A-Za-z0-9]+)*", cell):
        raise Expected("procedure-code")
    return national_code(cell)


def username(cell: str) -> str:
    """What an officer signs in with."""
    if len(cell) > 40 or not re.fullmatch(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*", cell):
        raise Expected("username")
    return cell


def digits(most: int) -> Parse:
    """A number that is a name: zeros in front stay."""

    def parse(cell: str) -> str:
        if len(cell) > most or not re.fullmatch(r"[0-9]+", cell):
            raise Expected("digits", most=most)
        return cell

    return parse


def whole(least: int, most: int) -> Parse:
    """A whole number without separators."""

    def parse(cell: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", cell) or not least <= int(cell) <= most:
            raise Expected("whole", least=least, most=most)
        return int(cell)

    return parse


def number(least: float, most: float) -> Parse:
    """A number with a decimal point and at most four decimals, so that it reads back as it was written."""

    def parse(cell: str) -> float:
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,4})?", cell) or not least <= float(cell) <= most:
            raise Expected("number", least=f"{least:g}", most=f"{most:g}")
        return float(cell)

    return parse


def one_of(*choices: str) -> Parse:
    """One of these words."""

    def parse(cell: str) -> str:
        if cell not in choices:
            raise Expected("one-of", choices=", ".join(choices))
        return cell

    return parse


def day(cell: str) -> date:
    """A date, YYYY-MM-DD."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise Expected("date")


def time(cell: str) -> int:
    """Minutes after midnight of HH:MM, 24:00 included."""
    return time_of_day(cell)


def days_of_week(cell: str) -> str:
    """Weekdays in their shortest form, so that the same days are always the same text."""
    days = sorted(weekdays(cell))
    runs: list[list[int]] = []
    for number_of_day in days:
        if runs and runs[-1][-1] == number_of_day - 1:
            runs[-1].append(number_of_day)
        else:
            runs.append([number_of_day])
    return ";".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def time_zone(cell: str) -> str:
    """A name of the time zone database."""
    if cell not in available_timezones():
        raise Expected("time-zone")
    return ZoneInfo(cell).key


def shown(value: Value) -> str:
    """A stored value as a cell."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, str):
        return value.replace("\n", "; ")
    return str(value)


def shown_time(value: Value) -> str:
    """Stored minutes as a time of day."""
    return f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) else ""
