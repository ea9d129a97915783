"""Pure decisions of the kiosk: may a number be given, which one, and how long to wait before asking again.

No I/O and no clock in here: instants come in as `now`, aware and in UTC.
"""

from datetime import datetime, timedelta

from msgspec import structs

from server.clock import day_of
from server.wire import KioskConfig, LineView, NumberRange, Wait, encode

__all__ = [
    "LEFTOVER_AFTER",
    "backoff",
    "closing",
    "is_answer",
    "lasting",
    "line_open",
    "may_be_late",
    "next_number",
    "office_open",
    "range_of",
]

DOORS_OPEN_BEFORE = timedelta(hours=1)
WHOLE_DAY = timedelta(hours=23)  # on the day the clocks go forward
LEFTOVER_AFTER = timedelta(seconds=60)
"""An attempt this old is nobody's any more: the screen stops repeating a touch well before."""


def is_answer(status: int, problem: str | None) -> bool:
    """Whether an HTTP answer is the server's own word on a command.

    `problem` is the answer's RFC 9457 type. Without our own type a refusal comes from something in between (a proxy,
    a captive portal); 5xx means that the server cannot say. Both count as no answer, and the touch goes offline.
    """
    if 200 <= status < 300:
        return True
    return 400 <= status < 500 and problem is not None and problem.startswith("urn:motcua:")


def next_number(highest: int | None, numbers: NumberRange) -> int | None:
    """The next offline number of a line's range, given the highest one used today; None when they are used up."""
    if highest is None:
        return numbers.first
    return highest + 1 if highest < numbers.last else None


def range_of(config: KioskConfig, line: str) -> NumberRange | None:
    """This kiosk's own range on that line, if it has one."""
    return next((numbers for numbers in config.ranges if numbers.line == line), None)


def lasting(config: KioskConfig) -> bytes:
    """What of a config an outage depends on, in a form to compare: all but the waits of the moment."""
    lines = [structs.replace(line, waiting=0, wait=None) for line in config.lines]
    return encode(structs.replace(config, lines=lines))


def office_open(config: KioskConfig, now: datetime) -> bool:
    """Whether numbers are given at this hour, by the hours the server last told.

    As on the server: from an hour before the doors open until they close for the day; a break is not closing.
    Past the last day known nothing speaks against it: somebody is standing before the screen, so the hall is open.
    """
    windows = [window for window in (config.office.opening_now, config.office.opening_next) if window is not None]
    if not windows:
        return False
    zone = config.time_zone
    instant = timedelta(milliseconds=1)  # hours until 24:00 belong to the day they end
    day = day_of(now, zone)
    if day > max(day_of(window.closes - instant, zone) for window in windows):
        return True
    today = [window for window in windows if day_of(window.opens, zone) <= day <= day_of(window.closes - instant, zone)]
    if today:
        opens, closes = min(window.opens for window in today), max(window.closes for window in today)
        return opens - DOORS_OPEN_BEFORE <= now < closes
    return any(window.opens - DOORS_OPEN_BEFORE <= now < window.opens for window in windows)


def line_open(config: KioskConfig, line: LineView, told: datetime, now: datetime) -> bool:
    """Whether a number of that line may be given offline, from a config that the server told us at `told`.

    A line that was closed only because the office was (a config read at night) opens with the office.
    """
    return office_open(config, now) and (line.open or not office_open(config, told))


def closing(config: KioskConfig) -> datetime | None:
    """When the doors close, if the office is open; None for one that is open at all hours (it has a whole day)."""
    window = config.office.opening_now
    if window is None or window.closes - window.opens >= WHOLE_DAY:
        return None
    return window.closes


def may_be_late(wait: Wait | None, closes: datetime | None, now: datetime) -> bool:
    """Whether somebody who takes a number now may not be served before the doors close."""
    return wait is not None and closes is not None and now + timedelta(minutes=wait.p90) > closes


def backoff(tries: int, chance: float) -> float:
    """Seconds to wait before try number `tries` (from 0): 0.5 doubling to 5, spread by `chance` in [0, 1)."""
    longest = min(5.0, 0.5 * 2.0 ** min(tries, 10))
    return longest * (0.5 + chance / 2)
