"""The queue under test: use cases called in process, on both engines, under a turned clock."""

from collections.abc import AsyncIterator

import pytest

from server.db import Database
from server.queue.forecasting import Forecaster
from tests.server.fixtures import clock  # noqa: F401


@pytest.fixture
async def forecaster(database: Database) -> AsyncIterator[Forecaster]:
    """A process's forecaster, whose news nobody hears."""
    made = Forecaster(lambda *_: None)
    yield made
    await made.close()
