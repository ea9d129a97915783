"""Every verb from every state, by the right desk and the wrong one, twice and too late: allowed as `FROM` says, and
otherwise refused with a code and a sentence in both languages before anything is written."""

from collections.abc import Awaitable, Callable, Mapping
from typing import get_args

import msgspec
import pytest

from server.db import Database, transaction
from server.people.rules import Officer
from server.queue import aside, desk, hold, home, reception, service, visit
from server.queue.rules import OPEN_STATES, State, Ticket
from server.queue.rules_verbs import FROM, Standing, Verb, standing
from tests.queue.office import (
    BIRTH,
    COPY,
    OFFICE,
    STATES,
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
from tests.server.journalled import kept_its_promises
from tests.server.support import Clock

Deed = Callable[[Officer, Ticket, Ticket], Awaitable[object]]
"""What an officer does to a ticket; the last one is another ticket that waits."""


async def _by_holder(ticket: Ticket, deed: Callable[[str], Awaitable[object]]) -> None:
    """What its holder does on the phone, whoever sits where."""
    await deed(await service.follow_token(ticket))


DEEDS: Mapping[Verb, Deed] = {
    "call": lambda who, ticket, other: desk.call_chosen(who, ticket.id, "việc gấp"),
    "recall": lambda who, ticket, other: desk.recall(who, ticket.id),
    "start": lambda who, ticket, other: desk.start(who, ticket.id),
    "finish": lambda who, ticket, other: visit.finish(who, ticket.id),
    "miss": lambda who, ticket, other: desk.miss(who, ticket.id),
    "return": lambda who, ticket, other: aside.return_(who, ticket.id),
    "park": lambda who, ticket, other: aside.park(who, ticket.id, None, None),
    "resume": lambda who, ticket, other: aside.resume(who, ticket.id),
    "transfer": lambda who, ticket, other: aside.transfer(
        who, ticket.id, line="T", counter=None, to=None, back=False
    ),
    "merge": lambda who, ticket, other: aside.merge(who, ticket.id, other.id),
    "add-procedure": lambda who, ticket, other: aside.add_procedure(who, ticket.id, COPY),
    "no-show": lambda who, ticket, other: aside.no_show(who, ticket.id),
    "withdraw": lambda who, ticket, other: aside.withdraw(who, ticket.id),
    "bring-back": lambda who, ticket, other: reception.bring_back(who, ticket.id),
    "reactivate": lambda who, ticket, other: reception.reactivate(who, ticket.id),
    "arrive": lambda who, ticket, other: home.arrive(who, ticket.id),
    "hold": lambda who, ticket, other: _by_holder(ticket, lambda token: hold.hold(token, 10)),
    "back": lambda who, ticket, other: _by_holder(ticket, hold.back),
}  # fmt: skip

LEADS_TO: Mapping[Verb, Standing] = {
    "call": "called", "recall": "called", "start": "serving", "finish": "served", "miss": "missed",
    "return": "waiting", "park": "parked", "resume": "serving", "transfer": "waiting", "no-show": "no-show",
    "withdraw": "withdrawn", "bring-back": "waiting", "reactivate": "waiting", "arrive": "waiting",
    "hold": "held", "back": "waiting",
}  # fmt: skip
"""The state after a verb; the others leave it as it was."""

SEATED = frozenset(
    {"call", "recall", "start", "finish", "miss", "park", "resume", "transfer", "merge", "add-procedure"}
)
"""Verbs that are done at a counter; the others anywhere in the office."""


def expected(verb: Verb, state: str, who: str) -> str | None:
    """The code by which this is refused, None where it is allowed. Dung's desk has the ticket, Trang's has none."""
    at_desk = state in ("called", "serving")
    if verb in SEATED and who == "lan":
        return "not-seated"
    if (verb, state) == ("hold", "held"):
        return "already-held"
    if verb == "arrive" and state in {*OPEN_STATES, "held"} - FROM[verb]:
        return "not-from-home"
    if state == "coming" and state not in FROM[verb]:
        return "not-arrived"
    if state not in FROM[verb]:
        return "already-withdrawn" if (verb, state) == ("withdraw", "withdrawn") else "wrong-state"
    return "not-your-ticket" if at_desk and who != "dung" else None


def test_the_matrix_is_whole() -> None:
    """No verb and no state is left out."""
    assert set(DEEDS) == set(FROM) == set(get_args(Verb))
    assert set(STATES) == {*get_args(State), "held"}
    assert {state for states in FROM.values() for state in states} <= set(STATES)


@pytest.mark.parametrize("state", STATES)
async def test_every_verb_from_every_state(database: Database, clock: Clock, state: str) -> None:
    """By the ticket's desk, by another and by nobody's: done as FROM says, or refused with all tables as they were."""
    await open_office()
    who = {"dung": await seated("dung", 1), "trang": await seated("trang", 2), "lan": await officer("lan")}
    ticket = await ticket_in(state, who["dung"])
    other = await issue()
    clock.forward(minutes=1)  # so that recalling is not too soon, and undoing too late
    async with transaction():
        before = await all_there_is()
        for verb, deed in DEEDS.items():
            for name, officer_ in who.items():
                async with for_nothing():
                    code = await outcome(deed(officer_, ticket, other))
                    assert code == expected(verb, state, name), (verb, name)
                    if code is not None:
                        assert await all_there_is() == before, (verb, name)
                        continue
                    after = await now_is(ticket)
                    assert standing(after) == LEADS_TO.get(verb, state), (verb, name)
                    assert after.touched_seq > ticket.touched_seq
                    assert (after.series, after.number, after.day) == (ticket.series, ticket.number, ticket.day)
    await kept_its_promises(OFFICE)


TWICE: Mapping[Verb, str | None] = {
    "recall": "too-soon", "withdraw": "already-withdrawn", "add-procedure": None, "arrive": "already-arrived",
    "hold": "already-held",
}  # fmt: skip
"""How the same verb ends when it is pressed again; wrong-state where nothing else is said."""


async def test_the_same_press_again_changes_nothing(database: Database, clock: Clock) -> None:
    """Twice from any state that allows it: the second time is refused, or finds everything done already."""
    await open_office()
    dung = await seated("dung", 1)
    async with transaction():
        for verb, deed in DEEDS.items():
            for state in sorted(FROM[verb]):
                async with for_nothing():
                    ticket = await ticket_in(state, dung)
                    other = await issue()
                    clock.forward(seconds=30)
                    assert await outcome(deed(dung, ticket, other)) is None, (verb, state)
                    before = await all_there_is()
                    assert await outcome(deed(dung, ticket, other)) == TWICE.get(verb, "wrong-state"), (verb, state)
                    assert await all_there_is() == before


async def test_yesterdays_numbers_are_over(database: Database, clock: Clock) -> None:
    """The next morning nothing can be done to any of them, whatever they were, and refusing it begins no day."""
    await open_office()
    dung, trang, lan = await seated("dung", 1), await seated("trang", 2), await officer("lan")
    away = ("closed", "coming", "served", "withdrawn", "no-show", "missed", "parked", "held")
    tickets = [await ticket_in(state, dung) for state in away]
    tickets += [await ticket_in("called", trang), await ticket_in("serving", dung)]
    other = await issue()
    tickets.append(other)
    assert {standing(ticket) for ticket in tickets} == set(STATES)
    clock.local(9, 0, days=1)
    before = await all_there_is()
    for ticket in tickets:
        for verb, deed in DEEDS.items():
            code = await outcome(deed(lan if verb not in SEATED else dung, ticket, other))
            assert code in ("not-seated", "wrong-state", "already-withdrawn", "too-old"), (verb, ticket.state)
        assert await outcome(aside.undo(dung, ticket.id)) == "not-seated"
    assert await all_there_is() == before
    await issue()
    assert {(await now_is(ticket)).state for ticket in tickets} == {"closed", "served", "withdrawn", "no-show"}
    await kept_its_promises(OFFICE)


async def test_a_ticket_of_nowhere_is_nobodys(database: Database, clock: Clock) -> None:
    """An id that is not this office's is refused as unknown, by every verb."""
    await open_office()
    dung = await seated("dung", 1)
    ticket = await issue()
    unknown = msgspec.structs.replace(ticket, id="0" * 16)
    before = await all_there_is()
    for verb, deed in DEEDS.items():
        assert await outcome(deed(dung, unknown, ticket)) == "no-such-ticket", verb
    assert await outcome(aside.undo(dung, unknown.id)) == "no-such-ticket"
    assert await outcome(reception.reprint(dung, unknown.id)) == "no-such-ticket"
    assert await all_there_is() == before


# --- undo --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
async def test_only_the_last_verb_of_ones_own_desk_can_be_undone(database: Database, clock: Clock, state: str) -> None:
    """For ten seconds, once, by the desk that did it; what was done elsewhere or not by a verb stays."""
    await open_office()
    dung, trang, lan = await seated("dung", 1), await seated("trang", 2), await officer("lan")
    ticket = await ticket_in(state, dung)
    async with transaction():
        before = await all_there_is()
        assert await outcome(aside.undo(trang, ticket.id)) == "nothing-to-undo"
        assert await outcome(aside.undo(lan, ticket.id)) == "not-seated"
        assert await all_there_is() == before
        async with for_nothing():
            clock.forward(seconds=11)
            assert await outcome(aside.undo(dung, ticket.id)) == "nothing-to-undo"
            assert await all_there_is() == before
        clock.forward(seconds=-6)
        came_from = {"called": "waiting", "serving": "called", "served": "serving", "missed": "called",
                     "parked": "serving"}.get(state)  # fmt: skip
        code = await outcome(aside.undo(dung, ticket.id))
        assert code == (None if came_from else "nothing-to-undo")
        if came_from:
            assert (await now_is(ticket)).state == came_from
            assert await outcome(aside.undo(dung, ticket.id)) == "nothing-to-undo"
        else:
            assert await all_there_is() == before


UNDOABLE: Mapping[str, tuple[State, Deed]] = {
    "next": ("waiting", lambda who, ticket, other: desk.call_next(who)),
    "finish and next": ("serving", lambda who, ticket, other: visit.finish(who, ticket.id, then_next=True)),
    "transfer back": (
        "serving",
        lambda who, ticket, other: aside.transfer(who, ticket.id, line="H", counter=3, to="son", back=True),
    ),
    **{
        verb: (sorted(FROM[verb])[-1], DEEDS[verb])
        for verb in ("call", "start", "finish", "miss", "park", "resume", "transfer", "merge", "add-procedure")
    },
}


async def test_undoing_restores_everything(database: Database, clock: Clock) -> None:
    """Every column is what it was before the verb, except that a call stays announced: it was heard."""
    await open_office()
    dung = await seated("dung", 1)
    async with transaction():
        for name, (state, deed) in UNDOABLE.items():
            async with for_nothing():
                ticket = await ticket_in(state, dung)
                other = await issue()
                await deed(dung, ticket, other)
                clock.forward(seconds=5)
                await aside.undo(dung, ticket.id)
                for whole in (ticket, other):
                    restored = msgspec.structs.asdict(await now_is(whole))
                    for column, value in msgspec.structs.asdict(whole).items():
                        if not column.startswith(("announced_", "touched_")):
                            assert restored[column] == value, (name, column)


async def test_nothing_is_undone_that_somebody_has_touched_since(database: Database, clock: Clock) -> None:
    """The holder gave the number back, or another desk has called it: then it is too late."""
    await open_office()
    dung, trang = await seated("dung", 1), await seated("trang", 2)
    for touch in ("withdraw", "return and call"):
        ticket = await ticket_in("missed", dung)
        if touch == "withdraw":
            await service.withdraw_own(await service.follow_token(ticket))
        else:
            await aside.return_(trang, ticket.id)
            await desk.call_next(trang)
        before = await all_there_is()
        assert await outcome(aside.undo(dung, ticket.id)) == "nothing-to-undo"
        assert await all_there_is() == before


async def test_a_lost_paper_is_replaced_in_any_state(database: Database, clock: Clock) -> None:
    """A reprint changes nothing about the ticket; its old link and code are worthless, also after a second one."""
    await open_office()
    dung, lan = await seated("dung", 1), await officer("lan")
    for state in STATES:
        ticket = await ticket_in(state, dung)
        old = [await service.follow_token(ticket)]
        for _ in range(2):
            again = await reception.reprint(lan, ticket.id)
            assert (again.ticket.state, again.ticket.label) == (ticket.state, ticket.label)
            for worthless in old:
                assert await outcome(service.ticket_of_token(worthless)) == "no-such-ticket"
            assert (await service.ticket_of_token(again.follow_token)).id == ticket.id
            old.append(again.follow_token)
        if state in ("called", "serving"):  # the next one needs a free desk and an empty queue
            await aside.park(dung, ticket.id, None, None)
        elif state == "waiting":
            await aside.withdraw(dung, ticket.id)


BAD = {
    "transfer to nowhere": ("transfer-where", {"line": None, "counter": None, "to": None}),
    "transfer to an unknown line": ("no-such-line", {"line": "Z", "counter": None, "to": None}),
    "transfer to an unknown counter": ("no-such-counter", {"line": None, "counter": 77, "to": None}),
    "transfer to a stranger": ("no-such-officer", {"line": None, "counter": None, "to": "ai"}),
    "transfer to somebody who never sits": ("no-such-officer", {"line": None, "counter": None, "to": "kiem"}),
}


async def test_what_makes_no_sense_is_refused(database: Database, clock: Clock) -> None:
    """Unknown places, procedures, outcomes and days that are over; merging a number with itself or one at a desk."""
    await open_office()
    dung, trang = await seated("dung", 1), await seated("trang", 2)
    ticket = await ticket_in("serving", dung)
    called = await ticket_in("called", trang)
    today = clock.now().date()
    before = await all_there_is()
    for code, where in BAD.values():
        assert await outcome(aside.transfer(dung, ticket.id, back=False, **where)) == code  # type: ignore[arg-type]
    assert await outcome(aside.merge(dung, ticket.id, ticket.id)) == "same-ticket"
    assert await outcome(aside.merge(dung, ticket.id, called.id)) == "wrong-state"
    assert await outcome(aside.add_procedure(dung, ticket.id, "9.999999")) == "no-such-procedure"
    for done, code in (
        (visit.Done(outcome="vui"), "no-such-outcome"),
        (visit.Done(procedures=[BIRTH, "9.999999"]), "no-such-procedure"),
        (visit.Done(outcome="result-not-ready"), "date-needed"),
        (visit.Done(outcome="result-not-ready", promised_on=today), "date-needed"),
    ):
        assert await outcome(visit.finish(dung, ticket.id, done)) == code
    assert await all_there_is() == before
