"""Hear that another process has changed something: LISTEN on PostgreSQL, a look at the file's version on SQLite.

The bell only rings: what is new is always read from the tables, and whoever (re)connects looks for himself first.
"""

import asyncio
import logging
from collections.abc import Callable

import asyncpg  # type: ignore[import-untyped]

from server.db.failures import DatabaseUnavailable
from server.db.postgres import address
from server.db.sqlite import SQLiteConnection

__all__ = ["listen", "watch"]

log = logging.getLogger(__name__)

FIRST_DELAY = 0.2
LONGEST_DELAY = 5.0


async def listen(
    url: str,
    channel: str,
    on_ring: Callable[[str], None],
    on_reconnect: Callable[[], None],
    *,
    probe_seconds: float = 10.0,
) -> None:
    """Call `on_ring(payload)` for every NOTIFY on the channel, until cancelled.

    `on_reconnect` is called each time listening (again) begins, the first included: what happened before went unheard.
    """
    delay = FIRST_DELAY
    while True:
        connection: asyncpg.Connection | None = None
        try:
            connection = await asyncpg.connect(url, timeout=5, server_settings={"application_name": "motcua doorbell"})
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection, lost=lost: lost.set())
            await connection.add_listener(channel, lambda _connection, _pid, _channel, payload: on_ring(payload))
            on_reconnect()
            delay = FIRST_DELAY
            await _until_lost(connection, lost, probe_seconds)
            log.warning("doorbell lost: %s closed the connection", address(url))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
            log.warning("doorbell lost: %s: %s", address(url), exc or type(exc).__name__)
        finally:
            if connection is not None:
                connection.terminate()
        await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_DELAY)


async def _until_lost(connection: "asyncpg.Connection", lost: asyncio.Event, probe_seconds: float) -> None:
    # A link that is cut without a word looks like silence, so ask now and then. TimeoutError from execute() is a loss.
    while not lost.is_set():
        try:
            async with asyncio.timeout(probe_seconds):
                await lost.wait()
        except TimeoutError:
            await connection.execute("SELECT 1", timeout=5)


async def watch(path: str, on_change: Callable[[], None], seconds: float = 0.5) -> None:
    """Call `on_change()` within about `seconds` of any commit to the SQLite file, by whatever process, until cancelled.

    Also called once at the beginning, and after the file could not be read for a while.
    """
    connection = SQLiteConnection(path, patience=1.0, query_only=True)
    seen: object = None
    try:
        while True:
            try:
                version = (await connection.fetch("PRAGMA data_version"))[0]["data_version"]
            except DatabaseUnavailable as exc:
                log.warning("doorbell lost: %s", exc)
                version = None
            if version is not None and version != seen:
                on_change()
            seen = version
            await asyncio.sleep(seconds)
    finally:
        await connection.close()
