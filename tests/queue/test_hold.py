"""Stepping out with the number kept: called by nobody meanwhile, back in the place that is his, and no way to cheat."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from server.db import Database, transaction
from server.queue import aside, desk, experience, head, hold, office_view, reception, service, tables, visit
from server.queue.board import waiting_by_line
from server.queue.desk_view import desk_view
from server.queue.forecast import forecast
from server.queue.forecasting import Forecaster
from server.queue.hall import load_hall, load_setting
from server.queue.rules import Hall, Ticket
from server.queue.rules_hold import may_hold, offered
from server.queue.views import phone_ticket
from server.wire import Wait
from tests.queue.absent import Halls, delays_nobody, has_as_many_ahead, in_halls, passes_nobody
from tests.queue.halls import NOW, minutes, seat, ticket
from tests.queue.office import (
    OFFICE,
    all_there_is,
    issue,
    label_of_next,
    now_is,
    officer,
    open_office,
    outcome,
    seated,
    ticket_in,
)  # fmt: skip
from tests.queue.test_forecast import outlook
from tests.server.journalled import kept_its_promises
from tests.server.support import Clock

MANY = settings(max_examples=300, deadline=None)


async def step_out(ticket: Ticket, for_minutes: int = 20) -> Ticket:
    return await hold.hold(await service.follow_token(ticket), for_minutes)


async def come_back(ticket: Ticket) -> Ticket:
    return await hold.back(await service.follow_token(ticket))


@st.composite
def with_somebody_away(draw: st.DrawFn) -> Halls:
    """He stands in the queue again in either way: back by himself, or because his time is over."""
    here = ticket(100, draw(st.sampled_from("ABCD")), draw(st.integers(0, 40)) / 2)
    away = msgspec.structs.replace(here, state="parked", parked_until=NOW + minutes(draw(st.integers(1, 20))))
    if draw(st.booleans()):
        here = msgspec.structs.replace(away, parked_until=NOW)
    return in_halls(draw, away, here)


# --- the rule ------------------------------------------------------------------------------------------------


@MANY
@given(found=with_somebody_away())
def test_who_has_stepped_out_is_called_by_nobody_and_delays_nobody(found: Halls) -> None:
    """Every desk calls, and every place in the queue is, as if he had no number."""
    delays_nobody(found)


@MANY
@given(found=with_somebody_away())
def test_who_is_back_passes_nobody_that_came_before(found: Halls) -> None:
    """The order among the others stays; called himself, he has the earliest v of all whom that desk may call."""
    passes_nobody(found)
    has_as_many_ahead(found)


@pytest.mark.parametrize(
    ("holds", "for_minutes", "at_most", "times", "code"),
    [
        (0, 20, 20, 2, None),
        (1, 5, 20, 2, None),
        (0, 21, 20, 2, "held-too-long"),
        (2, 5, 20, 2, "held-too-often"),
        (0, 5, 0, 2, "no-keeping"),
    ],
)
def test_how_long_and_how_often(holds: int, for_minutes: int, at_most: int, times: int, code: str | None) -> None:
    """As the office allows, and nothing else is offered."""
    waits = msgspec.structs.replace(ticket(1), holds=holds)
    refused = may_hold(waits, for_minutes, at_most, times, NOW)
    assert (refused.code if refused else None) == code
    for choice in offered(waits, at_most, times, NOW):
        assert may_hold(waits, choice, at_most, times, NOW) is None


def test_what_is_offered() -> None:
    """Steps that the office allows, where it allows less than the first step just that; nothing while away."""
    assert offered(ticket(1), 20, 2, NOW) == [5, 10, 15, 20]
    assert offered(ticket(1), 3, 2, NOW) == [3]
    assert offered(ticket(1, state="parked", parked_for=1), 20, 2, NOW) == []
    assert offered(ticket(1, state="parked", parked_for=0), 20, 2, NOW) == [5, 10, 15, 20]
    assert offered(ticket(1, state="called", counter=1), 20, 2, NOW) == []


def test_the_forecast_plays_him_as_somebody_who_is_back_then() -> None:
    """From then on he stands in his place, with all of his service before him, and rests if he had to before."""
    rivals = [ticket(n, waited=30 - n) for n in (2, 3, 4)]
    away = ticket(1, waited=60, state="parked", parked_for=5)
    found = forecast(outlook(Hall([away, *rivals], [seat(1)])), seed=1).tickets
    assert {key: wait.p50_minutes for key, wait in found.items()} == pytest.approx(
        {"t0002": 0, "t0003": 20, "t0004": 30}
    )
    rests = Hall([away, *rivals], [seat(1)], resting=frozenset({away.id}))
    found = forecast(outlook(rests), seed=1).tickets
    assert {key: wait.p50_minutes for key, wait in found.items()} == pytest.approx(
        {"t0002": 0, "t0003": 10, "t0004": 20}
    )


# --- an office's day -----------------------------------------------------------------------------------------


async def test_a_kept_number_keeps_its_place(database: Database, clock: Clock) -> None:
    """Others are called meanwhile and no miss is counted; back before the time is over he is next, by his old v."""
    await open_office()
    dung = await seated("dung", 1)
    mine = await issue()
    clock.forward(minutes=5)
    other, third = await issue(), await issue()
    away = await step_out(mine, 10)
    assert (away.state, away.virtual_at, away.parked_until) == (
        "parked",
        mine.virtual_at,
        clock.now() + timedelta(minutes=10),
    )
    assert (await waiting_by_line(await load_setting(OFFICE)))["A"] == 2
    called = await desk.call_next(dung)
    assert called is not None
    assert called.id == other.id
    await desk.start(dung, other.id)
    await visit.finish(dung, other.id)
    clock.forward(minutes=9)
    back = await come_back(mine)
    assert (back.state, back.virtual_at, back.misses, back.parked_until) == ("waiting", mine.virtual_at, 0, None)
    assert (await waiting_by_line(await load_setting(OFFICE)))["A"] == 2
    called = await desk.call_next(dung)
    assert called is not None
    assert called.id == mine.id
    assert (await now_is(third)).state == "waiting"
    await kept_its_promises(OFFICE)


async def test_when_the_time_is_over_he_is_called_again(database: Database, clock: Clock) -> None:
    """By itself, not a moment before, and a break of the office does not count; then he may still say he is back."""
    await open_office()
    dung = await seated("dung", 1)
    clock.local(11, 20)
    mine = await issue()
    away = await step_out(mine, 20)
    assert away.parked_until == clock.local(13, 40)
    clock.forward(seconds=-1)
    async with transaction():
        assert await label_of_next("dung") is None
    assert await outcome(desk.call_chosen(dung, mine.id, "đứng ngay đây")) == "wrong-state"
    clock.forward(seconds=1)
    async with transaction():
        assert await label_of_next("dung") == mine.label
    assert (await come_back(mine)).state == "waiting"
    await step_out(mine, 5)
    clock.forward(minutes=5)
    called = await desk.call_chosen(dung, mine.id, "đứng ngay đây")
    assert (called.state, called.parked_until, called.kept_ms) == ("called", None, 0)
    await kept_its_promises(OFFICE)


async def test_boards_hear_of_it_when_the_time_is_over(database: Database, clock: Clock) -> None:
    """Written down once, for those whose time is over alone; what a desk keeps stays the desk's."""
    await open_office()
    dung = await seated("dung", 1)
    kept = await ticket_in("serving", dung)
    await aside.park(dung, kept.id, None, 5)
    mine, other = await issue(), await issue()
    await step_out(mine, 5)
    await step_out(other, 10)
    clock.forward(minutes=5)
    await hold.end_holds()
    assert [(await now_is(each)).state for each in (kept, mine, other)] == ["parked", "waiting", "parked"]
    assert (await now_is(mine)).virtual_at == mine.virtual_at
    assert (await waiting_by_line(await load_setting(OFFICE)))["A"] == 1
    before = await all_there_is()
    await hold.end_holds()
    assert await all_there_is() == before
    await kept_its_promises(OFFICE)


async def test_what_is_refused_leaves_no_trace(database: Database, clock: Clock) -> None:
    """Twice, too long, too often, by a stranger, where it is not offered: a code each, and nothing has happened."""
    await open_office(keep_number_minutes=15, keep_number_times=2)
    mine = await issue()
    for _ in range(2):
        before = await all_there_is()
        assert await outcome(step_out(mine, 16)) == "held-too-long"
        assert await outcome(come_back(mine)) == "wrong-state"
        assert await outcome(hold.hold("0" * 12, 5)) == "no-such-ticket"
        assert await all_there_is() == before
        await step_out(mine, 15)
        before = await all_there_is()
        assert await outcome(step_out(mine, 5)) == "already-held"
        assert await all_there_is() == before
        await come_back(mine)
    before = await all_there_is()
    assert await outcome(step_out(mine, 5)) == "held-too-often"
    assert await all_there_is() == before
    assert (await now_is(mine)).holds == 2


async def test_an_office_may_do_without(database: Database, clock: Clock, forecaster: Forecaster) -> None:
    """With 0 minutes it is neither offered nor taken."""
    await open_office(keep_number_minutes=0)
    mine = await issue()
    assert (await phone_ticket(await service.follow_token(mine), "vi", forecaster)).hold_minutes == []
    assert await outcome(step_out(mine, 5)) == "no-keeping"


async def test_stepping_out_is_no_way_around_a_rest(database: Database, clock: Clock) -> None:
    """Who missed a call and came back lets two further calls go first, also when he steps out and in again."""
    await open_office()
    dung = await seated("dung", 1)
    mine = await ticket_in("missed", dung)
    others = [await issue() for _ in range(3)]
    await aside.return_(dung, mine.id)
    await step_out(mine, 5)
    clock.forward(minutes=5)
    called = []
    for _ in range(4):
        ticket = await desk.call_next(dung)
        assert ticket is not None
        called.append(ticket.id)
        await desk.start(dung, ticket.id)
        await visit.finish(dung, ticket.id)
    assert called == [others[0].id, others[1].id, mine.id, others[2].id]


async def test_the_phone_says_how_long_and_how_many_are_ahead(
    database: Database, clock: Clock, forecaster: Forecaster
) -> None:
    """Until when, how many he would find, no wait; once the time is over it is a number that waits."""
    await open_office()
    await seated("dung", 1)
    await issue()
    mine = await issue()
    token = await service.follow_token(mine)
    seen = await phone_ticket(token, "vi", forecaster)
    assert (seen.state, seen.held_until, seen.hold_minutes) == ("waiting", UNSET, [5, 10, 15, 20])
    away = await step_out(mine, 10)
    seen = await phone_ticket(token, "vi", forecaster)
    assert (seen.state, seen.held_until, seen.ahead, seen.wait) == ("parked", away.parked_until, 1, None)
    assert seen.hold_minutes == []
    clock.forward(minutes=10)
    seen = await phone_ticket(token, "vi", forecaster)
    assert (seen.state, seen.held_until, seen.ahead, seen.hold_minutes) == ("waiting", UNSET, 1, [5, 10, 15, 20])


async def test_the_desk_sees_him_as_away_and_not_as_its_own(database: Database, clock: Clock) -> None:
    """Listed with the time, not to be resumed nor handed over; whoever sees him sends him back into the queue."""
    await open_office()
    dung = await seated("dung", 1)
    kept, other = await ticket_in("parked", dung), await issue()
    away = await step_out(other, 10)
    seen = await desk_view(dung, "vi")
    assert [(each.id, each.back_by) for each in seen.away] == [(other.id, away.parked_until)]
    assert [each.id for each in seen.parked] == [kept.id]
    assert seen.next == []
    assert await outcome(aside.resume(dung, other.id)) == "wrong-state"
    await aside.handover(dung, "son")
    assert (await now_is(other)).officer is None
    son = await officer("son")
    back = await aside.return_(son, other.id)
    assert (back.state, back.virtual_at, back.returned_seq) == ("waiting", other.virtual_at, None)
    await step_out(other, 10)
    clock.forward(minutes=10)
    seen = await desk_view(son, "vi")
    assert ([each.id for each in seen.next], seen.away) == ([other.id], [])


async def test_reception_and_the_end_of_the_day(database: Database, clock: Clock) -> None:
    """Reception brings him back with the time waited; the end of the day closes him as everybody."""
    await open_office()
    lan, mine, other = await officer("lan"), await issue(), await issue()
    await step_out(mine, 10)
    clock.forward(minutes=1)
    listed = {each.id: each.returnable for each in await office_view.reception_tickets(OFFICE, "A", None, "vi")}
    assert listed == {mine.id: True, other.id: False}
    back = await reception.bring_back(lan, mine.id)
    assert (back.state, back.virtual_at) == ("waiting", mine.virtual_at)
    await step_out(other, 10)
    await service.withdraw_own(await service.follow_token(other))
    await step_out(mine, 10)
    await head.end_day(await officer("huong"))
    assert [(await now_is(each)).state for each in (mine, other)] == ["closed", "withdrawn"]
    await kept_its_promises(OFFICE)


async def test_a_promise_is_not_graded_by_who_stepped_out(database: Database, clock: Clock) -> None:
    """How late he was called is his own affair; of the two promises only the other one counts."""
    await open_office()
    dung = await seated("dung", 1)
    setting = await load_setting(OFFICE)
    for steps_out in (True, False):
        mine = await issue()
        hall = await load_hall(setting, clock.now())
        await experience.promise(mine, Wait(p50=0, p90=5), experience.glance(setting, hall, mine, None, clock.now()))
        if steps_out:
            await step_out(mine, 20)
            clock.forward(minutes=20)
        await desk.call_next(dung)
        await desk.start(dung, mine.id)
        await visit.finish(dung, mine.id)
    assert await tables.Promise.count() == 2
    graded = (await experience.truth(setting, mine.day)).ours
    assert graded is not None
    assert (graded.count, graded.mean_error) == (1, 0)
