"""A coarse net against guessing and flooding where strangers write: per network, in this process's memory.

It only keeps one place from wearing a process out. A family, a village behind one router or a whole mobile network may
share an address, so nothing that a person does in earnest comes near these figures. What must hold exactly (tries per
booking, bookings per person and telephone, times held per network) is counted in the database by the features.
"""

import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from litestar.connection import ASGIConnection

from server.errors import Refusal
from server.web import context

__all__ = ["Bucket", "guessing", "limited", "network", "network_of"]

PER_MINUTE = {
    "sign-in": 30,
    "book": 600,
    "access": 30,
    "rating": 60,
    "look-up": 120,
    "home": 30,
    "arrive": 30,
    "dossier": 30,
}
REMEMBERED = 10_000


class Bucket:
    """Tokens that refill evenly: so many at once, so many a minute."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def has(self, key: str, instant: float) -> bool:
        """Whether there is one to take."""
        left, since = self._left.get(key, (float(self.per_minute), instant))
        return left + (instant - since) * self.per_minute / 60 >= 1

    def take(self, key: str, instant: float) -> bool:
        """Take one; False where none is left. `instant` is monotonic seconds."""
        left, since = self._left.pop(key, (float(self.per_minute), instant))
        left = min(float(self.per_minute), left + (instant - since) * self.per_minute / 60)
        allowed = left >= 1
        self._left[key] = (left - 1 if allowed else left, instant)
        while len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return allowed


_buckets = {name: Bucket(rate) for name, rate in PER_MINUTE.items()}


def limited(connection: ASGIConnection[Any, Any, Any, Any], what: str) -> None:
    """Refuse too-many where this network has asked too often."""
    if not _buckets[what].take(network_of(connection), time.monotonic()):
        raise Refusal("too-many")


@contextmanager
def guessing(connection: ASGIConnection[Any, Any, Any, Any], what: str) -> Iterator[None]:
    """Count only what was refused inside: a whole hall behind one address may look up its own tickets all day.

    Refuses too-many where this network has guessed wrong too often.
    """
    bucket, here = _buckets[what], network_of(connection)
    if not bucket.has(here, time.monotonic()):
        raise Refusal("too-many")
    try:
        yield
    except Refusal:
        bucket.take(here, time.monotonic())
        raise


def network_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Where somebody asks from: the IPv4 address, or the /64 of an IPv6 one, of which one household has all.

    Behind a proxy it is the proxy's word that counts.
    """
    address = connection.client.host if connection.client else "?"
    if context.settings_of(connection).trust_proxy:
        address = connection.headers.get("x-forwarded-for", address).split(",")[-1].strip()
    return network(address)


def network(address: str) -> str:
    """The network of an address; what is no address stands for itself."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
    return str(found)
