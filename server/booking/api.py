"""Booking over HTTP: what can be booked, and what becomes of a booking. Anybody without its token is told 404."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET

from server import clock
from server.booking import service
from server.booking.calendar_file import calendar_file
from server.booking.dossiers import Dossiers
from server.booking.rules_particulars import clean_dossier_number
from server.booking.rules_states import Appointment, Purpose, Verdict, stage
from server.booking.service_days import LONGEST_VIEW
from server.booking.service_gate import stranger
from server.booking.service_rows import entry_of
from server.catalogue import service as catalogue
from server.codes import normalised
from server.errors import Refusal
from server.phrases import Language
from server.web import context
from server.web.commands import Answer, once
from server.web.limits import guessing, limited, network_of
from server.wire import (
    AccessRequest,
    AccessView,
    AppointmentPatch,
    AppointmentRequest,
    AppointmentView,
    SlotView,
)

__all__ = [
    "AppointmentController",
    "SlotController",
    "aware",
    "booking_address",
    "booking_cookie",
    "calendar_of",
    "dossier_check",
    "manage_cookie",
    "token_of",
]

AnyRequest = Request[Any, Any, Any]

KEEP_COOKIE_DAYS = 60

# Beyond these no office ever books, and near the ends of time an instant cannot be told in every zone.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_OFF = datetime(2200, 1, 1, tzinfo=UTC)


class SlotController(Controller):
    path = "/api/offices"
    tags = ["booking"]

    @get("/{office:str}/slots", operation_id="slots", summary="Starts that can be booked now")
    async def slots(
        self,
        office: FromPath[str],
        procedure: Annotated[list[str], QueryParameter(min_items=1, max_items=5)],
        from_: Annotated[date | None, QueryParameter(name="from")] = None,
        days: Annotated[int, QueryParameter(ge=1, le=LONGEST_VIEW)] = 7,
        officer: FromQuery[str | None] = None,
        purpose: FromQuery[Purpose] = "submit",
        dossiers: Annotated[int | None, QueryParameter(ge=1, le=999)] = None,
    ) -> list[SlotView]:
        wanted, found = await service.slots(
            office, procedure, from_, days, officer=officer, purpose=purpose, dossiers=dossiers
        )
        return [view for slots in found.values() for view in service.slot_views(wanted, slots)]


class AppointmentController(Controller):
    path = "/api/appointments"
    tags = ["booking"]

    @post("/", operation_id="book", summary="Hold a time; confirm it before it expires", status_code=201)
    async def book(self, request: AnyRequest, data: JSONBody[AppointmentRequest]) -> Response[bytes]:
        limited(request, "book")
        checked = await dossier_check(request, data.office, data.dossier_number)

        wanted = service.Wanted(
            office=data.office,
            procedures=data.procedures,
            start=aware(data.start),
            purpose=data.purpose,
            officer=data.officer,
            dossier_number=data.dossier_number,
            dossier_check=checked,
            dossiers=data.dossiers,
            language=data.language,
        )

        async def command() -> Answer:
            who = await stranger(network_of(request), solution=data.solution)
            booked = await service.book(wanted, data.citizen, who=who)
            return Answer(201, await view_of(booked, with_token=True))

        return await once(request, command, service.turn_to_book(wanted, data.citizen))

    @post(
        "/{reference:str}/access",
        operation_id="access_booking",
        summary="Get at a booking by its phone or a link's token",
        status_code=200,
    )
    async def access(
        self, request: AnyRequest, reference: FromPath[str], data: JSONBody[AccessRequest]
    ) -> Response[AccessView]:
        if (data.phone is None) == (data.token is None):
            raise Refusal("invalid", what="phone | token")
        # Not kept under an idempotency key: it changes nothing, and its wrong tries have to count.
        with guessing(request, "access"):
            found, token = await service.access(reference, phone=data.phone, token=data.token)
        return Response(AccessView(manage_token=token), cookies=[booking_cookie(request, found, token)])

    @post(
        "/{reference:str}/confirm",
        operation_id="confirm_booking",
        summary="Make a held time a booking",
        status_code=200,
    )
    async def confirm(self, request: AnyRequest, reference: FromPath[str]) -> Response[bytes]:
        async def command() -> Answer:
            return Answer(200, await view_of(await service.confirm(reference, token_of(request, reference))))

        return await once(request, command)

    @get("/{reference:str}", operation_id="booking", summary="A booking, for who may manage it")
    async def look(self, request: AnyRequest, reference: FromPath[str]) -> AppointmentView:
        return await view_of(await service.authorised(reference, token_of(request, reference)))

    @patch("/{reference:str}", operation_id="change_booking", summary="Move a booking")
    async def change(
        self, request: AnyRequest, reference: FromPath[str], data: JSONBody[AppointmentPatch]
    ) -> Response[bytes]:
        token, start = token_of(request, reference), aware(data.start)

        async def command() -> Answer:
            return Answer(200, await view_of(await service.change(reference, token, start)))

        return await once(request, command, service.turn_to_change(reference, token, start))

    @delete("/{reference:str}", operation_id="cancelBooking", status_code=200, summary="Give a booking up")
    async def cancel(self, request: AnyRequest, reference: FromPath[str]) -> Response[bytes]:
        async def command() -> Answer:
            await service.cancel(reference, token_of(request, reference))
            return Answer(204)

        return await once(request, command)

    @get(
        "/{reference:str}/calendar.ics",
        operation_id="booking_calendar",
        summary="A booking as a calendar file",
        media_type="text/calendar",
    )
    async def calendar(self, request: AnyRequest, reference: FromPath[str]) -> Response[bytes]:
        found = await service.authorised(reference, token_of(request, reference))
        content = await calendar_of(found, booking_address(request, found), context.language(request))
        headers = {"Content-Disposition": 'attachment; filename="motcua.ics"', "Cache-Control": "no-store"}
        return Response(content, media_type="text/calendar", headers=headers)


def aware(start: datetime) -> datetime:
    """The instant sent. Refuses `invalid` where it has no offset: we will not guess whose clock is meant."""
    if start.tzinfo is None:
        raise Refusal("invalid", what="start: RFC 3339, +07:00")
    return min(max(start, LONG_AGO), FAR_OFF).astimezone(UTC)


async def dossier_check(request: AnyRequest, office: str, number: str | None) -> Verdict | None:
    """What the portal says of a dossier; None where there is nothing to ask, or nobody. Outside every transaction."""
    if number is None:
        return None
    try:
        clean = clean_dossier_number(number)
    except Refusal:
        return None  # the use case refuses it
    dossiers: Dossiers = request.app.state.dossiers
    return await dossiers.check(office, clean)


def token_of(request: AnyRequest, reference: str) -> str | None:
    """The manage token that came with a request: as Bearer, or in the cookie for this booking."""
    header = request.headers.get("authorization", "")
    if header[:7].lower() == "bearer ":
        return header[7:].strip()
    return request.cookies.get(_cookie_name(request, normalised(reference)))


def booking_cookie(request: AnyRequest, found: Appointment, token: str) -> Cookie:
    """The cookie by which a browser manages one booking."""
    return manage_cookie(request, found.reference, token)


def manage_cookie(request: AnyRequest, reference: str, token: str) -> Cookie:
    """The cookie by which a browser manages what has this reference.

    Lax, not Strict: it must come along when the link in a message is followed, which is a navigation from elsewhere;
    no GET changes anything, and commands are let in from our own pages only.
    """
    return Cookie(
        key=_cookie_name(request, reference),
        value=token,
        path="/",
        max_age=KEEP_COOKIE_DAYS * 86400,
        httponly=True,
        secure=context.settings_of(request).secure,
        samesite="lax",
    )


def _cookie_name(request: AnyRequest, reference: str) -> str:
    return f"{context.settings_of(request).cookie}-{reference}"


def booking_address(request: AnyRequest, found: Appointment) -> str:
    """Where this booking can be seen and changed; nothing secret in it."""
    return f"{context.settings_of(request).address}/a/{found.reference}"


async def view_of(found: Appointment, *, with_token: bool = False) -> AppointmentView:
    """A booking as it crosses the wire, in the office's own time."""
    office = await catalogue.office(found.office)
    state = stage(found, clock.now(), office.time_zone)
    return AppointmentView(
        reference=found.reference,
        state=state,
        start=clock.local(found.starts_at, office.time_zone),
        end=clock.local(found.ends_at, office.time_zone),
        office=found.office,
        procedures=found.codes,
        purpose=found.purpose,
        officer=found.officer,
        dossier_check=found.dossier_check or UNSET,
        held_until=clock.local(found.held_until, office.time_zone) if found.held_until and state == "held" else UNSET,
        manage_token=await service.manage_token(found) if with_token else UNSET,
    )


async def calendar_of(found: Appointment, address: str, language: Language) -> bytes:
    """The calendar file of a booking."""
    return calendar_file(await entry_of(found, address, language), clock.now(), language)
