"""A push service run as a real HTTP server, and the browser behind it, which reads what comes by another library."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import http_ece
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from server.notify.push import Subscription
from tests.stand_ins.http import HttpService, Request

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


class PushService(HttpService):
    """It takes whatever it is sent. `taken` are the bodies it took."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[bytes] = []

    def browser(self, name: str = "hoa") -> Browser:
        """One more browser that can be reached here."""
        return Browser(f"{self.url}/push/{name}")

    def answer(self, request: Request) -> int:
        """201, as RFC 8030 has it."""
        self.taken.append(request.body)
        return 201


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
