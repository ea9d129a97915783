"""Numbers taken at home: called by nobody before their holder has arrived, and then in the place they stand for."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.catalogue.rules_policy import parse_policy
from server.db import Database
from server.journal.tables import Event
from server.queue import aside, desk, head, home, reception, service, tables, visit
from server.queue.board import waiting_by_line
from server.queue.forecast import Habits, forecast
from server.queue.hall import load_hall, load_setting
from server.queue.rules import Hall, reason
from server.queue.rules_home import expected_turn, may_have_one
from server.wire import CheckIn
from tests.queue.absent import Halls, delays_nobody, has_as_many_ahead, in_halls, passes_nobody
from tests.queue.halls import NOW, seat, ticket
from tests.queue.office import (
    COPY,
    OFFICE,
    all_there_is,
    from_home,
    issue,
    now_is,
    officer,
    open_office,
    outcome,
    seated,
)
from tests.queue.test_forecast import EXACT, outlook
from tests.server.journalled import kept_its_promises, snapshot
from tests.server.support import Clock

MANY = settings(max_examples=300, deadline=None)
OTHER_PHONE = "0987654321"


@st.composite
def with_somebody_at_home(draw: st.DrawFn) -> Halls:
    """He stands in the queue once he has arrived."""
    at_home = ticket(100, draw(st.sampled_from("ABCD")), draw(st.integers(-1, 40)) / 2, state="coming")
    return in_halls(draw, at_home, msgspec.structs.replace(at_home, state="waiting", arrived_at=NOW))


# --- the rule ------------------------------------------------------------------------------------------------


@MANY
@given(found=with_somebody_at_home())
def test_who_is_at_home_is_called_by_nobody_and_changes_nothing(found: Halls) -> None:
    """Every desk calls, and every place in the queue is, as if he had no number."""
    delays_nobody(found)


@MANY
@given(found=with_somebody_at_home())
def test_who_arrives_passes_nobody_that_came_before(found: Halls) -> None:
    """The order among the others stays; called himself, he has the earliest v of all whom that desk may call."""
    passes_nobody(found)


@MANY
@given(found=with_somebody_at_home())
def test_people_ahead_of_who_is_at_home_are_those_he_would_find(found: Halls) -> None:
    """As many are ahead of him as if he were there now."""
    has_as_many_ahead(found)


def test_the_rule_says_why_in_one_sentence() -> None:
    """Not called because he is not there; called early because he took the number early."""
    at_home, other = ticket(1, waited=60, state="coming"), ticket(2, waited=20)
    assert reason(at_home, Hall([at_home, other], [seat(1)]), seat(1), NOW)[0] == "why.coming"
    here = msgspec.structs.replace(at_home, state="waiting", arrived_at=NOW)
    key, values = reason(here, Hall([here, other], [seat(1)]), seat(1), NOW)
    assert (key, values["minutes"]) == ("why.from-home", 60)


# --- who may have one, and when his turn is ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("per_hour", "lately", "holds_one", "late", "code"),
    [
        (0, 0, False, False, "no-home-numbers"),
        (2, 2, False, False, "home-numbers-full"),
        (2, 1, True, False, "home-number-held"),
        (2, 1, False, True, "late-today"),
        (2, 1, False, False, None),
    ],
)
def test_who_may_have_a_number_at_home(
    per_hour: int, lately: int, holds_one: bool, late: bool, code: str | None
) -> None:
    """Where the office gives them, so many an hour, one each, and none that would not be called today."""
    refused = may_have_one(per_hour, lately, holds_one=holds_one, late=late)
    assert (refused.code if refused else None) == code


@given(at=st.integers(0, 86_400), p50=st.integers(0, 300), more=st.integers(0, 300))
def test_a_turn_is_told_in_steps_of_five_minutes(at: int, p50: int, more: int) -> None:
    """Rather early than late, never longer than needed, and never a moment."""
    now = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=at)
    begins, ends = expected_turn(now, p50, p50 + more)
    first, last = now + timedelta(minutes=p50), now + timedelta(minutes=p50 + more)
    assert all((each.minute % 5, each.second) == (0, 0) for each in (begins, ends))
    assert begins <= first < begins + timedelta(minutes=5)
    assert last <= ends <= max(last + timedelta(minutes=5), begins + timedelta(minutes=5))
    assert begins < ends


# --- the forecast --------------------------------------------------------------------------------------------


def habits(**more: float) -> Habits:
    return msgspec.structs.replace(EXACT, **more)


def test_who_surely_comes_is_forecast_as_if_he_were_there() -> None:
    """With nobody absent and no way to go, the waits are those of a hall where he stands."""
    others = [ticket(n, waited=30 - n) for n in (1, 2, 3)]
    at_home = ticket(9, waited=29.5, state="coming")
    sure = habits(home_absent=0, home_minutes=0)
    seen = forecast(outlook(Hall([*others, at_home], [seat(1)]), habits=sure), plays=5, seed=1)
    here = msgspec.structs.replace(at_home, state="waiting")
    expected = forecast(outlook(Hall([*others, here], [seat(1)])), plays=5, seed=1)
    assert {name: round(wait.p50_minutes, 3) for name, wait in seen.tickets.items() if name != "t0001"} == {
        name: round(wait.p50_minutes, 3) for name, wait in expected.tickets.items() if name != "t0001"
    }
    assert seen.lines == expected.lines


def test_who_never_comes_costs_nobody_a_minute() -> None:
    """Played as absent always, the others wait as if he had no number, and nothing is promised to him."""
    others = [ticket(n, waited=30 - n) for n in (1, 2, 3)]
    at_home = ticket(9, waited=50, state="coming")
    seen = forecast(outlook(Hall([*others, at_home], [seat(1)]), habits=habits(home_absent=1)), plays=5, seed=1)
    without = forecast(outlook(Hall(others, [seat(1)])), plays=5, seed=1)
    assert seen == without


def test_a_place_that_is_overdue_waits_for_the_way() -> None:
    """Whose turn it is already is called when he can be there at the earliest, not now."""
    at_home = ticket(9, waited=50, state="coming")
    seen = forecast(outlook(Hall([at_home], [seat(1)]), habits=habits(home_absent=0)), plays=60, seed=1)
    assert 5 < seen.tickets["t0009"].p50_minutes < 25
    assert 20 < seen.tickets["t0009"].p90_minutes <= 30


# --- an office's day -----------------------------------------------------------------------------------------


async def test_a_number_from_home_waits_for_its_holder(database: Database, clock: Clock) -> None:
    """Passed over while he is at home, called in his place when he is there; walls count people in the hall."""
    await open_office()
    dung = await seated("dung", 1)
    mine = await from_home()
    clock.forward(minutes=5)
    first, second = await issue(), await issue()
    clock.forward(minutes=5)
    setting = await load_setting(OFFICE)
    assert (mine.state, mine.source, mine.label) == ("coming", "phone", "A001")
    assert (await waiting_by_line(setting))["A"] == 2
    called = await desk.call_next(dung)
    assert called is not None
    assert called.id == first.id
    assert await outcome(desk.call_chosen(dung, mine.id, "quen")) == "not-arrived"
    clock.forward(minutes=5)
    arrived = await home.arrive(await officer("lan"), mine.id)
    assert (arrived.state, arrived.virtual_at, arrived.arrived_at) == ("waiting", mine.virtual_at, clock.now())
    assert (await waiting_by_line(setting))["A"] == 2
    await desk.start(dung, first.id)
    await visit.finish(dung, first.id)
    called = await desk.call_next(dung)
    assert called is not None
    assert (called.id, called.arrived_at) == (mine.id, arrived.arrived_at)
    assert (await now_is(second)).state == "waiting"
    await kept_its_promises(OFFICE)


async def test_the_poster_of_the_day_proves_it(database: Database, clock: Clock) -> None:
    """Today's code of this office lets him in, however it is typed; yesterday's and another office's do not."""
    await open_office()
    mine = await from_home()
    token = await service.follow_token(mine)
    today = date(2026, 11, 23)
    code = await home.poster_code(OFFICE, today)
    others = {await home.poster_code(OFFICE, today - timedelta(days=1)), await home.poster_code("bo-de", today), ""}
    assert code not in others
    before = await all_there_is()
    for wrong in others:
        assert await outcome(home.arrive_by_poster(token, wrong)) == "wrong-poster-code"
    assert await outcome(home.arrive_by_poster("0" * 12, code)) == "no-such-ticket"
    assert await outcome(home.arrive_by_poster(token, code, "bo-de")) == "other-office"
    assert await all_there_is() == before
    assert await outcome(home.arrive_by_poster(token, f" {code[:3].lower()}-{code[3:]} ")) is None
    assert await outcome(home.arrive_by_poster(token, code)) == "already-arrived"


async def test_one_number_each_and_so_many_an_hour(database: Database, clock: Clock) -> None:
    """One telephone holds one number until that is over; a line gives so many within sixty minutes; others go on."""
    await open_office(numbers_from_home=2)
    mine = await from_home()
    assert await outcome(from_home("H")) == "home-number-held"
    assert await outcome(from_home(phone="+84 912 345 678")) == "home-number-held"
    await service.withdraw_own(await service.follow_token(mine))
    await from_home()
    assert await outcome(from_home(phone=OTHER_PHONE)) == "home-numbers-full"
    assert await outcome(from_home("H", OTHER_PHONE)) is None
    assert await outcome(issue()) is None
    clock.forward(minutes=60)
    assert await outcome(from_home(phone="0909090909")) is None
    await kept_its_promises(OFFICE)


async def test_pressed_twice_it_is_one_number(database: Database, clock: Clock) -> None:
    """The same press by the same person answers with the same number; another's press of that name is another's."""
    await open_office()
    first = await from_home(attempt="once")
    before = await all_there_is()
    assert (await from_home(attempt="once")).id == first.id
    assert await all_there_is() == before
    assert (await from_home(phone=OTHER_PHONE, attempt="once")).id != first.id


async def test_what_is_refused_leaves_no_trace(database: Database, clock: Clock) -> None:
    """Switched off, shut, too late, no telephone, no line: a code each, and nothing has happened."""
    await open_office()
    before = await all_there_is()
    assert await outcome(from_home(phone="12")) == "bad-phone"
    assert await outcome(from_home("Z")) == "no-such-line"
    assert await outcome(from_home(procedure="9.999999")) == "no-such-procedure"
    assert await outcome(from_home(late=True)) == "late-today"
    clock.local(6, 59)
    assert await outcome(from_home()) == "office-closed"
    assert await all_there_is() == before
    clock.local(7, 0)  # an hour before the doors open, as at the doors
    assert (await from_home(procedure=COPY)).procedures == COPY


async def test_an_office_that_gives_none_says_so(database: Database, clock: Clock) -> None:
    """Off is the default: asked for all the same, a number is refused by its code, and nothing has happened."""
    assert parse_policy({}).numbers_from_home == 0
    await open_office(numbers_from_home=0)
    before = await all_there_is()
    assert await outcome(from_home()) == "no-home-numbers"
    assert await all_there_is() == before


async def test_whatever_is_shown_at_the_kiosk(database: Database, clock: Clock) -> None:
    """The number's link or code lets its holder arrive; a slip from the hall need not be shown; twice says so."""
    await open_office()
    mine, slip = await from_home(), await issue()
    token, other = await service.follow_token(mine), await service.follow_token(slip)
    assert await outcome(home.show(OFFICE, "device:k", CheckIn(reference=other))) == "not-from-home"
    issued = await home.show(OFFICE, "device:k", CheckIn(qr=f"https://motcua.example/t/{token}"))
    assert (issued.ticket.id, issued.ticket.state, issued.follow_token) == (mine.id, "waiting", token)
    assert await outcome(home.show(OFFICE, "device:k", CheckIn(reference=token))) == "already-arrived"
    assert await outcome(home.show("elsewhere", "device:k", CheckIn(reference=token))) == "other-office"
    assert await outcome(home.show(OFFICE, "device:k", CheckIn(reference="0" * 12))) == "no-such-booking"


async def test_who_never_came_is_closed_without_blame(database: Database, clock: Clock) -> None:
    """At the end of the day the number is closed, no miss is counted, and reception may still let him in."""
    await open_office()
    mine, lan = await from_home(), await officer("lan")
    clock.local(16, 0)
    await head.end_day(await officer("huong"))
    closed = await now_is(mine)
    assert (closed.state, closed.misses, closed.missed_at, closed.arrived_at) == ("closed", 0, None, None)
    back = await reception.bring_back(lan, mine.id)
    assert (back.state, back.virtual_at, back.arrived_at) == ("waiting", clock.now(), clock.now())
    await kept_its_promises(OFFICE)


async def test_an_officer_may_merge_a_persons_number_from_home(database: Database, clock: Clock) -> None:
    """Who is at the counter with another number is there: the one from home is found and merged."""
    await open_office()
    dung = await seated("dung", 1)
    slip = await issue()
    mine = await from_home()
    await desk.call_next(dung)
    await aside.merge(dung, slip.id, mine.id)
    assert (await now_is(mine)).state == "withdrawn"
    await aside.undo(dung, slip.id)
    assert (await now_is(mine)).state == "coming"
    await kept_its_promises(OFFICE)


async def test_the_telephone_is_nowhere_and_its_trace_dies(database: Database, clock: Clock) -> None:
    """Neither table nor journal holds the number; the HMAC is in no journal, and goes so many days after."""
    await open_office(contact_retention_days=1)
    mine = await from_home()
    stored = await tables.Ticket.select().where(tables.Ticket.id == mine.id).first()
    assert stored is not None
    journal = "".join(event["body"] for event in await Event.select(Event.body))
    assert stored["person"]
    assert stored["person"] not in journal
    assert "912345678" not in journal + str(stored)
    for days, kept in ((1, True), (1, False)):
        clock.local(9, 0, days=days)
        await home.forget_holders()
        row = await tables.Ticket.select(tables.Ticket.person).where(tables.Ticket.id == mine.id).first()
        assert row is not None
        assert (row["person"] is not None) == kept
    await kept_its_promises(OFFICE)


async def test_the_wait_of_who_was_at_home_begins_in_the_hall(database: Database, clock: Clock) -> None:
    """Nobody's forecast of who leaves, and no alert, counts the time on the sofa."""
    await open_office()
    mine = await from_home()
    clock.forward(minutes=90)
    await home.arrive(await officer("lan"), mine.id)
    board = await snapshot(OFFICE)
    assert {line.code: line.waiting for line in board.state.lines}["A"] == 1
    setting = await load_setting(OFFICE)
    hall = await load_hall(setting, clock.now())
    assert [t.arrived_at for t in hall.tickets] == [clock.now()]
