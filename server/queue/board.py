"""The snapshot that a feed starts from: what applying every event of the day would give, read from the tables."""

from datetime import datetime

import msgspec
from msgspec import Struct

from server.db import PerDatabase, row, rows, transaction
from server.journal.append import Head, lock_head
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
TRIES = 3
NOTICES = ("office.closed", "office.announced")

_known: PerDatabase[dict[str, tuple[int, BoardState]]] = PerDatabase(dict)
"""The last board read of each office, with its number."""


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
    """The journal number, the state after it, and the office's setting, all of one moment.

    Every change moves the number on, so what was read between two looks at the same number belongs together; a hall
    that never holds still is read under its lock. A thousand screens that come back at once share one reading.
    """
    for _ in range(TRIES):
        head = await _head(office)
        setting = await load_setting(office)  # after the head: a change of lines and counters moves the number on too
        known = _known.here().get(office)
        if known is not None and known[0] == head.seq:
            return head.seq, known[1], setting
        state = await _state(setting, head)
        if (await _head(office)).seq == head.seq:
            if head.seq:  # before the first event a changed catalogue does not move the number on
                _known.here()[office] = (head.seq, state)
            return head.seq, state, setting
    async with transaction():
        head = await lock_head(office)
        setting = await load_setting(office)
        return head.seq, await _state(setting, head), setting


async def _head(office: str) -> Head:
    table = Journal
    found = await row(Head, table.select().where(table.office == office))
    return found or Head(0, "", None, 0)


async def _state(setting: Setting, head: Head) -> BoardState:
    office = setting.office.code
    return BoardState(
        day=head.day,
        calls=await _calls(setting, head.day_seq),
        lines=[BoardLine(code=code, waiting=count) for code, count in (await waiting_by_line(setting)).items()],
        counters=await _counters(setting),
        ratings=await _ratings(office, head.day_seq),
        notices=await _notices(office, head.day_seq),
        practice=head.practice,
    )


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
