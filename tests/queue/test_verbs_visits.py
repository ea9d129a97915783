"""Where tickets go: to whom they were sent, from line to line, from hand to hand, at one counter or two."""

from datetime import timedelta

import pytest

from server.catalogue.tables import Absence
from server.clock import day_of
from server.db import Database, transaction
from server.queue import aside, desk, head, visit
from server.queue.hall import desks
from server.queue.rules import Ticket
from tests.queue.office import (
    BIRTH,
    COPY,
    OFFICE,
    all_there_is,
    for_nothing,
    issue,
    label_of_next,
    now_is,
    officer,
    open_office,
    outcome,
    seated,
    ticket_in,
)  # fmt: skip
from tests.server.journalled import kept_its_promises
from tests.server.support import Clock

# --- claims --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [{"to": "dung", "counter": None}, {"to": None, "counter": 1}])
async def test_a_number_is_left_to_whom_it_was_sent(database: Database, clock: Clock, to: dict[str, object]) -> None:
    """To an officer or a counter: nobody else calls it while they are there or due today; then anybody skilled."""
    await open_office(shifts=True)  # Dung is due until 11:30
    trang = await seated("trang", 2)
    ticket = await ticket_in("called", trang)
    await aside.transfer(trang, ticket.id, line=None, back=False, **to)  # type: ignore[arg-type]
    async with transaction():
        assert await label_of_next("trang") is None  # not there yet, but due
        await seated("dung", 1)
        assert await label_of_next("trang") is None
        assert await label_of_next("dung") == ticket.label
        clock.local(14, 0)
        assert await label_of_next("trang") is None  # the shift is over, but Dung is still there
        await desk.leave(await officer("dung"))
        assert await label_of_next("trang") == ticket.label


async def test_who_is_away_is_not_waited_for(database: Database, clock: Clock) -> None:
    """Sent to an officer who is due but has reported ill, a number may be called by anybody skilled at once."""
    await open_office(shifts=True)
    trang = await seated("trang", 2)
    ticket = await ticket_in("called", trang)
    await aside.transfer(trang, ticket.id, line=None, back=False, to="dung", counter=None)
    today = day_of(clock.at, "Asia/Ho_Chi_Minh")
    async with transaction():
        assert await label_of_next("trang") is None
        await Absence.insert(Absence(office=OFFICE, username="dung", date=today, starts=600, ends=1440, reason="ill"))
        assert await label_of_next("trang") is None  # due until ten, at least
        await Absence.update({Absence.starts: None, Absence.ends: None}, force=True)
        assert await label_of_next("trang") == ticket.label


async def test_whoever_it_was_sent_to_may_call_it_whatever_its_line(database: Database, clock: Clock) -> None:
    """Sent to somebody who does not serve its line it is called all the same, and no alert says that nobody does."""
    await open_office()
    trang, dung = await seated("trang", 2), await seated("dung", 1)
    ticket = await ticket_in("called", trang)
    await aside.transfer(trang, ticket.id, line="H", counter=None, to="dung", back=False)
    assert await desk.call_next(trang) is None
    called = await desk.call_next(dung)
    assert called is not None
    assert (called.id, called.line) == (ticket.id, "H")


async def test_back_to_me_comes_back_to_me(database: Database, clock: Clock) -> None:
    """Sent on with `back`, through however many hands, it returns with its place and its counts, and ends only here."""
    await open_office()
    dung, trang, son = await seated("dung", 1), await seated("trang", 2), await seated("son", 3)
    ticket = await ticket_in("serving", dung)
    sent = await aside.transfer(dung, ticket.id, line="H", counter=2, to=None, back=True)
    assert (sent.virtual_at, sent.label, sent.back_to) == (ticket.virtual_at, ticket.label, "dung")
    await desk.call_next(trang)
    await aside.transfer(trang, ticket.id, line=None, counter=None, to="son", back=False)
    await desk.call_next(son)
    await desk.start(son, ticket.id)
    back, _ = await visit.finish(son, ticket.id, visit.Done(dossiers=2))
    assert (back.state, back.only_officer, back.back_to) == ("waiting", "dung", None)
    assert await desk.call_next(trang) is None
    called = await desk.call_next(dung)
    assert called is not None
    await desk.start(dung, ticket.id)
    ended, _ = await visit.finish(dung, ticket.id, visit.Done(dossiers=1))
    assert (ended.state, ended.dossiers) == ("served", 3)


# --- visits --------------------------------------------------------------------------------------------------


async def test_a_visit_walks_from_line_to_line_by_itself(database: Database, clock: Clock) -> None:
    """With a procedure of another line added, finishing sends it there with its number and place; there it ends."""
    await open_office()
    dung, son = await seated("dung", 1), await seated("son", 3)
    ticket = await issue("A", procedure=COPY)
    await desk.call_next(dung)
    await desk.start(dung, ticket.id)
    await aside.add_procedure(dung, ticket.id, BIRTH)
    on, _ = await visit.finish(dung, ticket.id)
    assert (on.state, on.line, on.label, on.virtual_at) == ("waiting", "H", ticket.label, ticket.virtual_at)
    assert (on.served_procedures, on.counter, on.officer) == (COPY, None, None)
    await desk.call_next(son)
    await desk.start(son, ticket.id)
    ended, _ = await visit.finish(son, ticket.id)
    assert (ended.state, ended.served_procedures) == ("served", f"{COPY}\n{BIRTH}")
    await kept_its_promises(OFFICE)


async def test_a_number_sent_elsewhere_by_hand_does_not_walk_back(database: Database, clock: Clock) -> None:
    """An officer who moves a number to another line takes its matter along: there the visit ends."""
    await open_office()
    dung, son = await seated("dung", 1), await seated("son", 3)
    ticket = await issue("A", procedure=COPY)
    await desk.call_next(dung)
    await aside.transfer(dung, ticket.id, line="H", counter=None, to=None, back=False)
    await desk.call_next(son)
    await desk.start(son, ticket.id)
    ended, _ = await visit.finish(son, ticket.id)
    assert (ended.state, ended.served_procedures) == ("served", COPY)


async def test_a_number_without_a_procedure_walks_to_the_one_it_gets(database: Database, clock: Clock) -> None:
    """Taken for a line alone, with a procedure of another line added at the desk: it goes there next."""
    await open_office()
    dung = await seated("dung", 1)
    ticket = await ticket_in("serving", dung)
    await aside.add_procedure(dung, ticket.id, BIRTH)
    on, _ = await visit.finish(dung, ticket.id)
    assert (on.state, on.line, on.served_procedures) == ("waiting", "H", "")


async def test_a_desk_that_serves_both_lines_ends_the_visit(database: Database, clock: Clock) -> None:
    """Nobody is sent from a counter to the same counter."""
    await open_office()
    trang = await seated("trang", 2)
    ticket = await issue("A", procedure=COPY)
    await desk.call_next(trang)
    await desk.start(trang, ticket.id)
    await aside.add_procedure(trang, ticket.id, BIRTH)
    ended, _ = await visit.finish(trang, ticket.id)
    assert (ended.state, ended.served_procedures) == ("served", f"{COPY}\n{BIRTH}")


async def test_what_was_really_done_is_kept(database: Database, clock: Clock) -> None:
    """The procedures said at the end replace this desk's, those of other lines stay to be done; outcome, files and the
    day a missing result was promised for are stored."""
    await open_office()
    dung, son = await seated("dung", 1), await seated("son", 3)
    ticket = await issue("A", procedure=COPY)
    await desk.call_next(dung)
    await desk.start(dung, ticket.id)
    await aside.add_procedure(dung, ticket.id, BIRTH)
    promised = clock.now().date() + timedelta(days=3)
    done = visit.Done(outcome="result-not-ready", procedures=[], dossiers=4, promised_on=promised)
    on, _ = await visit.finish(dung, ticket.id, done)
    assert (on.state, on.line, on.procedures, on.served_procedures) == ("waiting", "H", BIRTH, "")
    await desk.call_next(son)
    await desk.start(son, ticket.id)
    ended, _ = await visit.finish(son, ticket.id, visit.Done(procedures=[COPY, BIRTH]))
    assert (ended.state, ended.procedures.split("\n")) == ("served", [BIRTH, COPY])
    assert (ended.outcome, ended.dossiers, ended.promised_on) == ("served", 4, promised)
    assert await now_is(ended) == ended
    await kept_its_promises(OFFICE)


async def test_two_numbers_of_one_person_become_one(database: Database, clock: Clock) -> None:
    """The other number is withdrawn; this one keeps the earlier arrival, the higher class and both procedures."""
    await open_office()
    trang = await seated("trang", 2)
    older = await issue("H", procedure=BIRTH)
    await desk.call_next(trang)
    await aside.park(trang, older.id, None, None)
    clock.forward(minutes=3)
    ticket = await ticket_in("serving", trang)
    merged = await aside.merge(trang, ticket.id, older.id)
    assert (merged.virtual_at, merged.procedures, merged.state) == (older.virtual_at, BIRTH, "serving")
    assert ((await now_is(older)).state, (await now_is(older)).visit) == ("withdrawn", ticket.visit)
    assert await outcome(aside.merge(trang, ticket.id, older.id)) == "wrong-state"


# --- counters ------------------------------------------------------------------------------------------------


async def test_sitting_down_and_leaving(database: Database, clock: Clock) -> None:
    """One counter, one officer; nobody leaves a number behind; what is so already needs no event."""
    await open_office()
    dung, trang = await seated("dung", 1), await officer("trang")
    for who, number, code in ((trang, 1, "counter-taken"), (trang, 77, "no-such-counter"), (dung, 1, None)):
        before = await all_there_is()
        assert await outcome(desk.sit(who, number)) == code
        assert await all_there_is() == before
    await ticket_in("called", dung)
    before = await all_there_is()
    for deed in (desk.leave(dung), desk.sit(dung, 3), desk.call_next(dung), desk.pause(dung, "họp", None)):
        assert await outcome(deed) == "still-serving"
    assert await outcome(desk.leave(trang)) is None
    for deed in (desk.call_next(trang), desk.pause(trang, "họp", None), head.call_for_help(trang, "head")):
        assert await outcome(deed) == "not-seated"
    assert await all_there_is() == before


async def test_handing_a_counter_over(database: Database, clock: Clock) -> None:
    """The successor gets what is at this counter and what is kept there, and nothing of the officer's other counter."""
    await open_office()
    dung = await seated("dung", 1)
    await seated("dung", 2, also=True)
    await seated("trang", 3)
    kept_there = await _parked_at(dung, 2)
    kept = await _parked_at(dung, 1)
    current = await issue()
    await desk.call_next(dung, 1)
    before = await all_there_is()
    for to, code in (
        ("dung", "no-such-officer"), ("kiem", "no-such-officer"), ("ai", "no-such-officer"), ("trang", "counter-taken"),
    ):  # fmt: skip
        assert await outcome(aside.handover(dung, to, 1)) == code
    assert await all_there_is() == before
    await aside.handover(dung, "son", 1)
    holders = {each.counter: each.officer for each in await desks(OFFICE)}
    assert holders == {1: "son", 2: "dung", 3: "trang"}
    assert [(await now_is(ticket)).officer for ticket in (current, kept, kept_there)] == ["son", "son", "dung"]
    assert await outcome(desk.start(await officer("son"), current.id)) is None
    assert await outcome(aside.undo(await officer("son"), kept.id)) == "nothing-to-undo"


async def _parked_at(who: object, counter: int) -> Ticket:
    ticket = await issue()
    officer_ = await officer("dung")
    await desk.call_next(officer_, counter)
    return await aside.park(officer_, ticket.id, None, None)


async def test_one_officer_two_counters(database: Database, clock: Clock) -> None:
    """Each call names one; a verb finds the counter of its ticket, undo the one whose last verb it was."""
    await open_office()
    dung = await seated("dung", 1)
    await seated("dung", 2, also=True)
    one, two = await issue(), await issue()
    assert (await desk.call_next(dung, 2)).id == one.id  # type: ignore[union-attr]
    assert (await desk.call_next(dung, 1)).id == two.id  # type: ignore[union-attr]
    for counter in (1, 2):
        assert await outcome(desk.call_next(dung, counter)) == "still-serving"
    assert await outcome(desk.call_next(dung, 3)) == "not-seated"
    started = [await desk.start(dung, ticket.id) for ticket in (one, two)]
    assert [ticket.counter for ticket in started] == [2, 1]
    await visit.finish(dung, one.id)
    await aside.transfer(dung, two.id, line="H", counter=None, to=None, back=False)
    for ticket, counter in ((one, 2), (two, 1)):
        undone = await aside.undo(dung, ticket.id)
        assert (undone.state, undone.counter) == ("serving", counter)
    await aside.park(dung, two.id, None, None)
    await desk.pause(dung, "họp", None, 1)
    assert await outcome(aside.resume(dung, two.id, 1)) == "counter-paused"
    assert await outcome(aside.resume(dung, two.id, 2)) == "still-serving"
    await visit.finish(dung, one.id)
    assert (await aside.resume(dung, two.id, 2)).counter == 2
    await desk.leave(dung, 1)
    assert [each.counter for each in await desks(OFFICE) if each.officer] == [2]


async def test_calls_for_help(database: Database, clock: Clock) -> None:
    """One call however often it is pressed, until somebody answers or it is taken back."""
    await open_office()
    dung = await seated("dung", 1)
    for end in (head.answer_help(await officer("huong"), 1), head.call_for_help(dung, None)):
        await head.call_for_help(dung, "head")
        before = await all_there_is()
        await head.call_for_help(dung, "head")
        assert await all_there_is() == before
        assert [each.help_kind for each in await desks(OFFICE)] == ["head"]
        await end
        assert [each.help_kind for each in await desks(OFFICE)] == [None]
    assert await outcome(head.answer_help(await officer("huong"), 2)) == "no-such-counter"


async def test_a_counter_takes_further_lines_for_a_while(database: Database, clock: Clock) -> None:
    """The head gives a desk a line until a time; at that time it is over by itself, and none takes it away before."""
    await open_office()
    huong, dung = await officer("huong"), await seated("dung", 1)
    ticket = await issue("H")
    until = clock.now() + timedelta(hours=1)
    before = await all_there_is()
    for counter, lines, end, code in (
        (2, ["H"], until, "no-such-counter"), (1, ["Z"], until, "no-such-line"), (1, ["H"], clock.now(), "not-future"),
    ):  # fmt: skip
        assert await outcome(head.give_lines(huong, counter, lines, end)) == code
    assert await all_there_is() == before
    async with transaction():
        assert await label_of_next("dung") is None
        await head.give_lines(huong, 1, ["H"], until)
        assert await label_of_next("dung") == ticket.label
        async with for_nothing():
            await head.give_lines(huong, 1, [], until)
            assert await label_of_next("dung") is None
        clock.forward(hours=1)
        assert await desk.call_next(dung) is None
