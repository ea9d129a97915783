"""Changing an office's timetable: whom a change would hit is said before it is saved, and nobody is left unseen.

A booking that the office cannot serve any more is moved, called off, or stays in the list of those to be arranged:
that list is worked out from the tables as they are, so nothing can drop out of it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct, structs

from server import clock
from server.booking import tables
from server.booking.rules_states import Appointment
from server.booking.rules_stranded import Offer
from server.booking.service_rows import facts, with_reference
from server.booking.service_stranded import (
    Situation,
    busy_of,
    diary_of,
    forget_count,
    offers_for,
    situation,
    stranded_of,
    wish_of,
)
from server.catalogue import service as catalogue
from server.catalogue import service_timetable as timetables
from server.catalogue.rules_timetable import applied
from server.codes import normalised
from server.db import after_commit
from server.errors import Refusal
from server.journal.append import Change, office_change
from server.notify.outbox import announce
from server.people import service as people
from server.people.rules import Officer
from server.phrases import say
from server.wire import (
    AwayChange,
    BookingMove,
    DayChange,
    HoursChange,
    SaveRequest,
    ShiftChange,
    ShiftEnd,
    TimetableChange,
)

__all__ = ["Differs", "Hit", "Moved", "NotMoved", "move", "preview", "save", "to_arrange"]


class Hit(Struct, frozen=True):
    """Bookings that cannot be served, by time, each with a place it could go to, if there is one.

    `before` is how many could not be served anyway; `seen` changes with whatever is in here.
    """

    situation: Situation
    bookings: Sequence[Appointment]
    offers: Mapping[str, Offer]
    before: int = 0

    @property
    def seen(self) -> str:
        """Which bookings, and where to: two marks, for who saves without moving need not care about the second."""
        which = [(booking.reference, booking.starts_at) for booking in self.bookings]
        return f"{_mark(which)}.{_mark(sorted(self.offers.items()))}"


class NotMoved(Struct, frozen=True):
    reference: str
    refusal: Refusal


class Moved(Struct, frozen=True):
    """What became of a bulk move: references that were moved, those that were not, and how many are left."""

    moved: Sequence[str]
    failed: Sequence[NotMoved]
    left: int


async def to_arrange(office: str) -> Hit:
    """The bookings of an office that wait to be arranged."""
    seen = await situation(office, clock.now())
    left = await stranded_of(seen)
    return Hit(seen, left, await offers_for(seen, left, _references(left)))


async def preview(actor: Officer, change: TimetableChange) -> Hit:
    """Whom a change would hit. Changes nothing. Refuses what `save` refuses of a change."""
    return (await _hit_by(actor.office, change, clock.now()))[1]


async def save(actor: Officer, request: SaveRequest) -> Moved:
    """Change the timetable and, if asked to, move whom that hits to where the preview said.

    Refuses what `applied` refuses, no-such-officer, no-such-counter, no-such-line; and timetable-differs with the new
    `hit` in `extra` where it would hit others than were seen, or they can no longer be moved to where it was said.
    """
    async with timetables.changing(actor.office, _who(actor)) as here:
        before, hit = await _hit_by(actor.office, request.change, here.now)
        shown, now = request.seen.partition("."), hit.seen.partition(".")
        if shown[0] != now[0] or (request.move and shown[2] != now[2]):
            raise Differs(hit)
        after = hit.situation
        if after.table != before.table:
            await timetables.write(before.table, after.table)
            here.append("timetable.changed", _told(request.change))
        moved = []
        if request.move:
            for booking in hit.bookings:
                if booking.reference in hit.offers:
                    await _move(here, after, booking, hit.offers[booking.reference])
                    moved.append(booking.reference)
        after_commit(lambda: forget_count(actor.office))
        return Moved(moved, [], hit.before + len(hit.bookings) - len(moved))


async def move(actor: Officer, moves: Sequence[BookingMove]) -> Moved:
    """Move bookings that wait to be arranged, each to where it was said, those that can be.

    Asked for again, what has been moved counts as moved. A booking's own refusals are no-such-booking,
    already-cancelled, not-stranded, slot-past, already-booked and slot-full; the others are moved all the same.
    """
    async with office_change(actor.office, _who(actor)) as here:
        seen = await situation(actor.office, here.now)
        left = {booking.reference: booking for booking in await stranded_of(seen)}
        diary, busy = diary_of(seen, left), busy_of(seen, left)
        moved, failed = [], []
        for wanted in moves:
            reference = normalised(wanted.reference)
            booking = left.get(reference)
            try:
                if booking is None:
                    await _refuse_unless_there(seen, reference, wanted)
                    moved.append(reference)
                    continue
                wish = structs.replace(wish_of(seen, booking), officer=wanted.officer)
                offer = Offer(wanted.start, wanted.start + wish.length, wanted.officer)
                mine = busy.setdefault(booking.identity_hash or reference, [])
                if wanted.start <= here.now:
                    raise Refusal("slot-past")
                if any(begins < offer.end and offer.start < ends for begins, ends in mine):
                    raise Refusal("already-booked")
                day = clock.day_of(offer.start, seen.office.time_zone)
                if not diary.takes(day, wish, offer.start):
                    raise Refusal("slot-full")
            except Refusal as refused:
                failed.append(NotMoved(reference, refused))
                continue
            diary.put(
                day, structs.replace(seen.booked(booking), start=offer.start, end=offer.end, officer=offer.officer)
            )
            mine.append((offer.start, offer.end))
            await _move(here, seen, booking, offer)
            moved.append(reference)
            del left[reference]
        after_commit(lambda: forget_count(actor.office))
        return Moved(moved, failed, len(left))


class Differs(Refusal):
    """What would happen is not what was seen; `hit` is what would."""

    def __init__(self, hit: Hit) -> None:
        super().__init__("timetable-differs")
        self.hit = hit


async def _hit_by(office: str, change: TimetableChange, now: datetime) -> tuple[Situation, Hit]:
    before = await situation(office, now)
    await _refuse_unknown(office, change)
    if isinstance(change, DayChange) and not change.name_vi.strip():
        change = structs.replace(change, name_vi=say("vi", "timetable.day.own"), name_en=say("en", "timetable.day.own"))
    after = structs.replace(before, table=applied(before.table, change, office, before.today))
    already = _references(await stranded_of(before))
    left = await stranded_of(after)
    hit = [booking for booking in left if booking.reference not in already]
    offers = await offers_for(after, hit, _references(left))
    return before, Hit(after, hit, offers, len(left) - len(hit))


async def _refuse_unknown(office: str, change: TimetableChange) -> None:
    if isinstance(change, AwayChange | ShiftChange) and not await people.officer_of(office, change.officer):
        raise Refusal("no-such-officer", username=change.officer, extra={"field": "officer"})
    if isinstance(change, ShiftChange):
        if all(counter.number != change.counter for counter in await catalogue.counters(office)):
            raise Refusal("no-such-counter", counter=change.counter, extra={"field": "counter"})
        known = {line.code for line in await catalogue.lines(office)}
        for line in change.lines:
            if line not in known:
                raise Refusal("no-such-line", line=line, extra={"field": "lines"})


async def _refuse_unless_there(seen: Situation, reference: str, wanted: BookingMove) -> None:
    """Refuses for a booking that need not be arranged, unless it is where it was to go already."""
    found = await with_reference(reference)
    if found is None or found.office != seen.office.code:
        raise Refusal("no-such-booking")
    if found.state == "cancelled":
        raise Refusal("already-cancelled")
    if (found.starts_at, found.officer) != (wanted.start, wanted.officer):
        raise Refusal("not-stranded")


async def _move(here: Change, seen: Situation, booking: Appointment, offer: Offer) -> None:
    # With whom is nothing that calendars and messages tell: only another time is another version.
    retimed = offer.start != booking.starts_at
    moved = structs.replace(
        booking, starts_at=offer.start, ends_at=offer.end, officer=offer.officer, sequence=booking.sequence + retimed
    )
    await here.update(
        tables.Appointment, booking.reference,
        starts_at=moved.starts_at, ends_at=moved.ends_at, officer=moved.officer, sequence=moved.sequence,
    )  # fmt: skip
    here.append("appointment.changed", facts(booking.line, offer.start, seen.office.time_zone))
    if retimed:
        await announce(here, moved, "moved")


def _told(change: TimetableChange) -> dict[str, object]:
    """What the journal keeps of a change: whose and when, never why somebody is away."""
    told: dict[str, object] = {"change": change.__struct_config__.tag}
    if isinstance(change, AwayChange | ShiftChange):
        told["officer"] = change.officer
    if isinstance(change, AwayChange | DayChange):
        told |= {"from": change.date, "until": change.until or change.date}
    elif isinstance(change, ShiftChange | ShiftEnd | HoursChange):
        told["from"] = change.valid_from
    return told


def _references(bookings: Sequence[Appointment]) -> frozenset[str]:
    return frozenset(booking.reference for booking in bookings)


def _mark(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:24]


def _who(actor: Officer) -> str:
    return f"officer:{actor.username}"
