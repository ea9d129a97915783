"""Whom a timetable strands, and where they could go: on thousands of made-up days."""

from datetime import UTC, date, datetime, timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from server.booking.rules import Booked, Duty, Interval, Wish, sold
from server.booking.rules_stranded import NOTICE, Coming, Diary, Opened, Seeker, is_stranded, propose, stranded
from tests.booking.every_choice import can_be_served

MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
BOOKED = datetime(2026, 11, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
SLOTS = 8
LINES = ("A", "H")
OFFICERS = ("an", "binh", "chi")
TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)


def at(slot: int, days: int = 0) -> datetime:
    return MORNING + slot * QUARTER + timedelta(days=days)


@st.composite
def duties(draw: st.DrawFn, days: int = 0) -> list[Duty]:
    """A morning's staff, perhaps nobody."""
    found = []
    for officer in OFFICERS[: draw(st.integers(0, 3))]:
        start = draw(st.integers(0, SLOTS - 2))
        end = draw(st.integers(start + 1, SLOTS))
        lines = draw(st.frozensets(st.sampled_from(LINES), min_size=1))
        found.append(Duty(officer=officer, lines=lines, start=at(start, days), end=at(end, days)))
    return found


@st.composite
def openings(draw: st.DrawFn, days: int = 0) -> list[Interval]:
    """Open all the morning, a part of it, two parts, or not at all."""
    cuts = sorted(draw(st.sets(st.integers(0, SLOTS), max_size=4)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return draw(st.sampled_from([[(at(0, days), at(SLOTS, days))], [(at(a, days), at(b, days)) for a, b in pairs]]))


@st.composite
def bookings(draw: st.DrawFn, most: int = 6) -> list[Coming]:
    """What was booked by a timetable that is no more: anything may be."""
    found = []
    for number in range(draw(st.integers(0, most))):
        start = draw(st.integers(0, SLOTS - 1))
        booked = Booked(
            lines=draw(st.frozensets(st.sampled_from(LINES), min_size=1)),
            start=at(start),
            end=at(start + draw(st.integers(1, 3))),
            officer=draw(st.none() | st.sampled_from(OFFICERS)),
        )
        made = BOOKED + timedelta(minutes=draw(st.integers(0, 3)))
        found.append(Coming(f"B{number}", booked, (draw(st.integers(0, 2)), made)))
    return found


def able(day: Opened, booked: Booked) -> list[str]:
    """Who could take it, quarter by quarter: said anew, without the rules' help."""
    if not any(opens <= booked.start and booked.end <= closes for opens, closes in day.opening):
        return []
    quarters = [booked.start + place * QUARTER for place in range((booked.end - booked.start) // QUARTER)]
    return [
        officer
        for officer in OFFICERS
        if booked.officer in (None, officer)
        and all(
            any(d.officer == officer and booked.lines <= d.lines and d.start <= q < d.end for d in day.duties)
            for q in quarters
        )
    ]


def all_served(day: Opened, coming: list[Coming]) -> bool:
    """Whether some choice of officers serves them all."""
    return can_be_served([(one.booked, able(day, one.booked)) for one in coming])


@given(openings(), duties(), bookings())
@settings(max_examples=300, deadline=None)
def test_nobody_is_stranded_exactly_where_all_can_be_served(
    opening: list[Interval], staff: list[Duty], coming: list[Coming]
) -> None:
    """The list is empty if and only if everybody can be served; without those in it, everybody else can be."""
    day = Opened(opening, staff)
    left = stranded(day, coming)
    assert (not left) == all_served(day, coming)
    assert len(set(left)) == len(left)
    assert set(left) <= {one.reference for one in coming}
    assert all_served(day, [one for one in coming if one.reference not in left])


@given(openings(), duties(), bookings(5))
@settings(max_examples=200, deadline=None)
def test_no_more_are_stranded_than_must_be(opening: list[Interval], staff: list[Duty], coming: list[Coming]) -> None:
    """With few bookings the set is a smallest one there is."""
    day = Opened(opening, staff)
    left = len(stranded(day, coming))
    for fewer in range(left):
        for out in combinations(coming, fewer):
            assert not all_served(day, [one for one in coming if one not in out])


@given(openings(), duties(), bookings())
@settings(max_examples=300, deadline=None)
def test_asked_of_one_booking_it_is_the_same_answer(
    opening: list[Interval], staff: list[Duty], coming: list[Coming]
) -> None:
    """What refuses to confirm a hold is what would list it as one to be arranged, and nothing else."""
    day = Opened(opening, staff)
    left = stranded(day, coming)
    assert [one.reference for one in coming if is_stranded(day, coming, one.reference)] == [
        one.reference for one in coming if one.reference in left
    ]
    assert not is_stranded(day, coming, "nobody")


def test_who_booked_last_makes_way_first() -> None:
    """Two for one officer at one time: the one who booked later is stranded; who is here already never is."""
    day = Opened([(at(0), at(8))], [Duty("an", frozenset("A"), at(0), at(8))])
    booked = Booked(lines=frozenset("A"), start=at(2), end=at(3))
    first = Coming("first", booked, (1, BOOKED))
    second = Coming("second", booked, (1, BOOKED + QUARTER))
    here = Coming("here", booked, (0, BOOKED + 2 * QUARTER))
    assert stranded(day, [second, first]) == ["second"]
    assert stranded(day, [second, first, here]) == ["first", "second"]


def test_one_long_visit_makes_way_for_several_short_ones() -> None:
    """Where the first to book stands in the way of three others, one person is asked to move instead of three."""
    day = Opened([(at(0), at(8))], [Duty("an", frozenset("A"), at(0), at(8))])
    long = Coming("long", Booked(frozenset("A"), at(0), at(3)), (1, BOOKED))
    short = [
        Coming(f"short {slot}", Booked(frozenset("A"), at(slot), at(slot + 1)), (1, BOOKED + QUARTER))
        for slot in range(3)
    ]
    assert stranded(day, [long, *short]) == ["long"]


@st.composite
def seekers(draw: st.DrawFn) -> list[Seeker]:
    """People to find a place for, some of them with two bookings."""
    return [
        Seeker(
            reference=f"S{number}",
            wish=Wish(
                lines=frozenset(draw(st.sampled_from(LINES))),
                length=draw(st.integers(1, 2)) * QUARTER,
                officer=draw(st.none() | st.sampled_from(OFFICERS)),
            ),
            was=at(draw(st.integers(0, SLOTS - 1))),
            person=draw(st.none() | st.sampled_from(["x", "y"])),
        )
        for number in range(draw(st.integers(1, 6)))
    ]


@given(openings(), duties(), openings(1), duties(1), bookings(4), seekers(), st.sampled_from((0.6, 1.0)))
@settings(max_examples=250, deadline=None)
def test_what_is_proposed_can_be_served_together(
    opening: list[Interval], staff: list[Duty], opening_next: list[Interval], staff_next: list[Duty],
    coming: list[Coming], seeking: list[Seeker], share: float,
) -> None:  # fmt: skip
    """With all proposals taken everybody has an officer, no line is sold beyond its share where something was put, and
    nobody is asked to two places at once, to the past, or to come much earlier at short notice."""
    next_day = TOMORROW + timedelta(days=1)
    days = {TOMORROW: Opened(opening, staff), next_day: Opened(opening_next, staff_next)}
    out = stranded(days[TOMORROW], coming)
    kept = [one.booked for one in coming if one.reference not in out]
    busy = {"x": [(at(0), at(2))]}
    diary = Diary(days, {TOMORROW: kept}, share=share, slot_minutes=15)
    offers = propose(diary, seeking, busy, NOW)
    placed: dict[date, list[Booked]] = {TOMORROW: [], next_day: []}
    engaged: dict[str, list[Interval]] = {"x": [(at(0), at(2))]}
    for seeker in seeking:
        offer = offers.get(seeker.reference)
        if offer is None:
            continue
        assert offer.end - offer.start == seeker.wish.length
        assert offer.officer in (None, seeker.wish.officer)
        assert offer.start > NOW
        assert offer.start >= seeker.was or offer.start - NOW >= NOTICE
        mine = engaged.setdefault(seeker.person or seeker.reference, [])
        assert not any(begins < offer.end and offer.start < ends for begins, ends in mine)
        mine.append((offer.start, offer.end))
        day = next_day if offer.start >= at(0, 1) else TOMORROW
        placed[day].append(structs.replace(Booked(seeker.wish.lines, offer.start, offer.end), officer=offer.officer))
    for day, new in placed.items():
        all_of_it = [*(kept if day == TOMORROW else []), *new]
        assert all_served(days[day], [Coming(str(place), one, (1, BOOKED)) for place, one in enumerate(all_of_it)])
        for one in new:
            for line in one.lines:
                on_duty = {d.officer for d in days[day].duties if line in d.lines and d.start <= one.start < d.end}
                at_once = [b for b in all_of_it if line in b.lines and b.start <= one.start < b.end]
                assert len(at_once) <= sold(share, len(on_duty))


def test_the_nearest_place_is_proposed() -> None:
    """The same time with whoever is free before another time with the same officer; of two as near, the later one."""
    day = Opened(
        [(at(0), at(8))],
        [Duty("an", frozenset("A"), at(0), at(8)), Duty("binh", frozenset("A"), at(0), at(8))],
    )
    wish = Wish(frozenset("A"), QUARTER, "an")
    away = Booked(frozenset("A"), at(4), at(5), "an")
    diary = Diary({TOMORROW: day}, {TOMORROW: [away]}, share=1.0, slot_minutes=15)
    assert propose(diary, [Seeker("one", wish, at(4))], {}, NOW)["one"].officer is None
    assert propose(diary, [Seeker("two", wish, at(4))], {}, NOW)["two"].start == at(5)


def test_who_finds_nothing_is_left_out() -> None:
    """Where the office is closed there is no proposal, rather than a bad one."""
    diary = Diary({TODAY: Opened([], [])}, {}, share=1.0, slot_minutes=15)
    assert propose(diary, [Seeker("one", Wish(frozenset("A"), QUARTER), at(4))], {}, NOW) == {}
