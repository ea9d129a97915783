"""The server under test, shared by the tests of the whole of it."""

from tests.server.fixtures import *  # noqa: F403
