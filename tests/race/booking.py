"""People who book at the small office over HTTP, all at once, against one or several servers."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta

import httpx

from tests.booking.small import BIRTH, COPY, OFFICE, open_small_office, time
from tests.databases import opened
from tests.server.support import Json, served, soon

QUARTER = timedelta(minutes=15)
BEHIND_A_PROXY = {"MOTCUA_TRUST_PROXY": "true"}
"""So that everybody comes from an address of their own, as people do."""


async def open_office(url: str, **settings: object) -> None:
    """Write the small office into an empty database."""
    async with opened(url, migrated=True):
        await open_small_office(**settings)  # type: ignore[arg-type]


class Crowd:
    """Everybody, and what went wrong on the way to the servers. Whoever comes is another person, at another server."""

    def __init__(self, clients: Sequence[httpx.AsyncClient]) -> None:
        self._clients = itertools.cycle(clients)
        self._numbers = itertools.count(1)
        self.broken: list[str] = []

    def person(self) -> Json:
        """Somebody new."""
        return {"name": "Nguyễn Thị Hoà", "phone": f"09{next(self._numbers):08}"}

    async def ask(
        self, method: str, path: str, body: object = None, *, token: str | None = None, key: str | None = None
    ) -> httpx.Response:
        """One command, at the next server, under a key of its own if none is given."""
        number = next(self._numbers)
        headers = {
            "Idempotency-Key": key or f"race-{number}",
            "X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = await next(self._clients).request(method, path, json=body, headers=headers)
        if answer.status_code >= 500:
            self.broken.append(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    async def book(
        self, start: datetime, who: Json, procedures: Sequence[str] = (COPY,), *, key: str | None = None, **more: object
    ) -> httpx.Response:
        """Press *book*."""
        body = {"office": OFFICE, "procedures": procedures, "start": start.isoformat(), "citizen": who, **more}
        return await self.ask("POST", "/api/appointments", body, key=key)


def rushed(
    url: str,
    processes: int,
    act: Callable[[Crowd], Awaitable[None]],
    program: Sequence[str] = ("-m", "server.cli"),
) -> Awaitable[list[str]]:
    """Let people act at so many servers, to the end; answers the failures of servers there were."""

    async def run() -> list[str]:
        with ExitStack() as stack:
            servers = [stack.enter_context(served(url, program=program, **BEHIND_A_PROXY)) for _ in range(processes)]
            clients = [
                httpx.AsyncClient(base_url=server.url, timeout=120, limits=httpx.Limits(max_connections=None))
                for server in servers
            ]
            crowd = Crowd(clients)
            try:
                await soon(act(crowd), 240)
            finally:
                for client in clients:
                    await client.aclose()
        return crowd.broken

    return run()


async def one_person(crowd: Crowd, chance: random.Random, steps: int, days: Collection[int]) -> None:
    """Book, confirm, move and give up, over and over, one after the other; the second of the days for line A alone."""
    kept: list[Json] = []
    mixed, plain = days
    for _ in range(steps):
        verb = chance.choice(["book"] * 5 + ["confirm"] * 2 + ["move"] * 3 + ["cancel"])
        if verb == "book" or not kept:
            alone = chance.random() < 0.4
            procedures = [COPY] if alone else chance.choice([[COPY], [BIRTH], [COPY, BIRTH]])
            more = {} if alone else chance.choice([{}, {}, {"officer": "binh"}, {"purpose": "collect"}])
            start = _some_start(chance, plain if alone else mixed)
            answer = await crowd.book(start, crowd.person(), procedures, **more)
            if answer.status_code == 201:
                kept.append({**answer.json(), "day": plain if alone else mixed})
            continue
        mine = chance.choice(kept)
        path, token = f"/api/appointments/{mine['reference']}", mine["manageToken"]
        if verb == "confirm":
            answer = await crowd.ask("POST", f"{path}/confirm", token=token)
        elif verb == "move":
            start = _some_start(chance, mine["day"])
            answer = await crowd.ask("PATCH", path, {"start": start.isoformat()}, token=token)
        else:
            answer = await crowd.ask("DELETE", path, token=token)
            kept.remove(mine)
        assert answer.status_code in (200, 204, 409), answer.text


def _some_start(chance: random.Random, day: int) -> datetime:
    return time(8, days=day) + chance.randrange(12) * QUARTER


async def all_at_once(work: Sequence[Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """What everybody is answered."""
    return list(await asyncio.gather(*work))
