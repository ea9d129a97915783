"""Every verb there is, once: what a wall makes of its events is the fresh board, in Python and in JavaScript."""

import csv
from pathlib import Path
from typing import Any

import msgspec

from server.catalogue.pack import load
from server.journal.frames import PUBLIC, read_frames
from server.wire import Board, decode, encode
from tests.display.conftest import Ask, ask  # noqa: F401
from tests.server.journalled import applied, kept_its_promises, snapshot
from tests.server.support import OFFICE, PACKS, Clock, House, Json, act, call, ok, take

COPY = "2.000815"
NOT_YET = {"office.announced", "appointment.changed", "appointment.no-show"}
"""Kinds that nothing in this release appends, or that the booking tests look after."""


class Wall:
    """Checks after every step that events and snapshot agree, and keeps what happened."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.kinds: set[str] = set()
        self.steps: list[dict[str, Any]] = []

    async def agrees(self) -> Board:
        """The frames since the last look lead to the fresh board."""
        frames = [decode(frame.text) for frame in await read_frames(OFFICE, self.board.seq, 1000)]
        after, kinds = await applied(OFFICE, self.board)
        fresh = await snapshot(OFFICE)
        assert after == fresh, kinds
        self.steps.append({"board": decode(encode(self.board)), "frames": frames, "after": fresh})
        self.board = fresh
        self.kinds |= set(kinds)
        return fresh


async def served(desk: Any) -> Json:
    """Call whoever is next, and begin."""
    called = await call(desk)
    await act(desk, called, "start")
    return called


async def test_events_and_snapshot_agree_after_every_verb(
    house: House,
    clock: Clock,
    tmp_path: Path,
    ask: Ask,  # noqa: F811
) -> None:
    """One of each: issue, call, miss, park, transfer, merge, undo, book, rate, pause, hand over, rename, midnight."""
    wall = Wall(await snapshot(OFFICE))
    kiosk = await house.device()
    tablet = await house.device("tablet", counter=2)
    desk, other = await house.officer(counter=2), await house.officer("trang.bode", counter=3)
    reception, head = await house.officer("lan.bode"), await house.officer("huong.bode")
    await wall.agrees()

    tickets = [await take(kiosk) for _ in range(12)]
    await take(kiosk, "H", **{"class": "elderly75"})
    await wall.agrees()

    current = await call(desk)
    clock.forward(seconds=20)
    for verb in ("recall", "start"):
        await act(desk, current, verb)
        await wall.agrees()
    await act(desk, current, "finish", next=True)
    await wall.agrees()
    second = ok(await desk.get("/api/desk"))["ticket"]
    for verb in ("miss", "return"):
        await act(desk, second, verb)
        await wall.agrees()
    third = await served(desk)
    for verb in ("park", "resume"):
        await act(desk, third, verb)
        await wall.agrees()
    await act(desk, third, "add-procedure", procedure=COPY)
    await wall.agrees()
    await act(desk, third, "merge", other=tickets[-1]["id"])
    await wall.agrees()
    await act(desk, third, "undo")
    await wall.agrees()
    assert ok(await desk.get("/api/desk"))["ticket"]["id"] == third["id"]
    await act(desk, third, "transfer", line="H", back=True)
    await wall.agrees()
    await act(desk, await call(desk), "transfer", counter=3)
    await wall.agrees()
    await act(desk, await call(desk), "undo")
    await wall.agrees()
    await act(desk, gone := await call(desk), "no-show")
    await wall.agrees()
    ok(await head.post(f"/api/reception/tickets/{gone['id']}/reactivate"))
    await wall.agrees()
    ok(await desk.post(f"/api/desk/tickets/{tickets[-2]['id']}/withdraw"))
    await wall.agrees()
    ok(await house.client().post(f"/api/tickets/{tickets[-3]['followToken']}/withdraw"))
    await wall.agrees()
    for verb, body in (("hold", {"minutes": 5}), ("back", None)):
        ok(await house.client().post(f"/api/tickets/{tickets[-5]['followToken']}/{verb}", json=body))
        await wall.agrees()

    first = tickets[0]
    ok(await tablet.post("/api/tablet/rating", json={"ticketId": first["id"], "level": 1}))
    await wall.agrees()
    ok(await house.client().post(f"/api/tickets/{first['followToken']}/rating", json={"level": 2}))
    assert (await wall.agrees()).state.ratings.satisfied == 1

    ok(await other.put("/api/desk/pause", json={"reason": "họp giao ban"}))
    await wall.agrees()
    ok(await other.delete("/api/desk/pause"))
    await wall.agrees()
    ok(await other.delete("/api/desk"))
    await wall.agrees()
    last = await served(desk)
    ok(await desk.post("/api/desk/handover", json={"to": "son.bode"}))
    await wall.agrees()

    ok(await reception.post("/api/reception/tickets", json={"line": "A", "card": "17"}))
    await wall.agrees()
    clock.forward(minutes=1)
    ok(await reception.post(f"/api/reception/tickets/{tickets[-4]['id']}/reprint"))
    await wall.agrees()
    ok(await head.put("/api/office/numbers", json={"line": "K", "number": 41}))
    await wall.agrees()

    booked = await book(house)
    await wall.agrees()
    ok(await kiosk.post("/api/kiosk/check-in", json={"reference": booked["reference"]}))
    await wall.agrees()
    other_time = await book(house)
    manage = {"Authorization": f"Bearer {other_time['manageToken']}"}
    ok(await house.client().delete(f"/api/appointments/{other_time['reference']}", headers=manage))
    await wall.agrees()

    taken = {"line": "A", "phone": "0912345678"}
    at_home = ok(await house.client().post(f"/api/offices/{OFFICE}/home-numbers", json=taken))
    await wall.agrees()
    ok(await reception.post(f"/api/reception/tickets/{at_home['id']}/arrive"))
    await wall.agrees()
    taken["phone"] = "0987654321"
    gone_again = ok(await house.client().post(f"/api/offices/{OFFICE}/home-numbers", json=taken))
    ok(await house.client().post(f"/api/tickets/{gone_again['followToken']}/withdraw"))
    await wall.agrees()

    await rename(tmp_path)
    await wall.agrees()
    clock.local(0, 1, days=1)  # over midnight, in an office that is open
    await take(kiosk)
    await wall.agrees()
    ok(await (await house.officer("son.bode")).post(f"/api/desk/tickets/{last['id']}/finish"))
    ok(await (await house.officer("huong.bode")).post("/api/office/end-day"))
    await wall.agrees()
    ok(await (await house.officer("lan.bode")).post(f"/api/reception/tickets/{tickets[-5]['id']}/return"))
    await wall.agrees()
    clock.local(9, 0, days=5)  # the server was off for days
    await take(kiosk)
    await wall.agrees()
    await kept_its_promises(OFFICE)

    assert PUBLIC - wall.kinds <= NOT_YET
    for step in wall.steps:
        js = ask("reduce", board=step["board"], frames=step["frames"])
        assert msgspec.convert(js, Board) == step["after"]


async def book(house: House) -> Json:
    """A confirmed appointment at the first free time."""
    citizen = house.client()
    times = ok(await citizen.get(f"/api/offices/{OFFICE}/slots", params={"procedure": COPY, "days": 1}))
    number = len(house._clients)
    body = {
        "office": OFFICE,
        "procedures": [COPY],
        "start": times[0]["start"],
        "dossierNumber": f"H26.10-261121-{number:04d}",
        "citizen": {"name": "Lê Thị Bưởi", "phone": f"09123{number:05d}"},
    }
    held: Json = ok(await citizen.post("/api/appointments", json=body))
    manage = {"Authorization": f"Bearer {held['manageToken']}"}
    ok(await citizen.post(f"/api/appointments/{held['reference']}/confirm", headers=manage))
    return held


async def rename(folder: Path) -> None:
    """The administrator gives a counter another name, and adds a line."""
    counters = [row for row in read_csv(PACKS / "long-bien" / "counters.csv") if row["office"] == OFFICE]
    counters[1]["name_vi"] = "Quầy Hai"
    lines = [row for row in read_csv(PACKS / "long-bien" / "lines.csv") if row["office"] == OFFICE][:1]
    lines[0] |= {"code": "Q", "prefix": "Q", "name_vi": "Quầy lưu động", "name_en": "Mobile counter", "fields": ""}
    for name, rows in {"counters.csv": counters, "lines.csv": lines}.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    await load(folder)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
