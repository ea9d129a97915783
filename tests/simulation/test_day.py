"""A simulated day does what a hall does, and always the same for the same seed."""

from pathlib import Path
from random import Random

import msgspec
import pytest

from server.queue.rules import Ticket
from server.simulation.day import MINUTE, Day, Person, draw_people, simulate
from server.simulation.fairness import fairness, staffing
from server.simulation.scenario import Desk, Line, Scenario, load, shipped


def hall(desks: tuple[Desk, ...] = (Desk(frozenset({"A"})),), **more: object) -> Scenario:
    """A hall with one line, open from eight to twelve and from one to three."""
    plain = Scenario(
        name="test",
        about="",
        doors="07:30",
        hours=("08:00-12:00", "13:00-15:00"),
        people=10,
        people_cv=0,
        step=60,
        arrivals=(("08:00", 1.0),),
        lines={"A": Line(10, 0, 1), "B": Line(10, 0, 0)},
        desks=desks,
    )
    return msgspec.structs.replace(plain, **more)


def person(at: str, takes: float = 10, line: str = "A", **more: object) -> Person:
    """Somebody who comes at `HH:MM`."""
    hours, _, rest = at.partition(":")
    found = Person((int(hours) * 60 + int(rest)) * MINUTE, line, None, 100, takes)
    return msgspec.structs.replace(found, **more)


def called(scenario: Scenario, *people: Person) -> list[str | None]:
    """When each of these people is first called, as `HH:MM`."""
    outcomes = {outcome.person: outcome.called for outcome in simulate(scenario, people)}
    times = [outcomes[each] for each in people]
    return [None if at is None else f"{at // MINUTE // 60:02d}:{at // MINUTE % 60:02d}" for at in times]


def test_people_before_opening_wait_for_the_door() -> None:
    """Whoever comes at seven gets a number at half past and is called at eight, in order of arrival."""
    assert called(hall(), person("07:00"), person("07:10")) == ["08:00", "08:10"]


def test_a_break_finishes_what_was_begun_and_calls_nobody() -> None:
    """A service begun at 11:55 is finished in the break; the next person is called after it."""
    assert called(hall(), person("11:55"), person("11:56"), person("12:30")) == ["11:55", "13:00", "13:10"]


def test_whoever_is_not_called_by_closing_is_not_called() -> None:
    """Whoever still waits at three, when the day is over, is called no more."""
    assert called(hall(), person("14:50", 20), person("14:51")) == ["14:50", None]


def test_a_desk_takes_only_its_lines() -> None:
    """Somebody waits although a desk for another line is idle."""
    desks = (Desk(frozenset({"A"})), Desk(frozenset({"B"})))
    assert called(hall(desks), person("09:00"), person("09:01"), person("09:02", line="B")) == [
        "09:00",
        "09:10",
        "09:02",
    ]


def test_a_miss_costs_two_minutes_and_the_returned_rests() -> None:
    """Absent at 09:00, back at 09:05: two further calls of the line go first."""
    away = person("09:00", absent=True, returns_after=3.0)
    day = Day(hall(), [away, person("09:01"), person("09:02"), person("09:03"), person("09:04")], "accumulating", 1.0)
    calls: list[tuple[str, int]] = []
    original = day._call

    def watch(j: int, ticket: Ticket) -> None:
        calls.append((ticket.id, day.now // MINUTE - 540))
        original(j, ticket)

    day._call = watch  # type: ignore[method-assign]
    day.run()
    assert calls == [("00000", 0), ("00001", 2), ("00002", 12), ("00003", 22), ("00000", 32), ("00004", 42)]


def test_the_parked_are_finished_with_at_their_desk() -> None:
    """Sent away after 5 of 10 minutes for 12: the desk serves the next meanwhile, and finishes with him then."""
    assert called(hall(), person("09:00", parks_for=12.0), person("09:01"), person("09:02")) == [
        "09:00",
        "09:05",
        "09:15",
    ]
    assert called(hall(), person("09:00", parks_for=2.0), person("09:01"), person("09:02")) == [
        "09:00",
        "09:05",
        "09:20",
    ]


def test_whoever_leaves_is_called_in_vain() -> None:
    """With patience for five minutes and a wait of ten, the call is lost and costs two minutes."""
    assert called(hall(), person("09:00"), person("09:00", patience=5.0), person("09:01")) == [
        "09:00",
        "09:10",
        "09:12",
    ]


def test_an_appointment_in_time_goes_before_a_number_taken_in_its_head_start() -> None:
    """Booked for 09:20, there at 09:15: goes before a number of 09:05, not before one of 08:55."""
    booked = person("09:15", slot=(9 * 60 + 20) * MINUTE)
    others = [person("08:50", 40), person("08:55"), person("09:05")]
    assert called(hall(), *others, booked) == ["08:50", "09:30", "09:50", "09:40"]


@pytest.mark.parametrize("name", ["fairness", "ward", "pool", "branch"])
def test_every_shipped_scenario_can_be_played(name: str) -> None:
    """It loads, its people come, nearly all are called, each once, none before the number was issued."""
    scenario = load(name)
    people = draw_people(scenario, Random(1))
    outcomes = simulate(scenario, people)
    assert len(outcomes) == sum(1 for each in people if each.at < scenario.closes * MINUTE)
    assert sum(1 for outcome in outcomes if outcome.called is not None) > 0.8 * len(outcomes)
    assert all(outcome.called is None or outcome.called >= outcome.issued for outcome in outcomes)
    assert name in shipped()


def test_the_same_seed_gives_the_same_day() -> None:
    """People, calls and all; another seed gives other people."""
    scenario = load("ward")
    first, again = (simulate(scenario, draw_people(scenario, Random(7))) for _ in range(2))
    assert first == again
    assert draw_people(scenario, Random(8)) != draw_people(scenario, Random(7))


def test_a_scenario_that_does_not_add_up_is_refused(tmp_path: Path) -> None:
    """Shares must sum to 1, desks must serve lines that exist, and no key may be misspelt."""
    good = """
name = "mine"
about = ""
doors = "08:00"
hours = ["08:00-12:00"]
people = 10
people_cv = 0.1
step = 240
arrivals = [["08:00", 1.0]]
lines = { A = { minutes = 5, cv = 0.5, share = 1.0 } }
desks = [{ lines = ["A"] }]
"""
    path = tmp_path / "mine.toml"
    path.write_text(good)
    assert load(str(path)).name == "mine"
    for wrong, complaint in (
        (good.replace("share = 1.0", "share = 0.7"), "shares of lines"),
        (good.replace('["08:00", 1.0]', '["08:00", 0.5]'), "shares of arrivals"),
        (good.replace('lines = ["A"]', 'lines = ["A", "Z"]'), "unknown lines"),
        (good.replace("people_cv", "people_spread"), "people_spread|people_cv"),
    ):
        path.write_text(wrong)
        with pytest.raises(ValueError, match=complaint):
            load(str(path))


def test_the_disciplines_differ_as_they_should() -> None:
    """On the same people: strict favours priority people most, accumulating less; all together wait the same."""
    found = {each.discipline: each for each in fairness(load("fairness"), days=60, seed=2)}
    fifo, strict, ours = found["fifo"], found["strict"], found["accumulating"]
    assert strict.priority.value < ours.priority.value < fifo.priority.value
    assert fifo.others.value < ours.others.value < strict.others.value
    assert ours.others_p99 <= strict.others_p99
    assert ours.everybody.value == pytest.approx(fifo.everybody.value, rel=0.05)


def test_more_desks_mean_less_waiting() -> None:
    """Each further desk shortens the mean wait and serves more people in time."""
    found = staffing(load("fairness"), days=20, seed=2)
    waits = [each.wait.value for each in found]
    assert [each.desks for each in found] == [3, 4, 5, 6]
    assert waits == sorted(waits, reverse=True)
    assert [each.in_time for each in found] == sorted(each.in_time for each in found)
