"""Giving a time up, and offering it at once to whoever waits for that day: both in one change, so the list goes first.

What becomes free by itself (a hold expires, an offer passes) nobody has to look after for it to be true: whoever would
book such a time has it offered to the list first (`refuse_unless_free_for_all`). `keep_offering` only makes sure that
those who wait need not wait for somebody to try.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from msgspec import Struct

from server import clock
from server.booking import tables
from server.booking.rules import Slot
from server.booking.rules_states import Appointment
from server.booking.rules_waiting import Entry, first_fitting, not_again, open_offer, stage
from server.booking.service_days import Errand, errand, horizon, refuse_unless_free, timetable
from server.booking.service_person import refuse_too_many
from server.booking.service_rows import COLUMNS, facts, with_reference
from server.catalogue import service as catalogue
from server.catalogue.rules import Office
from server.codes import new_code
from server.db import is_unavailable, rows
from server.errors import Refusal
from server.journal.append import Change, office_change
from server.notify.outbox import announce, available
from server.notify.rules import channels_for

__all__ = [
    "end_waiting",
    "entries",
    "keep_offering",
    "offer_expired",
    "offer_free",
    "offers_of",
    "refuse_unless_free_for_all",
    "release",
]

log = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
LOOK_EVERYWHERE = timedelta(minutes=5)
"""How soon a place is offered that no booking gave up: a timetable has changed, an officer came."""

_Key = tuple[str, str, str | None, int | None]
"""What makes two visits alike: procedures, purpose, officer, dossiers."""

ENTRY_COLUMNS = [tables.WaitingEntry._meta.get_column_by_name(name) for name in Entry.__struct_fields__]


async def release(here: Change, found: Appointment, **why: object) -> None:
    """End a booking or a hold, and offer its time to the day's list; `why` are further columns to write."""
    await here.update(
        tables.Appointment, found.reference,
        state="cancelled", cancelled_at=here.now, sequence=found.sequence + 1, **why,
    )  # fmt: skip
    office = await catalogue.office(found.office)
    kind = "appointment.released" if found.state == "held" else "appointment.cancelled"
    here.append(kind, facts(found.line, found.starts_at, office.time_zone))
    await offer_free(here, found.starts_at)


async def refuse_unless_free_for_all(
    here: Change, plan: Errand, start: datetime, besides: Collection[str] = ()
) -> None:
    """What `refuse_unless_free` refuses, and slot-full where the day's list has the first claim to that start."""
    await refuse_unless_free(plan, start, here.now, besides)
    if await _offer_on(here, plan.office, clock.day_of(start, plan.office.time_zone)):
        await refuse_unless_free(plan, start, here.now, besides)


async def offer_free(here: Change, moment: datetime) -> bool:
    """Offer what is free on the day of that moment: in the order of joining, to each the earliest start that fits.

    Each is told by message. Returns whether anything was offered.
    """
    office = await catalogue.office(here.office)
    return await _offer_on(here, office, clock.day_of(moment, office.time_zone))


async def _offer_on(here: Change, office: Office, day: date) -> bool:
    line = await _in_line(here, day, clock.day_of(here.now, office.time_zone))
    if not line:
        return False
    policy = await catalogue.policy(here.office)
    ahead = horizon(office, policy, here.now)
    plans: dict[_Key, Errand | None] = {}
    free: dict[_Key, Sequence[Slot]] = {}
    planned = await timetable(office, policy, day, here.now)
    made = False
    for entry, avoided in line:
        key = (entry.procedures, entry.purpose, entry.officer, entry.dossiers)
        if key not in plans:
            plans[key] = await _errand_of(entry, here.now)
        plan = plans[key]
        if plan is None or entry.identity_hash is None:
            continue
        if key not in free:
            free[key] = planned.slots(plan.wish, partial(ahead.bookable, day), with_officers=False)
        found = await _start_for(here, plan, entry.identity_hash, free[key], avoided)
        if found is not None:
            await _offer(here, plan, entry, *found)
            made = True
            planned = await timetable(office, policy, day, here.now)
            free.clear()
    return made


async def _in_line(here: Change, day: date, today: date) -> list[tuple[Entry, frozenset[datetime]]]:
    """Who waits for a day and can be told, in the order of joining, each with the starts not to offer."""
    waiting = await entries(here.office, day)
    offers = await offers_of([entry.reference for entry in waiting])
    return [
        (entry, not_again(entry, offers.get(entry.reference, ())))
        for entry in waiting
        if stage(entry, offers.get(entry.reference, ()), here.now, today) == "waiting"
        and channels_for(entry, available())
    ]


async def _errand_of(entry: Entry, now: datetime) -> Errand | None:
    """What an entry is for, as the office does it now; None where it no longer does."""
    try:
        return await errand(entry.office, entry.codes, entry.purpose, entry.officer, now, entry.dossiers)
    except Refusal:
        return None


async def _start_for(
    here: Change, plan: Errand, person: str, slots: Sequence[Slot], avoided: Collection[datetime]
) -> tuple[datetime, datetime] | None:
    """The earliest of the starts that this person may have now, and until when to offer it; None for none."""
    passed = set(avoided)
    while True:
        found = first_fitting(slots, passed, here.now, plan.policy.offer_minutes, plan.office.time_zone)
        if found is None:
            return None
        try:
            await refuse_too_many(here, plan, person, found[0], besides=None)
        except Refusal as refused:
            if refused.code != "already-booked":
                return None
            passed.add(found[0])
        else:
            return found


async def _offer(here: Change, plan: Errand, entry: Entry, start: datetime, until: datetime) -> None:
    reference = new_code()
    values: dict[str, object] = {
        "reference": reference,
        "office": entry.office,
        "starts_at": start,
        "ends_at": start + plan.wish.length,
        "line": plan.line,
        "procedures": entry.procedures,
        "officer": entry.officer,
        "purpose": entry.purpose,
        "state": "held",
        "created_at": here.now,
        "held_until": until,
        "waiting_entry": entry.reference,
        "language": entry.language,
        "dossier_number": entry.dossier_number,
        "dossier_check": entry.dossier_check,
        "dossiers": entry.dossiers,
        "name": entry.name,
        "phone": entry.phone,
        "email": entry.email,
        "identity_hash": entry.identity_hash,
        "identity_tail": entry.identity_tail,
    }
    await here.insert(tables.Appointment, reference, values)
    here.append("appointment.held", facts(plan.line, start, plan.office.time_zone))
    offered = await with_reference(reference)
    if offered is not None:
        await announce(here, offered, "offered")


async def end_waiting(here: Change, booked: Appointment) -> None:
    """Somebody has booked: what that person waits for on the same day, or with the same procedure, is at an end."""
    if booked.identity_hash is None:
        return
    table = tables.WaitingEntry
    mine = await rows(
        Entry,
        table.select(*ENTRY_COLUMNS).where(
            (table.office == here.office) & (table.identity_hash == booked.identity_hash) & (table.state == "waiting")
        ),
    )
    office = await catalogue.office(here.office)
    day = clock.day_of(booked.starts_at, office.time_zone)
    for entry in mine:
        accepted = entry.reference == booked.waiting_entry
        if accepted or entry.day == day or not set(entry.codes).isdisjoint(booked.codes):
            await here.update(table, entry.reference, state="booked")
            here.append("waiting.ended", {"waiting": {"day": entry.day}})
            offers = (await offers_of([entry.reference])).get(entry.reference, [])
            open_one = open_offer(offers, here.now)
            if open_one is not None:
                await release(here, open_one)


async def entries(office: str, day: date) -> list[Entry]:
    """Who waits for a day of an office, or was offered something of it, in the order of joining."""
    table = tables.WaitingEntry
    return await rows(
        Entry,
        table.select(*ENTRY_COLUMNS)
        .where((table.office == office) & (table.day == day) & (table.state == "waiting"))
        .order_by(table.place),
    )


async def offers_of(references: Sequence[str]) -> Mapping[str, list[Appointment]]:
    """All that was ever offered to these entries, by entry."""
    table = tables.Appointment
    if not references:
        return {}
    found: dict[str, list[Appointment]] = {}
    for offer in await rows(Appointment, table.select(*COLUMNS).where(table.waiting_entry.is_in(list(references)))):
        found.setdefault(offer.waiting_entry or "", []).append(offer)
    return found


# --- looking after what becomes free by itself ------------------------------------------------------------------


class _Day(Struct, frozen=True):
    office: str
    day: date


class _Held(Struct, frozen=True):
    office: str
    starts_at: datetime


async def offer_expired(since: datetime | None, now: datetime) -> None:
    """Offer what holds that expired since then have left; None for all that is free on any day that is waited for."""
    table, held = tables.WaitingEntry, tables.Appointment
    waited = {
        (found.office, found.day)
        for found in await rows(
            _Day,
            table.select(table.office, table.day).where(
                (table.state == "waiting") & (table.day >= (now - timedelta(days=1)).date())
            ),
        )
    }
    zones = {code: (await catalogue.office(code)).time_zone for code in {code for code, _ in waited}}
    if since is not None and waited:
        expired = await rows(
            _Held,
            held.select(held.office, held.starts_at).where(
                (held.state == "held") & (held.held_until > since) & (held.held_until <= now) & (held.starts_at > now)
            ),
        )
        waited &= {(one.office, clock.day_of(one.starts_at, zones.get(one.office, "UTC"))) for one in expired}
    for code, day in sorted(waited):
        async with office_change(code, "system") as here:
            await offer_free(here, clock.start_of(day, zones[code]))


async def keep_offering() -> None:
    """Look every few seconds at what has expired, and now and then at everything, for ever."""
    looked: datetime | None = None
    everywhere: datetime | None = None
    while True:
        try:
            now = clock.now()
            if everywhere is None or now - everywhere >= LOOK_EVERYWHERE:
                await offer_expired(None, now)
                everywhere = now
            else:
                await offer_expired(looked, now)
            looked = now
        except Exception as exc:
            if not is_unavailable(exc):
                log.exception("offering freed times failed")
        await asyncio.sleep(LOOK_SECONDS)
