"""What devices call: a kiosk's configuration, tickets, check-ins and offline numbers; anybody's own status."""

from typing import Any

from litestar import Controller, Request, Response, get, post, put
from litestar.params import JSONBody

from server.devices import service as devices
from server.errors import Refusal
from server.queue import home, kiosk_help, offline, service, views
from server.queue.forecasting import Forecaster
from server.web import context
from server.web.commands import Answer, once
from server.wire import CheckIn, DeviceStatus, KioskConfig, KioskTicketRequest, OfflineTicket

__all__ = ["DeviceController"]

Req = Request[Any, Any, Any]


class DeviceController(Controller):
    path = "/api"
    tags = ["devices"]

    @get("/kiosk/config", operation_id="kioskConfig")
    async def config(self, request: Req) -> KioskConfig:
        """What this kiosk needs to work, and to go on working alone."""
        device = await context.device(request, "kiosk")
        return await devices.kiosk_config(device, context.settings_of(request).address, _forecaster(request))

    @post("/kiosk/tickets", operation_id="kioskTicket", status_code=201)
    async def ticket(self, request: Req, data: JSONBody[KioskTicketRequest]) -> Response[bytes]:
        """Give somebody a number."""
        device = await context.device(request, "kiosk")
        key = request.headers.get("idempotency-key")
        late = await _forecaster(request).late(device.office)  # made before the command, which must not wait for it
        wanted = service.Wanted(
            line=data.line, procedure=data.procedure, klass=data.klass, card=data.card, language=data.language,
            source="kiosk", late=data.line in late, attempt=f"{device.id} {key}" if key else None,
        )  # fmt: skip

        async def command() -> Answer:
            issued = await service.issue(device.office, wanted, f"device:{device.id}")
            return Answer(201, await _view(request, issued, data.language))

        return await once(request, command)

    @post("/kiosk/check-in", operation_id="kioskCheckIn", status_code=201)
    async def check_in(self, request: Req, data: JSONBody[CheckIn]) -> Response[bytes]:
        """Turn today's appointment into a ticket, or let the holder of a number from home arrive."""
        device = await context.device(request, "kiosk")

        async def command() -> Answer:
            try:
                issued = await home.show(device.office, f"device:{device.id}", data)
            except Refusal as refusal:
                address = context.settings_of(request).address
                await views.with_ticket_told(refusal, device.office, address, _forecaster(request))
                raise
            return Answer(201, await _view(request, issued, issued.ticket.language))

        return await once(request, command)

    @post("/kiosk/offline-tickets", operation_id="kioskOfflineTickets", status_code=200)
    async def offline_tickets(self, request: Req, data: JSONBody[list[OfflineTicket]]) -> Response[bytes]:
        """Hand in numbers that were given while the server could not be reached; each stands alone."""
        device = await context.device(request, "kiosk")

        async def command() -> Answer:
            return Answer(200, await offline.hand_in(device, data, context.settings_of(request).address))

        return await once(request, command)

    @post("/kiosk/help", operation_id="kioskHelp", status_code=200)
    async def help(self, request: Req) -> Response[bytes]:
        """Somebody at this kiosk needs help; pressed again within a minute it rings once."""
        device = await context.device(request, "kiosk")

        async def command() -> Answer:
            await kiosk_help.call(device)
            return Answer(200, {})

        return await once(request, command)

    @put("/devices/self/status", operation_id="deviceStatus", status_code=204)
    async def status(self, request: Req, data: JSONBody[DeviceStatus]) -> None:
        """How this device is."""
        await devices.set_status(await context.device(request), data)


def _forecaster(request: Req) -> Forecaster:
    found = request.app.state.forecaster
    assert isinstance(found, Forecaster)  # noqa: S101
    return found


async def _view(request: Req, issued: service.Issued, language: str) -> object:
    return await views.issued_ticket(
        issued, context.settings_of(request).address, "en" if language == "en" else "vi", _forecaster(request)
    )
