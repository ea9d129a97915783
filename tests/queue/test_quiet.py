"""The quietest hours: never in the past, at lunch or where nobody can help, and never claimed on a few days' word."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from server.booking.rules import Duty, Interval
from server.queue.rules_quiet import HALF_HOUR, LEAST_DAYS, Came, Habit, Half, habit_of, halves, quiet

ZONE = "Asia/Ho_Chi_Minh"
MONDAY = date(2026, 11, 23)
MINUTES = {"A": 5.0, "H": 20.0}
NOTHING: frozenset[str] = frozenset()


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A local time of day."""
    return datetime(day.year, day.month, day.day, hour - 7, minute, tzinfo=UTC)


def opening(day: date) -> list[Interval]:
    """Morning and afternoon."""
    return [(at(day, 8), at(day, 12)), (at(day, 13, 30), at(day, 17))]


def on_duty(day: date, officers: int = 2, lines: frozenset[str] = frozenset({"A", "H"})) -> list[Duty]:
    """That many all day long."""
    return [Duty(f"o{n}", lines, begins, ends) for n in range(officers) for begins, ends in opening(day)]


def weeks_of(rush: int = 12, calm: int = 1, weeks: int = 4) -> list[Came]:
    """Every weekday of some weeks: a rush from 08:00 to 10:00 and after lunch, hardly anybody else; line A."""
    found = []
    for back in range(1, weeks * 7 + 1):
        day = MONDAY - timedelta(days=back)
        if day.weekday() < 5:
            for half in range(16, 34):
                many = rush if half in (16, 17, 18, 19, 27, 28) else calm
                found += [Came(day, half * 30 + n % 30, "A") for n in range(many)]
    return found


def spans(came: list[Came], days: int = 3, **more: object) -> list[tuple[str, str]]:
    """The quiet spans from Monday on, as they are told."""
    habit = habit_of(came, MINUTES)
    coming = [MONDAY + timedelta(days=n) for n in range(days)]
    given = {"duties": None, "booked": [], "lines": NOTHING} | more
    found = quiet(
        [
            halves(habit, opening(day), given["duties"] or on_duty(day), given["booked"], given["lines"], ZONE)  # type: ignore[arg-type]
            for day in coming
        ],
        at(MONDAY, 7),
        habit,
    )
    zone = timedelta(hours=7)
    return [(f"{one.start + zone:%a %H:%M}", f"{one.end + zone:%H:%M}") for one in found]


def test_the_hours_after_the_rush_are_told() -> None:
    """By four weeks with a rush each morning and after lunch: late morning, and the afternoon once its rush is over."""
    assert spans(weeks_of(), days=1) == [("Mon 10:00", "12:00"), ("Mon 14:30", "16:30")]


def test_a_rush_that_is_more_than_the_hands_can_do_is_waited_off() -> None:
    """What is left over of a rush counts after it: with one officer instead of two the quiet comes later."""
    later = spans(weeks_of(rush=9), days=1, duties=on_duty(MONDAY, 1))
    assert later[0] == ("Mon 11:00", "12:00")


def test_what_is_booked_counts() -> None:
    """A morning full of appointments is not quiet, though few came at that time before."""
    booked = [(at(MONDAY, 10), at(MONDAY, 12))] * 2
    assert spans(weeks_of(), days=1, booked=booked) == [("Mon 14:30", "16:30")]


def test_where_nobody_can_help_it_is_not_quiet() -> None:
    """An hour in which nobody is on duty who takes the errand is not told, however empty it is."""
    duties = [
        *on_duty(MONDAY, 2, frozenset({"A"})),
        Duty("h", frozenset({"H"}), at(MONDAY, 10, 30), at(MONDAY, 11, 30)),
    ]
    assert spans(weeks_of(), days=1, duties=duties, lines=frozenset({"H"})) == [("Mon 10:30", "11:30")]
    assert spans(weeks_of(), days=1, duties=duties, lines=frozenset({"K"})) == []


def test_on_few_days_nothing_is_said() -> None:
    """Four days are too few, whatever they say; the fifth is enough."""
    came = weeks_of(weeks=1)
    assert len({one.day for one in came}) == LEAST_DAYS
    four = [one for one in came if one.day != came[-1].day]
    assert spans(four) == []
    assert spans(came) != []
    assert spans([]) == []


def test_of_what_was_never_seen_nothing_is_said() -> None:
    """A Saturday or an evening that the office has just begun to open is not quiet because nobody could come before."""
    assert not [one for one in spans(weeks_of(), days=7) if one[0][:3] in ("Sat", "Sun")]
    short = [one for one in weeks_of() if one.minute < 960]
    assert spans(short, days=1) == [("Mon 10:00", "12:00"), ("Mon 14:30", "16:00")]


def test_a_weekday_of_its_own_is_known_by_its_own_days() -> None:
    """Where Wednesdays' rush is in the afternoon, their mornings are told, and not the other days'."""
    came = [
        structs.replace(one, minute=990 - (one.minute - 480)) if one.day.weekday() == 2 else one for one in weeks_of()
    ]
    told = spans(came, days=3)
    assert next(one for one in told if one[0].startswith("Wed")) == ("Wed 08:00", "10:00")
    assert ("Mon 10:00", "12:00") in told


def test_days_that_are_all_alike_have_no_quiet_hour() -> None:
    """Where people come evenly no hour is called quiet."""
    assert spans(weeks_of(rush=3, calm=3), days=5) == []


some_came = st.lists(
    st.builds(
        Came,
        day=st.dates(MONDAY - timedelta(days=28), MONDAY - timedelta(days=1)),
        minute=st.integers(420, 1080),
        line=st.sampled_from(["A", "H", "gone"]),
    ),
    max_size=80,
)
some_booked = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 8)).map(
        lambda pair: (
            at(MONDAY, 8) + pair[0] * HALF_HOUR,
            at(MONDAY, 8) + pair[0] * HALF_HOUR + pair[1] * HALF_HOUR / 2,
        )
    ),
    max_size=8,
)


def planned(habit: Habit, booked: list[Interval], officers: int) -> list[list[Half]]:
    days = [MONDAY + timedelta(days=n) for n in range(3)]
    return [halves(habit, opening(day), on_duty(day, officers), booked, NOTHING, ZONE) for day in days]


@settings(deadline=None)
@given(some_came, some_booked, st.integers(0, 3), st.integers(0, 60))
def test_whatever_came_before_what_is_told_can_be_kept(
    came: list[Came], booked: list[Interval], officers: int, later: int
) -> None:
    """Spans are to come, within opening hours, apart, in order, at most three a day, and none busier than the mean."""
    habit, now = habit_of(came, MINUTES), at(MONDAY, 7) + later * HALF_HOUR
    days = planned(habit, booked, officers)
    told = quiet(days, now, habit)
    if habit.days < LEAST_DAYS or not officers:
        assert told == []
    loads = [half.load for day in days for half in day if half.start >= now]
    open_spans = [span for n in range(3) for span in opening(MONDAY + timedelta(days=n))]
    for one in told:
        assert one.start >= now
        assert any(begins <= one.start < one.end <= ends for begins, ends in open_spans)
        assert 0 <= one.load <= min(1, sum(loads) / len(loads))
    assert all(before.end < after.start for before, after in pairwise(told))
    for day in {one.start.date() for one in told}:
        assert sum(one.start.date() == day for one in told) <= 3


@settings(deadline=None)
@given(some_came, some_booked, st.integers(1, 3))
def test_one_more_booking_makes_no_half_hour_look_emptier(
    came: list[Came], booked: list[Interval], officers: int
) -> None:
    """More work never lowers a load, and one more officer never raises one."""
    habit = habit_of(came, MINUTES)
    before = planned(habit, booked[1:], officers)
    for more, fewer in zip(planned(habit, booked, officers), before, strict=True):
        assert all(a.load >= b.load for a, b in zip(more, fewer, strict=True))
    for helped, alone in zip(planned(habit, booked, officers + 1), planned(habit, booked, officers), strict=True):
        assert all(a.load <= b.load for a, b in zip(helped, alone, strict=True))


@settings(deadline=None)
@given(some_came, st.randoms())
def test_the_order_they_came_in_does_not_matter(came: list[Came], chance: object) -> None:
    """The same people make the same habit, up to the last digits."""
    mixed = sorted(came, key=lambda _one: chance.random())  # type: ignore[attr-defined]
    one, other = habit_of(came, MINUTES), habit_of(mixed, MINUTES)
    assert one.days == other.days
    assert one.work.keys() == other.work.keys()
    assert all(abs(one.work[key] - other.work[key]) < 1e-9 for key in one.work)
