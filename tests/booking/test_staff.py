"""What the office does with appointments of others, on both engines."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import pytest

from server.booking import service, service_staff
from server.booking.rules_staff import REASONS
from server.booking.service_person import forget_people
from server.booking.service_rows import entry_of
from server.catalogue.tables import Setting
from server.db import rows
from server.errors import Refusal
from server.journal.tables import Event
from server.notify import outbox
from server.notify.letters import letter_of
from server.notify.rules import Message
from server.notify.tables import Outbox
from server.people import service as people
from server.people.rules import Officer
from server.wire import Citizen
from tests.booking.small import (
    BIRTH,
    COPY,
    DOSSIER,
    OFFICE,
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
from tests.booking.test_sequences import check
from tests.server.journalled import kept_its_promises
from tests.server.support import Clock, House

Told = Callable[[], Awaitable[list[Message]]]


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
        (time(14), "chi", "officer-cannot"),
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


@pytest.fixture
def told() -> Told:
    """Messages are written from now on; all that were, in order."""
    outbox.opened(["sms", "email"], lambda: None)

    async def messages() -> list[Message]:
        return await rows(Message, Outbox.select(*outbox.COLUMNS).order_by(Outbox.sequence, Outbox.kind))

    return messages


async def journal() -> str:
    """Everything the office's journal says."""

    class Body(msgspec.Struct):
        body: str

    return "\n".join(each.body for each in await rows(Body, Event.select(Event.body).where(Event.office == OFFICE)))


async def set_policy(key: str, value: object) -> None:
    """Change one setting of the office."""
    await Setting.delete().where((Setting.office == OFFICE) & (Setting.key == key))
    await Setting.insert(Setting(office=OFFICE, key=key, value=str(value)))


async def test_booked_for_a_caller_it_stands_at_once(binh: Officer, told: Told) -> None:
    """No hold to confirm: the time is taken, the journal names the officer, and the person is told with a link."""
    made = await service_staff.book_for(binh, wanted(time(10)), person(1))
    assert (made.state, made.held_until, made.office, made.waived) == ("confirmed", None, OFFICE, "")
    assert await free_at(time(10)) == 0
    actors = await Event.select(Event.actor, Event.kind).where(Event.office == OFFICE).order_by(Event.seq)
    assert [(each["kind"], each["actor"]) for each in actors] == [
        ("appointment.held", "officer:binh"),
        ("appointment.confirmed", "officer:binh"),
    ]
    assert [message.kind for message in await told() if message.kind != "reminder"] == ["confirmed"]


async def test_the_office_never_oversells_for_a_caller(binh: Officer) -> None:
    """A full time is refused with the nearest ones whatever is waived, and a line's share of walk-ins is left alone."""
    await booked(time(10), 1)
    before = await state()
    with pytest.raises(Refusal, match="slot-full") as full:
        await service_staff.book_for(binh, wanted(time(10)), person(2), ["dossier", "limits"])
    assert full.value.extra["nearest"]
    assert await state() == before


async def test_waived_only_when_asked_and_said_so(binh: Officer) -> None:
    """Without a file code, or beyond a person's limits: refused, then allowed on purpose, and the booking tells it."""
    await set_policy("online_filers_only", "true")
    with pytest.raises(Refusal, match="dossier-needed"):
        await service_staff.book_for(binh, wanted(time(10)), person(1))
    without = await service_staff.book_for(binh, wanted(time(10)), person(1), ["dossier"])
    assert without.waived == "dossier"
    more = wanted(time(11), dossier_number=DOSSIER)
    with pytest.raises(Refusal, match="too-many-bookings"):
        await service_staff.book_for(binh, more, person(1), ["dossier"])
    beyond = await service_staff.book_for(binh, more, person(1), ["dossier", "limits"])
    assert (beyond.waived, beyond.dossier_number) == ("limits", DOSSIER)
    ordinary = await service_staff.book_for(
        binh, wanted(time(14), dossier_number=DOSSIER), person(2), ["dossier", "limits"]
    )
    assert ordinary.waived == ""


async def test_the_office_needs_no_notice(binh: Officer, clock: Clock) -> None:
    """Strangers have to book an hour ahead, the office may book and move into the next minutes, but never the past."""
    await set_policy("minimum_notice_minutes", 60)
    clock.at = time(9, 50)
    with pytest.raises(Refusal, match="short-notice"):
        await service.book(wanted(time(10)), person(1))
    made = await service_staff.book_for(binh, wanted(time(10)), person(1))
    _, days = await service_staff.times_to_move(binh, made.reference, None, time(10).date(), 1)
    assert days[time(10).date()][0].start == time(10)
    with pytest.raises(Refusal, match="slot-past"):
        await service_staff.book_for(binh, wanted(time(9, 45)), person(2))


async def test_bad_words_are_refused_and_nothing_is_held(binh: Officer) -> None:
    """Names, telephones and file codes are checked as on the site; an own word in a reason, too."""
    before = await state()
    for citizen, more, code in (
        (Citizen(name="1234", phone="0912000001"), {}, "bad-name"),
        (Citizen(name="Hoà", phone="12"), {}, "bad-phone"),
        (Citizen(name="Hoà", phone="0912000001", email="hoa"), {}, "bad-email"),
        (Citizen(name="Hoà", phone="0912000001"), {"dossier_number": "x"}, "bad-dossier"),
        (Citizen(name="Hoà", phone="0912000001"), {"officer": "son.bode"}, "no-such-officer"),
    ):
        with pytest.raises(Refusal, match=code):
            await service_staff.book_for(binh, wanted(time(10), **more), citizen)  # type: ignore[arg-type]
    assert await state() == before
    mine = await booked(time(10), 1)
    for note, code in (("a\u202eb", "bad-text"), ("a" * 201, "too-long")):
        with pytest.raises(Refusal, match=code):
            await service_staff.call_off(mine.reference, "other", binh, note)
    assert (await service.known(mine.reference)).state == "confirmed"


async def test_what_is_offered_to_the_office_can_be_booked(binh: Officer) -> None:
    """Every free time of two days, for whoever is free and for each officer: booked without a refusal, one by one."""
    first = time(10).date()
    for officer in (None, "binh", "chi"):
        _, days = await service_staff.times(binh, [BIRTH], first, 2, officer)
        offered = [slot.start for slots in days.values() for slot in slots if slot.free]
        assert offered
        for start in offered[::7]:
            made = await service_staff.book_for(binh, wanted(start, [BIRTH], officer=officer), person(1), ["limits"])
            await service_staff.call_off(made.reference, "other", binh)


async def test_each_is_told_in_the_right_words(binh: Officer, told: Told) -> None:
    """Moved at their wish or by the office, called off at their wish or not: four kinds of message."""
    kinds = []
    for place, (asked, reason) in enumerate(((True, "asked"), (False, "officer-away"))):
        mine = await booked(time(10 + place), place)
        moved = await service_staff.move(mine.reference, time(14 + place), None, binh, asked=asked)
        ended = await service_staff.call_off(moved.reference, reason, binh)  # type: ignore[arg-type]
        kinds.append([each.kind for each in await told() if each.reference == ended.reference])
    assert [[kind for kind in each if kind != "reminder"] for each in kinds] == [
        ["confirmed", "changed", "cancelled"],
        ["confirmed", "moved", "called-off"],
    ]


@pytest.mark.parametrize("reason", REASONS)
async def test_the_reason_is_told_the_note_is_not(binh: Officer, told: Told, reason: str) -> None:
    """The person reads the reason's sentence; own words stand neither in the message nor in the journal, and die."""
    mine = await booked(time(10), 1)
    ended = await service_staff.call_off(mine.reference, reason, binh, "anh An ốm")  # type: ignore[arg-type]
    message = next(each for each in await told() if each.sequence == ended.sequence)
    entry = await entry_of(ended, "https://motcua.example/a/x", "vi")
    letter = letter_of(message, "0912", entry, ZONE, "https://motcua.example/")
    assert "ốm" not in letter.text + letter.short
    apology = reason in ("officer-away", "office-closed", "systems-down", "not-needed")
    assert bool(letter.values.get("reason")) is apology
    if apology:
        assert letter.values["reason"] in letter.text
        assert letter.values["reason"] in letter.short
    written = await journal()
    assert f'"reason":"{reason}"' in written
    assert "ốm" not in written


async def test_the_link_goes_out_again_as_a_new_message(binh: Officer, told: Told) -> None:
    """Sent, and asked for once more: a message with a new identity; the journal does not move. None without a way."""
    mine = await booked(time(10, days=2), 1)
    first = [each for each in await told() if each.kind == "confirmed"]
    before = await state()
    await service_staff.send_link(mine.reference, binh)
    again = [each for each in await told() if each.kind == "confirmed"]
    assert len(first) == len(again) == 1
    assert first[0].id != again[0].id
    assert again[0].state == "waiting"
    assert await state() == before
    outbox.opened([], lambda: None)
    with pytest.raises(Refusal, match="no-channel"):
        await service_staff.send_link(mine.reference, binh)


async def test_own_words_are_forgotten_with_the_person(binh: Officer, clock: Clock) -> None:
    """The note dies with name and telephone; the reason stays, for the figures."""
    mine = await booked(time(10), 1)
    await service_staff.call_off(mine.reference, "other", binh, "Anh An ốm")
    clock.at = time(10, days=3)
    await forget_people()
    left = await service.known(mine.reference)
    assert (left.name, left.note, left.reason) == (None, None, "other")


@pytest.mark.parametrize("seed", range(2))
async def test_no_sequence_of_the_offices_oversells(clock: Clock, binh: Officer, seed: int) -> None:
    """Strangers and the office book, move and call off at random: all that is booked can be served, at every step."""
    chance = random.Random(seed)
    known: list[str] = []
    refused = 0
    for _ in range(50):
        start = time(10, days=2) + timedelta(minutes=15 * chance.randrange(6))
        officer = chance.choice([None, None, "an", "binh", "chi"])
        verb = chance.choice(["stranger", "for", "for", "move", "move", "off"] if known else ["for"])
        before = await everything()
        try:
            if verb == "stranger":
                known.append((await booked(start, chance.randrange(1000))).reference)
            elif verb == "for":
                asked = wanted(start, [chance.choice([COPY, BIRTH])], officer=officer)
                made = await service_staff.book_for(binh, asked, person(chance.randrange(5)), ["limits"])
                known.append(made.reference)
            elif verb == "move":
                await service_staff.move(chance.choice(known), start, officer, binh)
            else:
                await service_staff.call_off(chance.choice(known), chance.choice(REASONS), binh)
        except Refusal:
            refused += 1
            assert await everything() == before
        check(await everything(), clock.at)
    assert refused > 5
    assert len(known) > 5
    await kept_its_promises(OFFICE)
