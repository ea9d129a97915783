"""The office's calendar over HTTP, on both engines: what staff see and do, and who is kept out."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from server.journal.frames import head_seq
from tests.server.support import OFFICE, Clock, House, Json, ok, refused

COPY = "2.000815"


@pytest.fixture
async def reception(house: House) -> httpx.AsyncClient:
    """Somebody at reception."""
    return await house.officer("lan.bode")


async def body(client: httpx.AsyncClient, place: int = 0, **more: Any) -> Json:
    """A booking that can be made: a free time of tomorrow."""
    times = ok(await client.get("/api/calendar/times", params={"procedure": COPY, "from": "2026-11-24"}))
    citizen = {"name": "Nguyễn Thị Hoà", "phone": f"09123456{place:02}", "email": "hoa@thu.example"}
    return {"procedures": [COPY], "start": times[place]["start"], "citizen": citizen, "waive": ["dossier"], **more}


async def book(client: httpx.AsyncClient, place: int = 0, **more: Any) -> Json:
    """A booking made for somebody."""
    made: Json = ok(await client.post("/api/calendar/appointments", json=await body(client, place, **more)), 201)
    return made


async def day_of(client: httpx.AsyncClient, **params: Any) -> Json:
    """Tomorrow in the calendar."""
    found: Json = ok(await client.get("/api/calendar", params={"from": "2026-11-24", **params}))
    return found


async def test_a_day_from_booking_to_calling_off(house: House, reception: httpx.AsyncClient) -> None:
    """Booked, it is in the day with name and three digits; looked at, all is there; moved, called off, it says so."""
    made = await book(reception)
    assert (made["state"], made["open"], made["waived"]) == ("confirmed", True, ["dossier"])
    day = (await day_of(reception))["days"][0]
    (listed,) = day["appointments"]
    assert (listed["name"], listed["phoneTail"]) == ("Nguyễn Thị Hoà", "600")
    assert not {"phone", "email", "dossierNumber"} & listed.keys()
    path = f"/api/calendar/appointments/{made['reference']}"
    assert ok(await reception.get(path)) == made
    assert (made["phone"], made["email"]) == ("+84912345600", "hoa@thu.example")
    times = ok(await reception.get(f"{path}/times", params={"from": "2026-11-25", "officer": "son.bode"}))
    moved = ok(await reception.patch(path, json={"start": times[3]["start"], "officer": "son.bode"}), 200)
    assert (moved["start"], moved["officer"], moved["officerName"]) == (times[3]["start"], "son.bode", "Phan Đình Sơn")
    assert (await day_of(reception))["days"][0]["appointments"] == []
    ended = ok(await reception.post(f"{path}/cancel", json={"reason": "officer-away", "note": "Ốm"}), 200)
    assert (ended["state"], ended["reason"], ended["note"], ended["open"]) == ("cancelled", "officer-away", "Ốm", False)
    week = await day_of(reception, days=7)
    assert [each["state"] for day in week["days"] for each in day["appointments"]] == ["cancelled"]
    refused(await reception.post(f"{path}/cancel", json={"reason": "other"}), "already-cancelled", 409)


async def test_the_day_says_hours_and_who_is_there(house: House, reception: httpx.AsyncClient) -> None:
    """Hours, duties and names of the day; a holiday is closed and says which; one officer's day is that one's alone."""
    view = await day_of(reception)
    assert (view["office"], view["timeZone"], view["slotMinutes"]) == (OFFICE, "Asia/Ho_Chi_Minh", 15)
    assert {duty["officer"] for duty in view["days"][0]["duties"]} <= {each["username"] for each in view["officers"]}
    mine, anybody = await book(reception, 0, officer="son.bode"), await book(reception, 4)
    alone = (await day_of(reception, officer="son.bode"))["days"][0]
    assert [each["reference"] for each in alone["appointments"]] == [mine["reference"]]
    assert {duty["officer"] for duty in alone["duties"]} == {"son.bode"}
    everybody = (await day_of(reception))["days"][0]["appointments"]
    assert {each["reference"] for each in everybody} == {mine["reference"], anybody["reference"]}
    refused(await reception.get("/api/calendar", params={"officer": "nobody"}), "no-such-officer", 404)
    longbien = await house.officer("phuong.longbien")
    holiday = ok(await longbien.get("/api/calendar", params={"from": "2027-01-01"}))["days"][0]
    assert holiday["opening"] == []
    assert holiday["closed"] == "Tết Dương lịch"
    sunday = ok(await longbien.get("/api/calendar", params={"from": "2026-11-29"}))["days"][0]
    assert (sunday["opening"], sunday["closed"]) == ([], None)


async def test_who_is_kept_out(house: House, reception: httpx.AsyncClient) -> None:
    """Nobody signed in, machines, administrators and auditors see nothing; another office's people find no booking."""
    made = await book(reception)
    path = f"/api/calendar/appointments/{made['reference']}"
    calls: tuple[tuple[str, str, Json | None], ...] = (
        ("GET", "/api/calendar", None),
        ("GET", f"/api/calendar/times?procedure={COPY}", None),
        ("GET", path, None),
        ("GET", f"{path}/times", None),
        ("POST", "/api/calendar/appointments", await body(reception, 2)),
        ("PATCH", path, {"start": made["start"], "officer": None}),
        ("POST", f"{path}/cancel", {"reason": "other"}),
        ("POST", f"{path}/message", None),
    )
    before = await head_seq(OFFICE)
    anybody, kiosk = house.client(), await house.device("kiosk")
    for method, where, sent in calls:
        refused(await anybody.request(method, where, json=sent), "sign-in", 401)
        refused(await kiosk.request(method, where, json=sent), "not-allowed", 403)
    other = await house.officer("phuong.longbien")
    for method, where, sent in calls:
        if made["reference"] in where:
            refused(await other.request(method, where, json=sent), "no-such-booking", 404)
    assert (await day_of(other))["days"][0]["appointments"] == []
    assert await head_seq(OFFICE) == before


async def test_officers_and_the_head_may_do_it_too(house: House) -> None:
    """Whoever sits at a counter may take a call: all three roles that meet people book, look and call off."""
    for place, username in enumerate(("dung.bode", "lan.bode", "huong.bode")):
        client = await house.officer(username)
        made = await book(client, 3 * place)
        path = f"/api/calendar/appointments/{made['reference']}"
        assert ok(await client.get(path))["name"] == "Nguyễn Thị Hoà"
        ok(await client.post(f"{path}/cancel", json={"reason": "asked"}), 200)


async def test_sent_twice_it_happens_once(house: House, reception: httpx.AsyncClient) -> None:
    """Booking, moving and calling off with the same key again: the first answer, and the journal stands still."""
    key = {"Idempotency-Key": "a"}
    wanted = await body(reception)
    first = await reception.post("/api/calendar/appointments", json=wanted, headers=key)
    path = f"/api/calendar/appointments/{first.json()['reference']}"
    later = (await body(reception, 5))["start"]
    commands: tuple[tuple[str, str, Json], ...] = (
        ("POST", "/api/calendar/appointments", wanted),
        ("PATCH", path, {"start": later, "officer": None}),
        ("POST", f"{path}/cancel", {"reason": "asked"}),
    )
    for method, where, sent in commands:
        one = await reception.request(method, where, json=sent, headers=key)
        seq = await head_seq(OFFICE)
        again = await reception.request(method, where, json=sent, headers=key)
        assert (one.status_code, again.content, await head_seq(OFFICE)) == (again.status_code, one.content, seq)


async def test_bad_input_changes_nothing(house: House, reception: httpx.AsyncClient) -> None:
    """Unknown reasons and waivers, naive times, strange days and too long spans are refused; nothing is booked."""
    before = await head_seq(OFFICE)
    good = await body(reception)
    naive = good["start"][:19]
    for sent in ({**good, "waive": ["capacity"]}, {**good, "start": naive}, {**good, "procedures": []}):
        assert (await reception.post("/api/calendar/appointments", json=sent)).status_code == 400
    made_up = {**good, "procedures": ["9.9"]}
    refused(await reception.post("/api/calendar/appointments", json=made_up), "no-such-procedure", 404)
    stolen = {**good, "officer": "phuong.longbien"}
    refused(await reception.post("/api/calendar/appointments", json=stolen), "no-such-officer", 404)
    for params in ({"days": 8}, {"days": 0}, {"from": "2026-02-30"}):
        assert (await reception.get("/api/calendar", params=params)).status_code == 400
    assert await head_seq(OFFICE) == before
    made = await book(reception)
    path = f"/api/calendar/appointments/{made['reference']}"
    assert (await reception.post(f"{path}/cancel", json={"reason": "because"})).status_code == 400
    assert ok(await reception.get(path))["state"] == "confirmed"


async def test_far_days_are_empty_not_errors(house: House, reception: httpx.AsyncClient) -> None:
    """The calendar of years ago and to come can be looked at."""
    for day in (date(2001, 1, 1), date(2199, 12, 25)):
        view = ok(await reception.get("/api/calendar", params={"from": day.isoformat(), "days": 7}))
        assert [each["day"] for each in view["days"]] == [(day + timedelta(days=n)).isoformat() for n in range(7)]


async def test_paper_tells_what_the_counter_needs(house: House, reception: httpx.AsyncClient) -> None:
    """The printed day has time, name, three digits and procedure; no telephone, address or code; strangers get none."""
    made = await book(reception)
    await book(reception, 4)
    gone = await book(reception, 8)
    ok(await reception.post(f"/api/calendar/appointments/{gone['reference']}/cancel", json={"reason": "asked"}), 200)
    paper = (await reception.get("/calendar/print", params={"day": "2026-11-24"})).text
    assert paper.count("<tr>") == 1 + 2
    assert "Nguyễn Thị Hoà" in paper
    assert "<td>600</td>" in paper
    for secret in ("912345600", "hoa@thu.example", made["reference"], made["readable"]):
        assert secret not in paper
    led = await house.client().get("/calendar/print", params={"day": "2026-11-24"})
    assert (led.status_code, led.headers["location"]) == (303, "/calendar")


async def test_held_times_show_without_a_name(house: House, reception: httpx.AsyncClient, clock: Clock) -> None:
    """A time that somebody is about to book is taken in the calendar, too, until the hold is over."""
    wanted = await body(reception)
    citizen = {"name": "Lê Văn Tám", "phone": "0987654321"}
    held = {
        "office": OFFICE,
        "procedures": [COPY],
        "start": wanted["start"],
        "citizen": citizen,
        "dossierNumber": "H26.10-261121-0042",
    }
    ok(await house.client().post("/api/appointments", json=held), 201)
    (shown,) = (await day_of(reception))["days"][0]["appointments"]
    assert shown["state"] == "held"
    clock.forward(minutes=11)
    assert (await day_of(reception))["days"][0]["appointments"] == []
