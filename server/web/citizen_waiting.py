"""The citizen's pages of a waiting list: joining it, one's place, and what one is offered. All work without scripts."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from server import clock
from server.booking import service, service_waiting
from server.booking.api import dossier_check, manage_cookie, token_of
from server.booking.rules_states import Appointment, is_held
from server.catalogue import service as catalogue
from server.catalogue.views import name_in
from server.codes import new_code, normalised
from server.errors import Refusal
from server.notify.outbox import available
from server.phrases import Language
from server.web import citizen_proof, citizen_push, citizen_times, citizen_views, context, formats
from server.web.citizen_draft import Draft, draft_of
from server.web.limits import limited
from server.web.render import page
from server.wire import Citizen

__all__ = ["PAGES", "offer_or_entry"]

Req = Request[Any, Any, Any]
Page = Response[bytes]

LONGEST_FIELD = 400
MOST_PROCEDURES = 5

FIELD_OF = {
    "bad-name": "name", "too-long": "name", "bad-phone": "phone", "bad-email": "email", "email-needed": "email",
    "too-many-bookings": "phone", "too-many-for-phone": "phone", "already-waiting": "phone",
}  # fmt: skip
"""Where a refusal of the form is said, beside which field."""

COUNT_DOWN = timedelta(hours=1)

TO_THE_TIMES = frozenset({
    "no-waiting-list", "day-over", "day-closed", "day-not-open", "day-has-room", "officer-cannot",
})  # fmt: skip


# --- joining ---------------------------------------------------------------------------------------------------


@get("/book/{office:str}/wait", include_in_schema=False)
async def join_page(
    request: Req,
    office: FromPath[str],
    procedure: FromQuery[list[str]],
    day: FromQuery[str],
    officer: FromQuery[str | None] = None,
) -> Page | Redirect:
    """Who waits for that day."""
    return await _join_page(request, office, procedure, day, officer or None, {}, {}, new_code(26))


@post("/book/{office:str}/wait", include_in_schema=False)
async def join(request: Req, office: FromPath[str]) -> Page | Redirect:
    """Put this person on that day's list. Sent twice it is one entry."""
    limited(request, "book")
    form = await request.form()
    said = {
        name: str(form.get(name) or "")[:LONGEST_FIELD] for name in ("name", "phone", "email", "day", "officer", "key")
    }
    codes = [code for code in form.getall("procedure", []) if isinstance(code, str)][:MOST_PROCEDURES]
    citizen = Citizen(name=said["name"], phone=said["phone"], email=said["email"].strip() or None)
    draft, language = draft_of(request), context.language(request)
    said["key"] = said["key"] or new_code(26)
    day = citizen_times.day_of_text(said["day"])
    if day is None:
        raise Refusal("day-closed")
    errors = service.wrong_particulars(citizen)
    try:
        if not errors:
            wish = service_waiting.WaitingWish(
                office=office, day=day, procedures=codes, purpose=draft.purpose, officer=said["officer"] or None,
                dossier_number=draft.dossier_number, language=language,
                dossier_check=await dossier_check(request, office, draft.dossier_number), dossiers=draft.dossiers,
            )  # fmt: skip
            entry = await citizen_proof.join(request, wish, citizen, said["key"], form)
            return Redirect(
                f"/w/{entry.reference}", status_code=303, cookies=[await _entry_cookie(request, entry.reference)]
            )
    except Refusal as refusal:
        query = citizen_times.query_text({"procedure": codes, "day": said["day"]})
        if refusal.code in citizen_proof.ASKED:
            proof = await citizen_proof.to_join_instead(request, office, said["key"], citizen, form, refusal, language)
            return await _join_page(
                request, office, codes, said["day"], said["officer"] or None, said, proof.errors, said["key"],
                refusal.status, proof,
            )  # fmt: skip
        if refusal.code in ("dossier-needed", "dossier-unknown"):
            return Redirect(f"/book/{office}?{query}", status_code=303)
        if refusal.code in TO_THE_TIMES:
            return Redirect(f"/book/{office}/when?{query}", status_code=303)
        if refusal.code not in FIELD_OF:
            raise
        errors = [refusal]
    sentences = {FIELD_OF[refusal.code]: refusal.sentence(language) for refusal in errors}
    return await _join_page(
        request, office, codes, said["day"], said["officer"] or None, said, sentences, said["key"], errors[0].status
    )


async def _join_page(
    request: Req,
    office: str,
    codes: Sequence[str],
    day_text: str,
    officer: str | None,
    said: Mapping[str, str],
    errors: Mapping[str, str],
    key: str,
    status: int = 200,
    proof: citizen_proof.Proof | None = None,
) -> Page | Redirect:
    language = context.language(request)
    day, draft = citizen_times.day_of_text(day_text), draft_of(request)
    query = {"procedure": list(codes), **({"officer": officer} if officer else {})}
    times = f"/book/{office}/when?{citizen_times.query_text({**query, 'day': day_text})}"
    if day is None or not await _can_wait(office, codes, day, officer, draft):
        return Redirect(times, status_code=303)
    place = await catalogue.working_office(office, clock.now())
    policy = await catalogue.policy(place.code)
    if policy.online_filers_only and draft.dossier_number is None:
        return Redirect(f"/book/{place.code}?{citizen_times.query_text({'procedure': list(codes)})}", status_code=303)
    procedures = [await catalogue.procedure(place.code, code) for code in codes]
    return page(
        request, "citizen/wait.html", status=status, place=place, office_name=name_in(language, place), said=said,
        errors=errors, codes=codes, key=key, day=day_text, date=formats.long_date(language, day), officer=officer,
        procedures=[citizen_views.procedure_card(each, language) for each in procedures], times=times,
        kept=policy.offer_minutes, retention=policy.contact_retention_days, sample=policy.made_up, ways=available(),
        query={**query, "day": day_text}, hotline=policy.hotline,
        proof=proof or await citizen_proof.to_join(place.code),
    )  # fmt: skip


async def _can_wait(office: str, codes: Sequence[str], day: date, officer: str | None, draft: Draft) -> bool:
    try:
        plan, days = await service.slots(
            office, codes[:MOST_PROCEDURES], day, 1, officer=officer, purpose=draft.purpose, with_officers=False,
            dossiers=draft.dossiers,
        )  # fmt: skip
    except Refusal as refusal:
        if refusal.code != "officer-cannot":
            raise
        return False
    return day in service_waiting.days_to_wait_for(plan, days, clock.now())


# --- one's entry -----------------------------------------------------------------------------------------------


@get("/w/{reference:str}", include_in_schema=False)
async def entry_page(
    request: Req,
    reference: FromPath[str],
    k: FromQuery[str | None] = None,
    declined: FromQuery[str] = "",
    gone: FromQuery[str] = "",
) -> Page | Redirect:
    """One's own entry. A link's token becomes the cookie, and the address clean."""
    code = normalised(reference)
    if k is not None:
        found = await service_waiting.authorised(code, k)
        cookie = await _entry_cookie(request, found.reference)
        return Redirect(f"/w/{found.reference}", status_code=303, cookies=[cookie])
    entry = await service_waiting.authorised(code, token_of(request, code))
    language = context.language(request)
    stands = await service_waiting.standing(entry)
    office = await catalogue.office(entry.office)
    offered = {row.code: row for row in await catalogue.procedures(office.code)}
    query = citizen_times.query_text({"procedure": entry.codes, "day": entry.day.isoformat()})
    offer = ""
    if stands.offer is not None:
        offer = f"/a/{stands.offer.reference}?k={await service.manage_token(stands.offer)}"
    return page(
        request, "citizen/entry.html", entry=entry, stage=stands.stage, place=stands.place, offer=offer,
        until=_until(stands.offer, office.time_zone, language), office=office, office_name=name_in(language, office),
        date=formats.long_date(language, entry.day), again=f"/book/{office.code}/when?{query}", declined=declined,
        procedures=[citizen_views.procedure_card(offered[one], language) for one in entry.codes if one in offered],
        sample=(await catalogue.policy(office.code)).made_up, push=await citizen_push.offered(entry.reference),
        gone=gone,
    )  # fmt: skip


@post("/w/{reference:str}/leave", include_in_schema=False)
async def leave(request: Req, reference: FromPath[str]) -> Redirect:
    """Wait no longer. Sent twice one has left once."""
    try:
        await service_waiting.leave(reference, token_of(request, reference))
    except Refusal as refusal:
        if refusal.code != "not-waiting":
            raise
    return Redirect(f"/w/{normalised(reference)}", status_code=303)


# --- what one is offered ---------------------------------------------------------------------------------------


@get("/a/{reference:str}/offer", include_in_schema=False)
async def offer_page(request: Req, reference: FromPath[str]) -> Page | Redirect:
    """The time that is kept for who waited: to be taken by one press, or declined by one."""
    found = await _offered(request, reference)
    if found is None or not is_held(found, clock.now()):
        return Redirect(f"/a/{normalised(reference)}", status_code=303)
    language = context.language(request)
    view = await citizen_views.booking_view(found, {}, language)
    # Minutes are counted down where they matter; kept overnight, they would be hundreds.
    soon = found.held_until is not None and found.held_until - clock.now() <= COUNT_DOWN
    return page(
        request, "citizen/offer.html", booking=view, office_name=view.office_name, sample=view.sample,
        until=_until(found, view.office.time_zone, language), count_to=view.held_until_at if soon else "",
    )  # fmt: skip


@post("/a/{reference:str}/offer", include_in_schema=False)
async def take(request: Req, reference: FromPath[str]) -> Redirect:
    """Take it. Pressed twice it is taken once."""
    try:
        await service.confirm(reference, token_of(request, reference))
    except Refusal as refusal:
        offered = await _offered(request, reference)
        if refusal.code == "slot-gone" and offered is not None and offered.waiting_entry is not None:
            # Not that person's doing: the place in line is kept, and another time may come.
            await service.cancel(reference, token_of(request, reference))
            cookie = await _entry_cookie(request, offered.waiting_entry)
            return Redirect(f"/w/{offered.waiting_entry}?gone=1", status_code=303, cookies=[cookie])
        if refusal.code not in ("already-confirmed", "hold-expired", "already-cancelled", "already-started"):
            raise
    return Redirect(f"/a/{normalised(reference)}", status_code=303)


@post("/a/{reference:str}/decline", include_in_schema=False)
async def decline(request: Req, reference: FromPath[str]) -> Redirect:
    """Leave it to the next in line, and go on waiting."""
    try:
        await service.cancel(reference, token_of(request, reference))
    except Refusal as refusal:
        if refusal.code not in ("already-cancelled", "hold-expired", "already-started"):
            raise
    return Redirect(f"/a/{normalised(reference)}", status_code=303)


async def offer_or_entry(request: Req, found: Appointment) -> Redirect | None:
    """Where who looks at a booking is led when it is only offered, or was: to the offer, or to the place in line."""
    if found.waiting_entry is None:
        return None
    if is_held(found, clock.now()):
        return Redirect(f"/a/{found.reference}/offer", status_code=303)
    entry = await service_waiting.with_reference(found.waiting_entry)
    lapsed = found.state == "held" or (found.state == "cancelled" and entry is not None and entry.state != "booked")
    if entry is None or not lapsed:
        return None
    declined = "?declined=1" if found.state == "cancelled" else ""
    return Redirect(
        f"/w/{entry.reference}{declined}", status_code=303, cookies=[await _entry_cookie(request, entry.reference)]
    )


async def _offered(request: Req, reference: str) -> Appointment | None:
    try:
        found = await service.authorised(reference, token_of(request, reference))
    except Refusal:
        return None
    return found if found.waiting_entry is not None else None


async def _entry_cookie(request: Req, reference: str) -> Cookie:
    return manage_cookie(request, reference, await service_waiting.waiting_token(reference))


def _until(offer: Appointment | None, time_zone: str, language: Language) -> str:
    """When an offer ends: the time alone where that is today."""
    if offer is None or offer.held_until is None:
        return ""
    local = clock.local(offer.held_until, time_zone)
    if local.date() == clock.day_of(clock.now(), time_zone):
        return f"{local:%H:%M}"
    return f"{local:%H:%M}, {formats.long_date(language, local)}"


PAGES = [join_page, join, entry_page, leave, offer_page, take, decline]
