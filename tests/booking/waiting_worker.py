"""One process among several: `python -m tests.booking.waiting_worker DATABASE [unlocked]`, one line of JSON to do.

The line is `{"cancel": [[reference, token], …], "book": [[start, who], …]}`, all of it at once in connections of their
own. Answers with how many bookings it got. `unlocked` takes the office's lock out, for the test of the test alone.
"""

import asyncio
import json
import sys
from datetime import datetime

from server.booking import service
from server.errors import Refusal
from server.journal import append
from server.notify import outbox
from tests.booking.small import person, wanted
from tests.databases import opened
from tests.race.without_lock import look_at_head


async def book(start: str, who: int) -> int:
    try:
        await service.book(wanted(datetime.fromisoformat(start)), person(who))
    except Refusal:
        return 0
    return 1


async def work(url: str, unlocked: bool) -> None:
    """Begin when the line comes."""
    async with opened(url, patience=60):  # many wait for one lock, and the machine may be busy
        outbox.opened(["email", "sms"], lambda: None)
        if unlocked:
            append.lock_head = look_at_head
        print("ready", flush=True)
        todo = json.loads(await asyncio.to_thread(sys.stdin.readline))
        done = await asyncio.gather(
            *(service.cancel(reference, token) for reference, token in todo["cancel"]),
            *(book(start, who) for start, who in todo["book"]),
            return_exceptions=unlocked,  # without the lock somebody meets an error, too
        )
        print(sum(each for each in done if isinstance(each, int)), flush=True)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], "unlocked" in sys.argv))
