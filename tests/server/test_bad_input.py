"""Bad input: a clear refusal each (RFC 9457, Vietnamese or English), nothing changed, nothing given away."""

import ast
import re
import string
import unicodedata
from pathlib import Path
from typing import Any

import httpx
import pytest

import server
from server.booking.tables import Appointment
from server.catalogue.tables import ServiceLine
from server.errors import STATUS
from server.journal.frames import head_seq
from server.people import service as people
from server.phrases import LANGUAGES, sentences
from server.queue import service
from server.rating.tables import Rating
from tests.server.journalled import stored
from tests.server.support import OFFICE, WEEKDAYS, Clock, House, act, call, ok, refused, take
from tests.server.test_secrets import everything

SOURCE = Path(server.__file__).parent
PLACEHOLDERS_GIVEN_BY = {"state_name"}  # Refusal.sentence makes it of `state`

# --- the sentences themselves ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_speaks_both_languages(language: Any) -> None:
    """Each code has a sentence, ends as a sentence does, and names no machinery."""
    catalogue = sentences(language)
    for code in STATUS:
        sentence = catalogue[f"refusal.{code}"]
        assert sentence.rstrip()[-1] in ".?!}", (code, sentence)
        assert not re.search(r"exception|null|traceback|SQL|HTTP \d", sentence, re.IGNORECASE), (code, sentence)


def test_every_refusal_is_given_what_its_sentence_needs() -> None:
    """Wherever the code refuses, it names all values the sentences ask for: no refusal breaks while it is told."""
    checked = 0
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "Refusal":
                continue
            given = {keyword.arg for keyword in node.keywords} | PLACEHOLDERS_GIVEN_BY
            if None in given:
                continue  # **values: only known when it runs
            for code in _codes(node.args[0]):
                checked += 1
                assert code in STATUS, f"{path.name}: {code}"
                for language in LANGUAGES:
                    needed = {
                        name for _, name, _, _ in string.Formatter().parse(sentences(language)[f"refusal.{code}"])
                    }
                    assert needed - {None} <= given, f"{path.name}:{node.lineno}: {code} needs {needed}"
    assert checked > 60


def _codes(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return _codes(node.body) + _codes(node.orelse)
    return []


# --- what the framework refuses --------------------------------------------------------------------------------

CASES = [
    ("GET", "/api/nothing-here", {}, "not-found", 404),
    ("GET", "/api/offices/khong-co/board", {}, "no-such-office", 404),
    ("GET", "/api/offices/khong-co/lines", {}, "no-such-office", 404),
    ("GET", "/api/offices/khong-co/procedures", {}, "no-such-office", 404),
    ("GET", "/api/offices/khong-co/slots?procedure=2.000815", {}, "no-such-office", 404),
    ("GET", f"/api/offices/{OFFICE}/slots?procedure=9.999999", {}, "no-such-procedure", 404),
    ("GET", f"/api/offices/{OFFICE}/slots?procedure=2.000815&days=10000", {}, "invalid", 400),
    ("GET", f"/api/offices/{OFFICE}/slots?procedure=2.000815&from=32-13", {}, "invalid", 400),
    ("GET", f"/api/offices/{OFFICE}/procedures?limit=abc", {}, "invalid", 400),
    ("GET", f"/api/offices/{OFFICE}/procedures?cursor=khong-phai", {}, "invalid", 400),
    ("GET", "/api/offices/%00/board", {}, "bad-text", 400),
    ("GET", "/api/tickets/%00", {}, "bad-text", 400),
    ("GET", "/api/tickets/" + "A" * 5000, {}, "no-such-ticket", 404),
    ("GET", "/api/appointments/7K7K7K7K7K7K", {}, "no-such-booking", 404),
    ("PATCH", f"/api/offices/{OFFICE}/board", {}, "method-not-allowed", 405),
    ("DELETE", "/api/kiosk/tickets", {}, "method-not-allowed", 405),
    ("POST", "/api/session", {"content": b"{"}, "invalid", 400),
    ("POST", "/api/session", {"content": b"\xff\xfe\x00"}, "invalid", 400),
    ("POST", "/api/session", {"json": []}, "invalid", 400),
    ("POST", "/api/session", {"json": {"username": "x"}}, "invalid", 400),
    ("POST", "/api/session", {"json": {"username": 5, "password": "x"}}, "invalid", 400),
    ("POST", "/api/session", {"json": {"username": "x", "password": "y", "admin": True}}, "invalid", 400),
    ("POST", "/api/session", {"json": {"username": "x" * 101, "password": "y"}}, "invalid", 400),
    ("POST", "/api/session", {"json": {"username": "x\x00", "password": "y"}}, "bad-text", 400),
    ("POST", "/api/session", {"content": '{"username": "a\u202eb", "password": "y"}'.encode()}, "bad-text", 400),
    ("POST", "/api/session", {"content": b'{"username": "\\ud800", "password": "y"}'}, "invalid", 400),
    ("POST", "/api/session", {"content": b'{"username": ' + b"[" * 100_000 + b"}"}, "invalid", 400),
    ("POST", "/api/session", {"data": {"username": "x", "password": "y"}}, "unsupported-media", 415),
    ("POST", "/api/session", {"content": b"x" * 300_000}, "too-large", 413),
]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_what_is_no_request_is_told_so(house: House, language: str) -> None:
    """Unknown addresses, wrong methods, bodies that are none: a problem in the language asked for, and no more."""
    for method, path, more, code, status in CASES:
        headers = {"Accept-Language": language}
        if "content" in more:
            headers["Content-Type"] = "application/json"
        answer = await house.client().request(method, path, headers=headers, **more)
        problem = refused(answer, code, status)
        assert answer.headers["content-language"] == language
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert problem.keys() <= {"type", "title", "status", "detail", "errors"}
        assert "msgspec" not in answer.text
        assert "Traceback" not in answer.text
    assert await head_seq(OFFICE) == 0


async def test_a_fault_of_ours_gives_nothing_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 is a problem like any other: a sentence, no traceback, no word of what was thrown."""

    async def breaks(*_: Any) -> None:
        raise ZeroDivisionError("mật khẩu là 12345")

    monkeypatch.setattr(service, "issue", breaks)
    kiosk = await house.device()
    for language, word in (("vi", "trục trặc"), ("en", "went wrong")):
        answer = await kiosk.post("/api/kiosk/tickets", json={"line": "A"}, headers={"Accept-Language": language})
        problem = refused(answer, "internal", 500)
        assert word in problem["detail"]
        assert problem.keys() == {"type", "title", "status", "detail"}
        assert "12345" not in answer.text
        assert "ZeroDivision" not in answer.text


async def test_a_person_in_a_browser_gets_a_page(house: House) -> None:
    """Whoever opens an address that is none, or somebody's worthless link, reads a page in his language."""
    browser = house.client(Accept="text/html,application/xhtml+xml")
    for path, status in (("/khong-co-trang-nay", 404), ("/t/7K7K7K7K7K7K", 404), ("/wall/khong-co", 404)):
        for language in ("vi", "en"):
            answer = await browser.get(path, headers={"Accept-Language": language})
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"].startswith("text/html")
            assert f'lang="{language}"' in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
    escaped = await browser.get("/wall/<script>alert(1)</script>")
    assert "<script>alert" not in escaped.text


# --- odd text --------------------------------------------------------------------------------------------------

ODD = {
    "nul": "\x00",
    "escape": "A\x1b[31m",
    "right to left": "\u202eA\u202c",
    "zero width": "A\u200b",
    "emoji": "👩🏽‍⚖️",
    "decomposed": unicodedata.normalize("NFD", "Trần"),
    "long": "Ằ" * 5000,
    "script": "<script>alert(1)</script>",
    "sql": "A'; DROP TABLE ticket; --",
}
NOWHERE = [ODD[name] for name in ("nul", "escape", "right to left", "long")]
"""What the database never holds; the others are words like any."""


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
async def test_odd_text_breaks_nothing(house: House, odd: str) -> None:
    """Whatever is typed anywhere, it is refused or done, never a 500; what nobody types, or too much, is not kept."""
    kiosk, desk, citizen = await house.device(), await house.officer(counter=2), house.client()
    await take(kiosk)
    ticket = await call(desk)
    follow = ticket["id"]
    attempts: list[tuple[httpx.AsyncClient, str, str, Any]] = [
        (kiosk, "POST", "/api/kiosk/tickets", {"line": odd}),
        (kiosk, "POST", "/api/kiosk/tickets", {"line": "A", "procedure": odd}),
        (kiosk, "POST", "/api/kiosk/tickets", {"line": "A", "class": odd}),
        (kiosk, "POST", "/api/kiosk/tickets", {"line": "A", "card": odd}),
        (kiosk, "POST", "/api/kiosk/check-in", {"reference": odd}),
        (kiosk, "POST", "/api/kiosk/check-in", {"qr": f"https://x/{odd}"}),
        (kiosk, "POST", "/api/kiosk/check-in", {"phone": odd}),
        (kiosk, "POST", "/api/kiosk/check-in", {"dossierNumber": odd}),
        (kiosk, "PUT", "/api/devices/self/status",
         {"printer": "ok", "clock": "2026-11-23T09:00:00+07:00", "detail": odd}),
        (desk, "PUT", "/api/desk/pause", {"reason": odd}),
        (desk, "POST", f"/api/desk/tickets/{follow}/park", {"reason": odd}),
        (desk, "POST", f"/api/desk/tickets/{follow}/add-procedure", {"procedure": odd}),
        (desk, "POST", f"/api/desk/tickets/{follow}/transfer", {"officer": odd}),
        (desk, "POST", f"/api/desk/tickets/{follow}/finish", {"outcome": odd}),
        (desk, "POST", f"/api/desk/tickets/{follow}/call", {"reason": odd}),
        (desk, "POST", "/api/desk/handover", {"to": odd}),
        (citizen, "POST", "/api/session", {"username": odd, "password": odd}),
        (citizen, "POST", "/api/devices/session", {"token": odd}),
        (citizen, "POST", "/api/appointments/7K7K7K7K7K7K/access", {"token": odd}),
        (citizen, "POST", "/api/appointments/7K7K7K7K7K7K/access", {"phone": odd}),
        (citizen, "POST", "/api/appointments", {
            "office": odd, "procedures": [odd], "start": "2026-11-23T10:00:00+07:00",
            "citizen": {"name": odd, "phone": odd},
        }),
    ]  # fmt: skip
    for client, method, path, body in attempts:
        answer = await client.request(method, path, json=body)
        assert answer.status_code < 500, (path, body, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["detail"], path
    for path in ("board", "lines", "procedures", "slots"):
        query = {"q": odd, "field": odd, "procedure": odd, "officer": odd, "cursor": odd}
        query = {name: value[:1000] for name, value in query.items()}
        answer = await citizen.get(f"/api/offices/{OFFICE}/{path}", params=query)
        assert answer.status_code < 500, (path, answer.text)
    assert (await citizen.get("/", params={"q": odd[:1000], "office": odd[:1000]})).status_code < 500
    if odd in NOWHERE:
        assert [column for column, value in await everything(house) if odd in value] == []


async def test_what_is_kept_is_kept_in_one_form(house: House) -> None:
    """A comment typed in decomposed letters is stored composed; control and direction signs are refused."""
    issued = await take(await house.device())
    desk = await house.officer(counter=2)
    await call(desk)
    await act(desk, issued, "start")
    await act(desk, issued, "finish")
    path = f"/api/tickets/{issued['followToken']}/rating"
    for bad in ("tốt\x07", "tốt\u202e"):
        refused(await house.client().post(path, json={"level": 3, "comment": bad}), "bad-text", 400)
    decomposed = unicodedata.normalize("NFD", "Cán bộ rất tận tình\nCảm ơn 🙂")
    ok(await house.client().post(path, json={"level": 3, "comment": decomposed}))
    assert [row["comment"] for row in await Rating.select(Rating.comment)] == ["Cán bộ rất tận tình\nCảm ơn 🙂"]


async def test_a_name_of_200_signs_fits_and_one_more_does_not(house: House) -> None:
    """Limits are said, not cut: 200 signs of a citizen's name are kept, 201 refused."""
    times = ok(await house.client().get(f"/api/offices/{OFFICE}/slots", params={"procedure": "2.000815", "days": 1}))
    body = {
        "office": OFFICE,
        "procedures": ["2.000815"],
        "start": times[0]["start"],
        "dossierNumber": "H26.10-261121-0042",
        "citizen": {"name": "Ễ" * 201, "phone": "0912345678"},
    }
    refused(await house.client().post("/api/appointments", json=body), "invalid", 400)
    body["citizen"] = {"name": "Ễ" * 200, "phone": "0912345678"}
    ok(await house.client().post("/api/appointments", json=body), 201)
    assert [row["name"] for row in await Appointment.select(Appointment.name)] == ["Ễ" * 200]


async def test_a_password_may_hold_any_letter(house: House) -> None:
    """Vietnamese passwords work however the keyboard composes them."""
    await people.set_password(OFFICE, "dung.bode", "mật khẩu bí mật 🔑")
    for form in ("NFC", "NFD"):
        typed = unicodedata.normalize(form, "mật khẩu bí mật 🔑")  # type: ignore[arg-type]
        ok(await house.client().post("/api/session", json={"username": "dung.bode", "password": typed}))


# --- a full day ------------------------------------------------------------------------------------------------


async def test_a_line_whose_numbers_are_used_up_says_so(house: House, clock: Clock) -> None:
    """After the last number of the day the next touch is refused in words; other lines and tomorrow go on."""
    mine = (ServiceLine.office == OFFICE) & (ServiceLine.code == "A")
    await ServiceLine.update({ServiceLine.last_number: 2}).where(mine)
    kiosk = await house.device()
    assert [(await take(kiosk))["number"] for _ in range(2)] == ["A001", "A002"]
    seq = await head_seq(OFFICE)
    problem = refused(await kiosk.post("/api/kiosk/tickets", json={"line": "A"}), "line-full", 409)
    assert "Chứng thực" in problem["detail"]
    assert await head_seq(OFFICE) == seq
    assert (await take(kiosk, "H"))["number"] == "H001"
    for ticket in (await stored(OFFICE))["ticket"]:
        ok(await (await house.officer("lan.bode")).post(f"/api/reception/tickets/{ticket}/withdraw"))
    clock.local(9, days=1)
    assert (await take(kiosk))["number"] == "A001"


async def test_a_shut_office_gives_no_numbers(house: House, clock: Clock) -> None:
    """Before and after its hours and at the week-end; an hour before the doors open people may take one."""
    kiosk = await house.device(office=WEEKDAYS)
    for hour, minute, given in ((6, 59, False), (7, 0, True), (12, 30, True), (17, 0, False), (23, 0, False)):
        clock.local(hour, minute)
        answer = await kiosk.post("/api/kiosk/tickets", json={"line": "A"})
        ok(answer, 201) if given else refused(answer, "office-closed", 409)
    clock.local(10, days=5)
    refused(await kiosk.post("/api/kiosk/tickets", json={"line": "A"}), "office-closed", 409)
    gone = await house.device(office="ngoc-thuy-2024")
    refused(await gone.post("/api/kiosk/tickets", json={"line": "A"}), "no-such-line", 404)
