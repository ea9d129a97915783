"""Whether the rows of a pack, and what is stored already, agree with each other. No I/O."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from server.catalogue.pack_files import Row
from server.catalogue.pack_merge import World
from server.catalogue.pack_read import PackRow, Problem
from server.catalogue.rules import ANY_OFFICE, NOT_TAKEN, Span, fold, overlap, weekdays

__all__ = ["check"]


def check(world: World) -> list[Problem]:
    """Everything that does not fit, each at the row of the pack that says it."""
    return [
        *_references(world),
        *_parents(world),
        *_national_codes(world),
        *_prefixes(world),
        *_fields(world),
        *_procedures(world),
        *_fees(world),
        *_two_places(world),
    ]


def _problem(source: PackRow, field: str, key: str, /, **values: object) -> Problem:
    found = str(source.values.get(field, "")).replace("\n", ";")
    return Problem(source.file.name, source.line, source.file.column(field).name, key, values, found)


def _given(world: World, name: str) -> Iterator[PackRow]:
    """The rows of a file as far as they could be read."""
    yield from (item.source for item in world.merged[name])
    yield from world.unsound[name]


def _references(world: World) -> Iterator[Problem]:
    for name in world.merged:
        for source in _given(world, name):
            office = str(source.values.get("office", ANY_OFFICE))
            if office == ANY_OFFICE:
                continue
            if not world.known("offices.csv", office):
                yield _problem(source, "office", "known-office")
                continue
            for code in str(source.values.get("lines", "")).split("\n"):
                if code and not world.known("lines.csv", office, code):
                    yield _problem(source, "lines", "known-line", line=code, office=office)
            if name == "shifts.csv":
                username, counter = source.values.get("username"), source.values.get("counter")
                if isinstance(username, str) and not world.known("officers.csv", office, username):
                    yield _problem(source, "username", "known-officer", office=office)
                if isinstance(counter, int) and not world.known("counters.csv", office, counter):
                    yield _problem(source, "counter", "known-counter", office=office)


def _parents(world: World) -> Iterator[Problem]:
    for source in _given(world, "offices.csv"):
        parent = str(source.values.get("parent", ""))
        if not parent:
            continue
        if not world.known("offices.csv", parent):
            yield _problem(source, "parent", "known-office")
            continue
        above: list[object] = [source.values.get("code")]
        while parent and parent not in above:
            above.append(parent)
            parent = str(world.rows["offices.csv"].get((parent,), {}).get("parent", ""))
        # A circle further up is told at the rows that make it.
        if parent == above[0]:
            yield _problem(source, "parent", "no-circle")


def _national_codes(world: World) -> Iterator[Problem]:
    """The state uses a code again, but two offices never have it on the same day."""
    by_code: dict[object, list[Row]] = defaultdict(list)
    for row in world.rows["offices.csv"].values():
        by_code[row["national_code"]].append(row)
    for item in world.merged["offices.csv"]:
        if not item.row["national_code"]:
            continue
        for other in by_code[item.row["national_code"]]:
            if other["code"] != item.row["code"] and overlap(_validity(item.row), _validity(other)):
                yield _problem(item.source, "national_code", "own-national-code", office=other["code"])
                break


def _validity(row: Row) -> Span:
    begin, end = row["valid_from"], row["valid_until"]
    return (begin if isinstance(begin, date) else None, end if isinstance(end, date) else None)


def _prefixes(world: World) -> Iterator[Problem]:
    """Two lines that write their numbers alike must not give the same ones."""
    by_office = _by_office(world, "lines.csv")
    for item in world.merged["lines.csv"]:
        for other in by_office[item.row["office"]]:
            alike = other["prefix"] == item.row["prefix"] and other["code"] != item.row["code"]
            if alike and _numbers(item.row) & _numbers(other):
                yield _problem(item.source, "prefix", "own-prefix", line=other["code"])
                break


class _Range:
    def __init__(self, first: object, last: object) -> None:
        self.first = first if isinstance(first, int) else 0
        self.last = last if isinstance(last, int) else 0

    def __and__(self, other: "_Range") -> bool:
        return self.first <= other.last and other.first <= self.last


def _numbers(row: Row) -> _Range:
    return _Range(row["first_number"], row["last_number"])


def _fields(world: World) -> Iterator[Problem]:
    """A field goes to one line of an office."""
    by_office = _by_office(world, "lines.csv")
    for item in world.merged["lines.csv"]:
        own = {fold(text): text for text in str(item.row["fields"]).split("\n") if text}
        for other in by_office[item.row["office"]]:
            if other["code"] == item.row["code"]:
                continue
            for text in str(other["fields"]).split("\n"):
                if fold(text) in own:
                    yield _problem(item.source, "fields", "one-line", field=text, line=other["code"])


def _procedures(world: World) -> Iterator[Problem]:
    for item in world.merged["procedures.csv"]:
        office, line, code = str(item.row["office"]), str(item.row["line"]), str(item.row["code"])
        if office != ANY_OFFICE and line not in ("", NOT_TAKEN) and not world.known("lines.csv", office, line):
            yield _problem(item.source, "line", "known-line", line=line, office=office)
        if not item.row["name_vi"] and (office == ANY_OFFICE or not world.known("procedures.csv", ANY_OFFICE, code)):
            yield _problem(item.source, "name_vi", "given")


def _fees(world: World) -> Iterator[Problem]:
    for item in world.merged["fees.csv"]:
        office, code = str(item.row["office"]), str(item.row["code"])
        if not any(world.known("procedures.csv", each, code) for each in {office, ANY_OFFICE}):
            yield _problem(item.source, "code", "known-procedure", office=office)


def _two_places(world: World) -> Iterator[Problem]:
    """Nobody sits at two counters at once. Shifts in turn (every second week) are not compared."""
    by_officer: dict[object, list[Row]] = defaultdict(list)
    for row in world.rows["shifts.csv"].values():
        by_officer[(row["office"], row["username"])].append(row)
    for item in world.merged["shifts.csv"]:
        row = item.row
        for other in by_officer[(row["office"], row["username"])]:
            every = row["every_weeks"] == other["every_weeks"] == 1 and overlap(_validity(row), _validity(other))
            if every and other["counter"] != row["counter"] and _together(row, other):
                yield _problem(item.source, "counter", "one-counter", counter=other["counter"])
                break


def _together(one: Row, other: Row) -> bool:
    days = weekdays(str(one["weekdays"])) & weekdays(str(other["weekdays"]))
    # Ends are exclusive: a shift may begin where another stops.
    return bool(days) and _Range(one["starts"], _before(one["ends"])) & _Range(other["starts"], _before(other["ends"]))


def _before(value: object) -> int:
    return value - 1 if isinstance(value, int) else 0


def _by_office(world: World, file: str) -> dict[object, list[Row]]:
    grouped: dict[object, list[Row]] = defaultdict(list)
    for row in world.rows[file].values():
        grouped[row["office"]].append(row)
    return grouped
