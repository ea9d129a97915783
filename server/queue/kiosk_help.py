"""Somebody at a kiosk needs help: told to reception and to the head of the office until one of them has come."""

from server import clock
from server.db import row, rows
from server.devices.service import kiosk_names
from server.errors import Refusal
from server.journal.append import office_change
from server.people.rules import Device, Officer
from server.phrases import Language, say
from server.queue import tables
from server.queue.desk import actor
from server.queue.rules_help import KioskCall, rings, stands
from server.web.formats import time_of_day
from server.wire import KioskHelp

__all__ = ["answer", "call", "standing"]


async def call(device: Device) -> None:
    """Tell the office that somebody at this kiosk needs help.

    A call that stands already, or was answered within the minute, does not ring again.
    """
    async with office_change(device.office, f"device:{device.id}") as change:
        before = await row(KioskCall, tables.KioskHelp.select().where(tables.KioskHelp.id == device.id))
        if not rings(before, change.now):
            return
        values: dict[str, object] = {"called_at": change.now, "answered_at": None}
        if before is None:
            await change.insert(tables.KioskHelp, device.id, {"id": device.id, "office": device.office} | values)
        else:
            await change.update(tables.KioskHelp, device.id, **values)
        change.append("kiosk.help", {"device": device.id, "help": True})


async def answer(officer: Officer, device: str) -> None:
    """Say that somebody has come; said again it is nothing new. Refuses no-such-kiosk for one that never called."""
    async with office_change(officer.office, actor(officer)) as change:
        table = tables.KioskHelp
        found = await row(KioskCall, table.select().where((table.id == device) & (table.office == officer.office)))
        if found is None:
            raise Refusal("no-such-kiosk")
        if found.answered_at is not None:
            return
        await change.update(table, device, answered_at=change.now)
        change.append("kiosk.help", {"device": device, "help": False})


async def standing(office: str, time_zone: str, language: Language) -> list[KioskHelp]:
    """Where somebody waits for help now, longest ago first."""
    now = clock.now()
    table = tables.KioskHelp
    calls = await rows(
        KioskCall,
        table.select().where((table.office == office) & table.answered_at.is_null()).order_by(table.called_at),
    )
    calls = [each for each in calls if stands(each, now)]
    if not calls:
        return []
    names = await kiosk_names(office)
    return [
        KioskHelp(
            device=each.id,
            called_at=each.called_at,
            sentence=say(language, "kiosk.help.call", name=names[each.id], time=time_of_day(each.called_at, time_zone)),
        )
        for each in calls
        if each.id in names
    ]
