"""Any day there may be: random verbs by desks, kiosks, phones and tablets, over midnight and over the week-end."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from server.people import service as people
from tests.server.any_day import AnyDay, World
from tests.server.support import Clock, house_of


@pytest.fixture
def world(furnished_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A server on each engine whose sessions outlive all the days that are made up."""
    monkeypatch.setattr(people, "SESSION_LENGTH", people.PAGE_SESSION_LENGTH)
    with asyncio.Runner() as runner:
        entered = house_of(furnished_url)
        house = runner.run(entered.__aenter__())
        try:
            world = World(runner, house, clock)
            runner.run(world.enter())
            yield world
        finally:
            runner.run(entered.__aexit__(None, None, None))


def test_any_day_can_be_told_and_replayed(world: World) -> None:
    """Whatever people do, a wall that applies the events shows the fresh board, and the journal replays the tables."""

    class Here(AnyDay):
        pass

    Here.world = world
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=int(os.environ.get("TEST_DAYS", "10")),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        ),
    )
