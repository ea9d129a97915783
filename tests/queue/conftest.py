"""The queue under test: use cases called in process, on both engines, under a turned clock."""

import pytest

pytest.register_assert_rewrite("tests.server.support", "tests.queue.office")

from tests.server.fixtures import clock  # noqa: E402, F401
