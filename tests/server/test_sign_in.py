"""Signing in exactly as CONTRACT.md has it: cookies, bearer tokens, lock-out, origins, roles, and other offices."""

from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest

from server.people import service as people
from server.people.tables import Token
from server.settings import Settings
from tests.server.support import OFFICE, PASSWORD, WEEKDAYS, Clock, House, call, house_of, ok, refused, served, take

WRONG = {"username": "dung.bode", "password": "sai-hoàn-toàn"}
RIGHT = {"username": "dung.bode", "password": PASSWORD}


@pytest.fixture
def furnished_url(office_sqlite_url: str) -> str:
    """One engine is enough: nothing here depends on it."""
    return office_sqlite_url


async def sign_in(house: House, body: dict[str, str], **headers: str) -> httpx.Response:
    return await house.client().post("/api/session", json=body, headers=headers)


def cookie_of(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """The one cookie an answer sets: its name and attributes."""
    (header,) = answer.headers.get_list("set-cookie")
    ((name, morsel),) = SimpleCookie(header).items()
    return name, {key: str(value) for key, value in morsel.items() if value} | {"value": morsel.value}


# --- cookies ---------------------------------------------------------------------------------------------------


async def test_a_plain_http_cookie_is_kept_from_scripts_and_other_sites(house: House) -> None:
    """Over plain http it is `motcua`: HttpOnly, SameSite=Strict, for the whole site, for twelve hours, not Secure."""
    answer = await sign_in(house, RIGHT)
    assert ok(answer) == {
        "officer": "dung.bode",
        "name": "Đinh Thị Dung",
        "office": OFFICE,
        "officeName": ok(answer)["officeName"],
        "role": "officer",
    }
    name, attributes = cookie_of(answer)
    assert name == "motcua"
    assert len(attributes.pop("value")) >= 43  # 256 random bits
    assert attributes == {"path": "/", "max-age": "43200", "httponly": "True", "samesite": "strict"}


async def test_an_https_cookie_is_bound_to_the_host(furnished_url: str, clock: Clock) -> None:
    """With an https public address it is `__Host-motcua`, Secure, without a Domain, and `motcua` is nobody's."""
    async with house_of(furnished_url, public_url="https://motcua.example") as house:
        answer = await sign_in(house, RIGHT)
        name, attributes = cookie_of(answer)
        assert name == "__Host-motcua"
        token = attributes.pop("value")
        assert attributes == {
            "path": "/", "max-age": "43200", "httponly": "True", "samesite": "strict", "secure": "True",
        }  # fmt: skip
        assert ok(await house.client(Cookie=f"__Host-motcua={token}").get("/api/session"))["officer"] == "dung.bode"
        refused(await house.client(Cookie=f"motcua={token}").get("/api/session"), "sign-in", 401)


async def test_a_presented_token_never_becomes_a_session(house: House) -> None:
    """Whoever signs in with somebody else's cookie in his browser gets a fresh one; the planted one opens nothing."""
    planted = "ke-gian-da-chon-san-ma-nay-0123456789abcdef"
    answer = await sign_in(house, RIGHT, Cookie=f"motcua={planted}")
    token = cookie_of(answer)[1]["value"]
    assert token != planted
    refused(await house.client(Cookie=f"motcua={planted}").get("/api/session"), "sign-in", 401)
    again = cookie_of(await sign_in(house, RIGHT, Cookie=f"motcua={token}"))[1]["value"]
    assert again != token


async def test_a_tv_signs_in_with_its_own_token(house: House) -> None:
    """A device's page gets a cookie that can do what the device may, no more, and that ends with nothing else."""
    token = (await people.add_device(OFFICE, "tablet", "Máy quầy 2", 2))[1]
    page = house.client()
    answer = await page.post("/api/devices/session", json={"token": token})
    assert (answer.status_code, answer.content) == (204, b"")
    name, attributes = cookie_of(answer)
    assert name == "motcua"
    assert attributes["value"] != token
    assert (attributes["httponly"], attributes["samesite"]) == ("True", "strict")
    assert ok(await page.get("/api/tablet"))["counter"] == 2
    refused(await page.post("/api/kiosk/tickets", json={"line": "A"}), "not-allowed", 403)
    refused(await page.post("/api/desk/next"), "not-allowed", 403)
    refused(await house.client().post("/api/devices/session", json={"token": "khong-phai"}), "sign-in", 401)


def test_plain_http_beyond_this_machine_must_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listening, or being linked to, beyond loopback needs https or --allow-http."""
    for allowed in (
        Settings(),
        Settings(public_url="https://motcua.example", host="127.0.0.1"),
        Settings(public_url="https://motcua.example", host="0.0.0.0"),
        Settings(host="0.0.0.0", allow_http=True),
    ):
        allowed.refuse_plain_http()
    for refused_settings in (
        Settings(host="0.0.0.0"),
        Settings(public_url="http://motcua.example"),
        Settings(public_url="http://10.0.0.5:8000"),
    ):
        with pytest.raises(ValueError, match="--allow-http"):
            refused_settings.refuse_plain_http()


def test_the_server_warns_of_plain_http_when_it_starts(office_sqlite_url: str) -> None:
    """One line on standard error, and none where the public address is https."""
    with served(office_sqlite_url) as process:
        said = process.stop()
    assert "not Secure" in said
    with served(office_sqlite_url, MOTCUA_PUBLIC_URL="https://motcua.example") as process:
        assert process.url == "https://motcua.example"
        said = process.stop()
    assert said == ""


# --- how it ends -----------------------------------------------------------------------------------------------


async def test_signing_out_ends_the_session_everywhere(house: House) -> None:
    """The cookie is taken back, and its token opens nothing any more, wherever it was copied to."""
    desk = await house.officer()
    token = desk.cookies["motcua"]
    answer = await desk.delete("/api/session")
    assert answer.status_code == 204
    assert cookie_of(answer)[1].get("value", "") == ""
    refused(await house.client(Cookie=f"motcua={token}").get("/api/desk"), "sign-in", 401)


async def test_a_session_ends_by_itself(house: House, clock: Clock) -> None:
    """Twelve hours after signing in it opens nothing any more, to the millisecond."""
    desk = await house.officer()
    clock.forward(hours=12, milliseconds=-1)
    ok(await desk.get("/api/session"))
    clock.forward(milliseconds=1)
    refused(await desk.get("/api/session"), "sign-in", 401)


async def test_a_new_password_ends_all_sessions(house: House) -> None:
    """When a password has got out, setting another one shuts whoever came in by it out."""
    desk = await house.officer()
    await people.set_password(OFFICE, "dung.bode", "mật-khẩu-mới-tinh")
    refused(await desk.get("/api/session"), "sign-in", 401)
    refused(await sign_in(house, RIGHT), "wrong-password", 401)
    ok(await sign_in(house, RIGHT | {"password": "mật-khẩu-mới-tinh"}))


async def test_a_revoked_device_is_out_at_once(house: House) -> None:
    """Revoking is an instant in the database, seen by the very next request; nothing but hashes is stored."""
    kiosk = await house.device()
    await take(kiosk)
    token = kiosk.headers["Authorization"].removeprefix("Bearer ")
    assert await Token.count().where(Token.hash == token) == 0
    await people.revoke(token)
    refused(await kiosk.post("/api/kiosk/tickets", json={"line": "A"}), "sign-in", 401)


@pytest.mark.parametrize("header", ["Bearer ", "Bearer x", "bearer \t", "Basic ZHVuZzpib2Rl", "Bearer " + "x" * 5000])
async def test_what_is_no_token_is_nobody(house: House, header: str) -> None:
    """An empty, unknown, endless or other kind of authorisation is a 401, also beside a good cookie it replaces."""
    answer = await house.client(Authorization=header).get("/api/session")
    refused(answer, "sign-in", 401)
    assert answer.headers["www-authenticate"] == "Bearer"


# --- guessing --------------------------------------------------------------------------------------------------


async def test_five_wrong_passwords_shut_the_door(house: House, clock: Clock) -> None:
    """A minute after the fifth, doubled after each further one, 15 at most; the right one opens and forgets."""
    for _ in range(4):
        refused(await sign_in(house, WRONG), "wrong-password", 401)
    ok(await sign_in(house, RIGHT))
    for _ in range(5):
        refused(await sign_in(house, WRONG), "wrong-password", 401)
    problem = refused(await sign_in(house, RIGHT), "locked-out", 429)
    assert "1 phút" in problem["detail"]
    clock.forward(seconds=60)
    refused(await sign_in(house, WRONG), "wrong-password", 401)
    clock.forward(seconds=119)
    refused(await sign_in(house, RIGHT), "locked-out", 429)
    clock.forward(seconds=1)
    ok(await sign_in(house, RIGHT))


async def test_a_stranger_learns_nothing_by_guessing(house: House) -> None:
    """An unknown name, a wrong password and a name of another office answer the same."""
    known = await sign_in(house, WRONG)
    unknown = await sign_in(house, WRONG | {"username": "khong.co.ai"})
    elsewhere = await sign_in(house, RIGHT | {"username": f"dung.bode@{WEEKDAYS}"})
    assert known.content == unknown.content == elsewhere.content
    refused(known, "wrong-password", 401)
    assert not known.headers.get_list("set-cookie")
    assert ok(await sign_in(house, RIGHT | {"username": f" dung.bode@{OFFICE} "}))["office"] == OFFICE


# --- other people's pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Authorization": "Basic eDp5"},
    ],
)
async def test_another_site_cannot_command_with_our_cookie(house: House, headers: dict[str, str]) -> None:
    """A command that carries a cookie and comes from elsewhere is refused and does nothing."""
    desk = await house.officer(counter=2)
    before = ok(await desk.get("/api/desk"))["seq"]
    refused(await desk.delete("/api/desk", headers=headers), "bad-origin", 403)
    assert ok(await desk.get("/api/desk"))["seq"] == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://10.1.2.3:8000", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_our_own_pages_and_programs_can(house: House, headers: dict[str, str]) -> None:
    """A command is done under our own Origin, the browser's word that it is ours, or, as from programs, neither."""
    desk = await house.officer(counter=2)
    ok(await desk.delete("/api/desk", headers=headers), 200)


async def test_a_bearer_token_needs_no_origin(house: House) -> None:
    """A program with a token of its own may come from anywhere: no browser adds that header by itself."""
    kiosk = await house.device()
    headers = {"Origin": "https://kiosk.example", "Sec-Fetch-Site": "cross-site"}
    ok(await kiosk.post("/api/kiosk/tickets", json={"line": "A"}, headers=headers), 201)


# --- who may do what -------------------------------------------------------------------------------------------

STAFF = ["dung.bode", "lan.bode", "huong.bode", "dang.bode", "duong.bode"]
MAY = {
    ("PUT", "/api/desk"): {"dung.bode", "lan.bode", "huong.bode"},
    ("POST", "/api/desk/next"): {"dung.bode", "lan.bode", "huong.bode"},
    ("POST", "/api/reception/tickets"): {"dung.bode", "lan.bode", "huong.bode"},
    ("GET", "/api/calendar"): {"dung.bode", "lan.bode", "huong.bode"},
    ("POST", "/api/office/end-day"): {"huong.bode", "dang.bode"},
    ("PUT", "/api/office/practice"): {"huong.bode", "dang.bode"},
    ("DELETE", "/api/office/practice"): {"huong.bode", "dang.bode"},
    ("GET", "/api/timetable"): {"huong.bode", "dang.bode"},
    ("POST", "/api/timetable/preview"): {"huong.bode", "dang.bode"},
    ("PUT", "/api/timetable/changes"): {"huong.bode", "dang.bode"},
    ("POST", "/api/timetable/move"): {"huong.bode", "dang.bode"},
    ("GET", "/api/timetable/stranded"): {"dung.bode", "lan.bode", "huong.bode", "dang.bode"},
    ("POST", "/api/kiosk/tickets"): {"kiosk"},
    ("GET", "/api/kiosk/config"): {"kiosk"},
    ("POST", "/api/kiosk/check-in"): {"kiosk"},
    ("POST", "/api/kiosk/offline-tickets"): {"kiosk"},
    ("POST", "/api/kiosk/help"): {"kiosk"},
    ("GET", "/api/reception/help"): {"dung.bode", "lan.bode", "huong.bode"},
    ("DELETE", "/api/reception/help/x"): {"dung.bode", "lan.bode", "huong.bode"},
    ("GET", "/api/tablet"): {"tablet"},
    ("POST", "/api/tablet/rating"): {"tablet"},
    ("GET", "/api/devices/self"): {"kiosk", "tablet", "display"},
}
BODIES: dict[str, Any] = {
    "/api/desk": {"counter": 2},
    "/api/reception/tickets": {"line": "A"},
    "/api/kiosk/tickets": {"line": "A"},
    "/api/kiosk/check-in": {"reference": "7K7K7K7K7K7K"},
    "/api/kiosk/offline-tickets": [],
    "/api/tablet/rating": {"ticketId": "x", "level": 3},
    "/api/timetable/preview": {"change": {"kind": "back", "id": 1}},
    "/api/timetable/changes": {"change": {"kind": "back", "id": 1}, "seen": "x.y"},
    "/api/timetable/move": {"moves": [{"reference": "7K7K7K7K7K7K", "start": "2026-12-01T09:00:00+07:00"}]},
}


async def test_everybody_may_do_what_is_theirs_and_nothing_else(house: House) -> None:
    """Each role and kind of device against each door: 403 for those it is not for, 401 for nobody."""
    people_here = {name: await house.officer(name) for name in STAFF}
    people_here |= {kind: await house.device(kind, counter=4) for kind in ("kiosk", "tablet", "display")}
    for (method, path), allowed in MAY.items():
        body = BODIES.get(path)
        refused(await house.client().request(method, path, json=body), "sign-in", 401)
        for name, client in people_here.items():
            answer = await client.request(method, path, json=body)
            expected = name in allowed
            assert (answer.status_code not in (401, 403)) == expected, (name, method, path, answer.text)


async def test_another_office_does_not_exist(house: House, clock: Clock) -> None:
    """An officer who names another office's ticket is told that there is none, whatever he wants to do to it."""
    theirs = await take(await house.device(office=WEEKDAYS))
    desk = await house.officer(counter=2)
    await take(await house.device())
    mine = await call(desk)
    for verb in ("recall", "start", "finish", "miss", "return", "park", "resume", "no-show", "withdraw", "undo"):
        refused(await desk.post(f"/api/desk/tickets/{theirs['id']}/{verb}"), "no-such-ticket", 404)
    path = f"/api/desk/tickets/{theirs['id']}"
    refused(await desk.post(f"{path}/transfer", json={"line": "A"}), "no-such-ticket", 404)
    refused(await desk.post(f"{path}/add-procedure", json={"procedure": "2.000815"}), "no-such-ticket", 404)
    refused(
        await desk.post(f"/api/desk/tickets/{mine['id']}/merge", json={"other": theirs["id"]}), "no-such-ticket", 404
    )
    refused(await desk.get(f"{path}/why"), "no-such-ticket", 404)
    refused(await desk.post(f"/api/reception/tickets/{theirs['id']}/reprint"), "no-such-ticket", 404)
    tablet = await house.device("tablet", counter=2)
    refused(await tablet.post("/api/tablet/rating", json={"ticketId": theirs["id"], "level": 3}), "no-such-ticket", 404)


async def test_a_follow_token_shows_one_ticket_and_opens_nothing(house: House) -> None:
    """The code on the paper is no sign-in, and another one, or none that was ever given, finds nothing."""
    issued = await take(await house.device())
    token = issued["followToken"]
    refused(await house.client(token).get("/api/desk"), "sign-in", 401)
    readable = "-".join(token[at : at + 4] for at in (0, 4, 8)).lower()
    assert ok(await house.client().get(f"/api/tickets/{readable}"))["number"] == issued["number"]
    other = token[:-1] + ("0" if token[-1] != "0" else "1")
    refused(await house.client().get(f"/api/tickets/{other}"), "no-such-ticket", 404)
    refused(await house.client().get(f"/api/tickets/{issued['id']}"), "no-such-ticket", 404)
