"""A push service run as a real HTTP server, and the browser behind it, which reads what comes by another library."""

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import http_ece
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from server.notify.push import Subscription

HOSTS = ("127.0.0.1",)


def raw(text: str) -> bytes:
    """What base64url without padding stands for."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(content: bytes) -> str:
    """The other way."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


class Browser:
    """Somebody's browser: its keys, and what it could read."""

    def __init__(self, endpoint: str) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = bytes(range(16))
        point = self._private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.subscription = Subscription(endpoint, text_of(point), text_of(self._auth))

    @property
    def body(self) -> dict[str, str]:
        """What its page tells us."""
        its = self.subscription
        return {"endpoint": its.endpoint, "p256dh": its.p256dh, "auth": its.auth}

    def read(self, body: bytes) -> dict[str, Any]:
        """The message in a body that was pushed."""
        plain = http_ece.decrypt(body, private_key=self._private, auth_secret=self._auth, version="aes128gcm")
        found: dict[str, Any] = json.loads(plain)
        return found


class PushService:
    """What it was sent, and how it meets the next messages: a status, 0 to hang up, -1 to say nothing (201 untold)."""

    def __init__(self) -> None:
        self.answers: deque[int] = deque()
        self.retry_after = ""
        self.elsewhere = ""
        self.taken: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()
        self.url = ""

    def browser(self, name: str = "hoa") -> Browser:
        """One more browser that can be reached here."""
        return Browser(f"{self.url}/push/{name}")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of one connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        status = self.answers.popleft() if self.answers else 201
        self.headers.append(headers)
        self.paths.append(head[0].split(" ")[1])
        self.asked.set()
        if status == -1:
            await self.go_on.wait()
        if 200 <= status < 300:
            self.taken.append(body)
        if status > 0:
            more = f"retry-after: {self.retry_after}\r\n" if self.retry_after else ""
            more += f"location: {self.elsewhere}\r\n" if self.elsewhere else ""
            writer.write(f"HTTP/1.1 {status} so\r\n{more}content-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """A push service in this loop, on a port of its own."""
    service = PushService()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        service.go_on.set()
        server.close()


def claims_of(authorization: str) -> tuple[dict[str, Any], str]:
    """What a request says of its sender (RFC 8292), its signature checked, and with which key."""
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "vapid"
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = given["t"].split(".")
    assert json.loads(raw(head)) == {"typ": "JWT", "alg": "ES256"}
    both = raw(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(given["k"]))
    der = encode_dss_signature(int.from_bytes(both[:32], "big"), int.from_bytes(both[32:], "big"))
    key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    found: dict[str, Any] = json.loads(raw(claims))
    return found, given["k"]
