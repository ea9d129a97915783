"""The server's own key, from which follow tokens, manage tokens and stored answers take theirs.

From MOTCUA_SECRET_KEY where it is set; otherwise made once and kept in the database, so that all processes share it.
"""

import os
import secrets

import msgspec

from server.db import row
from server.people.tables import ServerSecret

__all__ = ["forget_server_key", "server_key"]

_NAME = "key"
_known: list[bytes] = []


class _Value(msgspec.Struct, frozen=True):
    value: str


async def server_key() -> bytes:
    """The key, 32 bytes or more; the first call of a process may read or make it in the database."""
    if not _known:
        _known.append(await _load())
    return _known[0]


def forget_server_key() -> None:
    """Have the next call read the key again: for a process that turns to another database."""
    _known.clear()


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
