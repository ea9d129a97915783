"""What databases raise, in two questions: is it away (then try again later), and which unique rule was broken?"""

import re
import sqlite3

import asyncpg  # type: ignore[import-untyped]

__all__ = ["DatabaseUnavailable", "is_unavailable", "violated"]


class DatabaseUnavailable(Exception):
    """The database cannot be reached, read or locked just now. Nothing is known to be wrong with what was asked of it.

    When COMMIT itself was lost, the change may or may not have been made: callers repeat with the same idempotency key.
    """


# Primary result codes; extended ones carry them in their low byte.
_SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)

_POSTGRES_AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, statement timeout, database dropped
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,  # failed over to a standby
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionRollbackError,  # deadlock, serialization: the same again will do
    asyncpg.InvalidCachedStatementError,  # another process has just migrated
)


def is_unavailable(exc: BaseException) -> bool:
    """Whether this says that the database is away or busy, so that the same request may succeed later."""
    if isinstance(exc, (DatabaseUnavailable, *_POSTGRES_AWAY)):
        return True
    # Errors that Python raises by itself (a wrong parameter, a closed connection) carry no result code.
    code = getattr(exc, "sqlite_errorcode", None)
    return isinstance(exc, sqlite3.Error) and isinstance(code, int) and code & 0xFF in _SQLITE_AWAY


_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (?P<columns>.+)")
# The words around it depend on the server's language, this part does not: "Key (office, day)=(bo-de, 2026-11-23) …".
_POSTGRES_KEY = re.compile(r"\((?P<columns>.+?)\)=\(")


def violated(exc: BaseException) -> str | None:
    """The unique rule this error is about, as "table(column,column)"; None for any other error.

    Columns are in the index's order, on both engines. SQLite tells them but not the index, so they are the name; hence
    unique indexes must be over plain columns.
    """
    if isinstance(exc, asyncpg.UniqueViolationError):
        key = _POSTGRES_KEY.search(exc.detail or "")
        columns = [column.strip().strip('"') for column in key["columns"].split(",")] if key else []
        return f"{exc.table_name}({','.join(columns)})"
    if isinstance(exc, sqlite3.IntegrityError):
        told = _SQLITE_UNIQUE.search(str(exc))
        if told is not None:
            table, _, _ = told["columns"].partition(".")
            return f"{table}({told['columns'].replace(f'{table}.', '').replace(' ', '')})"
    return None
