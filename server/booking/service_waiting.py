"""What people do with a day's waiting list: put themselves on it, look, take themselves off again.

Taking or declining what was offered is confirming or cancelling that booking (`service`): an offer is a hold.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct, structs

from server import clock
from server.booking import rules_particulars, tables
from server.booking.rules import Slot
from server.booking.rules_states import Appointment, Purpose, Verdict
from server.booking.rules_waiting import Entry, WaitingStage, open_offer, stage, why_not_join
from server.booking.service_days import Errand, errand, free_days, horizon, refuse_wrong_officer
from server.booking.service_gate import Stranger, prove
from server.booking.service_offers import ENTRY_COLUMNS, entries, offers_of, release
from server.booking.service_person import Particulars, live_of, particulars, refuse_beyond_limits
from server.catalogue import service as catalogue
from server.codes import derived_code, new_code, normalised
from server.db import row, rows
from server.errors import Refusal
from server.journal.append import Change, office_change
from server.notify.outbox import available
from server.notify.rules import channels_for
from server.people.secrets import server_key
from server.phrases import Language
from server.wire import Citizen

__all__ = [
    "Standing",
    "WaitingWish",
    "authorised",
    "days_to_wait_for",
    "forget_waiting",
    "join",
    "leave",
    "reference_of",
    "standing",
    "waiting_token",
    "with_reference",
]

ACTOR = "citizen"


class WaitingWish(Struct, frozen=True, kw_only=True):
    """Which day somebody waits for. `procedures` are codes; `officer` is a username, or None for whoever is free.

    `dossier_check` is what the portal said of the number, asked before.
    """

    office: str
    day: date
    procedures: Sequence[str]
    purpose: Purpose = "submit"
    officer: str | None = None
    dossier_number: str | None = None
    dossier_check: Verdict | None = None
    dossiers: int | None = None
    language: Language = "vi"


class Standing(Struct, frozen=True):
    """How an entry stands now: `place` counts from 1 (0 where it no longer waits), `offer` can be taken now."""

    stage: WaitingStage
    place: int
    offer: Appointment | None


def days_to_wait_for(plan: Errand, days: Mapping[date, Sequence[Slot]], now: datetime) -> frozenset[date]:
    """Those of the days that are so full that one can wait for them; none where nobody could be told."""
    if not available():
        return frozenset()
    ahead = horizon(plan.office, plan.policy, now)
    minutes = plan.policy.offer_minutes
    return frozenset(day for day, slots in days.items() if why_not_join(day, slots, ahead, minutes) is None)


async def join(wish: WaitingWish, citizen: Citizen, attempt: str | None = None, who: Stranger | None = None) -> Entry:
    """Put somebody on a day's waiting list. `attempt` names one rendered form: sent twice it is one entry.

    A stranger, `who`, may have to show some work for it, as for a booking. Refuses no-such-office, office-ended,
    no-such-procedure, no-such-officer, officer-cannot, dossier-needed, dossier-unknown, bad-…, too-long,
    no-waiting-list, email-needed where only by e-mail anybody can be told, day-over, day-closed, day-not-open,
    day-has-room, already-waiting, too-many-bookings and too-many-for-phone beyond the limits that bookings have, and
    challenge-needed and challenge-failed with a challenge in `extra`.
    """
    dossier = rules_particulars.clean_dossier_number(wish.dossier_number) if wish.dossier_number else None
    wish = structs.replace(wish, dossier_number=dossier)
    key = await server_key()
    person = particulars(key, citizen)
    await catalogue.working_office(wish.office, clock.now())
    async with office_change(wish.office, ACTOR) as here:
        reference = await reference_of(attempt) if attempt else None
        return await _join(here, wish, person, reference, who)


async def _join(
    here: Change, wish: WaitingWish, person: Particulars, reference: str | None, who: Stranger | None
) -> Entry:
    before = await with_reference(reference) if reference else None
    if before is not None:
        return before
    plan = await errand(wish.office, wish.procedures, wish.purpose, wish.officer, here.now, wish.dossiers)
    refuse_wrong_officer(plan)
    if plan.policy.online_filers_only and wish.dossier_number is None:
        raise Refusal("dossier-needed")
    if wish.dossier_check == "unknown":
        raise Refusal("dossier-unknown")
    if not available():
        raise Refusal("no-waiting-list")
    if not channels_for(person, available()):
        raise Refusal("email-needed")
    slots = await _slots(plan, wish.day, here.now)
    await _refuse_twice(here, plan, wish.day, person)
    if who is not None:
        await prove(here, plan.policy, who)
    reference = reference or new_code()
    values: dict[str, object] = {
        "reference": reference,
        "office": plan.office.code,
        "day": wish.day,
        "place": here.next_seq,
        "procedures": "\n".join(procedure.code for procedure in plan.procedures),
        "officer": wish.officer,
        "purpose": wish.purpose,
        "state": "waiting",
        "joined_at": here.now,
        "passed": "\n".join(slot.start.isoformat() for slot in slots if slot.free),
        "language": wish.language,
        "dossier_number": wish.dossier_number,
        "dossier_check": wish.dossier_check,
        "dossiers": wish.dossiers,
        **structs.asdict(person),
    }
    await here.insert(tables.WaitingEntry, reference, values)
    here.append("waiting.joined", {"waiting": {"day": wish.day}})
    return await _known(reference)


async def _slots(plan: Errand, day: date, now: datetime) -> Sequence[Slot]:
    """The starts of a day that somebody may wait for; refuses one that nobody can wait for."""
    ahead = horizon(plan.office, plan.policy, now)
    near = ahead.today <= day <= ahead.last_day
    slots = (await free_days(plan, day, 1, now, with_officers=False)).get(day, []) if near else []
    refused = why_not_join(day, slots, ahead, plan.policy.offer_minutes)
    if refused is not None:
        raise Refusal(refused)
    return slots


async def _refuse_twice(here: Change, plan: Errand, day: date, person: Particulars) -> None:
    """Refuses already-waiting for a second entry of that day, too-many-bookings beyond the office's limits.

    What somebody waits for counts as if it were booked. An entry that let its offer pass makes way for the new one.
    """
    today = clock.day_of(here.now, plan.office.time_zone)
    table = tables.WaitingEntry
    mine = await rows(
        Entry,
        table.select(*ENTRY_COLUMNS).where(
            (table.office == here.office)
            & (table.identity_hash == person.identity_hash)
            & (table.state == "waiting")
            & (table.day >= today)
        ),
    )
    offers = await offers_of([entry.reference for entry in mine])
    waiting = []
    for entry in mine:
        if stage(entry, offers.get(entry.reference, ()), here.now, today) != "missed":
            waiting.append(entry)
        elif entry.day == day:
            await here.update(table, entry.reference, state="left")
    if any(entry.day == day for entry in waiting):
        raise Refusal("already-waiting")
    # An offer is a hold as well as an entry, and counts once.
    counted = {entry.reference for entry in waiting}
    booked = [one for one in await live_of(here, person.identity_hash) if one.waiting_entry not in counted]
    await refuse_beyond_limits(plan, [*(one.codes for one in booked), *(entry.codes for entry in waiting)])
    of_phone = await table.count().where(
        (table.office == here.office)
        & (table.phone == person.phone)
        & (table.state == "waiting")
        & (table.day >= today)
    )
    if of_phone + 1 > max(plan.policy.bookings_per_phone, plan.policy.bookings_per_person):
        raise Refusal("too-many-for-phone", n=of_phone)


async def leave(reference: str, token: str | None) -> Entry:
    """Take an entry off the list; what it was being offered goes to the next at once.

    Refuses no-such-entry, and not-waiting where it no longer waits.
    """
    found = await authorised(reference, token)
    office = await catalogue.office(found.office)
    async with office_change(found.office, ACTOR) as here:
        found = await _known(found.reference)
        offers = (await offers_of([found.reference])).get(found.reference, [])
        if stage(found, offers, here.now, clock.day_of(here.now, office.time_zone)) not in ("waiting", "offered"):
            raise Refusal("not-waiting")
        await here.update(tables.WaitingEntry, found.reference, state="left")
        here.append("waiting.left", {"waiting": {"day": found.day}})
        offer = open_offer(offers, here.now)
        if offer is not None:
            await release(here, offer)
        return await _known(found.reference)


async def standing(entry: Entry) -> Standing:
    """How an entry stands now."""
    now = clock.now()
    today = clock.day_of(now, (await catalogue.office(entry.office)).time_zone)
    line = [one for one in await entries(entry.office, entry.day) if one.place <= entry.place]
    offers = await offers_of([entry.reference, *(one.reference for one in line)])
    stages = {one.reference: stage(one, offers.get(one.reference, ()), now, today) for one in (*line, entry)}
    mine = stages[entry.reference]
    waits = mine in ("waiting", "offered")
    ahead = [one for one in line if stages[one.reference] in ("waiting", "offered")]
    return Standing(mine, len(ahead) if waits else 0, open_offer(offers.get(entry.reference, ()), now))


async def reference_of(attempt: str) -> str:
    """The reference of the entry that this rendered form makes."""
    return derived_code(await server_key(), "waiting-attempt", attempt)


async def with_reference(reference: str) -> Entry | None:
    """The entry with this reference, if there is one."""
    table = tables.WaitingEntry
    return await row(Entry, table.select(*ENTRY_COLUMNS).where(table.reference == reference))


async def waiting_token(reference: str) -> str:
    """The token that lets its holder look at an entry and end it: derived, never stored."""
    return derived_code(await server_key(), "waiting", reference, 24)


async def authorised(reference: str, token: str | None) -> Entry:
    """The entry, for who holds its token. Refuses no-such-entry to everybody else."""
    found = await with_reference(normalised(reference))
    if found is None or token is None:
        raise Refusal("no-such-entry")
    if not hmac.compare_digest(normalised(token).encode(), (await waiting_token(found.reference)).encode()):
        raise Refusal("no-such-entry")
    return found


async def forget_waiting() -> None:
    """Drop who waited, so many days after the day as each office keeps contact data; the entries themselves stay.

    Nothing relies on when it runs, and it tells the journal nothing: what it drops was never there.
    """
    table = tables.WaitingEntry
    offices = {office.code: office for office in await catalogue.offices()}
    for code, policy in (await catalogue.policies(list(offices))).items():
        today = clock.day_of(clock.now(), offices[code].time_zone)
        over = table.day < today - timedelta(days=policy.contact_retention_days)
        await table.update(
            {
                table.name: None,
                table.phone: None,
                table.email: None,
                table.dossier_number: None,
                table.identity_hash: None,
                table.identity_tail: None,
            }
        ).where((table.office == code) & over & table.phone.is_not_null())


async def _known(reference: str) -> Entry:
    found = await with_reference(reference)
    if found is None:
        raise Refusal("no-such-entry")
    return found
