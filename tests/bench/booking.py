"""Booking: a month's slots of all a city's offices, and a rush of people on the few places of one day."""

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from server import clock
from tests.bench.bare import open_bare
from tests.bench.hall import Client
from tests.bench.table import Row, Section, ms, per_second, quantile
from tests.programs import Row as PackRow
from tests.programs import open_office, program

__all__ = ["month", "rush"]

ZONE = "Asia/Ho_Chi_Minh"
LINE = "A"
OFFICES = 126
"""The wards and communes of Hà Nội."""
OFFICERS = 12
MONTH = 31

PEOPLE = 10_000
AT_ONCE = 64
PLACES_AT_ONCE, STARTS = 4, 50
"""Five officers at 80 %, from 08:00 to 16:20 in slots of ten minutes: 200 places."""
BARE_TURNS = 2_000
PROCESSES = {"sqlite": 1, "postgres": 2}


def _tomorrow() -> date:
    return clock.day_of(clock.now(), ZONE) + timedelta(days=1)


def _pack(
    offices: Sequence[str], officers: int, closes: str, days: str, **settings: object
) -> dict[str, list[PackRow]]:
    """Rows of offices with one line, one procedure, and so many officers who are there all day."""
    every = [(office, number) for office in offices for number in range(1, officers + 1)]
    settings |= {"online_filers_only": "false", "slot_minutes": 10}
    return {
        "offices": [{"code": office, "name_vi": f"Phường {office}", "name_en": f"Ward {office}"} for office in offices],
        "lines": [
            {"office": office, "code": LINE, "name_vi": "Chứng thực", "kind": "procedures", "expected_minutes": "10"}
            for office in offices
        ],
        "counters": [
            {"office": office, "number": str(number), "name_vi": f"Quầy {number}", "lines": LINE}
            for office, number in every
        ],
        "officers": [
            {"office": office, "username": f"bench.{number}", "full_name": f"Bench {number}", "role": "officer",
             "lines": LINE}
            for office, number in every
        ],
        "hours": [
            {"office": office, "weekdays": "1-7", "opens": "08:00", "closes": closes, "valid_from": days,
             "valid_until": days}
            for office in offices
        ],
        "shifts": [
            {"office": office, "username": f"bench.{number}", "counter": str(number), "weekdays": "1-7",
             "starts": "08:00", "ends": closes}
            for office, number in every
        ],
        "procedures": [{"office": office, "code": "9.000001", "name_vi": "Chứng thực bản sao", "line": LINE}
                       for office in offices],
        "settings": [
            {"office": office, "key": key, "value": str(value)} for office in offices for key, value in settings.items()
        ],
    }  # fmt: skip


async def month(url: str, folder: Path) -> Section:
    """Every start of a month, with whom each can be had, of every office of a city, one office after the other."""
    offices = [f"ward-{number:03}" for number in range(1, OFFICES + 1)]
    await open_office(url, folder, _pack(offices, OFFICERS, "16:00", "", booking_days_ahead=MONTH))
    environment = {"MOTCUA_TRUST_PROXY": "true"}
    async with program("server.cli", "serve", "--port", "0", "--database", url, **environment) as address:
        client = Client(address)
        try:
            await _fill(client, offices[0])
            taken, found = [], 0
            for office in offices:
                start = time.perf_counter()
                slots = await client.ask("GET", f"/api/offices/{office}/slots?procedure=9.000001&days={MONTH}")
                taken.append(time.perf_counter() - start)
                found += len(slots)
            lists = []
            for office in offices:
                start = time.perf_counter()
                await client.ask("GET", f"/api/offices/{office}/lines")
                lists.append(time.perf_counter() - start)
        finally:
            client.close()
    together, beside = sum(taken), sum(lists)
    what = f"{len(offices)} offices, {found:,} starts"
    rows = [Row(what, f"{together:.1f} s", f"{beside:.1f} s for their lines", f"{together / beside:.1f}×")]
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        ours, theirs = quantile(taken, share), quantile(lists, share)
        rows.append(Row(f"One office, {name}", ms(ours), f"{ms(theirs)} for its lines", f"{ours / theirs:.1f}×"))
    about = (
        f"{MONTH} days of {OFFICERS} officers each, every start with the officers it can be had with, over HTTP on "
        "SQLite, one office after the other. Beside it: what the same server takes to list the office's service lines."
    )
    return Section(f"Slots of a month for {len(offices)} offices", about, rows)


async def _fill(client: Client, office: str) -> None:
    """A few bookings, so that there is something to be counted."""
    slots = await client.ask("GET", f"/api/offices/{office}/slots?procedure=9.000001&days={MONTH}")
    for number, slot in enumerate(slots[:: max(1, len(slots) // 40)]):
        client.extra = f"X-Forwarded-For: 10.1.0.{number}\r\n"
        await client.send("POST", "/api/appointments", _body(office, slot["start"], number))
    client.extra = ""


def _body(office: str, start: str, number: int) -> dict[str, object]:
    citizen = {"name": "Nguyễn Thị Hoà", "phone": f"09{number:08}"}
    return {"office": office, "procedures": ["9.000001"], "start": start, "citizen": citizen}


@dataclass
class Crowd:
    """Those who came, and what they met. Everybody presses *book* once, and again where free times are offered."""

    office: str
    starts: list[str]
    people: int
    held: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    sold_out: float = 0.0

    async def run(self, clients: Sequence[Client]) -> float:
        """Everybody, as many at once as there are clients; answers how many seconds it took."""
        numbers = itertools.count(1)
        chance = random.Random(7)
        begun = time.perf_counter()

        async def one_after_the_other(client: Client) -> None:
            while (number := next(numbers)) <= self.people:
                await self._come(client, number, chance.choice(self.starts))
                if self.places and len(self.places) == PLACES_AT_ONCE * STARTS and not self.sold_out:
                    self.sold_out = time.perf_counter() - begun

        await asyncio.gather(*(one_after_the_other(client) for client in clients))
        return time.perf_counter() - begun

    async def _come(self, client: Client, number: int, start: str) -> None:
        client.extra = f"X-Forwarded-For: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\r\n"
        while start:
            pressed = time.perf_counter()
            status, answer = await client.send("POST", "/api/appointments", _body(self.office, start, number))
            taken = time.perf_counter() - pressed
            if status == 201:
                self.held.append(taken)
                await self._confirm(client, answer)
                return
            if status != 409 or answer["type"] != "urn:motcua:slot-full":
                self.errors.append(f"{status} {answer}")
                return
            self.refused.append(taken)
            start = answer["nearest"][0]["start"] if answer["nearest"] else ""

    async def _confirm(self, client: Client, held: Any) -> None:
        client.extra += f"Authorization: Bearer {held['manageToken']}\r\n"
        status, answer = await client.send("POST", f"/api/appointments/{held['reference']}/confirm")
        if status == 200:
            self.places.append(held["start"])
        else:
            self.errors.append(f"{status} {answer}")


async def rush(url: str, folder: Path) -> Section:
    """Many people on a day's places at once: how long it takes them, and how quickly the places go."""
    engine, office, day = url.partition(":")[0].removesuffix("ql"), "rush", _tomorrow()
    minutes = 480 + 10 * STARTS
    closes = f"{minutes // 60:02}:{minutes % 60:02}"
    share = {"bookable_share": 0.8, "booking_days_ahead": 2}
    await open_office(url, folder, _pack([office], PLACES_AT_ONCE + 1, closes, day.isoformat(), **share))
    processes = PROCESSES[engine]
    async with AsyncExitStack() as stack:
        addresses = [
            await stack.enter_async_context(
                program("server.cli", "serve", "--port", "0", "--database", url, MOTCUA_TRUST_PROXY="true")
            )
            for _ in range(processes)
        ]
        clients = [Client(address) for address, _ in zip(itertools.cycle(addresses), range(AT_ONCE), strict=False)]
        for client in clients:
            stack.callback(client.close)
        slots = await clients[0].ask("GET", f"/api/offices/{office}/slots?procedure=9.000001&from={day}&days=1")
        crowd = Crowd(office, [slot["start"] for slot in slots], PEOPLE)
        seconds = await crowd.run(clients)
        alone = await _refused_alone(clients[0], crowd)
    if len(crowd.places) != PLACES_AT_ONCE * STARTS:
        crowd.errors.append(f"{len(crowd.places)} booked")
    bare = await open_bare(url)
    try:
        update = await bare.update_rate(BARE_TURNS)
    finally:
        await bare.close()
    rate = len(crowd.places) / crowd.sold_out if crowd.sold_out else 0.0
    rows = []
    for what, values in (("A place is held", crowd.held), ("Told that it is gone", crowd.refused)):
        for part, name in ((0.5, "p50"), (0.99, "p99")):
            took, idle = quantile(values, part), quantile(alone, part)
            rows.append(Row(f"{what}, {name}", ms(took), f"{ms(idle)} to be refused alone", f"{took / idle:.1f}×"))
    answers = (len(crowd.held) + len(crowd.refused)) / seconds
    rows += [
        Row("Bookings, each held and confirmed", per_second(rate), f"{per_second(update)} bare `UPDATE … RETURNING`",
            f"1 : {update / max(rate, 0.01):.0f}"),
        Row("Answers", per_second(answers), f"{per_second(update)} bare `UPDATE … RETURNING`",
            f"1 : {update / answers:.0f}"),
        Row("Errors", str(len(crowd.errors)), f"{len(crowd.places)} of {PLACES_AT_ONCE * STARTS} places booked", "–"),
    ]  # fmt: skip
    name = "PostgreSQL" if engine == "postgres" else "SQLite"
    about = (
        f"{PEOPLE:,} people, {len(clients)} of them at once, each wants one of {STARTS} times with {PLACES_AT_ONCE} "
        f"places each, and takes the nearest that is offered instead; {processes} server "
        f"process{'es' if processes > 1 else ''}, the people and {name} share one machine. Beside it: one who is "
        "refused when nobody else is there, and one row changed by the driver alone, one transaction each."
    )
    return Section(f"A rush of {PEOPLE:,} people on {PLACES_AT_ONCE * STARTS} places, {name}", about, rows)


async def _refused_alone(client: Client, crowd: Crowd) -> list[float]:
    taken = []
    for number in range(40):
        client.extra = f"X-Forwarded-For: 10.200.0.{number}\r\n"
        start = time.perf_counter()
        await client.send("POST", "/api/appointments", _body(crowd.office, crowd.starts[0], 50_000_000 + number))
        taken.append(time.perf_counter() - start)
    return taken
