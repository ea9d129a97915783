"""What the citizen's pages show of procedures, offices and bookings: words and figures, no decisions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

import segno
from msgspec import Struct

from server import clock
from server.booking.rules_states import Appointment, Stage, stage
from server.catalogue import service as catalogue
from server.catalogue.rules import Office, Procedure
from server.catalogue.rules_fees import Charge, Fee, charge_on, next_charge
from server.catalogue.views import name_in, office_view
from server.codes import readable
from server.notify.letters import because
from server.phrases import Language, say
from server.web import formats

__all__ = ["BookingView", "ProcedureCard", "booking_view", "hours_line", "popular", "procedure_card", "qr_picture"]

POPULAR = 8
LEAD = "Thủ tục "


# --- procedures ------------------------------------------------------------------------------------------------


class ProcedureCard(Struct, frozen=True, kw_only=True):
    """A procedure as pages show it. `foreign` tells that its words are Vietnamese on an English page."""

    code: str
    name: str
    field: str
    about: str
    foreign: bool
    days: str
    days_by_law: int | None
    fee_in_person: str
    fee_online: str
    fee_decision: str
    fee_change: str
    free: bool
    documents: Sequence[str]


def procedure_card(
    procedure: Procedure, language: Language, fees: Sequence[Fee] = (), day: date | None = None
) -> ProcedureCard:
    """The card of one procedure; with a day, what it costs on that day and when that will change."""
    name = name_in(language, procedure)
    # Every row of the catalogue is a procedure: the word says nothing, and it hides the one that matters.
    name = formats.capital(name.removeprefix(LEAD))
    promised, by_law = procedure.promised_days, procedure.statutory_days
    days = by_law if promised is None else promised
    charge = charge_on(procedure, fees, day) if day else Charge(None, None)
    change = next_charge(procedure, fees, day) if day else None
    return ProcedureCard(
        code=procedure.code,
        name=name,
        field=procedure.field_vi,
        about=procedure.short_info_vi,
        foreign=language != "vi",
        days=_days(days, language),
        days_by_law=by_law if by_law is not None and promised is not None and promised < by_law else None,
        fee_in_person=_fee(charge.in_person, language, least=True),
        fee_online=_fee(charge.online, language, least=False),
        fee_decision=charge.decision,
        fee_change=_change(*change, language) if change else "",
        free=charge.in_person == 0 and charge.online == 0,
        documents=procedure.required_documents,
    )


def _days(days: int | None, language: Language) -> str:
    if days is None:
        return ""
    return say(language, "citizen.bring.same_day") if days == 0 else say(language, "citizen.bring.days", n=days)


def _fee(fee: int | None, language: Language, *, least: bool) -> str:
    if fee is None:
        return say(language, "citizen.bring.fee_unknown")
    if fee == 0:
        return say(language, "citizen.bring.free")
    return say(language, "citizen.bring.fee_from", fee=formats.money(fee)) if least else formats.money(fee)


def _change(day: date, charge: Charge, language: Language) -> str:
    return say(
        language,
        "citizen.bring.fee_change",
        date=formats.short_date(day),
        in_person=_fee(charge.in_person, language, least=True),
        online=_fee(charge.online, language, least=False),
    )


def popular(procedures: Sequence[Procedure], frequent: Iterable[str], usual: Iterable[str]) -> list[Procedure]:
    """The most used: what was booked most, then what the office says is usual, then what has been explained."""
    by_code = {procedure.code: procedure for procedure in procedures}
    explained = (procedure.code for procedure in procedures if procedure.short_info_vi)
    codes = dict.fromkeys([*frequent, *usual, *explained])
    return [by_code[code] for code in codes if code in by_code][:POPULAR]


# --- offices ---------------------------------------------------------------------------------------------------


async def hours_line(office: Office, language: Language, now: datetime) -> str:
    """One sentence on whether the office is open, or when it will be."""
    view = await office_view(office, language, now)
    if view.opening_now is not None:
        if view.opening_now.closes - view.opening_now.opens >= timedelta(hours=23):
            return say(language, "citizen.office.round_the_clock")
        return say(language, "citizen.office.open", time=f"{view.opening_now.closes:%H:%M}")
    if view.opening_next is None:
        return say(language, "citizen.office.closed")
    opens = view.opening_next.opens
    time = f"{opens:%H:%M}"
    if opens.date() == clock.day_of(now, office.time_zone):
        return say(language, "citizen.office.opens_today", time=time)
    weekday, day = formats.weekday(language, opens.date()), formats.short_date(opens.date())
    return say(language, "citizen.office.opens", time=time, weekday=weekday, date=day)


# --- one booking -----------------------------------------------------------------------------------------------


class BookingView(Struct, frozen=True, kw_only=True):
    """A booking as its holder sees it; `day` begins a sentence, `date` stands within one."""

    reference: str
    readable: str
    stage: Stage
    over: bool
    office: Office
    office_name: str
    procedures: Sequence[ProcedureCard]
    codes: Sequence[str]
    day: str
    date: str
    time: str
    start: datetime
    officer: str
    purpose: str
    may_change: bool
    held_until: str
    held_until_at: str
    grace: int
    retention: int
    sample: bool
    called_off: str
    """Where the office called it off: why, and what to do."""


async def booking_view(found: Appointment, plan_names: Mapping[str, str], language: Language) -> BookingView:
    """The view of one booking; `plan_names` are the names of officers by username."""
    now = clock.now()
    office = await catalogue.office(found.office)
    policy = await catalogue.policy(office.code)
    offered = {row.code: row for row in await catalogue.procedures(office.code)}
    fees = await catalogue.fees(office.code)
    start = clock.local(found.starts_at, office.time_zone)
    state = stage(found, now, office.time_zone)
    held = found.held_until if state == "held" else None
    return BookingView(
        reference=found.reference,
        readable=readable(found.reference),
        stage=state,
        over=now >= found.ends_at,
        office=office,
        office_name=name_in(language, office),
        procedures=[
            procedure_card(offered[code], language, fees, start.date()) for code in found.codes if code in offered
        ],
        codes=found.codes,
        day=formats.capital(formats.long_date(language, start.date())),
        date=formats.long_date(language, start.date()),
        time=f"{start:%H:%M}",
        start=start,
        officer=plan_names.get(found.officer or "", ""),
        purpose=say(language, f"citizen.booking.{found.purpose}"),
        may_change=state in ("held", "confirmed") and now < found.starts_at,
        held_until=formats.time_of_day(held, office.time_zone) if held else "",
        held_until_at=held.isoformat() if held else "",
        grace=policy.grace_minutes,
        retention=policy.contact_retention_days,
        sample=policy.made_up,
        called_off=_apology(found, language),
    )


def _apology(found: Appointment, language: Language) -> str:
    if found.reason is None or found.reason == "asked":
        return ""
    return say(language, "citizen.booking.sorry", reason=because(found.reason, language)).strip()


def qr_picture(text: str) -> str:
    """The text as a QR code: an svg element without any style of its own, dark on light for every scanner."""
    return segno.make(text, error="m", micro=False).svg_inline(
        border=3, omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff"
    )
