"""What people do with appointments: hold a time, confirm, look at it, move it, give it up.

Each is one change of the office: everything that decides is read under its lock. Who holds the manage token of a
booking may do everything with it; whoever does not is told that there is no such booking.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta

from msgspec import Struct, structs

from server import clock
from server.booking import rules_particulars, tables
from server.booking.rules_staff import Waiver
from server.booking.rules_states import Appointment, Purpose, Verdict, is_held, may_cancel, may_change, may_confirm
from server.booking.service_access import access, authorised, manage_token
from server.booking.service_arrival import (
    appointments_of_hour,
    find_for_check_in,
    mark_checked_in,
    still_to_come,
)
from server.booking.service_days import Errand, errand, slot_views, without_notice
from server.booking.service_gate import Stranger, limit_holds, prove
from server.booking.service_offers import end_waiting, offer_free, refuse_unless_free_for_all, release
from server.booking.service_person import (
    Particulars,
    live_of,
    particulars,
    refuse_overlap,
    refuse_too_many,
    wrong_particulars,
)
from server.booking.service_rows import facts, facts_of, known, with_reference
from server.booking.service_rush import Look, Question, slot_full, turn
from server.booking.service_slots import errand_of, frequent_procedures, slots, slots_to_move
from server.booking.service_stranded import refuse_unless_kept
from server.codes import derived_code, new_code
from server.errors import Refusal
from server.journal.append import Change, office_change
from server.notify.outbox import announce
from server.people.secrets import server_key
from server.phrases import Language
from server.wire import Citizen

__all__ = [
    "Appointment",
    "Citizen",
    "Wanted",
    "access",
    "appointments_of_hour",
    "authorised",
    "book",
    "cancel",
    "change",
    "confirm",
    "errand_of",
    "facts_of",
    "find_for_check_in",
    "frequent_procedures",
    "hold",
    "known",
    "manage_token",
    "mark_checked_in",
    "release",
    "slot_views",
    "slots",
    "slots_to_move",
    "still_to_come",
    "turn_to_book",
    "turn_to_change",
    "wanted_of",
    "with_nearest",
    "with_reference",
    "wrong_particulars",
]

ACTOR = "citizen"


class Wanted(Struct, frozen=True, kw_only=True):
    """A time that somebody wants. `procedures` are codes; `officer` is a username, or None for whoever is free.

    `dossier_check` is what `Dossiers.check` said of the number: asked before, for no transaction waits for a portal.
    """

    office: str
    procedures: Sequence[str]
    start: datetime
    purpose: Purpose = "submit"
    officer: str | None = None
    dossier_number: str | None = None
    dossier_check: Verdict | None = None
    dossiers: int | None = None
    language: Language = "vi"


@asynccontextmanager
async def turn_to_book(wanted: Wanted, citizen: Citizen | None, attempt: str | None = None) -> AsyncIterator[None]:
    """Wait for one's turn to `book`, which does so itself, but could not within a transaction.

    Refuses slot-full with the nearest free starts where that is plain, and what was typed as `book` does.
    """
    wanted, person, reference = await _prepared(wanted, citizen, attempt)
    async with _turn(wanted, person, reference):
        yield


async def book(
    wanted: Wanted, citizen: Citizen | None, attempt: str | None = None, who: Stranger | None = None
) -> Appointment:
    """Hold a time for some minutes. Without a citizen (the pages ask later), only `confirm` can name one.

    `attempt` names one rendered form: sent twice it is one hold, sent with another start it moves that hold. A person
    who asks for the very same again while it is held gets the same booking. Of a stranger, `who`, more is asked: with a
    citizen a solved challenge where the office wants one, without one not to hold too much. Refuses no-such-office,
    office-ended, no-such-procedure, no-such-officer, officer-cannot, dossier-needed, dossier-unknown, bad-…, too-long,
    slot-past, short-notice, too-far-ahead, slot-closed, already-booked, too-many-bookings, too-many-for-phone,
    too-many-dossiers, too-many-holds, challenge-needed and challenge-failed with a challenge in `extra`, and slot-full
    with the nearest free starts.
    """
    wanted, person, reference = await _prepared(wanted, citizen, attempt)
    try:
        async with _turn(wanted, person, reference), office_change(wanted.office, ACTOR) as here:
            return await hold(here, wanted, person, reference, who)
    except Refusal as refused:
        if refused.code == "slot-full" and "nearest" not in refused.extra:
            raise await with_nearest(wanted) from None
        raise


async def _prepared(
    wanted: Wanted, citizen: Citizen | None, attempt: str | None
) -> tuple[Wanted, Particulars | None, str | None]:
    """What was typed in the form it is kept, and the reference that a rendered form's hold has."""
    dossier = rules_particulars.clean_dossier_number(wanted.dossier_number) if wanted.dossier_number else None
    key = await server_key()
    person = particulars(key, citizen) if citizen else None
    reference = derived_code(key, "attempt", attempt) if attempt else None
    return structs.replace(wanted, dossier_number=dossier), person, reference


def _turn(wanted: Wanted, person: Particulars | None, reference: str | None) -> AbstractAsyncContextManager[None]:
    def exempt(look: Look) -> bool:
        # One's own hold is not in one's own way, and what is missing is said before that a time is gone.
        own = any(
            taken.reference == reference or (person is not None and taken.identity_hash == person.identity_hash)
            for taken in look.taken
        )
        no_dossier = look.plan.policy.online_filers_only and wanted.dossier_number is None
        return own or no_dossier or wanted.dossier_check == "unknown"

    return turn(_question(wanted), wanted.start, exempt)


async def hold(
    here: Change,
    wanted: Wanted,
    person: Particulars | None,
    reference: str | None = None,
    who: Stranger | None = None,
    waive: Collection[Waiver] = (),
) -> Appointment:
    """Hold a time within a change, in spite of what is to `waive`; the booking says what that was. See `book`."""
    plan = await errand(wanted.office, wanted.procedures, wanted.purpose, wanted.officer, here.now, wanted.dossiers)
    if "notice" in waive:
        plan = without_notice(plan)
    waived: list[Waiver] = []
    if plan.policy.online_filers_only and wanted.dossier_number is None:
        if "dossier" not in waive:
            raise Refusal("dossier-needed")
        waived.append("dossier")
    if wanted.dossier_check == "unknown":
        raise Refusal("dossier-unknown")
    if reference is not None:
        before = await with_reference(reference)
        if before is not None and is_held(before, here.now):
            if _same(before, wanted, plan):
                return before
            # The same form with another time: its first hold makes way for the second.
            await release(here, before)
            reference = None
        elif before is not None:
            reference = None
    if person is not None:
        for mine in await live_of(here, person.identity_hash):
            if mine.state == "held" and mine.name == person.name and _same(mine, wanted, plan):
                return mine
        try:
            await refuse_too_many(here, plan, person.identity_hash, wanted.start, besides=None, phone=person.phone)
        except Refusal:
            if "limits" not in waive:
                raise
            waived.append("limits")
        if who is not None:
            await prove(here, plan.policy, who)
    elif who is not None:
        for other in await limit_holds(here, plan.policy, who):
            await release(here, other)
    await refuse_unless_free_for_all(here, plan, wanted.start)
    reference = reference or new_code()
    values: dict[str, object] = {
        "reference": reference,
        "office": plan.office.code,
        "starts_at": wanted.start,
        "ends_at": wanted.start + plan.wish.length,
        "line": plan.line,
        "procedures": _codes(plan),
        "officer": wanted.officer,
        "purpose": wanted.purpose,
        "state": "held",
        "created_at": here.now,
        "held_until": here.now + timedelta(minutes=plan.policy.hold_minutes),
        "cancelled_at": None,
        "checked_in_at": None,
        "ticket": None,
        "sequence": 0,
        "manage_no": 0,
        "reason": None,
        "waived": " ".join(waived),
        "language": wanted.language,
        "dossier_number": wanted.dossier_number,
        "dossier_check": wanted.dossier_check,
        "dossiers": wanted.dossiers,
        "network": who.network if who else None,
        **(structs.asdict(person) if person else {}),
    }
    await here.insert(tables.Appointment, reference, values)
    here.append("appointment.held", facts(plan.line, wanted.start, plan.office.time_zone))
    return await known(reference)


async def confirm(
    reference: str, token: str | None, citizen: Citizen | None = None, who: Stranger | None = None
) -> Appointment:
    """Make a hold a booking, by whoever is named now or was named when it was held.

    `who` is the stranger who names somebody now, and may have to show some work for it. Refuses no-such-booking,
    hold-expired, already-confirmed, already-cancelled, already-booked, too-many-bookings, too-many-for-phone, bad-…,
    too-long, challenge-needed and challenge-failed with a challenge in `extra`, and slot-gone with the nearest free
    starts where the timetable has changed: the hold stays until its end, and can be moved to one of them.
    """
    found = await authorised(reference, token)
    try:
        return await _confirm(found, citizen, who)
    except Refusal as refused:
        if refused.code != "slot-gone":
            raise
        full = await slot_full(_question(wanted_of(found, found.starts_at), found.reference), found.starts_at)
        raise Refusal(refused.code, extra=full.extra) from None


async def _confirm(found: Appointment, citizen: Citizen | None, who: Stranger | None) -> Appointment:
    # What was offered to who waited for it is that person's, and nobody else's.
    named = citizen is not None and found.waiting_entry is None
    person = particulars(await server_key(), citizen) if citizen and named else None
    async with office_change(found.office, ACTOR) as here:
        found = await known(found.reference)
        may_confirm(found, here.now)
        await refuse_unless_kept(found, here.now)
        if person is None and found.name is None:
            raise Refusal("bad-name")
        if person is not None:
            plan = await errand_of(found, here.now)
            mine = (person.identity_hash, found.starts_at)
            await refuse_too_many(here, plan, *mine, besides=found.reference, phone=person.phone)
            if who is not None:
                await prove(here, plan.policy, who)
        columns = structs.asdict(person) if person else {}
        await here.update(tables.Appointment, found.reference, state="confirmed", held_until=None, **columns)
        here.append("appointment.confirmed", await facts_of(found))
        confirmed = await known(found.reference)
        await end_waiting(here, confirmed)
        await announce(here, confirmed, "confirmed")
        return confirmed


@asynccontextmanager
async def turn_to_change(reference: str, token: str | None, start: datetime) -> AsyncIterator[None]:
    """Wait for one's turn to `change`, as `turn_to_book` does. Refuses what `change` does of a booking as it is now."""
    found = await authorised(reference, token)
    async with _turn_to_change(found, start):
        yield


async def change(reference: str, token: str | None, start: datetime) -> Appointment:
    """Move a booking or a hold to another start; the old one is free at once.

    Refuses no-such-booking, hold-expired, already-cancelled, already-started, and what `book` refuses of a start.
    """
    found = await authorised(reference, token)
    try:
        async with _turn_to_change(found, start), office_change(found.office, ACTOR) as here:
            found = await known(found.reference)
            may_change(found, here.now)
            if start == found.starts_at:
                return found
            plan = await errand_of(found, here.now)
            await refuse_overlap(here, plan, found, start)
            await refuse_unless_free_for_all(here, plan, start, besides=[found.reference])
            await here.update(
                tables.Appointment, found.reference,
                starts_at=start, ends_at=start + plan.wish.length, line=plan.line, sequence=found.sequence + 1,
            )  # fmt: skip
            kind = "appointment.held" if found.state == "held" else "appointment.changed"
            here.append(kind, facts(plan.line, start, plan.office.time_zone))
            moved = await known(found.reference)
            if moved.state == "confirmed":
                await announce(here, moved, "changed")
            await offer_free(here, found.starts_at)
            return moved
    except Refusal as refused:
        if refused.code == "slot-full" and "nearest" not in refused.extra:
            raise await slot_full(_question(wanted_of(found, start), found.reference), start) from None
        raise


def _turn_to_change(found: Appointment, start: datetime) -> AbstractAsyncContextManager[None]:
    may_change(found, clock.now())

    def exempt(look: Look) -> bool:
        other = any(found.identity_hash == taken.identity_hash for taken in look.taken)
        return start == found.starts_at or (found.identity_hash is not None and other)

    return turn(_question(wanted_of(found, start), found.reference), start, exempt)


async def cancel(reference: str, token: str | None) -> Appointment:
    """Give a booking or a hold up; its time is free at once.

    Refuses no-such-booking, hold-expired, already-cancelled, already-started.
    """
    found = await authorised(reference, token)
    async with office_change(found.office, ACTOR) as here:
        found = await known(found.reference)
        may_cancel(found, here.now)
        await release(here, found)
        given_up = await known(found.reference)
        if found.state == "confirmed":
            await announce(here, given_up, "cancelled")
        return given_up


# --- what the use cases share ----------------------------------------------------------------------------------


def _codes(plan: Errand) -> str:
    return "\n".join(procedure.code for procedure in plan.procedures)


def _same(before: Appointment, wanted: Wanted, plan: Errand) -> bool:
    return (
        before.starts_at == wanted.start
        and before.office == plan.office.code
        and before.procedures == _codes(plan)
        and before.purpose == wanted.purpose
        and before.officer == wanted.officer
        and before.dossier_number == wanted.dossier_number
        and before.dossiers == wanted.dossiers
    )


def wanted_of(found: Appointment, start: datetime) -> Wanted:
    """What would book the same for another start."""
    return Wanted(
        office=found.office, procedures=found.codes, start=start, purpose=found.purpose, officer=found.officer,
        dossiers=found.dossiers,
    )  # fmt: skip


async def with_nearest(wanted: Wanted) -> Refusal:
    """Slot-full, with the nearest free starts: looked up after the lock was given back, so that losers lose quickly."""
    return await slot_full(_question(wanted), wanted.start)


def _question(wanted: Wanted, besides: str | None = None) -> Question:
    return Question(
        office=wanted.office,
        procedures=tuple(wanted.procedures),
        purpose=wanted.purpose,
        officer=wanted.officer,
        dossiers=wanted.dossiers,
        besides=besides,
    )
