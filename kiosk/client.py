"""The kiosk's side of the server's HTTP: every answer is a body, a refusal in the server's words, or no answer."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from kiosk.rules import is_answer
from server.codes import token_hash
from server.phrases import Language
from server.wire import (
    CheckIn,
    DeviceStatus,
    IssuedTicket,
    KioskConfig,
    KioskTicketRequest,
    OfflineResult,
    OfflineTicket,
    ProcedureList,
    decode,
    encode,
)

__all__ = ["NoAnswer", "Refused", "Server", "tls_context"]

PATIENCE = 4.0  # seconds a person looks at a turning wheel before the kiosk goes on alone
Body = TypeVar("Body")


class NoAnswer(Exception):
    """The server was not reached, took too long, failed, or something else answered in its place."""


class Refused(Exception):
    """The server said no. `body` is its problem document as it came, ticket and all where it carries one."""

    def __init__(self, status: int, code: str, body: bytes) -> None:
        self.status = status
        self.code = code
        self.body = body
        super().__init__(code)


class _Problem(msgspec.Struct):
    type: str


class _Seq(msgspec.Struct):
    seq: int


class Server:
    """The endpoints a kiosk uses. Every method raises NoAnswer or Refused where there is nothing to return."""

    def __init__(self, url: str, token: str, patience: float = PATIENCE) -> None:
        self.url = url.rstrip("/")
        self._patience = patience
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(patience, connect=min(2.0, patience)),
            verify=tls_context(self.url),
            # a proxy meant for browsing must not stand between a kiosk and the server beside it
            trust_env=False,
            limits=httpx.Limits(max_connections=20, keepalive_expiry=20),
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def config(self) -> KioskConfig:
        """What this kiosk needs to work."""
        return await self._ask("GET", "/api/kiosk/config", KioskConfig)

    async def seq(self, office: str) -> int:
        """The office's newest journal number, from where its feed can be followed."""
        return (await self._ask("GET", f"/api/offices/{quote(office, safe='')}/board", _Seq)).seq

    async def issue(self, body: KioskTicketRequest, key: str) -> IssuedTicket:
        """A number; the same key gives the same one."""
        return await self._ask("POST", "/api/kiosk/tickets", IssuedTicket, body, key, body.language)

    async def check_in(self, body: CheckIn, key: str, language: Language) -> IssuedTicket:
        """The number of somebody who booked, or who took one at home."""
        return await self._ask("POST", "/api/kiosk/check-in", IssuedTicket, body, key, language)

    async def hand_in(self, tickets: Sequence[OfflineTicket]) -> list[OfflineResult]:
        """Tells the server of offline tickets; per ticket what became of it."""
        key = token_hash(encode(tickets).decode())[:32]  # the same batch sent again is the same command
        return await self._ask("POST", "/api/kiosk/offline-tickets", list[OfflineResult], tickets, key)

    async def withdraw(self, follow_token: str, key: str) -> None:
        """Gives a ticket back."""
        await self._send("POST", f"/api/tickets/{quote(follow_token, safe='')}/withdraw", {}, key)

    async def help(self, key: str, language: Language) -> None:
        """Tells the office that somebody at this kiosk needs help."""
        await self._send("POST", "/api/kiosk/help", {}, key, language)

    async def report(self, status: DeviceStatus, key: str) -> None:
        """Says how this kiosk is."""
        await self._send("PUT", "/api/devices/self/status", status, key)

    async def procedures(self, office: str, words: str, language: Language) -> ProcedureList:
        """The office's procedures that match these words, best first."""
        path = f"/api/offices/{quote(office, safe='')}/procedures"
        return await self._ask("GET", path, ProcedureList, language=language, query={"q": words, "limit": "12"})

    async def _ask(
        self,
        method: str,
        path: str,
        kind: type[Body],
        body: object = None,
        key: str | None = None,
        language: Language = "vi",
        query: Mapping[str, str] | None = None,
    ) -> Body:
        content = await self._send(method, path, body, key, language, query)
        try:
            return decode(content, type=kind)
        except msgspec.DecodeError as error:
            raise NoAnswer("an answer that is not ours") from error

    async def _send(
        self,
        method: str,
        path: str,
        body: object = None,
        key: str | None = None,
        language: Language = "vi",
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        headers: dict[str, str] = {"Accept-Language": language}
        if key is not None:
            headers |= {"Idempotency-Key": key, "Content-Type": "application/json"}
        content = None if body is None else encode(body)
        try:
            async with asyncio.timeout(self._patience):  # httpx limits each read, not the whole answer
                answer = await self._http.request(method, path, content=content, headers=headers, params=query)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        problem = None if answer.is_success else _problem_type(answer.content)
        if not is_answer(answer.status_code, problem):
            raise NoAnswer(f"HTTP {answer.status_code}")
        if problem is not None:
            raise Refused(answer.status_code, problem.removeprefix("urn:motcua:"), answer.content)
        return answer.content


def tls_context(url: str) -> ssl.SSLContext | bool:
    """The system's certificates, so that an office's own authority counts; nothing to check over plain http."""
    return ssl.create_default_context() if url.startswith(("https:", "wss:")) else True


def _problem_type(body: bytes) -> str | None:
    try:
        return decode(body, type=_Problem).type
    except msgspec.DecodeError:
        return None
