"""The server's own key, from which follow tokens, manage tokens and stored answers take theirs.

From MOTCUA_SECRET_KEY where it is set; otherwise made once and kept in the database, so that all processes share it.
"""

import os
import secrets

import msgspec

from server.db import PerDatabase, row
from server.people.tables import ServerSecret

__all__ = ["server_key"]

_NAME = "key"
_known: PerDatabase[list[bytes]] = PerDatabase(list)


class _Value(msgspec.Struct, frozen=True):
    value: str


async def server_key() -> bytes:
    """The key, 32 bytes or more; the first call of a process may read or make it in the database."""
    known = _known.here()
    if not known:
        known.append(await _load())
    return known[0]


async def _load() -> bytes:
    given = os.environ.get("MOTCUA_SECRET_KEY")
    if given:
        return given.encode()
    await ServerSecret.raw(
        "INSERT INTO server_secret (name, value) VALUES ({}, {}) ON CONFLICT DO NOTHING", _NAME, secrets.token_hex(32)
    )
    kept = await row(_Value, ServerSecret.select(ServerSecret.value).where(ServerSecret.name == _NAME))
    if kept is None:
        raise AssertionError("the server's key was just written and is gone")
    return kept.value.encode()
