"""The loopback address: who may use it, and what it answers to nonsense."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from server.phrases import LANGUAGES, sentences
from tests.kiosk.conftest import PORT, Kiosk
from tests.kiosk.stand_ins import LiveServer

OWN = f"http://127.0.0.1:{PORT}"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "kiosk.attacker.example"},
        {"Host": f"attacker.example:{PORT}"},
        {"Host": "127.0.0.1:9999"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": f"https://127.0.0.1:{PORT}"},
        {"Origin": f"http://localhost:{PORT}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/api/tickets", "/api/state"])
async def test_other_pages_get_nothing_done(
    kiosk: Kiosk, server: LiveServer, headers: dict[str, str], path: str
) -> None:
    """DNS rebinding, foreign pages and other ports are refused before anything happens, in both languages."""
    for language in LANGUAGES:
        request = {"headers": headers | {"Accept-Language": language}}
        answer = (
            await kiosk.page.post(path, json={"line": "H"}, **request)  # type: ignore[arg-type]
            if path == "/api/tickets"
            else await kiosk.page.get(path, **request)  # type: ignore[arg-type]
        )
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:motcua:bad-origin")
        assert answer.json()["detail"] == sentences(language)["kiosk.refusal.bad-origin"]
    assert server.office.issued == {}


@pytest.mark.parametrize("headers", [{}, {"Origin": OWN}, {"Sec-Fetch-Site": "same-origin"}])
async def test_the_own_page_and_programs_on_this_pc_pass(kiosk: Kiosk, headers: dict[str, str]) -> None:
    """The page sends its own Origin; a program on the PC sends none."""
    answer = await kiosk.page.post("/api/tickets", json={"line": "H"}, headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_only_json_is_taken(kiosk: Kiosk, server: LiveServer, kind: str) -> None:
    """What a form of another page could send without asking is refused by its type."""
    answer = await kiosk.page.post("/api/tickets", content=b'{"line": "H"}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:motcua:unsupported-media")
    assert server.office.issued == {}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/tickets", b"", 400, "invalid"),
        ("/api/tickets", b"[]", 400, "invalid"),
        ("/api/tickets", b'{"line": "H", "extra": 1}', 400, "invalid"),
        ("/api/tickets", b'{"line": 7}', 400, "invalid"),
        ("/api/tickets", b'{"line": "\xff"}', 400, "invalid"),
        ("/api/tickets", b'{"line": "' + b"x" * 41 + b'"}', 400, "invalid"),
        ("/api/tickets", b'{"line": "' + b"x" * 9000 + b'"}', 413, "too-large"),
        ("/api/tickets", b'{"line": "Z"}', 404, "no-such-line"),
        ("/api/tickets", b'{"line": "H", "class": "royalty"}', 404, "no-such-group"),
        ("/api/check-in", b'{"reference": "x", "line": "H"}', 400, "invalid"),
        ("/api/tickets/nobody/reprint", b"{}", 404, "no-such-ticket"),
        ("/api/tickets/nobody/withdraw", b"{}", 404, "no-such-ticket"),
        ("/api/tickets/nobody/reprint", b'{"x": 1}', 400, "invalid"),
        ("/api/nothing", b"{}", 404, "not-found"),
        ("/api/state", b"{}", 405, "method-not-allowed"),
    ],
)
async def test_nonsense_is_refused_with_a_code_and_a_sentence(
    kiosk: Kiosk, server: LiveServer, path: str, body: bytes, status: int, code: str
) -> None:
    """Every refusal is a problem document in Vietnamese, and changes nothing."""
    answer = await kiosk.page.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:motcua:{code}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(sentences("vi")[f"kiosk.refusal.{code}"].partition("{")[0])
    assert server.office.issued == {}
    assert kiosk.printer.slips == []


@pytest.mark.parametrize("key", ["short", "x" * 101, "with space in it"])
async def test_a_key_that_is_none_is_refused(kiosk: Kiosk, server: LiveServer, key: str) -> None:
    """A touch's id may become a ticket's id, so it has a form."""
    answer = await kiosk.touch("H", key)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:motcua:invalid")
    assert server.office.issued == {}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_comes_under_a_strict_policy_with_its_sentences(kiosk: Kiosk, language: str) -> None:
    """No inline script or style, nothing from elsewhere, every sentence the scripts say."""
    answer = await kiosk.page.get("/", params={"lang": language, "text": "large"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in answer.text
    assert f'<html lang="{language}">' in answer.text
    assert "css/kiosk_large.css" in answer.text
    embedded = answer.text.split('id="phrases">')[1].split("</script>")[0]
    assert json.loads(embedded)["kiosk.taking"] == sentences("en" if language == "en" else "vi")["kiosk.taking"]


def events_of(text: str) -> list[tuple[str, Any]]:
    """Server-sent events as (name, body)."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(row.split(": ", 1) for row in block.splitlines() if ": " in row)
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


async def test_the_stream_shows_a_number_before_its_paper_and_ends_when_asked(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A screen hears the state at once, a number as soon as there is one, and lets go when the agent stops."""
    listening = asyncio.Event()
    watch = kiosk.agent.watch

    def noticed() -> asyncio.Queue[tuple[str, bytes]]:
        listening.set()
        return watch()

    monkeypatch.setattr(kiosk.agent, "watch", noticed)
    streaming = asyncio.create_task(kiosk.page.get("/api/events", timeout=20))

    await asyncio.wait_for(listening.wait(), 10)
    await kiosk.touch("H", "touch-of-a-finger")
    kiosk.agent.hang_up()
    answer: httpx.Response = await streaming
    told = events_of(answer.text)
    assert told[0][0] == "state"
    assert told[0][1]["phase"] == "ready"
    issued = next(body for name, body in told if name == "issued")
    assert (issued["key"], issued["ticket"]["number"], issued["ticket"]["printed"]) == (
        "touch-of-a-finger", "H001", "printing",
    )  # fmt: skip
