"""Somebody else's HTTP service, played by a test: it knows its requests, answers as its class says, or as it is told.

One request a connection, which is all that is asked of such services here. What no web framework does on purpose it can
do: hang up without a word, or say nothing at all.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

__all__ = ["Answer", "HttpService", "Mishap", "Request", "Response"]


class Mishap(Enum):
    """What can come instead of an answer; silence lasts until somebody hangs up."""

    HANGS_UP = "hangs up"
    SAYS_NOTHING = "says nothing"


@dataclass(frozen=True)
class Request:
    """What was asked. The names of its headers are in small letters; the path is without the query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """What is answered."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = int | Response | Mishap
"""A number is a response of that status without a word."""


class HttpService(ABC):
    """`answers` is what it says to the next requests instead of what `answer` would."""

    PATH = ""
    """Where under its address it is to be asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: deque[Answer] = deque()
        self.url = ""
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def headers(self) -> list[Mapping[str, str]]:
        """Those of each request so far."""
        return [request.headers for request in self.requests]

    @abstractmethod
    def answer(self, request: Request) -> Answer:
        """What it says when all is well."""

    def hang_up(self) -> None:
        """End what it says nothing to."""
        for writer in self._open:
            writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Listen in this loop, on a port of its own."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{self.PATH}"
        try:
            yield self
        finally:
            server.close()
            self.hang_up()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(OSError, EOFError):  # whoever asked has gone
                request = await _read(reader)
                self.requests.append(request)
                answer = self.answers.popleft() if self.answers else self.answer(request)
                if answer is Mishap.SAYS_NOTHING:
                    await reader.read()
                elif answer is not Mishap.HANGS_UP:
                    writer.write(_written(answer if isinstance(answer, Response) else Response(answer)))
                    await writer.drain()
        finally:
            self._open.discard(writer)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target.partition("?")[0], headers, body)


def _written(response: Response) -> bytes:
    headers = {**response.headers, "content-length": len(response.body), "connection": "close"}
    lines = [f"HTTP/1.1 {response.status} said so", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + response.body
