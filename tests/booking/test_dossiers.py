"""Dossier numbers: their form, and what a portal that is a real HTTP server says of them, or cannot say."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.booking import dossiers as dossiers_module
from server.booking.dossiers import (
    FAILURES,
    KNOWN_SECONDS,
    PAUSE_SECONDS,
    UNKNOWN_SECONDS,
    Dossiers,
    HttpPortal,
    portal_of,
)
from server.booking.service_dossiers import check_again
from server.settings import Settings
from tests.booking.portal import PortalServer
from tests.booking.small import COPY, DOSSIER, OFFICE, everything, open_small_office, state, time
from tests.server.support import Clock, House, house_of, ok, refused, until
from tests.stand_ins.http import Mishap, Response

OTHER = "H26.10-261121-0043"


class Instant:
    """Monotonic seconds that a test turns."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
async def portal() -> AsyncIterator[PortalServer]:
    """A portal that knows one dossier."""
    async with PortalServer().running() as found:
        found.known.add(DOSSIER)
        yield found


@pytest.fixture
def instant() -> Instant:
    return Instant()


@pytest.fixture
async def asking(portal: PortalServer, instant: Instant) -> AsyncIterator[Dossiers]:
    """What the server asks with, of this portal."""
    made = Dossiers(HttpPortal(portal.url, "bí mật".encode().hex()), instant)
    yield made
    await made.close()


@pytest.fixture
async def house(furnished_url: str, clock: Clock, portal: PortalServer) -> AsyncIterator[House]:
    """The server with this portal set up, and the small office, for online filers only."""
    async with house_of(furnished_url, dossier_check=portal.url, dossier_check_token="t0ken") as found:
        await open_small_office(online_filers_only="true")
        yield found


def body(number: str, who: int = 1, hour: int = 10) -> dict[str, object]:
    return {
        "office": OFFICE, "procedures": [COPY], "start": time(hour).isoformat(), "purpose": "submit",
        "dossierNumber": number, "language": "vi", "citizen": {"name": "Lê Thị Hoa", "phone": f"0912{who:06}"},
    }  # fmt: skip


async def test_the_portal_is_asked_and_its_word_believed_for_a_while(
    asking: Dossiers, portal: PortalServer, instant: Instant
) -> None:
    """A number is asked for once while its answer is fresh; a no is believed for a shorter time than a yes."""
    assert [await asking.check(OFFICE, DOSSIER) for _ in range(3)] == ["known"] * 3
    assert [await asking.check(OFFICE, OTHER) for _ in range(3)] == ["unknown"] * 3
    assert portal.asked == [{"office": OFFICE, "number": DOSSIER}, {"office": OFFICE, "number": OTHER}]
    portal.known.add(OTHER)
    instant.at += UNKNOWN_SECONDS
    assert await asking.check(OFFICE, OTHER) == "known"
    assert await asking.check(OFFICE, DOSSIER) == "known"
    assert len(portal.asked) == 3
    instant.at += KNOWN_SECONDS
    await asking.check(OFFICE, DOSSIER)
    assert len(portal.asked) == 4


async def test_many_at_once_ask_once(asking: Dossiers, portal: PortalServer) -> None:
    """Who asks for a number that is being asked for waits for that answer; one who goes away takes it from nobody."""
    portal.answers.append(Mishap.SAYS_NOTHING)
    many = [asyncio.create_task(asking.check(OFFICE, DOSSIER)) for _ in range(20)]
    await until(lambda: bool(portal.asked))
    many[0].cancel()
    portal.hang_up()
    said = await asyncio.gather(*many, return_exceptions=True)
    assert isinstance(said[0], asyncio.CancelledError)
    assert said[1:] == ["unchecked"] * 19
    assert len(portal.asked) == 1


@pytest.mark.parametrize(
    "answer", [500, 404, 302, Mishap.HANGS_UP, b"", b"<html>", b"{}", b'{"known": "yes"}', b"\xff", b"[]"]
)
async def test_what_is_no_answer_is_unchecked(
    asking: Dossiers, portal: PortalServer, answer: int | bytes | Mishap
) -> None:
    """Failures, other pages and half sentences say nothing about a dossier, and are not remembered as a no."""
    portal.answers.append(Response(body=answer) if isinstance(answer, bytes) else answer)
    assert await asking.check(OFFICE, DOSSIER) == "unchecked"
    assert await asking.check(OFFICE, DOSSIER) == "known"


async def test_a_silent_portal_keeps_nobody_waiting(
    asking: Dossiers, portal: PortalServer, instant: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some questions in vain it is left alone for a while; then it is asked again."""
    questions = []  # as they leave: on a busy machine the portal may not have read one before its time is over
    knows = HttpPortal.knows

    async def counted(self: HttpPortal, office: str, number: str) -> bool:
        questions.append(number)
        return await knows(self, office, number)

    monkeypatch.setattr(HttpPortal, "knows", counted)
    monkeypatch.setattr(dossiers_module, "ASK_SECONDS", 0.05)
    portal.answers.extend([Mishap.SAYS_NOTHING] * FAILURES)
    assert [await asking.check(OFFICE, DOSSIER) for _ in range(FAILURES + 5)] == ["unchecked"] * (FAILURES + 5)
    assert len(questions) == FAILURES
    instant.at += PAUSE_SECONDS
    portal.answers.clear()
    monkeypatch.setattr(dossiers_module, "ASK_SECONDS", 30)
    assert await asking.check(OFFICE, DOSSIER) == "known"


async def test_a_portal_of_ones_own() -> None:
    """Whoever speaks otherwise is named as package.module:name and given the settings; what it raises is no answer."""
    settings = Settings(dossier_check="tests.booking.test_dossiers:Own")
    own = Dossiers(portal_of(settings))
    assert [await own.check(OFFICE, number) for number in (DOSSIER, OTHER, "?")] == ["known", "unknown", "unchecked"]
    assert Dossiers(portal_of(Settings())).can_ask is False
    assert await Dossiers(None).check(OFFICE, DOSSIER) is None


class Own:
    """A portal that is no HTTP service."""

    def __init__(self, settings: Settings) -> None:
        assert settings.dossier_check

    async def knows(self, office: str, number: str) -> bool:
        if number == "?":
            raise RuntimeError(number)
        return number == DOSSIER

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    "said",
    [
        "ftp://portal.example/",
        "https://",
        "http://portal.example/",
        "no.such.module:Portal",
        "server.codes:Nobody",
        "x",
    ],
)
def test_a_setting_that_cannot_be_right_is_said_at_once(said: str) -> None:
    """A server does not start with a portal that it could never ask."""
    with pytest.raises(ValueError, match="https"):
        portal_of(Settings(dossier_check=said))


async def test_a_known_dossier_books_and_an_unknown_one_does_not(house: House, portal: PortalServer) -> None:
    """What the portal does not know is refused with a sentence, and nothing is held; the token goes along."""
    anybody = house.client()
    before = await state()
    refused(await anybody.post("/api/appointments", json=body(OTHER)), "dossier-unknown", 400)
    refused(await anybody.post("/api/appointments", json=body("12345")), "bad-dossier", 400)
    assert await state() == before
    held = ok(await anybody.post("/api/appointments", json=body("h26.10-261121-0042")), 201)
    assert held["dossierCheck"] == "known"
    assert portal.headers[0]["authorization"] == "Bearer t0ken"
    assert [each["number"] for each in portal.asked] == [OTHER, DOSSIER]


async def test_the_first_answer_stays_whatever_the_portal_says_later(house: House, portal: PortalServer) -> None:
    """A retry of what was refused is refused again under its key, though the portal has learned of it since."""
    anybody = house.client()
    key = {"Idempotency-Key": "one"}
    refused(await anybody.post("/api/appointments", json=body(OTHER), headers=key), "dossier-unknown", 400)
    house.app.state.dossiers._said.clear()
    portal.known.add(OTHER)
    refused(await anybody.post("/api/appointments", json=body(OTHER), headers=key), "dossier-unknown", 400)
    ok(await anybody.post("/api/appointments", json=body(OTHER)), 201)


async def test_a_portal_that_is_away_stops_nobody(house: House, portal: PortalServer) -> None:
    """What cannot be checked now is booked and marked; it is asked for again, and the officer sees what was said."""
    anybody = house.client()
    portal.answers.extend([503, 503])
    first = ok(await anybody.post("/api/appointments", json=body(DOSSIER, 1)), 201)
    second = ok(await anybody.post("/api/appointments", json=body(OTHER, 2, 11)), 201)
    assert [first["dossierCheck"], second["dossierCheck"]] == ["unchecked"] * 2
    for held in (first, second):
        manager = house.client(held["manageToken"])
        ok(await manager.post(f"/api/appointments/{held['reference']}/confirm"))
    assert await check_again(house.app.state.dossiers) == 2
    found = {each.reference: each for each in await everything()}
    assert found[first["reference"]].dossier_check == "known"
    assert found[second["reference"]].dossier_check == "unknown"
    assert found[second["reference"]].state == "confirmed"
    assert await check_again(house.app.state.dossiers) == 0


async def test_the_page_says_it_beside_the_field(house: House, portal: PortalServer) -> None:
    """On the site an unknown dossier is told in step 2, where it was typed; one that cannot be checked goes on."""
    client = house.client(Accept="text/html", Origin=house.url)
    answers = {"procedure": COPY, "filed": "yes", "dossier_number": OTHER, "purpose": "submit"}
    page = await client.post(f"/book/{OFFICE}", data=answers)
    assert page.status_code == 400
    assert "Cổng dịch vụ công chưa có hồ sơ mang mã này" in page.text
    portal.answers.append(500)
    assert (await client.post(f"/book/{OFFICE}", data={**answers, "dossier_number": DOSSIER})).status_code == 303
