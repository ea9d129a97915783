"""One office's day, by HTTP and WebSockets alone, on both engines."""

from server.journal.replay import first_bad
from tests.scenarios.day import Day
from tests.server.support import OFFICE, Clock, House


async def test_one_office_lives_through_a_day(live_house: House, clock: Clock) -> None:
    """Look up, book, check in, take a number, call, recall, serve, miss, come back, rate, cancel: all of it works."""
    await Day(live_house, clock).play()
    assert await first_bad(OFFICE) is None
