"""Practice: begun and ended by one press, said on every screen, and never anything that happens to somebody real."""

from pathlib import Path

import pytest

from server.catalogue import service as catalogue
from server.catalogue import tables as catalogue_tables
from server.catalogue.pack_export import export
from server.db import Database
from server.people.rules import Device
from server.queue import aside, desk, head, home, office_view, offline, practice, reception, service, visit
from server.queue.board import board
from server.queue.days import end_old_days
from server.queue.desk_view import desk_view
from server.queue.forecasting import Forecaster
from server.queue.hall import desks, open_tickets
from server.queue.views import issued_ticket, phone_ticket, tablet_view
from server.wire import BoardRatings, OfflineTicket
from tests.queue.office import (
    OFFICE,
    all_there_is,
    begin_practice,
    from_home,
    issue,
    now_is,
    officer,
    open_office,
    outcome,
    rate,
    seated,
    serve,
    ticket_in,
)  # fmt: skip
from tests.server.journalled import applied, kept_its_promises, snapshot
from tests.server.support import Clock

OPEN = ("coming", "waiting", "called", "serving", "parked", "missed")
NOBODY = BoardRatings(served=0, answered=0, satisfied=0)


def kiosk() -> Device:
    return Device(id="kiosk", office=OFFICE, kind="kiosk", name="Ki-ốt", counter=None, place=0)


async def hand_in(number: int, *, sample: bool, clock: Clock) -> str | None:
    """A number that a kiosk gave while it was alone; answers its refusal's code."""
    handed = OfflineTicket(
        id=f"touch-{number}", line="A", number=number, issued_at=clock.now(), sample=sample
    )  # fmt: skip
    (result,) = await offline.hand_in(kiosk(), [handed], "https://motcua.example")
    return result.code if isinstance(result.code, str) else None


# --- beginning -----------------------------------------------------------------------------------------------


async def test_from_one_press_to_the_other_numbers_are_samples(database: Database, clock: Clock) -> None:
    """Before and after they are real. Practice has numbers of its own: the first real one is the line's first."""
    await open_office()
    huong = await begin_practice()
    policy = await catalogue.policy(OFFICE)
    assert (policy.sample, policy.practice, policy.made_up) == (True, True, False)
    practised = [await issue(), await issue("H"), await issue()]
    assert [(ticket.label, ticket.sample) for ticket in practised] == [("A001", True), ("H001", True), ("A002", True)]
    await practice.end(huong)
    policy = await catalogue.policy(OFFICE)
    assert (policy.sample, policy.practice, policy.made_up) == (False, False, False)
    real = [await issue(), await issue()]
    assert [(ticket.label, ticket.sample) for ticket in real] == [("A001", False), ("A002", False)]
    await kept_its_promises(OFFICE)


@pytest.mark.parametrize("state", OPEN)
async def test_nobody_real_becomes_a_sample(database: Database, clock: Clock, state: str) -> None:
    """While any real number is open, whatever its state, practice does not begin, and nothing changes."""
    await open_office()
    huong, dung = await officer("huong"), await seated("dung", 1)
    ticket = await ticket_in(state, dung)
    before = await all_there_is()
    assert await outcome(practice.begin(huong)) == "numbers-open"
    assert await all_there_is() == before
    assert not (await now_is(ticket)).sample
    assert not (await catalogue.policy(OFFICE)).practice


async def test_a_made_up_office_has_nothing_to_begin(database: Database, clock: Clock) -> None:
    """Everything there is a sample already, and stays one."""
    await open_office(sample="true")
    assert await outcome(practice.begin(await officer("huong"))) == "made-up-office"
    policy = await catalogue.policy(OFFICE)
    assert (policy.sample, policy.practice, policy.made_up) == (True, False, True)
    assert (await issue()).sample


async def test_asked_for_twice_it_is_one(database: Database, clock: Clock) -> None:
    """A second press begins nothing anew and ends nothing more, so that no practice number comes twice."""
    await open_office()
    huong = await begin_practice()
    await issue()
    before = await all_there_is()
    await practice.begin(huong)
    assert await all_there_is() == before
    await practice.end(huong)
    before = await all_there_is()
    await practice.end(huong)
    assert await all_there_is() == before


# --- ending --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["waiting", "called", "serving", "parked", "missed"])
async def test_ending_closes_what_is_left(database: Database, clock: Clock, state: str) -> None:
    """Whatever a practice number is doing it is closed; officers stay at their counters; walls start afresh."""
    await open_office()
    dung, trang = await seated("dung", 1), await seated("trang", 2)
    huong = await begin_practice()
    old = await snapshot(OFFICE)
    await rate(await serve(dung))
    left = await ticket_in(state, trang)
    await practice.end(huong)
    assert (await now_is(left)).state == "closed"
    assert await open_tickets(OFFICE) == []
    assert [(each.counter, each.officer) for each in await desks(OFFICE)] == [(1, "dung"), (2, "trang")]
    after, kinds = await applied(OFFICE, old)
    assert after == await snapshot(OFFICE)
    assert kinds[-2:] == ["ticket.closed", "office.opened"]
    assert (after.state.calls, after.state.ratings, after.state.practice) == ([], NOBODY, False)
    assert {line.waiting for line in after.state.lines} == {0}
    assert [counter.open for counter in after.state.counters] == [True, True, False, False]
    assert await serve(dung) is not None
    await kept_its_promises(OFFICE)


async def test_walls_are_told_and_start_afresh_at_the_beginning_too(database: Database, clock: Clock) -> None:
    """What was served that morning is not on a wall that practises; a follower knows as much as one who asks anew."""
    await open_office()
    dung = await seated("dung", 1)
    await rate(await serve(dung))
    old = await snapshot(OFFICE)
    assert (old.state.ratings.served, old.state.ratings.answered, old.state.practice) == (1, 1, False)
    await begin_practice()
    after, _ = await applied(OFFICE, old)
    assert after == await snapshot(OFFICE)
    assert (after.state.calls, after.state.ratings, after.state.practice) == ([], NOBODY, True)
    assert after.state.day == old.state.day


async def test_what_was_done_before_cannot_be_undone(database: Database, clock: Clock) -> None:
    """A verb of the practice is not offered for taking back in earnest, nor the other way round."""
    await open_office()
    dung = await seated("dung", 1)
    real = await serve(dung)
    huong = await begin_practice()
    assert (await desk_view(dung, "vi")).undo_label is None
    assert await outcome(aside.undo(dung, real.id)) == "nothing-to-undo"
    practised = await serve(dung)
    await practice.end(huong)
    assert (await desk_view(dung, "vi")).undo_label is None
    assert await outcome(aside.undo(dung, practised.id)) == "nothing-to-undo"


async def test_cards_are_back_in_the_stack(database: Database, clock: Clock) -> None:
    """A card handed out to practise can be handed out in earnest; one that was out before, with somebody, cannot."""
    await open_office()
    lan, dung = await officer("lan"), await seated("dung", 1)
    await reception.give_number(lan, service.Wanted(line="A", card="7"))
    called = await desk.call_next(dung)
    assert called is not None
    await desk.start(dung, called.id)
    await visit.finish(dung, called.id)
    huong = await begin_practice()
    await reception.give_number(lan, service.Wanted(line="A", card="8"))
    await practice.end(huong)
    assert [(card.label, card.state) for card in await reception.cards(OFFICE)] == [("7", "out"), ("8", "in")]
    assert (await reception.give_number(lan, service.Wanted(line="A", card="8"))).ticket.label == "8"
    await kept_its_promises(OFFICE)


# --- a forgotten one -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("around_the_clock", [False, True])
@pytest.mark.parametrize("how", ["the next number", "midnight"])
async def test_a_forgotten_practice_ends_with_the_day(
    database: Database, clock: Clock, how: str, around_the_clock: bool
) -> None:
    """Next morning numbers are real, the first of them included, also where the doors never shut."""
    await open_office(around_the_clock=around_the_clock)
    dung = await seated("dung", 1)
    await begin_practice()
    old = await snapshot(OFFICE)
    done, left = await serve(dung), await issue()
    if how == "midnight":
        clock.local(0, 1, days=1)
        await end_old_days()
        assert not (await catalogue.policy(OFFICE)).sample
        clock.local(7, 30)
    else:
        clock.local(7, 30, days=1)
    fresh = await issue()
    assert (fresh.label, fresh.sample) == ("A001", False)
    assert not (await catalogue.policy(OFFICE)).practice
    assert ((await now_is(done)).state, (await now_is(left)).state) == ("served", "closed")
    after, _ = await applied(OFFICE, old)
    assert after == await snapshot(OFFICE)
    assert (after.state.practice, after.state.ratings) == (False, NOBODY)
    await kept_its_promises(OFFICE)


async def test_practice_alone_is_enough_for_midnight_to_look(database: Database, clock: Clock) -> None:
    """With nobody at a counter and no number open, a kiosk's screen still does not say "practice" next morning."""
    await open_office()
    await begin_practice()
    await end_old_days()
    assert (await catalogue.policy(OFFICE)).practice
    clock.local(0, 1, days=1)
    await end_old_days()
    assert not (await catalogue.policy(OFFICE)).practice


# --- numbers -------------------------------------------------------------------------------------------------


async def test_in_the_middle_of_a_day_at_a_chosen_number(database: Database, clock: Clock) -> None:
    """The old system stands at 11; twenty were practised: the head sets 12, and real numbers go on from there."""
    await open_office()
    huong = await begin_practice()
    for _ in range(20):
        await issue()
    await practice.end(huong)
    await head.start_numbers(huong, "A", 12)
    assert [(await issue()).label for _ in range(2)] == ["A012", "A013"]
    assert (await issue("H")).label == "H001"
    assert await outcome(head.start_numbers(huong, "A", 13)) == "number-taken"
    await kept_its_promises(OFFICE)


async def test_no_number_comes_twice(database: Database, clock: Clock) -> None:
    """Practised before opening and over lunch: practice numbers go on, real ones go on, neither skips for the other."""
    await open_office()
    dung = await seated("dung", 1)
    given: dict[bool, list[str]] = {True: [], False: []}
    for practise in (True, False, True, False):
        if practise:
            huong = await begin_practice()
        for _ in range(3):
            ticket = await serve(dung)
            given[ticket.sample].append(ticket.label)
        if practise:
            await head.start_numbers(huong, "H", 5)
            await practice.end(huong)
    assert given == {kind: [f"A00{n}" for n in range(1, 7)] for kind in (True, False)}
    assert (await issue("H")).label == "H001"  # set in practice, for practice
    await kept_its_promises(OFFICE)


async def test_one_can_practise_when_the_doors_are_shut(
    database: Database, clock: Clock, forecaster: Forecaster
) -> None:
    """In the evening numbers are given to practise with, and waits told as on a working day; real ones are not."""
    await open_office(late_numbers="stop")
    clock.local(19, 30)
    assert await outcome(issue()) == "office-closed"
    await seated("dung", 1)
    await begin_practice()
    ticket = await issue(late=True)
    assert ticket.sample
    assert (await forecaster.lines(OFFICE))["A"].p90 > 0
    assert await forecaster.late(OFFICE) == frozenset()
    await practice.end(await officer("huong"))
    assert await outcome(issue()) == "office-closed"


# --- whom it must not happen to ------------------------------------------------------------------------------


async def test_people_at_home_and_appointments_are_left_alone(database: Database, clock: Clock) -> None:
    """Nobody sets out with a practice number, and no appointment is used up by one."""
    await open_office()
    await begin_practice()
    assert not (await catalogue.policy(OFFICE)).from_home
    before = await all_there_is()
    assert await outcome(from_home()) == "practice-now"
    assert await outcome(home.refuse_unless_given(OFFICE)) == "practice-now"
    assert await outcome(service.check_in(OFFICE, "device:kiosk", reference="K7QF3M2P9XWD")) == "practice-now"
    assert await all_there_is() == before
    await practice.end(await officer("huong"))
    assert not (await from_home()).sample


async def test_an_offline_number_is_what_its_paper_says(database: Database, clock: Clock) -> None:
    """A real one handed in during practice stays real and stays open; one of practice is refused once that is over."""
    await open_office()
    huong = await begin_practice()
    assert await hand_in(1001, sample=False, clock=clock) is None
    assert await hand_in(1002, sample=True, clock=clock) is None
    assert [(ticket.label, ticket.sample) for ticket in await open_tickets(OFFICE)] == [
        ("A1001", False), ("A1002", True),
    ]  # fmt: skip
    await practice.end(huong)
    assert [ticket.label for ticket in await open_tickets(OFFICE)] == ["A1001"]
    assert await hand_in(1003, sample=True, clock=clock) == "practice-over"
    assert await hand_in(1002, sample=False, clock=clock) is None  # the paper of practice does not stand in its way
    await kept_its_promises(OFFICE)


async def test_who_had_gone_can_come_back_after_it(database: Database, clock: Clock) -> None:
    """A real no-show of the morning waits again after a lunch-time practice, not during it; a practised one never."""
    await open_office()
    dung, huong, lan = await seated("dung", 1), await officer("huong"), await officer("lan")
    real = await ticket_in("no-show", dung)
    await practice.begin(huong)
    assert await outcome(reception.reactivate(huong, real.id)) == "practice-now"
    practised, left = await ticket_in("no-show", dung), await issue()
    await practice.end(huong)
    assert await outcome(reception.reactivate(huong, practised.id)) == "practice-over"
    assert await outcome(reception.bring_back(lan, left.id)) == "practice-over"
    old = await snapshot(OFFICE)
    assert (await reception.reactivate(huong, real.id)).state == "waiting"
    after, _ = await applied(OFFICE, old)
    assert after == await snapshot(OFFICE)
    clock.local(9, 0, days=1)
    assert await outcome(reception.reactivate(huong, practised.id)) == "practice-over"


# --- what is said --------------------------------------------------------------------------------------------


async def test_every_view_says_so(database: Database, clock: Clock, forecaster: Forecaster) -> None:
    """Desk, head, tablet, wall, slip and phone; the phone of a practice number also when practice is over."""
    await open_office()
    dung, huong = await seated("dung", 1), await officer("huong")

    async def said() -> list[bool]:
        return [
            (await desk_view(dung, "vi")).practice,
            (await office_view.hall_view(huong, "vi", forecaster)).practice,
            (await tablet_view(OFFICE, 1, "vi")).practice,
            (await board(OFFICE))[1].practice,
        ]

    assert await said() == [False] * 4
    await practice.begin(huong)
    assert await said() == [True] * 4
    issued = await service.issue(OFFICE, service.Wanted(line="A"), "device:kiosk")
    assert (await issued_ticket(issued, "https://motcua.example", "vi", forecaster)).sample
    assert (await phone_ticket(issued.follow_token, "vi", forecaster)).practice
    await practice.end(huong)
    assert await said() == [False] * 4
    seen = await phone_ticket(issued.follow_token, "vi", forecaster)
    assert (seen.state, seen.practice) == ("closed", True)
    real = await service.issue(OFFICE, service.Wanted(line="A"), "device:kiosk")
    assert not (await issued_ticket(real, "https://motcua.example", "vi", forecaster)).sample
    assert not (await phone_ticket(real.follow_token, "vi", forecaster)).practice


async def test_a_made_up_office_does_not_say_practice(database: Database, clock: Clock, forecaster: Forecaster) -> None:
    """Its own words are other ones."""
    await open_office(sample="true")
    huong = await officer("huong")
    seen = await office_view.hall_view(huong, "vi", forecaster)
    assert (seen.sample, seen.practice) == (True, False)
    issued = await service.issue(OFFICE, service.Wanted(line="A"), "device:kiosk")
    assert (await issued_ticket(issued, "https://motcua.example", "vi", forecaster)).sample
    assert not (await phone_ticket(issued.follow_token, "vi", forecaster)).practice


async def test_practice_is_no_setting(database: Database, clock: Clock, tmp_path: Path) -> None:
    """A pack written while an office practises is the one written while it does not."""
    await open_office()
    packs = []
    for folder in ("before", "during"):
        await export(tmp_path / folder, OFFICE)
        packs.append({path.name: path.read_text("utf-8") for path in (tmp_path / folder).iterdir()})
        await begin_practice()
    assert packs[0] == packs[1]
    assert "practice" not in "".join(packs[1].values())
    assert not await catalogue_tables.Setting.exists().where(catalogue_tables.Setting.key == "practice")
