"""What the office does with appointments of others, on both engines."""

from datetime import timedelta

import pytest

from server.booking import service, service_staff
from server.errors import Refusal
from server.people import service as people
from server.people.rules import Officer
from tests.booking.small import OFFICE, booked, everything, free_at, open_small_office, state, time, token_of
from tests.server.support import Clock, House


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    """The small office."""
    await open_small_office()


@pytest.fixture
async def binh(office: None) -> Officer:
    """An officer of the small office."""
    found = await people.officer_of(OFFICE, "binh")
    assert found is not None
    return found


@pytest.fixture
async def stranger() -> Officer:
    """Somebody who works at another office."""
    return (await people.officers_of("bo-de"))[0]


async def test_the_office_moves_a_booking_to_a_time_and_an_officer(binh: Officer) -> None:
    """The old time is free at once, the new one is with who was named, and calendars get a new version."""
    mine = await booked(time(10), 1)
    moved = await service_staff.move(mine.reference, time(14), "binh", binh)
    assert (moved.starts_at, moved.officer, moved.sequence) == (time(14), "binh", mine.sequence + 1)
    assert await free_at(time(10)) == 1


async def test_another_officer_at_the_same_time_is_no_new_version(binh: Officer) -> None:
    """Neither calendar nor message tells with whom: nothing is sent, and nothing changes twice."""
    mine = await booked(time(10), 1)
    moved = await service_staff.move(mine.reference, time(10), "an", binh)
    assert (moved.officer, moved.sequence) == ("an", mine.sequence)
    before = await state()
    assert await service_staff.move(mine.reference, time(10), "an", binh) == moved
    assert await state() == before


async def test_the_office_cannot_oversell_either(binh: Officer) -> None:
    """A full time is refused with the nearest free ones, a closed or strange one without; nothing changes."""
    mine, _ = await booked(time(10), 1), await booked(time(11), 2)
    before = await state()
    with pytest.raises(Refusal, match="slot-full") as full:
        await service_staff.move(mine.reference, time(11), None, binh)
    assert full.value.extra["nearest"]
    for start, officer, code in (
        (time(12), None, "slot-closed"),
        (time(14), "chi", "slot-full"),
        (time(14), "nobody", "no-such-officer"),
        (time(9, days=30), None, "too-far-ahead"),
    ):
        with pytest.raises(Refusal, match=code):
            await service_staff.move(mine.reference, start, officer, binh)
    assert await state() == before


async def test_called_off_with_a_reason(binh: Officer) -> None:
    """The code is kept and journalled, the office's own words are kept beside it; the time is free at once."""
    mine = await booked(time(10), 1)
    ended = await service_staff.call_off(mine.reference, "officer-away", binh, "  Anh An  ốm ")
    assert (ended.state, ended.reason, ended.note) == ("cancelled", "officer-away", "Anh An ốm")
    assert await free_at(time(10)) == 1
    with pytest.raises(Refusal, match="already-cancelled"):
        await service_staff.call_off(mine.reference, "other", binh)


async def test_other_offices_bookings_are_nobody_elses(stranger: Officer) -> None:
    """Staff of another office are told that there is no such booking, and change nothing."""
    mine = await booked(time(10), 1)
    before = await state()
    with pytest.raises(Refusal, match="no-such-booking"):
        await service_staff.move(mine.reference, time(14), None, stranger)
    with pytest.raises(Refusal, match="no-such-booking"):
        await service_staff.call_off(mine.reference, "other", stranger)
    assert await state() == before


async def test_late_is_helped_until_the_day_is_over(clock: Clock, binh: Officer) -> None:
    """Its holder may not move a booking that has begun, the office may; from the next day on it is a no-show."""
    mine = await booked(time(10), 1)
    clock.at = time(10) + timedelta(minutes=30)
    with pytest.raises(Refusal, match="already-started"):
        await service.change(mine.reference, await token_of(mine), time(14))
    await service_staff.move(mine.reference, time(14), None, binh, asked=True)
    clock.at = time(0, days=1)
    before = await everything()
    for verb in (
        service_staff.move(mine.reference, time(14), None, binh),
        service_staff.call_off(mine.reference, "asked", binh),
    ):
        with pytest.raises(Refusal, match="booking-over"):
            await verb
    assert await everything() == before
