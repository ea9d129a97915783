"""The server's own keys: the one from which follow tokens, manage tokens and stored answers take theirs, and others.

From the environment where they are set; otherwise made once and kept in the database, so that all processes share them.
"""

import os
import secrets
from collections.abc import Callable

import msgspec

from server.db import PerDatabase, row
from server.people.tables import ServerSecret

__all__ = ["kept_secret", "server_key"]

_known: PerDatabase[dict[str, str]] = PerDatabase(dict)


class _Value(msgspec.Struct, frozen=True):
    value: str


async def server_key() -> bytes:
    """The key, 32 bytes or more; the first call of a process may read or make it in the database."""
    return (await kept_secret("key", "MOTCUA_SECRET_KEY", lambda: secrets.token_hex(32))).encode()


async def kept_secret(name: str, variable: str, make: Callable[[], str]) -> str:
    """The secret of that name: the environment's, or the one made (by `make`) by whichever process asked first."""
    known = _known.here()
    if name not in known:
        known[name] = os.environ.get(variable) or await _load(name, make)
    return known[name]


async def _load(name: str, make: Callable[[], str]) -> str:
    await ServerSecret.raw(
        "INSERT INTO server_secret (name, value) VALUES ({}, {}) ON CONFLICT DO NOTHING", name, make()
    )
    kept = await row(_Value, ServerSecret.select(ServerSecret.value).where(ServerSecret.name == name))
    if kept is None:
        raise AssertionError("a key was just written and is gone")
    return kept.value
