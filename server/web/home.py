"""Numbers from home, as pages that need no scripts: taking one, saying that one is there, the poster in the hall."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from server import clock
from server.catalogue import service as catalogue
from server.catalogue.rules import Office
from server.catalogue.views import name_in
from server.codes import new_code, normalised, readable
from server.errors import Refusal
from server.people.rules import SEATED
from server.phrases import say
from server.queue import home, views
from server.queue import service as queue
from server.queue.api import forecaster_of
from server.queue.lines import line_views
from server.web import citizen_push, citizen_views, context, formats
from server.web.citizen_tomorrow import tomorrow
from server.web.limits import guessing, limited
from server.web.render import page

__all__ = ["PAGES", "number_cookie", "ticket_response"]

Req = Request[Any, Any, Any]
Page = Response[bytes]

HELD = "motcua-number"
DAYS_AHEAD = 7
LONGEST = 60

FIELD_OF = {"bad-phone": "phone", "home-number-held": "phone", "late-today": "line", "home-numbers-full": "line"}
"""Where a refusal of the form is said, beside which field."""


# --- taking a number -------------------------------------------------------------------------------------------


@get("/number/{office:str}", include_in_schema=False)
async def number_page(request: Req, office: FromPath[str], procedure: FromQuery[str | None] = None) -> Page:
    """The lines with their waits, and the telephone."""
    return await _number(request, office, procedure, {}, {})


@post("/number/{office:str}", include_in_schema=False)
async def take_number(request: Req, office: FromPath[str]) -> Page | Redirect:
    """Take the number. Pressed twice it is one number."""
    limited(request, "home")
    form = await request.form()
    said = {name: _text(form, name) for name in ("line", "phone", "procedure", "key")}
    language = context.language(request)
    if not said["line"]:
        errors = {"line": say(language, "home.choose_line")}
        return await _number(request, office, said["procedure"] or None, said, errors, 400)
    await home.refuse_unless_given(office)
    wanted = queue.Wanted(
        line=said["line"], procedure=said["procedure"] or None, language=language, attempt=said["key"] or None,
        late=said["line"] in await forecaster_of(request).late(office),
    )  # fmt: skip
    try:
        issued = await home.take(office, wanted, said["phone"])
    except Refusal as refusal:
        if refusal.code not in FIELD_OF:
            raise
        errors = {FIELD_OF[refusal.code]: refusal.sentence(language)}
        return await _number(request, office, said["procedure"] or None, said, errors, refusal.status)
    cookie = number_cookie(request, issued.follow_token)
    return Redirect(f"/t/{issued.follow_token}", status_code=303, cookies=[cookie])


async def _number(
    request: Req,
    office: str,
    procedure: str | None,
    said: Mapping[str, str],
    errors: Mapping[str, str],
    status: int = 200,
) -> Page:
    language, now = context.language(request), clock.now()
    await home.refuse_unless_given(office)
    here = await catalogue.office(office)
    policy = await catalogue.policy(here.code)
    lines = await line_views(here.code, language, forecaster_of(request))
    wanted = await catalogue.procedure(here.code, procedure) if procedure else None
    return page(
        request, "citizen/number.html", status=status,
        place=here, office_name=name_in(language, here), sample=policy.made_up, said=said, errors=errors,
        hours=await citizen_views.hours_line(here, language, now), lines=lines, open=any(line.open for line in lines),
        procedure=citizen_views.procedure_card(wanted, language) if wanted else None,
        chosen=said.get("line") or (wanted.line if wanted else ""), key=said.get("key") or new_code(26),
        days=policy.contact_retention_days,
    )  # fmt: skip


# --- being there -----------------------------------------------------------------------------------------------


@get("/here/{office:str}", include_in_schema=False)
async def here_page(request: Req, office: FromPath[str], code: FromQuery[str] = "") -> Page:
    """What the poster in the hall leads to: one button for who took a number with this phone."""
    here = await catalogue.working_office(office, clock.now())
    problem = ""
    if code:
        try:
            with guessing(request, "arrive"):
                await home.refuse_wrong_code(here.code, code)
        except Refusal as refusal:
            problem, code = refusal.sentence(context.language(request)), ""
    return await _here(request, here, code, problem=problem)


@post("/here/{office:str}", include_in_schema=False)
async def say_here(request: Req, office: FromPath[str]) -> Page | Redirect:
    """The button pressed."""
    form = await request.form()
    here = await catalogue.working_office(office, clock.now())
    code, token = _text(form, "code"), normalised(_text(form, "ticket"))
    try:
        with guessing(request, "arrive"):
            await home.arrive_by_poster(token, code, here.code)
    except Refusal as refusal:
        if refusal.code != "already-arrived":
            sentence = refusal.sentence(context.language(request))
            return await _here(request, here, code, problem=sentence, typed=token, status=refusal.status)
    return Redirect(f"/t/{token}", status_code=303)


async def _here(
    request: Req, here: Office, code: str, *, problem: str = "", typed: str = "", status: int = 200
) -> Page:
    language = context.language(request)
    token = request.cookies.get(HELD, "")
    held = await queue.ticket_if_any(token) if token else None
    mine = held is not None and held.office == here.code and held.state == "coming"
    return page(
        request, "citizen/here.html", status=status,
        place=here, office_name=name_in(language, here), code=code, problem=problem, typed=readable(typed),
        held=held if mine else None, token=token, sample=(await catalogue.policy(here.code)).made_up,
    )  # fmt: skip


@post("/t/{follow_token:str}/arrive", include_in_schema=False)
async def say_here_on_ticket(request: Req, follow_token: FromPath[str]) -> Page | Redirect:
    """The poster's code, typed on one's own ticket."""
    form = await request.form()
    try:
        with guessing(request, "arrive"):
            await home.arrive_by_poster(follow_token, _text(form, "code"))
    except Refusal as refusal:
        if refusal.code == "wrong-poster-code":
            return await ticket_response(request, follow_token, refusal)
        if refusal.code != "already-arrived":
            raise
    return Redirect(f"/t/{normalised(follow_token)}", status_code=303)


async def ticket_response(request: Req, follow_token: str, refusal: Refusal | None = None) -> Page:
    """One's own ticket; while its holder is at home, with its QR code for the hall's scanner, and remembered."""
    language, token = context.language(request), normalised(follow_token)
    ticket = await views.phone_ticket(token, language, forecaster_of(request))
    coming = ticket.state == "coming"
    found, following = await queue.ticket_of_token(token), None
    if ticket.state == "closed":
        following = await tomorrow(found, language, clock.now())
    answer = page(
        request, "ticket.html", status=refusal.status if refusal else 200, follow_token=token, ticket=ticket,
        tomorrow=following, push=await citizen_push.offered(found.id),
        code=readable(token), wrong=refusal.sentence(language) if refusal else "",
        qr=citizen_views.qr_picture(f"{context.settings_of(request).address}/t/{token}") if coming else "",
    )  # fmt: skip
    if coming:
        answer.cookies.append(number_cookie(request, token))
    return answer


def number_cookie(request: Req, token: str) -> Cookie:
    """So that the poster's page knows which number this phone has; nobody else gets to see it."""
    secure = context.settings_of(request).secure
    return Cookie(key=HELD, value=token, path="/here", max_age=86400, httponly=True, secure=secure, samesite="lax")


# --- the poster ------------------------------------------------------------------------------------------------


@get("/poster/{office:str}", include_in_schema=False)
async def poster_page(request: Req, office: FromPath[str], day: FromQuery[date | None] = None) -> Page:
    """The poster for the hall, of a day: for staff alone, for its code is the proof of having been there."""
    officer = await context.officer(request, *SEATED, "administrator")
    if officer.office != office:
        raise Refusal("not-allowed")
    here = await catalogue.office(office)
    today = clock.day_of(clock.now(), here.time_zone)
    shown = min(max(day or today, today), today + timedelta(days=DAYS_AHEAD))
    code = await home.poster_code(here.code, shown)
    address = context.settings_of(request).address
    language = context.language(request)
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    return page(
        request, "poster.html",
        place=here, office_name=name_in(language, here), code=code, address=f"{address}/here/{here.code}",
        qr=citizen_views.qr_picture(f"{address}/here/{here.code}?code={code}"), shown=shown,
        dates={tongue: formats.capital(formats.long_date(tongue, shown)) for tongue in ("vi", "en")},
        days=[(each, formats.long_date(language, each)) for each in days],
    )  # fmt: skip


def _text(form: FormMultiDict, name: str) -> str:
    value = form.get(name)
    return value.strip()[:LONGEST] if isinstance(value, str) else ""


PAGES = [number_page, take_number, here_page, say_here, say_here_on_ticket, poster_page]
