"""The kiosk's pure decisions, on days and numbers that are made up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules import backoff, closing, is_answer, line_open, may_be_late, next_number, office_open
from server import wire
from tests.kiosk.stand_ins import config, line

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 08:00 in Hà Nội


def hours(opens: datetime, until: timedelta) -> wire.OpenHours:
    """From there on for so long."""
    return wire.OpenHours(opens=opens, closes=opens + until)


def ward(now: wire.OpenHours | None, following: wire.OpenHours | None) -> wire.KioskConfig:
    """A kiosk that was told these hours."""
    told = config()
    told.office.opening_now, told.office.opening_next = now, following
    return told


MORNING = hours(MONDAY, timedelta(hours=3, minutes=30))
AFTERNOON = hours(MONDAY + timedelta(hours=5, minutes=30), timedelta(hours=3, minutes=30))
TOMORROW = hours(MONDAY + timedelta(days=1), timedelta(hours=3, minutes=30))


@given(first=st.integers(1, 900), size=st.integers(1, 99))
def test_a_range_is_given_out_once_each_from_its_start(first: int, size: int) -> None:
    """Following next_number from nothing gives every number of the range once, in order, and then None."""
    numbers = wire.NumberRange(line="A", first=first, last=first + size - 1)
    given_out: list[int] = []
    highest = None
    while (number := next_number(highest, numbers)) is not None:
        given_out.append(number)
        highest = number
    assert given_out == list(range(first, first + size))


@pytest.mark.parametrize(
    ("status", "problem", "is_one"),
    [
        (201, None, True),
        (409, "urn:motcua:line-closed", True),
        (404, None, False),
        (404, "about:blank", False),
        (302, None, False),
        (503, "urn:motcua:database-unavailable", False),
        (500, None, False),
    ],
)
def test_only_the_servers_own_words_count_as_an_answer(status: int, problem: str | None, is_one: bool) -> None:
    """A captive portal's page, a proxy's error and a server that cannot say all leave the touch to the kiosk."""
    assert is_answer(status, problem) is is_one


@pytest.mark.parametrize(
    ("hour", "minute", "is_open"),
    [(6, 59, False), (7, 0, True), (8, 0, True), (11, 45, True), (13, 30, True), (16, 59, True), (17, 0, False)],
)
def test_a_break_is_not_closing_and_the_early_get_a_number(hour: int, minute: int, is_open: bool) -> None:
    """As on the server: numbers from an hour before the doors open until they close for the day."""
    at = MONDAY + timedelta(hours=hour - 8, minutes=minute)
    assert office_open(ward(MORNING, AFTERNOON), at) is is_open


def test_an_outage_overnight_opens_with_the_office() -> None:
    """Lines that were closed only because it was night are open in the morning, though the server never said so."""
    told = MONDAY - timedelta(hours=6)
    night = ward(None, MORNING)
    closed = line("A", "Chứng thực", "Certification", open=False)
    assert not line_open(night, closed, told, told)
    assert line_open(night, closed, told, MONDAY + timedelta(minutes=5))


def test_a_line_closed_by_hand_stays_closed_offline() -> None:
    """A line that was closed while the office was open has nobody to serve it."""
    closed = line("A", "Chứng thực", "Certification", open=False)
    assert not line_open(ward(MORNING, AFTERNOON), closed, MONDAY, MONDAY + timedelta(hours=1))


def test_past_the_last_day_known_the_hall_decides() -> None:
    """On the third day of an outage nothing is known any more; whoever stands there gets a number."""
    assert office_open(ward(AFTERNOON, TOMORROW), TOMORROW.closes + timedelta(days=1))
    assert not office_open(ward(AFTERNOON, TOMORROW), AFTERNOON.closes + timedelta(hours=4))


def test_an_office_that_never_closes_is_never_late_and_open_past_midnight() -> None:
    """The server tells a round-the-clock office as one whole day without a next one: its midnight is no closing."""
    midnight = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    always = ward(hours(midnight, timedelta(days=1)), None)
    assert closing(always) is None
    assert closing(ward(MORNING, AFTERNOON)) == MORNING.closes
    assert office_open(always, midnight + timedelta(hours=30))


def test_a_kiosk_that_knows_no_hours_gives_no_numbers() -> None:
    """An office without opening hours is not open by default."""
    assert not office_open(ward(None, None), MONDAY)


@given(p90=st.integers(0, 300), left=st.integers(0, 300))
def test_the_late_warning_comes_exactly_when_nine_in_ten_would_not_make_it(p90: int, left: int) -> None:
    """The warning compares the pessimistic end of the range with the closing time, to the minute."""
    late = may_be_late(wire.Wait(p50=0, p90=p90), MONDAY + timedelta(minutes=left), MONDAY)
    assert late is (p90 > left)
    assert not may_be_late(None, MONDAY, MONDAY)


@given(tries=st.integers(0, 100_000), chance=st.floats(0, 1, exclude_max=True))
def test_reconnections_are_spread_and_bounded(tries: int, chance: float) -> None:
    """However long an outage lasts, the next try is never more than 5 s away, and never at once."""
    assert 0.25 <= backoff(tries, chance) <= 5
