"""One server and one Chromium for all tests of staff's pages, with an office of its own for every test.

So none meets another's tickets, and nobody has to wait for a server to start. The citizen's site is served anew for
each test that asks for it: booking looks at all offices.
"""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from server.catalogue.pack import load
from server.people import service as people
from tests.browser.hall import DUNG, HUONG, LAN, PASSWORD, SON, TABLET_COUNTER, Hall, Server
from tests.browser.site import Site, site_on
from tests.chromium import launched
from tests.databases import give_everybody, opened
from tests.server.fixtures import furnished_sqlite, office_sqlite_url  # noqa: F401

PACK: dict[str, list[str]] = {
    "offices.csv": [
        "code,name_vi,name_en,timezone,valid_from",
        "{office},Phường Thử {n},Test ward {n},Asia/Ho_Chi_Minh,2025-07-01",
    ],
    "lines.csv": [
        "office,code,kind,name_vi,name_en,expected_minutes,spread",
        "{office},A,procedures,Chứng thực,Certification,5,0.6",
        "{office},H,procedures,Hộ tịch,Civil status,12,0.7",
    ],
    "counters.csv": [
        "office,number,name_vi,name_en,lines",
        *(f"{{office}},{number},Quầy {number},Counter {number},A;H" for number in range(1, 7)),
    ],
    "officers.csv": [
        "office,username,full_name,role,lines",
        f"{{office}},{SON},Phan Đình Sơn,officer,A",
        f"{{office}},{DUNG},Đinh Thị Dung,officer,A;H",
        f"{{office}},{LAN},Đỗ Thị Lan,reception,",
        f"{{office}},{HUONG},Lê Thu Hương,head,",
    ],
    "priority_groups.csv": [
        "office,code,name_vi,name_en,rate",
        "{office},elderly75,Người từ đủ 75 tuổi,Aged 75 or over,3",
    ],
    "hours.csv": ["office,weekdays,opens,closes", "{office},1-7,00:00,24:00"],
    "procedures.csv": [
        "office,code,name_vi,name_en,field_vi,line,minutes",
        "{office},1.001193,Đăng ký khai sinh,Birth registration,Hộ tịch,H,12",
        "{office},2.000815,Chứng thực bản sao,Certified copy,Chứng thực,A,5",
    ],
}


def office_code(number: int) -> str:
    return f"thu-{number:02d}"


def address(number: int) -> str:
    """Where this office's visitors come from: a network of their own, for the limits count by network."""
    return f"10.{number // 250}.{number % 250}.1"


def write_pack(folder: Path, offices: int) -> None:
    """Offices that are all alike and never close."""
    for name, (head, *rows) in PACK.items():
        lines = [row.format(office=office_code(n), n=n) for n in range(offices) for row in rows]
        (folder / name).write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")


async def prepare(database: str, folder: Path, offices: int) -> list[dict[str, str]]:
    """Load the pack and let its people and devices in; returns each office's device tokens by kind."""
    async with opened(database, migrated=True):
        write_pack(folder, offices)
        await load(folder)
        await give_everybody(PASSWORD)
        wanted = [("kiosk", "Kiosk", None), ("tablet", "Máy quầy", TABLET_COUNTER)]
        return [await people.renew_devices(office_code(n), wanted) for n in range(offices)]  # type: ignore[arg-type]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The server as its own process, behind what could be a proxy: every test comes from another address."""
    folder = tmp_path_factory.mktemp("hall")
    database = f"sqlite:///{folder / 'hall.db'}"
    halls = sum("hall" in item.fixturenames for item in request.session.items if isinstance(item, pytest.Function))
    tokens = await prepare(database, folder, halls)
    made = Server([sys.executable, "-m", "server.cli"], database, os.environ | {"MOTCUA_TRUST_PROXY": "1"}, tokens)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The Chromium of the browser tests; they are never skipped."""
    async with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """Which office is next."""
    return count()


@pytest_asyncio.fixture(loop_scope="session")
async def hall(server: Server, browser: Browser, numbers: Iterator[int]) -> AsyncIterator[Hall]:
    """An office that has just opened. Nothing may be said on its pages' consoles."""
    number = next(numbers)
    made = Hall(server, browser, office_code(number), address(number), server.tokens[number])
    try:
        yield made
    finally:
        await made.close()
    assert made.said == []


@pytest.fixture
async def site(office_sqlite_url: str) -> AsyncIterator[Site]:  # noqa: F811
    """The site with the shipped offices."""
    async with site_on(office_sqlite_url) as made:
        yield made
