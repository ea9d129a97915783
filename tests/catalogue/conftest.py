"""Packs as folders, written by the tests."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from server.catalogue.tables import TABLES
from server.people.tables import Officer

SHIPPED = Path(__file__).parents[2] / "server" / "packs"

SMALL = {
    "offices.csv": "code,name_vi,name_en\nbo-de,Phường Bồ Đề,Bồ Đề ward\n",
    "lines.csv": "office,code,name_vi,fields\nbo-de,A,Chứng thực,Chứng thực\nbo-de,H,Hộ tịch,Hộ tịch; Cư trú\n",
    "counters.csv": "office,number,name_vi,lines\nbo-de,1,Quầy 1,A;H\nbo-de,2,Quầy 2,H\n",
    "officers.csv": "office,username,full_name,role,lines\nbo-de,lan,Hà Thị Lan,officer,A;H\n",
    "hours.csv": "office,weekdays,opens,closes\nbo-de,1-5,08:00,12:00\nbo-de,1-5,13:30,17:00\n",
    "shifts.csv": "office,username,counter,weekdays,starts,ends\nbo-de,lan,1,1-5,08:00,12:00\n",
    "closures.csv": "office,date,name_vi\n*,2026-11-24,Ngày Văn hóa\n",
    "procedures.csv": "code,name_vi,field_vi\n1.001193,Khai sinh,Hộ tịch\n2.000815,Bản sao,Chứng thực\n",
    "priority_groups.csv": "code,name_vi,rate\nelderly75,Người từ đủ 75 tuổi,3\n",
    "settings.csv": "office,key,value\n*,slot_minutes,20\nbo-de,slot_minutes,30\n",
}

Write = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Write a small sound pack; files given replace its own, None leaves one out."""

    def write(files: Mapping[str, str | bytes | None] | None = None, *, only: bool = False) -> Path:
        place = tmp_path / "pack"
        place.mkdir(exist_ok=True)
        for old in place.glob("*.csv"):
            old.unlink()
        for name, content in ({} if only else SMALL | {}).items():
            if name not in (files or {}):
                (place / name).write_text(content, encoding="utf-8", newline="")
        for name, content in (files or {}).items():
            if isinstance(content, str):
                content = content.encode()
            if content is not None:
                (place / name).write_bytes(content)
        return place

    return write


async def everything() -> dict[str, list[dict[str, object]]]:
    """All that the catalogue stores, row by row."""
    found = {}
    for table in [*TABLES, Officer]:
        key = table._meta.primary_key
        found[table._meta.tablename] = await table.select(*table._meta.columns).order_by(key)
    return found
