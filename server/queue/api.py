"""Officers' verbs, the holder's ticket, and what anybody may see of an office's waiting."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from server import clock
from server.catalogue import service as catalogue
from server.catalogue.views import office_view, office_views
from server.people.rules import SEATED, Officer
from server.queue import aside, desk, desk_view, head, hold, service, views, visit
from server.queue.board import board
from server.queue.forecasting import Forecaster
from server.queue.lines import line_views, line_views_of, lines_everywhere
from server.queue.quiet import MOST_DAYS, quiet_hours
from server.queue.rules import Ticket
from server.web import context
from server.web.commands import Answer, once
from server.web.limits import guessing
from server.wire import (
    AddProcedure,
    Board,
    DeskNext,
    DeskView,
    Finish,
    Handover,
    Help,
    Hold,
    LineView,
    Merge,
    OfficeView,
    Park,
    Pause,
    PhoneTicket,
    QuietSpan,
    QuietView,
    Reason,
    Sit,
    Transfer,
    Why,
)

__all__ = ["BoardController", "DeskController", "TicketController", "forecaster_of"]

Req = Request[Any, Any, Any]
Counter = FromQuery[int | None]
"""Which of several counters of one officer; the first one where it is not said."""


def forecaster_of(request: Req) -> Forecaster:
    """This process's forecaster."""
    found = request.app.state.forecaster
    assert isinstance(found, Forecaster)  # noqa: S101
    return found


class BoardController(Controller):
    path = "/api/offices"
    tags = ["offices"]

    @get("/", operation_id="offices")
    async def offices(self, request: Req) -> list[OfficeView]:
        """Every office, those that ended last; waits are at each office's `/lines`."""
        language = context.language(request)
        found = await office_views(language, clock.now())
        lines = await lines_everywhere(language, found)
        for office in found:
            office.lines = lines.get(office.code, [])
        return found

    @get("/{office:str}", operation_id="office")
    async def office(self, request: Req, office: FromPath[str]) -> OfficeView:
        """One office with its hours and lines."""
        language = context.language(request)
        view = await office_view(await catalogue.office(office), language, clock.now())
        view.lines = await line_views(office, language, forecaster_of(request))
        return view

    @get("/{office:str}/quiet-hours", operation_id="quietHours")
    async def quiet_hours(
        self,
        office: FromPath[str],
        days: Annotated[int, QueryParameter(ge=1, le=MOST_DAYS)] = 7,
        line: FromQuery[str | None] = None,
    ) -> QuietView:
        """When little is expected in the coming days, today first; with a line, when somebody is there for it."""
        here = await catalogue.working_office(office, clock.now())
        lines = frozenset() if line is None else frozenset([(await catalogue.line(office, line)).code])
        found, zone = await quiet_hours(here, clock.now(), days, lines), here.time_zone
        hours = [QuietSpan(start=clock.local(one.start, zone), end=clock.local(one.end, zone)) for one in found.spans]
        return QuietView(days=found.days, hours=hours)

    @get("/{office:str}/board", operation_id="board")
    async def board(self, request: Req, office: FromPath[str]) -> Board:
        """The feed's snapshot."""
        language = context.language(request)
        view = await office_view(await catalogue.office(office), language, clock.now())
        seq, state, setting = await board(office)
        waits = await forecaster_of(request).lines(office)
        view.lines = await line_views_of(setting, language, waits)
        return Board(seq=seq, state=state, forecast=waits, office=view)

    @get("/{office:str}/lines", operation_id="lines")
    async def lines(self, request: Req, office: FromPath[str]) -> list[LineView]:
        """How many wait in each line, and for how long a number taken now would."""
        return await line_views(office, context.language(request), forecaster_of(request))


class TicketController(Controller):
    path = "/api/tickets"
    tags = ["tickets"]

    @get("/{follow_token:str}", operation_id="ticket")
    async def ticket(self, request: Req, follow_token: FromPath[str]) -> PhoneTicket:
        """One's own ticket."""
        with guessing(request, "look-up"):
            return await views.phone_ticket(follow_token, context.language(request), forecaster_of(request))

    @post("/{follow_token:str}/withdraw", operation_id="withdrawOwn", status_code=200)
    async def withdraw(self, request: Req, follow_token: FromPath[str]) -> Response[bytes]:
        """Give the number back."""
        return await _by_holder(request, follow_token, lambda: service.withdraw_own(follow_token))

    @post("/{follow_token:str}/hold", operation_id="hold", status_code=200)
    async def hold(self, request: Req, follow_token: FromPath[str], data: JSONBody[Hold]) -> Response[bytes]:
        """Step out for a moment: the number is kept, and not called meanwhile."""
        return await _by_holder(request, follow_token, lambda: hold.hold(follow_token, data.minutes))

    @post("/{follow_token:str}/back", operation_id="back", status_code=200)
    async def back(self, request: Req, follow_token: FromPath[str]) -> Response[bytes]:
        """Be back from that, and in the queue again."""
        return await _by_holder(request, follow_token, lambda: hold.back(follow_token))


class DeskController(Controller):
    path = "/api/desk"
    tags = ["desk"]

    @get("/", operation_id="desk")
    async def view(self, request: Req, counter: Counter = None) -> DeskView:
        """Everything the desk's page draws; `counter` chooses among several of one officer."""
        return await desk_view.desk_view(await context.officer(request, *SEATED), context.language(request), counter)

    @put("/", operation_id="sit", status_code=200)
    async def sit(self, request: Req, data: JSONBody[Sit]) -> Response[bytes]:
        """Sit down at a counter."""
        return await _at_desk(request, lambda officer: desk.sit(officer, data.counter, also=data.also), data.counter)

    @delete("/", operation_id="leave", status_code=200)
    async def leave(self, request: Req, counter: Counter = None) -> Response[bytes]:
        """Leave the counter."""
        return await _at_desk(request, lambda officer: desk.leave(officer, counter))

    @put("/pause", operation_id="pause", status_code=200)
    async def pause(self, request: Req, data: JSONBody[Pause], counter: Counter = None) -> Response[bytes]:
        """Take a break."""
        return await _at_desk(request, lambda officer: desk.pause(officer, data.reason, data.until, counter), counter)

    @delete("/pause", operation_id="unpause", status_code=200)
    async def unpause(self, request: Req, counter: Counter = None) -> Response[bytes]:
        """Come back from a break."""
        return await _at_desk(request, lambda officer: desk.unpause(officer, counter), counter)

    @post("/next", operation_id="next", status_code=200)
    async def next(self, request: Req, counter: Counter = None) -> Response[bytes]:
        """Call whoever is next; 204 where nobody waits."""
        officer = await context.officer(request, *SEATED)

        async def command() -> Answer:
            called = await desk.call_next(officer, counter)
            if called is None:
                return Answer(204)
            return Answer(200, await desk_view.called_ticket(called, officer, context.language(request)))

        return await once(request, command)

    @get("/tickets/{ticket:str}/why", operation_id="why")
    async def why(self, request: Req, ticket: FromPath[str]) -> Why:
        """Why this one is called before the others."""
        officer = await context.officer(request, *SEATED)
        return Why(sentence=await desk_view.why(officer, ticket, context.language(request)))

    @post("/handover", operation_id="handover", status_code=200)
    async def handover(self, request: Req, data: JSONBody[Handover], counter: Counter = None) -> Response[bytes]:
        """Leave the counter to a successor."""
        return await _at_desk(request, lambda officer: aside.handover(officer, data.to, counter))

    @post("/help", operation_id="help", status_code=200)
    async def help(self, request: Req, data: JSONBody[Help], counter: Counter = None) -> Response[bytes]:
        """Call the head without a sound, or anybody who can come."""
        return await _at_desk(request, lambda officer: head.call_for_help(officer, data.kind, counter), counter)

    @delete("/help", operation_id="takeHelpBack", status_code=200)
    async def take_help_back(self, request: Req, counter: Counter = None) -> Response[bytes]:
        """Say that nobody need come after all."""
        return await _at_desk(request, lambda officer: head.call_for_help(officer, None, counter), counter)

    @get("/tickets", operation_id="openTickets")
    async def open_tickets(self, request: Req, like: FromQuery[str] = "") -> list[DeskNext]:
        """Tickets away from any desk whose number contains these signs."""
        officer = await context.officer(request, *SEATED)
        return await desk_view.open_like(officer, like, context.language(request))

    @post("/tickets/{ticket:str}/call", operation_id="callChosen", status_code=200)
    async def call(
        self, request: Req, ticket: FromPath[str], data: JSONBody[Reason], counter: Counter = None
    ) -> Response[bytes]:
        """Call a ticket out of turn."""
        return await _verb(request, lambda officer: desk.call_chosen(officer, ticket, data.reason, counter))

    @post("/tickets/{ticket:str}/merge", operation_id="merge", status_code=200)
    async def merge(self, request: Req, ticket: FromPath[str], data: JSONBody[Merge]) -> Response[bytes]:
        """One person has two numbers."""
        return await _verb(request, lambda officer: aside.merge(officer, ticket, data.other))

    @post("/tickets/{ticket:str}/recall", operation_id="recall", status_code=200)
    async def recall(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """Call the same number again."""
        return await _verb(request, lambda officer: desk.recall(officer, ticket))

    @post("/tickets/{ticket:str}/start", operation_id="start", status_code=200)
    async def start(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """Service begins."""
        return await _verb(request, lambda officer: desk.start(officer, ticket))

    @post("/tickets/{ticket:str}/finish", operation_id="finish", status_code=200)
    async def finish(
        self, request: Req, ticket: FromPath[str], data: JSONBody[Finish | None] = None
    ) -> Response[bytes]:
        """Service ends; with `next` the next one is called in the same breath."""
        officer = await context.officer(request, *SEATED)
        asked = data or Finish()

        async def command() -> Answer:
            done = visit.Done(
                outcome=asked.outcome, procedures=asked.procedures, dossiers=asked.dossiers,
                promised_on=asked.promised_on,
            )  # fmt: skip
            finished, called = await visit.finish(officer, ticket, done, then_next=asked.next)
            return Answer(
                200, await desk_view.called_ticket(finished, officer, context.language(request), following=called)
            )

        return await once(request, command)

    @post("/tickets/{ticket:str}/miss", operation_id="miss", status_code=200)
    async def miss(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """Nobody came."""
        return await _verb(request, lambda officer: desk.miss(officer, ticket))

    @post("/tickets/{ticket:str}/return", operation_id="return", status_code=200)
    async def return_(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """The missed person is here again."""
        return await _verb(request, lambda officer: aside.return_(officer, ticket))

    @post("/tickets/{ticket:str}/park", operation_id="park", status_code=200)
    async def park(self, request: Req, ticket: FromPath[str], data: JSONBody[Park | None] = None) -> Response[bytes]:
        """Keep the number while its holder fetches something."""
        asked = data or Park()
        return await _verb(request, lambda officer: aside.park(officer, ticket, asked.reason, asked.minutes))

    @post("/tickets/{ticket:str}/resume", operation_id="resume", status_code=200)
    async def resume(self, request: Req, ticket: FromPath[str], counter: Counter = None) -> Response[bytes]:
        """Go on with a parked number here."""
        return await _verb(request, lambda officer: aside.resume(officer, ticket, counter))

    @post("/tickets/{ticket:str}/transfer", operation_id="transfer", status_code=200)
    async def transfer(self, request: Req, ticket: FromPath[str], data: JSONBody[Transfer]) -> Response[bytes]:
        """Send the ticket on; it keeps its number and place."""
        return await _verb(
            request,
            lambda officer: aside.transfer(
                officer, ticket, line=data.line, counter=data.counter, to=data.officer, back=data.back
            ),
        )

    @post("/tickets/{ticket:str}/add-procedure", operation_id="addProcedure", status_code=200)
    async def add_procedure(self, request: Req, ticket: FromPath[str], data: JSONBody[AddProcedure]) -> Response[bytes]:
        """Add a procedure to the visit."""
        return await _verb(request, lambda officer: aside.add_procedure(officer, ticket, data.procedure))

    @post("/tickets/{ticket:str}/no-show", operation_id="noShow", status_code=200)
    async def no_show(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """Give up on somebody who does not come."""
        return await _verb(request, lambda officer: aside.no_show(officer, ticket))

    @post("/tickets/{ticket:str}/withdraw", operation_id="withdraw", status_code=200)
    async def withdraw(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """Take a ticket out of the queue at its holder's wish."""
        return await _verb(request, lambda officer: aside.withdraw(officer, ticket))

    @post("/tickets/{ticket:str}/undo", operation_id="undo", status_code=200)
    async def undo(self, request: Req, ticket: FromPath[str]) -> Response[bytes]:
        """Take the desk's last verb back."""
        return await _verb(request, lambda officer: aside.undo(officer, ticket))


async def _by_holder(request: Req, follow_token: str, act: Callable[[], Awaitable[object]]) -> Response[bytes]:
    """Do what the holder asks for, and answer with the ticket."""

    async def command() -> Answer:
        await act()
        seen = await views.phone_ticket(follow_token, context.language(request), forecaster_of(request))
        return Answer(200, seen)

    return await once(request, command)


async def _verb(request: Req, verb: Callable[[Officer], Awaitable[Ticket]]) -> Response[bytes]:
    """Do one verb as the officer who calls, and answer with the ticket."""
    officer = await context.officer(request, *SEATED)

    async def command() -> Answer:
        return Answer(200, await desk_view.called_ticket(await verb(officer), officer, context.language(request)))

    return await once(request, command)


async def _at_desk(
    request: Req, act: Callable[[Officer], Awaitable[None]], counter: int | None = None
) -> Response[bytes]:
    """Do something about the counter, and answer with the desk."""
    officer = await context.officer(request, *SEATED)

    async def command() -> Answer:
        await act(officer)
        return Answer(200, await desk_view.desk_view(officer, context.language(request), counter))

    return await once(request, command)
