"""What an absence leaves of a shift, from when to when a shift is worked, and what changes make of a timetable."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from server.catalogue.rules import Closure, Hours, Shift, opening, shift_on
from server.catalogue.rules_absence import Absence, at_work, away
from server.catalogue.rules_timetable import KeptClosure, KeptHours, KeptShift, Timetable, applied
from server.errors import Refusal
from server.wire import (
    AwayChange,
    BackChange,
    DayChange,
    HoursChange,
    OpenSpan,
    ShiftChange,
    ShiftEnd,
    UsualDay,
)

HANOI = "Asia/Ho_Chi_Minh"
MONDAY = date(2026, 11, 30)


def shift(starts: int = 480, ends: int = 1020, **more: object) -> Shift:
    plain = Shift(
        office="nho", username="an", counter=1, weekdays="1-5", starts=starts, ends=ends, every_weeks=1,
        first_week=None, lines=(),
    )  # fmt: skip
    return structs.replace(plain, **more)


def absence(day: date, until: date | None = None, starts: int | None = None, ends: int | None = None) -> Absence:
    return Absence(office="nho", username="an", date=day, until=until, starts=starts, ends=ends, reason="other")


def hours(spans: list[tuple[datetime, datetime]]) -> list[str]:
    """As a clock in Hà Nội shows them."""
    zone = ZoneInfo(HANOI)
    return [f"{begins.astimezone(zone):%H:%M}-{ends.astimezone(zone):%H:%M}" for begins, ends in spans]


def on(day: date, *absences: Absence, **more: object) -> list[str]:
    return hours(at_work(shift(**more), absences, day, HANOI))


def test_an_absence_takes_its_hours_out_of_a_shift() -> None:
    """All day, a morning, something in between; on its days only, and only that officer's."""
    assert on(MONDAY) == ["08:00-17:00"]
    assert on(MONDAY, absence(MONDAY)) == []
    assert on(MONDAY, absence(MONDAY, None, 0, 720)) == ["12:00-17:00"]
    assert on(MONDAY, absence(MONDAY, None, 600, 660)) == ["08:00-10:00", "11:00-17:00"]
    both = absence(MONDAY, None, 600, 660), absence(MONDAY, None, 630, 700)
    assert on(MONDAY, *both) == ["08:00-10:00", "11:40-17:00"]
    assert on(MONDAY, absence(MONDAY + timedelta(days=1))) == ["08:00-17:00"]
    days = [on(MONDAY + timedelta(days=ahead), absence(MONDAY, MONDAY + timedelta(days=2))) for ahead in range(5)]
    assert days == [[], [], [], ["08:00-17:00"], ["08:00-17:00"]]
    assert on(MONDAY, structs.replace(absence(MONDAY), username="binh")) == ["08:00-17:00"]


SPANS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[0] < span[1])


@given(st.lists(SPANS, max_size=4))
def test_nobody_works_while_away_and_everybody_otherwise(spans: list[tuple[int, int]]) -> None:
    """Every minute of the shift is either worked or away, never both, for any absences."""
    absences = [absence(MONDAY, None, starts, ends) for starts, ends in spans]
    work = at_work(shift(), absences, MONDAY, HANOI)
    gone = away(absences, "an", MONDAY, HANOI)
    ((begins, ends),) = at_work(shift(), [], MONDAY, HANOI)
    minute = begins
    while minute < ends:
        worked = any(first <= minute < last for first, last in work)
        absent = any(first <= minute < last for first, last in gone)
        assert worked != absent
        minute += timedelta(minutes=1)
    assert all(begins <= first < last <= ends for first, last in work)
    assert work == sorted(work)


def test_a_shift_is_worked_between_its_days() -> None:
    """Both days are included; whatever its weekdays say, not before and not after."""
    some = shift(valid_from=MONDAY, valid_until=MONDAY + timedelta(days=2))
    assert [ahead for ahead in range(-7, 14) if shift_on(some, MONDAY + timedelta(days=ahead))] == [0, 1, 2]


# --- changes ---------------------------------------------------------------------------------------------------

TABLE = Timetable(
    hours=(KeptHours("nho", "1-5", 480, 720, None, None, id=1), KeptHours("nho", "1-5", 810, 1020, None, None, id=2)),
    closures=(KeptClosure("*", MONDAY + timedelta(days=3), None, None, None, "Nghỉ lễ", "", id=3),),
    shifts=(
        KeptShift("nho", "an", 1, "1-5", 480, 720, 1, None, (), None, None, id=4),
        KeptShift("nho", "binh", 2, "1-5", 480, 720, 1, None, (), MONDAY + timedelta(days=7), None, id=5),
    ),
    absences=(),
)


def opened(table: Timetable, day: date) -> list[str]:
    usual: list[Hours] = list(table.hours)
    closures: list[Closure] = list(table.closures)
    return hours(opening(usual, closures, day, HANOI))


def test_what_was_stays_as_it_was() -> None:
    """New weekly hours hold from their day on; the days before it are opened as ever."""
    week: list[list[OpenSpan]] = [[OpenSpan(opens="07:30", closes="11:00")], *([] for _ in range(6))]
    change = HoursChange(week=week, valid_from=MONDAY + timedelta(days=7))
    after = applied(TABLE, change, "nho", MONDAY)
    for ahead in range(-7, 7):
        day = MONDAY + timedelta(days=ahead)
        assert opened(after, day) == opened(TABLE, day)
    assert opened(after, MONDAY + timedelta(days=7)) == ["07:30-11:00"]
    assert opened(after, MONDAY + timedelta(days=8)) == []
    # Said again it replaces itself, and no row is left that is never in force.
    again = applied(after, change, "nho", MONDAY)
    assert [structs.replace(row, id=0) for row in again.hours] == [structs.replace(row, id=0) for row in after.hours]


def test_a_day_of_its_own_and_back() -> None:
    """A holiday that is worked after all, and then not: the row for all offices is left alone."""
    day = MONDAY + timedelta(days=3)
    worked = applied(TABLE, DayChange(date=day, open=[OpenSpan(opens="08:00", closes="10:00")]), "nho", MONDAY)
    assert opened(worked, day) == ["08:00-10:00"]
    assert applied(worked, UsualDay(date=day), "nho", MONDAY) == TABLE
    with pytest.raises(Refusal, match="not-in-timetable"):
        applied(TABLE, UsualDay(date=day), "nho", MONDAY)


def test_a_shift_ends_the_day_before() -> None:
    """One that has begun is kept until then; one that would begin later is gone."""
    early = applied(TABLE, ShiftEnd(id=4, valid_from=MONDAY + timedelta(days=2)), "nho", MONDAY)
    assert [row.valid_until for row in early.shifts] == [MONDAY + timedelta(days=1), None]
    late = applied(TABLE, ShiftEnd(id=5, valid_from=MONDAY + timedelta(days=7)), "nho", MONDAY)
    assert [row.id for row in late.shifts] == [4]


def test_a_changed_shift_may_not_meet_another_of_that_officer() -> None:
    """Shifts of alternating weeks never meet; in the same week they do, also far ahead."""
    change = ShiftChange(
        officer="an", counter=2, weekdays=[1], starts="11:00", ends="13:00", every_weeks=2, first_week=MONDAY,
        valid_from=MONDAY,
    )  # fmt: skip
    with pytest.raises(Refusal, match="shift-overlap"):
        applied(TABLE, change, "nho", MONDAY)
    ended = applied(TABLE, ShiftEnd(id=4), "nho", MONDAY)
    once = applied(ended, change, "nho", MONDAY)
    other = structs.replace(change, first_week=MONDAY + timedelta(days=7))
    assert len(applied(once, other, "nho", MONDAY).shifts) == len(once.shifts) + 1
    with pytest.raises(Refusal, match="shift-overlap"):
        applied(once, structs.replace(change, first_week=MONDAY + timedelta(days=14)), "nho", MONDAY)


def test_an_absence_that_has_begun_ends_yesterday() -> None:
    """Whoever comes back early is there today; the days that were missed stay missed."""
    table = applied(TABLE, AwayChange(officer="an", date=MONDAY, until=MONDAY + timedelta(days=4)), "nho", MONDAY)
    (row,) = table.absences
    kept = structs.replace(table, absences=(structs.replace(row, id=9),))
    wednesday = MONDAY + timedelta(days=2)
    (left,) = applied(kept, BackChange(id=9), "nho", wednesday).absences
    assert (left.date, left.until) == (MONDAY, MONDAY + timedelta(days=1))
    assert applied(kept, BackChange(id=9), "nho", MONDAY).absences == ()
