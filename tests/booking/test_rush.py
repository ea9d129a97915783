"""What keeps a rush short: the full time is refused without the lock, and nobody who could book is refused."""

import asyncio
from datetime import date

import pytest

from server.booking import service, service_rush
from server.booking.rules_states import Appointment
from server.booking.service_rush import Look, Question, turn
from server.catalogue.tables import Setting
from server.errors import Refusal
from server.journal import append
from server.journal.append import office_change
from tests.booking.small import BIRTH, COPY, OFFICE, booked, free_at, open_small_office, person, time, token_of, wanted
from tests.server.support import Clock, House, soon, until

QUESTION = Question(office=OFFICE, procedures=(COPY,), purpose="submit", officer=None)


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    """The small office: one person at a time on each of its lines."""
    await open_small_office()


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The offices whose lock was taken, one entry for each time."""
    taken: list[str] = []
    lock_head = append.lock_head

    async def counted(office: str) -> append.Head:
        taken.append(office)
        return await lock_head(office)

    monkeypatch.setattr(append, "lock_head", counted)
    return taken


async def test_a_full_time_is_refused_while_the_office_is_locked() -> None:
    """Who asks for what is gone does not wait for who is just deciding, neither to book nor to move."""
    await booked(time(10), 1)
    other = await booked(time(11), 2)
    token = await token_of(other)
    inside, done = asyncio.Event(), asyncio.Event()

    async def decide() -> None:
        async with office_change(OFFICE, "officer:an"):
            inside.set()
            await done.wait()

    deciding = asyncio.create_task(decide())
    await soon(inside.wait())
    for verb in (service.book(wanted(time(10)), person(3)), service.change(other.reference, token, time(10))):
        with pytest.raises(Refusal, match="slot-full") as full:
            await soon(verb)
        assert len(full.value.extra["nearest"]) == 3  # type: ignore[arg-type]
    done.set()
    await deciding


async def test_of_all_who_wait_for_one_place_only_one_goes_to_the_lock(locked: list[str]) -> None:
    """Thirty people at once: the first has it, and one look tells all others who waited behind."""
    outcomes = await asyncio.gather(
        *(service.book(wanted(time(10)), person(who)) for who in range(30)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Appointment) for outcome in outcomes) == 1
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert {refusal.code for refusal in refused} == {"slot-full"}
    assert len(refused) == 29
    assert all(len(refusal.extra["nearest"]) == 3 for refusal in refused)  # type: ignore[arg-type]
    assert locked == [OFFICE]


async def test_ones_own_hold_is_not_in_ones_way() -> None:
    """Who has the time gets it again: the same person, the same form, and a form whose hold is beside the new time."""
    held = await service.book(wanted(time(10)), person(1))
    assert await service.book(wanted(time(10)), person(1)) == held
    form = await service.book(wanted(time(14), [BIRTH]), None, "form")
    assert await service.book(wanted(time(14), [BIRTH]), None, "form") == form
    assert await free_at(time(14, 15), [BIRTH]) == 0
    moved = await service.book(wanted(time(14, 15), [BIRTH]), None, "form")
    assert moved.starts_at == time(14, 15)
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(time(14), [BIRTH]), None, "another form")


async def test_who_has_a_booking_then_is_told_that_and_not_that_the_time_is_gone() -> None:
    """What only the person can mend goes before what is nobody's fault."""
    await booked(time(10), 1)
    with pytest.raises(Refusal, match="already-booked"):
        await service.book(wanted(time(10), [BIRTH, COPY]), person(1))


async def test_a_hold_that_expires_while_others_ask_frees_its_place(clock: Clock) -> None:
    """Refused a moment before the hold is over, booked in the moment in which it is."""
    held = await service.book(wanted(time(10)), person(1))
    assert held.held_until is not None
    clock.at = held.held_until
    clock.forward(milliseconds=-1)
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(time(10)), person(2))
    clock.forward(milliseconds=1)
    assert (await service.book(wanted(time(10)), person(2))).state == "held"


async def test_what_has_not_changed_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other is refused by the same look; when the place is given up the next one has it."""
    looks: list[object] = []
    looked = service_rush._looked

    async def counted(key: tuple[Question, date]) -> Look:
        looks.append(key)
        return await looked(key)

    monkeypatch.setattr(service_rush, "_looked", counted)
    mine = await booked(time(10), 1)
    looks.clear()
    for who in range(2, 7):
        with pytest.raises(Refusal, match="slot-full") as full:
            await service.book(wanted(time(10)), person(who))
        assert len(full.value.extra["nearest"]) == 3  # type: ignore[arg-type]
    assert len(looks) == 1
    await service.cancel(mine.reference, await token_of(mine))
    assert (await service.book(wanted(time(10)), person(7))).state == "held"
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(time(10)), person(8))


async def test_a_timetable_that_changes_opens_what_was_full(locked: list[str]) -> None:
    """Nothing has happened in the office's journal, but another officer is there: the old look counts no more."""
    await booked(time(10), 1)
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(time(10)), person(2))
    await Setting.insert(Setting(office=OFFICE, key="bookable_share", value="1"))
    locked.clear()
    assert (await service.book(wanted(time(10)), person(2))).state == "held"
    assert locked == [OFFICE]


@pytest.mark.parametrize("when", ["waiting", "let in"])
async def test_who_hangs_up_in_the_queue_does_not_stop_it(when: str) -> None:
    """The turn goes on to the next one, also where it had just come to who left."""
    inside, leave = asyncio.Event(), asyncio.Event()
    let_in: list[str] = []

    async def come(name: str) -> None:
        async with turn(QUESTION, time(10), lambda _: False):
            let_in.append(name)

    async def first() -> None:
        async with turn(QUESTION, time(10), lambda _: False):
            inside.set()
            await leave.wait()
        if when == "let in":  # nobody else has run since the turn was passed on
            second.cancel()

    deciding = asyncio.create_task(first())
    await soon(inside.wait())
    waiting = service_rush._rush.here().queues[OFFICE].waiting
    second = asyncio.create_task(come("second"))
    await until(lambda: len(waiting) == 1)
    third = asyncio.create_task(come("third"))
    await until(lambda: len(waiting) == 2)
    if when == "waiting":
        second.cancel()
    leave.set()
    await soon(asyncio.gather(deciding, third))
    assert let_in == ["third"]
    assert second.cancelled()
    await soon(come("fourth"))
    assert let_in == ["third", "fourth"]
