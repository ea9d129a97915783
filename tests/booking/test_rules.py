"""The capacity rules on thousands of made-up days."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from server.booking.rules import Day, Duty, Horizon, Interval, Slot, Wish, length, nearest, sold
from server.booking.rules_dealing import Booked, deal_out
from server.catalogue.rules import Hours, opening
from tests.booking.every_choice import can_be_served

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 08:00 in Hà Nội
QUARTER = timedelta(minutes=15)
LINES = ("A", "H", "K")
OFFICERS = ("an", "binh", "chi", "dung")


def at(slot: int) -> datetime:
    return MORNING + slot * QUARTER


@st.composite
def duties(draw: st.DrawFn, slots: int = 8) -> list[Duty]:
    """A morning's staff: everybody once or twice, with some of the lines."""
    found = []
    for officer in OFFICERS[: draw(st.integers(1, 4))]:
        for _ in range(draw(st.integers(1, 2))):
            start = draw(st.integers(0, slots - 2))
            end = draw(st.integers(start + 1, slots))
            lines = draw(st.frozensets(st.sampled_from(LINES), min_size=1))
            found.append(Duty(officer=officer, lines=lines, start=at(start), end=at(end)))
    return found


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    """Something to book: one line or two, one to three slots long, sometimes with a named officer."""
    return Wish(
        lines=draw(st.frozensets(st.sampled_from(LINES), min_size=1, max_size=2)),
        length=draw(st.integers(1, 3)) * QUARTER,
        officer=draw(st.none() | st.sampled_from(OFFICERS)),
    )


@st.composite
def bookings(draw: st.DrawFn) -> list[tuple[Booked, frozenset[str]]]:
    """Up to six bookings, and who is able to take each."""
    found = []
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, 4))
        booked = Booked(lines=frozenset("A"), start=at(start), end=at(start + draw(st.integers(1, 3))))
        found.append((booked, draw(st.frozensets(st.sampled_from(OFFICERS)))))
    return found


@given(bookings())
@settings(max_examples=400)
def test_dealing_out_finds_a_way_exactly_where_there_is_one(found: list[tuple[Booked, frozenset[str]]]) -> None:
    """Bookings are dealt out if and only if some way to do so exists, each to somebody able and alone with it."""
    dealt = deal_out([booked for booked, _ in found], [able for _, able in found])
    assert (dealt is not None) == can_be_served(found)
    if dealt is not None:
        assert can_be_served([(booked, frozenset([name])) for name, (booked, _) in zip(dealt, found, strict=True)])
        assert all(name in able for name, (_, able) in zip(dealt, found, strict=True))


def day(staff: list[Duty], taken: list[Booked], share: float, opened: list[Interval] | None = None) -> Day:
    return Day(opened or [(at(0), at(8))], staff, taken, share=share, slot_minutes=15)


def able(staff: list[Duty], booked: Booked) -> frozenset[str]:
    """Who is on duty with these skills in every quarter of it: said anew, without the rules' help."""
    quarters = [booked.start + place * QUARTER for place in range((booked.end - booked.start) // QUARTER)]
    return frozenset(
        officer
        for officer in OFFICERS
        if booked.officer in (None, officer)
        and all(
            any(
                duty.officer == officer and booked.lines <= duty.lines and duty.start <= quarter < duty.end
                for duty in staff
            )
            for quarter in quarters
        )
    )


@given(duties(), st.lists(st.tuples(wishes(), st.integers(0, 99)), max_size=9), st.sampled_from((0.3, 0.6, 0.8, 1.0)))
@settings(max_examples=250, deadline=None)
def test_whatever_is_booked_can_be_served_and_leaves_the_walk_ins_their_share(
    staff: list[Duty], asked: list[tuple[Wish, int]], share: float
) -> None:
    """Whatever offered slots are taken, every booking has an officer, and no line is sold beyond its share."""
    taken: list[Booked] = []
    for wish, choice in asked:
        offered = [slot for slot in day(staff, taken, share).slots(wish) if slot.free]
        if offered:
            slot = offered[choice % len(offered)]
            taken.append(Booked(lines=wish.lines, start=slot.start, end=slot.end, officer=wish.officer))
    assert can_be_served([(booked, able(staff, booked)) for booked in taken])
    for quarter in (at(place) for place in range(8)):
        for line in LINES:
            on_duty = {duty.officer for duty in staff if line in duty.lines and duty.start <= quarter < duty.end}
            booked = [one for one in taken if line in one.lines and one.start <= quarter < one.end]
            most = max(1, int(Fraction(str(share)) * len(on_duty))) if on_duty else 0
            assert len(booked) <= most


@given(duties(), wishes(), st.lists(st.tuples(wishes(), st.integers(0, 99)), max_size=4))
@settings(max_examples=200, deadline=None)
def test_a_slot_can_be_booked_as_often_as_it_says_and_not_once_more(
    staff: list[Duty], wish: Wish, before: list[tuple[Wish, int]]
) -> None:
    """`free` is the number of such bookings the slot still takes, and each officer it names can be had."""
    taken: list[Booked] = []
    for earlier, choice in before:
        offered = [slot for slot in day(staff, taken, 0.6).slots(earlier) if slot.free]
        if offered:
            slot = offered[choice % len(offered)]
            taken.append(Booked(lines=earlier.lines, start=slot.start, end=slot.end, officer=earlier.officer))
    for slot in day(staff, taken, 0.6).slots(wish):
        booked = Booked(lines=wish.lines, start=slot.start, end=slot.end, officer=wish.officer)
        full = [*taken, *[booked] * slot.free]
        assert day(staff, full, 0.6).free(wish, slot.start) == 0
        assert slot.free == 0 or day(staff, full[:-1], 0.6).free(wish, slot.start) == 1
        for name in slot.officers:
            assert day(staff, taken, 0.6).free(structs.replace(wish, officer=name), slot.start) == 1


def by_adding_one_at_a_time(staff: list[Duty], taken: list[Booked], share: float, wanted: Booked) -> int:
    """How many such bookings go in beside what is taken: each time the whole day is counted and dealt out anew."""

    def there(lines: frozenset[str], quarter: datetime) -> set[str]:
        return {duty.officer for duty in staff if lines <= duty.lines and duty.start <= quarter < duty.end}

    def sold_out(together: list[Booked]) -> bool:
        for place in range((wanted.end - wanted.start) // QUARTER):
            quarter = wanted.start + place * QUARTER
            for line in LINES:
                circle = there(frozenset(line), quarter)
                bound = [
                    line in one.lines or set() < there(one.lines, quarter) <= circle
                    for one in [wanted, *together]
                    if one.start <= quarter < one.end
                ]
                if bound[0] and sum(bound[1:]) > sold(share, len(circle)):
                    return True
        return False

    count = 0
    while True:
        together = [*taken, *[wanted] * (count + 1)]
        if deal_out(together, [able(staff, one) for one in together]) is None or sold_out(together):
            return count
        count += 1


@given(duties(), wishes(), st.lists(st.tuples(wishes(), st.integers(0, 99)), max_size=9), st.sampled_from((0.6, 1.0)))
@settings(max_examples=150, deadline=None)
def test_what_is_free_is_what_counting_and_dealing_out_anew_finds(
    staff: list[Duty], wish: Wish, asked: list[tuple[Wish, int]], share: float
) -> None:
    """However `free` and the named officers are found quickly, it is what adding bookings one at a time finds."""
    taken: list[Booked] = []
    for earlier, choice in asked:
        offered = [slot for slot in day(staff, taken, share).slots(earlier) if slot.free]
        if offered:
            slot = offered[choice % len(offered)]
            taken.append(Booked(lines=earlier.lines, start=slot.start, end=slot.end, officer=earlier.officer))
    for slot in day(staff, taken, share).slots(wish):
        wanted = Booked(lines=wish.lines, start=slot.start, end=slot.end, officer=wish.officer)
        assert slot.free == by_adding_one_at_a_time(staff, taken, share, wanted)
        named = [
            name
            for name in sorted(able(staff, wanted))
            if by_adding_one_at_a_time(staff, taken, share, structs.replace(wanted, officer=name))
        ]
        assert slot.officers == tuple(named)


@given(st.integers(1, 12), st.floats(0, 1).map(lambda share: round(share, 2)), st.lists(st.integers(0, 7), max_size=40))
def test_free_and_booked_make_up_the_capacity(officers: int, share: float, pressed: list[int]) -> None:
    """In a day of one line and single slots, each slot's free and booked places always sum to what is sold of it."""
    staff = [Duty(officer=str(place), lines=frozenset("A"), start=at(0), end=at(8)) for place in range(officers)]
    wish = Wish(lines=frozenset("A"), length=QUARTER)
    taken: list[Booked] = []
    for place in pressed:
        if day(staff, taken, share).free(wish, at(place)):
            taken.append(Booked(lines=wish.lines, start=at(place), end=at(place + 1)))
    for slot in day(staff, taken, share).slots(wish):
        booked = sum(one.start == slot.start for one in taken)
        assert slot.free + booked == sold(share, officers)


def test_a_share_sells_at_least_one_where_somebody_is_there_and_never_more_than_there_are() -> None:
    """The share is rounded down to whole officers, but a lone officer can be booked; no share sells nothing."""
    assert [sold(0.6, officers) for officers in range(7)] == [0, 1, 1, 1, 2, 3, 3]
    assert sold(0.29, 100) == 29
    assert sold(1.0, 4) == 4
    assert sold(0, 4) == 0


def test_a_booking_for_few_counts_against_the_many_who_include_them() -> None:
    """Where two lines have the same five officers, three in all are booked at once, not three of each."""
    staff = [Duty(officer=str(place), lines=frozenset("AH"), start=at(0), end=at(8)) for place in range(5)]
    taken = [Booked(lines=frozenset("A"), start=at(0), end=at(1))] * 2
    assert day(staff, taken, 0.6).free(Wish(lines=frozenset("H"), length=QUARTER), at(0)) == 1


def test_procedures_of_two_lines_need_somebody_who_can_do_both() -> None:
    """One visit for two lines is offered only with an officer skilled in both."""
    staff = [
        Duty(officer="an", lines=frozenset("A"), start=at(0), end=at(8)),
        Duty(officer="binh", lines=frozenset("H"), start=at(0), end=at(8)),
        Duty(officer="chi", lines=frozenset("AH"), start=at(4), end=at(8)),
    ]
    slots = day(staff, [], 0.6).slots(Wish(lines=frozenset("AH"), length=2 * QUARTER))
    assert [(slot.start, slot.officers) for slot in slots] == [(at(place), ("chi",)) for place in (4, 5, 6)]


def test_a_visit_never_runs_into_the_break() -> None:
    """A long visit is offered only where it ends before the office closes for lunch, on the grid of each half day."""
    staff = [Duty(officer="an", lines=frozenset("A"), start=at(0), end=at(20))]
    halves = [(at(0), at(4)), (at(6) + timedelta(minutes=5), at(10))]
    slots = day(staff, [], 0.6, halves).slots(Wish(lines=frozenset("A"), length=3 * QUARTER))
    afternoon = at(6) + timedelta(minutes=5)
    assert [slot.start for slot in slots] == [at(0), at(1), afternoon]
    assert [slot.index for slot in slots] == [0, 1, 4]


def test_duties_that_follow_each_other_are_one() -> None:
    """An officer whose shifts meet can take a booking across their meeting."""
    staff = [
        Duty(officer="an", lines=frozenset("A"), start=at(0), end=at(2)),
        Duty(officer="an", lines=frozenset("AH"), start=at(2), end=at(4)),
    ]
    slots = day(staff, [], 1.0).slots(Wish(lines=frozenset("A"), length=4 * QUARTER))
    assert [slot.start for slot in slots] == [at(0)]


def test_a_booking_that_a_changed_timetable_stranded_does_not_shut_the_other_lines() -> None:
    """A booking nobody is left for takes no officer from lines that still have theirs."""
    staff = [Duty(officer="an", lines=frozenset("H"), start=at(0), end=at(8))]
    stranded = [Booked(lines=frozenset("A"), start=at(0), end=at(1))]
    assert day(staff, stranded, 0.6).free(Wish(lines=frozenset("H"), length=QUARTER), at(0)) == 1


@pytest.mark.parametrize(
    ("minutes", "slot", "expected"), [([5], 15, 15), ([12, 5], 15, 30), ([15], 15, 15), ([22], 10, 30), ([0], 15, 15)]
)
def test_a_visit_takes_whole_slots(minutes: list[int], slot: int, expected: int) -> None:
    """Minutes of all procedures are added and rounded up to the grid; nothing takes no time."""
    assert length(minutes, slot) == timedelta(minutes=expected)


@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Pacific/Apia"])
@given(ahead=st.integers(0, 800))
def test_slots_of_a_day_stay_on_the_wall_clock_in_any_zone(zone: str, ahead: int) -> None:
    """08:00–11:30 has its fourteen quarters from 08:00 to 11:15 on every day, daylight saving or not."""
    that_day = date(2026, 1, 1) + timedelta(days=ahead)
    hours = [Hours(office="x", weekdays="1-7", opens=480, closes=690, valid_from=None, valid_until=None)]
    starts = [
        start for _, start in Day(opening(hours, [], that_day, zone), [], [], share=1, slot_minutes=15).grid(QUARTER)
    ]
    local = [start.astimezone(ZoneInfo(zone)) for start in starts]
    assert [f"{start:%H:%M}" for start in local] == [
        f"{minute // 60:02}:{minute % 60:02}" for minute in range(480, 690, 15)
    ]
    assert {start.date() for start in local} == {that_day}


@pytest.mark.parametrize(
    ("zone", "that_day", "quarters"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 92),
        ("Europe/Berlin", date(2026, 10, 25), 100),
        ("America/New_York", date(2026, 3, 8), 92),
        ("America/New_York", date(2026, 11, 1), 100),
        ("Asia/Ho_Chi_Minh", date(2026, 3, 29), 96),
    ],
)
def test_an_office_that_never_closes_has_an_hour_less_or_more_when_clocks_change(
    zone: str, that_day: date, quarters: int
) -> None:
    """Slots are real time: none in the hour that is skipped, two sets in the one that comes twice."""
    hours = [Hours(office="x", weekdays="1-7", opens=0, closes=1440, valid_from=None, valid_until=None)]
    starts = [
        start for _, start in Day(opening(hours, [], that_day, zone), [], [], share=1, slot_minutes=15).grid(QUARTER)
    ]
    assert len(starts) == quarters
    assert {later - earlier for earlier, later in pairwise(starts)} == {QUARTER}


def horizon(now: str, days_ahead: int = 7, times: tuple[int, ...] = (480, 720, 960)) -> Horizon:
    return Horizon(
        now=datetime.fromisoformat(now), time_zone="Asia/Ho_Chi_Minh", days_ahead=days_ahead, release_times=times
    )


@pytest.mark.parametrize(
    ("now", "open_ones"), [("07:59", []), ("08:00", [0, 3]), ("12:00", [0, 1, 3, 4]), ("16:00", [0, 1, 2, 3, 4, 5])]
)
def test_the_last_day_opens_in_portions(now: str, open_ones: list[int]) -> None:
    """At each release time every third start of the last bookable day opens, so that nobody has to get up at four."""
    ahead = horizon(f"2026-11-23T{now}:00+07:00")
    last = date(2026, 11, 30)
    start = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
    assert ahead.last_day == last
    assert [index for index in range(6) if ahead.bookable(last, index, start)] == open_ones


def test_days_before_the_last_are_open_and_those_after_it_are_not() -> None:
    """Every start of an earlier day can be booked; none of a later one, and none that has begun."""
    ahead = horizon("2026-11-23T07:00:00+07:00")
    tomorrow, later = datetime(2026, 11, 24, 1, 0, tzinfo=UTC), datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    assert ahead.refusal(date(2026, 11, 24), 2, tomorrow) is None
    assert ahead.refusal(date(2026, 12, 1), 0, later) == "too-far-ahead"
    assert ahead.refusal(date(2026, 11, 23), 0, ahead.now) == "slot-past"


def test_the_next_release_is_known_until_the_last_of_the_day() -> None:
    """People are told when more opens today, and nothing where nothing more will."""
    assert horizon("2026-11-23T08:00:00+07:00").next_release() == 720
    assert horizon("2026-11-23T16:00:00+07:00").next_release() is None
    assert horizon("2026-11-23T07:00:00+07:00", days_ahead=0).next_release() is None


def test_the_nearest_come_in_order_of_time() -> None:
    """Of many slots the few closest to a wish are named, earliest first."""
    slots = [Slot(index=place, start=at(place), end=at(place + 1), free=1, officers=()) for place in (0, 3, 5, 9)]
    assert [slot.index for slot in nearest(slots, at(4), 2)] == [3, 5]
