"""Whatever people do in whatever order, no more is booked than can be served, and the journal knows it all."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from piccolo.query.base import Query

from server.booking import service
from server.booking.rules_dealing import Booked, deal_out
from server.booking.rules_states import Appointment, stage
from server.booking.service_rows import with_reference
from server.booking.tables import Appointment as AppointmentTable
from server.errors import Refusal
from server.journal.append import journalled
from server.journal.replay import first_bad, replayed
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
from tests.server.support import Clock, House

SKILLS = {"an": {"A", "T"}, "binh": {"A", "H"}, "chi": {"H"}}
LINES_OF = {COPY: "A", SIGNATURE: "A", BIRTH: "H"}
STEPS = 80
EIGHT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""08:00 of the day on which the clock stands; the day after it is a holiday."""


def needs(appointment: Appointment) -> frozenset[str]:
    """The lines an officer needs for it, said anew."""
    if appointment.purpose == "collect":
        return frozenset("T")
    return frozenset(LINES_OF[code] for code in appointment.codes)


def taken(appointments: list[Appointment], now: datetime) -> list[Appointment]:
    return [each for each in appointments if stage(each, now, ZONE) in ("held", "confirmed", "checked-in")]


def check(appointments: list[Appointment], now: datetime) -> None:
    """Everybody can be served by somebody skilled who has nobody else, and half of each line's officers stay free."""
    live = taken(appointments, now)
    booked = [Booked(lines=needs(each), start=each.starts_at, end=each.ends_at, officer=each.officer) for each in live]
    able = [
        frozenset(name for name, skills in SKILLS.items() if each.lines <= skills and each.officer in (None, name))
        for each in booked
    ]
    assert deal_out(booked, able) is not None
    for moment in {each.start for each in booked}:
        for line in "AHT":
            at_once = [each for each in booked if line in each.lines and each.start <= moment < each.end]
            assert len(at_once) <= 1


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
    await check_journal()


async def check_journal() -> None:
    """The journal's chain holds, and replayed it gives the rows, what is personal aside."""
    assert await first_bad(OFFICE) is None
    told = (await replayed(OFFICE, [AppointmentTable]))["appointment"]
    query: Query[AppointmentTable, list[dict[str, object]]] = AppointmentTable.select().where(
        AppointmentTable.office == OFFICE
    )
    stored = {str(row["reference"]): journalled(AppointmentTable, row) for row in await query}
    assert {reference: {name: row[name] for name in told[reference]} for reference, row in stored.items()} == told
    assert told.keys() == stored.keys()


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
