"""What the office does with the appointments of others: book for a caller, move, call off, send the link again.

Under the same lock and by the same rules as on the citizen's site. The office may book beyond the limits that keep the
site fair (and the booking says so), never beyond what can be served.
"""

from datetime import datetime

from server.booking import service, tables
from server.booking.rules_staff import Reason, clean_note, may_be_arranged, told_as
from server.booking.rules_states import Appointment
from server.booking.service_days import Errand, errand, refuse_unless_free
from server.booking.service_person import refuse_overlap
from server.booking.service_rows import facts, with_reference
from server.catalogue import service as catalogue
from server.codes import normalised
from server.errors import Refusal
from server.journal.append import office_change
from server.notify.outbox import announce
from server.people.rules import Officer

__all__ = ["call_off", "move", "of_office"]


async def of_office(reference: str, actor: Officer) -> Appointment:
    """A booking of the officer's own office. Refuses no-such-booking, also for another office's."""
    found = await with_reference(normalised(reference))
    if found is None or found.office != actor.office:
        raise Refusal("no-such-booking")
    return found


async def move(
    reference: str, start: datetime, officer: str | None, actor: Officer, *, asked: bool = False
) -> Appointment:
    """Move a booking or a hold to a start, with that officer (username) or, None, whoever is free.

    The person is told of a new time: as of the office's doing, or, `asked` for it, as of a wish that was met. Refuses
    no-such-booking, no-such-officer, hold-expired, already-cancelled, already-checked-in, booking-over,
    already-booked, slot-past, too-far-ahead, slot-closed, and slot-full with the nearest free starts in `extra`.
    """
    found = await of_office(reference, actor)
    try:
        async with office_change(found.office, _who(actor)) as here:
            found = await service.known(found.reference)
            plan = await _errand(found, officer, here.now)
            may_be_arranged(found, here.now, plan.office.time_zone)
            if (start, officer) == (found.starts_at, found.officer):
                return found
            await refuse_overlap(here, plan, found, start)
            await refuse_unless_free(plan, start, here.now, besides=found.reference)
            # With whom is nothing that calendars and messages tell: only another time is another version.
            retimed = start != found.starts_at
            await here.update(
                tables.Appointment, found.reference,
                starts_at=start, ends_at=start + plan.wish.length, line=plan.line, officer=officer,
                sequence=found.sequence + retimed,
            )  # fmt: skip
            kind = "appointment.held" if found.state == "held" else "appointment.changed"
            here.append(kind, facts(plan.line, start, plan.office.time_zone))
            moved = await service.known(found.reference)
            if moved.state == "confirmed" and retimed:
                await announce(here, moved, "changed" if asked else "moved")
            return moved
    except Refusal as refused:
        if refused.code == "slot-full":
            raise await service.with_nearest(
                service.Wanted(
                    office=found.office, procedures=found.codes, start=start, purpose=found.purpose, officer=officer
                )
            ) from None
        raise


async def call_off(reference: str, reason: Reason, actor: Officer, note: str = "") -> Appointment:
    """End a booking or a hold for a reason; its time is free at once, and the person is told.

    `note` are own words for the office alone: never journalled, never sent. Refuses no-such-booking, hold-expired,
    already-cancelled, already-checked-in, booking-over, bad-text, too-long.
    """
    words = clean_note(note)
    found = await of_office(reference, actor)
    office = await catalogue.office(found.office)
    async with office_change(found.office, _who(actor)) as here:
        found = await service.known(found.reference)
        may_be_arranged(found, here.now, office.time_zone)
        await service.release(here, found, reason=reason, note=words)
        ended = await service.known(found.reference)
        if found.state == "confirmed":
            await announce(here, ended, told_as(reason))
        return ended


async def _errand(found: Appointment, officer: str | None, now: datetime) -> Errand:
    return await errand(found.office, found.codes, found.purpose, officer, now)


def _who(actor: Officer) -> str:
    return f"officer:{actor.username}"
