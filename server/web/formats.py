"""Times, dates, money and phones as people here write them; for pages made on the server.

`static/js/format.js` says the same in the browser, and tests/vectors/format.json holds both to one another.
"""

import re
from datetime import date, datetime

from server.clock import local
from server.phrases import Language, say

__all__ = ["capital", "long_date", "minutes", "money", "phone", "short_date", "time_of_day", "weekday"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def time_of_day(instant: datetime, time_zone: str) -> str:
    """`08:15` on the office's wall clock."""
    return f"{local(instant, time_zone):%H:%M}"


def short_date(day: date) -> str:
    """`23/11/2026`. Give a datetime in local time, or the office's day."""
    return f"{day:%d/%m/}{day.year:04}"


def weekday(language: Language, day: date) -> str:
    """`thứ Hai`, `Monday`."""
    return say(language, f"base.weekday.{WEEKDAYS[day.weekday()]}")


def long_date(language: Language, day: date) -> str:
    """`thứ Hai, 23/11/2026`."""
    return f"{weekday(language, day)}, {short_date(day)}"


def capital(text: str) -> str:
    """The first letter large: a date at the start of a sentence."""
    return text[:1].upper() + text[1:]


def minutes(language: Language, low: int, high: int | None = None) -> str:
    """`15–25 phút`; one figure where both ends are the same."""
    if high is None or high == low:
        return say(language, "base.minutes", n=low)
    return say(language, "base.minutes_range", low=low, high=high)


def money(dong: int) -> str:
    """`10.000 đ` for whole đồng, with a space that does not break."""
    return f"{dong:,}".replace(",", ".") + "\N{NO-BREAK SPACE}đ"


def phone(number: str) -> str:
    """`0912 345 678`, `024 3827 1234`; what is no Vietnamese number stays as it came."""
    digits = re.sub(r"^\+84", "0", re.sub(r"[\s.-]", "", number))
    if re.fullmatch(r"02[0-9]{9}", digits):
        return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    if re.fullmatch(r"0[0-9]{9}", digits):
        return f"{digits[:4]} {digits[4:7]} {digits[7:]}"
    return number
