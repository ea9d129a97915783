"""What web push is made of: encrypted for one browser (RFC 8291) and signed as ours (RFC 8292). No network here."""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from server.settings import LOOPBACK

__all__ = ["Subscription", "encrypted", "is_allowed", "is_well_formed", "new_key", "public_key", "signed"]

CURVE = ec.SECP256R1()
RECORD = 4096
"""One record holds it all; push services take no more anyway."""
VALID = timedelta(hours=12)


class Subscription(Struct, frozen=True):
    """Where a browser can be reached, as it said itself; `p256dh` and `auth` are base64url."""

    endpoint: str
    p256dh: str
    auth: str


def is_allowed(endpoint: str, hosts: Sequence[str]) -> bool:
    """Whether an address that a stranger sent is one of the push services we know: by https, at its usual port.

    A host `*.example` stands for all below example. A loopback address must be among the hosts itself, and may then be
    plain http at any port.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if not endpoint.isascii() or not endpoint.isprintable() or set(endpoint) & {" ", "\\"}:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if host in LOOPBACK:
        return host in hosts and parts.scheme in ("http", "https")
    known = any(host.endswith(name[1:]) if name.startswith("*.") else host == name for name in hosts)
    return known and parts.scheme == "https" and port in (None, 443)


def is_well_formed(subscription: Subscription) -> bool:
    """Whether its keys are ones that something can be encrypted for."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(subscription.p256dh))
        return len(_bytes(subscription.p256dh)) == 65 and len(_bytes(subscription.auth)) == 16
    except ValueError:
        return False


def new_key() -> str:
    """A new key to sign with: its private number, base64url."""
    private = ec.generate_private_key(CURVE)
    return _text(private.private_numbers().private_value.to_bytes(32, "big"))


def public_key(key: str) -> str:
    """What browsers are told of a key, base64url. Raises ValueError for what is no key."""
    return _text(_point(_private(key).public_key()))


def signed(endpoint: str, key: str, contact: str, now: datetime) -> str:
    """The Authorization header that tells a push service who sends (RFC 8292). `contact` is a mailto: or https: URI."""
    parts, private = urlsplit(endpoint), _private(key)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + VALID).timestamp()), "sub": contact}
    head = _text(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
    token = f"{head}.{_text(json.dumps(claims).encode())}"
    r, s = decode_dss_signature(private.sign(token.encode(), ec.ECDSA(hashes.SHA256())))
    signature = _text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={token}.{signature}, k={_text(_point(private.public_key()))}"


def encrypted(
    content: bytes,
    subscription: Subscription,
    salt: bytes | None = None,
    private: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """A body that this browser alone can read (RFC 8291). Salt and key are new each time; only a test gives them."""
    salt = salt or os.urandom(16)
    private = private or ec.generate_private_key(CURVE)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(subscription.p256dh))
    ours = _point(private.public_key())
    shared = private.exchange(ec.ECDH(), theirs)
    secret = _derived(shared, _bytes(subscription.auth), b"WebPush: info\0" + _point(theirs) + ours, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(key).encrypt(nonce, content + b"\x02", None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _private(key: str) -> ec.EllipticCurvePrivateKey:
    raw = _bytes(key)
    if len(raw) != 32:
        raise ValueError("a push key is 32 bytes, base64url")
    return ec.derive_private_key(int.from_bytes(raw, "big"), CURVE)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
