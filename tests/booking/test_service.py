"""Holding, confirming, moving and giving up, on both engines: what is allowed, what is refused."""

from datetime import timedelta

import pytest

from server.booking import service, service_access
from server.booking.rules_states import stage
from server.booking.service_person import forget_people
from server.errors import Refusal
from tests.booking.small import (
    BIRTH,
    COPY,
    OFFICE,
    SIGNATURE,
    ZONE,
    booked,
    everything,
    free_at,
    open_small_office,
    person,
    state,
    time,
    token_of,
    wanted,
)
from tests.server.support import Clock, House


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    """The small office. It books without a dossier number, and each of its lines one person at a time."""
    await open_small_office()


async def test_a_time_is_held_for_ten_minutes_and_then_confirmed(clock: Clock) -> None:
    """Booking holds; confirming makes it stand; what it takes and where follows from its procedures."""
    held = await service.book(wanted(time(10)), person(1))
    assert (held.state, held.held_until) == ("held", clock.at + timedelta(minutes=10))
    assert (held.line, held.codes, held.ends_at - held.starts_at) == ("A", [COPY], timedelta(minutes=15))
    confirmed = await service.confirm(held.reference, await token_of(held))
    assert (confirmed.state, confirmed.name, confirmed.phone) == ("confirmed", "Nguyễn Thị Hoà", "+84912000001")


async def test_the_last_place_goes_to_one(clock: Clock) -> None:
    """Two officers, 60 %: one place; the second to ask is told the nearest free times, and nothing changes."""
    assert await free_at(time(10)) == 1
    await booked(time(10), 1)
    before = await state()
    with pytest.raises(Refusal, match="slot-full") as full:
        await service.book(wanted(time(10)), person(2))
    nearest = full.value.extra["nearest"]
    assert isinstance(nearest, list)
    local = [slot["start"][11:16] for slot in nearest]
    assert local == ["09:30", "09:45", "10:15"]
    assert await state() == before


async def test_an_expired_hold_is_free_in_the_same_instant(clock: Clock) -> None:
    """The moment a hold is over somebody else has the time, and the first can neither confirm nor move it any more."""
    held = await service.book(wanted(time(10)), person(1))
    assert held.held_until is not None
    clock.at = held.held_until - timedelta(milliseconds=1)
    assert await free_at(time(10)) == 0
    clock.at = held.held_until
    assert await free_at(time(10)) == 1
    other = await booked(time(10), 2)
    assert other.state == "confirmed"
    token = await token_of(held)
    assert stage(await service.authorised(held.reference, token), clock.at, ZONE) == "expired"
    for verb in (
        service.confirm(held.reference, token),
        service.cancel(held.reference, token),
        service.change(held.reference, token, time(11)),
    ):
        before = await state()
        with pytest.raises(Refusal, match="hold-expired"):
            await verb
        assert await state() == before


async def test_five_presses_are_one_booking() -> None:
    """Whoever asks for the very same again while it is held gets the same booking, not another one."""
    pressed = [await service.book(wanted(time(10)), person(1)) for _ in range(5)]
    assert len({held.reference for held in pressed}) == 1
    assert len(await everything()) == 1


async def test_one_form_is_one_hold(clock: Clock) -> None:
    """A page's form sent twice holds once; sent with another time it gives the first time up."""
    first = await service.book(wanted(time(10)), None, attempt="form-1")
    again = await service.book(wanted(time(10)), None, attempt="form-1")
    assert again == first
    moved = await service.book(wanted(time(11)), None, attempt="form-1")
    assert moved.starts_at == time(11)
    assert (await free_at(time(10)), await free_at(time(11))) == (1, 0)


async def test_a_person_may_have_two_bookings_and_one_of_each_field(clock: Clock) -> None:
    """The limits count what is still to come, per telephone or identity number; a cancelled one no longer counts."""
    first = await booked(time(10), 1)
    before = await state()
    with pytest.raises(Refusal, match="too-many-bookings"):
        await service.book(wanted(time(11)), person(1))
    assert await state() == before
    await booked(time(11), 1, [BIRTH])
    with pytest.raises(Refusal, match="too-many-bookings"):
        await service.book(wanted(time(14), [SIGNATURE]), person(1))
    await service.cancel(first.reference, await token_of(first))
    assert (await service.book(wanted(time(14), [SIGNATURE]), person(1))).state == "held"


async def test_a_family_behind_one_telephone_is_known_by_its_identity_numbers() -> None:
    """Two people with one telephone and identity numbers of their own do not share their limits."""
    await service.book(wanted(time(10)), person(1, identity_number="001090000001"))
    assert await service.book(wanted(time(11)), person(1, identity_number="001090000002"))
    with pytest.raises(Refusal, match="too-many-bookings"):
        await service.book(wanted(time(14)), person(1, identity_number="001 090 000 002"))


async def test_nobody_is_in_two_places_at_once() -> None:
    """A second booking of one person at an overlapping time is refused, also by moving one."""
    await booked(time(10), 1, [BIRTH])
    with pytest.raises(Refusal, match="already-booked"):
        await service.book(wanted(time(10, 15)), person(1))
    other = await booked(time(11), 1)
    with pytest.raises(Refusal, match="already-booked"):
        await service.change(other.reference, await token_of(other), time(10, 15))


async def test_limits_hold_for_who_is_named_only_when_confirming() -> None:
    """A page holds before it knows who comes: the limits are looked at when it does."""
    await booked(time(10), 1)
    held = await service.book(wanted(time(11)), None)
    with pytest.raises(Refusal, match="bad-name"):
        await service.confirm(held.reference, await token_of(held))
    with pytest.raises(Refusal, match="too-many-bookings"):
        await service.confirm(held.reference, await token_of(held), person(1))
    assert (await service.confirm(held.reference, await token_of(held), person(2))).name == "Nguyễn Thị Hoà"


async def test_changing_frees_the_old_time_and_takes_the_new_one() -> None:
    """A moved booking keeps its reference and person, grows its version, and its old time can be had at once."""
    booking = await booked(time(10), 1)
    moved = await service.change(booking.reference, await token_of(booking), time(14))
    assert (moved.starts_at, moved.ends_at) == (time(14), time(14, 15))
    assert (moved.sequence, moved.name, moved.state) == (1, booking.name, "confirmed")
    assert (await free_at(time(10)), await free_at(time(14))) == (1, 0)


async def test_a_long_visit_can_be_moved_into_its_own_time() -> None:
    """One's own booking is not in the way of moving it by a slot; staying where it is changes nothing."""
    booking = await booked(time(10), 1, [BIRTH])
    moved = await service.change(booking.reference, await token_of(booking), time(10, 15))
    assert moved.starts_at == time(10, 15)
    before = await state()
    assert await service.change(booking.reference, await token_of(booking), time(10, 15)) == moved
    assert await state() == before


async def test_cancelling_frees_the_time_until_it_begins(clock: Clock) -> None:
    """A cancelled time is free at once; once it has begun nothing can be cancelled or moved."""
    booking = await booked(time(10), 1)
    cancelled = await service.cancel(booking.reference, await token_of(booking))
    assert (cancelled.state, cancelled.sequence, await free_at(time(10))) == ("cancelled", 1, 1)
    with pytest.raises(Refusal, match="already-cancelled"):
        await service.cancel(booking.reference, await token_of(booking))
    other = await booked(time(10), 2)
    token = await token_of(other)
    clock.at = time(10)
    for verb in (service.cancel(other.reference, token), service.change(other.reference, token, time(11))):
        before = await state()
        with pytest.raises(Refusal, match="already-started"):
            await verb
        assert await state() == before


async def test_several_procedures_take_their_time_together_with_somebody_who_can_do_them_all() -> None:
    """5 and 25 minutes of two lines are half an hour with the one officer skilled in both."""
    booking = await booked(time(10), 1, [COPY, BIRTH])
    assert (booking.line, booking.ends_at - booking.starts_at) == ("A", timedelta(minutes=30))
    _, days = await service.slots(OFFICE, [COPY, BIRTH], None, 1)
    offered = {slot.start: slot for slots in days.values() for slot in slots}
    assert offered[time(9, 30)].officers == ("binh",)
    assert offered[time(10)].free == 0
    # The others still have their own: civil status with `chi` is left, certification with `an` is not sold beyond 60 %.
    assert await free_at(time(10), [BIRTH]) == 0
    assert await free_at(time(10)) == 0


async def test_a_named_officer_is_the_only_one_it_is_for() -> None:
    """A time can be with one officer; that officer's is then taken, and one of another office is not to be had."""
    booking = await booked(time(10), 1, officer="binh")
    assert booking.officer == "binh"
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(time(10), [BIRTH], officer="binh"), person(2))
    assert await free_at(time(10), [BIRTH]) == 1
    with pytest.raises(Refusal, match="no-such-officer"):
        await service.book(wanted(time(10), officer="dung.bode"), person(3))


async def test_results_are_collected_where_results_are_given() -> None:
    """Who comes to collect is booked on the line for results, and waits there."""
    booking = await booked(time(10), 1, [BIRTH], purpose="collect")
    assert (booking.line, booking.ends_at - booking.starts_at) == ("T", timedelta(minutes=15))
    assert await free_at(time(10), [BIRTH], purpose="collect") == 0
    assert await free_at(time(10), [BIRTH]) == 1


@pytest.mark.parametrize(
    ("hour", "minute", "days", "code"),
    [
        (8, 45, 0, "slot-past"),
        (9, 0, 0, "slot-past"),
        (10, 7, 0, "slot-closed"),
        (12, 0, 0, "slot-closed"),
        (7, 45, 1, "slot-closed"),
        (10, 0, 8, "too-far-ahead"),
        (8, 15, 7, "too-far-ahead"),
        (10, 0, 3000, "too-far-ahead"),
    ],
)
async def test_times_that_are_not_offered_are_refused(hour: int, minute: int, days: int, code: str) -> None:
    """Past, between the slots, outside the hours, too far ahead, not released yet: a code each, and nothing is held."""
    before = await state()
    with pytest.raises(Refusal, match=code):
        await service.book(wanted(time(hour, minute, days=days)), person(1))
    assert await state() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"procedures": ["9.999999"]}, "no-such-procedure"),
        ({"procedures": []}, "no-such-procedure"),
        ({"office": "nowhere"}, "no-such-office"),
        ({"office": "long-bien-quan"}, "office-ended"),
        ({"dossier_number": "H26"}, "bad-dossier"),
    ],
)
async def test_what_is_not_there_is_refused(change: dict[str, object], code: str) -> None:
    """Unknown codes, an office that is no more and a number of no portal are refused, and nothing is held."""
    before = await state()
    request = wanted(time(10))
    with pytest.raises(Refusal, match=code):
        await service.book(
            service.Wanted(**{**{n: getattr(request, n) for n in request.__struct_fields__}, **change}), None
        )
    assert await state() == before


async def test_a_stranger_gets_nothing() -> None:
    """Without the token, with a forged one or with another booking's, there is no such booking."""
    mine, other = await booked(time(10), 1), await booked(time(11), 2)
    for token in (None, "", "0" * 24, await token_of(other), (await token_of(mine))[:-1]):
        before = await state()
        for verb in (service.cancel, service.confirm, service.authorised):
            with pytest.raises(Refusal, match="no-such-booking"):
                await verb(mine.reference, token)
        with pytest.raises(Refusal, match="no-such-booking"):
            await service.change(mine.reference, token, time(14))
        assert await state() == before


async def test_a_phone_opens_a_booking_and_guessing_ends_after_five(clock: Clock) -> None:
    """The phone it was made with opens it; five wrong ones shut it for a quarter of an hour, for the right one too."""
    booking = await booked(time(16), 1)
    found, token = await service.access(booking.reference.lower(), phone="0912 000 001")
    assert (found.reference, token) == (booking.reference, await token_of(booking))
    for _ in range(service_access.TRIES):
        with pytest.raises(Refusal, match="no-such-booking"):
            await service.access(booking.reference, phone="0912000002")
    with pytest.raises(Refusal, match="too-many"):
        await service.access(booking.reference, phone="0912000001")
    assert (await service.access(booking.reference, token=token))[1] == token
    clock.forward(minutes=15)
    assert (await service.access(booking.reference, phone="0912000001"))[1] == token
    with pytest.raises(Refusal, match="no-such-booking"):
        await service.access("ZZZZZZZZZZZZ", phone="0912000001")


async def test_the_journal_tells_what_happened_and_to_nobody_whose_it_was() -> None:
    """Each change is one event with line, start and day; names, phones and numbers are in none of them."""
    from server.journal.replay import events

    booking = await booked(time(10), 1, dossier_number="H26.10-261121-0042")
    await service.change(booking.reference, await token_of(booking), time(14))
    await service.cancel(booking.reference, await token_of(booking))
    told = [event async for event in events(OFFICE)]
    assert [event.kind for event in told] == [
        "appointment.held", "appointment.confirmed", "appointment.changed", "appointment.cancelled",
    ]  # fmt: skip
    text = "".join(event.body for event in told)
    for secret in ("Hoà", "912000001", "261121"):
        assert secret not in text
    assert '"appointment":{"line":"A"' in told[0].body


async def test_online_filers_only_asks_for_the_dossier() -> None:
    """An office for online filers refuses without a dossier number and books with one."""
    from server.catalogue.tables import Setting

    await Setting.update({Setting.value: "true"}).where(
        (Setting.office == OFFICE) & (Setting.key == "online_filers_only")
    )
    with pytest.raises(Refusal, match="dossier-needed"):
        await service.book(wanted(time(10)), person(1))
    held = await service.book(wanted(time(10), dossier_number="h26.10-261121-0042"), person(1))
    assert held.dossier_number == "H26.10-261121-0042"


async def test_what_people_said_about_themselves_dies_after_the_visit(clock: Clock) -> None:
    """A day after its end a booking no longer knows whose it was; one to come does, and the journal is not touched."""
    over = await booked(time(10), 1, dossier_number="H26.10-261121-0042", officer="an")
    coming = await booked(time(10, days=3), 2)
    clock.at = over.ends_at + timedelta(days=1)
    before = await state()
    await forget_people()
    assert await state() == before
    clock.forward(milliseconds=1)
    await forget_people()
    left = {each.reference: each for each in await everything()}
    kept = left[over.reference]
    assert (kept.name, kept.phone, kept.dossier_number, kept.identity_hash) == (None, None, None, None)
    assert (kept.starts_at, kept.officer, kept.state) == (over.starts_at, "an", "confirmed")
    assert left[coming.reference] == coming
    with pytest.raises(Refusal, match="no-such-booking"):
        await service.access(over.reference, phone="0912000001")
