"""What a forecast looks at: the hall as it stands, what is believed about service times, and who is still to come."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from server.queue.rules import Hall

__all__ = ["Booked", "Habits", "LineTimes", "Newcomers", "Outlook"]


class LineTimes(Struct, frozen=True):
    """What is believed of a line: minutes that a ticket takes a desk, call to finish; standard deviation over mean."""

    mean_minutes: float
    cv: float


class Booked(Struct, frozen=True):
    """An appointment of today whose holder has not checked in yet. `rate` is in hundredths."""

    start: datetime
    line: str
    officer: str | None = None
    rate: int = 100


class Newcomers(Struct, frozen=True):
    """People of a higher class expected to come to a line, per hour. Rate 100 need not be listed: nobody is passed."""

    line: str
    rate: int
    per_hour: float


class Habits(Struct, frozen=True):
    """What people do, as shares and minutes; an office's own journal may replace these starting values."""

    gone: float = 0.03
    """Share of the waiting who are not there when called; the desk loses `gone_minutes` over it."""
    gone_minutes: float = 2.0
    leave_per_hour: float = 0.1
    """Besides, of those who wait, this many per hour and person give up and go without a word."""
    returns: float = 0.3
    """Share of the missed who come back, after `returns_minutes` on average."""
    returns_minutes: float = 10.0
    booked_absent: float = 0.1
    home_absent: float = 0.2
    """Share of those with a number from home who never come."""
    home_minutes: float = 30.0
    """The longest way to the hall: whoever still comes could be there within so many minutes from now."""
    parked_minutes: float = 10.0
    """Mean minutes until a parked person without a time of return is back."""
    pause_minutes: float = 15.0
    """How long a pause lasts whose end is not known."""


class Outlook(Struct, frozen=True, kw_only=True):
    """What is known when a forecast is made.

    `availability` holds, per counter, the intervals in which its officer calls (breaks and shift ends cut out); a
    counter without an entry calls until closing. `doubt` is the standard deviation, as a share, of the common pace that
    the learned times may be off by. `closes_at` None means an office that does not close within a day.
    """

    hall: Hall
    times: Mapping[str, LineTimes]
    now: datetime
    closes_at: datetime | None
    officer_times: Mapping[tuple[str, str], LineTimes] = {}
    availability: Mapping[int, Sequence[tuple[datetime, datetime]]] = {}
    booked: Sequence[Booked] = ()
    newcomers: Sequence[Newcomers] = ()
    habits: Habits = Habits()
    head_start: timedelta = timedelta(minutes=20)
    grace: timedelta = timedelta(minutes=15)
    doubt: float = 0.12
