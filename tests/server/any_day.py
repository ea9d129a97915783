"""People at an office who do whatever comes to their minds, and a wall that watches: a day as hypothesis makes it up.

After every command the board that the wall keeps is the fresh board, and a refusal has changed nothing; at the end the
journal replays to the tables.
"""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from server.queue import board
from server.queue.rules import OPEN_STATES
from server.wire import Board
from tests.server.journalled import TABLES, applied, kept_its_promises, snapshot, stored
from tests.server.support import MORNING, OFFICE, WEEKDAYS, Clock, House, Json, ok

OFFICERS = {
    OFFICE: ["son.bode", "dung.bode", "trang.bode"],
    WEEKDAYS: ["phuong.longbien", "hoa.longbien", "chien.longbien"],
}
STAFF = {OFFICE: ["lan.bode", "huong.bode"], WEEKDAYS: ["tu.longbien", "phuc.longbien"]}
LINES = ["A", "H", "T", "Z"]  # the last one does not exist
COPY = "2.000815"
# `seconds` short enough to undo, long enough to recall, hours and days to come into the night and the next morning.
PAUSES = [{"seconds": 4}, {"seconds": 21}, {"minutes": 16}, {"hours": 3}, {"days": 1}, {"days": 3}]
SIMPLE = ["recall", "start", "miss", "return", "resume", "no-show", "withdraw", "undo"]

who = st.integers(0, 2)
which = st.integers(0, 5)


class World:
    """A server that lives through many made-up days, each beginning with an empty journal."""

    def __init__(self, runner: asyncio.Runner, house: House, clock: Clock) -> None:
        self.runner = runner
        self.house = house
        self.clock = clock
        self.anybody = house.client()
        self.desks: dict[str, list[httpx.AsyncClient]] = {}
        self.staff: dict[str, list[httpx.AsyncClient]] = {}
        self.kiosks: dict[str, list[httpx.AsyncClient]] = {}
        self.tablets: dict[str, httpx.AsyncClient] = {}

    async def enter(self) -> None:
        for office, officers in OFFICERS.items():
            self.desks[office] = [await self.house.officer(username) for username in officers]
            self.staff[office] = [await self.house.officer(username) for username in STAFF[office]]
            self.kiosks[office] = [await self.house.device(office=office) for _ in range(2)]
            self.tablets[office] = await self.house.device("tablet", office=office, counter=1)

    async def forget(self) -> None:
        """Nothing has ever happened."""
        self.clock.at = Clock(MORNING).at
        board._known.here().clear()  # numbers begin again, which they never do in one database
        for table in [*(table._meta.tablename for table in TABLES), "event", "journal", "idempotency_key"]:
            await self.house.database.engine.fetch(f"DELETE FROM {table}")


class AnyDay(RuleBasedStateMachine):
    """One office; every rule is one command of somebody."""

    world: World

    @initialize(
        office=st.sampled_from([OFFICE, WEEKDAYS]),
        practise=st.booleans(),
        seated=st.integers(0, 3),
        waiting=st.integers(0, 5),
    )
    def begin(self, office: str, practise: bool, seated: int, waiting: int) -> None:
        self.office = office
        self.tickets: list[Json] = []
        self.bookings: list[Json] = []
        self.commands = 0
        self.run(self.world.forget())
        self.board: Board = self.run(snapshot(office))
        if practise:
            self.practise(True)
        for who in range(seated):
            self.sit_down(who, who + 1)
        for _ in range(waiting):
            self.take_a_number("A", 0, None)

    def run(self, work: Any) -> Any:
        return self.world.runner.run(work)

    def send(self, client: httpx.AsyncClient, method: str, path: str, body: object = None, **headers: str) -> Any:
        """A command, sent twice; its answer, or None where it was refused."""
        return self.run(self._send(client, method, path, body, headers))

    async def _send(
        self, client: httpx.AsyncClient, method: str, path: str, body: object, headers: dict[str, str]
    ) -> Any:
        self.commands += 1
        headers = {"Idempotency-Key": f"command {self.commands}", **headers}
        answer = await client.request(method, path, json=body, headers=headers)
        assert answer.status_code < 500, answer.text
        after, kinds = await applied(self.office, self.board)
        again = await client.request(method, path, json=body, headers=headers)
        assert (again.status_code, again.content) == (answer.status_code, answer.content)
        fresh = await snapshot(self.office)
        assert after == fresh
        if answer.status_code >= 400:
            assert kinds == []
        self.board = fresh
        return answer.json() if answer.is_success and answer.content else None

    def desk(self, who: int) -> httpx.AsyncClient:
        return self.world.desks[self.office][who]

    def ticket(self, which: int) -> Json:
        return self.tickets[-1 - which % len(self.tickets)]

    # --- the hall ----------------------------------------------------------------------------------------------

    @rule(line=st.sampled_from(LINES), kiosk=st.integers(0, 1), klass=st.sampled_from([None, None, "elderly75", "no"]))
    def take_a_number(self, line: str, kiosk: int, klass: str | None) -> None:
        body = {"line": line} if klass is None else {"line": line, "class": klass}
        issued = self.send(self.world.kiosks[self.office][kiosk], "POST", "/api/kiosk/tickets", body)
        if issued:
            self.tickets.append(issued)

    @rule(line=st.sampled_from(LINES), phone=st.integers(0, 2))
    def take_a_number_at_home(self, line: str, phone: int) -> None:
        body = {"line": line, "phone": f"091234567{phone}"}
        issued = self.send(self.world.anybody, "POST", f"/api/offices/{self.office}/home-numbers", body)
        if issued:
            self.tickets.append(issued)

    @precondition(lambda self: self.tickets)
    @rule(which=which, how=st.sampled_from(["reception", "kiosk", "guess"]))
    def arrive(self, which: int, how: str) -> None:
        ticket = self.ticket(which)
        if how == "reception":
            self.send(self.world.staff[self.office][0], "POST", f"/api/reception/tickets/{ticket['id']}/arrive")
        elif how == "kiosk":
            body = {"qr": f"https://motcua.example/t/{ticket['followToken']}"}
            self.send(self.world.kiosks[self.office][0], "POST", "/api/kiosk/check-in", body)
        else:
            path = f"/api/tickets/{ticket['followToken']}/arrive"
            self.send(self.world.anybody, "POST", path, {"code": "AAAAAA"})

    @rule(line=st.sampled_from(LINES), number=st.integers(1001, 1003), abandoned=st.booleans(), sample=st.booleans())
    def hand_in_an_offline_number(self, line: str, number: int, abandoned: bool, sample: bool) -> None:
        identifier = f"command {self.commands}" if abandoned and self.commands else f"offline {self.commands}"
        at = self.world.clock.at.isoformat()
        body = [{"id": identifier, "line": line, "number": number, "issuedAt": at, "sample": sample}]
        self.send(self.world.kiosks[self.office][0], "POST", "/api/kiosk/offline-tickets", body)

    @rule(time=st.integers(0, 40), confirmed=st.booleans())
    def book(self, time: int, confirmed: bool) -> None:
        query = {"procedure": COPY, "days": 1}
        times = ok(self.run(self.world.anybody.get(f"/api/offices/{self.office}/slots", params=query)))
        if not times:
            return
        number = len(self.bookings)
        body = {
            "office": self.office,
            "procedures": [COPY],
            "start": times[time % len(times)]["start"],
            "dossierNumber": f"H26.10-261121-{number:04d}",
            "citizen": {"name": "Trần Văn Ất", "phone": f"09123{number:05d}"},
        }
        held = self.send(self.world.anybody, "POST", "/api/appointments", body)
        if held:
            self.bookings.append(held)
            if confirmed:
                self.manage("POST", "/confirm", -1)

    @precondition(lambda self: self.bookings)
    @rule(which=which, what=st.sampled_from([("POST", "/confirm"), ("DELETE", ""), ("POST", "/access")]))
    def manage_a_booking(self, which: int, what: tuple[str, str]) -> None:
        self.manage(*what, -1 - which % len(self.bookings))

    def manage(self, method: str, path: str, which: int) -> None:
        booking = self.bookings[which]
        if path == "/access":
            return
        authorization = f"Bearer {booking['manageToken']}"
        path = f"/api/appointments/{booking['reference']}{path}"
        self.send(self.world.anybody, method, path, Authorization=authorization)

    @precondition(lambda self: self.bookings)
    @rule(which=which)
    def check_in(self, which: int) -> None:
        reference = self.bookings[-1 - which % len(self.bookings)]["reference"]
        body = {"reference": reference}
        issued = self.send(self.world.kiosks[self.office][1], "POST", "/api/kiosk/check-in", body)
        if issued:
            self.tickets.append(issued)

    # --- the desks ---------------------------------------------------------------------------------------------

    @rule(who=who, counter=st.sampled_from([1, 1, 2, 2, 3, 77]))
    def sit_down(self, who: int, counter: int) -> None:
        self.send(self.desk(who), "PUT", "/api/desk", {"counter": counter})

    @rule(who=who, what=st.sampled_from(["leave", "pause", "come back"]))
    def rest(self, who: int, what: str) -> None:
        if what == "pause":
            self.send(self.desk(who), "PUT", "/api/desk/pause", {"reason": "họp"})
        else:
            self.send(self.desk(who), "DELETE", "/api/desk" if what == "leave" else "/api/desk/pause")

    @rule(who=who)
    def call_next(self, who: int) -> None:
        self.send(self.desk(who), "POST", "/api/desk/next")

    @precondition(lambda self: self.tickets)
    @rule(who=who, which=which, verb=st.sampled_from(SIMPLE))
    def verb(self, who: int, which: int, verb: str) -> None:
        self.send(self.desk(who), "POST", f"/api/desk/tickets/{self.ticket(which)['id']}/{verb}")

    @rule(who=who, verb=st.sampled_from(["start", "finish", "miss", "park", "recall", "finish"]), then=st.booleans())
    def verb_on_ones_own(self, who: int, verb: str, then: bool) -> None:
        mine = ok(self.run(self.desk(who).get("/api/desk")))["ticket"]
        if mine is not None:
            body: Json | None = {"next": then} if verb == "finish" else None
            self.send(self.desk(who), "POST", f"/api/desk/tickets/{mine['id']}/{verb}", body)

    @rule(who=who)
    def take_back(self, who: int) -> None:
        undoable = ok(self.run(self.desk(who).get("/api/desk")))["undoTicket"]
        if undoable is not None:
            self.send(self.desk(who), "POST", f"/api/desk/tickets/{undoable}/undo")

    @precondition(lambda self: self.tickets)
    @rule(who=who, which=which, minutes=st.sampled_from([None, 1, 30]))
    def park(self, who: int, which: int, minutes: int | None) -> None:
        body = {} if minutes is None else {"minutes": minutes, "reason": "chụp thêm bản sao"}
        self.send(self.desk(who), "POST", f"/api/desk/tickets/{self.ticket(which)['id']}/park", body)

    @rule(
        who=who,
        line=st.sampled_from([None, "H", "A", "Z"]),
        counter=st.sampled_from([None, None, 2, 77]),
        officer=who | st.none(),
        back=st.booleans(),
    )
    def transfer(self, who: int, line: str | None, counter: int | None, officer: int | None, back: bool) -> None:
        mine = ok(self.run(self.desk(who).get("/api/desk")))["ticket"]
        if mine is None:
            return
        body: Json = {"back": back, "line": line, "counter": counter}
        if officer is not None:
            body["officer"] = OFFICERS[self.office][officer]
        self.send(self.desk(who), "POST", f"/api/desk/tickets/{mine['id']}/transfer", body)

    @precondition(lambda self: self.tickets)
    @rule(who=who, which=which, code=st.sampled_from([COPY, "2.000908", "9.999999"]))
    def add_a_procedure(self, who: int, which: int, code: str) -> None:
        path = f"/api/desk/tickets/{self.ticket(which)['id']}/add-procedure"
        self.send(self.desk(who), "POST", path, {"procedure": code})

    @precondition(lambda self: len(self.tickets) > 1)
    @rule(who=who, which=which)
    def merge(self, who: int, which: int) -> None:
        mine = ok(self.run(self.desk(who).get("/api/desk")))["ticket"]
        if mine is not None:
            path = f"/api/desk/tickets/{mine['id']}/merge"
            self.send(self.desk(who), "POST", path, {"other": self.ticket(which)["id"]})

    @rule(who=who, to=who)
    def hand_over(self, who: int, to: int) -> None:
        self.send(self.desk(who), "POST", "/api/desk/handover", {"to": OFFICERS[self.office][to]})

    # --- reception and head ------------------------------------------------------------------------------------

    @rule(line=st.sampled_from(LINES), card=st.sampled_from([None, "1", "2"]))
    def give_a_number_or_card(self, line: str, card: str | None) -> None:
        body = {"line": line} if card is None else {"line": line, "card": card}
        issued = self.send(self.world.staff[self.office][0], "POST", "/api/reception/tickets", body)
        if issued:
            self.tickets.append(issued)

    @rule(card=st.sampled_from(["1", "2"]), what=st.sampled_from(["back", "back", "lost"]))
    def put_a_card(self, card: str, what: str) -> None:
        self.send(self.world.staff[self.office][0], "POST", f"/api/reception/cards/{card}/{what}")

    @precondition(lambda self: self.tickets)
    @rule(which=which, verb=st.sampled_from(["return", "withdraw", "reprint", "reactivate"]))
    def help_somebody(self, which: int, verb: str) -> None:
        person = self.world.staff[self.office][verb == "reactivate"]
        ticket = self.ticket(which)
        again = self.send(person, "POST", f"/api/reception/tickets/{ticket['id']}/{verb}")
        if again and verb == "reprint":
            ticket["followToken"] = again["followToken"]

    @rule(number=st.sampled_from([2, 5, 999]))
    def begin_in_the_middle(self, number: int) -> None:
        body = {"line": "A", "number": number}
        self.send(self.world.staff[self.office][1], "PUT", "/api/office/numbers", body)

    @rule(counter=st.sampled_from([1, 2, 77]), lines=st.sampled_from([[], ["H"], ["T", "Z"]]))
    def open_lines(self, counter: int, lines: list[str]) -> None:
        until = self.world.clock.at + timedelta(hours=2)
        body = {"lines": lines, "until": until.isoformat()}
        self.send(self.world.staff[self.office][1], "PUT", f"/api/office/desks/{counter}/lines", body)

    @rule(who=who, kind=st.sampled_from(["complaint", "emergency"]))
    def call_for_help(self, who: int, kind: str) -> None:
        self.send(self.desk(who), "POST", "/api/desk/help", {"kind": kind})
        self.send(self.world.staff[self.office][1], "DELETE", f"/api/office/desks/{who + 1}/help")

    @rule(kiosk=st.integers(0, 1), answered=st.booleans())
    def call_for_help_at_a_kiosk(self, kiosk: int, answered: bool) -> None:
        self.send(self.world.kiosks[self.office][kiosk], "POST", "/api/kiosk/help")
        lan = self.world.staff[self.office][0]
        for call in self.run(lan.get("/api/reception/help")).json() if answered else []:
            self.send(lan, "DELETE", f"/api/reception/help/{call['device']}")

    @rule(begins=st.booleans())
    def practise(self, begins: bool) -> None:
        self.send(self.world.staff[self.office][1], "PUT" if begins else "DELETE", "/api/office/practice")

    @rule()
    def end_the_day(self) -> None:
        self.send(self.world.staff[self.office][1], "POST", "/api/office/end-day")

    # --- afterwards --------------------------------------------------------------------------------------------

    @precondition(lambda self: self.tickets)
    @rule(which=which, level=st.integers(1, 3))
    def rate_by_phone(self, which: int, level: int) -> None:
        token = self.ticket(which)["followToken"]
        self.send(self.world.anybody, "POST", f"/api/tickets/{token}/rating", {"level": level})

    @precondition(lambda self: self.tickets)
    @rule(which=which, level=st.integers(1, 3))
    def rate_on_the_tablet(self, which: int, level: int) -> None:
        body = {"ticketId": self.ticket(which)["id"], "level": level}
        self.send(self.world.tablets[self.office], "POST", "/api/tablet/rating", body)

    @precondition(lambda self: self.tickets)
    @rule(which=which)
    def give_a_number_back(self, which: int) -> None:
        self.send(self.world.anybody, "POST", f"/api/tickets/{self.ticket(which)['followToken']}/withdraw")

    @precondition(lambda self: self.tickets)
    @rule(which=which, minutes=st.sampled_from([None, None, 5, 20, 21]))
    def step_out_or_come_back(self, which: int, minutes: int | None) -> None:
        path = f"/api/tickets/{self.ticket(which)['followToken']}"
        if minutes is None:
            self.send(self.world.anybody, "POST", f"{path}/back")
        else:
            self.send(self.world.anybody, "POST", f"{path}/hold", {"minutes": minutes})

    @rule(pause=st.sampled_from(PAUSES))
    def time_passes(self, pause: dict[str, float]) -> None:
        self.world.clock.forward(**pause)

    @rule(hour=st.sampled_from([0, 8, 9]))
    def another_morning(self, hour: int) -> None:
        self.world.clock.local(hour, 5, days=1)

    def teardown(self) -> None:
        if hasattr(self, "board"):
            self.run(self._check())

    async def _check(self) -> None:
        await kept_its_promises(self.office)
        tickets = (await stored(self.office))["ticket"].values()
        numbers = Counter((row["day"], row["series"], row["number"], row["sample"]) for row in tickets)
        assert all(times == 1 for times in numbers.values()), numbers
        still_open = [row for row in tickets if row["state"] in OPEN_STATES]
        if self.office == WEEKDAYS:  # the other one is made up: everything there is a sample
            practises = self.board.state.practice
            assert practises or not any(row["sample"] for row in still_open)
            assert {row["sample"] for row in still_open if row["source"] != "offline"} <= {practises}
        # A kiosk that is alone cannot know what is still open; its own numbers are printed before we hear of them.
        labels = Counter(row["label"] for row in still_open if row["source"] != "offline")
        assert all(times == 1 for times in labels.values()), labels
        busy = Counter(row["counter"] for row in still_open if row["state"] in ("called", "serving"))
        assert all(times == 1 for times in busy.values()), busy
