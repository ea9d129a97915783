"""A day's waiting list over HTTP. Anybody without an entry's token is told 404.

What is offered is a held appointment with a token of its own: it is taken and declined where appointments are.
"""

from typing import Any

from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from server import clock
from server.booking import service, service_waiting
from server.booking.api import dossier_check, token_of
from server.booking.rules_states import Appointment
from server.booking.rules_waiting import Entry
from server.booking.service_gate import stranger
from server.catalogue import service as catalogue
from server.web.commands import Answer, once
from server.web.limits import limited, network_of
from server.wire import OfferView, WaitingRequest, WaitingView

__all__ = ["WaitingController"]

AnyRequest = Request[Any, Any, Any]


class WaitingController(Controller):
    path = "/api"
    tags = ["booking"]

    @post(
        "/offices/{office:str}/waiting-list",
        operation_id="joinWaitingList",
        summary="Wait for a free time of a day that is full",
        status_code=201,
    )
    async def join(self, request: AnyRequest, office: FromPath[str], data: JSONBody[WaitingRequest]) -> Response[bytes]:
        limited(request, "book")
        checked = await dossier_check(request, office, data.dossier_number)

        async def command() -> Answer:
            wish = service_waiting.WaitingWish(
                office=office,
                day=data.day,
                procedures=data.procedures,
                purpose=data.purpose,
                officer=data.officer,
                dossier_number=data.dossier_number,
                dossier_check=checked,
                dossiers=data.dossiers,
                language=data.language,
            )
            who = await stranger(network_of(request), solution=data.solution)
            return Answer(201, await _view(await service_waiting.join(wish, data.citizen, who=who), with_token=True))

        return await once(request, command)

    @get("/waiting-list/{reference:str}", operation_id="waitingEntry", summary="An entry of a waiting list")
    async def look(self, request: AnyRequest, reference: FromPath[str]) -> WaitingView:
        return await _view(await service_waiting.authorised(reference, token_of(request, reference)))

    @delete("/waiting-list/{reference:str}", operation_id="leaveWaitingList", status_code=200, summary="Wait no longer")
    async def leave(self, request: AnyRequest, reference: FromPath[str]) -> Response[bytes]:
        async def command() -> Answer:
            await service_waiting.leave(reference, token_of(request, reference))
            return Answer(204)

        return await once(request, command)


async def _view(entry: Entry, *, with_token: bool = False) -> WaitingView:
    stands = await service_waiting.standing(entry)
    zone = (await catalogue.office(entry.office)).time_zone
    return WaitingView(
        reference=entry.reference,
        state=stands.stage,
        office=entry.office,
        day=entry.day,
        procedures=entry.codes,
        purpose=entry.purpose,
        officer=entry.officer,
        place=stands.place or UNSET,
        offer=await _offer(stands.offer, zone) if stands.stage == "offered" and stands.offer else UNSET,
        manage_token=await service_waiting.waiting_token(entry.reference) if with_token else UNSET,
    )


async def _offer(offer: Appointment, zone: str) -> OfferView:
    return OfferView(
        reference=offer.reference,
        start=clock.local(offer.starts_at, zone),
        end=clock.local(offer.ends_at, zone),
        held_until=clock.local(offer.held_until or offer.starts_at, zone),
        manage_token=await service.manage_token(offer),
    )
