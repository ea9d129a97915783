"""A small office: three officers, two lines and one for results, open 08:00 to 12:00 and 13:30 to 17:00 every day.

Certification (A) has two officers, civil status (H) two, one of them (`binh`) in both; results (T) have `an` alone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from server import clock
from server.booking import service
from server.booking.rules_states import Appointment
from server.booking.service_rows import COLUMNS
from server.booking.tables import Appointment as AppointmentTable
from server.catalogue import tables
from server.catalogue.rules import searchable
from server.db import rows
from server.journal.frames import head_seq
from server.people.tables import Officer
from server.wire import Citizen

OFFICE = "nho"
ZONE = "Asia/Ho_Chi_Minh"
COPY, SIGNATURE, BIRTH, LAND = "9.000001", "9.000002", "9.000003", "9.000004"
DOSSIER = "H26.10-261121-0042"


async def open_small_office(zone: str = ZONE, **settings: object) -> None:
    """Write the office down. Settings are the default ones but for online_filers_only, which is off."""
    await tables.Office.insert(
        tables.Office(
            code=OFFICE, national_code="", name_vi="Phường Nhỏ", name_en="Small ward", parent="",
            address="Số 2 phố Mẫu", time_zone=zone, valid_from=None, valid_until=None,
        )
    )  # fmt: skip
    await tables.ServiceLine.insert(
        *(
            tables.ServiceLine(
                office=OFFICE, code=code, prefix=code, kind=kind, name_vi=name, name_en=name,
                expected_minutes=minutes, spread=0.5, first_number=1, last_number=999, fields=fields, position=place,
            )
            for place, (code, kind, name, minutes, fields) in enumerate(
                (
                    ("A", "procedures", "Chứng thực", 5.0, "Chứng thực nhỏ"),
                    ("H", "procedures", "Hộ tịch", 25.0, "Hộ tịch nhỏ"),
                    ("T", "results", "Trả kết quả", 5.0, ""),
                )
            )
        )
    )  # fmt: skip
    await tables.Procedure.insert(
        *(
            tables.Procedure(
                office=OFFICE, code=code, name_vi=name, name_en="", field_vi=field, line=line, minutes=None,
                statutory_days=1, promised_days=None, fee_in_person_vnd=0, fee_online_vnd=0,
                required_documents="Căn cước\nBản chính, bản sao", short_info_vi="", folded=searchable(name),
            )
            for code, name, field, line in (
                (COPY, "Chứng thực bản sao", "Chứng thực nhỏ", "A"),
                (SIGNATURE, "Chứng thực chữ ký", "Chữ ký nhỏ", "A"),
                (BIRTH, "Đăng ký khai sinh", "Hộ tịch nhỏ", "H"),
            )
        )
    )  # fmt: skip
    officers = (("an", 1, "A\nT"), ("binh", 2, "A\nH"), ("chi", 3, "H"))
    await tables.Counter.insert(
        *(
            tables.Counter(office=OFFICE, number=number, name_vi=f"Quầy {number}", name_en="", lines=lines)
            for _, number, lines in officers
        )
    )
    await Officer.insert(
        *(
            Officer(office=OFFICE, username=name, full_name=name.capitalize(), role="officer", lines=lines)
            for name, _, lines in officers
        )
    )
    halves = ((480, 720), (810, 1020))
    await tables.Hours.insert(
        *(
            tables.Hours(office=OFFICE, weekdays="1-7", opens=opens, closes=closes, valid_from=None, valid_until=None)
            for opens, closes in halves
        )
    )
    await tables.Shift.insert(
        *(
            tables.Shift(
                office=OFFICE, username=name, counter=number, weekdays="1-7", starts=starts, ends=ends, every_weeks=1,
                first_week=None, lines="",
            )
            for name, number, _ in officers
            for starts, ends in halves
        )
    )  # fmt: skip
    for key, value in {"online_filers_only": "false", **settings}.items():
        await tables.Setting.insert(tables.Setting(office=OFFICE, key=key, value=str(value)))


def time(hour: int, minute: int = 0, *, days: int = 0, zone: str = ZONE) -> datetime:
    """That time of day in the office, so many days from today."""
    day = clock.local(clock.now(), zone) + timedelta(days=days)
    return clock.whole_milliseconds(day.replace(hour=hour, minute=minute, second=0, microsecond=0))


def wanted(start: datetime, procedures: Sequence[str] = (COPY,), **more: object) -> service.Wanted:
    return service.Wanted(office=OFFICE, procedures=list(procedures), start=start, **more)  # type: ignore[arg-type]


def person(number: int, **more: object) -> Citizen:
    """Somebody of their own, by their telephone."""
    return Citizen(name="Nguyễn Thị Hoà", phone=f"0912{number:06}", **more)  # type: ignore[arg-type]


async def booked(start: datetime, who: int, procedures: Sequence[str] = (COPY,), **more: object) -> Appointment:
    """A confirmed booking."""
    held = await service.book(wanted(start, procedures, **more), person(who))
    return await service.confirm(held.reference, await service.manage_token(held))


async def token_of(appointment: Appointment) -> str:
    return await service.manage_token(appointment)


async def everything() -> list[Appointment]:
    """All appointments of the office."""
    table = AppointmentTable
    return await rows(Appointment, table.select(*COLUMNS).where(table.office == OFFICE).order_by(table.reference))


async def state() -> tuple[int, list[Appointment]]:
    """All that a refusal must leave alone: the journal's number and the appointments."""
    return await head_seq(OFFICE), await everything()


async def free_at(start: datetime, procedures: Sequence[str] = (COPY,), **more: object) -> int:
    """How many could still book that start; 0 where it is not offered."""
    day = clock.local(start, ZONE).date()
    _, days = await service.slots(OFFICE, list(procedures), day, 1, **more)  # type: ignore[arg-type]
    return next((slot.free for slot in days.get(day, []) if slot.start == start), 0)
