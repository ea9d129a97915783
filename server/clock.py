"""The one place that reads the clock, and the office's own day.

Instants are aware, in UTC and cut to whole milliseconds, so that what a rule compares is exactly what was stored.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["day_of", "local", "milliseconds", "now", "start_of", "whole_milliseconds"]


def now() -> datetime:
    """The present instant: aware, UTC, whole milliseconds."""
    return whole_milliseconds(datetime.now(UTC))


def whole_milliseconds(instant: datetime) -> datetime:
    """An aware instant in UTC, cut to whole milliseconds."""
    return instant.astimezone(UTC).replace(microsecond=instant.microsecond // 1000 * 1000)


def local(instant: datetime, time_zone: str) -> datetime:
    """The same instant on the office's wall clock."""
    return instant.astimezone(ZoneInfo(time_zone))


def day_of(instant: datetime, time_zone: str) -> date:
    """The office's business day at this instant: its local date."""
    return local(instant, time_zone).date()


def milliseconds(span: timedelta) -> int:
    """A span as integer milliseconds: rules never compare floats."""
    return span // timedelta(milliseconds=1)


def start_of(day: date, time_zone: str) -> datetime:
    """The instant at which a day begins at the office."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
