"""One process among several: `python -m tests.booking.waiting_worker DATABASE [unlocked]`, one line of JSON to do.

The line is `{"cancel": [[reference, token], …], "book": [[start, who], …]}`, all of it at once in connections of their
own. Answers with how many bookings it got. `unlocked` takes the office's lock out, for the test of the test alone.
"""

import asyncio
import json
import sys
from datetime import datetime

from server.booking import service
from server.db import open_database, row
from server.errors import Refusal
from server.journal import append
from server.journal.tables import Journal
from server.notify import outbox
from server.tables import all_tables
from tests.booking.small import person, wanted


async def look_at_head(office: str) -> append.Head:
    """What `append.lock_head` returns, without a lock."""
    query = Journal.select(Journal.seq, Journal.hash, Journal.day, Journal.day_seq).where(Journal.office == office)
    found = await row(append.Head, query)
    assert found is not None
    return found


async def book(start: str, who: int) -> int:
    try:
        await service.book(wanted(datetime.fromisoformat(start)), person(who))
    except Refusal:
        return 0
    return 1


async def work(url: str, unlocked: bool) -> None:
    """Begin when the line comes."""
    database = open_database(url)
    await database.start()
    database.bind(*all_tables())
    outbox.opened(["email", "sms"], lambda: None)
    if unlocked:
        append.lock_head = look_at_head
    print("ready", flush=True)
    todo = json.loads(await asyncio.to_thread(sys.stdin.readline))
    done = await asyncio.gather(
        *(service.cancel(reference, token) for reference, token in todo["cancel"]),
        *(book(start, who) for start, who in todo["book"]),
        return_exceptions=True,
    )
    print(sum(each for each in done if isinstance(each, int)), flush=True)
    await database.stop()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], "unlocked" in sys.argv))
