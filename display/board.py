"""The board as a pure function of what happened: `reduce(board, frame)` is the board after that frame.

The same function stands in `server/web/static/js/reduce.js`; `tests/vectors/feed.json` holds both to one meaning.
"""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from server.wire import (
    Board,
    BoardCall,
    BoardCounter,
    BoardCounterRef,
    BoardLine,
    BoardNotice,
    BoardRatings,
    BoardState,
    BoardTicket,
    TicketStateName,
    Wait,
)

__all__ = ["Forecast", "Frame", "Gap", "Heartbeat", "Moved", "read", "reduce"]

KEPT_CALLS = 8


class Gap(Exception):
    """Frames are missing between the board and this one: ask the server again."""


class Incoming(msgspec.Struct, rename="camel", kw_only=True):
    """A frame or a part of one. The server may add fields: what we do not know is skipped."""


class Heartbeat(Incoming):
    """The server is there; `heartbeat` is the last number it has sent us."""

    heartbeat: int


class Forecast(Incoming):
    """The newest forecast, per line; not journalled, so it has no number of its own."""

    forecast: dict[str, Wait]
    as_of: int


class Moved(Incoming):
    """Something happened that changes nothing on a board: only the number moves on."""

    seq: int


class FrameTicket(Incoming):
    id: str
    number: str
    label: str
    line: str
    state: TicketStateName


class Was(Incoming):
    state: TicketStateName
    line: str


class TicketFrame(Moved):
    at: datetime
    kind: str
    ticket: FrameTicket
    was: Was | None = None
    counter: BoardCounterRef | None = None


class CounterFrame(Moved):
    counter: BoardCounterRef
    open: bool


class RatingFrame(Moved):
    level: int
    today: bool
    was: int | None = None


class OpenedFrame(Moved):
    day: date
    practice: bool = False


class ClosedFrame(Moved):
    at: datetime
    notice: str = "closed"


class AnnouncedFrame(Moved):
    at: datetime
    notice: str


class ChangedFrame(Moved):
    lines: list[str]
    counters: list[BoardCounterRef]


Frame = Heartbeat | Forecast | Moved

KINDS: Mapping[str, type[Moved]] = {
    "counter.opened": CounterFrame,
    "counter.closed": CounterFrame,
    "counter.paused": CounterFrame,
    "rating.given": RatingFrame,
    "office.opened": OpenedFrame,
    "office.closed": ClosedFrame,
    "office.announced": AnnouncedFrame,
    "office.changed": ChangedFrame,
}


class _Head(Incoming):
    """What tells one sort of frame from another."""

    seq: int | None = None
    kind: str = ""
    forecast: msgspec.Raw = msgspec.Raw(b"")


_head = msgspec.json.Decoder(_Head)


def read(text: str | bytes) -> Frame:
    """The frame that a text message holds. Raises msgspec.DecodeError (a ValueError) for anything else."""
    head = _head.decode(text)
    if bytes(head.forecast):
        return msgspec.json.decode(text, type=Forecast)
    if head.seq is None:
        return msgspec.json.decode(text, type=Heartbeat)
    kind = TicketFrame if head.kind.startswith("ticket.") else KINDS.get(head.kind, Moved)
    return msgspec.json.decode(text, type=kind)


def reduce(board: Board, frame: Frame) -> Board:
    """The board after `frame`; `board` itself is left as it was.

    Frames already applied change nothing. Raises Gap where frames are missing in between.
    """
    if isinstance(frame, Forecast):
        return replace(board, forecast=frame.forecast)
    if isinstance(frame, Heartbeat) or frame.seq <= board.seq:
        return board
    if frame.seq != board.seq + 1:
        raise Gap(f"frame {frame.seq} does not follow {board.seq}")
    return replace(board, seq=frame.seq, state=_next(board.state, frame))


def _next(state: BoardState, frame: Moved) -> BoardState:
    match frame:
        case TicketFrame():
            return _after_ticket(state, frame)
        case CounterFrame(counter=counter, open=is_open):
            counters = [replace(one, open=is_open) if one.number == counter.number else one for one in state.counters]
            return replace(state, counters=counters)
        case RatingFrame(today=True):
            return replace(state, ratings=_after_rating(state.ratings, frame))
        case OpenedFrame(day=day, practice=practice):
            nobody = BoardRatings(served=0, answered=0, satisfied=0)
            return replace(state, day=day, calls=[], ratings=nobody, notices=[], practice=practice)
        case ClosedFrame() | AnnouncedFrame():
            return replace(state, notices=[*state.notices, BoardNotice(code=frame.notice, at=frame.at)])
        case ChangedFrame():
            return _after_change(state, frame)
        case _:
            return state


def _after_ticket(state: BoardState, frame: TicketFrame) -> BoardState:
    ticket, was = frame.ticket, frame.was

    def moved(line: BoardLine) -> BoardLine:
        left = was is not None and was.state == "waiting" and was.line == line.code
        came = ticket.state == "waiting" and ticket.line == line.code
        return replace(line, waiting=line.waiting + came - left)

    finished = (ticket.state == "served") - (was is not None and was.state == "served")
    shown = BoardTicket(id=ticket.id, number=ticket.number, label=ticket.label, line=ticket.line)
    calls = [
        replace(call, ticket=shown, state=ticket.state) if call.ticket.id == ticket.id else call for call in state.calls
    ]
    if frame.kind in ("ticket.called", "ticket.recalled"):
        if frame.counter is None:
            raise msgspec.ValidationError(f"{frame.kind} names no counter")
        call = BoardCall(ticket=shown, counter=frame.counter, at=frame.at, state=ticket.state)
        calls = [call, *(one for one in calls if one.ticket.id != ticket.id)][:KEPT_CALLS]
    return replace(
        state,
        lines=[moved(line) for line in state.lines],
        ratings=replace(state.ratings, served=state.ratings.served + finished),
        calls=calls,
    )


def _after_rating(ratings: BoardRatings, frame: RatingFrame) -> BoardRatings:
    satisfied = (frame.level >= 2) - (frame.was is not None and frame.was >= 2)
    return replace(ratings, answered=ratings.answered + (frame.was is None), satisfied=ratings.satisfied + satisfied)


def _after_change(state: BoardState, frame: ChangedFrame) -> BoardState:
    waiting = {line.code: line.waiting for line in state.lines}
    is_open = {counter.number: counter.open for counter in state.counters}
    named = {counter.number: counter for counter in frame.counters}
    return replace(
        state,
        calls=[replace(call, counter=named.get(call.counter.number, call.counter)) for call in state.calls],
        lines=[BoardLine(code=code, waiting=waiting.get(code, 0)) for code in frame.lines],
        counters=[
            BoardCounter(number=one.number, name=one.name, open=is_open.get(one.number, False))
            for one in frame.counters
        ],
    )
