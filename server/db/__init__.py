"""The database: SQLite or PostgreSQL, the same promises on both.

`transaction()` commits all or nothing and is safe against cancellation; `rows()` reads into typed structs; what raises
DatabaseUnavailable may be tried again.
"""

from server.db.core import (
    Database,
    PerDatabase,
    after_commit,
    current,
    notify,
    open_database,
    row,
    rows,
    savepoint,
    transaction,
)
from server.db.failures import DatabaseUnavailable, is_unavailable, violated
from server.db.migrate import MigrationError

__all__ = [
    "Database",
    "DatabaseUnavailable",
    "MigrationError",
    "PerDatabase",
    "after_commit",
    "current",
    "is_unavailable",
    "notify",
    "open_database",
    "row",
    "rows",
    "savepoint",
    "transaction",
    "violated",
]
