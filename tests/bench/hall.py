"""The hall that is measured: a server process with eight counters, and people who talk HTTP as cheaply as can be."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.programs import OFFICE, PASSWORD, Row, open_office, program

__all__ = ["COUNTERS", "LINE", "Client", "Hall", "open_hall"]

COUNTERS = 8
LINE = "A"


class Client:
    """One keep-alive connection. A client library would cost more than what it measures."""

    def __init__(self, address: str, token: str | None = None) -> None:
        place = urlsplit(address)
        self.host, self.port = str(place.hostname), place.port
        self.head = f"Host: {place.netloc}\r\nContent-Type: application/json\r\n"
        if token:
            self.head += f"Authorization: Bearer {token}\r\n"
        self.extra = ""
        """Further lines of the head, for the requests to come."""
        self.pipe: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: object = None, *, once: bool = True) -> Any:
        """The body of the answer, None where there is none. `once` sends an idempotency key, as our own clients do.

        Raises RuntimeError with what a refusal says.
        """
        status, answer = await self.send(method, path, body, once=once)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    async def send(self, method: str, path: str, body: object = None, *, once: bool = True) -> tuple[int, Any]:
        """The status, and the body of the answer, None where there is none."""
        data = json.dumps(body).encode() if body is not None else b""
        key = f"Idempotency-Key: {os.urandom(12).hex()}\r\n" if once and method != "GET" else ""
        message = (
            f"{method} {path} HTTP/1.1\r\n{self.head}{self.extra}{key}Content-Length: {len(data)}\r\n\r\n".encode()
            + data
        )
        try:
            head, answer = await self._exchange(message)
        except (asyncio.IncompleteReadError, ConnectionError):  # the server hangs up on those who say nothing for long
            self.close()
            head, answer = await self._exchange(message)
        fields = _fields(head)
        status = int(head.split(" ", 2)[1])
        if "set-cookie" in fields:
            self.head += f"Cookie: {head.partition('et-cookie: ')[2].partition(';')[0]}\r\n"
        return status, json.loads(answer) if answer else None

    async def _exchange(self, message: bytes) -> tuple[str, bytes]:
        if self.pipe is None:
            self.pipe = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.pipe
        writer.write(message)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        return head, await reader.readexactly(int(_fields(head).get("content-length", 0)))

    def close(self) -> None:
        """Hang up."""
        if self.pipe:
            self.pipe[1].close()
            self.pipe = None


def _fields(head: str) -> dict[str, str]:
    return dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:-2])


@dataclass
class Hall:
    """A running office. All kiosks are one device, as far as the server knows."""

    url: str
    address: str
    tokens: dict[str, str]
    kiosks: list[Client]
    desks: list[Client]

    async def issue(self, client: int = 0) -> Any:
        """Somebody takes a number."""
        return await self.kiosks[client].ask("POST", "/api/kiosk/tickets", {"line": LINE})

    async def call(self, client: int = 0) -> Any:
        """The next ticket; None where nobody waits."""
        return await self.desks[client].ask("POST", "/api/desk/next")

    async def verb(self, client: int, ticket: Any, verb: str) -> None:
        """The officer does it to the ticket."""
        body: dict[str, object] | None = {} if verb == "finish" else None
        await self.desks[client].ask("POST", f"/api/desk/tickets/{ticket['id']}/{verb}", body)

    async def serve(self, client: int = 0) -> bool:
        """One visit at a counter: next, start, finish. False where nobody waits."""
        ticket = await self.call(client)
        if ticket is None:
            return False
        await self.verb(client, ticket, "start")
        await self.verb(client, ticket, "finish")
        return True

    async def empty(self) -> None:
        """Serve everybody who still waits."""
        while await self.serve():
            pass


def _staff() -> dict[str, list[Row]]:
    """Eight counters and an officer for each, who serve one line; its numbers last."""
    numbers = range(1, COUNTERS + 1)
    return {
        "lines": [{"office": OFFICE, "code": LINE, "last_number": "9999"}],
        "counters": [{"office": OFFICE, "number": str(n), "name_vi": f"Quầy {n}", "lines": LINE} for n in numbers],
        "officers": [
            {"office": OFFICE, "username": f"bench.{n}", "full_name": f"Bench {n}", "role": "officer", "lines": LINE}
            for n in numbers
        ],
    }


@asynccontextmanager
async def open_hall(url: str, folder: Path) -> AsyncIterator[Hall]:
    """The office on that database, its server, and eight officers at their counters."""
    tokens = await open_office(url, folder, _staff())
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(program("server.cli", "serve", "--port", "0", "--database", url))
        kiosks = [Client(address, tokens["kiosk"]) for _ in range(COUNTERS)]
        desks = [Client(address) for _ in range(COUNTERS)]
        for client in (*kiosks, *desks):
            stack.callback(client.close)
        for number, desk in enumerate(desks, 1):
            await desk.ask("POST", "/api/session", {"username": f"bench.{number}", "password": PASSWORD}, once=False)
            await desk.ask("PUT", "/api/desk", {"counter": number})
        yield Hall(url, address, tokens, kiosks, desks)
