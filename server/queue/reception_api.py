"""Reception and the head of the office over HTTP."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from server.catalogue import service as catalogue
from server.errors import Refusal
from server.people.rules import SEATED, Officer, Role
from server.queue import desk_view, head, home, kiosk_help, office_view, practice, reception, service, views
from server.queue.api import forecaster_of
from server.queue.rules import Ticket
from server.queue.service import Issued
from server.web import context
from server.web.commands import Answer, once
from server.wire import (
    CardView,
    CheckIn,
    GiveLines,
    Group,
    HallView,
    KioskHelp,
    ReceptionTicket,
    ReceptionTicketRequest,
    StartNumbers,
    WhatIf,
)

__all__ = ["HeadController", "ReceptionController"]

Req = Request[Any, Any, Any]
AT_RECEPTION: tuple[Role, ...] = SEATED
HEADS: tuple[Role, ...] = ("head", "administrator")


class ReceptionController(Controller):
    path = "/api/reception"
    tags = ["reception"]

    @get("/tickets", operation_id="receptionTickets")
    async def tickets(
        self, request: Req, line: FromQuery[str | None] = None, since: FromQuery[datetime | None] = None
    ) -> list[ReceptionTicket]:
        """The last ten issued, or those of a line since an instant: to find a lost one."""
        officer = await context.officer(request, *AT_RECEPTION)
        return await office_view.reception_tickets(officer.office, line, since, context.language(request))

    @get("/missed", operation_id="receptionMissed")
    async def missed(self, request: Req) -> list[ReceptionTicket]:
        """Who was called and has not come, or was closed: one press brings them back."""
        officer = await context.officer(request, *AT_RECEPTION)
        return await office_view.missed_tickets(officer.office, context.language(request))

    @post("/tickets", operation_id="receptionGive", status_code=201)
    async def give(self, request: Req, data: JSONBody[ReceptionTicketRequest]) -> Response[bytes]:
        """Give a number or hand out a card; with `advice` it is for a quick question, in the guidance line."""
        officer = await context.officer(request, *AT_RECEPTION)
        line = await office_view.guidance_line(officer.office, data.line) if data.advice else data.line
        wanted = service.Wanted(line=line, klass=data.klass, card=data.card, language=data.language, source="reception")
        await forecaster_of(request).newest(officer.office)
        return await self._issued(request, lambda: reception.give_number(officer, wanted))

    @post("/check-in", operation_id="receptionCheckIn", status_code=201)
    async def check_in(self, request: Req, data: JSONBody[CheckIn]) -> Response[bytes]:
        """Turn today's appointment into a ticket, or let the holder of a number from home arrive."""
        officer = await context.officer(request, *AT_RECEPTION)

        async def work() -> Issued:
            try:
                return await home.show(officer.office, f"officer:{officer.username}", data)
            except Refusal as refusal:
                await views.with_ticket_told(
                    refusal, officer.office, context.settings_of(request).address, forecaster_of(request)
                )
                raise

        return await self._issued(request, work)

    @get("/coming", operation_id="receptionComing")
    async def coming(self, request: Req) -> list[ReceptionTicket]:
        """Who has a number from home and has not said that he is here."""
        officer = await context.officer(request, *AT_RECEPTION)
        return await office_view.coming_tickets(officer.office, context.language(request))

    @post("/tickets/{ticket:str}/arrive", operation_id="receptionArrive", status_code=200)
    async def arrive(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """The holder of a number from home is here."""
        return await _verb(request, lambda officer: home.arrive(officer, ticket), AT_RECEPTION)

    @post("/tickets/{ticket:str}/return", operation_id="receptionReturn", status_code=200)
    async def bring_back(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """Somebody who was missed is here again."""
        return await _verb(request, lambda officer: reception.bring_back(officer, ticket), AT_RECEPTION)

    @post("/tickets/{ticket:str}/reactivate", operation_id="reactivate", status_code=200)
    async def reactivate(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """The head lets a no-show wait again."""
        return await _verb(request, lambda officer: reception.reactivate(officer, ticket), ("head",))

    @post("/tickets/{ticket:str}/withdraw", operation_id="receptionWithdraw", status_code=200)
    async def withdraw(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """Take a ticket out of the queue at its holder's wish."""
        return await _verb(request, lambda officer: reception.withdraw(officer, ticket), AT_RECEPTION)

    @post("/tickets/{ticket:str}/reprint", operation_id="reprint", status_code=200)
    async def reprint(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """A new paper for a lost one; the old link is worthless from now on."""
        officer = await context.officer(request, *AT_RECEPTION)
        return await self._issued(request, lambda: reception.reprint(officer, ticket), 200)

    @get("/help", operation_id="kiosksCalling")
    async def calling(self, request: Req) -> list[KioskHelp]:
        """The kiosks where somebody waits for help."""
        officer = await context.officer(request, *AT_RECEPTION)
        return await office_view.calls_of_kiosks(officer.office, context.language(request))

    @delete("/help/{device:str}", operation_id="kioskHelped", status_code=200)
    async def helped(self, request: Req, device: FromPath[str]) -> Response[bytes]:
        """Somebody has come to that kiosk."""
        return await _act(request, lambda officer: kiosk_help.answer(officer, device), AT_RECEPTION)

    @get("/groups", operation_id="receptionGroups")
    async def groups(self, request: Req) -> list[Group]:
        """The priority groups that a number may be given for."""
        officer = await context.officer(request, *AT_RECEPTION)
        return [
            Group(code=group.code, name_vi=group.name_vi, name_en=group.name_en)
            for group in await catalogue.groups(officer.office)
        ]

    @get("/cards", operation_id="cards")
    async def cards(self, request: Req) -> list[CardView]:
        """The numbered cards and where they are."""
        officer = await context.officer(request, *AT_RECEPTION)
        return [CardView(label=card.label, state=card.state) for card in await reception.cards(officer.office)]

    @post("/cards/{label:str}/back", operation_id="cardBack", status_code=200)
    async def card_back(self, request: Req, label: FromPath[str]) -> Response[bytes]:
        """A card is back in the stack."""
        return await _act(request, lambda officer: reception.put_card(officer, label, "in"), AT_RECEPTION)

    @post("/cards/{label:str}/lost", operation_id="cardLost", status_code=200)
    async def card_lost(self, request: Req, label: FromPath[str]) -> Response[bytes]:
        """A card was lost; its ticket stays as it is."""
        return await _act(request, lambda officer: reception.put_card(officer, label, "lost"), AT_RECEPTION)

    async def _issued(self, request: Req, work: Callable[[], Awaitable[Issued]], status: int = 201) -> Response[bytes]:
        async def command() -> Answer:
            issued = await work()
            view = await views.issued_ticket(
                issued, context.settings_of(request).address, context.language(request), forecaster_of(request)
            )
            return Answer(status, view)

        return await once(request, command)


class HeadController(Controller):
    path = "/api/office"
    tags = ["office"]

    @get("/hall", operation_id="hall")
    async def hall(self, request: Req) -> HallView:
        """The state of the hall, with what needs the head."""
        officer = await context.officer(request, "head", "administrator", "auditor")
        return await office_view.hall_view(officer, context.language(request), forecaster_of(request))

    @get("/what-if", operation_id="whatIf")
    async def what_if(self, request: Req, counter: FromQuery[int], lines: FromQuery[str]) -> WhatIf:
        """The waits if this counter were open for these lines (codes with commas), beside the waits as they are."""
        officer = await context.officer(request, *HEADS)
        return await office_view.what_if_open(officer, counter, lines.split(","), context.language(request))

    @put("/desks/{counter:int}/lines", operation_id="giveLines", status_code=200)
    async def give_lines(self, request: Req, counter: FromPath[int], data: JSONBody[GiveLines]) -> Response[bytes]:
        """Have a counter take further lines for a while; none takes them away again."""
        return await _act(request, lambda officer: head.give_lines(officer, counter, data.lines, data.until), HEADS)

    @delete("/desks/{counter:int}/help", operation_id="answerHelp", status_code=200)
    async def answer_help(self, request: Req, counter: FromPath[int]) -> Response[bytes]:
        """Say that somebody is on the way."""
        return await _act(request, lambda officer: head.answer_help(officer, counter), ("head", "reception"))

    @post("/end-day", operation_id="endDay", status_code=200)
    async def end_day(self, request: Req) -> Response[bytes]:
        """Close what is left and all counters."""
        return await _act(request, head.end_day, HEADS)

    @put("/practice", operation_id="beginPractice", status_code=200)
    async def begin_practice(self, request: Req) -> Response[bytes]:
        """From now on every number is a sample, and nothing is counted, until practice or the day ends."""
        return await _act(request, practice.begin, HEADS)

    @delete("/practice", operation_id="endPractice", status_code=200)
    async def end_practice(self, request: Req) -> Response[bytes]:
        """Close what practising has left, and go on in earnest."""
        return await _act(request, practice.end, HEADS)

    @put("/numbers", operation_id="startNumbers", status_code=200)
    async def start_numbers(self, request: Req, data: JSONBody[StartNumbers]) -> Response[bytes]:
        """Let a line's next number be this one, when beginning in the middle of a day."""
        return await _act(request, lambda officer: head.start_numbers(officer, data.line, data.number), HEADS)


async def _verb(request: Req, verb: Callable[[Officer], Awaitable[Ticket]], roles: tuple[Role, ...]) -> Response[bytes]:
    officer = await context.officer(request, *roles)

    async def command() -> Answer:
        return Answer(200, await desk_view.called_ticket(await verb(officer), officer, context.language(request)))

    return await once(request, command)


async def _act(request: Req, act: Callable[[Officer], Awaitable[None]], roles: tuple[Role, ...]) -> Response[bytes]:
    officer = await context.officer(request, *roles)

    async def command() -> Answer:
        await act(officer)
        return Answer(200, {})

    return await once(request, command)
