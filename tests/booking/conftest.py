"""Booking under test: the server on both engines under a turned clock, and a small office one can count."""

from tests.server.fixtures import *  # noqa: F403
