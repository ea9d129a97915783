"""The citizen's site from a held time on: who comes, the confirmation, and one's own booking later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from server import clock
from server.booking import service
from server.booking.api import aware, booking_address, booking_cookie, token_of
from server.booking.rules_states import Appointment, is_held
from server.catalogue import service as catalogue
from server.catalogue.views import name_in
from server.codes import normalised, readable
from server.errors import Refusal
from server.notify.outbox import available
from server.people import service as people
from server.phrases import say
from server.web import citizen_proof, citizen_push, citizen_times, citizen_views, context
from server.web.citizen_waiting import offer_or_entry
from server.web.limits import guessing, limited
from server.web.render import page
from server.wire import Citizen

__all__ = ["PAGES"]

Req = Request[Any, Any, Any]
Page = Response[bytes]

LONGEST_FIELD = 400

FIELD_OF = {
    "bad-name": "name", "too-long": "name", "bad-phone": "phone", "bad-email": "email",
    "too-many-bookings": "phone", "too-many-for-phone": "phone", "already-booked": "phone",
}  # fmt: skip
"""Where a refusal of the form is said, beside which field."""

OTHER_TIME = frozenset({
    "slot-full", "slot-past", "short-notice", "slot-closed", "too-far-ahead", "already-booked", "officer-cannot",
})  # fmt: skip
"""The refusals of a time after which another one can be chosen."""


# --- 4 who -----------------------------------------------------------------------------------------------------


@get("/a/{reference:str}/who", include_in_schema=False)
async def who_page(request: Req, reference: FromPath[str]) -> Page | Redirect:
    """Who comes, while the time is held."""
    found = await _mine(request, reference)
    if found is None or not is_held(found, clock.now()) or found.waiting_entry is not None:
        return Redirect(f"/a/{normalised(reference)}", status_code=303)
    return await _who(request, found, {}, {}, await citizen_proof.at_first(found))


@post("/a/{reference:str}/who", include_in_schema=False)
async def name_and_confirm(request: Req, reference: FromPath[str]) -> Page | Redirect:
    """Confirm the held time for this person. Sent twice it is confirmed once."""
    limited(request, "book")
    form = await request.form()
    if form.get("start"):
        return await _instead(request, reference, form)
    said = _said(form)
    citizen = Citizen(name=said["name"], phone=said["phone"], email=said["email"].strip() or None)
    found = await _mine(request, reference)
    if found is None:
        return Redirect(f"/a/{normalised(reference)}", status_code=303)
    # All that is wrong is said at once, not one thing after the other.
    errors = service.wrong_particulars(citizen)
    language = context.language(request)
    try:
        if not errors:
            await citizen_proof.confirm(request, found, citizen, form)
    except Refusal as refusal:
        if refusal.code in citizen_proof.ASKED:
            proof = await citizen_proof.instead(request, found, citizen, form, refusal, language)
            return await _who(request, found, said, proof.errors, proof, status=refusal.status)
        if refusal.code == "slot-gone":
            return await _who(request, found, said, {}, await citizen_proof.at_first(found), gone=refusal)
        if refusal.code in ("already-confirmed", "hold-expired", "already-cancelled", "already-started"):
            return Redirect(f"/a/{found.reference}", status_code=303)
        if refusal.code not in FIELD_OF:
            raise
        errors = [refusal]
    if errors:
        sentences = {FIELD_OF[refusal.code]: refusal.sentence(language) for refusal in errors}
        proof = await citizen_proof.at_first(found)
        return await _who(request, found, said, sentences, proof, status=errors[0].status)
    return Redirect(f"/a/{found.reference}", status_code=303)


async def _instead(request: Req, reference: str, form: FormMultiDict) -> Page | Redirect:
    """Hold another time instead of one that is gone; what was typed stays, to be sent with it."""
    found, gone = await _mine(request, reference), None
    if found is None or not is_held(found, clock.now()):
        return Redirect(f"/a/{normalised(reference)}", status_code=303)
    try:
        start = aware(datetime.fromisoformat(str(form.get("start"))))
        found = await service.change(reference, token_of(request, reference), start)
    except ValueError:
        raise Refusal("slot-closed") from None
    except Refusal as refusal:
        if refusal.code not in OTHER_TIME:
            return Redirect(f"/a/{found.reference}", status_code=303)
        gone = refusal
    return await _who(request, found, _said(form), {}, await citizen_proof.at_first(found), gone=gone)


def _said(form: FormMultiDict) -> dict[str, str]:
    return {name: str(form.get(name) or "")[:LONGEST_FIELD] for name in ("name", "phone", "email")}


async def _who(
    request: Req,
    found: Appointment,
    said: Mapping[str, str],
    errors: Mapping[str, str],
    proof: citizen_proof.Proof,
    status: int = 200,
    gone: Refusal | None = None,
) -> Page:
    """The form of step 4; where the time is `gone`, with the nearest ones to hold instead."""
    language = context.language(request)
    view = await _view(request, found)
    again = citizen_times.query_text({"procedure": view.codes, "day": f"{view.start:%Y-%m-%d}"})
    return page(
        request, "citizen/who.html", status=gone.status if gone else status,
        office_name=view.office_name, booking=view, said=said, errors=errors,
        again=f"/book/{found.office}/when?{again}", sample=view.sample, ways=available(), proof=proof,
        hotline=(await catalogue.policy(found.office)).hotline, gone=gone.sentence(language) if gone else "",
        nearest=citizen_times.nearest_times(gone, view.office, language) if gone else [],
    )  # fmt: skip


# --- my booking ------------------------------------------------------------------------------------------------


@get("/a", include_in_schema=False)
async def look_up_page(request: Req) -> Page:
    """Find one's booking by its code and the telephone."""
    return page(request, "citizen/access.html", reference="", known=False, said={}, errors={})


@post("/a", include_in_schema=False)
async def look_up(request: Req) -> Page | Redirect:
    """The same, sent."""
    form = await request.form()
    return await _access(request, normalised(str(form.get("reference") or "")[:64]), known=False)


@get("/a/{reference:str}", include_in_schema=False)
async def booking_page(
    request: Req, reference: FromPath[str], k: FromQuery[str | None] = None, changed: FromQuery[str] = ""
) -> Page | Redirect:
    """One's own booking; to who does not hold its cookie, the question for the telephone.

    A link's token becomes the cookie, and the address clean, so that no token stays in a history.
    """
    code = normalised(reference)
    if k is not None:
        try:
            found = await service.authorised(code, k)
        except Refusal:
            problem = {"phone": say(context.language(request), "citizen.access.link")}
            return page(
                request, "citizen/access.html", status=404, reference=code, shown=readable(code), known=True, said={},
                errors=problem,
            )  # fmt: skip
        token = await service.manage_token(found)
        return Redirect(f"/a/{found.reference}", status_code=303, cookies=[booking_cookie(request, found, token)])
    if code != reference:
        return Redirect(f"/a/{code}", status_code=303)
    mine = await _mine(request, code)
    if mine is None:
        return page(
            request, "citizen/access.html", reference=code, shown=readable(code), known=True, said={}, errors={}
        )
    elsewhere = await offer_or_entry(request, mine)
    if elsewhere is not None:
        return elsewhere
    if is_held(mine, clock.now()):
        return Redirect(f"/a/{code}/who", status_code=303)
    view = await _view(request, mine)
    again = citizen_times.query_text({"procedure": view.codes})
    return page(
        request, "citizen/booking.html", booking=view, office_name=view.office_name, sample=view.sample,
        qr=citizen_views.qr_picture(booking_address(request, mine)), again=f"/book/{mine.office}/when?{again}",
        changed=bool(changed), push=await citizen_push.offered(mine) if view.may_change else None,
    )  # fmt: skip


@post("/a/{reference:str}/access", include_in_schema=False)
async def open_booking(request: Req, reference: FromPath[str]) -> Page | Redirect:
    """The telephone, sent."""
    return await _access(request, normalised(reference), known=True)


async def _access(request: Req, code: str, *, known: bool) -> Page | Redirect:
    form = await request.form()
    phone = str(form.get("phone") or "")[:LONGEST_FIELD]
    language = context.language(request)
    try:
        with guessing(request, "access"):
            found, token = await service.access(code, phone=phone)
    except Refusal as refusal:
        wrong = refusal.code == "no-such-booking"
        sentence = say(language, "citizen.access.wrong") if wrong else refusal.sentence(language)
        return page(
            request, "citizen/access.html", status=refusal.status, reference=code, shown=readable(code), known=known,
            said={"phone": phone}, errors={"phone": sentence},
        )  # fmt: skip
    return Redirect(f"/a/{found.reference}", status_code=303, cookies=[booking_cookie(request, found, token)])


@get("/a/{reference:str}/cancel", include_in_schema=False)
async def cancel_page(request: Req, reference: FromPath[str]) -> Page | Redirect:
    """Asked once whether it is meant."""
    found = await _mine(request, reference)
    if found is None:
        return Redirect(f"/a/{normalised(reference)}", status_code=303)
    view = await _view(request, found)
    if not view.may_change:
        return Redirect(f"/a/{found.reference}", status_code=303)
    return page(request, "citizen/cancel.html", booking=view, office_name=view.office_name, sample=view.sample)


@post("/a/{reference:str}/cancel", include_in_schema=False)
async def cancel(request: Req, reference: FromPath[str]) -> Redirect:
    """Give the booking up. Sent twice it is cancelled once."""
    try:
        await service.cancel(reference, token_of(request, reference))
    except Refusal as refusal:
        if refusal.code not in ("already-cancelled", "hold-expired", "already-started"):
            raise
    return Redirect(f"/a/{normalised(reference)}", status_code=303)


@get("/a/{reference:str}/change", include_in_schema=False)
async def change_page(request: Req, reference: FromPath[str], day: FromQuery[str] = "") -> Page | Redirect:
    """Another time for the same visit."""
    return await _change(request, reference, day)


@post("/a/{reference:str}/change", include_in_schema=False)
async def change(request: Req, reference: FromPath[str]) -> Page | Redirect:
    """Move the booking to the time that was pressed."""
    limited(request, "book")
    form = await request.form()
    text = str(form.get("start") or "")
    try:
        start = aware(datetime.fromisoformat(text))
    except ValueError:
        raise Refusal("slot-closed") from None
    try:
        await service.change(reference, token_of(request, reference), start)
    except Refusal as refusal:
        if refusal.code in OTHER_TIME:
            return await _change(request, reference, text[:10], refusal)
        if refusal.code in ("hold-expired", "already-cancelled", "already-started"):
            return Redirect(f"/a/{normalised(reference)}", status_code=303)
        raise
    return Redirect(f"/a/{normalised(reference)}?changed=1", status_code=303)


async def _change(request: Req, reference: str, day: str, refusal: Refusal | None = None) -> Page | Redirect:
    language, now = context.language(request), clock.now()
    found = await _mine(request, reference)
    if found is None:
        return Redirect(f"/a/{normalised(reference)}", status_code=303)
    view = await _view(request, found)
    if not view.may_change:
        return Redirect(f"/a/{found.reference}", status_code=303)
    wanted = citizen_times.day_of_text(day)
    first = citizen_times.window_start(now, view.office, wanted)
    plan, days = await service.slots_to_move(found, first, citizen_times.WINDOW)
    address = f"/a/{found.reference}/change"
    times = await citizen_times.times_view(plan, days, first, wanted, address, {}, language, now)
    return page(
        request, "citizen/change.html", status=refusal.status if refusal else 200, booking=view, times=times,
        office_name=name_in(language, view.office), sample=view.sample,
        refusal=refusal.sentence(language) if refusal else "",
        nearest=citizen_times.nearest_times(refusal, view.office, language) if refusal else [],
    )  # fmt: skip


# --- what these pages share ------------------------------------------------------------------------------------


async def _mine(request: Req, reference: str) -> Appointment | None:
    """The booking, if its cookie came along."""
    try:
        return await service.authorised(reference, token_of(request, reference))
    except Refusal:
        return None


async def _view(request: Req, found: Appointment) -> citizen_views.BookingView:
    names = {officer.username: officer.full_name for officer in await people.officers_of(found.office)}
    return await citizen_views.booking_view(found, names, context.language(request))


PAGES = [
    who_page, name_and_confirm, look_up_page, look_up, booking_page, open_booking,
    cancel_page, cancel, change_page, change,
]  # fmt: skip
