"""Messages over HTTP: what staff see of those that did not get through."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, QueryParameter

from server.notify import service
from server.notify.rules import State
from server.people.rules import Role
from server.web import context
from server.web.commands import Answer, once
from server.wire import MessageList

__all__ = ["MessageController"]

Req = Request[Any, Any, Any]
AT_RECEPTION: tuple[Role, ...] = ("reception", "head", "officer")


class MessageController(Controller):
    path = "/api/reception/messages"
    tags = ["reception"]

    @get("/", operation_id="messages")
    async def messages(
        self,
        request: Req,
        wanted: Annotated[State, QueryParameter(name="state")] = "failed",
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    ) -> MessageList:
        """Messages about bookings that failed, wait, were sent or dropped: whom to telephone instead."""
        officer = await context.officer(request, *AT_RECEPTION)
        return await service.messages(officer.office, wanted, limit, context.language(request))

    @post("/{message:str}/retry", operation_id="retryMessage", status_code=200)
    async def retry(self, request: Req, message: FromPath[str]) -> Response[bytes]:
        """Try a failed one again from the beginning."""
        officer = await context.officer(request, *AT_RECEPTION)

        async def command() -> Answer:
            await service.try_again(officer.office, message)
            return Answer(200, {})

        return await once(request, command)
