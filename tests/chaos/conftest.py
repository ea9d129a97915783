"""The server under test, shared by the tests of the whole of it."""

import pytest

pytest.register_assert_rewrite("tests.server.support", "tests.scenarios.day")

from tests.server.fixtures import *  # noqa: E402, F403
