"""Where theory knows the answer, the simulator gives it."""

import math
from random import Random
from statistics import fmean

import pytest

from server.simulation.day import MINUTE, Person, draw_people, simulate
from server.simulation.figures import mean_of, quantile
from server.simulation.textbook import accumulating_waits, erlang_c, erlang_wait, plain_hall, simulated_waits


def test_erlang_c_of_known_halls() -> None:
    """One desk: the share who wait is the load. Two desks at load 1: one third. An empty hall: nobody."""
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(3, 0.0) == 0.0
    assert erlang_wait(1, 0.5, 10.0) == pytest.approx(10.0)


@pytest.mark.parametrize("high", [0.0, 0.12, 0.5, 1.0])
def test_accumulating_priority_moves_waits_and_makes_none_disappear(high: float) -> None:
    """The mean over all is that of first come first served (Kleinrock's conservation law); the high rate waits less."""
    load, fifo = 0.8, 10.0
    low_wait, high_wait = accumulating_waits([1, 3], [load * (1 - high), load * high], fifo)
    assert (1 - high) * low_wait + high * high_wait == pytest.approx(fifo)
    assert high_wait < low_wait


def test_equal_rates_are_first_come_first_served() -> None:
    """With one rate for all there is nothing to gain."""
    assert accumulating_waits([2, 2], [0.3, 0.4], 7.0) == pytest.approx([7.0, 7.0])


def test_a_very_high_rate_is_strict_priority() -> None:
    """As the rates part, the waits go to those of head-of-line priority: W0 / (1 - rho_high) for the high class."""
    load, high = 0.8, 0.3
    w0 = 10.0 * (1 - load)
    _, wait = accumulating_waits([1, 1e9], [load - high, high], 10.0)
    assert wait == pytest.approx(w0 / (1 - high))


def test_simulated_means_agree_with_theory() -> None:
    """M/M/2, plain and with a tenth at three times the rate: theory lies within the intervals, widened by half."""
    service, load, high = 6.0, 1.3, 0.2
    plain = simulated_waits(plain_hall(2, load, service, 4_000), "fifo", 16, seed=5)[None]
    fifo = erlang_wait(2, load, service)
    assert abs(plain.value - fifo) <= 1.5 * plain.plus_minus
    mixed = simulated_waits(plain_hall(2, load, service, 4_000, high), "accumulating", 16, seed=5)
    for klass, theory in zip(
        (None, "high"), accumulating_waits([1, 3], [load / 2 * (1 - high), load / 2 * high], fifo), strict=True
    ):
        assert abs(mixed[klass].value - theory) <= 1.5 * mixed[klass].plus_minus
    assert mixed["high"].value < 0.7 * mixed[None].value


def test_one_desk_first_come_first_served_is_lindley() -> None:
    """Person by person: each wait is max(0, the wait before + the service before - the gap), to the millisecond."""
    hall = plain_hall(1, 0.9, 5.0, 600)
    people = draw_people(hall, Random(3))
    outcomes = sorted((o for o in simulate(hall, people, "fifo") if o.called is not None), key=lambda o: o.issued)
    free = 0
    for outcome in outcomes:
        assert outcome.called == max(outcome.issued, free)
        free = outcome.called + int(outcome.person.minutes * MINUTE)
    assert len(outcomes) > 80


def test_people_are_drawn_as_the_scenario_says() -> None:
    """Over many days the number of people and the minutes they take have the scenario's means."""
    hall = plain_hall(1, 0.5, 5.0, 600, high_share=0.25)
    days = [draw_people(hall, Random(day)) for day in range(200)]
    count = mean_of([float(len(day)) for day in days])
    assert abs(count.value - 60) <= 2 * count.plus_minus
    everybody: list[Person] = [person for day in days for person in day]
    assert fmean(person.minutes for person in everybody) == pytest.approx(5.0, rel=0.05)
    assert fmean(person.klass is not None for person in everybody) == pytest.approx(0.25, abs=0.02)


def test_an_interval_is_students() -> None:
    """Two replications 0 and 1: the half width is t(0.975, 1) * s / sqrt(2), within the expansion's few percent."""
    found = mean_of([0.0, 1.0] * 5)
    assert found.value == 0.5
    assert found.plus_minus == pytest.approx(2.262 * math.sqrt(10 * 0.25 / 9 / 10), rel=0.01)
    assert found.holds(0.3)
    assert not found.holds(1.1)


def test_a_quantile_is_the_smallest_that_enough_do_not_pass() -> None:
    """Of ten values nine do not pass the ninth."""
    assert quantile(list(range(10, 0, -1)), 0.9) == 9
    assert quantile([4], 0.01) == 4
