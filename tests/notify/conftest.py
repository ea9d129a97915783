"""Messages under test: the small office on both engines under a turned clock, a real mail server, a real gateway."""

from collections.abc import AsyncIterator

import pytest

from server.db import Database
from tests.booking.small import open_small_office
from tests.notify.stand_ins import Gateway, Mailbox, mailbox_of
from tests.server.fixtures import *  # noqa: F403
from tests.server.support import Clock


@pytest.fixture
async def office(database: Database, clock: Clock) -> Database:
    """The small office in an otherwise empty database, on each engine."""
    await open_small_office()
    return database


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server on a port of its own, that may be told to misbehave."""
    async with mailbox_of() as mailbox:
        yield mailbox


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A message gateway on a port of its own, that may be told to misbehave."""
    async with Gateway().running() as gateway:
        yield gateway
