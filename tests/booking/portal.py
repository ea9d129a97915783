"""A small portal stand-in: an HTTP server that knows some dossiers, and misbehaves when told to.

It is also the worked example of docs/how-to/dossiers.md.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

__all__ = ["PortalServer", "portal_server"]


class PortalServer:
    """`known` are the numbers it has; `answers` what it says to the next ones instead: a status, or bytes as they are.

    The status 0 hangs up without a word, -1 says nothing at all.
    """

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.answers: deque[int | bytes] = deque()
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.go_on = asyncio.Event()
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of one connection: enough HTTP for a POST of JSON."""
        with suppress(OSError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            pairs = (line.partition(":") for line in head[1:] if line)
            self.headers.append({name.lower(): value.strip() for name, _, value in pairs})
            question = json.loads(await reader.readexactly(int(self.headers[-1]["content-length"])))
            self.asked.append(question)
            said = self.answers.popleft() if self.answers else 200
            if said == -1:
                await self.go_on.wait()
            elif said != 0:
                status = said if isinstance(said, int) else 200
                body = (
                    said
                    if isinstance(said, bytes)
                    else json.dumps({"known": question["number"] in self.known}).encode()
                )
                head_of = f"HTTP/1.1 {status} said so\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
                writer.write(head_of.encode() + body)
                await writer.drain()
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def portal_server() -> AsyncIterator[PortalServer]:
    """The portal, in this loop, on a port of its own."""
    portal = PortalServer()
    server = await asyncio.start_server(portal.serve, "127.0.0.1", 0)
    portal.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/dossiers"
    try:
        yield portal
    finally:
        portal.go_on.set()
        server.close()
