"""Numbers from home over HTTP: taken by anybody, told by poster, kiosk and reception, each as often as it is sent."""

import pytest

from server import clock
from server.journal.frames import head_seq
from server.queue import home
from tests.server.journalled import kept_its_promises, stored
from tests.server.support import OFFICE, WEEKDAYS, Clock, House, Json, act, call, ok, refused, take

ME: Json = {"line": "A", "phone": "0912345678"}
PATH = f"/api/offices/{OFFICE}/home-numbers"


async def code_of_today() -> str:
    return await home.poster_code(OFFICE, clock.day_of(clock.now(), "Asia/Ho_Chi_Minh"))


async def test_from_the_phone_to_the_counter(house: House, clock: Clock) -> None:
    """Taken, told with its turn, passed over, arrived by the poster's code, called; sent twice it happens once."""
    anybody, kiosk, desk = house.client(), await house.device(), await house.officer(counter=2)
    key = {"Idempotency-Key": "one touch"}
    mine = ok(await anybody.post(PATH, json=ME, headers=key), 201)
    assert ok(await anybody.post(PATH, json=ME, headers=key), 201) == mine
    walk_in = await take(kiosk)
    seen = ok(await anybody.get(f"/api/tickets/{mine['followToken']}"))
    assert (seen["state"], seen["ahead"]) == ("coming", 0)
    assert (await call(desk))["id"] == walk_in["id"]
    arrive = f"/api/tickets/{mine['followToken']}/arrive"
    refused(await anybody.post(arrive, json={"code": "000000"}), "wrong-poster-code", 409)
    body, key = {"code": await code_of_today()}, {"Idempotency-Key": "here"}
    here = ok(await anybody.post(arrive, json=body, headers=key), 200)
    assert here["state"] == "waiting"
    assert "turn" not in here
    seq = await head_seq(OFFICE)
    assert ok(await anybody.post(arrive, json=body, headers=key), 200)["state"] == "waiting"
    refused(await anybody.post(arrive, json=body), "already-arrived", 409)
    assert await head_seq(OFFICE) == seq
    await act(desk, walk_in, "no-show")
    called = await call(desk)
    assert called["id"] == mine["id"]
    await kept_its_promises(OFFICE)


async def test_the_kiosk_hears_it_from_the_phones_screen(house: House) -> None:
    """The number's QR code lets its holder arrive and answers with the ticket; again it says so, with it."""
    anybody, kiosk = house.client(), await house.device()
    mine = ok(await anybody.post(PATH, json=ME), 201)
    shown = {"qr": mine["followUrl"]}
    issued = ok(await kiosk.post("/api/kiosk/check-in", json=shown), 201)
    assert (issued["id"], issued["number"], issued["followToken"]) == (mine["id"], mine["number"], mine["followToken"])
    again = refused(await kiosk.post("/api/kiosk/check-in", json=shown), "already-arrived", 409)
    assert again["ticket"]["id"] == mine["id"]
    slip = await take(kiosk)
    refused(await kiosk.post("/api/kiosk/check-in", json={"qr": slip["followUrl"]}), "not-from-home", 409)
    elsewhere = await house.device(office=WEEKDAYS)
    refused(await elsewhere.post("/api/kiosk/check-in", json=shown), "other-office", 409)


async def test_reception_lists_who_is_coming_and_lets_them_in(house: House) -> None:
    """One press; neither a stranger nor a kiosk may press it."""
    anybody, lan = house.client(), await house.officer("lan.bode")
    mine = ok(await anybody.post(PATH, json=ME), 201)
    coming = ok(await lan.get("/api/reception/coming"))
    assert [(each["id"], each["state"], each["source"]) for each in coming] == [(mine["id"], "coming", "phone")]
    path = f"/api/reception/tickets/{mine['id']}/arrive"
    refused(await anybody.post(path), "sign-in", 401)
    refused(await (await house.device()).post(path), "not-allowed", 403)
    assert ok(await lan.post(path), 200)["state"] == "waiting"
    assert ok(await lan.get("/api/reception/coming")) == []
    refused(await lan.post(path), "already-arrived", 409)


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (ME | {"line": "Z"}, "no-such-line", 404),
        (ME | {"phone": "113"}, "bad-phone", 400),
        (ME | {"procedure": "9.999999"}, "no-such-procedure", 404),
        (ME | {"class": "elderly75"}, "invalid", 400),
    ],
)
async def test_a_bad_wish_changes_nothing(house: House, body: Json, code: str, status: int) -> None:
    """Each has its code in both languages, and nothing is written; a class cannot be had without proof."""
    before, seq = await stored(OFFICE), await head_seq(OFFICE)
    refused(await house.client().post(PATH, json=body), code, status)
    assert (await stored(OFFICE), await head_seq(OFFICE)) == (before, seq)


async def test_an_office_that_gives_none_says_so(house: House) -> None:
    """Long Biên's own pack leaves them off: a wish is refused in words, as where there is no office at all."""
    path = f"/api/offices/{WEEKDAYS}/home-numbers"
    refused(await house.client().post(path, json=ME), "no-home-numbers", 409)
    refused(await house.client().post("/api/offices/nowhere/home-numbers", json=ME), "no-such-office", 404)


async def test_nobody_learns_whose_a_telephone_is(house: House) -> None:
    """A second number for the same telephone is refused without a word about the first."""
    mine = ok(await house.client().post(PATH, json=ME), 201)
    answer = refused(await house.client().post(PATH, json=ME), "home-number-held", 409)
    assert mine["number"] not in str(answer)
    assert mine["followToken"] not in str(answer)
