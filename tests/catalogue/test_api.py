"""Offices and procedures over HTTP, for everybody."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State

from server import clock
from server.catalogue.api import CatalogueController
from server.catalogue.pack import load
from server.db import Database
from server.queue.api import BoardController
from server.queue.forecasting import Forecaster
from server.settings import Settings
from server.web import problems
from tests.catalogue.conftest import SHIPPED

EN = {"Accept-Language": "en"}


@pytest.fixture
async def client(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The catalogue's routes over the shipped packs, on a Monday at nine."""
    await load(SHIPPED / "long-bien")
    await load(SHIPPED / "demo")
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    forecaster = Forecaster(lambda _office, _frame: None)
    state = State({"forecaster": forecaster, "settings": Settings()})
    app = Litestar(
        [CatalogueController, BoardController],
        exception_handlers=problems.handlers,
        openapi_config=None,
        logging_config=None,
        state=state,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client
    await forecaster.close()


async def test_offices_are_listed_with_those_that_ended_last(client: httpx.AsyncClient) -> None:
    """All nineteen, the four of today first, in the language asked for."""
    found = (await client.get("/api/offices")).json()
    assert [office["ended"] for office in found] == [False] * 4 + [True] * 15
    assert {office["code"] for office in found[:4]} == {"bo-de", "long-bien", "phuc-loi", "viet-hung"}
    assert all(office["openingNow"] is None and office["openingNext"] is None for office in found[4:])
    english = (await client.get("/api/offices", headers=EN)).json()
    assert "Bồ Đề ward" in {office["name"] for office in english}


async def test_an_office_tells_its_hours_on_its_own_clock(client: httpx.AsyncClient) -> None:
    """Open now until noon, next after the break, times with the office's offset."""
    found = (await client.get("/api/offices/long-bien")).json()
    assert found["openingNow"] == {"opens": "2026-11-23T08:00:00+07:00", "closes": "2026-11-23T12:00:00+07:00"}
    assert found["openingNext"]["opens"] == "2026-11-23T13:30:00+07:00"
    assert not found["sample"]


async def test_the_sample_office_says_so_and_never_closes(client: httpx.AsyncClient) -> None:
    """Its hours are the whole day, nothing comes after them, and it is marked."""
    found = (await client.get("/api/offices/bo-de")).json()
    assert found["sample"]
    assert found["openingNow"] == {"opens": "2026-11-23T00:00:00+07:00", "closes": "2026-11-24T00:00:00+07:00"}
    assert found["openingNext"] is None
    assert (await client.get("/api/offices")).json()[0] == found


async def test_the_list_tells_of_each_office_what_it_tells_alone(client: httpx.AsyncClient) -> None:
    """One office and the list of all never disagree."""
    for office in (await client.get("/api/offices")).json():
        assert (await client.get(f"/api/offices/{office['code']}")).json() == office


async def test_procedures_are_searched_and_paged(client: httpx.AsyncClient) -> None:
    """Best first, twenty at a time unless asked otherwise, and the pages together are all."""
    path = "/api/offices/bo-de/procedures"
    first = (await client.get(path, params={"q": "KHAI SINH"})).json()["items"][0]
    assert (first["code"], first["line"], first["feeOnline"]) == ("1.001193", "H", 0)
    assert first["minutes"] == 12
    assert len((await client.get(path)).json()["items"]) == 20
    codes: list[str] = []
    cursor: str | None = None
    while True:
        page = (await client.get(path, params={"limit": 100} | ({"cursor": cursor} if cursor else {}))).json()
        codes += [item["code"] for item in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert len(codes) == len(set(codes)) == 455


async def test_fields_are_listed_and_narrow_the_search(client: httpx.AsyncClient) -> None:
    """Every procedure is in one field; asking for a field gives just as many as it tells."""
    fields = (await client.get("/api/offices/bo-de/fields")).json()
    assert sum(field["procedures"] for field in fields) == 455
    assert fields[0] == {"name": "Chứng thực", "line": "A", "procedures": 12}
    found = await client.get("/api/offices/bo-de/procedures", params={"field": "chung thuc", "limit": 100})
    assert len(found.json()["items"]) == 12


async def test_one_procedure_by_either_code(client: httpx.AsyncClient) -> None:
    """The national code and the portal's long one lead to the same."""
    short = await client.get("/api/offices/bo-de/procedures/2.000815")
    long = await client.get("/api/offices/bo-de/procedures/2.000815.000.00.00.H26")
    assert short.status_code == long.status_code == 200
    assert short.json() == long.json()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/offices/nowhere", 404, "no-such-office"),
        ("/api/offices/nowhere/procedures", 404, "no-such-office"),
        ("/api/offices/nowhere/fields", 404, "no-such-office"),
        ("/api/offices/bo-de/procedures/9.999999", 404, "no-such-procedure"),
        ("/api/offices/bo-de/procedures?limit=0", 400, "invalid"),
        ("/api/offices/bo-de/procedures?limit=101", 400, "invalid"),
        ("/api/offices/bo-de/procedures?limit=x", 400, "invalid"),
        ("/api/offices/bo-de/procedures?cursor=x", 400, "invalid"),
        (f"/api/offices/bo-de/procedures?q={'x' * 201}", 400, "invalid"),
        ("/api/offices/%F0%9F%98%80", 404, "no-such-office"),
        ("/api/offices/bo-de%00", 404, "no-such-office"),
        ("/api/offices/bo-de/procedures/1%00", 404, "no-such-procedure"),
        (f"/api/offices/{'x' * 3000}", 404, "no-such-office"),
    ],
)
async def test_bad_requests_are_refused_clearly(client: httpx.AsyncClient, path: str, status: int, code: str) -> None:
    """Unknown, odd and overlong input gets a stable code and a sentence in each language."""
    vietnamese, english = await client.get(path), await client.get(path, headers=EN)
    assert (vietnamese.status_code, vietnamese.json()["type"]) == (status, f"urn:motcua:{code}")
    assert vietnamese.headers["content-type"].startswith("application/problem+json")
    assert vietnamese.json()["detail"] != english.json()["detail"]
