"""A coarse net against guessing and flooding where strangers write: per address, in this process's memory.

What must hold exactly (tries per booking, bookings per person) is counted in the database by the features themselves.
"""

import time
from collections import OrderedDict
from typing import Any

from litestar.connection import ASGIConnection

from server.errors import Refusal
from server.web import context

__all__ = ["Bucket", "limited"]

PER_MINUTE = {"sign-in": 30, "book": 60, "access": 30, "rating": 60, "look-up": 120}
REMEMBERED = 10_000


class Bucket:
    """Tokens that refill evenly: so many at once, so many a minute."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

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
    """Refuse too-many where this address has asked too often. Behind a proxy it is the proxy's word that counts."""
    address = connection.client.host if connection.client else "?"
    if context.settings_of(connection).trust_proxy:
        address = connection.headers.get("x-forwarded-for", address).split(",")[-1].strip()
    if not _buckets[what].take(address, time.monotonic()):
        raise Refusal("too-many")
