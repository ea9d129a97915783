"""When an office is open, and who is due, as pure rules."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.catalogue.rules import Closure, Expected, Hours, Shift, open_now_and_next, opening, shift_on, weekdays

HANOI = "Asia/Ho_Chi_Minh"
MONDAY = date(2026, 11, 23)


def usual(days: str, opens: int, closes: int, begin: date | None = None, end: date | None = None) -> Hours:
    return Hours("bo-de", days, opens, closes, begin, end)


def exception(
    day: date, opens: int | None = None, closes: int | None = None, until: date | None = None, office: str = "*"
) -> Closure:
    return Closure(office, day, until, opens, closes, "Nghỉ", "Closed")


WORK = [usual("1-5", 480, 720), usual("1-5", 810, 1020)]
AROUND = [usual("1-7", 0, 1440)]


def at(day: date, minutes: int, zone: str = HANOI) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return (midnight + timedelta(minutes=minutes)).astimezone(UTC)


def spans(intervals: list[tuple[datetime, datetime]], zone: str = HANOI) -> list[str]:
    return [f"{a.astimezone(ZoneInfo(zone)):%H:%M}-{b.astimezone(ZoneInfo(zone)):%H:%M}" for a, b in intervals]


@pytest.mark.parametrize(
    ("text", "days"), [("1-5", {1, 2, 3, 4, 5}), ("6", {6}), ("1-2;7", {1, 2, 7}), (" 1 - 3 ; 3 ", {1, 2, 3})]
)
def test_weekdays_are_lists_of_days_and_ranges(text: str, days: set[int]) -> None:
    """ISO weekdays are read from single days and ranges, in any order, with spaces."""
    assert weekdays(text) == days


@pytest.mark.parametrize("text", ["", "0", "8", "5-1", "1-", "-5", "1,2", "1;;2", "thứ hai", "1-3-5", "1–5", "１"])
def test_anything_else_is_no_weekday(text: str) -> None:
    """What is not a list of weekdays is refused, not guessed."""
    with pytest.raises(Expected):
        weekdays(text)


def test_a_day_has_its_morning_and_afternoon() -> None:
    """A working day has both spans, a Sunday none."""
    assert spans(opening(WORK, [], MONDAY, HANOI)) == ["08:00-12:00", "13:30-17:00"]
    assert opening(WORK, [], MONDAY + timedelta(days=6), HANOI) == []


def test_hours_that_touch_or_overlap_are_one() -> None:
    """Overlapping and touching rows merge, whatever their order."""
    rows = [usual("1", 700, 900), usual("1-5", 480, 720), usual("1", 900, 960)]
    assert spans(opening(rows, [], MONDAY, HANOI)) == ["08:00-16:00"]


def test_hours_are_in_force_between_their_days() -> None:
    """Both days of validity are included, days outside are not."""
    rows = [usual("1-7", 480, 600, MONDAY, MONDAY + timedelta(days=1))]
    open_days = [ahead for ahead in range(-1, 4) if opening(rows, [], MONDAY + timedelta(days=ahead), HANOI)]
    assert open_days == [0, 1]


def test_a_holiday_closes_and_a_working_saturday_opens_with_its_break() -> None:
    """A closure without times shuts the day; rows with times are the only hours of theirs."""
    saturday = MONDAY + timedelta(days=5)
    worked = [exception(saturday, 480, 720), exception(saturday, 810, 1020)]
    assert opening(WORK, [exception(MONDAY)], MONDAY, HANOI) == []
    assert spans(opening(WORK, worked, saturday, HANOI)) == ["08:00-12:00", "13:30-17:00"]


def test_an_offices_own_closure_goes_before_one_for_all() -> None:
    """A duty office stays open on a national holiday where its own row says so, and the other way round."""
    duty = [exception(MONDAY), exception(MONDAY - timedelta(days=9), 0, 1440, date(2099, 1, 1), office="bo-de")]
    assert spans(opening(WORK, duty, MONDAY, HANOI)) == ["00:00-00:00"]
    shut = [exception(MONDAY, 480, 600), exception(MONDAY, office="bo-de")]
    assert opening(WORK, shut, MONDAY, HANOI) == []


def test_the_exception_that_begins_latest_goes_before_a_longer_one() -> None:
    """One morning open inside a holiday week is a row of its own."""
    week = [exception(MONDAY, until=MONDAY + timedelta(days=6)), exception(MONDAY + timedelta(days=2), 480, 720)]
    assert opening(WORK, week, MONDAY + timedelta(days=1), HANOI) == []
    assert spans(opening(WORK, week, MONDAY + timedelta(days=2), HANOI)) == ["08:00-12:00"]
    assert opening(WORK, week, MONDAY + timedelta(days=3), HANOI) == []
    assert opening(WORK, week, MONDAY + timedelta(days=7), HANOI)


def test_now_and_next_over_break_night_weekend_and_holiday() -> None:
    """From inside, between and outside the hours, the present and the next ones are told."""
    tuesday_off = [exception(MONDAY + timedelta(days=1))]

    def seen(day: date, minutes: int) -> tuple[list[str], str]:
        current, following = open_now_and_next(WORK, tuesday_off, at(day, minutes), HANOI)
        assert following is not None
        return spans([current] if current else []), f"{following[0].astimezone(ZoneInfo(HANOI)):%d %H:%M}"

    assert seen(MONDAY, 480) == (["08:00-12:00"], "23 13:30")
    assert seen(MONDAY, 720) == ([], "23 13:30")
    assert seen(MONDAY, 1019) == (["13:30-17:00"], "25 08:00")
    assert seen(MONDAY + timedelta(days=5), 600) == ([], "30 08:00")


def test_hours_that_run_on_past_midnight_are_one() -> None:
    """An evening up to 24:00 and the night from 00:00 are one interval, seen from either side."""
    night = [usual("1", 1200, 1440), usual("2", 0, 360)]
    for minutes in (1300, 1440 + 100):
        current, following = open_now_and_next(night, [], at(MONDAY, minutes), HANOI)
        assert current == (at(MONDAY, 1200), at(MONDAY, 1440 + 360))
        assert following == (at(MONDAY, 7 * 1440 + 1200), at(MONDAY, 8 * 1440 + 360))


@pytest.mark.parametrize("zone", [HANOI, "Europe/Berlin", "America/Havana", "Pacific/Chatham"])
def test_an_office_that_never_closes_is_open_today_and_has_no_next(zone: str) -> None:
    """Round the clock, now is the whole local day, on days of 23 and 25 hours, too."""
    for day in (MONDAY, date(2026, 3, 29), date(2026, 3, 8), date(2026, 11, 1), date(2026, 10, 25)):
        now = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        current, following = open_now_and_next(AROUND, [], now, zone)
        assert [current] == opening(AROUND, [], day, zone)
        assert following is None


def test_an_office_without_hours_is_closed_and_has_no_next() -> None:
    """No hours, or none within a fortnight: nothing is made up."""
    far = [usual("1-7", 480, 600, MONDAY + timedelta(days=30))]
    assert open_now_and_next([], [], at(MONDAY, 600), HANOI) == (None, None)
    assert open_now_and_next(far, [], at(MONDAY, 600), HANOI) == (None, None)


def test_a_time_that_the_clock_skips_is_the_instant_of_skipping() -> None:
    """On the day summer time begins, 02:30 is 03:00, and an hour that does not exist is not open."""
    day = date(2026, 3, 29)
    switch = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert opening([usual("7", 150, 300)], [], day, "Europe/Berlin") == [(switch, switch + timedelta(hours=2))]
    assert opening([usual("7", 120, 180)], [], day, "Europe/Berlin") == []


def test_a_time_that_comes_twice_opens_the_first_and_closes_the_second_time() -> None:
    """On the day summer time ends, 02:30 to 02:45 lasts an hour and a quarter: nobody finds the door shut."""
    day = date(2026, 10, 25)
    begin = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert opening([usual("7", 150, 165)], [], day, "Europe/Berlin") == [(begin, begin + timedelta(minutes=75))]


ZONES = st.sampled_from([HANOI, "Europe/Berlin", "America/Havana", "America/Sao_Paulo", "Pacific/Apia", "Asia/Beirut"])
DAYS = st.dates(date(1990, 1, 1), date(2037, 12, 31))


@given(DAYS, ZONES, st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=4))
def test_intervals_are_in_order_apart_and_inside_their_day(day: date, zone: str, times: list[tuple[int, int]]) -> None:
    """Whatever the hours and the zone, a day's intervals are sorted, apart, and within that local day alone."""
    rows = [usual("1-7", min(pair), max(pair)) for pair in times if pair[0] != pair[1]]
    found = opening(rows, [], day, zone)
    around = opening(AROUND, [], day, zone)
    assert all(a < b for a, b in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    assert all(around[0][0] <= a and b <= around[0][1] for a, b in found)


@given(DAYS, ZONES)
def test_days_follow_each_other_without_gap_or_overlap(day: date, zone: str) -> None:
    """Where one day of an office that never closes ends, the next begins (and a day the zone left out has none)."""
    ends = [interval for ahead in (0, 1) for interval in opening(AROUND, [], day + timedelta(days=ahead), zone)]
    assert all(one[1] == other[0] for one, other in pairwise(ends))


@given(DAYS, ZONES, st.integers(0, 1439), st.integers(0, 1439), st.integers(1, 1439))
def test_now_and_next_agree_with_the_days(day: date, zone: str, minutes: int, opens: int, closes: int) -> None:
    """Open now means that one of the day's intervals holds the instant; next is the first opening after it."""
    rows = [usual("1-3;6", min(opens, closes), max(opens, closes))] if opens != closes else []
    now = at(day, minutes, zone)
    today = now.astimezone(ZoneInfo(zone)).date()
    every = [found for ahead in range(-1, 15) for found in opening(rows, [], today + timedelta(days=ahead), zone)]
    current, following = open_now_and_next(rows, [], now, zone)
    assert (current is not None) == any(a <= now < b for a, b in every)
    later = [a for a, _ in every if a > now and (current is None or a > current[1])]
    assert (following[0] if following else None) == min(later, default=None)


SHIFT = Shift("bo-de", "lan", 1, "1;3", 480, 720, 2, MONDAY + timedelta(days=2), ())


def test_a_shift_comes_on_its_weekdays_every_so_many_weeks() -> None:
    """Every second week from its first week on, on its weekdays, and never before."""
    worked = [ahead for ahead in range(-14, 30) if shift_on(SHIFT, MONDAY + timedelta(days=ahead))]
    assert worked == [0, 2, 14, 16, 28]


def test_a_shift_without_a_first_week_comes_every_week() -> None:
    """A plain weekly shift has no beginning."""
    weekly = replace(SHIFT, every_weeks=1, first_week=None)
    assert [ahead for ahead in range(7) if shift_on(weekly, date(2020, 1, 6) + timedelta(days=ahead))] == [0, 2]
