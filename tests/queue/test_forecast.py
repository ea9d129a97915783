"""The forecast of waits: its choices are the rule's, and its waits are those of the hall it was given."""

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.queue.forecast import Booked, Habits, LineTimes, Newcomers, Outlook, forecast, shown, what_if
from server.queue.play import Play, Setup, residual
from server.queue.rules import Hall, ahead_of, choose
from tests.queue.halls import LINES, NOW, halls, minutes, seat, ticket

EXACT = Habits(gone=0, leave_per_hour=0, returns=0, booked_absent=0, parked_minutes=1)
"""Nobody leaves, nobody is absent: what is left to chance is the service times."""


def outlook(hall: Hall, *, mean: float = 10.0, cv: float = 0.0, habits: Habits = EXACT, **more: object) -> Outlook:
    """A hall where every line takes the same time, open for eight more hours, without doubt about the pace."""
    start = Outlook(
        hall=hall,
        times={line: LineTimes(mean, cv) for line in LINES},
        now=NOW,
        closes_at=NOW + minutes(480),
        habits=habits,
        doubt=0.0,
    )
    return msgspec.structs.replace(start, **more)


@given(hall=halls(), later=st.integers(0, 90_000))
def test_every_desk_chooses_as_the_rule_does(hall: Hall, later: int) -> None:
    """A play's choice is the rule's, for any desk, discipline, claim and resting ticket, now and later."""
    play = Play(Setup(outlook(hall)), Random(1), 0.0)
    for place, desk in enumerate(hall.seats):
        expected = choose(desk, hall, NOW + minutes(later / 60_000))
        found = play.choice(place, float(later))
        assert (expected and expected.id) == (found and play.setup.people[found[0]].id)


@given(hall=halls())
def test_people_ahead_are_those_the_rule_calls_first(hall: Hall) -> None:
    """`ahead` says for every waiting ticket what `rules.ahead_of` says."""
    assert forecast(outlook(hall), plays=1, seed=1).ahead == {t.id: ahead_of(t, hall, NOW) for t in hall.tickets}


def test_waits_of_a_hall_without_chance_are_exact() -> None:
    """One desk, one being served for 4 of 10 minutes, three waiting: called after 6, 16, 26 minutes; a new one 36."""
    serving = ticket(0, state="serving", counter=1, called=4)
    found = forecast(outlook(Hall([serving, *(ticket(n, "A", 30 - n) for n in (1, 2, 3))], [seat(1)])), seed=1)
    assert [round(found.tickets[f"t000{n}"].p50_minutes, 6) for n in (1, 2, 3)] == [6, 16, 26]
    assert {line: round(wait.p90_minutes, 6) for line, wait in found.lines.items()} == dict.fromkeys(LINES, 36)


def test_a_number_taken_now_changes_nothing_for_the_others() -> None:
    """What a button promises is what the ticket gets that is taken then: the same plays with it in the hall."""
    waiting = [ticket(n, LINES[n % 4], 40 - n, rate=300 if n % 5 == 0 else 100) for n in range(20)]
    hall = Hall(waiting, [seat(1, "AB"), seat(2, "BCD"), seat(3, "CD")])
    before = forecast(outlook(hall), plays=5, seed=1)
    for line in LINES:
        after = forecast(outlook(msgspec.structs.replace(hall, tickets=[*waiting, ticket(99, line)])), plays=5, seed=1)
        assert after.tickets["t0099"] == before.lines[line]
        assert {key: wait for key, wait in after.tickets.items() if key != "t0099"} == before.tickets


def test_the_same_seed_gives_the_same_forecast() -> None:
    """Two forecasts of one outlook with one seed are equal; another seed gives another."""
    hall = Hall([ticket(n, LINES[n % 4], 40 - n) for n in range(20)], [seat(1), seat(2)])
    assert forecast(outlook(hall, cv=0.8), seed=3) == forecast(outlook(hall, cv=0.8), seed=3)
    assert forecast(outlook(hall, cv=0.8), seed=3) != forecast(outlook(hall, cv=0.8), seed=4)


def test_the_order_rows_come_in_does_not_matter() -> None:
    """The forecast of a hall is that of the same hall read in any order."""
    tickets = [ticket(n, LINES[n % 4], 40 - n % 7) for n in range(20)]
    straight = forecast(outlook(Hall(tickets, [seat(1), seat(2)]), cv=0.8), seed=3)
    assert forecast(outlook(Hall(tickets[::-1], [seat(1), seat(2)]), cv=0.8), seed=3) == straight


def test_an_empty_hall_waits_for_nothing() -> None:
    """Where an officer is idle, a number taken now is called at once, and shown as 0 to 5 minutes."""
    found = forecast(outlook(Hall([], [seat(1, "A")])), seed=1)
    assert found.lines.keys() == {"A"}
    wait = shown(found.lines["A"].p50_minutes, found.lines["A"].p90_minutes)
    assert (wait.p50, wait.p90, found.lines["A"].served) == (0, 5, 1.0)


def test_a_line_without_a_desk_has_no_wait() -> None:
    """Where nobody serves a line its wait is unknown: neither the line nor its tickets are given minutes."""
    found = forecast(outlook(Hall([ticket(1, "A", 5), ticket(2, "B", 4)], [seat(1, "B")])), seed=1)
    assert found.lines.keys() == {"B"}
    assert found.tickets.keys() == {"t0002"}
    assert found.ahead == {"t0001": 0, "t0002": 0}


@pytest.mark.parametrize("late", [0, 5])
def test_a_closed_office_promises_nothing(late: int) -> None:
    """At and after closing time there are no waits."""
    found = forecast(outlook(Hall([ticket(1)], [seat(1)]), closes_at=NOW - minutes(late)), seed=1)
    assert (found.lines, found.tickets, found.ahead) == ({}, {}, {"t0001": 0})


def test_who_is_not_called_before_closing_is_known() -> None:
    """With 25 minutes left and 10 per ticket three are called: the fourth and a new one are not served today."""
    hall = Hall([ticket(n, "A", 30 - n) for n in range(4)], [seat(1)])
    found = forecast(outlook(hall, closes_at=NOW + minutes(25)), seed=1)
    assert [found.tickets[f"t000{n}"].served for n in range(4)] == [1, 1, 1, 0]
    assert found.lines["A"].served == 0


def test_a_break_stops_the_calls_and_not_the_service() -> None:
    """A desk whose break is from minute 5 to 65 finishes what it has begun, and calls again when it is back."""
    hall = Hall([ticket(n, "A", 30 - n) for n in range(3)], [seat(1)])
    hours = {1: [(NOW - minutes(60), NOW + minutes(5)), (NOW + minutes(65), NOW + minutes(480))]}
    found = forecast(outlook(hall, availability=hours), seed=1)
    assert [round(found.tickets[f"t000{n}"].p50_minutes, 6) for n in range(3)] == [0, 65, 75]


def test_a_desk_idle_before_its_break_calls_after_it() -> None:
    """Somebody who comes during the break of an idle desk is called when it is over, not never."""
    hours = {1: [(NOW, NOW + minutes(5)), (NOW + minutes(65), NOW + minutes(480))]}
    during = ticket(1, state="parked", counter=7, parked_for=20, waited=30)
    after = ticket(2, "B", state="parked", counter=7, parked_for=67, waited=29)
    setup = Setup(outlook(Hall([during, after], [seat(1, "AB")]), availability=hours, booked=[Booked(NOW, "C")]))
    calls, _ = Play(setup, Random(1), 0.0).run()
    assert calls == [setup.horizon] * 3  # nobody waits now, so the play is over at once
    setup.reachable = {0, 1}
    calls, _ = Play(setup, Random(1), 0.0).run()
    assert [call / 60_000 for call in calls[:2]] == pytest.approx([65, 70])


def test_a_paused_desk_comes_back() -> None:
    """A pause without an end is taken to last a quarter of an hour, one with an end until then."""
    hall = Hall([ticket(1)], [seat(1, paused=True)])
    for hours in ({}, {1: [(NOW - minutes(60), NOW + minutes(480))]}):
        assert forecast(outlook(hall, availability=hours), seed=1).tickets["t0001"].p50_minutes == 15
    known = {1: [(NOW + minutes(4), NOW + minutes(480))]}
    assert forecast(outlook(hall, availability=known), seed=1).tickets["t0001"].p50_minutes == 4


def test_booked_people_go_before_those_whose_arrival_is_later_than_their_head_start() -> None:
    """An appointment in half an hour stands in front of whoever would still wait then and came after its head start."""
    hall = Hall([ticket(n, "A", 40 - n) for n in range(4)], [seat(1, "A")])
    alone = forecast(outlook(hall), seed=1)
    booked = forecast(outlook(hall, booked=[Booked(NOW + minutes(20), "A")]), seed=1)
    assert alone.lines["A"].p50_minutes == pytest.approx(40)
    assert booked.lines["A"].p50_minutes == pytest.approx(50)
    assert booked.tickets == alone.tickets


def test_people_of_a_higher_class_who_come_later_are_expected() -> None:
    """Newcomers with a higher rate make a new number's wait longer; with the ordinary rate they change nothing."""
    hall = Hall([ticket(n, "A", 40 - n) for n in range(6)], [seat(1, "A")])
    alone = forecast(outlook(hall), seed=1).lines["A"].p50_minutes
    high = outlook(hall, newcomers=[Newcomers("A", 300, 4.0)])
    same = outlook(hall, newcomers=[Newcomers("A", 100, 4.0)])
    assert forecast(high, seed=1).lines["A"].p50_minutes > alone + 5
    assert forecast(same, seed=1).lines["A"].p50_minutes == alone


def test_a_parked_person_goes_on_at_his_desk_when_he_is_back() -> None:
    """Parked without an end: when he is back his own desk finishes with him (half is left) before its next call."""
    hall = Hall([ticket(1, state="parked", counter=1), ticket(2, "A", 30), ticket(3, "A", 20)], [seat(1)])
    found = forecast(outlook(hall, habits=msgspec.structs.replace(EXACT, parked_minutes=0.001)), seed=1)
    assert [found.tickets[key].p50_minutes for key in ("t0002", "t0003")] == pytest.approx([0, 15], abs=0.01)


def test_a_person_parked_until_a_time_stands_in_the_queue_again_from_then_on() -> None:
    """Parked for 5 minutes more: goes by the place kept, before whoever came later; back already: is called at once."""
    rivals = [ticket(2, "A", 30), ticket(3, "A", 20)]
    later = Hall([ticket(1, waited=60, state="parked", counter=1, parked_for=5), *rivals], [seat(1)])
    found = forecast(outlook(later), seed=1)
    assert {key: wait.p50_minutes for key, wait in found.tickets.items()} == pytest.approx({"t0002": 0, "t0003": 15})
    back = Hall([ticket(1, waited=60, state="parked", counter=1, parked_for=-1), *rivals], [seat(1)])
    found = forecast(outlook(back), seed=1)
    assert [found.tickets[f"t000{n}"].p50_minutes for n in (1, 2, 3)] == pytest.approx([0, 5, 15])


def test_a_returned_person_rests_for_two_calls() -> None:
    """Whoever came back late waits for two further calls, and for none where the officer would be idle."""
    tickets = [ticket(0, "A", 60), *(ticket(n, "A", 30 - n) for n in (1, 2, 3))]
    found = forecast(outlook(Hall(tickets, [seat(1)], resting=frozenset({"t0000"}))), seed=1)
    assert [found.tickets[f"t000{n}"].p50_minutes for n in range(4)] == pytest.approx([20, 0, 10, 30])
    alone = forecast(outlook(Hall(tickets[:1], [seat(1)], resting=frozenset({"t0000"}))), seed=1)
    assert alone.tickets["t0000"].p50_minutes == 0


def test_missed_people_who_come_back_are_counted() -> None:
    """If all who were missed come back, a new number waits for them, too."""
    missed = [ticket(n, "A", 60, state="missed") for n in range(3)]
    hall = Hall([*missed, *(ticket(n, "A", 30) for n in (4, 5, 6))], [seat(1)])
    nobody = forecast(outlook(hall), seed=1).lines["A"].p50_minutes
    everybody = (
        forecast(outlook(hall, habits=Habits(gone=0, leave_per_hour=0, returns=1.0)), seed=1).lines["A"].p50_minutes
    )
    assert (nobody, everybody > nobody) == (pytest.approx(30), True)


def test_people_who_left_cost_little_time() -> None:
    """If nobody called is there, each costs the two minutes of calling in vain."""
    hall = Hall([ticket(n, "A", 30 - n) for n in range(5)], [seat(1)])
    found = forecast(outlook(hall, habits=Habits(gone=1.0, gone_minutes=2.0)), seed=1)
    assert found.lines["A"].p50_minutes == pytest.approx(10)


def test_an_officers_own_times_count() -> None:
    """Where an officer's own times are known, his desk is played with them."""
    hall = Hall([ticket(n, "A", 30 - n) for n in range(3)], [seat(1)])
    found = forecast(outlook(hall, officer_times={("o1", "A"): LineTimes(4, 0)}), seed=1)
    assert found.lines["A"].p50_minutes == pytest.approx(12)


def test_one_more_desk_shortens_the_wait() -> None:
    """ "What if one more counter opened" halves the wait of one desk, and an open counter is not counted twice."""
    hall = Hall([ticket(n, "A", 30 - n) for n in range(6)], [seat(1)])
    assert forecast(outlook(hall), seed=1).lines["A"].p50_minutes == pytest.approx(60)
    assert what_if(outlook(hall), seat(2), seed=1).lines["A"].p50_minutes == pytest.approx(30)
    assert what_if(outlook(hall), seat(1), seed=1) == forecast(outlook(hall), seed=1)


@given(elapsed=st.floats(0, 600), share=st.floats(0, 1), cv=st.sampled_from([0.0, 0.3, 1.0]))
def test_what_is_left_of_a_service_is_never_negative(elapsed: float, share: float, cv: float) -> None:
    """However long a service has lasted already (a forgotten ticket), the rest is a finite time from now on."""
    sigma = 0.0 if cv == 0 else 0.5
    assert 0 <= residual(2.0, sigma, elapsed, share) < float("inf")


def test_a_long_service_ends_later_than_a_short_one() -> None:
    """With a lognormal service, who has been served much longer than usual is likely to stay longer than usual."""
    middle = [residual(2.0, 0.7, elapsed, 0.5) for elapsed in (5.0, 20.0, 60.0, 200.0)]
    assert middle == sorted(middle)


@given(a=st.floats(0, 600), b=st.floats(0, 600))
def test_a_shown_range_is_in_steps_of_five(a: float, b: float) -> None:
    """Never 0 to 0, never turned round, the far end never below the truth, the middle within 2.5 minutes of it."""
    p50, p90 = sorted((a, b))
    wait = shown(p50, p90)
    assert wait.p50 % 5 == wait.p90 % 5 == 0
    assert 0 <= wait.p50 <= wait.p90
    assert wait.p90 >= max(5, p90)
    assert abs(wait.p50 - p50) <= 2.5
