"""What a day does to tickets: breaks, misses, cards, closing, midnight, and the numbers of the next morning."""

from datetime import date, timedelta
from itertools import pairwise
from unicodedata import normalize

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.db import Database, transaction
from server.queue import aside, desk, head, reception, service, visit
from server.queue.days import end_old_days
from server.queue.hall import desks, load_hall, load_setting
from server.queue.rules import due_back
from server.queue.rules_numbers import Series, begun_at, next_number
from tests.queue.office import (
    OFFICE,
    all_there_is,
    for_nothing,
    issue,
    now_is,
    officer,
    open_office,
    outcome,
    seated,
    ticket_in,
)  # fmt: skip
from tests.server.journalled import kept_its_promises, snapshot
from tests.server.support import Clock

SHARED = settings(max_examples=200, deadline=None)


# --- breaks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hour", "minute", "in_time"), [(13, 45, True), (13, 50, True), (13, 51, False)])
async def test_the_missed_lose_no_time_over_lunch(
    database: Database, clock: Clock, hour: int, minute: int, in_time: bool
) -> None:
    """Missed ten minutes before the break: thirty open minutes later is 13:50, until when the time waited is kept."""
    await open_office()
    dung = await seated("dung", 1)
    clock.local(11, 20)
    ticket = await ticket_in("missed", dung)
    clock.local(hour, minute)
    back = await aside.return_(dung, ticket.id)
    assert back.virtual_at == (ticket.virtual_at if in_time else clock.now())
    assert (back.returned_seq is not None) == in_time


async def test_who_comes_back_too_late_is_an_ordinary_walk_in(database: Database, clock: Clock) -> None:
    """After `return_within_minutes` the place is at the end; in time it is after two further calls."""
    await open_office(return_within_minutes=30)
    dung = await seated("dung", 1)
    late, early = await ticket_in("missed", dung), await ticket_in("missed", dung)
    clock.forward(minutes=30)
    await aside.return_(dung, early.id)
    clock.forward(seconds=1)
    others = [await issue() for _ in range(3)]
    clock.forward(seconds=1)
    await aside.return_(dung, late.id)
    called = []
    for _ in range(5):
        clock.forward(minutes=1)
        ticket = await desk.call_next(dung)
        assert ticket is not None
        called.append(ticket.id)
        await desk.start(dung, ticket.id)
        await visit.finish(dung, ticket.id)
    assert called == [others[0].id, others[1].id, early.id, others[2].id, late.id]


async def test_the_last_miss_is_a_no_show(database: Database, clock: Clock) -> None:
    """At the `max_calls`-th miss, and not before, a number is given up."""
    await open_office(max_calls=3)
    dung = await seated("dung", 1)
    ticket = await issue()
    for time in (1, 2, 3):
        await desk.call_next(dung)
        missed = await desk.miss(dung, ticket.id)
        assert (missed.state, missed.misses) == ("no-show" if time == 3 else "missed", time)
        if time < 3:
            await aside.return_(dung, ticket.id)
    assert await outcome(aside.return_(dung, ticket.id)) == "wrong-state"
    head_ = await officer("huong")
    assert (await reception.reactivate(head_, ticket.id)).misses == 0


async def test_a_kept_number_comes_back_by_itself(database: Database, clock: Clock) -> None:
    """Kept for twenty minutes at 11:20 it is callable at 13:40: its clock stands still over lunch."""
    await open_office()
    dung, trang = await seated("dung", 1), await seated("trang", 2)
    clock.local(11, 20)
    ticket = await ticket_in("serving", dung)
    kept = await aside.park(dung, ticket.id, "đi nộp lệ phí", 20)
    clock.local(13, 40)
    assert kept.parked_until == clock.now()
    clock.forward(seconds=-1)
    assert await desk.call_next(trang) is None
    clock.forward(seconds=1)
    again = await desk.call_next(trang)
    assert again is not None
    assert (again.id, again.counter, again.parked_until) == (ticket.id, 2, None)


async def test_without_a_time_a_kept_number_waits_for_its_holder(database: Database, clock: Clock) -> None:
    """It is never called by itself; any desk that serves its line resumes it, and the time away is no service."""
    await open_office()
    dung, trang = await seated("dung", 1), await seated("trang", 2)
    ticket = await ticket_in("parked", dung)
    clock.forward(hours=1)
    assert await desk.call_next(dung) is None
    resumed = await aside.resume(trang, ticket.id)
    assert (resumed.state, resumed.counter, resumed.kept_ms) == ("serving", 2, 3_600_000)
    assert resumed.started_at == ticket.started_at
    son = await seated("son", 3)  # a counter for civil status alone
    other = await ticket_in("parked", dung)
    assert await outcome(aside.resume(son, other.id)) == "not-your-line"


@SHARED
@given(
    since=st.integers(0, 600), length=st.integers(1, 300), cuts=st.lists(st.integers(0, 600), max_size=6, unique=True)
)
def test_a_break_never_shortens_an_absence(since: int, length: int, cuts: list[int]) -> None:
    """Exactly so many open minutes pass until somebody is due, whatever breaks there are, if the day is long enough."""
    noon = Clock().at
    at = [noon + timedelta(minutes=cut) for cut in sorted(cuts)]
    opening = list(zip(at[::2], at[1::2], strict=False))
    start, span = noon + timedelta(minutes=since), timedelta(minutes=length)
    due = due_back(start, span, opening)
    assert due >= start + span
    passed = sum((max(timedelta(0), min(b, due) - max(a, start)) for a, b in opening), timedelta(0))
    shut = not any(a <= start < b for a, b in opening)
    closes_before = sum((max(timedelta(0), b - max(a, start)) for a, b in opening), timedelta(0)) < span
    assert passed == span or ((shut or closes_before) and due == start + span)


async def test_a_counter_on_a_break_calls_nobody(database: Database, clock: Clock) -> None:
    """Neither by the rule nor by choice, and nothing is resumed or undone there, until the break is over."""
    await open_office()
    dung = await seated("dung", 1)
    kept, done = await ticket_in("parked", dung), await ticket_in("served", dung)
    waiting = await issue()
    assert await outcome(desk.pause(dung, "họp", clock.now())) == "not-future"
    await desk.pause(dung, "họp", clock.now() + timedelta(minutes=10))
    before = await all_there_is()
    for deed in (
        desk.call_next(dung), desk.call_chosen(dung, waiting.id, "việc gấp"), aside.resume(dung, kept.id),
        aside.undo(dung, done.id),
    ):  # fmt: skip
        assert await outcome(deed) == "counter-paused"
    assert await all_there_is() == before
    await desk.unpause(dung)
    assert await outcome(desk.unpause(dung)) is None
    called = await desk.call_next(dung)
    assert called is not None
    assert await outcome(desk.pause(dung, "họp", None)) == "still-serving"


# --- reception and cards ---------------------------------------------------------------------------------------


async def test_a_card_that_was_handed_in_names_nobody(database: Database, clock: Clock) -> None:
    """Who missed a call, left the card and comes back is called by number: the card may be somebody else's by then."""
    await open_office()
    lan, dung = await officer("lan"), await seated("dung", 1)
    given = await reception.give_number(lan, service.Wanted(line="A", card="17"))
    assert await outcome(reception.give_number(lan, service.Wanted(line="A", card="17"))) == "card-out"
    assert await outcome(reception.put_card(lan, "17", "in")) == "card-in-use"
    assert await outcome(reception.put_card(lan, "1" * 11, "in")) == "no-such-card"
    await desk.call_next(dung)
    await desk.miss(dung, given.ticket.id)
    await reception.put_card(lan, "17", "in")
    again = await reception.give_number(lan, service.Wanted(line="A", card="17"))
    back = await reception.bring_back(lan, given.ticket.id)
    assert (given.ticket.label, again.ticket.label, back.label) == ("17", "17", "A001")


async def test_a_card_is_one_card_however_its_label_is_typed(database: Database, clock: Clock) -> None:
    """Labels are kept composed, and one that could never be typed again is not handed out."""
    await open_office()
    lan = await officer("lan")
    given = await reception.give_number(lan, service.Wanted(line="A", card=normalize("NFD", "Thẻ 5")))
    assert given.ticket.label == "Thẻ 5"
    before = await all_there_is()
    assert await outcome(reception.give_number(lan, service.Wanted(line="A", card="Thẻ 5"))) == "card-out"
    for unseen in ("5\u200b", "5\n"):
        assert await outcome(reception.give_number(lan, service.Wanted(line="A", card=unseen))) == "no-such-card"
        assert await outcome(service.issue(OFFICE, service.Wanted(line="A", card=unseen), "device:k")) == "no-such-card"
    assert await all_there_is() == before


async def test_a_card_that_is_kept_stays_the_name(database: Database, clock: Clock) -> None:
    """Missed and back with the card in hand: it is called as before."""
    await open_office()
    lan, dung = await officer("lan"), await seated("dung", 1)
    given = await reception.give_number(lan, service.Wanted(line="A", card="17"))
    await desk.call_next(dung)
    await desk.miss(dung, given.ticket.id)
    assert (await reception.bring_back(lan, given.ticket.id)).label == "17"


async def test_reception_brings_back_until_the_doors_close(database: Database, clock: Clock) -> None:
    """Whom the end of the day closed waits again from now on, today and while the office is open; never another day."""
    await open_office()
    lan, huong, dung = await officer("lan"), await officer("huong"), await seated("dung", 1)
    closed, gone = await ticket_in("closed", dung), await ticket_in("no-show", dung)
    async with transaction():
        clock.forward(minutes=5)
        async with for_nothing():
            assert (await reception.bring_back(lan, closed.id)).virtual_at == clock.now()
            assert (await reception.reactivate(huong, gone.id)).virtual_at == clock.now()
        before = await all_there_is()
        clock.local(17, 0)
        assert await outcome(reception.bring_back(lan, closed.id)) == "office-closed"
        assert await outcome(reception.reactivate(huong, gone.id)) == "office-closed"
        assert await all_there_is() == before
    clock.local(9, 0, days=1)
    assert await outcome(reception.bring_back(lan, closed.id)) == "too-old"
    assert await outcome(reception.reactivate(huong, gone.id)) == "too-old"


# --- the day ---------------------------------------------------------------------------------------------------


async def test_the_end_of_a_day_says_so_once(database: Database, clock: Clock) -> None:
    """Not while somebody is at a counter; then counters and tickets are closed, and a second press is nothing."""
    await open_office()
    huong, dung = await officer("huong"), await seated("dung", 1)
    kept, current = await ticket_in("parked", dung), await ticket_in("called", dung)
    waiting = await issue()
    before = await all_there_is()
    assert await outcome(head.end_day(huong)) == "still-serving"
    assert await all_there_is() == before
    await desk.start(dung, current.id)
    await visit.finish(dung, current.id)
    await head.end_day(huong)
    assert [(await now_is(ticket)).state for ticket in (kept, current, waiting)] == ["closed", "served", "closed"]
    board = await snapshot(OFFICE)
    assert [notice.code for notice in board.state.notices] == ["closed"]
    assert not any(counter.open for counter in board.state.counters)
    before = await all_there_is()
    await head.end_day(huong)
    assert await all_there_is() == before
    await kept_its_promises(OFFICE)


async def test_a_forgotten_close_heals_at_the_next_opening(database: Database, clock: Clock) -> None:
    """Nobody pressed anything on Friday: the first number of Monday finds the hall empty, and begins with one again."""
    await open_office()
    dung = await seated("dung", 1)
    left = [await ticket_in("serving", dung), await issue(), await issue()]
    clock.local(8, 0, days=3)
    first = await issue()
    assert first.label == "A001"
    assert {(await now_is(ticket)).state for ticket in left} == {"closed"}
    assert not any(each.officer for each in await desks(OFFICE))
    assert [ticket.id for ticket in (await load_hall(await load_setting(OFFICE), clock.now())).tickets] == [first.id]
    await kept_its_promises(OFFICE)


async def test_a_day_ends_by_itself_where_nobody_comes(database: Database, clock: Clock) -> None:
    """Soon after midnight the minute's round closes what is left, and leaves it at that afterwards."""
    await open_office()
    ticket = await issue()
    clock.local(0, 1, days=1)
    await end_old_days()
    assert (await now_is(ticket)).state == "closed"
    before = await all_there_is()
    await end_old_days()
    assert await all_there_is() == before


async def test_an_office_that_never_closes_carries_on(database: Database, clock: Clock) -> None:
    """Over midnight desks and tickets stay as they are; numbers go on until a day begins with none open."""
    await open_office(around_the_clock=True)
    dung = await seated("dung", 1)
    clock.local(23, 50)
    current, waiting = await ticket_in("serving", dung), await issue()
    clock.local(0, 5, days=1)
    after = await issue()
    assert [current.label, waiting.label, after.label] == ["A001", "A002", "A003"]
    assert after.day == waiting.day + timedelta(days=1)
    await visit.finish(dung, current.id, then_next=True)
    for ticket in (waiting, after):
        await desk.start(dung, ticket.id)
        await visit.finish(dung, ticket.id, then_next=ticket is waiting)
    clock.local(0, 5, days=1)
    assert (await issue()).label == "A001"
    assert [each.counter for each in await desks(OFFICE) if each.officer] == [1]
    await kept_its_promises(OFFICE)


async def test_numbers_begin_where_the_head_says(database: Database, clock: Clock) -> None:
    """In the middle of a day the next number follows those given on paper; never one that was given already."""
    await open_office()
    huong = await officer("huong")
    await issue()
    before = await all_there_is()
    for line, number, code in (
        ("Z", 5, "no-such-line"), ("A", 1000, "bad-number"), ("A", 0, "bad-number"), ("A", 1, "number-taken"),
    ):  # fmt: skip
        assert await outcome(head.start_numbers(huong, line, number)) == code
    assert await all_there_is() == before
    await head.start_numbers(huong, "A", 41)
    assert (await issue()).label == "A041"
    await head.start_numbers(huong, "H", 7)
    assert (await issue("H")).label == "H007"
    await head.start_numbers(huong, "A", 999)
    assert (await issue()).label == "A999"
    assert await outcome(issue()) == "line-full"  # coming round would give A001 a second time


FIRST, LAST = 1, 6
DAY = date(2026, 11, 23)


@SHARED
@given(
    steps=st.lists(
        st.sampled_from(["issue", "issue", "issue", "close one", "close all", "next day"]) | st.integers(FIRST, LAST),
        max_size=60,
    )
)
@example(["issue"] * 4 + ["close one", "next day"] + ["issue"] * 3 + ["close all", 6, "issue"])  # come round
def test_no_number_comes_twice(steps: list[str | int]) -> None:
    """Whatever is issued, closed and begun anew over days: none twice on a day, none that somebody holds, and the
    first number again exactly on a day that begins with none held."""
    series: Series | None = None
    day, held, given = DAY, list[int](), set[int]()
    fresh_start = True
    for step in steps:
        if step == "next day":
            day, given, fresh_start = day + timedelta(days=1), set(), True
        elif step == "close one" and held:
            held.pop(0)
        elif step == "close all":
            held.clear()
        elif isinstance(step, int):
            begun = begun_at(series, day, step)
            if begun is not None:
                series, fresh_start = begun, False
        elif step == "issue":
            after = next_number(series, day, FIRST, LAST, held)
            if after is None:
                assert series is not None
                assert given or len(held) == LAST
                continue
            assert after.last not in given
            assert after.last not in held
            assert FIRST <= after.last <= LAST
            if fresh_start and not held:
                assert after.last == FIRST
            series, fresh_start = after, False
            given.add(after.last)
            held.append(after.last)


def test_the_series_says_when_it_is_used_up() -> None:
    """Six numbers a day, then none; the next day six again, also where one of yesterday is still held."""
    series: Series | None = None
    for day in (DAY, DAY + timedelta(days=1)):
        held = [series.last] if series else []
        given = []
        while (series_after := next_number(series, day, FIRST, LAST, held)) is not None:
            series = series_after
            given.append(series.last)
        assert len(given) == LAST - len(held)
        assert len(set(given)) == len(given)
        assert all(b == a % LAST + 1 for a, b in pairwise(given))
        assert msgspec.structs.asdict(series)["day"] == day  # type: ignore[arg-type]
