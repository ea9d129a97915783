"""What desk, reception and head see of the verbs: who could take over, how visits may end, what is left of a day."""

from datetime import timedelta

from server.db import Database
from server.queue import aside, desk, head, office_view, reception, service
from server.queue.desk_view import desk_view, open_like
from server.queue.forecasting import Forecaster
from tests.queue.office import BIRTH, COPY, OFFICE, issue, officer, open_office, seated, ticket_in
from tests.server.support import Clock


async def test_the_desk_says_what_can_be_done(database: Database, clock: Clock) -> None:
    """Colleagues at no counter who may sit at one, the office's outcomes by name, who may choose, and practice."""
    await open_office(outcomes="served;result-not-ready;don-lai", sample="true", may_choose="reception")
    dung = await seated("dung", 1)
    await seated("trang", 2)
    seen = await desk_view(dung, "en")
    assert [each.username for each in seen.officers] == ["huong", "lan", "son"]
    assert [(each.code, each.asks_date) for each in seen.outcomes] == [
        ("served", False), ("result-not-ready", True), ("don-lai", False),
    ]  # fmt: skip
    assert (seen.outcomes[0].name, seen.outcomes[2].name) == ("Served", "don-lai")
    assert (seen.may_choose, seen.sample, seen.help) == (False, True, None)
    assert (await desk_view(await officer("lan"), "vi")).may_choose
    assert [(each.number, each.officer) for each in seen.counters] == [(1, "Dung"), (2, "Trang"), (3, None), (4, None)]


async def test_of_several_counters_the_desk_shows_the_one_asked_for(database: Database, clock: Clock) -> None:
    """The first one is shown where none is asked for, or one that is not, or no longer, this officer's."""
    await open_office()
    dung = await seated("dung", 2)
    clock.forward(seconds=1)
    await seated("dung", 1, also=True)
    shown = [(await desk_view(dung, "vi", counter)).counter for counter in (None, 1, 2, 3)]
    assert shown == [2, 1, 2, 2]
    assert (await desk_view(dung, "vi")).mine == [2, 1]
    await head.call_for_help(dung, "head", 1)
    assert [(await desk_view(dung, "vi", counter)).help for counter in (1, 2)] == ["head", None]


async def test_a_desk_is_told_what_is_its_own_of_a_visit(database: Database, clock: Clock) -> None:
    """Procedures of another line are not this desk's to tick; nor are those that are done."""
    await open_office()
    dung, trang = await seated("dung", 1), await seated("trang", 2)
    ticket = await issue("A", procedure=COPY)
    await desk.call_next(dung)
    await aside.add_procedure(dung, ticket.id, BIRTH)
    assert (await _here(dung)) == [COPY]
    await aside.transfer(dung, ticket.id, line=None, counter=2, to=None, back=False)
    await desk.call_next(trang)
    assert (await _here(trang)) == [COPY, BIRTH]


async def _here(who: object) -> list[str]:
    seen = (await desk_view(who, "vi")).ticket  # type: ignore[arg-type]
    assert seen is not None
    return seen.here


async def test_a_persons_other_number_is_found_by_its_signs(database: Database, clock: Clock) -> None:
    """Waiting, missed and kept ones of any line, by number or card in any case; never one at a desk or over."""
    await open_office()
    dung, lan = await seated("dung", 1), await officer("lan")
    await ticket_in("served", dung)
    missed, kept = await ticket_in("missed", dung), await ticket_in("parked", dung)
    await ticket_in("called", dung)
    other = await issue("H")
    card = (await reception.give_number(lan, service.Wanted(line="H", card="k7"))).ticket
    found = {text: [each.id for each in await open_like(dung, text, "vi")] for text in ("a0", "h001", "K7", "", "z")}
    assert found == {
        "a0": [missed.id, kept.id], "h001": [other.id], "K7": [card.id],
        "": [missed.id, kept.id, other.id, card.id], "z": [],
    }  # fmt: skip


async def test_who_can_be_brought_back_is_listed(database: Database, clock: Clock) -> None:
    """The missed first, then who did not come and whom the end of the day closed; nobody of a day that is over."""
    await open_office()
    dung = await seated("dung", 1)
    closed, gone, missed = [await ticket_in(state, dung) for state in ("closed", "no-show", "missed")]
    listed = await office_view.missed_tickets(OFFICE, "vi")
    assert {each.id for each in listed} == {closed.id, gone.id, missed.id}
    assert listed[-1].id == closed.id
    assert {each.id for each in listed if each.returnable} == {closed.id, missed.id}
    clock.local(7, 0, days=1)  # before the first press of the day
    assert [each.id for each in await office_view.missed_tickets(OFFICE, "vi")] == [missed.id]
    clock.local(9, 0)
    await issue()
    assert await office_view.missed_tickets(OFFICE, "vi") == []


async def test_the_head_compares_with_the_same_weekdays(
    database: Database, clock: Clock, forecaster: Forecaster
) -> None:
    """An ordinary day is the mean of the last four such weekdays that had anybody; other days do not count."""
    await open_office()
    huong = await officer("huong")
    today = clock.now()
    for days, numbers in ((-35, 9), (-14, 2), (-7, 4), (-1, 7)):
        clock.at = today + timedelta(days=days)
        for _ in range(numbers):
            await issue()
    clock.at = today
    await issue()
    seen = await office_view.hall_view(huong, "vi", forecaster)
    nine = 9 * 4  # the quarter at which the test's morning begins
    assert [place for place, count in enumerate(seen.arrivals) if count] == [nine]
    assert {place: count for place, count in enumerate(seen.usual) if count} == {nine: 3.0}


async def test_what_needs_the_head(database: Database, clock: Clock, forecaster: Forecaster) -> None:
    """A line with nobody to call it is told, and not once it was sent to somebody, or while its desk will be back."""
    await open_office()
    huong, _, trang = await officer("huong"), await seated("dung", 1), await seated("trang", 2)
    ticket = await ticket_in("called", trang)

    async def told() -> list[str]:
        seen = await office_view.hall_view(huong, "vi", forecaster)
        return [each.code for each in seen.alerts if each.code in ("unserved", "pause")]

    await aside.transfer(trang, ticket.id, line="H", counter=None, to="dung", back=False)
    await desk.leave(trang)
    assert await told() == []
    await issue("H")
    assert await told() == ["unserved"]
    await desk.sit(trang, 2)
    assert await told() == []
    await desk.pause(trang, "họp", clock.now() + timedelta(minutes=10))
    assert await told() == []
    clock.forward(minutes=11)
    assert await told() == ["unserved", "pause"]
    await desk.unpause(trang)
    await desk.pause(trang, "họp", None)
    assert await told() == ["unserved"]
