"""One office's day by HTTP alone: what a citizen, a walk-in, an officer, a wall, a phone and a tablet do and see."""

from datetime import datetime
from typing import Any

import httpx
import msgspec
from icalendar import Calendar
from websockets.asyncio.client import ClientConnection

from server.wire import Board, decode
from tests.server.support import OFFICE, PASSWORD, Clock, House, Json, act, call, following, ok, refused, take

PHONE = "0912 345 678"
NAME = "Nguyễn Thị Bích Hoà"
EMAIL = "bich.hoa@example.vn"
IDENTITY = "001085012345"
DOSSIER = "H26.10-261121-0042"
COMMENT = "Cô cán bộ rất tận tình"


class Day:
    """The day as it goes; `secrets` are what may stand in no log, no journal and no page of anybody else."""

    def __init__(self, house: House, clock: Clock) -> None:
        self.house = house
        self.clock = clock
        self.citizen = house.client()
        self.secrets: dict[str, str] = {"password": PASSWORD}
        self.keys = 0

    def key(self) -> dict[str, str]:
        """A fresh Idempotency-Key, as our own clients always send one."""
        self.keys += 1
        key = f"khoá-{self.keys}".encode("ascii", "replace").decode() + "-7f3a9c51"
        self.secrets[f"key {self.keys}"] = key
        return {"Idempotency-Key": key}

    async def play(self) -> None:
        """From the first look at the site to the last figure on the wall."""
        kiosk = await self.device("kiosk")
        desk = await self.sign_in()
        async with following(self.house) as wall:
            booked = await self.books(dossier=DOSSIER)
            frame = await wall.until("appointment.confirmed")
            assert frame.keys() == {"seq", "at", "kind", "appointment"}
            assert frame["appointment"].keys() == {"line", "start", "day"}
            early = await self.checks_in(kiosk, booked)
            second = await self.books(dossier="H26.10-261121-0043", phone="0987654321")
            by_reference = await self.checks_in_by_reference(kiosk, second)
            walk_in = await self.walks_in(kiosk)
            await wall.until("ticket.issued")
            await self.waits(wall, walk_in)
            async with self.house.socket(f"/ws/tickets/{walk_in['followToken']}") as phone:
                first = await self.calls(desk, wall, early)
                await self.serves(desk, wall, first)
                await self.misses(desk, wall, by_reference, walk_in)
                await self.phone_follows(phone, walk_in)
            await self.rates(wall, walk_in)
            await self.cancels(wall)
            fresh = await self.house.board()
            await wall.up_to(fresh["seq"])
            assert wall.board.state == msgspec.convert(fresh, Board).state
            assert fresh["state"]["ratings"] == {"served": 3, "answered": 1, "satisfied": 1}

    async def device(self, kind: str, counter: int | None = None) -> httpx.AsyncClient:
        client = await self.house.device(kind, counter=counter)
        self.secrets[f"token of a {kind}"] = client.headers["Authorization"].removeprefix("Bearer ")
        return client

    async def sign_in(self) -> httpx.AsyncClient:
        desk = await self.house.officer("dung.bode")
        self.secrets["session"] = desk.cookies[self.house.settings.cookie]
        refused(await desk.post("/api/desk/next", headers=self.key()), "not-seated", 409)
        seated = ok(await desk.put("/api/desk", json={"counter": 2}, headers=self.key()), 200)
        assert (seated["counter"], seated["officer"], seated["ticket"]) == (2, "dung.bode", None)
        return desk

    # --- at home -----------------------------------------------------------------------------------------------

    async def books(self, *, dossier: str, phone: str = PHONE) -> Json:
        """Looks a procedure up without diacritics, takes the first free time, confirms it."""
        query = {"q": "chung thuc ban sao tu ban chinh", "limit": 5}
        found = ok(await self.citizen.get(f"/api/offices/{OFFICE}/procedures", params=query))["items"]
        wanted = found[0]
        assert wanted["name"].startswith("Chứng thực bản sao từ bản chính")
        assert (wanted["line"], wanted["feeOnline"]) == ("A", 0)
        assert wanted["requiredDocuments"]
        asked = {"procedure": wanted["code"], "days": 2}
        times = ok(await self.citizen.get(f"/api/offices/{OFFICE}/slots", params=asked))
        body = {
            "office": OFFICE,
            "procedures": [wanted["code"]],
            "start": times[0]["start"],
            "purpose": "submit",
            "citizen": {"name": NAME, "phone": phone, "email": EMAIL, "identityNumber": IDENTITY + phone[-1]},
        }
        refused(await self.citizen.post("/api/appointments", json=body, headers=self.key()), "dossier-needed", 400)
        body["dossierNumber"] = dossier
        headers = self.key()
        held = ok(await self.citizen.post("/api/appointments", json=body, headers=headers), 201)
        again = ok(await self.citizen.post("/api/appointments", json=body, headers=headers), 201)
        assert held == again
        assert (held["state"], held["start"]) == ("held", times[0]["start"])
        self.secrets[f"manage token {held['reference']}"] = held["manageToken"]
        path = f"/api/appointments/{held['reference']}"
        refused(await self.citizen.get(path), "no-such-booking", 404)
        manage = {"Authorization": f"Bearer {held['manageToken']}"}
        assert ok(await self.citizen.post(f"{path}/confirm", headers=manage | self.key()), 200)["state"] == "confirmed"
        assert ok(await self.citizen.get(path, headers=manage), 200)["state"] == "confirmed"
        file = await self.citizen.get(f"{path}/calendar.ics", headers=manage)
        (entry,) = Calendar.from_ical(file.text).events
        assert entry.start == datetime.fromisoformat(held["start"])
        assert entry["url"] == f"{self.house.url}/a/{held['reference']}"
        assert held["manageToken"] not in file.text
        return held | {"path": path, "manage": manage, "start": held["start"]}

    async def cancels(self, wall: Any) -> None:
        """A third time, given up again: it is free at once."""
        booked = await self.books(dossier="H26.10-261121-0044", phone="0355123456")
        asked = {"procedure": "2.000815", "days": 2}
        before = ok(await self.citizen.get(f"/api/offices/{OFFICE}/slots", params=asked))
        assert booked["start"] not in [slot["start"] for slot in before if slot["free"] > 1]
        gone = await self.citizen.delete(booked["path"], headers=booked["manage"] | self.key())
        assert gone.status_code == 204
        after = ok(await self.citizen.get(f"/api/offices/{OFFICE}/slots", params=asked))
        assert sum(slot["free"] for slot in after) == sum(slot["free"] for slot in before) + 1
        assert ok(await self.citizen.get(booked["path"], headers=booked["manage"]))["state"] == "cancelled"
        again = await self.citizen.delete(booked["path"], headers=booked["manage"] | self.key())
        refused(again, "already-cancelled", 409)
        await wall.until("appointment.cancelled")

    # --- in the hall -------------------------------------------------------------------------------------------

    async def checks_in(self, kiosk: httpx.AsyncClient, booked: Json) -> Json:
        """By the text of the QR, once; a second time shows the same ticket."""
        shown = {"qr": f"{self.house.url}/a/{booked['reference']}"}
        ticket = ok(await kiosk.post("/api/kiosk/check-in", json=shown, headers=self.key()), 201)
        self.keep(ticket)
        twice = await kiosk.post("/api/kiosk/check-in", json=shown, headers=self.key())
        problem = refused(twice, "already-checked-in", 409)
        assert (problem["ticket"]["id"], problem["ticket"]["number"]) == (ticket["id"], ticket["number"])
        assert ok(await self.citizen.get(booked["path"], headers=booked["manage"]))["state"] == "checked-in"
        return ticket

    async def checks_in_by_reference(self, kiosk: httpx.AsyncClient, booked: Json) -> Json:
        """By the reference as a person types it."""
        typed = "-".join(booked["reference"][start : start + 4] for start in (0, 4, 8)).lower()
        ticket = ok(await kiosk.post("/api/kiosk/check-in", json={"reference": typed}, headers=self.key()), 201)
        self.keep(ticket)
        return ticket

    async def walks_in(self, kiosk: httpx.AsyncClient) -> Json:
        """One touch for a number."""
        ticket = await take(kiosk, "A")
        self.keep(ticket)
        assert (ticket["number"], ticket["line"], ticket["lineName"]) == ("A003", "A", "Chứng thực")
        assert ticket["ahead"] == 2
        assert ticket["wait"]["p50"] <= ticket["wait"]["p90"]
        return ticket

    def keep(self, ticket: Json) -> None:
        assert ticket["followUrl"] == f"{self.house.url}/t/{ticket['followToken']}"
        self.secrets[f"follow token of {ticket['number']}"] = ticket["followToken"]

    async def waits(self, wall: Any, walk_in: Json) -> None:
        """Wall and phone say how many wait, and nothing of anybody."""
        await wall.up_to((await self.house.board())["seq"])
        assert next(line for line in wall.state["lines"] if line["code"] == "A") == {"code": "A", "waiting": 3}
        seen = ok(await self.citizen.get(f"/api/tickets/{walk_in['followToken']}"))
        assert (seen["state"], seen["ahead"], seen["rated"], "counter" in seen) == ("waiting", 2, False, False)

    async def calls(self, desk: httpx.AsyncClient, wall: Any, early: Json) -> Json:
        """The officer asks for the next one: who booked is first, and the wall hears it at once."""
        self.clock.forward(minutes=3)
        called = await call(desk)
        assert (called["id"], called["state"], called["counter"]) == (early["id"], "called", 2)
        assert called["appointment"]["dossierNumber"] == DOSSIER
        frame = await wall.until("ticket.called")
        assert frame["ticket"]["label"] == "A001"
        assert frame["counter"] == {"number": 2, "name": "Quầy 2"}
        assert wall.state["calls"][0]["ticket"]["label"] == "A001"
        refused(await desk.post("/api/desk/next", headers=self.key()), "still-serving", 409)
        refused(await desk.post(f"/api/desk/tickets/{called['id']}/recall"), "too-soon", 409)
        self.clock.forward(seconds=20)
        await act(desk, called, "recall")
        assert (await wall.until("ticket.recalled"))["ticket"]["label"] == "A001"
        return called

    async def serves(self, desk: httpx.AsyncClient, wall: Any, called: Json) -> None:
        """Starts, and finishes with "Xong, gọi số tiếp": one command, one answer however often it is sent."""
        assert (await act(desk, called, "start"))["state"] == "serving"
        self.clock.forward(minutes=6)
        path, headers = f"/api/desk/tickets/{called['id']}/finish", self.key()
        body = {"outcome": "served", "dossiers": 1, "next": True}
        done = ok(await desk.post(path, json=body, headers=headers), 200)
        assert (done["state"], done["next"]["number"]) == ("served", "A002")
        assert ok(await desk.post(path, json=body, headers=headers), 200) == done
        await wall.until("ticket.finished")
        assert (await wall.until("ticket.called"))["ticket"]["label"] == "A002"
        assert wall.state["ratings"]["served"] == 1

    async def misses(self, desk: httpx.AsyncClient, wall: Any, missing: Json, walk_in: Json) -> None:
        """A002 is not there; A003 is; then A002 comes back."""
        assert (await act(desk, missing, "miss"))["state"] == "missed"
        assert (await call(desk))["id"] == walk_in["id"]
        await act(desk, walk_in, "start")
        assert (await act(desk, missing, "return"))["state"] == "waiting"
        done = await act(desk, walk_in, "finish", next=True)
        assert done["next"]["id"] == missing["id"]
        await act(desk, missing, "start")
        assert "next" not in await act(desk, missing, "finish", next=True)
        assert (await desk.post("/api/desk/next", headers=self.key())).status_code == 204
        assert ok(await desk.get("/api/desk"))["servedToday"] == 3

    async def phone_follows(self, phone: ClientConnection, walk_in: Json) -> None:
        """The walk-in's phone was told all along: waiting, called to counter 2, served."""
        seen: list[Json] = []
        while not seen or seen[-1]["state"] != "served":
            told = decode(await phone.recv())
            if "heartbeat" not in told:
                seen.append(told)
        states = [told["state"] for told in seen]
        assert states == sorted(states, key=["waiting", "called", "serving", "served"].index)
        assert {"waiting", "served"} <= set(states)
        assert all(told["counter"] == 2 for told in seen if told["state"] in ("called", "serving"))
        assert all(told["number"] == walk_in["number"] for told in seen)

    async def rates(self, wall: Any, walk_in: Json) -> None:
        """The tablet asks about the last one; the phone's word on another replaces what the tablet said."""
        tablet = await self.device("tablet", counter=2)
        asked = ok(await tablet.get("/api/tablet"))["ticket"]
        assert asked["number"] == "A002"
        pressed = {"ticketId": walk_in["id"], "level": 1}
        ok(await tablet.post("/api/tablet/rating", json=pressed, headers=self.key()), 201)
        assert (await wall.until("rating.given")).keys() == {"seq", "at", "kind", "level", "was", "today"}
        assert wall.state["ratings"] == {"served": 3, "answered": 1, "satisfied": 0}
        path = f"/api/tickets/{walk_in['followToken']}/rating"
        said = {"level": 3, "reasons": ["attitude"], "comment": COMMENT, "contact": PHONE}
        headers = self.key()
        assert ok(await self.citizen.post(path, json=said, headers=headers), 201) == {"level": 3}
        assert ok(await self.citizen.post(path, json=said, headers=headers), 201) == {"level": 3}
        await wall.until("rating.given")
        assert wall.state["ratings"] == {"served": 3, "answered": 1, "satisfied": 1}
        refused(await self.citizen.post(path, json=said, headers=self.key()), "already-rated", 409)
        assert ok(await self.citizen.get(f"/api/tickets/{walk_in['followToken']}"))["rated"]
