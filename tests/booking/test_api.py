"""Booking over HTTP: the contract's calls, on both engines."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest
import vobject

from tests.booking.small import COPY, OFFICE, open_small_office, state, time
from tests.server.support import Clock, House, Json, ok, refused


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    """The small office."""
    await open_small_office()


def body(start: datetime | str, who: int = 1, **more: Any) -> Json:
    return {
        "office": OFFICE, "procedures": [COPY], "start": start if isinstance(start, str) else start.isoformat(),
        "citizen": {"name": "Lê Thị Hoa", "phone": f"0912{who:06}"}, "purpose": "submit", "language": "vi", **more,
    }  # fmt: skip


async def book(client: httpx.AsyncClient, start: datetime, who: int = 1, **more: Any) -> Json:
    """A held time."""
    held: Json = ok(await client.post("/api/appointments", json=body(start, who, **more)), 201)
    return held


def manager(house: House, held: Json) -> httpx.AsyncClient:
    return house.client(held["manageToken"])


async def test_from_slots_to_a_cancelled_booking(house: House, clock: Clock) -> None:
    """Slots, hold, confirm, look, move, calendar, cancel: each answers as the contract says."""
    anybody = house.client()
    slots = ok(await anybody.get(f"/api/offices/{OFFICE}/slots", params={"procedure": COPY, "days": 2}))
    assert slots[0] == {
        "start": "2026-11-23T09:15:00+07:00", "end": "2026-11-23T09:30:00+07:00", "free": 1,
        "officers": [{"username": "an", "name": "An"}, {"username": "binh", "name": "Binh"}],
    }  # fmt: skip
    held = await book(anybody, datetime.fromisoformat(slots[0]["start"]))
    assert held["state"] == "held"
    assert datetime.fromisoformat(held["heldUntil"]) == clock.at + timedelta(minutes=10)
    mine = manager(house, held)
    path = f"/api/appointments/{held['reference']}"
    confirmed = ok(await mine.post(f"{path}/confirm"), 200)
    assert (confirmed["state"], "heldUntil" in confirmed, "manageToken" in confirmed) == ("confirmed", False, False)
    assert ok(await mine.get(path)) == confirmed
    moved = ok(await mine.patch(path, json={"start": time(14).isoformat()}), 200)
    assert moved["start"] == "2026-11-23T14:00:00+07:00"
    calendar = await mine.get(f"{path}/calendar.ics")
    assert calendar.headers["content-type"].startswith("text/calendar")
    event = vobject.readOne(calendar.text).vevent
    assert (event.dtstart.value, event.url.value) == (time(14), f"{house.url}/a/{held['reference']}")
    assert (await mine.delete(path)).status_code == 204
    assert ok(await mine.get(path))["state"] == "cancelled"
    refused(await mine.delete(path), "already-cancelled", 409)


async def test_the_same_key_books_once(house: House) -> None:
    """A booking sent again with its key is answered as the first time; with another body it is refused."""
    client = house.client()
    key = {"Idempotency-Key": "5d3f"}
    first = await client.post("/api/appointments", json=body(time(10)), headers=key)
    again = await client.post("/api/appointments", json=body(time(10)), headers=key)
    assert (first.status_code, again.content) == (201, first.content)
    refused(await client.post("/api/appointments", json=body(time(11)), headers=key), "key-reused", 422)
    assert len((await state())[1]) == 1


async def test_many_at_once_get_one_place(house: House) -> None:
    """Thirty for the last place at the same moment: one gets it, the others the nearest free times."""
    client = house.client()
    answers = await asyncio.gather(
        *(client.post("/api/appointments", json=body(time(10), who)) for who in range(1, 31))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 29
    for answer in answers:
        if answer.status_code == 409:
            assert len(refused(answer, "slot-full", 409)["nearest"]) == 3


async def test_a_phone_gives_the_token_and_the_cookie_of_one_booking(house: House) -> None:
    """Who knows the phone gets in, by a cookie that the browser sends for this booking alone."""
    held = await book(house.client(), time(10))
    path = f"/api/appointments/{held['reference']}"
    browser = house.client()
    refused(await browser.get(path), "no-such-booking", 404)
    opened = await browser.post(f"{path}/access", json={"phone": "0912 000 001"})
    assert ok(opened, 200) == {"manageToken": held["manageToken"]}
    cookie = opened.headers["set-cookie"]
    assert cookie.startswith(f"motcua-{held['reference']}=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part.lower() in cookie.lower()
    assert ok(await browser.get(path))["state"] == "held"
    own = {"Origin": house.url}
    refused(await browser.post(f"{path}/confirm", headers={"Origin": "https://evil.example"}), "bad-origin", 403)
    assert ok(await browser.post(f"{path}/confirm", headers=own), 200)["state"] == "confirmed"


async def test_wrong_tries_count_even_with_a_key(house: House) -> None:
    """Five wrong phones shut the door, whether or not the caller sends idempotency keys."""
    held = await book(house.client(), time(10))
    path = f"/api/appointments/{held['reference']}/access"
    client = house.client()
    for place in range(5):
        wrong = await client.post(path, json={"phone": "0912999999"}, headers={"Idempotency-Key": f"try-{place}"})
        refused(wrong, "no-such-booking", 404)
    refused(await client.post(path, json={"phone": "0912000001"}), "too-many", 429)
    for bad in ({}, {"phone": "0912000001", "token": "x"}):
        refused(await client.post(path, json=bad), "invalid", 400)


async def test_strangers_are_told_that_there_is_nothing(house: House) -> None:
    """Every way to a booking says 404 to who has no token, a forged one, or another booking's."""
    held, other = await book(house.client(), time(10)), await book(house.client(), time(11), 2)
    path = f"/api/appointments/{held['reference']}"
    before = await state()
    for client in (house.client(), house.client("forged"), manager(house, other)):
        refused(await client.get(path), "no-such-booking", 404)
        refused(await client.get(f"{path}/calendar.ics"), "no-such-booking", 404)
        refused(await client.post(f"{path}/confirm"), "no-such-booking", 404)
        refused(await client.patch(path, json={"start": time(14).isoformat()}), "no-such-booking", 404)
        refused(await client.delete(path), "no-such-booking", 404)
    assert await state() == before


async def test_an_expired_hold_is_gone(house: House, clock: Clock) -> None:
    """Confirming too late is 410, and the booking says that it has expired."""
    held = await book(house.client(), time(10))
    clock.forward(minutes=10)
    mine = manager(house, held)
    refused(await mine.post(f"/api/appointments/{held['reference']}/confirm"), "hold-expired", 410)
    assert ok(await mine.get(f"/api/appointments/{held['reference']}"))["state"] == "expired"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start": "2026-11-23T10:00:00"}, "invalid"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "slot-past"),
        ({"start": "9999-12-31T23:59:59-12:00"}, "too-far-ahead"),
        ({"start": "tomorrow"}, "invalid"),
        ({"procedures": []}, "invalid"),
        ({"procedures": ["9.000001"] * 6}, "invalid"),
        ({"unknown": 1}, "invalid"),
        ({"purpose": "other"}, "invalid"),
        ({"dossierNumber": "H26"}, "bad-dossier"),
        ({"citizen": {"name": "An", "phone": "0912"}}, "bad-phone"),
        ({"citizen": {"name": "A\u202en", "phone": "0912000001"}}, "bad-text"),
        ({"citizen": {"name": "A" * 201, "phone": "0912000001"}}, "invalid"),
        ({"citizen": {"name": "An", "phone": "0912000001", "email": "an@"}}, "bad-email"),
    ],
)
async def test_bad_input_is_refused_and_nothing_is_held(house: House, change: Json, code: str) -> None:
    """Every malformed field has a code and a sentence in the caller's language, and leaves everything as it was."""
    before = await state()
    answer = await house.client().post("/api/appointments", json=body(time(10)) | change)
    problem = answer.json()
    assert answer.status_code >= 400
    assert problem["type"] in (f"urn:motcua:{code}", "urn:motcua:unknown-field")
    assert problem["detail"]
    assert await state() == before


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"procedure": COPY, "from": "2026-11-20", "days": "31"}, 200),
        ({"procedure": COPY, "from": "9999-12-31", "days": "31"}, 200),
        ({"procedure": COPY, "from": "0001-01-01"}, 200),
        ({"procedure": COPY, "days": "32"}, 400),
        ({"procedure": COPY, "from": "soon"}, 400),
        ({}, 400),
        ({"procedure": "9.999999"}, 404),
        ({"procedure": COPY, "officer": "dung.bode"}, 404),
    ],
)
async def test_slots_are_asked_for_in_bounds(house: House, query: dict[str, str], status: int) -> None:
    """Any day may be asked for and only bookable ones answer; too many days and unknown codes are refused."""
    answer = await house.client().get(f"/api/offices/{OFFICE}/slots", params=query)
    assert answer.status_code == status, answer.text
    if status == 200:
        days = {datetime.fromisoformat(slot["start"]).date() for slot in answer.json()}
        assert all(abs((day - date(2026, 11, 23)).days) <= 7 for day in days)
