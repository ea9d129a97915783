"""What every handler knows about its caller: who it is, in which language, and that it is not a forged request."""

from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection

from server.errors import Refusal
from server.people import service as people
from server.people.rules import Device, Officer, Role
from server.phrases import Language, language_of
from server.settings import Settings

__all__ = [
    "Caller",
    "bearer",
    "caller",
    "check_origin",
    "chosen_language",
    "device",
    "language",
    "officer",
    "settings_of",
    "speaks_from_here",
]


@dataclass(frozen=True)
class Caller:
    """Who calls: an officer, a device, or anybody. `name` sets the callers of idempotency keys apart."""

    who: Officer | Device | None = None
    by_cookie: bool = False

    @property
    def name(self) -> str:
        if isinstance(self.who, Officer):
            return f"officer:{self.who.office}:{self.who.username}"
        if isinstance(self.who, Device):
            return f"device:{self.who.id}"
        return "anybody"


Connection = ASGIConnection[Any, Any, Any, Any]


def settings_of(connection: Connection) -> Settings:
    """The settings this process runs with."""
    settings = connection.app.state.settings
    assert isinstance(settings, Settings)  # noqa: S101
    return settings


def language(connection: Connection) -> Language:
    """The language to answer in: what the address asks for, what was chosen before, what the browser prefers."""
    return chosen_language(connection) or language_of(connection.headers.get("accept-language"))


def chosen_language(connection: Connection) -> Language | None:
    """The language that somebody has chosen with the switch, if any."""
    for chosen in (connection.query_params.get("lang"), connection.cookies.get("lang")):
        if chosen == "vi" or chosen == "en":
            return "vi" if chosen == "vi" else "en"
    return None


async def caller(connection: Connection) -> Caller:
    """Who calls, by bearer token or cookie. A token that is not (or no longer) good is nobody's."""
    known = connection.scope.get("_motcua_caller")
    if isinstance(known, Caller):
        return known
    token, by_cookie = bearer(connection), False
    if token is None and (cookie := connection.cookies.get(settings_of(connection).cookie)) is not None:
        token, by_cookie = cookie, True
    who = await people.caller_of(token) if token else None
    found = Caller(who, by_cookie)
    connection.scope["_motcua_caller"] = found  # type: ignore[typeddict-unknown-key]
    return found


def bearer(connection: Connection) -> str | None:
    """The token of a program that shows one by itself, as no browser does; None where there is none."""
    header = connection.headers.get("authorization", "")
    return header[7:].strip() if header[:7].lower() == "bearer " else None


async def officer(connection: Connection, *roles: Role) -> Officer:
    """The officer who calls. Refuses sign-in, and not-allowed for a role that is not among those given."""
    who = (await caller(connection)).who
    if not isinstance(who, Officer):
        raise Refusal("sign-in" if who is None else "not-allowed")
    if roles and who.role not in roles:
        raise Refusal("not-allowed")
    return who


async def device(connection: Connection, *kinds: str) -> Device:
    """The device that calls. Refuses sign-in, and not-allowed for another kind."""
    who = (await caller(connection)).who
    if not isinstance(who, Device):
        raise Refusal("sign-in" if who is None else "not-allowed")
    if kinds and who.kind not in kinds:
        raise Refusal("not-allowed")
    return who


def speaks_from_here(connection: Connection) -> bool:
    """Whether a request may come with cookies: from our own pages, or from a program that is no browser."""
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    if origin is not None:
        return origin.lower() in settings_of(connection).origins or site == "same-origin"
    return site in (None, "same-origin", "none")


def check_origin(connection: Connection) -> None:
    """Refuse bad-origin for a command that carries a cookie and comes from somebody else's page."""
    if connection.cookies and bearer(connection) is None and not speaks_from_here(connection):
        raise Refusal("bad-origin")
