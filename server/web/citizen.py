"""The citizen's site up to a held time: what do I need, what to bring, when. Every step works without scripts.

What was said about the file (its number is personal) travels between two steps in a cookie, never in an address.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from msgspec import structs

from server import clock
from server.booking import rules_particulars, service, service_waiting
from server.booking.api import aware, booking_cookie, dossier_check
from server.booking.rules_states import Purpose
from server.booking.service_days import errand
from server.catalogue import rules as catalogue_rules
from server.catalogue import service as catalogue
from server.catalogue.rules import Office, Policy, Procedure
from server.catalogue.views import field_views, name_in
from server.codes import new_code
from server.errors import Refusal
from server.phrases import say
from server.queue.api import forecaster_of
from server.queue.lines import line_views
from server.web import citizen_times, citizen_views, context, formats
from server.web.citizen_booking import PAGES as BOOKING_PAGES
from server.web.citizen_calm import calm_hours
from server.web.citizen_draft import Draft, draft_cookie, draft_of
from server.web.citizen_proof import holder
from server.web.citizen_waiting import PAGES as WAITING_PAGES
from server.web.limits import guessing, limited
from server.web.render import page

__all__ = ["PAGES"]

Req = Request[Any, Any, Any]
Page = Response[bytes]
Query = Mapping[str, str | Sequence[str]]

MOST_PROCEDURES = 5
RESULTS = 20
MOST_QUERY = 100
MOST_DOSSIERS = 999

TIME_REFUSED = (
    "slot-full", "slot-past", "short-notice", "slot-closed", "too-far-ahead", "too-many-holds", "officer-cannot",
)  # fmt: skip
"""The refusals after which another time can be chosen, or the same one a little later."""

# --- 1 what do I need ------------------------------------------------------------------------------------------


@get("/", include_in_schema=False)
async def find_page(
    request: Req,
    office: FromQuery[str | None] = None,
    q: FromQuery[str] = "",
    field: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
    procedure: FromQuery[list[str] | None] = None,
) -> Page | Redirect:
    """Find a procedure; with several offices and none chosen, choose one first.

    With procedures chosen already, one more for the same visit.
    """
    language, now = context.language(request), clock.now()
    working = [
        each for each in await catalogue.offices() if not catalogue_rules.ended(each, clock.day_of(now, each.time_zone))
    ]
    if office is None and len(working) != 1:
        places = [
            (each.code, name_in(language, each), each.address, await citizen_views.hours_line(each, language, now))
            for each in sorted(working, key=lambda each: catalogue_rules.fold(each.name_vi))
        ]
        return page(request, "citizen/office.html", places=places)
    here = await catalogue.working_office(office, now) if office else working[0]
    q = " ".join(q[:MOST_QUERY].split())
    offered = await catalogue.procedures(here.code)
    by_code = {each.code: each for each in offered}
    kept = [by_code[code] for code in dict.fromkeys(procedure or []) if code in by_code][:MOST_PROCEDURES]
    if len(kept) == MOST_PROCEDURES:
        return Redirect(f"/book/{here.code}?{_query([each.code for each in kept])}", status_code=303)
    offered = [each for each in offered if each not in kept]
    found: list[Procedure] = []
    more = None
    if q or field:
        try:
            found, more = catalogue_rules.search(offered, q, field, RESULTS, cursor)
        except ValueError:
            found, more = catalogue_rules.search(offered, q, field, RESULTS)
    policy = await catalogue.policy(here.code)
    frequent = await service.frequent_procedures(here.code)
    popular = [] if found else citizen_views.popular(offered, frequent, policy.popular_procedures)
    return page(
        request, "citizen/find.html",
        place=here, office_name=name_in(language, here), hours=await citizen_views.hours_line(here, language, now),
        several=len(working) > 1, q=q, field=field, more=more, fields=field_views(offered),
        found=[citizen_views.procedure_card(each, language) for each in found],
        popular=[citizen_views.procedure_card(each, language) for each in popular],
        sample=policy.made_up, practice=policy.practice, from_home=policy.from_home,
        kept=[citizen_views.procedure_card(each, language) for each in kept],
        keep=_query([each.code for each in kept]) if kept else "",
    )  # fmt: skip


# --- 2 what to bring -------------------------------------------------------------------------------------------


@get("/book/{office:str}", include_in_schema=False)
async def bring_page(request: Req, office: FromPath[str], procedure: FromQuery[list[str]]) -> Page:
    """What to bring, and the question that decides."""
    return await _bring(request, office, procedure, {}, {})


@post("/book/{office:str}", include_in_schema=False)
async def brought(request: Req, office: FromPath[str]) -> Page | Redirect:
    """The answers to step 2: on to the times, or back with what is missing."""
    form = await request.form()
    codes = _procedures(form)
    policy = await catalogue.policy((await catalogue.working_office(office, clock.now())).code)
    said = {name: _text(form, name) for name in ("filed", "dossier_number", "purpose", "dossiers")}
    language = context.language(request)
    errors: dict[str, str] = {}
    draft = Draft(purpose="collect" if said["purpose"] == "collect" else "submit")
    if policy.online_filers_only or said["filed"] == "yes":
        if policy.online_filers_only and said["filed"] != "yes":
            key = "citizen.bring.not_filed_first" if said["filed"] == "no" else "citizen.bring.choose_filed"
            errors["filed"] = say(language, key)
        else:
            try:
                with guessing(request, "dossier"):
                    draft = Draft(draft.purpose, await _dossier(request, office, said["dossier_number"]))
            except Refusal as refusal:
                errors["dossier_number"] = refusal.sentence(language)
    try:
        draft = structs.replace(draft, dossiers=await _dossiers(office, codes, draft.purpose, said["dossiers"]))
    except Refusal as refusal:
        errors["dossiers"] = refusal.sentence(language)
    if errors:
        return await _bring(request, office, codes, said, errors, status=400)
    return Redirect(f"/book/{office}/when?{_query(codes)}", status_code=303, cookies=[draft_cookie(request, draft)])


async def _dossier(request: Req, office: str, typed: str) -> str:
    """The number in the form we keep. Refuses dossier-needed, bad-dossier, dossier-unknown."""
    if not typed.strip():
        raise Refusal("dossier-needed")
    number = rules_particulars.clean_dossier_number(typed)
    if await dossier_check(request, office, number) == "unknown":
        raise Refusal("dossier-unknown")
    return number


async def _dossiers(office: str, codes: Sequence[str], purpose: Purpose, typed: str) -> int | None:
    """How many dossiers are brought; None where nobody said. Refuses bad-count, too-many-dossiers."""
    text = typed.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST_DOSSIERS):
        raise Refusal("bad-count", n=MOST_DOSSIERS)
    await errand(office, codes, purpose, None, clock.now(), int(text))
    return int(text)


async def _bring(
    request: Req,
    office_code: str,
    codes: Sequence[str],
    said: Mapping[str, str],
    errors: Mapping[str, str],
    status: int = 200,
) -> Page:
    language = context.language(request)
    here, policy, procedures = await _visit(office_code, codes)
    fees, today = await catalogue.fees(here.code), clock.day_of(clock.now(), here.time_zone)
    more, without = _others(here, procedures)
    return page(
        request, "citizen/bring.html", status=status,
        place=here, office_name=name_in(language, here), policy=policy, said=said, errors=errors,
        procedures=[citizen_views.procedure_card(each, language, fees, today) for each in procedures],
        codes=[each.code for each in procedures],
        hours=await citizen_views.hours_line(here, language, clock.now()), from_home=policy.from_home,
        wait="" if policy.practice else await _wait_now(request, here, procedures[0].line),
        sample=policy.made_up, practice=policy.practice,
        query={"procedure": [each.code for each in procedures]}, more=more, without=without,
    )  # fmt: skip


def _others(office: Office, procedures: Sequence[Procedure]) -> tuple[str, list[str]]:
    """The way to one procedure more for the same visit, if there may be one, and the queries without each of them."""
    codes = [each.code for each in procedures]
    more = f"/?office={office.code}&{_query(codes)}" if len(codes) < MOST_PROCEDURES else ""
    without = [_query([other for other in codes if other != code]) for code in codes] if len(codes) > 1 else []
    return more, without


async def _wait_now(request: Req, office: Office, line: str) -> str:
    """How long somebody who took a number now would wait, in words; empty where no numbers are given now."""
    language = context.language(request)
    for each in await line_views(office.code, language, forecaster_of(request)):
        if each.code == line and each.wait is not None:
            return formats.minutes(language, each.wait.p50, each.wait.p90)
    return ""


async def _visit(office_code: str, codes: Sequence[str]) -> tuple[Office, Policy, list[Procedure]]:
    here = await catalogue.working_office(office_code, clock.now())
    wanted = list(dict.fromkeys(codes))[:MOST_PROCEDURES]
    if not wanted:
        raise Refusal("no-such-procedure", procedure="")
    return here, await catalogue.policy(here.code), [await catalogue.procedure(here.code, code) for code in wanted]


# --- 3 when ----------------------------------------------------------------------------------------------------


@get("/book/{office:str}/when", include_in_schema=False)
async def when_page(
    request: Req,
    office: FromPath[str],
    procedure: FromQuery[list[str]],
    day: FromQuery[str] = "",
    officer: FromQuery[str | None] = None,
    choose: FromQuery[str] = "",
) -> Page | Redirect:
    """The free times."""
    return await _when(request, office, procedure, day, officer or None, choosing=bool(choose))


@post("/book/{office:str}/hold", include_in_schema=False)
async def hold(request: Req, office: FromPath[str]) -> Page | Redirect:
    """Hold the time that was pressed, and ask who comes. Pressed twice it is one hold."""
    limited(request, "book")
    form = await request.form()
    codes, officer = _procedures(form), _text(form, "officer") or None
    draft = draft_of(request)
    try:
        start = aware(datetime.fromisoformat(_text(form, "start")))
    except ValueError:
        raise Refusal("slot-closed") from None
    wanted = service.Wanted(
        office=office, procedures=codes, start=start, purpose=draft.purpose, officer=officer,
        dossier_number=draft.dossier_number, language=context.language(request),
        dossier_check=await dossier_check(request, office, draft.dossier_number), dossiers=draft.dossiers,
    )  # fmt: skip
    try:
        held = await service.book(wanted, None, _text(form, "key") or None, await holder(request, office))
    except Refusal as refusal:
        if refusal.code in ("dossier-needed", "dossier-unknown"):
            return Redirect(f"/book/{office}?{_query(codes)}", status_code=303)
        if refusal.code in TIME_REFUSED:
            day = _text(form, "start")[:10]
            return await _when(request, office, codes, day, officer, refusal=refusal)
        raise
    cookie = booking_cookie(request, held, await service.manage_token(held))
    return Redirect(f"/a/{held.reference}/who", status_code=303, cookies=[cookie])


async def _when(
    request: Req,
    office: str,
    codes: Sequence[str],
    day: str,
    officer: str | None,
    *,
    choosing: bool = False,
    refusal: Refusal | None = None,
) -> Page | Redirect:
    language, now = context.language(request), clock.now()
    here, policy, procedures = await _visit(office, codes)
    draft = draft_of(request)
    codes = [each.code for each in procedures]
    if policy.online_filers_only and draft.dossier_number is None:
        return Redirect(f"/book/{here.code}?{_query(codes)}", status_code=303)
    wanted = citizen_times.day_of_text(day)
    first = citizen_times.window_start(now, here, wanted)
    try:
        plan, days = await service.slots(
            here.code, codes, first, citizen_times.WINDOW, officer=officer, purpose=draft.purpose,
            with_officers=choosing, dossiers=draft.dossiers,
        )  # fmt: skip
    except Refusal as refused:
        if refused.code != "officer-cannot":
            raise
        # An old link, or procedures were added: said, with everybody's times below it.
        return await _when(request, office, codes, day, None, choosing=choosing, refusal=refused)
    query: Query = {"procedure": codes, **({"officer": officer} if officer else {})}
    address = f"/book/{here.code}/when"
    times = await citizen_times.times_view(
        plan, days, first, wanted, address, query, language, now,
        f"/book/{here.code}/wait", service_waiting.days_to_wait_for(plan, days, now),
    )  # fmt: skip
    return page(
        request, "citizen/when.html", status=refusal.status if refusal else 200,
        place=here, office_name=name_in(language, here), times=times, sample=policy.made_up,
        procedures=[citizen_views.procedure_card(each, language) for each in procedures], codes=codes,
        any_officer=f"{address}?{_query(codes)}", choosing=choosing, query=query, key=new_code(26),
        officer=officer, officer_name=plan.officers.get(officer or "", ""),
        refusal=refusal.sentence(language) if refusal else "", wait=await _wait_now(request, here, plan.line),
        nearest=citizen_times.nearest_times(refusal, here, language) if refusal else [],
        calm=await calm_hours(here, plan.wish.lines, language, now),
    )  # fmt: skip


# --- what the steps share --------------------------------------------------------------------------------------


def _text(form: FormMultiDict, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _procedures(form: FormMultiDict) -> list[str]:
    return [code for code in form.getall("procedure", []) if isinstance(code, str)][:MOST_PROCEDURES]


def _query(codes: Sequence[str]) -> str:
    return citizen_times.query_text({"procedure": codes})


PAGES = [find_page, bring_page, brought, when_page, hold, *BOOKING_PAGES, *WAITING_PAGES]
