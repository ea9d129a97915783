"""From the officer's press to the frame on every wall, with 1, 50 and 1,000 screens.

`python -m tests.bench.walls ADDRESS OFFICE COUNT` is the hall's screens: a process of its own, which says `ready` and
then, for every call, a line with the instants (of the machine's monotonic clock) at which its screens had it.
"""

import asyncio
import json
import sys
import time

from websockets.asyncio.client import connect

from tests.bench.hall import Hall
from tests.bench.table import Row, Section, ms, quantile
from tests.programs import OFFICE

__all__ = ["measure"]

SCREENS = {1: 40, 50: 20, 1000: 8}
"""Screens, and how many calls are measured with so many."""
AT_ONCE = 20


async def measure(hall: Hall) -> Section:
    """The rows for each number of screens."""
    rows: list[Row] = []
    await hall.empty()
    for screens, calls in SCREENS.items():
        answers, arrivals = await _calls(hall, screens, calls)
        answer = quantile(answers, 0.5)
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            taken = quantile(arrivals, share)
            beside = f"{ms(answer)} until the desk's answer"
            what = "1 screen" if screens == 1 else f"{screens:,} screens"
            rows.append(Row(f"{what}, {name}", ms(taken), beside, f"{taken / answer:.1f}×"))
    about = (
        "From the moment before the desk's `POST /api/desk/next` is sent to the moment the frame has been read from a "
        "screen's WebSocket; over all screens and calls. The screens are one process on the same machine, compressing "
        "as browsers do, so with 1,000 most of the time is their own."
    )
    return Section("Call → wall", about, rows)


async def _calls(hall: Hall, screens: int, calls: int) -> tuple[list[float], list[float]]:
    """Seconds until the desk had its answer, and until each screen had the call."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.walls", hall.address, OFFICE, str(screens),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24,
    )  # fmt: skip
    assert process.stdout
    answers: list[float] = []
    arrivals: list[float] = []
    try:
        assert await process.stdout.readline() == b"ready\n"
        for _ in range(calls):
            await hall.issue()
            start = time.monotonic()
            ticket = await hall.call()
            answers.append(time.monotonic() - start)
            arrivals += [at - start for at in json.loads(await process.stdout.readline())]
            await hall.verb(0, ticket, "start")
            await hall.verb(0, ticket, "finish")
    finally:
        process.terminate()
        await process.wait()
    return answers, arrivals


async def _screens(address: str, office: str, count: int) -> None:
    feed = f"ws{address.removeprefix('http')}/ws/offices/{office}/feed"
    gate = asyncio.Semaphore(AT_ONCE)
    opened = 0
    calls: dict[int, list[float]] = {}

    async def screen() -> None:
        nonlocal opened
        async with gate:
            connection = await connect(feed, proxy=None, ping_interval=None, open_timeout=None)
            await connection.recv()  # the first heartbeat: it is being served
        opened += 1
        if opened == count:
            print("ready", flush=True)
        async for text in connection:
            if '"ticket.called"' in str(text):
                instants = calls.setdefault(json.loads(text)["seq"], [])
                instants.append(time.monotonic())
                if len(instants) == count:
                    print(json.dumps(instants), flush=True)

    await asyncio.gather(*(screen() for _ in range(count)))


if __name__ == "__main__":
    asyncio.run(_screens(sys.argv[1], sys.argv[2], int(sys.argv[3])))
