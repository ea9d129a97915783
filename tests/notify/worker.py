"""One process that empties the outbox: `python -m tests.notify.worker DATABASE SMTP_URL`, on a line from its input."""

import asyncio
import sys

from server.notify.senders import EmailSender
from server.notify.service import Post
from tests.databases import opened
from tests.notify.stand_ins import ADDRESS, MAIL_FROM


async def work(url: str, smtp_url: str) -> None:
    """Send what is due, once."""
    async with opened(url):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await Post({"email": EmailSender(smtp_url, MAIL_FROM)}, ADDRESS).deliver_due()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
