"""What a pack makes of what is stored: the rows as they will be, and whether they agree with each other. No I/O."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from server.catalogue.pack_files import FILES, Key, PackFile, Row
from server.catalogue.pack_read import Pack, PackRow, Problem, keys_of
from server.catalogue.rules import searchable

__all__ = ["Merged", "World", "merge"]


@dataclass(frozen=True)
class Merged:
    """A row of the pack as it will be stored, and as it was (None where it is new)."""

    source: PackRow
    row: Row
    old: Row | None

    @property
    def changed(self) -> bool:
        """Whether storing it changes anything."""
        return self.row != self.old


@dataclass
class World:
    """Everything there will be: by file and key what was stored and what the pack says, the pack's word going first.

    `unsound` are rows with cells that cannot be read: the others are still judged, and what refers to such a row is
    not wrong for that; `named` has the keys of all rows.
    """

    rows: dict[str, dict[Key, Row]] = field(default_factory=dict)
    merged: dict[str, list[Merged]] = field(default_factory=dict)
    unsound: dict[str, list[PackRow]] = field(default_factory=dict)
    named: dict[str, set[Key]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def known(self, file: str, *key: str | int) -> bool:
        """Whether there will be such a row."""
        return key in self.rows[file] or key in self.named[file]


def merge(stored: Mapping[str, Sequence[Row]], pack: Pack) -> World:
    """Put a pack over what is stored. Rows that cannot be, keys that come twice among them, are in `problems`."""
    world = World()
    for name, file in FILES.items():
        given = list(keys_of(pack.rows[name]))
        world.named[name] = {key for _, key in given}
        world.unsound[name] = [row for row in pack.rows[name] if not row.sound]
        by_key = {file.key(row): row for row in stored.get(name, ())}
        merged = list(_merge_file(world, file, by_key, _once(world, given)))
        if file.ordered:
            merged = _placed(by_key, merged)
        world.merged[name] = merged
        replaced = {file.key(item.old) for item in merged if item.old is not None}
        world.rows[name] = {key: row for key, row in by_key.items() if key not in replaced}
        world.rows[name].update({file.key(item.row): item.row for item in merged})
    return world


def _once(world: World, given: Sequence[tuple[PackRow, Key]]) -> list[tuple[PackRow, Key]]:
    first: dict[Key, int] = {}
    kept = []
    for row, key in given:
        if key in first:
            column = row.file.column(row.file.part or row.file.keys[-1]).name
            world.problems.append(Problem(row.file.name, row.line, column, "unique", {"line": first[key]}))
            continue
        first[key] = row.line
        if row.sound:
            kept.append((row, key))
    return kept


def _merge_file(
    world: World, file: PackFile, stored: Mapping[Key, Row], given: Sequence[tuple[PackRow, Key]]
) -> Iterator[Merged]:
    moved = _moved(file, stored, given) if file.part else {}
    for source, key in given:
        old = stored.get(moved.get(key, key))
        row = {column.field: column.empty for column in file.columns} if old is None else dict(old)
        row.update(source.values)
        if old is None:
            missing = [column.name for column in file.columns if column.needed and column.field not in source.values]
            for name in missing:
                world.problems.append(Problem(file.name, source.line, name, "column-needed"))
            if missing:
                continue
            if file.name == "lines.csv" and "prefix" not in source.values:
                row["prefix"] = row["code"]
        if file.name == "procedures.csv":
            row["folded"] = _folded(row)
        yield Merged(source, row, old)


def _moved(file: PackFile, stored: Mapping[Key, Row], given: Sequence[tuple[PackRow, Key]]) -> dict[Key, Key]:
    """Which stored row each new row of a record is: an opening time that was edited is no second opening.

    Only where the pack gives at least as many rows of the record as there are; otherwise it adds.
    """
    old: dict[Key, list[Key]] = defaultdict(list)
    new: dict[Key, list[Key]] = defaultdict(list)
    for key, row in stored.items():
        old[file.record(row)].append(key)
    for source, key in given:
        new[file.record(source.values)].append(key)
    moved: dict[Key, Key] = {}
    for record, keys in new.items():
        gone = sorted((key for key in old[record] if key not in keys), key=str)
        come = sorted((key for key in keys if key not in stored), key=str)
        if len(keys) >= len(old[record]):
            moved.update(zip(come, gone, strict=False))
    return moved


def _placed(stored: Mapping[Key, Row], merged: Sequence[Merged]) -> list[Merged]:
    """Give rows their place: the file's order where it has all of an office's rows, behind the known ones otherwise."""
    there: dict[object, dict[Key, int]] = defaultdict(dict)
    for key, row in stored.items():
        place = row["position"]
        there[row["office"]][key] = place if isinstance(place, int) else 0
    given: dict[object, list[Merged]] = defaultdict(list)
    for item in merged:
        given[item.row["office"]].append(item)
    for office, items in given.items():
        known = there[office]
        complete = known.keys() <= {item.source.file.key(item.row) for item in items}
        following = max(known.values(), default=-1) + 1
        for place, item in enumerate(items):
            if complete:
                item.row["position"] = place
            elif item.old is None:
                item.row["position"] = following
                following += 1
    return list(merged)


def _folded(row: Row) -> str:
    parts = (row[name] for name in ("name_vi", "name_en", "field_vi", "code", "short_info_vi"))
    return searchable(*(str(part) for part in parts))
