"""Saying how it went: on the counter's tablet, or on one's own phone."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, JSONBody

from server.errors import Refusal
from server.queue import service as queue
from server.queue import views
from server.rating import service as rating
from server.rating.service import Given, Served
from server.web import context
from server.web.commands import Answer, once
from server.web.limits import limited
from server.wire import RatingRequest, RatingView, TabletRating, TabletView

__all__ = ["RatingController"]

Req = Request[Any, Any, Any]


class RatingController(Controller):
    path = "/api"
    tags = ["rating"]

    @post("/tickets/{follow_token:str}/rating", operation_id="rate", status_code=201)
    async def rate(self, request: Req, follow_token: FromPath[str], data: JSONBody[RatingRequest]) -> Response[bytes]:
        """The holder's own rating; it replaces what the tablet said."""
        limited(request, "rating")

        async def command() -> Answer:
            ticket = await queue.ticket_of_token(follow_token)
            given = Given(
                level=data.level, source="phone", reasons=tuple(data.reasons), comment=data.comment,
                contact=data.contact,
            )  # fmt: skip
            served = Served(ticket.id, ticket.office, ticket.state, ticket.ended_seq, ticket.sample)
            return Answer(201, RatingView(level=await rating.rate(served, given, "citizen")))

        return await once(request, command)

    @get("/tablet", operation_id="tablet")
    async def tablet(self, request: Req) -> TabletView:
        """What this counter's tablet should ask for."""
        device = await context.device(request, "tablet")
        if device.counter is None:
            raise Refusal("no-such-counter", counter="?")
        return await views.tablet_view(device.office, device.counter, context.language(request))

    @post("/tablet/rating", operation_id="rateOnTablet", status_code=201)
    async def rate_on_tablet(self, request: Req, data: JSONBody[TabletRating]) -> Response[bytes]:
        """A rating pressed on the counter's tablet, for the ticket that it asked about."""
        device = await context.device(request, "tablet")

        async def command() -> Answer:
            ticket = await views.rated_here(device.office, device.counter, data.ticket_id)
            given = Given(level=data.level, source="tablet", reasons=tuple(data.reasons), comment=data.comment)
            served = Served(ticket.id, ticket.office, ticket.state, ticket.ended_seq, ticket.sample)
            level = await rating.rate(served, given, f"device:{device.id}")
            return Answer(201, RatingView(level=level))

        return await once(request, command)
