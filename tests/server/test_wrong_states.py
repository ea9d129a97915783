"""Every verb from every state, by the right desk, the wrong desk and nobody: done once, refused otherwise."""

from collections.abc import Mapping

import httpx
import pytest

from server.journal.frames import head_seq
from server.queue.rules_verbs import FROM
from tests.server.journalled import stored
from tests.server.support import OFFICE, Clock, House, Json, act, call, ok, refused, take

STATES = ["coming", "waiting", "called", "serving", "parked", "missed", "served", "withdrawn", "no-show"]
# verb: body
VERBS: Mapping[str, Json | None] = {
    "recall": None,
    "start": None,
    "finish": None,
    "miss": None,
    "return": None,
    "park": None,
    "resume": None,
    "transfer": {"line": "H"},
    "add-procedure": {"procedure": "2.000908"},
    "no-show": None,
    "withdraw": None,
}
ANYWHERE = {"return", "withdraw", "no-show", "resume"}
"""Verbs that the desk need not hold the ticket for; a called one's no-show is its own desk's alone."""


@pytest.fixture
def furnished_url(office_sqlite_url: str) -> str:
    """One engine is enough: rules decide here; test_any_day plays them on both."""
    return office_sqlite_url


async def brought_to(house: House, state: str, desk: httpx.AsyncClient, kiosk: httpx.AsyncClient) -> Json:
    """A fresh ticket in that state, at that desk where it is at one."""
    ticket = await (at_home(house) if state == "coming" else take(kiosk))
    steps = {
        "coming": [],
        "waiting": [],
        "called": ["next"],
        "serving": ["next", "start"],
        "parked": ["next", "park"],
        "missed": ["next", "miss"],
        "served": ["next", "start", "finish"],
        "withdrawn": ["withdraw"],
        "no-show": ["next", "no-show"],
    }[state]
    for step in steps:
        if step == "next":
            assert (await call(desk))["id"] == ticket["id"]
        else:
            await act(desk, ticket, step)
    return ticket


@pytest.mark.parametrize("state", STATES)
async def test_a_verb_starts_from_its_states_alone(house: House, clock: Clock, state: str) -> None:
    """From a state it names a verb is done; from any other it is `wrong-state` and changes nothing at all."""
    for verb, body in VERBS.items():
        kiosk, desk = await house.device(), await house.officer(counter=2)
        ticket = await brought_to(house, state, desk, kiosk)
        clock.forward(seconds=30)
        before, seq = await stored(OFFICE), await head_seq(OFFICE)
        path = f"/api/desk/tickets/{ticket['id']}/{verb}"
        answer = await desk.post(path, json=body)
        if state in FROM[verb]:  # type: ignore[index]
            done = ok(answer, 200)
            assert await head_seq(OFFICE) > seq, verb
            twice = await desk.post(path, json=body)
            assert twice.status_code == 409 or done["state"] == twice.json()["state"], verb
        else:
            expected = "already-withdrawn" if (verb, state) == ("withdraw", "withdrawn") else "wrong-state"
            expected = "not-arrived" if state == "coming" else expected
            problem = refused(answer, expected, 409)
            if expected in ("wrong-state", "not-arrived"):
                assert ticket["label"] in problem["detail"]
            assert (await stored(OFFICE), await head_seq(OFFICE)) == (before, seq), verb
        await cleared(house, desk, ticket)


async def at_home(house: House) -> Json:
    """A number that somebody has taken on a phone, and not come with yet."""
    taken: Json = {"line": "A", "phone": "0912345678"}
    issued: Json = ok(await house.client().post(f"/api/offices/{OFFICE}/home-numbers", json=taken))
    return issued


async def cleared(house: House, desk: httpx.AsyncClient, ticket: Json) -> None:
    """Nobody is left at the desk or before it."""
    state = (await stored(OFFICE))["ticket"][ticket["id"]]["state"]
    for verb in {"called": ["no-show"], "serving": ["finish"], "parked": ["resume", "finish"],
                 "waiting": ["withdraw"], "coming": ["withdraw"],
                 "missed": ["no-show"]}.get(str(state), []):  # fmt: skip
        await act(desk, ticket, verb)


@pytest.mark.parametrize("state", ["called", "serving"])
async def test_another_desks_ticket_is_left_alone(house: House, clock: Clock, state: str) -> None:
    """What is being called or served at one counter, no other one can touch; nor can who sits nowhere."""
    kiosk, desk = await house.device(), await house.officer(counter=2)
    other, nowhere = await house.officer("trang.bode", counter=3), await house.officer("oanh.bode")
    ticket = await brought_to(house, state, desk, kiosk)
    clock.forward(seconds=30)
    before, seq = await stored(OFFICE), await head_seq(OFFICE)
    for verb, body in VERBS.items():
        path = f"/api/desk/tickets/{ticket['id']}/{verb}"
        if state in FROM[verb]:  # type: ignore[index]
            refused(await other.post(path, json=body), "not-your-ticket", 409)
        if verb not in ANYWHERE:
            refused(await nowhere.post(path, json=body), "not-seated", 409)
        else:
            assert (await nowhere.post(path, json=body)).status_code == 409
    assert (await stored(OFFICE), await head_seq(OFFICE)) == (before, seq)


async def test_a_seat_is_for_one(house: House) -> None:
    """A counter that is taken, one that is none, and a second one while somebody is served, are refused."""
    desk, other = await house.officer(counter=2), await house.officer("trang.bode")
    refused(await other.put("/api/desk", json={"counter": 2}), "counter-taken", 409)
    refused(await other.put("/api/desk", json={"counter": 77}), "no-such-counter", 404)
    seq = await head_seq(OFFICE)
    ok(await desk.put("/api/desk", json={"counter": 2}), 200)
    assert await head_seq(OFFICE) == seq
    await take(await house.device())
    await call(desk)
    refused(await desk.put("/api/desk", json={"counter": 3}), "still-serving", 409)
    refused(await desk.delete("/api/desk"), "still-serving", 409)
    refused(await desk.put("/api/desk/pause", json={"reason": "ăn trưa"}), "still-serving", 409)
    refused(await desk.post("/api/desk/next"), "still-serving", 409)
    assert await head_seq(OFFICE) == seq + 2


async def test_nobody_is_called_to_an_empty_or_resting_counter(house: House) -> None:
    """Without a seat, and during a break, next is refused; afterwards it is not."""
    desk = await house.officer()
    await take(await house.device())
    refused(await desk.post("/api/desk/next"), "not-seated", 409)
    ok(await desk.put("/api/desk", json={"counter": 2}))
    ok(await desk.put("/api/desk/pause", json={"reason": "ăn trưa"}))
    refused(await desk.post("/api/desk/next"), "counter-paused", 409)
    ok(await desk.delete("/api/desk/pause"))
    assert (await call(desk))["number"] == "A001"
