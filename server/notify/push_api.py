"""Web push over HTTP: the worker that shows messages, and which browser is to be told of what."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, put
from litestar.params import FromPath, JSONBody

from server.booking import service as booking
from server.booking import service_waiting
from server.booking.api import token_of
from server.booking.rules_states import Appointment
from server.errors import Refusal
from server.notify import calls, service
from server.notify.push import Subscription
from server.web import context
from server.web.limits import guessing, limited
from server.web.render import STATIC
from server.wire import PushRequest

__all__ = ["PushController", "TicketPushController", "push_script"]

AnyRequest = Request[Any, Any, Any]


class PushController(Controller):
    """Putting twice is once, and so is taking away, so these need no idempotency key."""

    path = "/api/push"
    tags = ["booking"]

    @put("/{reference:str}", operation_id="tellBrowser", summary="Tell this browser of a booking", status_code=204)
    async def subscribe(self, request: AnyRequest, reference: FromPath[str], data: JSONBody[PushRequest]) -> None:
        """For who holds the token of the booking, or of the place in a waiting list. One browser each: the newest."""
        limited(request, "book")
        found = await _authorised(request, reference)
        subscription = Subscription(data.endpoint, data.p256dh, data.auth)
        await service.tell_browser(found, subscription, context.settings_of(request).push_services)

    @delete("/{reference:str}", operation_id="tellBrowserNoMore", summary="Tell no browser any more", status_code=204)
    async def unsubscribe(self, request: AnyRequest, reference: FromPath[str]) -> None:
        """For who holds the token."""
        await service.tell_browser_no_more(await _authorised(request, reference))


class TicketPushController(Controller):
    """For who holds the follow token. Twice is once here, too."""

    path = "/api/tickets"
    tags = ["tickets"]

    @put("/{follow_token:str}/push", operation_id="tellBrowserOfCalls", status_code=204)
    async def subscribe(self, request: AnyRequest, follow_token: FromPath[str], data: JSONBody[PushRequest]) -> None:
        """Tell this browser, and no other one, when the number is called."""
        with guessing(request, "look-up"):
            subscription = Subscription(data.endpoint, data.p256dh, data.auth)
            await calls.tell_of_calls(follow_token, subscription, context.settings_of(request).push_services)

    @delete("/{follow_token:str}/push", operation_id="tellBrowserOfCallsNoMore", status_code=204)
    async def unsubscribe(self, request: AnyRequest, follow_token: FromPath[str]) -> None:
        """Tell no browser of calls any more."""
        with guessing(request, "look-up"):
            await calls.tell_of_calls_no_more(follow_token)


@get("/push.js", include_in_schema=False)
async def push_script() -> Response[bytes]:
    """The worker that shows what is pushed. At the root, for a worker's reach is the folder it comes from."""
    content = (STATIC / "js" / "push_worker.js").read_bytes()
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def _authorised(request: AnyRequest, reference: str) -> Appointment | str:
    """The booking, or the reference of the entry of a waiting list. Refuses no-such-booking to everybody else."""
    token = token_of(request, reference)
    try:
        return await booking.authorised(reference, token)
    except Refusal:
        try:
            return (await service_waiting.authorised(reference, token)).reference
        except Refusal:
            raise Refusal("no-such-booking") from None
