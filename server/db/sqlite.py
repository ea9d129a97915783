"""SQLite for Piccolo: one writer, a few readers, each a connection with a thread of its own.

WAL lets readers read while the writer writes; IMMEDIATE takes the write lock at BEGIN, where waiting for it works;
`synchronous=FULL` because a printed number must not be issued again after a power cut.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import piccolo.engine.sqlite  # noqa: F401 - registers the adapters and converters of Piccolo's column types

from server.db.failures import DatabaseUnavailable, is_unavailable
from server.db.transaction import PooledEngine, Row

__all__ = ["PooledSQLiteEngine", "SQLiteConnection"]

T = TypeVar("T")


class SQLiteConnection:
    """One sqlite3 connection and the one thread that may touch it; work is done in the order it was asked for.

    Opened when first used, and again after an error that leaves it in doubt. `patience` in seconds. Whoever uses it for
    more than one piece of work holds `turn` meanwhile.
    """

    def __init__(self, path: str, *, patience: float, query_only: bool) -> None:
        self._path = path
        self._patience = patience
        self._query_only = query_only
        self.turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        # Touched in the thread alone:
        self._raw: sqlite3.Connection | None = None
        self._began = False

    async def fetch(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        return await self._do(lambda raw: self._fetch(raw, sql, args))

    async def begin(self) -> None:
        """Take the write lock."""
        await self._do(self._begin)

    async def commit(self) -> None:
        """Commit; raises and leaves the transaction to be rolled back where a deferred constraint objects."""
        await self._do(self._commit)

    async def rollback(self) -> None:
        """Be out of any transaction, closing the connection where that is the only way."""
        with suppress(sqlite3.Error, DatabaseUnavailable):
            await self._do(self._rollback)

    async def close(self) -> None:
        """Close after what has been asked for before, and end the thread."""
        with suppress(RuntimeError):  # closed before
            await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown()

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            job = asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)
        except RuntimeError as exc:
            raise DatabaseUnavailable(f"{self._path} is closed") from exc
        try:
            return await job
        except sqlite3.Error as exc:
            if is_unavailable(exc):
                raise DatabaseUnavailable(f"{self._path}: {exc}") from exc
            raise

    # From here on: in the thread.

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._raw is None:
            self._raw = self._open()
        try:
            return work(self._raw)
        except sqlite3.Error as exc:
            if is_unavailable(exc) and exc.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                self._drop()  # unreadable: a fresh one may do better
            raise

    def _open(self) -> sqlite3.Connection:
        raw = sqlite3.connect(
            self._path,
            timeout=self._patience,
            isolation_level=None,  # no transactions but those we open
            detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
            cached_statements=256,
        )
        try:
            self._use_wal(raw)
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("PRAGMA foreign_keys = ON")
            if self._query_only:
                raw.execute("PRAGMA query_only = ON")
        except BaseException:
            raw.close()
            raise
        return raw

    def _use_wal(self, raw: sqlite3.Connection) -> None:
        deadline = time.monotonic() + self._patience
        while raw.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            # Switching does not wait for a lock as statements do, but several processes may start at once.
            try:
                raw.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _drop(self) -> None:
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.close()

    def _begin(self, raw: sqlite3.Connection) -> None:
        raw.execute("BEGIN IMMEDIATE")
        self._began = True

    def _fetch(self, raw: sqlite3.Connection, sql: str, args: Sequence[object]) -> list[Row]:
        self._still_inside(raw)
        cursor = raw.execute(sql, args)
        try:
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, values, strict=True)) for values in cursor]
        finally:
            cursor.close()

    def _commit(self, raw: sqlite3.Connection) -> None:
        self._still_inside(raw)
        raw.execute("COMMIT")
        self._began = False

    def _rollback(self, raw: sqlite3.Connection) -> None:
        self._began = False
        try:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
        except sqlite3.Error:
            self._drop()
            raise

    def _still_inside(self, raw: sqlite3.Connection) -> None:
        # A full disk ends a transaction by itself; what follows must not be committed statement by statement.
        if self._began and not raw.in_transaction:
            raise DatabaseUnavailable(f"{self._path}: the transaction was lost")


class PooledSQLiteEngine(PooledEngine[SQLiteConnection]):
    """Transactions and writes take turns on the writer; SELECTs outside transactions use the readers.

    `patience` is how long, in seconds, to wait for a turn, and again for another process's lock.
    """

    def __init__(self, path: str, *, patience: float, readers: int = 2) -> None:
        self.path = path
        self.patience = patience
        self._reader_count = readers
        self._writer: SQLiteConnection | None = None
        self._readers: list[SQLiteConnection] = []
        self._free: asyncio.Queue[SQLiteConnection] = asyncio.Queue()
        super().__init__("sqlite")

    async def get_version(self) -> float:
        """SQLite's version: 3.4 is 3.40."""
        return self.get_version_sync()

    def get_version_sync(self) -> float:
        """SQLite's version; Piccolo asks it what INSERT can do."""
        major, minor, _ = sqlite3.sqlite_version_info
        return major + minor / 100

    async def start_connection_pool(self) -> None:
        """Open the connections. Raises DatabaseUnavailable when the file cannot be opened."""
        self._free = asyncio.Queue()
        self._writer = SQLiteConnection(self.path, patience=self.patience, query_only=False)
        for _ in range(self._reader_count):
            reader = SQLiteConnection(self.path, patience=self.patience, query_only=True)
            self._readers.append(reader)
            self._free.put_nowait(reader)
        try:
            await self._writer.fetch("SELECT count(*) FROM sqlite_master")
        except BaseException:
            await self.close_connection_pool()
            raise

    async def close_connection_pool(self) -> None:
        """Close the connections once what they are doing is done; an open transaction is rolled back."""
        writer, self._writer = self._writer, None
        readers, self._readers = self._readers, []
        for connection in [*readers, writer]:
            if connection is not None:
                await connection.close()

    async def take_writer(self) -> SQLiteConnection:
        """The writer, when it is this task's turn."""
        writer = self._writer
        if writer is None:
            raise DatabaseUnavailable(f"{self.path} is not open")
        try:
            async with asyncio.timeout(self.patience):
                await writer.turn.acquire()
        except TimeoutError as exc:
            raise DatabaseUnavailable(f"{self.path}: the writer is busy") from exc
        return writer

    async def give_back(self, connection: SQLiteConnection) -> None:
        """End this task's turn. Work it abandoned is done before the next one's: the thread keeps the order."""
        connection.turn.release()

    @asynccontextmanager
    async def borrowed(self, sql: str) -> AsyncIterator[SQLiteConnection]:
        """A reader for a SELECT; anything else, even a WITH that may write, takes its turn on the writer."""
        if sql.lstrip()[:6].upper() != "SELECT":
            writer = await self.take_writer()
            try:
                yield writer
            finally:
                await self.give_back(writer)
            return
        free = self._free
        if not self._readers:
            raise DatabaseUnavailable(f"{self.path} is not open")
        try:
            async with asyncio.timeout(self.patience):
                reader = await free.get()
        except TimeoutError as exc:
            raise DatabaseUnavailable(f"{self.path}: all readers are busy") from exc
        try:
            yield reader
        finally:
            free.put_nowait(reader)
