"""Offices and procedures as they go over the wire, in the reader's language."""

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from server import clock
from server.catalogue import rules, service
from server.catalogue.rules import Interval, Office, Policy, Procedure, ServiceLine
from server.catalogue.rules_fees import Fee, charge_on, next_charge
from server.phrases import Language
from server.wire import FeeChange, FieldView, OfficeView, OpenHours, ProcedureView

__all__ = ["field_views", "name_in", "office_view", "office_views", "procedure_view"]


def name_in(language: Language, named: Office | ServiceLine | Procedure | rules.Counter | rules.PriorityGroup) -> str:
    """The name in that language; the Vietnamese one where nobody has given another."""
    return (named.name_en if language == "en" else "") or named.name_vi


async def office_view(office: Office, language: Language, now: datetime) -> OfficeView:
    """One office, without its lines: what waits there is the queue's to tell."""
    here = await service.of(office.code)
    if rules.ended(office, clock.day_of(now, office.time_zone)):
        return _view(office, language, here.policy, ended=True)
    now_and_next = rules.open_now_and_next(here.hours, here.closures, now, office.time_zone)
    return _view(office, language, here.policy, *now_and_next)


async def office_views(language: Language, now: datetime) -> list[OfficeView]:
    """Every office in four queries: those that work by name, then those that ended."""
    offices = await service.offices()
    policies = await service.policies([office.code for office in offices])
    hours, closures = defaultdict(list), defaultdict(list)
    for row in await service.hours_of_all():
        hours[row.office].append(row)
    for closure in await service.closures_of_all():
        closures[closure.office].append(closure)
    views = []
    for office in sorted(offices, key=lambda office: (rules.fold(office.name_vi), office.code)):
        ended = rules.ended(office, clock.day_of(now, office.time_zone))
        now_and_next: tuple[Interval | None, Interval | None] = (None, None)
        if not ended:
            known = [*closures[rules.ANY_OFFICE], *closures[office.code]]
            now_and_next = rules.open_now_and_next(hours[office.code], known, now, office.time_zone)
        views.append(_view(office, language, policies[office.code], *now_and_next, ended=ended))
    return sorted(views, key=lambda view: view.ended)


def _view(
    office: Office,
    language: Language,
    policy: Policy,
    current: Interval | None = None,
    following: Interval | None = None,
    *,
    ended: bool = False,
) -> OfficeView:
    return OfficeView(
        code=office.code,
        name=name_in(language, office),
        address=office.address,
        time_zone=office.time_zone,
        opening_now=_hours(current, office.time_zone),
        opening_next=_hours(following, office.time_zone),
        ended=ended,
        sample=policy.sample,
        practice=policy.practice,
        hotline=policy.hotline,
        numbers_from_home=policy.from_home,
    )


def _hours(interval: Interval | None, time_zone: str) -> OpenHours | None:
    if interval is None:
        return None
    opens, closes = (clock.local(instant, time_zone) for instant in interval)
    return OpenHours(opens=opens, closes=closes)


def procedure_view(
    procedure: Procedure, line: ServiceLine, fees: Sequence[Fee], language: Language, today: date
) -> ProcedureView:
    """A procedure as a citizen reads it today."""
    charge, change = charge_on(procedure, fees, today), next_charge(procedure, fees, today)
    return ProcedureView(
        code=procedure.code,
        name=name_in(language, procedure),
        field=procedure.field_vi,
        line=procedure.line,
        minutes=rules.minutes_needed(procedure, line),
        statutory_days=procedure.statutory_days,
        promised_days=procedure.promised_days,
        fee_in_person=charge.in_person,
        fee_online=charge.online,
        fee_decision=charge.decision,
        fee_change=FeeChange(
            from_=change[0], in_person=change[1].in_person, online=change[1].online, decision=change[1].decision
        )
        if change
        else None,
        required_documents=list(procedure.required_documents),
        short_info=procedure.short_info_vi,
    )


def field_views(procedures: Sequence[Procedure]) -> list[FieldView]:
    """The fields of what an office offers, in the order of its lines, the larger ones first."""
    lines = list(dict.fromkeys(procedure.line for procedure in procedures))
    tally = Tally((procedure.line, procedure.field_vi) for procedure in procedures if procedure.field_vi)
    order = sorted(tally.items(), key=lambda item: (lines.index(item[0][0]), -item[1], rules.fold(item[0][1])))
    return [FieldView(name=name, line=line, procedures=number) for (line, name), number in order]
