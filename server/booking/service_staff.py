"""What the office does with the appointments of others: book for a caller, move, call off, send the link again.

Under the same lock and by the same rules as on the citizen's site. The office may book beyond the limits that keep the
site fair (and the booking says so), never beyond what can be served.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from msgspec import structs

from server import clock
from server.booking import rules, rules_particulars, service, tables
from server.booking.rules_staff import Reason, Waiver, clean_note, may_be_arranged, told_as
from server.booking.rules_states import Appointment, Purpose
from server.booking.service import Wanted
from server.booking.service_days import (
    Errand,
    errand,
    free_days,
    refuse_unless_free,
    refuse_wrong_officer,
    without_notice,
)
from server.booking.service_offers import end_waiting, offer_free, refuse_unless_free_for_all
from server.booking.service_person import particulars, refuse_overlap
from server.booking.service_rows import facts, with_reference
from server.booking.service_stranded import forget_count, let_down_with
from server.catalogue import service as catalogue
from server.codes import normalised
from server.db import after_commit
from server.errors import Refusal
from server.journal.append import office_change
from server.notify.outbox import announce, tell_again
from server.people.rules import Officer
from server.people.secrets import server_key
from server.wire import Citizen

__all__ = ["book_for", "call_off", "move", "of_office", "send_link", "times", "times_to_move"]


async def of_office(reference: str, actor: Officer) -> Appointment:
    """A booking of the officer's own office. Refuses no-such-booking, also for another office's."""
    found = await with_reference(normalised(reference))
    if found is None or found.office != actor.office:
        raise Refusal("no-such-booking")
    return found


async def book_for(actor: Officer, wanted: Wanted, citizen: Citizen, waive: Collection[Waiver] = ()) -> Appointment:
    """Book a time for somebody who telephones or stands here: it is confirmed at once, and the person is told.

    With whatever notice; `waive` lifts the dossier number or the limits per person, and the booking shows where it
    did. `wanted.dossier_check` is what the portal said, as on the site. Refuses no-such-procedure, no-such-officer,
    officer-cannot, dossier-needed, dossier-unknown, bad-…, too-long, slot-past, too-far-ahead, slot-closed,
    already-booked, too-many-…, and slot-full with the nearest free starts in `extra`.
    """
    dossier = rules_particulars.clean_dossier_number(wanted.dossier_number) if wanted.dossier_number else None
    person = particulars(await server_key(), citizen)
    wanted = structs.replace(wanted, office=actor.office, dossier_number=dossier)
    try:
        async with office_change(actor.office, _who(actor)) as here:
            held = await service.hold(here, wanted, person, waive={*waive, "notice"})
            await here.update(tables.Appointment, held.reference, state="confirmed", held_until=None)
            here.append("appointment.confirmed", await service.facts_of(held))
            confirmed = await service.known(held.reference)
            await end_waiting(here, confirmed)
            await announce(here, confirmed, "confirmed")
            return confirmed
    except Refusal as refused:
        if refused.code == "slot-full":
            raise await service.with_nearest(wanted) from None
        raise


async def times(
    actor: Officer,
    procedures: Sequence[str],
    first_day: date,
    days: int,
    officer: str | None = None,
    purpose: Purpose = "submit",
    dossiers: int | None = None,
) -> tuple[Errand, dict[date, list[rules.Slot]]]:
    """The starts at which the office can book this now, by day; what `service.slots` says, with whatever notice."""
    now = clock.now()
    plan = without_notice(await errand(actor.office, procedures, purpose, officer, now, dossiers))
    refuse_wrong_officer(plan)
    return plan, await free_days(plan, first_day, days, now, with_officers=False)


async def times_to_move(
    actor: Officer, reference: str, officer: str | None, first_day: date, days: int
) -> tuple[Errand, dict[date, list[rules.Slot]]]:
    """What `times` says, for a booking to be moved, with that officer or whoever is free: its own time counts as free.

    Refuses no-such-booking, no-such-officer, officer-cannot.
    """
    now = clock.now()
    found = await of_office(reference, actor)
    plan = await _errand(found, officer, now)
    refuse_wrong_officer(plan)
    besides = await let_down_with(found, now) or [found.reference]
    return plan, await free_days(plan, first_day, days, now, besides=besides, with_officers=False)


async def send_link(reference: str, actor: Officer) -> Appointment:
    """Have the newest message of a booking, and its link, sent once more; nothing changes at the office.

    Refuses no-such-booking, no-channel, and what `may_be_arranged` does.
    """
    found = await of_office(reference, actor)
    office = await catalogue.office(found.office)
    may_be_arranged(found, clock.now(), office.time_zone)
    await tell_again(found)
    return found


async def move(
    reference: str, start: datetime, officer: str | None, actor: Officer, *, asked: bool = False
) -> Appointment:
    """Move a booking or a hold to a start, with that officer (username) or, None, whoever is free.

    The person is told of a new time: as of the office's doing, or, `asked` for it, as of a wish that was met. Refuses
    no-such-booking, no-such-officer, officer-cannot, hold-expired, already-cancelled, already-checked-in, booking-over,
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
            let_down = await let_down_with(found, here.now)
            if let_down:
                # As where those to be arranged are listed: they take nobody's time, and go before who waits for a day.
                await refuse_unless_free(plan, start, here.now, besides=let_down)
            else:
                await refuse_unless_free_for_all(here, plan, start, besides=[found.reference])
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
            await offer_free(here, found.starts_at)
            after_commit(lambda: forget_count(actor.office))
            return moved
    except Refusal as refused:
        if refused.code == "slot-full":
            raise await service.with_nearest(
                service.Wanted(
                    office=found.office,
                    procedures=found.codes,
                    start=start,
                    purpose=found.purpose,
                    officer=officer,
                    dossiers=found.dossiers,
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
        after_commit(lambda: forget_count(actor.office))
        return ended


async def _errand(found: Appointment, officer: str | None, now: datetime) -> Errand:
    return without_notice(await errand(found.office, found.codes, found.purpose, officer, now, found.dossiers))


def _who(actor: Officer) -> str:
    return f"officer:{actor.username}"
