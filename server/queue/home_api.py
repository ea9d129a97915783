"""Numbers from home over HTTP: taken by anybody, and the holder's word that he is there."""

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.params import FromPath, JSONBody

from server.queue import home, views
from server.queue.api import forecaster_of
from server.queue.service import Wanted
from server.web import context
from server.web.commands import Answer, once
from server.web.limits import guessing, limited
from server.wire import Arrival, HomeNumberRequest

__all__ = ["HomeController"]

Req = Request[Any, Any, Any]


class HomeController(Controller):
    path = "/api"
    tags = ["tickets"]

    @post("/offices/{office:str}/home-numbers", operation_id="homeNumber", status_code=201)
    async def take(self, request: Req, office: FromPath[str], data: JSONBody[HomeNumberRequest]) -> Response[bytes]:
        """Take a number at home; it is called only once its holder has arrived."""
        limited(request, "home")
        await home.refuse_unless_given(office)
        late = await forecaster_of(request).late(office)  # made before the command, which must not wait for it
        wanted = Wanted(line=data.line, procedure=data.procedure, language=data.language, late=data.line in late)

        async def command() -> Answer:
            issued = await home.take(office, wanted, data.phone)
            address = context.settings_of(request).address
            return Answer(201, await views.issued_ticket(issued, address, data.language, forecaster_of(request)))

        return await once(request, command)

    @post("/tickets/{follow_token:str}/arrive", operation_id="arrive", status_code=200)
    async def arrive(self, request: Req, follow_token: FromPath[str], data: JSONBody[Arrival]) -> Response[bytes]:
        """Say that one is there, with the code of the day from the poster in the hall."""

        async def command() -> Answer:
            with guessing(request, "arrive"):
                await home.arrive_by_poster(follow_token, data.code)
            seen = await views.phone_ticket(follow_token, context.language(request), forecaster_of(request))
            return Answer(200, seen)

        return await once(request, command)
