"""Coming for an appointment: which one is meant, and when the answer is to ask a person."""

import pytest

from server.booking import service
from server.booking.rules_states import Appointment
from server.codes import readable
from server.errors import Refusal
from server.journal.append import office_change
from tests.booking.small import BIRTH, COPY, DOSSIER, OFFICE, booked, open_small_office, state, time, token_of
from tests.server.support import Clock, House


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    await open_small_office()


async def find(**given: str) -> Appointment:
    async with office_change(OFFICE, "test") as change:
        return await service.find_for_check_in(change, **given)


async def check_in(booking: Appointment, ticket: str) -> None:
    async with office_change(OFFICE, "test") as change:
        await service.mark_checked_in(change, booking, ticket)


async def test_it_is_found_by_reference_phone_or_dossier() -> None:
    """Any of the three, however typed, finds today's appointment."""
    booking = await booked(time(10), 1, dossier_number=DOSSIER)
    for given in (
        {"reference": readable(booking.reference).lower()},
        {"phone": "0912 000 001"},
        {"dossier": " h26.10-261121-0042"},
    ):
        assert (await find(**given)).reference == booking.reference


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"reference": "ZZZZZZZZZZZZ"}, "no-such-booking"),
        ({"phone": "0912999999"}, "no-such-booking"),
        ({"phone": "12"}, "bad-phone"),
        ({"dossier": "H26"}, "no-such-booking"),
        ({}, "no-such-booking"),
    ],
)
async def test_what_matches_nothing_is_refused(given: dict[str, str], code: str) -> None:
    """Unknown codes and half numbers find nothing, and nothing changes."""
    await booked(time(10), 1)
    before = await state()
    with pytest.raises(Refusal, match=code):
        await find(**given)
    assert await state() == before


async def test_another_day_is_too_early_and_says_which(clock: Clock) -> None:
    """Who comes on the wrong day is told the right one."""
    booking = await booked(time(10, days=2), 1)
    for given in ({"reference": booking.reference}, {"phone": "0912000001"}):
        with pytest.raises(Refusal, match="too-early") as early:
            await find(**given)
        assert early.value.values == {"time": "10:00", "date": "25/11/2026"}
    assert "10:00" in early.value.sentence("vi")


async def test_checking_in_happens_once() -> None:
    """A second check-in is refused with the ticket of the first."""
    booking = await booked(time(10), 1)
    await check_in(await find(reference=booking.reference), "ticket-1")
    with pytest.raises(Refusal, match="already-checked-in") as again:
        await find(phone="0912000001")
    assert again.value.extra == {"ticket": "ticket-1"}
    with pytest.raises(Refusal, match="already-started"):
        await service.cancel(booking.reference, await token_of(booking))


async def test_of_two_today_a_person_decides_unless_one_is_done() -> None:
    """Two waiting appointments of one telephone are for reception; with one checked in the other is meant."""
    first, second = await booked(time(10), 1, [COPY]), await booked(time(11), 1, [BIRTH])
    with pytest.raises(Refusal, match="ask-reception"):
        await find(phone="0912000001")
    await check_in(first, "ticket-1")
    assert (await find(phone="0912000001")).reference == second.reference


async def test_a_cancelled_one_is_said_to_be_cancelled() -> None:
    """Who cancelled and comes nevertheless is told so."""
    booking = await booked(time(10), 1)
    await service.cancel(booking.reference, await token_of(booking))
    with pytest.raises(Refusal, match="booking-cancelled"):
        await find(reference=booking.reference)


async def test_a_mere_hold_is_no_appointment() -> None:
    """What was held and not confirmed cannot be checked in."""
    from tests.booking.small import person, wanted

    held = await service.book(wanted(time(10)), person(1))
    with pytest.raises(Refusal, match="no-such-booking"):
        await find(reference=held.reference)


async def test_the_desk_sees_the_coming_hour(clock: Clock) -> None:
    """Appointments that begin within the hour, and those of the last minutes that nobody has come for."""
    bookings = [await booked(time(*at), who) for who, at in enumerate(((9, 15), (9, 45), (10, 30)), start=1)]
    clock.at = time(9, 20)
    assert [each.reference for each in await service.appointments_of_hour(OFFICE, clock.at)] == [
        booking.reference for booking in bookings[:2]
    ]
    await check_in(bookings[0], "ticket-1")
    assert [each.starts_at for each in await service.appointments_of_hour(OFFICE, clock.at)] == [time(9, 45)]
