"""The two promises every change must keep: events applied to an old board give the fresh one, and replay the tables."""

from typing import Any

import msgspec
from piccolo.table import Table

from display.board import read, reduce
from server.booking import tables as booking
from server.journal.append import journalled
from server.journal.frames import read_frames
from server.journal.replay import Rows, first_bad, replayed
from server.queue import tables as queue
from server.queue.board import board
from server.rating import tables as rating
from server.wire import Board

TABLES: list[type[Table]] = [
    *(table for table in queue.TABLES if table is not queue.Promise),
    *(table for table in booking.TABLES if any(column._meta.name == "office" for column in table._meta.columns)),
    *rating.TABLES,
]
"""What is written through changes of an office, and nowhere else."""


async def snapshot(office: str) -> Board:
    """The board as it is, without what travels beside it."""
    seq, state, _ = await board(office)
    return Board(seq=seq, state=state, forecast={})


async def applied(office: str, old: Board) -> tuple[Board, list[str]]:
    """A board with everything applied that has followed it, and the kinds of what followed."""
    kinds: list[str] = []
    for frame in await read_frames(office, old.seq, 10_000):
        old = reduce(old, read(frame.text))
        kinds.append(msgspec.json.decode(frame.text).get("kind", ""))
    return old, kinds


async def stored(office: str) -> Rows:
    """What the tables hold of an office, columns that are personal or secret aside."""
    found: Rows = {}
    for table in TABLES:
        rows: list[dict[str, Any]] = await table.select().where(table._meta.get_column_by_name("office") == office)
        key = table._meta.primary_key._meta.name
        found[table._meta.tablename] = {str(row[key]): journalled(table, row) for row in rows}
    return found


async def kept_its_promises(office: str) -> None:
    """The journal tells exactly what the tables hold, and its chain is whole."""
    assert await replayed(office, TABLES) == await stored(office)
    assert await first_bad(office) is None
