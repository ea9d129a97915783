"""What the tests of the whole server share: a furnished database per test, a turned clock, and the server on it."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from secrets import token_hex

import pytest

from server.booking import service_offers
from server.queue import days, forecasting
from server.web import limits
from tests.conftest import administer, named, run_apart
from tests.server.support import Clock, House, furnish, house_of, live_house_of

__all__ = [
    "clock",
    "furnished_postgres",
    "furnished_sqlite",
    "furnished_url",
    "house",
    "live_house",
    "office_postgres_url",
    "office_sqlite_url",
    "unhurried",
]


@pytest.fixture(scope="session")
def furnished_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the shipped offices in it, to be copied."""
    path = tmp_path_factory.mktemp("furnished") / "office.db"
    run_apart(furnish(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def furnished_postgres(pg_server: str) -> Iterator[str]:
    """The name of a database with the shipped offices in it, to be copied."""
    name = f"furnished_{token_hex(6)}"
    run_apart(administer(pg_server, f"CREATE DATABASE {name}"))
    run_apart(furnish(named(pg_server, name)))
    yield name
    run_apart(administer(pg_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def office_sqlite_url(furnished_sqlite: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with the shipped offices."""
    return f"sqlite:///{shutil.copy(furnished_sqlite, tmp_path / 'office.db')}"


@pytest.fixture
def office_postgres_url(pg_server: str, furnished_postgres: str) -> Iterator[str]:
    """A fresh PostgreSQL database with the shipped offices."""
    name = f"test_{token_hex(6)}"
    run_apart(administer(pg_server, f"CREATE DATABASE {name} TEMPLATE {furnished_postgres}"))
    yield named(pg_server, name)
    run_apart(administer(pg_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgres"])
def furnished_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with the shipped offices, once on each engine."""
    url: str = request.getfixturevalue(f"office_{request.param}_url")
    return url


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test begins with a clean slate of tries, and with forecasts that cost little; it looks at lists itself."""
    monkeypatch.setattr(limits, "_buckets", {name: limits.Bucket(10_000) for name in limits.PER_MINUTE})
    monkeypatch.setattr(forecasting, "PLAYS", 3)
    monkeypatch.setattr(service_offers, "LOOK_SECONDS", 3600.0)
    monkeypatch.setattr(days, "LOOK_SECONDS", 3600.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The server's clock, standing at a Monday morning until it is turned."""
    turned = Clock()
    monkeypatch.setattr("server.clock.now", turned.now)
    return turned


@pytest.fixture
async def house(furnished_url: str, clock: Clock) -> AsyncIterator[House]:
    """The server in this loop, on each engine, under a turned clock."""
    async with house_of(furnished_url) as house:
        yield house


@pytest.fixture
async def live_house(furnished_url: str, clock: Clock) -> AsyncIterator[House]:
    """The same, listening on a port, for WebSockets."""
    async with live_house_of(furnished_url) as house:
        yield house
