"""How many tickets and calls a second, over HTTP, beside the same transactions done bare."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.bench.bare import Bare, Write, open_bare, written
from tests.bench.hall import COUNTERS, Hall
from tests.bench.table import Row, Section, ms, per_second, quantile

__all__ = ["measure", "under_load"]

TICKETS = 120
"""So many per figure: the hall is never fuller than a very bad morning."""
TURNS = 300

Act = Callable[[int], Awaitable[object]]


async def rate(act: Act, clients: int, count: int) -> float:
    """How many a second so many clients manage, each one after the other."""
    left = iter(range(count))

    async def one(client: int) -> None:
        for _ in left:
            await act(client)

    start = time.perf_counter()
    await asyncio.gather(*(one(client) for client in range(clients)))
    return count / (time.perf_counter() - start)


async def measure(hall: Hall) -> Section:
    """Tickets and visits, with one client and with eight. The office cannot go on afterwards (see `Bare.rate`)."""
    await hall.empty()
    bare = await open_bare(hall.url)
    try:
        issue, visit = await _writes_of(hall, bare)
        ours = {
            clients: (await rate(hall.issue, clients, TICKETS), await rate(hall.serve, clients, TICKETS))
            for clients in (1, COUNTERS)
        }
        bare_issue, bare_visit = await bare.rate([issue], TURNS), await bare.rate(visit, TURNS // 2)
    finally:
        await bare.close()
    rows: list[Row] = []
    for clients, (tickets, visits) in ours.items():
        name = "1 client" if clients == 1 else f"{clients} clients"
        rows += [
            _row(f"Tickets, {name}", tickets, bare.name, bare_issue),
            _row(f"Calls, each with its start and finish, {name}", visits, bare.name, bare_visit),
        ]
    engine = "SQLite (WAL, synchronous = FULL)" if bare.name == "sqlite3" else "PostgreSQL (as installed, fsync on)"
    about = (
        f"All in one office, so one after the other under its lock, on {engine}. Beside it: the same rows written by "
        f"`{bare.name}` alone, one connection, without reading, deciding or answering anything. Server, clients and "
        "the forecasts that each change sets off share one machine."
    )
    return Section(f"Commands a second, {engine.partition(' ')[0]}", about, rows)


async def under_load(hall: Hall) -> Section:
    """How long one ticket and one call take while all kiosks and all desks are at it."""
    alone = [await _timed(hall.issue, 0) for _ in range(40)]
    alone_next = [await _timed_next(hall, 0) for _ in range(40)]
    for _ in range(COUNTERS):
        await hall.issue()
    issued: list[float] = []
    called: list[float] = []

    async def kiosk(client: int) -> None:
        issued.extend([await _timed(hall.issue, client) for _ in range(20)])

    async def desk(client: int) -> None:
        called.extend([await _timed_next(hall, client) for _ in range(20)])

    await asyncio.gather(*(kiosk(n) for n in range(COUNTERS)), *(desk(n) for n in range(COUNTERS)))
    rows = []
    for what, one, all_at_once in (("A ticket", alone, issued), ("Next", alone_next, called)):
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            busy, idle = quantile(all_at_once, share), quantile(one, share)
            rows.append(Row(f"{what}, {name}", ms(busy), f"{ms(idle)} alone", f"{busy / idle:.1f}×"))
    about = (
        "Eight kiosks and eight desks without a pause between two commands, beside one client alone: far more than "
        "people can do. What grows is the wait for the office's lock."
    )
    return Section("One command while everybody is at it", about, rows)


async def _timed(act: Act, client: int) -> float:
    start = time.perf_counter()
    await act(client)
    return time.perf_counter() - start


async def _timed_next(hall: Hall, client: int) -> float:
    start = time.perf_counter()
    ticket = await hall.call(client)
    taken = time.perf_counter() - start
    if ticket:  # now and then desks are quicker than kiosks
        await hall.verb(client, ticket, "start")
        await hall.verb(client, ticket, "finish")
    return taken


async def _writes_of(hall: Hall, bare: Bare) -> tuple[list[Write], list[list[Write]]]:
    """What a ticket writes, and what each of a visit's three commands; not the day's first ones, which write more."""
    for _ in range(5):
        await hall.issue()
    await hall.serve()
    found: list[list[Write]] = []
    before = await bare.snapshot()

    async def look() -> None:
        nonlocal before
        after = await bare.snapshot()
        found.append(written(before, after))
        before = after

    await hall.issue()
    await look()
    ticket = await hall.call()
    await look()
    for verb in ("start", "finish"):
        await hall.verb(0, ticket, verb)
        await look()
    assert all(found), "a command wrote nothing"
    return found[0], found[1:]


def _row(what: str, ours: float, driver: str, bare: float) -> Row:
    return Row(what, per_second(ours), f"{per_second(bare)} bare {driver}", f"1 : {bare / ours:.0f}")
