"""A coarse net against guessing and flooding where strangers write: per address, in this process's memory.

What must hold exactly (tries per booking, bookings per person) is counted in the database by the features themselves.
"""

import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar.connection import ASGIConnection

from server.errors import Refusal
from server.web import context

__all__ = ["Bucket", "guessing", "limited"]

PER_MINUTE = {"sign-in": 30, "book": 60, "access": 30, "rating": 60, "look-up": 120}
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
    """Refuse too-many where this address has asked too often."""
    if not _buckets[what].take(_address(connection), time.monotonic()):
        raise Refusal("too-many")


@contextmanager
def guessing(connection: ASGIConnection[Any, Any, Any, Any], what: str) -> Iterator[None]:
    """Count only what was refused inside: a whole hall behind one address may look up its own tickets all day.

    Refuses too-many where this address has guessed wrong too often.
    """
    bucket, address = _buckets[what], _address(connection)
    if not bucket.has(address, time.monotonic()):
        raise Refusal("too-many")
    try:
        yield
    except Refusal:
        bucket.take(address, time.monotonic())
        raise


def _address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Who asks; behind a proxy it is the proxy's word that counts."""
    address = connection.client.host if connection.client else "?"
    if context.settings_of(connection).trust_proxy:
        return connection.headers.get("x-forwarded-for", address).split(",")[-1].strip()
    return address
