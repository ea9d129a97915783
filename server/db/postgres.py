"""PostgreSQL for Piccolo: always a pool, nothing at import, and every wait ends."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import asyncpg  # type: ignore[import-untyped]

from server.db.failures import DatabaseUnavailable, is_unavailable
from server.db.transaction import PooledEngine, Row

__all__ = ["PooledPostgresEngine", "PostgresConnection", "address"]


def address(url: str) -> str:
    """The URL without credentials, for messages."""
    _, _, rest = url.partition("://")
    return f"PostgreSQL at {rest.rpartition('@')[2]}"


class PostgresConnection:
    """A connection taken from the pool. A server that does not answer a statement within `timeout` seconds is gone."""

    def __init__(
        self, raw: "asyncpg.pool.PoolConnectionProxy", pool: "asyncpg.Pool", name: str, timeout: float
    ) -> None:
        self.raw = raw
        self.pool = pool
        self.timeout = timeout
        self._name = name

    async def fetch(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        with self._translated():
            return [dict(record) for record in await self.raw.fetch(sql, *args, timeout=self.timeout)]

    async def begin(self) -> None:
        """Open a transaction (READ COMMITTED)."""
        with self._translated():
            await self.raw.execute("BEGIN", timeout=self.timeout)

    async def commit(self) -> None:
        """Commit, or raise: after a failed statement PostgreSQL answers COMMIT by rolling back, without an error."""
        with self._translated():
            if await self.raw.execute("COMMIT", timeout=self.timeout) != "COMMIT":
                raise RuntimeError("a statement failed inside this transaction and was ignored: nothing was committed")

    async def rollback(self) -> None:
        """Be out of any transaction, cutting the connection where that is the only way."""
        try:
            await self.raw.execute("ROLLBACK", timeout=self.timeout)
        except Exception:
            self._cut()

    def _cut(self) -> None:
        with suppress(asyncpg.InterfaceError):  # the pool has noticed and taken it back
            self.raw.terminate()

    def _is_gone(self) -> bool:
        try:
            return bool(self.raw.is_closed())
        except asyncpg.InterfaceError:
            return True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
            if isinstance(exc, TimeoutError):
                self._cut()  # the server does not answer: do not wait for it to be told so
            if isinstance(exc, OSError) or is_unavailable(exc) or self._is_gone():
                raise DatabaseUnavailable(f"{self._name}: {exc or type(exc).__name__}") from exc
            raise


class PooledPostgresEngine(PooledEngine[PostgresConnection]):
    """A pool of connections to one database.

    `patience` is how long, in seconds, to wait for a connection, and again for a statement or a lock.
    """

    def __init__(self, url: str, *, patience: float, connections: int) -> None:
        self.url = url
        self.patience = patience
        self._connections = connections
        self._pool: asyncpg.Pool | None = None
        super().__init__("postgres")

    async def get_version(self) -> float:
        """The server's version, as 18.4."""
        rows = await self.fetch("SELECT current_setting('server_version_num')::int AS number")
        number = rows[0]["number"]
        assert isinstance(number, int)  # noqa: S101 - the cast above says so
        return number // 10000 + number % 10000 / 10

    def get_version_sync(self) -> float:
        """Refused: it would need a loop of its own. Piccolo asks it of SQLite alone."""
        raise NotImplementedError("use get_version()")

    async def start_connection_pool(self) -> None:
        """Connect. Raises DatabaseUnavailable when the server does not let us in within the patience."""
        milliseconds = str(round(self.patience * 1000))
        try:
            async with asyncio.timeout(self.patience):
                self._pool = await asyncpg.create_pool(
                    self.url,
                    min_size=1,
                    max_size=self._connections,
                    timeout=self.patience,
                    # Nothing here changes a session, so asyncpg's clean-up at every release would only cost time.
                    reset=_leave,
                    server_settings={
                        "application_name": "motcua",
                        "timezone": "UTC",
                        "statement_timeout": milliseconds,
                        "lock_timeout": milliseconds,
                        "idle_in_transaction_session_timeout": str(round(self.patience * 5000)),
                    },
                )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
            raise DatabaseUnavailable(f"{address(self.url)}: {exc or type(exc).__name__}") from exc

    async def close_connection_pool(self) -> None:
        """Close the connections, waiting for those in use as long as the patience lasts."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(self.patience):
                await pool.close()
        except TimeoutError:
            pool.terminate()

    async def take_writer(self) -> PostgresConnection:
        """A connection of the pool."""
        pool = self._pool
        if pool is None:
            raise DatabaseUnavailable(f"{address(self.url)}: not started")
        try:
            # Not acquire(timeout=…): that is a task of its own, and a cancellation just then loses the connection.
            async with asyncio.timeout(self.patience):
                raw = await pool.acquire()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
            raise DatabaseUnavailable(f"{address(self.url)}: {exc or 'no connection is free'}") from exc
        # The server gives a statement up first where it still can, so that this timeout means "it does not answer".
        return PostgresConnection(raw, pool, address(self.url), timeout=self.patience * 1.5)

    async def give_back(self, connection: PostgresConnection) -> None:
        """Return it to the pool, which replaces a broken one when it is next needed."""
        # A connection that cannot be cleaned is cut by the pool itself; there is nobody left to tell.
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.pool.release(connection.raw, timeout=self.patience)

    @asynccontextmanager
    async def borrowed(self, sql: str) -> AsyncIterator[PostgresConnection]:
        """Any connection."""
        connection = await self.take_writer()
        try:
            yield connection
        finally:
            await self.give_back(connection)


async def _leave(connection: "asyncpg.Connection") -> None:
    """Nothing."""
