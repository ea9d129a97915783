"""Several processes empty one outbox: each message goes out once; without the guard it does not."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from server import clock
from server.notify import outbox
from server.notify.letters import Letter
from server.notify.senders import EmailSender
from server.notify.service import AT_ONCE, Post
from tests.booking.small import open_small_office
from tests.databases import opened
from tests.notify.stand_ins import ADDRESS, MAIL_FROM, Mailbox, states, with_email
from tests.server.support import soon


@pytest.fixture
async def shared(postgres_url: str) -> AsyncIterator[str]:
    """A PostgreSQL with the small office in it, under the real clock: other processes have no other."""
    async with opened(postgres_url):
        await open_small_office(booking_days_ahead=30, reminder_hours=0)
        yield postgres_url


async def bookings(number: int) -> None:
    """So many people have booked and left an address; nobody has sent anything yet."""
    outbox.opened(["email"], lambda: None)
    for who in range(number):
        await with_email(8 + who % 4, who, days=2 + who // 4)


class Noting:
    """A sender that notes what it is handed."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()

    async def send(self, letter: Letter) -> None:
        self.sent[letter.id] += 1

    async def close(self) -> None:
        pass


UNGUARDED = """UPDATE outbox SET tries = tries + 1, due_at = {} WHERE id = {}
    AND CAST({} AS INTEGER) IS NOT NULL AND CAST({} AS TIMESTAMPTZ) IS NOT NULL RETURNING *"""


@pytest.mark.parametrize("guarded", [True, False])
async def test_two_that_see_the_same_messages_send_each_once(
    shared: str, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the same list before either claims. The claim's condition decides; without it both send."""
    await bookings(4)
    if not guarded:
        monkeypatch.setattr(outbox, "_TAKE", UNGUARDED)
    both, reads, read = asyncio.Barrier(2), iter((True, True)), outbox.rows

    async def together(kind: Any, query: Any) -> Any:
        found = await read(kind, query)
        if next(reads, False):
            await both.wait()
        return found

    monkeypatch.setattr(outbox, "rows", together)
    sender = Noting()
    await soon(asyncio.gather(*(Post({"email": sender}, ADDRESS).deliver_due() for _ in range(2))))
    assert len(sender.sent) == 4
    assert (max(sender.sent.values()) == 1) is guarded


async def worker(url: str, mailbox: Mailbox) -> asyncio.subprocess.Process:
    """Another process, ready to begin."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.notify.worker", url, mailbox.url,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await soon(process.stdout.readline()) == b"ready\n"
    return process


def begin(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")


async def test_two_processes_send_each_message_once(shared: str, mailbox: Mailbox) -> None:
    """Both are at it at the same time, and share the work: everybody gets one mail, nobody two."""
    await bookings(12)
    mailbox.moods.extend(["silent"] * 2 * AT_ONCE)
    processes = await asyncio.gather(worker(shared, mailbox), worker(shared, mailbox))
    for process in processes:
        begin(process)
    for _ in range(2 * AT_ONCE):  # one alone never has so many under way
        await soon(mailbox.asked.get())
    mailbox.go_on.set()
    assert [await soon(process.wait()) for process in processes] == [0, 0]
    sent = Counter(mail["Message-ID"] for mail in mailbox.letters)
    assert len(sent) == 12
    assert set(sent.values()) == {1}
    assert {state for _, state, _ in await states()} == {"sent"}


async def test_what_a_killed_process_was_sending_is_sent_by_another(
    shared: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle of a mail, it leaves a lease: nobody sends it before that ends, then somebody does."""
    await bookings(1)
    mailbox.moods.append("silent")
    process = await worker(shared, mailbox)
    begin(process)
    await soon(mailbox.asked.get())
    process.kill()
    await soon(process.wait())
    post = Post({"email": EmailSender(mailbox.url, MAIL_FROM)}, ADDRESS)
    await post.deliver_due()
    assert mailbox.letters == []
    later = clock.now() + outbox.LEASE + timedelta(seconds=1)
    monkeypatch.setattr("server.clock.now", lambda: later)
    await post.deliver_due()
    assert len(mailbox.letters) == 1
    assert await states() == [("confirmed", "sent", None)]
