"""Dossiers that could not be checked when they were booked with: asked for again, as long as it still matters."""

import asyncio
import logging

from msgspec import Struct

from server import clock
from server.booking import tables
from server.booking.dossiers import Dossiers
from server.db import is_unavailable, rows
from server.journal.append import office_change

__all__ = ["check_again", "keep_checking"]

log = logging.getLogger(__name__)

EVERY_SECONDS = 300.0
AT_A_TIME = 100
ACTOR = "portal"


class _Open(Struct, frozen=True):
    reference: str
    office: str
    dossier_number: str


async def keep_checking(dossiers: Dossiers) -> None:
    """Check again every few minutes, until cancelled. Nothing waits for it: a verdict is for the officer's eyes."""
    while dossiers.can_ask:
        try:
            await check_again(dossiers)
        except Exception as exc:
            if not is_unavailable(exc):
                log.warning("checking dossiers failed: %s", type(exc).__name__)
        await asyncio.sleep(EVERY_SECONDS)


async def check_again(dossiers: Dossiers) -> int:
    """Ask for the dossiers of coming bookings that nobody could check yet; how many the portal has spoken of.

    A number it does not know cancels nothing: the officer sees it, and the person has come in good faith.
    """
    table = tables.Appointment
    found = await rows(
        _Open,
        table.select(table.reference, table.office, table.dossier_number)
        .where(
            (table.dossier_check == "unchecked")
            & (table.state == "confirmed")
            & (table.starts_at > clock.now())
            & table.dossier_number.is_not_null()
        )
        .order_by(table.starts_at)
        .limit(AT_A_TIME),
    )
    told = 0
    for each in found:
        verdict = await dossiers.check(each.office, each.dossier_number)
        if verdict is None or verdict == "unchecked":
            continue
        async with office_change(each.office, ACTOR) as here:
            await here.update(table, each.reference, dossier_check=verdict)
            here.append("appointment.verified", {})
        told += 1
    return told
