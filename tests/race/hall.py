"""Eight kiosks and eight desks at one office, as fast as they can, against one or several servers."""

import asyncio
import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from server.catalogue.pack import load
from server.people import service as people
from tests.databases import give_everybody, opened
from tests.server.support import PASSWORD, Json

OFFICE = "dua"
KIOSKS = DESKS = 8
TOUCHES = 8
"""How many numbers are taken at each kiosk."""


async def open_office(url: str) -> list[str]:
    """Load the office into an empty database; returns the tokens of its kiosks."""
    async with opened(url, migrated=True):
        await load(Path(__file__).parent / "pack")
        await give_everybody(PASSWORD)
        return [(await people.add_device(OFFICE, "kiosk", f"kiosk {n}", None))[1] for n in range(KIOSKS)]


class Race:
    """What everybody was told. `servers` are addresses; patient clients whom nobody answers ask again once `back`."""

    def __init__(self, servers: list[str], kiosks: list[str], *, patient: bool = False) -> None:
        self.servers = servers
        self.kiosks = kiosks
        self.patient = patient
        self.issued: list[Json] = []
        self.called: list[Json] = []
        self.finished: list[str] = []
        self.errors: list[str] = []
        self.answers = 0
        self.back = asyncio.Event()
        self.back.set()
        self._news = asyncio.Event()
        self._kiosks_left = KIOSKS
        self._keys = itertools.count()

    async def run(self) -> None:
        """Until every number taken has been called and served, or somebody met an error."""
        async with asyncio.TaskGroup() as hall:
            for place, token in enumerate(self.kiosks):
                hall.create_task(self._kiosk(place, token))
            for place in range(DESKS):
                hall.create_task(self._desk(place))

    async def moved_on(self, answers: int) -> None:
        """Wait until so many commands have been answered."""
        while self.answers < answers and not self.errors:
            await self._news.wait()

    def wrong(self) -> list[str]:
        """Everything that must never be, as sentences."""
        found = list(self.errors)
        for line in ("A", "H"):
            numbers = sorted(int(ticket["number"][1:]) for ticket in self.issued if ticket["line"] == line)
            if numbers != list(range(1, len(numbers) + 1)):
                found.append(f"{line}: {numbers}")
        found += [f"{ticket} called {n} times" for ticket, n in self._times(self.called).items() if n > 1]
        if len(self.issued) != KIOSKS * TOUCHES:
            found.append(f"{len(self.issued)} tickets of {KIOSKS * TOUCHES}")
        if {ticket["id"] for ticket in self.called} != {ticket["id"] for ticket in self.issued}:
            found.append(f"{len(self.called)} called")
        if sorted(self.finished) != sorted(ticket["id"] for ticket in self.issued):
            found.append(f"{len(self.finished)} finished")
        return found

    @staticmethod
    def _times(tickets: list[Json]) -> Counter[str]:
        return Counter(ticket["number"] for ticket in tickets)

    async def _kiosk(self, place: int, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with self._client(place, headers) as kiosk:
                for touch in range(TOUCHES):
                    line = "AH"[(place + touch) % 2]
                    answer = await self._ask(kiosk, "POST", "/api/kiosk/tickets", {"line": line})
                    if answer is None:
                        return
                    self.issued.append(answer)
        finally:
            self._kiosks_left -= 1
            self._ring()

    async def _desk(self, place: int) -> None:
        async with self._client(place, {}) as desk:
            await self._ask(desk, "POST", "/api/session", {"username": f"can-bo-{place + 1}", "password": PASSWORD})
            await self._ask(desk, "PUT", "/api/desk", {"counter": place + 1})
            current: Json | None = None
            while not self.errors:
                if current is None:
                    over, heard = self._kiosks_left == 0, self._news
                    current = await self._ask(desk, "POST", "/api/desk/next")
                    if current is not None:
                        self.called.append(current)
                    elif over:
                        return
                    else:
                        await heard.wait()
                    continue
                await self._ask(desk, "POST", f"/api/desk/tickets/{current['id']}/start")
                done = await self._ask(desk, "POST", f"/api/desk/tickets/{current['id']}/finish", {"next": True})
                if done is None:
                    return
                self.finished.append(current["id"])
                current = done.get("next")
                if current is not None:
                    self.called.append(current)

    def _client(self, place: int, headers: dict[str, str]) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.servers[place % len(self.servers)], headers=headers, timeout=60)

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, body: object = None) -> Any:
        """One command, repeated under its key while nobody answers; None for 204, or after an error."""
        headers = {"Idempotency-Key": f"cuoc-dua-{next(self._keys)}"}
        while not self.errors:
            try:
                answer = await client.request(method, path, json=body, headers=headers)
            except httpx.TransportError as exc:
                if not self.patient:
                    self.errors.append(f"{path}: {exc!r}")
                    break
                await self.back.wait()
                continue
            if self.patient and answer.status_code == 503:
                await self.back.wait()
                continue
            if not answer.is_success:
                self.errors.append(f"{path}: {answer.status_code} {answer.text}")
                break
            self.answers += 1
            self._ring()
            return answer.json() if answer.content else None
        self._ring()
        return None

    def _ring(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
