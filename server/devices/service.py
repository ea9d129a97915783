"""What kiosks need, and what devices tell of themselves."""

from datetime import datetime

from msgspec import Struct

from server import clock
from server.catalogue import service as catalogue
from server.catalogue.rules import open_now_and_next
from server.db import rows
from server.devices.rules import offline_range
from server.devices.tables import Device as DeviceTable
from server.people.rules import Device
from server.queue.forecasting import Forecaster
from server.queue.lines import line_views
from server.wire import DeviceStatus, Group, KioskConfig, KioskOffice, NumberRange, OpenHours

__all__ = ["kiosk_config", "kiosk_names", "set_status"]


class _Named(Struct, frozen=True):
    id: str
    name: str


async def kiosk_config(device: Device, public_url: str, forecaster: Forecaster) -> KioskConfig:
    """Everything a kiosk needs to work, and to go on alone: its office, lines, groups, and its own numbers."""
    now = clock.now()
    office = await catalogue.office(device.office)
    policy = await catalogue.policy(device.office)
    present, following = open_now_and_next(
        await catalogue.hours(office.code), await catalogue.closures(office.code), now, office.time_zone
    )
    lines = await catalogue.lines(office.code)
    return KioskConfig(
        day=clock.day_of(now, office.time_zone),
        time_zone=office.time_zone,
        office=KioskOffice(
            code=office.code, name_vi=office.name_vi, name_en=office.name_en, address=office.address,
            opening_now=_hours(present), opening_next=_hours(following),
        ),
        lines=await line_views(office.code, "vi", forecaster),
        groups=[
            Group(code=group.code, name_vi=group.name_vi, name_en=group.name_en)
            for group in await catalogue.groups(office.code)
        ],
        ranges=[
            NumberRange(line=line.code, first=first, last=last)
            for line in lines
            for first, last in [offline_range(line.last_number, device.place)]
        ],
        public_url=public_url,
        hotline=policy.hotline,
        sample=policy.sample,
        practice=policy.practice,
    )  # fmt: skip


async def kiosk_names(office: str) -> dict[str, str]:
    """What an office's kiosks are called, by id."""
    table = DeviceTable
    found = await rows(
        _Named, table.select(table.id, table.name).where((table.office == office) & (table.kind == "kiosk"))
    )
    return {each.id: each.name for each in found}


async def set_status(device: Device, status: DeviceStatus) -> None:
    """Keep how a device says it is, and how far its clock is off."""
    now = clock.now()
    await DeviceTable.update(
        {
            DeviceTable.seen_at: now,
            DeviceTable.printer: status.printer,
            DeviceTable.paper: status.paper,
            DeviceTable.detail: status.detail,
            DeviceTable.queued: status.queued,
            DeviceTable.clock_skew_ms: _skew(status.clock, now),
        }
    ).where(DeviceTable.id == device.id)


def _skew(theirs: datetime, ours: datetime) -> int:
    widest = 2**31 - 1
    return max(-widest, min(widest, clock.milliseconds(theirs - ours)))


def _hours(interval: tuple[datetime, datetime] | None) -> OpenHours | None:
    return OpenHours(opens=interval[0], closes=interval[1]) if interval else None
