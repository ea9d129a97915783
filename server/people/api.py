"""Signing in and out."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody

from server.catalogue import service as catalogue
from server.catalogue.views import name_in
from server.people import service as people
from server.people.rules import Device, Officer
from server.web import context
from server.web.limits import guessing
from server.wire import DeviceSession, SessionRequest, SessionView

__all__ = ["SessionController", "session_cookie"]

Req = Request[Any, Any, Any]


class SessionController(Controller):
    path = "/api"
    tags = ["session"]

    @post("/session", operation_id="signIn", status_code=200)
    async def sign_in(self, request: Req, data: JSONBody[SessionRequest]) -> Response[SessionView]:
        """Sign an officer in. A token that the request already carries is ignored: it never becomes the new one."""
        with guessing(request, "sign-in"):
            officer, token = await people.sign_in(data.username, data.password)
        cookie = session_cookie(request, token, int(people.SESSION_LENGTH.total_seconds()))
        return Response(await _view(request, officer), cookies=[cookie])

    @get("/session", operation_id="session")
    async def who(self, request: Req) -> SessionView:
        """Who is signed in here."""
        return await _view(request, await context.officer(request))

    @delete("/session", operation_id="signOut", status_code=204)
    async def sign_out(self, request: Req) -> Response[None]:
        """End the session, here and in the database."""
        name = context.settings_of(request).cookie
        token = request.cookies.get(name)
        if token is not None:
            await people.revoke(token)
        return Response(None, status_code=204, cookies=[session_cookie(request, "", 0)])

    @post("/devices/session", operation_id="deviceSession", status_code=204)
    async def device_session(self, request: Req, data: JSONBody[DeviceSession]) -> Response[None]:
        """Let a page on a TV or tablet act as its device: a cookie that can do what the device may, no more."""
        with guessing(request, "sign-in"):
            token = await people.device_page_token(data.token)
        length = int(people.PAGE_SESSION_LENGTH.total_seconds())
        return Response(None, status_code=204, cookies=[session_cookie(request, token, length)])

    @get("/devices/self", operation_id="deviceSelf")
    async def device_self(self, request: Req) -> dict[str, str | int | None]:
        """Which device calls."""
        found: Device = await context.device(request)
        return {"office": found.office, "kind": found.kind, "name": found.name, "counter": found.counter}


def session_cookie(request: Req, token: str, seconds: int) -> Cookie:
    """The cookie that carries a token: never readable by scripts, never sent from elsewhere."""
    settings = context.settings_of(request)
    return Cookie(
        key=settings.cookie, value=token, path="/", max_age=seconds, secure=settings.secure, httponly=True,
        samesite="strict",
    )  # fmt: skip


async def _view(request: Req, officer: Officer) -> SessionView:
    office = await catalogue.office(officer.office)
    return SessionView(
        officer=officer.username,
        name=officer.full_name,
        office=officer.office,
        office_name=name_in(context.language(request), office),
        role=officer.role,
    )
