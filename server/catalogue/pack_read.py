"""Reading a pack: from a folder of CSV files to typed rows, and every cell that is not what it should be."""

import csv
import difflib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.catalogue.pack_cells import clean
from server.catalogue.pack_files import FILES, Key, PackFile, Row
from server.catalogue.rules import ANY_OFFICE, NOT_TAKEN, Expected
from server.catalogue.rules_policy import SETTINGS, parse_setting
from server.phrases import Language, say

__all__ = ["Pack", "PackRow", "Problem", "read_pack", "read_rows"]

SHOWN = 40


@dataclass(frozen=True)
class Problem:
    """Something wrong at one place. `line` counts from 1, the header being 1; 0 is the file or folder as a whole."""

    file: str
    line: int
    column: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    found: str | None = None

    @property
    def place(self) -> str:
        """`lines.csv:12:prefix`, as far as it is known."""
        return ":".join(part for part in (self.file, str(self.line or ""), self.column) if part)

    def sentence(self, language: Language) -> str:
        """What was expected, and what stands there."""
        text = say(language, f"pack.expected.{self.key}", **self.values)
        if self.found is None:
            return text
        found = self.found if len(self.found) <= SHOWN else f"{self.found[:SHOWN]}…"
        # Whatever a file contains, what we print of it does not drive the terminal.
        visible = "".join(sign if sign.isprintable() else f"\\x{ord(sign):x}" for sign in found)
        return f"{text} {say(language, 'pack.found', found=visible)}"


@dataclass(frozen=True)
class PackRow:
    """One row: the columns that were given, by the table's names. `sound` is whether all of them could be read."""

    file: PackFile
    line: int
    values: Row
    sound: bool = True


@dataclass
class Pack:
    """All rows of a folder by file, and everything that is wrong with them so far."""

    rows: dict[str, list[PackRow]] = field(default_factory=lambda: {name: [] for name in FILES})
    problems: list[Problem] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many rows."""
        return sum(map(len, self.rows.values()))


def read_pack(folder: Path) -> Pack:
    """Read every file of a pack. Never raises for what is in them: that is in `problems`."""
    pack = Pack()
    present = sorted(path.name for path in folder.glob("*.csv")) if folder.is_dir() else []
    for name in present:
        if name not in FILES:
            pack.problems.append(Problem(name, 0, "", "file", {"choices": _near(name, FILES)}))
    for file in FILES.values():
        if file.name in present:
            _read_file(pack, file, folder / file.name)
    if not any(name in FILES for name in present):
        pack.problems.append(Problem(folder.name or ".", 0, "", "files", {"choices": ", ".join(FILES)}))
    return pack


def read_rows(file: PackFile, rows: Sequence[Mapping[str, str]]) -> Pack:
    """A pack of one file out of rows that were typed rather than read; lines are numbered as if they stood in it."""
    pack = Pack()
    for line, cells in enumerate(rows, start=2):
        _take_row(pack, file, line, cells)
    return pack


def _read_file(pack: Pack, file: PackFile, path: Path) -> None:
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        pack.problems.append(Problem(file.name, data.count(b"\n", 0, exc.start) + 1, "", "utf-8"))
        return
    except OSError as exc:
        pack.problems.append(Problem(file.name, 0, "", "readable", {"why": exc.strerror or type(exc).__name__}))
        return
    records = _records(pack, file, text)
    line, header = next(records, (1, []))
    columns = _header(pack, file, line, header)
    if columns is None:
        return
    for line, record in records:
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(columns):
            pack.problems.append(Problem(file.name, line, "", "cells", {"n": len(columns)}, str(len(record))))
            continue
        _take_row(pack, file, line, dict(zip(columns, record, strict=True)))


def _records(pack: Pack, file: PackFile, text: str) -> Iterator[tuple[int, list[str]]]:
    """The records of a CSV text, each with the line it begins on, blank lines left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            # Where quotes do not match nobody can tell where the next row begins.
            pack.problems.append(Problem(file.name, line, "", "csv", {"why": str(exc)}))
            return
        if record:
            yield line, record


def _header(pack: Pack, file: PackFile, line: int, header: list[str]) -> list[str] | None:
    """The columns of a file, or None where its rows cannot be understood for want of its keys."""
    columns = [name.strip() for name in header]
    known = [column.name for column in file.columns]
    if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        pack.problems.append(Problem(file.name, line, "", "commas"))
        return None
    for place, name in enumerate(columns):
        if name not in known:
            choices = {"choices": _near(name, known)}
            pack.problems.append(Problem(file.name, line, "", "column", choices, name))
        elif name in columns[:place]:
            pack.problems.append(Problem(file.name, line, name, "column-once"))
    missing = [
        column.name
        for column in file.columns
        if column.needed and column.name not in columns and column.field in {*file.keys, file.part}
    ]
    for name in missing:
        pack.problems.append(Problem(file.name, line, name, "column-needed"))
    return None if missing else columns


def _take_row(pack: Pack, file: PackFile, line: int, cells: Mapping[str, str]) -> None:
    values: Row = {}
    before = len(pack.problems)
    for column in file.columns:
        if column.name not in cells:
            if column.field in {*file.keys, file.part}:
                values[column.field] = column.empty
            continue
        raw = cells[column.name]
        try:
            cell = clean(raw)
            if not cell and column.needed:
                raise Expected("given")
            values[column.field] = column.parse(cell) if cell else column.empty
        except Expected as exc:
            pack.problems.append(Problem(file.name, line, column.name, exc.key, exc.values, raw if raw else None))
    if len(pack.problems) == before:
        for name, expected in _within(file, values):
            stands = cells.get(name)
            pack.problems.append(Problem(file.name, line, name, expected.key, expected.values, stands))
    pack.rows[file.name].append(PackRow(file, line, values, sound=len(pack.problems) == before))


def _within(file: PackFile, values: Row) -> Iterator[tuple[str, Expected]]:
    """What the cells of one row say against each other."""
    for first, last, key in _ORDERED.get(file.name, ()):
        begin, end = values.get(first), values.get(last)
        if begin is not None and end is not None and not _in_order(begin, end, strictly=key == "after"):
            yield last, Expected(key, first=first)
    if file.name == "closures.csv" and (values.get("opens") is None) != (values.get("closes") is None):
        yield "closes", Expected("both")
    if file.name == "shifts.csv" and values.get("every_weeks", 1) != 1 and values.get("first_week") is None:
        yield "first_week", Expected("first-week")
    if file.name == "offices.csv" and values.get("parent") == values["code"]:
        yield "parent", Expected("other-office")
    if file.name == "procedures.csv" and values["office"] == ANY_OFFICE and values.get("line") == NOT_TAKEN:
        yield "line", Expected("line")
    if file.name == "settings.csv":
        yield from _setting(str(values["key"]), str(values.get("value", "")))


_ORDERED: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "offices.csv": [("valid_from", "valid_until", "not-before")],
    "lines.csv": [("first_number", "last_number", "not-below")],
    "fees.csv": [("valid_from", "valid_until", "not-before")],
    "hours.csv": [("opens", "closes", "after"), ("valid_from", "valid_until", "not-before")],
    "shifts.csv": [("starts", "ends", "after"), ("valid_from", "valid_until", "not-before")],
    "closures.csv": [("date", "until", "not-before"), ("opens", "closes", "after")],
}


def _in_order(begin: object, end: object, *, strictly: bool) -> bool:
    # Both come from columns of one kind: dates, or whole numbers.
    if begin == end:
        return not strictly
    return bool(begin < end)  # type: ignore[operator]


def _setting(key: str, value: str) -> Iterator[tuple[str, Expected]]:
    if key not in SETTINGS:
        yield "key", Expected("setting", choices=_near(key, SETTINGS))
        return
    try:
        parse_setting(key, value)
    except Expected as exc:
        yield "value", exc


def _near(name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    """What may have been meant, or all there is."""
    return ", ".join(difflib.get_close_matches(name, list(known), n=3) or known)


def keys_of(rows: Sequence[PackRow]) -> Iterator[tuple[PackRow, Key]]:
    """The rows whose key could be read, with it."""
    for row in rows:
        wanted = {*row.file.keys, *([row.file.part] if row.file.part else [])}
        if wanted <= row.values.keys():
            yield row, row.file.key(row.values)
