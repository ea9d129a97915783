"""The snapshot that a feed starts from: what applying every event of the day would give, read from the tables."""

from datetime import datetime

import msgspec
from msgspec import Struct

from server.db import row, rows, transaction
from server.journal.append import Head
from server.journal.tables import Event, Journal
from server.queue import tables
from server.queue.hall import Setting, counter_name, desks, load_setting, number_of
from server.queue.rules import Ticket
from server.rating import service as rating
from server.wire import (
    BoardCall,
    BoardCounter,
    BoardCounterRef,
    BoardLine,
    BoardNotice,
    BoardRatings,
    BoardState,
    BoardTicket,
)

__all__ = ["CALLS", "board", "waiting_by_line", "waiting_everywhere"]

CALLS = 8
NOTICES = ("office.closed", "office.announced")


class _Notice(Struct, frozen=True):
    kind: str
    at: datetime
    body: str


class _Waiting(Struct, frozen=True):
    line: str
    count: int


class _WaitingAt(Struct, frozen=True):
    office: str
    line: str
    count: int


class _Count(Struct, frozen=True):
    count: int


async def board(office: str) -> tuple[int, BoardState, Setting]:
    """The journal number, the state after it, and the office's setting, all of one moment."""
    async with transaction():
        # The lock makes number and state belong together; it is held for a few reads.
        locked = await row(
            Head,
            Journal.raw("UPDATE journal SET seq = seq WHERE office = {} RETURNING seq, hash, day, day_seq", office),
        )
        setting = await load_setting(office)
        head = locked or Head(0, "", None, 0)
        state = BoardState(
            day=head.day,
            calls=await _calls(setting, head.day_seq),
            lines=[BoardLine(code=code, waiting=count) for code, count in (await waiting_by_line(setting)).items()],
            counters=await _counters(setting),
            ratings=await _ratings(office, head.day_seq),
            notices=await _notices(office, head.day_seq),
        )
    return head.seq, state, setting


async def waiting_by_line(setting: Setting) -> dict[str, int]:
    """How many wait in each line, every line named."""
    found = await rows(
        _Waiting,
        tables.Ticket.raw(
            "SELECT line, count(*) AS count FROM ticket WHERE office = {} AND state = 'waiting' GROUP BY line",
            setting.office.code,
        ),
    )
    counted = {waiting.line: waiting.count for waiting in found}
    return {code: counted.get(code, 0) for code in setting.lines}


async def waiting_everywhere() -> dict[tuple[str, str], int]:
    """How many wait, by office and line; lines where nobody does are absent."""
    found = await rows(
        _WaitingAt,
        tables.Ticket.raw(
            "SELECT office, line, count(*) AS count FROM ticket WHERE state = 'waiting' GROUP BY office, line"
        ),
    )
    return {(waiting.office, waiting.line): waiting.count for waiting in found}


async def _calls(setting: Setting, day_seq: int) -> list[BoardCall]:
    table = tables.Ticket
    found = await rows(
        Ticket,
        table.select()
        .where((table.office == setting.office.code) & (table.announced_seq > day_seq))
        .order_by(table.announced_seq, ascending=False)
        .limit(CALLS),
    )
    return [
        BoardCall(
            ticket=BoardTicket(
                id=ticket.id, number=number_of(ticket, setting), label=ticket.label, line=ticket.line
            ),
            counter=BoardCounterRef(
                number=ticket.announced_counter or 0, name=counter_name(setting, ticket.announced_counter or 0)
            ),
            at=ticket.announced_at or ticket.issued_at,
            state=ticket.state,
        )
        for ticket in found
    ]  # fmt: skip


async def _counters(setting: Setting) -> list[BoardCounter]:
    manned = {desk.counter for desk in await desks(setting.office.code) if desk.officer and desk.paused_at is None}
    return [
        BoardCounter(number=number, name=counter.name_vi, open=number in manned)
        for number, counter in sorted(setting.counters.items())
    ]


async def _ratings(office: str, day_seq: int) -> BoardRatings:
    served = await row(
        _Count,
        tables.Ticket.raw(
            "SELECT count(*) AS count FROM ticket WHERE office = {} AND state = 'served' AND ended_seq > {}",
            office, day_seq,
        ),
    )  # fmt: skip
    answered, satisfied = await rating.of_day(office, day_seq)
    return BoardRatings(served=served.count if served else 0, answered=answered, satisfied=satisfied)


async def _notices(office: str, day_seq: int) -> list[BoardNotice]:
    found = await rows(
        _Notice,
        Event.select(Event.kind, Event.at, Event.body)
        .where((Event.office == office) & (Event.seq > day_seq) & Event.kind.is_in(list(NOTICES)))
        .order_by(Event.seq),
    )
    return [
        BoardNotice(
            code="closed" if notice.kind == "office.closed" else msgspec.json.decode(notice.body)["notice"],
            at=notice.at,
        )
        for notice in found
    ]
