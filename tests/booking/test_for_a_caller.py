"""Booking for a caller asks what the citizen's site asks: how many dossiers, and what the portal says of their code."""

from datetime import datetime, timedelta

import httpx
import pytest

from server.booking import service
from server.booking.dossiers import CannotCheck, Dossiers
from server.booking.service_dossiers import check_again
from server.catalogue.tables import Setting
from server.people import service as people
from server.people.tables import Officer
from tests.booking.small import BIRTH, COPY, DOSSIER, OFFICE, open_small_office, state, time
from tests.server.support import PASSWORD, House, Json, ok, refused

OTHER = "H26.10-261121-0043"
BOOK = "/api/calendar/appointments"


class Portal:
    """It knows one dossier, and may be away."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[tuple[str, str]] = []

    async def knows(self, office: str, number: str) -> bool:
        self.asked.append((office, number))
        if self.away:
            raise CannotCheck
        return number == DOSSIER

    async def close(self) -> None:
        """Nothing is kept open."""


@pytest.fixture
def portal(house: House) -> Portal:
    """What the server asks from now on."""
    made = Portal()
    house.app.state.dossiers = Dossiers(made)
    return made


@pytest.fixture
async def reception(house: House) -> httpx.AsyncClient:
    """Somebody at the small office's reception; it is for online filers, and has a line for many dossiers."""
    await open_small_office(online_filers_only="true", bulk_line="H", dossiers_per_turn=5)
    await Officer.insert(Officer(office=OFFICE, username="le", full_name="Lê", role="reception", lines=""))
    await people.set_password(OFFICE, "le", PASSWORD)
    return await house.officer(f"le@{OFFICE}")


def body(number: str | None = DOSSIER, hour: int = 10, **more: object) -> Json:
    citizen = {"name": "Nguyễn Thị Hoà", "phone": f"09123456{hour:02}"}
    return {
        "procedures": [COPY], "start": time(hour, days=2).isoformat(), "citizen": citizen, "dossierNumber": number,
        **more,
    }  # fmt: skip


async def test_the_portal_is_asked_at_once(reception: httpx.AsyncClient, portal: Portal) -> None:
    """What it knows is booked and said so; what it does not is refused as on the site, and nothing is booked."""
    before = await state()
    refused(await reception.post(BOOK, json=body(OTHER)), "dossier-unknown", 400)
    refused(await reception.post(BOOK, json=body("12345")), "bad-dossier", 400)
    assert await state() == before
    assert ok(await reception.post(BOOK, json=body(DOSSIER.lower())), 201)["dossierCheck"] == "known"
    assert portal.asked == [(OFFICE, OTHER), (OFFICE, DOSSIER)]
    # Without a code the desk may still book, and says so: nobody is asked.
    made = ok(await reception.post(BOOK, json=body(None, 11, waive=["dossier"])), 201)
    assert (made["dossierCheck"], made["waived"], len(portal.asked)) == (None, ["dossier"], 2)


async def test_what_it_cannot_say_now_is_booked_and_asked_again(
    house: House, reception: httpx.AsyncClient, portal: Portal
) -> None:
    """A portal that is away stops no caller: the desk sees that it did not say, and later what it said."""
    portal.away = True
    made = ok(await reception.post(BOOK, json=body(OTHER)), 201)
    assert made["dossierCheck"] == "unchecked"
    portal.away = False
    assert await check_again(house.app.state.dossiers) == 1
    later = ok(await reception.get(f"{BOOK}/{made['reference']}"))
    assert (later["dossierCheck"], later["state"]) == ("unknown", "confirmed")


async def test_without_a_portal_nothing_is_claimed(reception: httpx.AsyncClient) -> None:
    """Where nobody can be asked, the form of the code is all that is checked, and no verdict stands beside it."""
    made = ok(await reception.post(BOOK, json=body()), 201)
    assert (made["dossierNumber"], made["dossierCheck"]) == (DOSSIER, None)


async def test_many_dossiers_are_a_longer_visit_in_the_line_for_that(reception: httpx.AsyncClient) -> None:
    """Eleven at five a turn: the times offered are the site's, and what is booked is three turns long."""
    day = time(10, days=2).date()
    query = {"procedure": BIRTH, "from": f"{day}", "dossiers": "11"}
    offered = [each["start"] for each in ok(await reception.get("/api/calendar/times", params=query))]
    _, days = await service.slots(OFFICE, [BIRTH], day, 1, dossiers=11)
    assert [datetime.fromisoformat(each) for each in offered] == [slot.start for slot in days[day] if slot.free]
    made = ok(await reception.post(BOOK, json=body(procedures=[BIRTH], dossiers=11, start=offered[0])), 201)
    length = datetime.fromisoformat(made["end"]) - datetime.fromisoformat(made["start"])
    assert (length, made["dossiers"]) == (timedelta(minutes=75), 11)  # three turns of twenty-five minutes
    assert (await service.known(made["reference"])).line == "H"
    collected = ok(await reception.post(BOOK, json=body(hour=11, purpose="collect", dossiers=11)), 201)
    length = datetime.fromisoformat(collected["end"]) - datetime.fromisoformat(collected["start"])
    assert length == timedelta(minutes=15)


async def test_more_than_the_office_takes_is_refused_alike(reception: httpx.AsyncClient) -> None:
    """Without a line for it, both the times and the booking say how many one appointment takes; odd counts, too."""
    await Setting.update({Setting.value: ""}).where((Setting.office == OFFICE) & (Setting.key == "bulk_line"))
    before = await state()
    for answer in (
        await reception.get("/api/calendar/times", params={"procedure": COPY, "dossiers": "6"}),
        await reception.post(BOOK, json=body(dossiers=6)),
    ):
        assert "nhiều nhất 5 hồ sơ" in refused(answer, "too-many-dossiers", 409)["detail"]
    for wrong in (0, 1000, "ba"):
        assert (await reception.post(BOOK, json=body(dossiers=wrong))).status_code == 400
    assert await state() == before
