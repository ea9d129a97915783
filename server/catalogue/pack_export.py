"""Writing an office as the folder of CSV files it can be loaded from."""

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from server.catalogue import service
from server.catalogue.pack import stored_rows
from server.catalogue.pack_files import FILES, PackFile, Row
from server.catalogue.rules import ANY_OFFICE
from server.db import transaction

__all__ = ["export"]


async def export(folder: Path, office: str) -> list[Path]:
    """Write the pack of an office, with the offices above it and what holds for all offices, over any older one there.

    Refuses `no-such-office`. Raises OSError where the folder cannot be written to.
    """
    async with transaction():
        above = await _above(office)
        texts = {
            name: _text(file, await stored_rows(file, None if name == "offices.csv" else [ANY_OFFICE, office]), above)
            for name, file in FILES.items()
        }
    return await asyncio.to_thread(_write, folder, texts)


def _write(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in texts.items():
        path, draft = folder / name, folder / f".{name}.part"
        draft.write_text(text, encoding="utf-8", newline="")
        draft.replace(path)
        written.append(path)
    return written


async def _above(office: str) -> list[str]:
    """The office and those above it, the uppermost first."""
    found = [await service.office(office)]
    while found[0].parent:
        found.insert(0, await service.office(found[0].parent))
    return [each.code for each in found]


def _text(file: PackFile, rows: Sequence[Row], offices: Sequence[str]) -> str:
    kept = [row for row in rows if "office" in row or row["code"] in offices]
    kept.sort(key=lambda row: _order(file, row, offices))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.name for column in file.columns)
    writer.writerows([column.show(row[column.field]) for column in file.columns] for row in kept)
    return out.getvalue()


def _order(file: PackFile, row: Row, offices: Sequence[str]) -> tuple[str | int, ...]:
    if "office" not in row:
        return (offices.index(str(row["code"])),)
    place = row["position"] if file.ordered else 0
    return (
        str(row["office"]),
        place if isinstance(place, int) else 0,
        *(f"{part:06}" if isinstance(part, int) else str(part) for part in file.key(row)),
    )
