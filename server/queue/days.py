"""Days end by themselves, soon after midnight at the office, also where nobody presses anything; so does stepping out.

Nothing relies on it: the first change of a new day closes the old one anyway (`hall.hall_change`), and whoever calls
looks at the clock (`rules.callable_now`).
"""

import asyncio
import logging

from msgspec import Struct

from server import clock
from server.booking.service_arrival import missed_offices
from server.db import is_unavailable, rows
from server.journal.tables import Journal
from server.queue.hall import hall_change
from server.queue.hold import end_holds

__all__ = ["end_old_days", "keep_ending_days"]

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0


class _Office(Struct, frozen=True):
    office: str


async def end_old_days() -> None:
    """Close what offices have left from a day that is over there. An office with nothing left is left alone."""
    left = await rows(
        _Office,
        Journal.raw(
            "SELECT DISTINCT office FROM ticket"
            " WHERE state IN ('coming', 'waiting', 'called', 'serving', 'parked', 'missed') "
            "UNION SELECT DISTINCT office FROM desk WHERE officer IS NOT NULL "
            "UNION SELECT office FROM journal WHERE practice"
        ),
    )
    for office in {found.office for found in left} | await missed_offices(clock.now()):
        async with hall_change(office, "system"):
            pass  # entering begins the day that it is there now


async def keep_ending_days() -> None:
    """Look every minute, for ever."""
    while True:
        try:
            await end_old_days()
            await end_holds()
        except Exception as exc:
            if not is_unavailable(exc):
                log.exception("ending a day failed")
        await asyncio.sleep(LOOK_SECONDS)
