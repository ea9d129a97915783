"""Whether this process is well."""

import asyncio
from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from msgspec import Struct

from server import __version__, clock
from server.db import row
from server.journal.hub import Hub
from server.journal.tables import Event, Journal
from server.wire import Health, HealthStatus, encode

__all__ = ["health"]


class _One(Struct, frozen=True):
    one: int


@get("/api/health", operation_id="health", tags=["health"])
async def health(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Ready, database, and how many seconds the feed is behind the journal; 503 while starting, stopping or cut off."""
    ready = bool(request.app.state.ready)
    database_ok, lag = True, 0.0
    try:
        async with asyncio.timeout(2):
            await row(_One, Journal.raw("SELECT 1 AS one"))
        hub = request.app.state.get("hub")
        lag = await _lag(hub) if isinstance(hub, Hub) else 0.0
    except Exception:
        database_ok = False
    if ready and database_ok:
        status: HealthStatus = "ok"
    else:
        status = "database-unavailable" if ready else "stopping"
    body = Health(
        status=status,
        version=__version__,
        database="ok" if database_ok else "unavailable",
        journal_lag=lag,
    )
    return Response(encode(body), status_code=200 if status == "ok" else 503, media_type="application/json")


class _At(Struct, frozen=True):
    at: datetime


async def _lag(hub: Hub) -> float:
    """How long the oldest event that some follower here has not been sent yet has been in the journal, in seconds."""
    oldest = 0.0
    for feed in hub.feeds():
        unread = await row(
            _At,
            Event.select(Event.at)
            .where((Event.office == feed.office) & (Event.seq > feed.head))
            .order_by(Event.seq)
            .limit(1),
        )
        if unread is not None:
            oldest = max(oldest, (clock.now() - unread.at).total_seconds())
    return oldest
