"""The office's calendar over HTTP, for its own staff: another office's bookings are not there, and get a 404."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Redirect
from msgspec import Struct, structs

from server import clock
from server.booking import rules, service, service_staff
from server.booking.api import aware, dossier_check
from server.booking.rules_staff import may_be_arranged
from server.booking.rules_states import Appointment, Purpose, stage
from server.booking.service_calendar import LONGEST_SPAN, PlannedDay, planned_days
from server.booking.service_days import LONGEST_VIEW, Errand, horizon
from server.catalogue import service as catalogue
from server.catalogue.rules import Closure, Office
from server.catalogue.views import name_in
from server.codes import readable
from server.errors import Refusal
from server.people import service as people
from server.people.rules import SEATED, Officer, Role
from server.phrases import Language
from server.web import context, formats
from server.web.commands import Answer, once
from server.web.render import page
from server.wire import (
    BookFor,
    CalendarAppointment,
    CalendarBooking,
    CalendarDay,
    CalendarDuty,
    CalendarOfficer,
    CalendarSpan,
    CalendarTime,
    CalendarView,
    CallOff,
    MoveBooking,
)

__all__ = ["CalendarController", "calendar_page", "print_page"]

Req = Request[Any, Any, Any]

STAFF: tuple[Role, ...] = SEATED
"""Whoever meets people may see and arrange appointments; administrators and auditors need no names."""


class CalendarController(Controller):
    path = "/api/calendar"
    tags = ["calendar"]

    @get("/", operation_id="calendar")
    async def calendar(
        self,
        request: Req,
        from_: Annotated[date | None, QueryParameter(name="from")] = None,
        days: Annotated[int, QueryParameter(ge=1, le=LONGEST_SPAN)] = 1,
        officer: FromQuery[str | None] = None,
    ) -> CalendarView:
        """Days of the office, or of one officer alone: hours, who is on duty, and every booking; from today."""
        staff = await context.officer(request, *STAFF)
        return await _calendar(staff, from_, days, officer, context.language(request))

    @get("/times", operation_id="calendarTimes")
    async def times(
        self,
        request: Req,
        procedure: Annotated[list[str], QueryParameter(min_items=1, max_items=5)],
        from_: Annotated[date | None, QueryParameter(name="from")] = None,
        days: Annotated[int, QueryParameter(ge=1, le=LONGEST_VIEW)] = 1,
        officer: FromQuery[str | None] = None,
        purpose: FromQuery[Purpose] = "submit",
        dossiers: Annotated[int | None, QueryParameter(ge=1, le=999)] = None,
    ) -> list[CalendarTime]:
        """Starts at which the office can book these procedures now, with that officer or whoever is free."""
        staff = await context.officer(request, *STAFF)
        first = from_ or await _today(staff)
        return _times(*await service_staff.times(staff, procedure, first, days, officer, purpose, dossiers))

    @get("/appointments/{reference:str}", operation_id="calendarBooking")
    async def look(self, request: Req, reference: FromPath[str]) -> CalendarBooking:
        """All that the office knows of one booking."""
        staff = await context.officer(request, *STAFF)
        found = await service_staff.of_office(reference, staff)
        return await _booking(found, context.language(request))

    @get("/appointments/{reference:str}/times", operation_id="calendarTimesToMove")
    async def times_to_move(
        self,
        request: Req,
        reference: FromPath[str],
        from_: Annotated[date | None, QueryParameter(name="from")] = None,
        days: Annotated[int, QueryParameter(ge=1, le=LONGEST_VIEW)] = 1,
        officer: FromQuery[str | None] = None,
    ) -> list[CalendarTime]:
        """Starts to which a booking can be moved now, with that officer or whoever is free."""
        staff = await context.officer(request, *STAFF)
        first = from_ or await _today(staff)
        return _times(*await service_staff.times_to_move(staff, reference, officer, first, days))

    @post("/appointments", operation_id="bookFor", status_code=201)
    async def book(self, request: Req, data: JSONBody[BookFor]) -> Response[bytes]:
        """Book a time for somebody; it is confirmed at once, and the person is told."""
        staff = await context.officer(request, *STAFF)
        checked = await dossier_check(request, staff.office, data.dossier_number)

        async def command() -> Answer:
            wanted = service.Wanted(
                office=staff.office,
                procedures=data.procedures,
                start=aware(data.start),
                purpose=data.purpose,
                officer=data.officer,
                dossier_number=data.dossier_number,
                dossier_check=checked,
                dossiers=data.dossiers,
                language=data.language,
            )
            booked = await service_staff.book_for(staff, wanted, data.citizen, data.waive)
            return Answer(201, await _booking(booked, context.language(request)))

        return await once(request, command)

    @patch("/appointments/{reference:str}", operation_id="moveBooking")
    async def move(self, request: Req, reference: FromPath[str], data: JSONBody[MoveBooking]) -> Response[bytes]:
        """Move a booking to another time, also with another officer; the person is told."""
        staff = await context.officer(request, *STAFF)

        async def command() -> Answer:
            moved = await service_staff.move(reference, aware(data.start), data.officer, staff, asked=data.asked)
            return Answer(200, await _booking(moved, context.language(request)))

        return await once(request, command)

    @post("/appointments/{reference:str}/cancel", operation_id="callOff", status_code=200)
    async def call_off(self, request: Req, reference: FromPath[str], data: JSONBody[CallOff]) -> Response[bytes]:
        """Call a booking off for a reason; the person is told."""
        staff = await context.officer(request, *STAFF)

        async def command() -> Answer:
            ended = await service_staff.call_off(reference, data.reason, staff, data.note)
            return Answer(200, await _booking(ended, context.language(request)))

        return await once(request, command)

    @post("/appointments/{reference:str}/message", operation_id="sendLink", status_code=200)
    async def send_link(self, request: Req, reference: FromPath[str]) -> Response[bytes]:
        """Send the person the newest message, and the link in it, once more."""
        staff = await context.officer(request, *STAFF)

        async def command() -> Answer:
            return Answer(
                200, await _booking(await service_staff.send_link(reference, staff), context.language(request))
            )

        return await once(request, command)


@get("/calendar", include_in_schema=False)
async def calendar_page(request: Req) -> Response[bytes]:
    """The office's calendar; it asks for a sign-in by itself."""
    return page(request, "calendar.html")


class Sheet(Struct, frozen=True):
    """One officer's table on paper; `name` is empty for whoever is free."""

    name: str
    appointments: Sequence[CalendarAppointment]


@get("/calendar/print", include_in_schema=False)
async def print_page(
    request: Req,
    day: FromQuery[date | None] = None,
) -> Response[bytes] | Redirect:
    """The day on paper: what a counter needs to know, and nothing else of anybody."""
    try:
        staff = await context.officer(request, *STAFF)
    except Refusal:
        return Redirect("/calendar", status_code=303)
    language = context.language(request)
    view = await _calendar(staff, day, 1, None, language)
    planned = view.days[0]
    coming = [each for each in planned.appointments if each.state in ("confirmed", "checked-in")]
    sheets = [
        Sheet(each.name, [booked for booked in coming if booked.officer == each.username]) for each in view.officers
    ]
    anybody = Sheet("", [booked for booked in coming if booked.officer is None])
    return page(
        request, "calendar_print.html", view=view, planned=planned, count=len(coming),
        date=formats.capital(formats.long_date(language, planned.day)),
        now=f"{formats.time_of_day(view.now, view.time_zone)}, {formats.short_date(view.now.date())}",
        sheets=[sheet for sheet in (anybody, *sheets) if sheet.appointments],
    )  # fmt: skip


# --- views -----------------------------------------------------------------------------------------------------


async def _today(staff: Officer) -> date:
    return clock.day_of(clock.now(), (await catalogue.office(staff.office)).time_zone)


async def _calendar(
    staff: Officer, first: date | None, days: int, officer: str | None, language: Language
) -> CalendarView:
    now = clock.now()
    office = await catalogue.office(staff.office)
    policy = await catalogue.policy(office.code)
    everybody = {each.username: each.full_name for each in await people.officers_of(office.code)}
    if officer is not None and officer not in everybody:
        raise Refusal("no-such-officer", username=officer)
    planned = await planned_days(office, first or clock.day_of(now, office.time_zone), days, officer)
    shown = {shift.username for shift in await catalogue.shifts(office.code)}
    shown |= {each.officer for day in planned for each in day.appointments if each.officer}
    names = await _procedure_names(office, language)
    return CalendarView(
        office=office.code,
        office_name=name_in(language, office),
        time_zone=office.time_zone,
        sample=policy.made_up,
        practice=policy.practice,
        now=clock.local(now, office.time_zone),
        slot_minutes=policy.slot_minutes,
        online_filers_only=policy.online_filers_only,
        dossiers_per_turn=policy.dossiers_per_turn,
        bulk=bool(policy.bulk_line),
        last_day=horizon(office, policy, now).last_day,
        officers=[
            CalendarOfficer(username=username, name=name)
            for username, name in sorted(everybody.items(), key=lambda each: each[1])
            if username in shown
        ],
        days=[_day(day, office, names, language) for day in planned],
    )


def _day(planned: PlannedDay, office: Office, names: Mapping[str, str], language: Language) -> CalendarDay:
    zone = office.time_zone
    return CalendarDay(
        day=planned.day,
        opening=[
            CalendarSpan(start=clock.local(start, zone), end=clock.local(end, zone)) for start, end in planned.opening
        ],
        closed=_closure_name(planned.closure, language) if planned.closure and not planned.opening else None,
        duties=[
            CalendarDuty(start=clock.local(duty.start, zone), end=clock.local(duty.end, zone), officer=duty.officer)
            for duty in planned.duties
        ],
        appointments=[_appointment(each, zone, names) for each in planned.appointments],
    )


def _closure_name(closure: Closure, language: Language) -> str:
    return closure.name_en if language == "en" and closure.name_en else closure.name_vi


async def _procedure_names(office: Office, language: Language) -> dict[str, str]:
    return {row.code: name_in(language, row) for row in await catalogue.procedures(office.code)}


def _appointment(found: Appointment, zone: str, names: Mapping[str, str]) -> CalendarAppointment:
    state = stage(found, clock.now(), zone)
    return CalendarAppointment(
        reference=found.reference,
        start=clock.local(found.starts_at, zone),
        end=clock.local(found.ends_at, zone),
        officer=found.officer,
        name=found.name,
        phone_tail=found.phone[-3:] if found.phone else "",
        procedures=[names.get(code, code) for code in found.codes],
        purpose=found.purpose,
        state="cancelled" if state == "expired" else state,
    )


async def _booking(found: Appointment, language: Language) -> CalendarBooking:
    office = await catalogue.office(found.office)
    zone = office.time_zone
    staff = {each.username: each.full_name for each in await people.officers_of(office.code)}
    try:
        may_be_arranged(found, clock.now(), zone)
        open_ = True
    except Refusal:
        open_ = False
    return CalendarBooking(
        **structs.asdict(_appointment(found, zone, await _procedure_names(office, language))),
        readable=readable(found.reference),
        officer_name=staff.get(found.officer, found.officer) if found.officer else None,
        phone=found.phone,
        email=found.email,
        dossier_number=found.dossier_number,
        dossier_check=found.dossier_check,
        dossiers=found.dossiers,
        language=found.language,
        waived=found.waived.split(),
        reason=found.reason,
        note=found.note,
        created_at=clock.local(found.created_at, zone),
        checked_in_at=clock.local(found.checked_in_at, zone) if found.checked_in_at else None,
        cancelled_at=clock.local(found.cancelled_at, zone) if found.cancelled_at else None,
        open=open_,
    )


def _times(plan: Errand, found: Mapping[date, Sequence[rules.Slot]]) -> list[CalendarTime]:
    zone = plan.office.time_zone
    return [
        CalendarTime(start=clock.local(slot.start, zone), end=clock.local(slot.end, zone), free=slot.free)
        for slots in found.values()
        for slot in slots
        if slot.free
    ]
