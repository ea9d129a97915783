"""`kill -9` of a server in the middle of the race, and a restart: everything acknowledged is there, once."""

import asyncio
from contextlib import ExitStack

from server.journal.replay import first_bad
from server.queue.tables import Ticket
from tests.conftest import run_apart
from tests.race.hall import KIOSKS, OFFICE, TOUCHES, Race, open_office
from tests.race.test_race import place
from tests.server.support import house_of, served, soon

__all__ = ["place"]


async def test_what_was_acknowledged_survives_kill_9(place: tuple[str, int]) -> None:
    """Clients repeat their commands under the same keys; each touch has made one ticket, each call is one call."""
    url, processes = place
    kiosks = run_apart(open_office(url))
    with ExitStack() as stack:
        servers = [stack.enter_context(served(url)) for _ in range(processes)]
        race = Race([server.url for server in servers], kiosks, patient=True)
        running = asyncio.create_task(race.run())
        await soon(race.moved_on(60), 120)
        race.back.clear()
        servers[0].kill()
        port = int(race.servers[0].rpartition(":")[2])
        stack.enter_context(await asyncio.to_thread(lambda: served(url, port=port)))
        race.back.set()
        await soon(running, 120)
    assert race.wrong() == []
    async with house_of(url):
        stored = await Ticket.select(Ticket.id, Ticket.state)
        assert {row["id"] for row in stored} == {ticket["id"] for ticket in race.issued}
        assert [row["state"] for row in stored] == ["served"] * (KIOSKS * TOUCHES)
        assert await first_bad(OFFICE) is None
