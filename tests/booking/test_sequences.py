"""Whatever people do in whatever order, no more is booked than can be served, and the journal knows it all."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from server.booking import service
from server.booking.rules_states import Appointment, stage
from server.booking.service_rows import with_reference
from server.errors import Refusal
from tests.booking.oversold import oversold
from tests.booking.small import (
    BIRTH,
    COPY,
    OFFICE,
    SIGNATURE,
    ZONE,
    everything,
    open_small_office,
    person,
    token_of,
    wanted,
)
from tests.server.journalled import kept_its_promises
from tests.server.support import Clock, House

STEPS = 80
EIGHT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""08:00 of the day on which the clock stands; the day after it is a holiday."""


def taken(appointments: list[Appointment], now: datetime) -> list[Appointment]:
    return [each for each in appointments if stage(each, now, ZONE) in ("held", "confirmed", "checked-in")]


def check(appointments: list[Appointment], now: datetime) -> None:
    """Everybody can be served by somebody skilled who has nobody else, and half of each line's officers stay free."""
    assert oversold(taken(appointments, now), {"A": 1, "H": 1, "T": 1}) == []


async def act(chance: random.Random, clock: Clock, known: list[str]) -> None:
    """One person does one thing to a booking, or makes one; being refused is part of life."""
    start = EIGHT + timedelta(minutes=15 * chance.randrange(5, 20), days=chance.choice([0, 2]))
    verb = chance.choice(["book"] * 5 + ["confirm"] * 3 + ["change"] * 2 + ["cancel", "wait"])
    if verb == "wait":
        clock.forward(minutes=chance.choice([1, 2, 5]))
    elif verb == "book" or not known:
        procedures = chance.choice([[COPY], [SIGNATURE], [BIRTH], [COPY, BIRTH], [COPY, SIGNATURE, BIRTH]])
        purpose = chance.choice(["submit", "submit", "collect"])
        officer = chance.choice([None, None, None, "an", "binh"])
        asked = wanted(start, procedures, purpose=purpose, officer=officer)
        known.append((await service.book(asked, person(chance.randrange(1000)))).reference)
    else:
        reference = known[-1] if verb == "confirm" else chance.choice(known)
        found = await with_reference(reference)
        assert found
        token = await token_of(found)
        if verb == "confirm":
            await service.confirm(reference, token)
        elif verb == "cancel":
            await service.cancel(reference, token)
        else:
            await service.change(reference, token, start)


@pytest.mark.parametrize("seed", range(3))
async def test_no_sequence_oversells(house: House, clock: Clock, seed: int) -> None:
    """After each of many random steps all that is booked can be served, and a refused step has changed nothing."""
    await open_small_office(booking_days_ahead=3, bookings_per_person=5, bookings_per_field=5)
    chance = random.Random(seed)
    refused, most = 0, 0
    known: list[str] = []
    for _ in range(STEPS):
        before = await everything()
        try:
            await act(chance, clock, known)
        except Refusal:
            refused += 1
            assert await everything() == before
        after = await everything()
        check(after, clock.at)
        most = max(most, len(taken(after, clock.at)))
    assert refused > 5
    assert most > 5
    await kept_its_promises(OFFICE)


async def test_every_offered_slot_can_be_booked(house: House, clock: Clock) -> None:
    """Each start the office offers of a day is taken by somebody, as often as it says, and then the day is full."""
    await open_small_office(bookable_share=1)
    _, days = await service.slots(OFFICE, [BIRTH], None, 1)
    who = 0
    for slot in [slot for slots in days.values() for slot in slots]:
        for _ in range(slot.free if slot.index % 2 == 1 else 0):
            who += 1
            await service.book(wanted(slot.start, [BIRTH]), person(who))
    _, days = await service.slots(OFFICE, [BIRTH], None, 1)
    assert who > 10
    assert all(slot.free == 0 for slots in days.values() for slot in slots if slot.index % 2 == 1)
