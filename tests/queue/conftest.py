"""The queue under test: use cases called in process, on both engines, under a turned clock."""

from tests.server.fixtures import clock  # noqa: F401
