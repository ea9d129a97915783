"""Transactions that survive rainy days, for both engines: a busy BEGIN, a failing COMMIT, cancellation at any point.

A transaction belongs to the task that opened it. Its connection goes back clean whatever happened, and nothing a
caller does can interrupt that.
"""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Generic, NoReturn, Protocol, TypeVar

from piccolo.engine.base import BaseTransaction, Engine
from piccolo.querystring import QueryString

__all__ = ["Connection", "PooledEngine", "Row", "Transaction", "finished"]

log = logging.getLogger(__name__)

T = TypeVar("T")
Row = dict[str, object]


async def finished(work: Awaitable[T]) -> T:
    """Await `work` to its end even if the caller is cancelled meanwhile; only then is the cancellation raised."""
    task = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as exc:
            interruption = exc
    if interruption is None:
        return task.result()
    if not task.cancelled():
        interruption.__context__ = task.exception()
    raise interruption


class Connection(Protocol):
    """What a transaction needs of a connection. Every method raises DatabaseUnavailable when the database is away."""

    async def fetch(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Run one statement and return its rows."""

    async def begin(self) -> None:
        """Open a transaction that may write."""

    async def commit(self) -> None:
        """Commit, or raise: returning means that it is stored."""

    async def rollback(self) -> None:
        """Be out of any transaction; never raises, but discards a connection that cannot be brought back."""


C = TypeVar("C", bound=Connection)


class Transaction(BaseTransaction, Generic[C]):
    """One transaction of one task; entered again inside itself, it joins."""

    def __init__(self, engine: "PooledEngine[C]") -> None:
        self.engine = engine
        self.callbacks: list[Callable[[], None]] = []
        self.committed = False
        self.is_open = False
        self.task: asyncio.Task[object] | None = None
        self.connection: C
        self._outer: Transaction[C] | None = None
        self._token: Token[Transaction[C] | None]
        self._savepoints = 0

    async def __aenter__(self) -> "Transaction[C]":
        self._outer = self.engine.transaction_here()
        if self._outer is not None:
            return self._outer
        self.connection = await self.engine.take_writer()
        try:
            await self.connection.begin()
        except BaseException:
            # A cancelled BEGIN may still reach the database: undo it before anybody else gets this connection.
            await finished(self._end(commit=False))
            raise
        self.task = asyncio.current_task()
        self.is_open = True
        self._token = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._outer is not None:
            return False
        self.is_open = False
        self.engine.current_transaction.reset(self._token)
        try:
            await finished(self._end(commit=error is None))
        finally:
            # Also when the caller was cancelled during a COMMIT that went through: it did happen.
            if self.committed:
                self._run_callbacks()
        return False

    async def _end(self, *, commit: bool) -> None:
        try:
            if commit:
                await self.connection.commit()
                self.committed = True
        finally:
            if not self.committed:
                await self.connection.rollback()
            await self.engine.give_back(self.connection)

    def _run_callbacks(self) -> None:
        for callback in self.callbacks:
            try:
                callback()
            except Exception:
                # What was committed stays committed: a deaf listener must not make it look failed.
                log.exception("a callback after commit failed")

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """On an exception, undo what was done inside, callbacks included, and re-raise."""
        self._savepoints += 1
        name = f"savepoint_{self._savepoints}"
        registered = len(self.callbacks)
        await self.connection.fetch(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            del self.callbacks[registered:]
            await finished(self._undo_to(name))
            raise
        await self.connection.fetch(f"RELEASE SAVEPOINT {name}")

    async def _undo_to(self, name: str) -> None:
        await self.connection.fetch(f"ROLLBACK TO SAVEPOINT {name}")
        await self.connection.fetch(f"RELEASE SAVEPOINT {name}")


class PooledEngine(Engine["Transaction[C]"], Generic[C]):
    """What both engines share: statements go to the task's open transaction, otherwise to a pooled connection."""

    current_transaction: ContextVar[Transaction[C] | None]

    def __init__(self, kind: str) -> None:
        self.current_transaction = ContextVar(f"{kind}_transaction", default=None)
        super().__init__(engine_type=kind, min_version_number=0)

    @abstractmethod
    async def take_writer(self) -> C:
        """A connection for a transaction, to be given back. Raises DatabaseUnavailable when none is free in time."""

    @abstractmethod
    async def give_back(self, connection: C) -> None:
        """Return a connection taken before; never raises."""

    @abstractmethod
    def borrowed(self, sql: str) -> AbstractAsyncContextManager[C]:
        """A connection for one statement outside a transaction."""

    def transaction(self) -> Transaction[C]:
        """A transaction, or the one this task has open already."""
        return Transaction(self)

    def transaction_here(self) -> Transaction[C] | None:
        """The transaction this task has open.

        Raises RuntimeError in a task that was started inside another task's open transaction: whether it would run
        inside or outside would depend on luck.
        """
        transaction = self.current_transaction.get()
        if transaction is None or not transaction.is_open:
            return None
        if transaction.task is not asyncio.current_task():
            raise RuntimeError("a transaction belongs to the task that opened it: no gather() or create_task() inside")
        return transaction

    def transaction_exists(self) -> bool:
        """Whether this task has a transaction open."""
        return self.transaction_here() is not None

    async def fetch(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Run one statement in the open transaction, or by itself."""
        transaction = self.transaction_here()
        if transaction is not None:
            return await transaction.connection.fetch(sql, args)
        async with self.borrowed(sql) as connection:
            return await connection.fetch(sql, args)

    # What Piccolo's queries call.

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Row]:
        """Run one of Piccolo's queries."""
        sql, args = querystring.compile_string(engine_type=self.engine_type)
        return await self.fetch(sql, args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Row]:
        """Run one of Piccolo's schema statements."""
        return await self.fetch(ddl)

    async def check_version(self) -> None:
        """Nothing: Piccolo would connect while the engine is being built, in a loop of its own, and only warn."""

    async def prep_database(self) -> None:
        """Nothing: no extensions are needed."""

    async def batch(self, *_: object, **__: object) -> NoReturn:
        """Refused: a cursor would hold a pooled connection for as long as its reader likes."""
        raise NotImplementedError("read in pages by key instead of in batches")

    def atomic(self) -> NoReturn:
        """Refused: there is one way to open a transaction."""
        raise NotImplementedError("use transaction() instead of atomic()")
