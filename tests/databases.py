"""A test's database opened for a while, and the people in it let in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher

from server.db import Database, open_database
from server.db.core import PATIENCE
from server.people.tables import Officer
from server.tables import all_tables

__all__ = ["give_everybody", "opened"]


@asynccontextmanager
async def opened(url: str, *, migrated: bool = False, patience: float = PATIENCE) -> AsyncIterator[Database]:
    """The database, started, with all tables bound to it; `migrated` makes them first."""
    database = open_database(url, patience=patience)
    await database.start()
    try:
        database.bind(*all_tables())
        if migrated:
            await database.migrate()
        yield database
    finally:
        await database.stop()


async def give_everybody(password: str) -> None:
    """Let all officers sign in with it. Hashed cheaply: tests sign in often."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
    await Officer.update({Officer.password_hash: cheap}, force=True)
