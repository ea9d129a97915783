"""Who somebody is to booking, and how much one person may book."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from piccolo.custom_types import Combinable

from server import clock
from server.booking import rules_particulars, tables
from server.booking.rules_states import Appointment, is_live
from server.booking.service_days import Errand
from server.booking.service_rows import COLUMNS
from server.catalogue import service as catalogue
from server.catalogue.rules_search import folded_words
from server.codes import derived_code
from server.db import rows
from server.errors import Refusal
from server.journal.append import Change
from server.wire import Citizen

__all__ = [
    "Particulars",
    "forget_people",
    "live_of",
    "particulars",
    "refuse_beyond_limits",
    "refuse_overlap",
    "refuse_too_many",
    "wrong_particulars",
]


class Particulars(Struct, frozen=True, kw_only=True):
    """The columns that say whose booking it is."""

    name: str
    phone: str
    email: str | None
    identity_hash: str
    identity_tail: str | None


def particulars(key: bytes, citizen: Citizen) -> Particulars:
    """What was typed, in the form it is kept.

    A person is known by an HMAC of the identity number, or of the phone and the name where none is given, so that a
    family that shares a phone need not share its limits. Refuses bad-phone, bad-name, bad-email, bad-identity-number,
    too-long.
    """
    phone, name = rules_particulars.clean_phone(citizen.phone), rules_particulars.clean_name(citizen.name)
    number = rules_particulars.clean_identity_number(citizen.identity_number) if citizen.identity_number else None
    known_by = f"id:{number}" if number else f"tel:{phone}:{folded_words(name)}"
    return Particulars(
        name=name,
        phone=phone,
        email=rules_particulars.clean_email(citizen.email) if citizen.email else None,
        identity_hash=derived_code(key, "person", known_by, 24),
        identity_tail=number[-3:] if number else None,
    )


def wrong_particulars(citizen: Citizen) -> list[Refusal]:
    """Everything about name, telephone and e-mail that would be refused, so that a form can say it at once."""
    found = []
    fields = (
        (rules_particulars.clean_name, citizen.name),
        (rules_particulars.clean_phone, citizen.phone),
        (rules_particulars.clean_email, citizen.email),
    )
    for clean, typed in fields:
        if typed is None:
            continue
        try:
            clean(typed)
        except Refusal as refusal:
            found.append(refusal)
    return found


async def live_of(here: Change, person: str) -> list[Appointment]:
    """What a person holds or has booked at this office and is still to come."""
    return await _live(here, tables.Appointment.identity_hash == person)


async def _live(here: Change, whose: Combinable) -> list[Appointment]:
    table = tables.Appointment
    found = await rows(
        Appointment,
        table.select(*COLUMNS).where(
            (table.office == here.office)
            & whose
            & (table.ends_at > here.now)
            & table.state.is_in(["held", "confirmed"])
        ),
    )
    return [appointment for appointment in found if is_live(appointment, here.now)]


async def refuse_too_many(
    here: Change, plan: Errand, person: str, start: datetime, *, besides: str | None, phone: str | None = None
) -> None:
    """Refuses already-booked for a second booking at one time, too-many-bookings beyond the office's limits.

    And too-many-for-phone: names are made up in a moment, so all of one telephone's together have a limit, too.
    """
    mine = [appointment for appointment in await live_of(here, person) if appointment.reference != besides]
    end = start + plan.wish.length
    if any(appointment.starts_at < end and start < appointment.ends_at for appointment in mine):
        raise Refusal("already-booked")
    await refuse_beyond_limits(plan, [appointment.codes for appointment in mine])
    if phone is not None:
        theirs = [each for each in await _live(here, tables.Appointment.phone == phone) if each.reference != besides]
        if len(theirs) + 1 > max(plan.policy.bookings_per_phone, plan.policy.bookings_per_person):
            raise Refusal("too-many-for-phone", n=len(theirs))


async def refuse_beyond_limits(plan: Errand, others: Sequence[Sequence[str]]) -> None:
    """Refuses too-many-bookings for one more beside these, each the codes of its procedures."""
    if len(others) + 1 > plan.policy.bookings_per_person:
        raise Refusal("too-many-bookings", n=plan.policy.bookings_per_person)
    if not others:
        return
    field_of = {row.code: row.field_vi for row in await catalogue.procedures(plan.office.code)}
    for field in {procedure.field_vi for procedure in plan.procedures}:
        same = sum(any(field_of.get(code) == field for code in codes) for codes in others)
        if same + 1 > plan.policy.bookings_per_field:
            raise Refusal("too-many-bookings", n=plan.policy.bookings_per_field)


async def refuse_overlap(here: Change, plan: Errand, found: Appointment, start: datetime) -> None:
    """Refuses already-booked where the same person has another booking at that time."""
    if found.identity_hash is None:
        return
    end = start + plan.wish.length
    for other in await live_of(here, found.identity_hash):
        if other.reference != found.reference and other.starts_at < end and start < other.ends_at:
            raise Refusal("already-booked")


async def forget_people() -> None:
    """Drop whose bookings they were, so many days after the visit as each office has set; the bookings themselves stay.

    Nothing relies on when it runs, and it tells the journal nothing: what it drops was never there.
    """
    now = clock.now()
    table = tables.Appointment
    codes = [office.code for office in await catalogue.offices()]
    for code, policy in (await catalogue.policies(codes)).items():
        over = table.ends_at < now - timedelta(days=policy.contact_retention_days)
        await table.update(
            {
                table.name: None,
                table.phone: None,
                table.email: None,
                table.dossier_number: None,
                table.identity_hash: None,
                table.identity_tail: None,
                table.note: None,
            }
        ).where((table.office == code) & over & (table.phone.is_not_null() | table.dossier_number.is_not_null()))
