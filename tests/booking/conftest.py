"""Booking under test: the server on both engines under a turned clock, and a small office one can count."""

import pytest

pytest.register_assert_rewrite("tests.server.support", "tests.booking.small")

from tests.server.fixtures import *  # noqa: E402, F403
