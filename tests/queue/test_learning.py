"""Learned service times: good on the first morning, right after a month, quick when the pace changes, not fooled."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.queue.grading import Announced, Glance, average_hall, average_line, grade, qtrcipher, zms
from server.queue.learning import Called, Finished, Issued, Running, habits, learn, newcomers, tally
from server.queue.outlook import Habits, LineTimes
from tests.queue.halls import NOW, minutes

BEGAN = NOW - minutes(120)
PRIORS = {"A": LineTimes(10.0, 0.7), "B": LineTimes(20.0, 0.7)}


def services(count: int, takes: float, *, line: str = "A", officer: str = "o1", ago: float = 0) -> list[Finished]:
    """So many services of the same length, all ended so many minutes ago."""
    return [Finished(line, officer, takes, NOW - minutes(ago)) for _ in range(count)]


def test_the_first_morning_goes_by_what_was_typed_in() -> None:
    """With nothing served yet the beliefs are the priors, and how far they may be off is known."""
    learned = learn(PRIORS, {}, [], NOW, day_began=BEGAN)
    assert learned.times == PRIORS
    assert (learned.pace, learned.officer_times) == (1.0, {})
    assert 0.25 < learned.doubt < 0.35


def test_the_prior_counts_four_services() -> None:
    """Four services yesterday at 6 minutes, a day old: (4 * 10 + 0.93 * 4 * 6) / (4 + 0.93 * 4)."""
    past = tally(services(4, 6.0, ago=60 * 24), PRIORS, BEGAN)
    learned = learn(PRIORS, past, [], NOW, day_began=BEGAN)
    assert learned.times["A"].mean_minutes == pytest.approx((40 + 0.93 * 24) / (4 + 0.93 * 4))
    assert learned.times["B"] == PRIORS["B"]


def test_a_month_outweighs_the_prior() -> None:
    """After a month at 6 minutes the guess of 10 is nearly forgotten, the guessed spread, too."""
    month = [each for day in range(1, 31) for each in services(20, 6.0, ago=day * 24 * 60)]
    learned = learn(PRIORS, tally(month, PRIORS, BEGAN), [], NOW, day_began=BEGAN)
    assert learned.times["A"].mean_minutes == pytest.approx(6, abs=0.1)
    assert learned.times["A"].cv < 0.2


def test_lately_counts_more_than_long_ago() -> None:
    """Of a fast and a slow week as long as each other, the later one counts more."""
    weeks = {
        name: [*services(50, 5.0, ago=first * 24 * 60), *services(50, 15.0, ago=then * 24 * 60)]
        for name, first, then in (("slower", 20, 3), ("faster", 3, 20))
    }
    means = {
        name: learn(PRIORS, tally(week, PRIORS, BEGAN), [], NOW, day_began=BEGAN).times["A"].mean_minutes
        for name, week in weeks.items()
    }
    assert means["faster"] < 10 < means["slower"]


def test_an_officer_with_few_services_is_like_everybody() -> None:
    """Two services say nothing about an officer; thirty do, and are drawn towards the line."""
    past = tally(
        [*services(30, 10.0), *services(2, 3.0, officer="new"), *services(30, 5.0, officer="quick")], PRIORS, BEGAN
    )
    learned = learn(PRIORS, past, [], NOW, day_began=BEGAN)
    assert ("new", "A") not in learned.officer_times
    assert 5 < learned.officer_times["quick", "A"].mean_minutes < learned.times["A"].mean_minutes


def test_a_changed_pace_is_followed() -> None:
    """Half as long again for an hour, at four busy desks: two fifths of that are believed, seven tenths after three."""
    rng = Random(1)
    past = tally([each for day in range(1, 11) for each in services(100, 10.0, ago=day * 24 * 60)], PRIORS, BEGAN)
    today = [
        Finished("A", f"o{desk}", 10 * factor * rng.uniform(0.6, 1.4), NOW - minutes(ago))
        for desk in range(4)
        for factor, span in ((1.0, range(60, 180, 10)), (1.5, range(0, 60, 15)), (1.5, range(-120, 0, 15)))
        for ago in span
    ]

    def believed(later: int) -> float:
        now = NOW + minutes(later)
        known = [service for service in today if service.finished_at <= now]
        return learn(PRIORS, past, known, now, day_began=NOW - minutes(180)).times["A"].mean_minutes

    assert believed(-60) == pytest.approx(10, abs=0.5)
    assert 12 < believed(0) < believed(120) < 15.5
    assert believed(120) > 13.5


def test_a_morning_does_not_begin_with_the_short_services_only() -> None:
    """After ten minutes only short services are over: those that still go on keep the pace near 1."""
    today = [Finished("A", "o1", 3.0, NOW), Finished("A", "o2", 4.0, NOW)]
    going = [Running("A", "o3", 10.0), Running("A", "o4", 10.0), Running("A", "o5", 10.0)]
    blind = learn(PRIORS, {}, today, NOW, day_began=NOW - minutes(10)).pace
    seeing = learn(PRIORS, {}, today, NOW, day_began=NOW - minutes(10), running=going).pace
    assert blind < 0.95
    assert 0.95 < seeing < 1.2


@given(forgotten=st.integers(1, 600))
def test_a_forgotten_ticket_is_cut(forgotten: int) -> None:
    """One ticket left open for hours moves the mean by at most four usual services' worth."""
    usual = learn(PRIORS, tally(services(20, 10.0), PRIORS, BEGAN), [], NOW, day_began=BEGAN).times["A"]
    odd = tally([*services(20, 10.0), *services(1, float(forgotten))], PRIORS, BEGAN)
    spoiled = learn(PRIORS, odd, [], NOW, day_began=BEGAN).times["A"]
    assert spoiled.mean_minutes <= usual.mean_minutes * (1 + 3 / 25) + 1e-9


def test_a_slip_of_the_finger_is_left_out() -> None:
    """A service of three seconds is no service."""
    assert tally(services(5, 0.05), PRIORS, BEGAN) == {}


@given(
    takes=st.lists(st.floats(0.2, 200), max_size=30),
    going=st.lists(st.floats(0, 200), max_size=5),
)
def test_beliefs_stay_sane_whatever_happened(takes: list[float], going: list[float]) -> None:
    """Means are positive and finite, the pace between a tenth and four times, doubt below a third."""
    today = [Finished("A", "o1", each, NOW - minutes(n)) for n, each in enumerate(takes)]
    running = [Running("B", "o2", each) for each in going]
    learned = learn(PRIORS, {}, today, NOW, day_began=BEGAN, running=running)
    assert 0.1 < learned.pace <= 4
    assert 0 < learned.doubt < 0.35
    assert all(0 < each.mean_minutes < 500 for each in [*learned.times.values(), *learned.officer_times.values()])


def test_a_line_nobody_knows_is_passed_over() -> None:
    """Services of a line that was switched off since are no error, and change nothing."""
    old = services(3, 5.0, line="gone")
    assert learn(PRIORS, tally(old, PRIORS, BEGAN), old, NOW, day_began=BEGAN).times == PRIORS


def test_higher_classes_are_expected_as_they_came_today() -> None:
    """Of ten numbers today two were of a class, four came in the last hour: 0.8 an hour."""
    issued = [
        Issued("A", 300 if n < 2 else 100, NOW - (minutes(5) if n < 4 else timedelta(hours=2))) for n in range(10)
    ]
    (found,) = newcomers(issued, NOW)
    assert (found.line, found.rate, found.per_hour) == ("A", 300, pytest.approx(0.8))
    assert newcomers([], NOW) == []


def test_how_many_leave_is_learned_from_calls_nobody_answered() -> None:
    """Without calls it is the usual; where everybody answers it falls; where many are gone it rises."""
    usual = Habits()
    assert habits([]).leave_per_hour == usual.leave_per_hour
    assert habits([Called(30, False)] * 100).leave_per_hour < usual.leave_per_hour
    assert habits([Called(30, n % 4 == 0) for n in range(100)]).leave_per_hour > 3 * usual.leave_per_hour


def test_a_grade_compares_promises_with_the_truth() -> None:
    """Mean error, share covered by P90, share within the range, share 5 minutes or more too optimistic."""
    found = grade([Announced(10, 20, 12), Announced(10, 20, 15), Announced(10, 20, 21), Announced(10, None, 4)])
    assert found is not None
    assert (found.count, found.mean_error, found.too_optimistic, found.too_pessimistic) == (4, 6.0, 0.5, 0.25)
    assert (found.covered, found.within) == (2 / 3, 2 / 3)
    assert grade([]) is None
    only = grade([Announced(10, None, 4)])
    assert only is not None
    assert only.covered is None


def test_the_simple_formulas_say_what_their_systems_would() -> None:
    """Each formula on one hall: 3 on the line, 6 in the hall, 2 of 4 counters serve it, learned 8, typed 10."""
    seen = Glance(
        ahead=3, ahead_hall=6, ahead_rule=4, counters=2, counters_hall=4, average=8.0, average_hall=9.0,
        set_line=10.0, set_hall=11.0, last_to_enter=None, head_of_line=None,
    )  # fmt: skip
    assert (average_line(seen), average_hall(seen), zms(seen), qtrcipher(seen)) == (12.0, 13.5, 19.0, 15.0)
