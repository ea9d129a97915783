"""The waiting list of a day on both engines: joining, being offered, taking, declining, letting pass, leaving."""

import random
from datetime import datetime, timedelta

import pytest
from msgspec import structs

from server import clock as turned
from server.booking import service, service_offers, service_staff, service_waiting
from server.booking.rules_states import Appointment
from server.booking.rules_waiting import Entry, not_again
from server.booking.service_days import errand, free_days
from server.errors import Refusal
from server.journal.frames import head_seq
from server.notify import outbox
from server.notify.tables import Outbox
from server.people import service as people
from tests.booking.small import BIRTH, COPY, DOSSIER, OFFICE, SIGNATURE, booked, everything, free_at, person, wanted
from tests.booking.waiting import (
    STRANGERS,
    accepts,
    at,
    full_day,
    gives_up,
    offer_to,
    open_office,
    stage_of,
    the_day,
    waits,
)
from tests.server.journalled import kept_its_promises
from tests.server.support import Clock, House


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    await open_office()


async def test_a_cancelled_time_is_the_first_one_s_in_the_same_instant(clock: Clock) -> None:
    """Cancelling offers: held for the first in line with a deadline, told once, and nobody else can have it."""
    day = await full_day()
    first, second = await waits(1), await waits(2)
    assert [(await service_waiting.standing(one)).place for one in (first, second)] == [1, 2]
    await gives_up(day[at(10)])
    offer = await offer_to(first)
    assert offer is not None
    assert (offer.starts_at, offer.state, offer.name) == (at(10), "held", first.name)
    assert offer.held_until == clock.at + timedelta(minutes=30)
    assert await offer_to(second) is None
    assert await free_at(at(10)) == 0
    told = await Outbox.select(Outbox.kind, Outbox.channel, Outbox.reference).where(Outbox.kind == "offered")
    assert sorted(row["channel"] for row in told) == ["email", "sms"]
    assert {row["reference"] for row in told} == {offer.reference}
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(at(10)), person(3))
    taken = await accepts(offer)
    assert (taken.state, await stage_of(first), await stage_of(second)) == ("confirmed", "booked", "waiting")
    await kept_its_promises(OFFICE)


async def test_declined_it_goes_to_the_next_and_is_not_offered_again(clock: Clock) -> None:
    """Who declines stays in line, but not for that start; the next is offered it by the same press."""
    day = await full_day()
    first, second = await waits(1), await waits(2)
    await gives_up(day[at(10)])
    declined = await offer_to(first)
    assert declined is not None
    await gives_up(declined)
    assert await stage_of(first) == "waiting"
    passed_on = await offer_to(second)
    assert passed_on is not None
    assert passed_on.starts_at == at(10)
    await gives_up(passed_on)
    assert (await stage_of(first), await stage_of(second), await free_at(at(10))) == ("waiting", "waiting", 1)
    await gives_up(day[at(14, 30)])
    again = await offer_to(first)
    assert again is not None
    assert again.starts_at == at(14, 30)


async def test_an_offer_let_pass_is_the_next_one_s_without_any_clock_job(clock: Clock) -> None:
    """At the deadline it has passed; whoever tries to book it finds it offered to the next, though nobody looked."""
    day = await full_day()
    first, second = await waits(1), await waits(2)
    await gives_up(day[at(10)])
    offer = await offer_to(first)
    assert offer is not None
    assert offer.held_until is not None
    clock.at = offer.held_until - timedelta(milliseconds=1)
    assert await stage_of(first) == "offered"
    clock.at = offer.held_until
    assert (await stage_of(first), await stage_of(second)) == ("missed", "waiting")
    with pytest.raises(Refusal, match="hold-expired"):
        await accepts(offer)
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(at(10)), person(3))
    await service_offers.offer_expired(clock.at - timedelta(seconds=15), clock.at)
    passed_on = await offer_to(second)
    assert passed_on is not None
    assert (passed_on.starts_at, await offer_to(first)) == (at(10), None)
    # Off the list, but not shut out: at its end again.
    assert (await service_waiting.standing(await waits(1))).place == 2
    await kept_its_promises(OFFICE)


async def test_a_moved_booking_and_an_expired_hold_are_offered_too(clock: Clock) -> None:
    """A time that was moved away from, and one held by somebody who never came back, go to the list."""
    day = await full_day()
    first, second = await waits(1), await waits(2)
    moved = day[at(10)]
    await service.change(moved.reference, await service.manage_token(moved), at(8) + timedelta(days=1))
    offered = await offer_to(first)
    assert offered is not None
    assert offered.starts_at == at(10)
    await accepts(offered)
    await gives_up(day[at(9)])
    declined = await offer_to(second)
    assert declined is not None
    await gives_up(declined)
    held = await service.book(wanted(at(9)), person(3))
    third = await waits(4)
    clock.at += timedelta(minutes=10)
    await service_offers.offer_expired(clock.at - timedelta(seconds=15), clock.at)
    offered = await offer_to(third)
    assert offered is not None
    assert (offered.starts_at, held.starts_at) == (at(9), at(9))


async def test_only_whom_it_fits_is_offered_it(clock: Clock) -> None:
    """Length, lines and officer: each freed time goes to the first whose visit it can hold."""
    day = await full_day()
    long, an, other, short = await waits(1, (SIGNATURE,)), await waits(2, officer="an"), await waits(3), await waits(4)
    await gives_up(day[at(10)])
    assert [one is not None for one in [await offer_to(long), await offer_to(an)]] == [False, True]
    await gives_up(day[at(13, 30)])
    assert [one is not None for one in [await offer_to(long), await offer_to(other)]] == [False, True]
    await gives_up(day[at(14, 30)])
    assert await offer_to(short) is not None
    left = await offer_to(other)
    assert left is not None
    await gives_up(left)
    assert await offer_to(long) is None
    now_free = await offer_to(short)
    assert now_free is not None
    await gives_up(now_free)
    wide = await offer_to(long)
    assert wide is not None
    assert (wide.starts_at, wide.ends_at) == (at(13, 30), at(15, 30))


async def test_what_was_free_on_joining_is_not_offered(clock: Clock) -> None:
    """Who joins a day with one time left has seen that one: it stays everybody's, and the next freed one is offered."""
    day = await full_day()
    await gives_up(day[at(8)])
    entry = await waits(1)
    await gives_up(day[at(11)])
    offered = await offer_to(entry)
    assert offered is not None
    assert offered.starts_at == at(11)
    assert (await service.book(wanted(at(8)), person(3))).state == "held"


async def test_booking_elsewhere_ends_the_wait(clock: Clock) -> None:
    """Another booking of the same day or the same procedure ends an entry, an offer that is open included."""
    await full_day()
    same_procedure, same_day, other = await waits(1), await waits(2), await waits(3)
    await booked(at(8) + timedelta(days=1), 1)
    await booked(at(8), 2, [BIRTH])
    await booked(at(9) + timedelta(days=1), 3, [BIRTH])
    assert [await stage_of(one) for one in (same_procedure, same_day, other)] == ["booked", "booked", "waiting"]
    assert (await service_waiting.standing(other)).place == 1
    await kept_its_promises(OFFICE)


async def test_leaving_passes_the_offer_on(clock: Clock) -> None:
    """Who leaves waits no longer, and what was being offered is the next one's at once; left is left."""
    day = await full_day()
    first, second = await waits(1), await waits(2)
    await gives_up(day[at(10)])
    token = await service_waiting.waiting_token(first.reference)
    await service_waiting.leave(first.reference, token)
    assert (await stage_of(first), await stage_of(second)) == ("left", "offered")
    with pytest.raises(Refusal, match="not-waiting"):
        await service_waiting.leave(first.reference, token)
    with pytest.raises(Refusal, match="no-such-entry"):
        await service_waiting.leave(second.reference, token)
    await kept_its_promises(OFFICE)


@pytest.mark.parametrize(
    ("hours_before", "offered", "deadline"),
    [(24, True, timedelta(minutes=30)), (0.75, True, timedelta(minutes=15)), (0.6, False, None)],
)
async def test_an_offer_stands_half_an_hour_and_ends_in_time(
    clock: Clock, hours_before: float, offered: bool, deadline: timedelta | None
) -> None:
    """Half an hour, but never to less than half an hour before the start; what comes too soon is everybody's."""
    day, start = await full_day(), at(15, 30)
    entry = await waits(1)
    clock.at = start - timedelta(hours=hours_before)
    await gives_up(day[start])
    found = await offer_to(entry)
    assert (found is not None) is offered
    if found is not None and deadline is not None:
        assert found.held_until == clock.at + deadline
    else:
        assert (await service.book(wanted(start), person(3))).state == "held"


async def test_refused_and_nothing_changed(clock: Clock) -> None:
    """Twice the same day, a day with room, closed, over or not open yet, no way to tell, too many: a code each."""
    await full_day()
    await waits(1)
    wish = service_waiting.WaitingWish(office=OFFICE, day=the_day(), procedures=[COPY])
    seq, rows = await head_seq(OFFICE), await everything()

    async def refused(code: str, who: int = 2, **more: object) -> None:
        asked = structs.replace(wish, **more)
        with pytest.raises(Refusal, match=f"^{code}$"):
            await service_waiting.join(asked, person(who, email="ai@thu.example"))
        assert (await head_seq(OFFICE), await everything()) == (seq, rows)

    await refused("already-waiting", 1)
    await refused("too-many-bookings", STRANGERS)
    await refused("day-has-room", day=the_day() + timedelta(days=1))
    await refused("day-has-room", procedures=[BIRTH])
    await refused("day-closed", day=the_day() - timedelta(days=1))
    await refused("day-over", day=the_day() - timedelta(days=3))
    await refused("day-not-open", day=the_day() + timedelta(days=5))
    await refused("day-not-open", day=the_day() + timedelta(days=500))
    await refused("no-such-procedure", procedures=["0"])
    await refused("no-such-officer", officer="dung.bode")
    await refused("bad-dossier", dossier_number="0042")
    await refused("dossier-unknown", dossier_number=DOSSIER, dossier_check="unknown")
    outbox.opened(["email"], lambda: None)
    with pytest.raises(Refusal, match="email-needed"):
        await service_waiting.join(wish, person(2))
    outbox.opened([], lambda: None)
    await refused("no-waiting-list")


async def test_what_somebody_waits_for_counts_as_booked(clock: Clock) -> None:
    """Two live bookings and entries together, and one of a field; a pressed form sent again is the same entry."""
    await full_day()
    wish = service_waiting.WaitingWish(office=OFFICE, day=the_day(), procedures=[COPY])
    pressed = [await service_waiting.join(wish, person(1), attempt="form-1") for _ in range(3)]
    assert len({entry.reference for entry in pressed}) == 1
    await booked(at(9) + timedelta(days=1), 2, [BIRTH])
    assert await waits(2)
    await booked(at(8) + timedelta(days=1), 3)
    with pytest.raises(Refusal, match="too-many-bookings"):
        await waits(3)


async def test_an_offer_stays_its_person_s(clock: Clock) -> None:
    """Whoever confirms it, it is booked for who waited: nobody passes a place in the line on."""
    day = await full_day()
    entry = await waits(1)
    await gives_up(day[at(10)])
    offer = await offer_to(entry)
    assert offer is not None
    taken = await service.confirm(offer.reference, await service.manage_token(offer), person(9))
    assert (taken.phone, taken.name) == (entry.phone, entry.name)


async def test_who_waited_is_forgotten(clock: Clock) -> None:
    """The day after the day, what is personal is gone from the list; the entry stays."""
    await full_day()
    entry = await waits(1, dossier_number=DOSSIER)
    clock.local(9, days=3)
    await service_waiting.forget_waiting()
    found = await service_waiting.with_reference(entry.reference)
    assert found is not None
    assert found.phone == entry.phone
    clock.local(9, days=1)
    await service_waiting.forget_waiting()
    found = await service_waiting.with_reference(entry.reference)
    assert found is not None
    personal = (found.name, found.phone, found.email, found.dossier_number, found.identity_hash, found.identity_tail)
    assert (set(personal), await stage_of(entry)) == ({None}, "over")


async def test_at_night_nobody_has_to_answer(clock: Clock) -> None:
    """A time given up at night is kept until after people are awake."""
    day, ten = await full_day(), at(10)
    entry = await waits(1)
    clock.local(23, 30)
    await gives_up(day[ten])
    offer = await offer_to(entry)
    assert offer is not None
    assert offer.held_until == datetime.fromisoformat("2026-11-24T07:30:00+07:00")


@pytest.mark.parametrize("seed", range(2))
async def test_nobody_in_line_is_overtaken(clock: Clock, seed: int) -> None:
    """Whatever happens in whatever order: nobody is offered a start that somebody before him waits for and could have;
    nothing that somebody waits for and could have is left lying; and replay tells it all."""
    chance = random.Random(seed)
    day = await full_day()
    await full_day(BIRTH, STRANGERS + 100)
    line: list[Entry] = []
    known: set[str] = set()
    for step in range(36):
        later = ["join", *["cancel"] * 4, *["decline"] * 2, "take", "leave", "wait", "book"]
        verb = "join" if step < 12 else chance.choice(later)
        offered = [found for found in [await offer_to(one) for one in line] if found is not None]
        try:
            if verb == "join":
                kind = chance.choice([(COPY,), (COPY,), (SIGNATURE,), (BIRTH,)])
                line.append(await waits(step, kind, officer=chance.choice([None, None, "an", "binh"])))
            elif verb == "cancel":
                await gives_up(chance.choice([one for one in await everything() if one.state == "confirmed"]))
            elif verb == "wait":
                clock.forward(minutes=chance.choice([5, 30]))
                await service_offers.offer_expired(None, clock.at)
            elif verb == "book":
                await service.book(wanted(chance.choice(list(day))), person(1000 + step))
            elif verb == "leave" and line:
                one = chance.choice(line)
                await service_waiting.leave(one.reference, await service_waiting.waiting_token(one.reference))
            elif offered:
                await (gives_up if verb == "decline" else accepts)(chance.choice(offered))
        except (Refusal, IndexError):
            continue
        made = [one for one in await everything() if one.waiting_entry and one.reference not in known]
        known |= {one.reference for one in made}
        await in_order(line, made)
    assert len(known) > 5
    await kept_its_promises(OFFICE)


async def in_order(line: list[Entry], made: list[Appointment]) -> None:
    """Of those who still wait, nobody could have anything that is free, nor what was offered to anybody behind."""
    for one in line:
        if await stage_of(one) != "waiting":
            continue
        seen = not_again(one, [each for each in await everything() if each.waiting_entry == one.reference])
        behind = {later.reference for later in line if later.place > one.place}
        plan = await errand(OFFICE, one.codes, one.purpose, one.officer, turned.now())
        for offer in [None, *(offer for offer in made if offer.waiting_entry in behind)]:
            besides = [offer.reference] if offer else []
            days = await free_days(plan, the_day(), 1, turned.now(), besides)
            left = [slot.start for slot in days.get(the_day(), []) if slot.free and slot.start not in seen]
            assert left == []


async def test_what_the_office_books_and_calls_off_counts_as_well(clock: Clock) -> None:
    """A booking the office calls off goes to the list; one that it makes for somebody ends that person's wait."""
    day = await full_day()
    first, second = await waits(1), await waits(2)
    officer = await people.officer_of(OFFICE, "an")
    assert officer is not None
    await service_staff.call_off(day[at(10)].reference, "officer-away", officer)
    assert (await stage_of(first), await stage_of(second)) == ("offered", "waiting")
    await service_staff.book_for(officer, wanted(at(9) + timedelta(days=1)), person(2), waive=["limits"])
    assert await stage_of(second) == "booked"
