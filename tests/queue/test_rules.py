"""The promises of the calling rule (DESIGN section 5) on random halls, each shown to break without its guard."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from server.clock import milliseconds
from server.queue import rules
from server.queue.rules import Hall, Seat, Ticket, choose, ordered, virtual_arrival
from tests.queue.halls import NOW, Call, Guest, desks, first_call, guests, halls, minutes, played, seat, ticket

HEAD_START, GRACE = timedelta(minutes=20), timedelta(minutes=15)
MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEARCH = settings(max_examples=5000, deadline=None, database=None, phases=[Phase.generate])
"""For finding a hall that breaks a promise; any will do, so it is not made smaller."""


def passed_by_too_many(people: Sequence[Guest], calls: Sequence[Call]) -> bool:
    """Whether anybody was called before somebody who was there, could have been taken, and had a better claim."""
    by_key = {guest.key: guest for guest in people}
    most = max(guest.rate for guest in people)
    firsts = {call.key: call.at for call in reversed(calls) if not call.again}
    for call in calls:
        k = by_key[call.key]
        for key, at in firsts.items():
            j = by_key[key]
            there = j.comes <= call.at < at and j.line in call.seat.lines
            there = there and not (j.out and j.out[0] <= call.at < j.out[1])
            if there and k.v > max(j.v, j.v + (1 - j.rate / most) * (at - j.v)) + 1e-9:
                return True
    return False


@MANY
@given(people=guests(ahead_of_clock=5, step_out=True), seats=desks())
def test_nobody_is_passed_by_more_than_the_bound(people: list[Guest], seats: list[Seat]) -> None:
    """Whoever a desk that serves j calls before him, who is there, arrived by v_j + (1 - b_j / b_max)(t - v_j)."""
    assert not passed_by_too_many(people, played(people, seats))


def test_strict_priority_breaks_the_bound() -> None:
    """The bound is the accumulating policy's: a hall is found where `strict` does not keep it."""
    find(guests(), lambda people: passed_by_too_many(people, played(people, [seat(1)], "strict")), settings=SEARCH)


def delayed_by(change: Callable[[Guest], Guest]) -> Callable[..., bool]:
    """Whether the first of these people is called later when this is changed about him and nothing else."""

    def worse(people: list[Guest], seats: Sequence[Seat] = (seat(1, "AB"), seat(2, "BCD"), seat(3, "A"))) -> bool:
        changed = [change(people[0]), *people[1:]]
        return first_call(played(changed, seats), people[0].key) > first_call(played(people, seats), people[0].key)

    return worse


def promoted(guest: Guest) -> Guest:
    """The same person in a higher class."""
    return msgspec.structs.replace(guest, rate=guest.rate * 2)


@MANY
@given(people=guests(ahead_of_clock=5))
def test_a_higher_class_never_delays_a_first_call(people: list[Guest]) -> None:
    """With twice the rate and all else equal, nobody is first called later, not even with a clock that is fast."""
    assert not delayed_by(promoted)(people)


@MANY
@given(people=guests(ahead_of_clock=5), earlier=st.integers(1, 40))
def test_an_earlier_arrival_never_delays_a_first_call(people: list[Guest], earlier: int) -> None:
    """With an earlier v and all else equal, nobody is first called later."""
    assert not delayed_by(lambda guest: msgspec.structs.replace(guest, v=guest.v - earlier))(people)


def test_without_the_zero_a_higher_class_can_be_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take `max(0, ...)` away, and of two people ahead of the clock one loses by being in the higher class."""
    people = [Guest(0, "A", 100, comes=1, v=6, takes=10), Guest(1, "A", 100, comes=1, v=7, takes=10)]
    assert not delayed_by(promoted)(people, [seat(1)])
    monkeypatch.setattr(rules, "accumulated", lambda t, now: t.rate * milliseconds(now - t.virtual_at))
    assert delayed_by(promoted)(people, [seat(1)])


def booking_hurts(people: list[Guest], early: int) -> bool:
    """Whether the first person is called later with an appointment kept in time than with a number."""
    guest = people[0]
    slot = NOW + minutes(guest.comes + early)
    v = rules.virtual_arrival(NOW + minutes(guest.comes), slot, HEAD_START, GRACE)
    number = msgspec.structs.replace(guest, v=guest.comes)
    booked = msgspec.structs.replace(guest, v=(v - NOW) / timedelta(minutes=1))
    return delayed_by(lambda _: booked)([number, *people[1:]])


@MANY
@given(people=guests(), early=st.integers(0, 60))
def test_booking_never_hurts(people: list[Guest], early: int) -> None:
    """An appointment kept in time, however early, is first called no later than a number taken on arrival."""
    assert not booking_hurts(people, early)


def test_without_the_earlier_of_both_booking_can_hurt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were v always slot minus head start, a hall is found where coming early is worse than a number."""
    monkeypatch.setattr(rules, "virtual_arrival", lambda arrived, slot, head_start, grace: slot - head_start)
    find(guests(), lambda people: booking_hurts(people, 45), settings=SEARCH)


@given(arrived=st.integers(-120, 120))
def test_late_people_are_never_better_off_than_those_in_time(arrived: int) -> None:
    """Coming a minute later never gives an earlier v, and nobody's v is later than his arrival."""
    slot = NOW

    def counted(minute: int) -> datetime:
        return virtual_arrival(NOW + minutes(minute), slot, HEAD_START, GRACE)

    assert counted(arrived) <= counted(arrived + 1)
    assert counted(arrived) <= NOW + minutes(arrived)


def depends_on_row_order(hall: Hall) -> bool:
    """Whether some desk's choice, or the queue, changes with the order in which rows come in."""
    tickets = list(hall.tickets)
    Random(1).shuffle(tickets)
    for rows in (tickets, tickets[::-1]):
        other = msgspec.structs.replace(hall, tickets=rows)
        if ordered(rows, NOW, hall.discipline) != ordered(hall.tickets, NOW, hall.discipline):
            return True
        if any(choose(each, other, NOW) != choose(each, hall, NOW) for each in hall.seats):
            return True
    return False


@MANY
@given(hall=halls())
def test_the_order_rows_come_in_does_not_matter(hall: Hall) -> None:
    """Every desk chooses the same from the same tickets in any order, equal arrivals included."""
    assert not depends_on_row_order(hall)


def test_without_the_tie_breaks_row_order_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rank by priority alone, and a hall is found whose choice depends on the database's mood."""
    monkeypatch.setattr(rules, "_rank", lambda t, now, discipline: (-rules.accumulated(t, now),))
    find(halls(discipline="accumulating"), depends_on_row_order, settings=SEARCH)


def forgotten(people: Sequence[Guest], seats: Sequence[Seat]) -> bool:
    """Whether somebody who missed a call and came back was not called again when the hall had emptied."""
    calls = played(people, seats)
    again = {call.key for call in calls if call.again}
    return any(guest.back_after is not None and guest.key not in again for guest in people)


@MANY
@given(people=guests(), seats=desks())
def test_everybody_who_came_back_is_called_again(people: list[Guest], seats: list[Seat]) -> None:
    """The last missed person of the day, too: an officer who would stand idle need not wait for two further calls."""
    assert not forgotten(people, seats)


def test_if_resting_were_absolute_the_last_would_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave those who rest out of the queue, and a hall is found where the last person waits for ever."""
    whole = rules.queue_of

    def ready(desk: Seat, hall: Hall, now: datetime) -> list[Ticket]:
        return [each for each in whole(desk, hall, now) if each.id not in hall.resting]

    monkeypatch.setattr(rules, "queue_of", ready)
    find(guests(), lambda people: forgotten(people, [seat(1)]), settings=SEARCH)


def stream(every: float, count: int, rate: int) -> list[Guest]:
    """Somebody ordinary, and from then on somebody of a higher class at every so many minutes; 10 minutes each."""
    others = [Guest(n, "A", rate, n * every, n * every, 10) for n in range(1, count + 1)]
    return [Guest(0, "A", 100, 0.0, 0.0, 10), Guest(999, "A", rate, 0.0, 0.0, 10), *others]


@settings(max_examples=30, deadline=None)
@given(load=st.floats(0.3, 1.3), rate=st.sampled_from([150, 200, 300]))
def test_the_wait_of_the_ordinary_is_bounded(load: float, rate: int) -> None:
    """Under a stream of priority people the wait is at most the work at hand / (1 - load (1 - 1 / b)), even above 1."""
    share = load * (1 - 100 / rate)
    calls = played(stream(10 / load, 120, rate), [seat(1)])
    assert first_call(calls, 0) <= 20 / (1 - share) + 1e-6


def test_strict_priority_lets_the_ordinary_wait_for_the_end_of_the_stream() -> None:
    """The same stream under `strict`, fuller than one desk: the ordinary person comes last of all."""
    calls = played(stream(10 / 1.1, 120, 300), [seat(1)], "strict")
    assert calls[-1].key == 0


def test_others_leave_a_ticket_to_its_officer_while_he_is_there_or_due() -> None:
    """Booked with an officer: nobody else takes it while he is at work or due today; afterwards anybody skilled may."""
    mine = ticket(1, "A", 10, only_officer="o1")
    hall = Hall([mine], [seat(2)], due_officers=frozenset({"o1"}))
    assert choose(seat(2), hall, NOW) is None
    assert choose(seat(2), msgspec.structs.replace(hall, due_officers=frozenset()), NOW) == mine
    assert choose(seat(1), Hall([mine], [seat(1), seat(2)]), NOW) == mine
    assert choose(seat(2), Hall([mine], [seat(1), seat(2)]), NOW) is None


def test_two_calls_go_first_when_somebody_comes_back() -> None:
    """A returned ticket rests until its line has had two further calls, whatever other lines do."""
    back = msgspec.structs.replace(ticket(1, "A", 60), returned_seq=50)
    assert rules.resting(back, [10, 49, 51])
    assert not rules.resting(back, [51, 52])
    assert not rules.resting(ticket(1, "A", 60), [])
    rival = ticket(2, "A", 5)
    assert choose(seat(1), Hall([back, rival], [seat(1)], resting=frozenset({back.id})), NOW) == rival
    assert choose(seat(1), Hall([back, rival], [seat(1)]), NOW) == back
