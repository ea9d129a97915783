"""Numbers taken at home: who may have one, and between which times his turn is expected. Pure."""

from datetime import UTC, datetime, timedelta

from server.queue.rules_verbs import Refused

__all__ = ["HOUR", "expected_turn", "may_have_one"]

HOUR = timedelta(hours=1)
STEP = timedelta(minutes=5)


def may_have_one(per_hour: int, lately: int, *, holds_one: bool, late: bool) -> Refused | None:
    """Whether somebody at home may take a number of a line.

    `per_hour` is what the office gives, `lately` what this line gave within the last hour. Nobody is sent for a number
    that would most likely not be called today, whatever the office does with people who are there already.
    """
    if per_hour == 0:
        return Refused("no-home-numbers")
    if holds_one:
        return Refused("home-number-held")
    if late:
        return Refused("late-today")
    if lately >= per_hour:
        return Refused("home-numbers-full")
    return None


def expected_turn(now: datetime, p50: int, p90: int) -> tuple[datetime, datetime]:
    """The times of day that a range of minutes from now means, in steps of five minutes: rather early than late."""
    zero = datetime(2000, 1, 1, tzinfo=UTC)
    first, last = now + timedelta(minutes=p50), now + timedelta(minutes=p90)
    begins = first - (first - zero) % STEP
    return begins, max(begins + STEP, last + -(last - zero) % STEP)
