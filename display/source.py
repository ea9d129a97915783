"""The agent's side of the server's HTTP: who am I, what is on the board, and how I am. Keeps the server's time."""

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from msgspec import Struct
from websockets.asyncio.client import connect

from server.clock import now
from server.wire import Board, DeviceStatus, decode, encode

__all__ = ["Identity", "Source"]

PATIENCE = 8.0
Body = TypeVar("Body")


class Identity(Struct, rename="camel"):
    """Which device this token is, and of which office."""

    office: str
    kind: str
    name: str


class Source:
    """The endpoints a wall uses. Raises httpx.HTTPError for no answer or a refusal, ValueError for a strange answer."""

    def __init__(self, server: str, token: str) -> None:
        self._url = server.rstrip("/")
        self._bearer = {"Authorization": f"Bearer {token}"}
        self._tls = ssl.create_default_context() if self._url.startswith("https:") else None
        # trust_env: a proxy meant for browsing must not stand between a wall and the server beside it
        self._http = httpx.AsyncClient(
            base_url=self._url,
            headers=self._bearer,
            timeout=PATIENCE,
            verify=self._tls if self._tls is not None else True,
            trust_env=False,
        )
        self._ahead = timedelta()

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    def now(self) -> datetime:
        """The server's present time, as near as its answers tell it (half a second)."""
        return now() + self._ahead

    async def identity(self) -> Identity:
        """Who this token is."""
        return await self._get("/api/devices/self", Identity)

    async def board(self, office: str) -> Board:
        """The office's board as it is now."""
        return await self._get(f"/api/offices/{quote(office, safe='')}/board", Board)

    async def report(self) -> None:
        """Tells the server that this wall is alive, and what time it believes it is."""
        body = encode(DeviceStatus(printer="unknown", clock=now()))
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex}
        (await self._http.put("/api/devices/self/status", content=body, headers=headers)).raise_for_status()

    def feed(self, office: str, since: int) -> connect:
        """A connection to the office's feed from behind `since`, to be entered with `async with`."""
        address = f"ws{self._url.removeprefix('http')}/ws/offices/{quote(office, safe='')}/feed?since={since}"
        return connect(
            address,
            additional_headers=self._bearer,
            ssl=self._tls,
            proxy=None,
            open_timeout=PATIENCE,
            close_timeout=1,
        )

    async def _get(self, path: str, kind: type[Body]) -> Body:
        answer = await self._http.get(path)
        self._set_clock(answer.headers.get("Date"))
        answer.raise_for_status()
        return decode(answer.content, type=kind)

    def _set_clock(self, date: str | None) -> None:
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        # the header is cut to whole seconds
        self._ahead = told.replace(tzinfo=told.tzinfo or UTC) + timedelta(seconds=0.5) - now()
