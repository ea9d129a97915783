"""One process that empties the outbox: `python -m tests.notify.worker DATABASE SMTP_URL`, on a line from its input."""

import asyncio
import sys

from server.db import open_database
from server.notify.senders import EmailSender
from server.notify.service import Post
from server.tables import all_tables
from tests.notify.stand_ins import ADDRESS, MAIL_FROM


async def work(url: str, smtp_url: str) -> None:
    """Send what is due, once."""
    database = open_database(url)
    await database.start()
    database.bind(*all_tables())
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await Post({"email": EmailSender(smtp_url, MAIL_FROM)}, ADDRESS).deliver_due()
    await database.stop()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
