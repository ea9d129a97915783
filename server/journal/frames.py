"""How an event looks to those who follow an office: the facts, never the rows, nor what is not public."""

from datetime import datetime

import msgspec

from server import clock
from server.catalogue.tables import Office
from server.db import row, rows
from server.journal.hub import Frame
from server.journal.tables import Event, Journal

__all__ = ["PUBLIC", "StoredEvent", "head_seq", "public_frame", "read_frames"]

# What a wall may hear of. Anything else shows as a bare number, so that the sequence has no gap.
PUBLIC = frozenset(
    [f"ticket.{verb}" for verb in (
        "issued", "called", "recalled", "started", "finished", "missed", "returned", "parked", "resumed",
        "transferred", "merged", "withdrawn", "no-show", "undone", "closed", "reactivated", "arrived",
    )]
    + [f"appointment.{verb}" for verb in ("confirmed", "changed", "cancelled", "checked-in", "no-show")]
    + [f"counter.{verb}" for verb in ("opened", "closed", "paused")]
    + [f"office.{verb}" for verb in ("opened", "closed", "announced", "changed")]
    + ["rating.given"]
)  # fmt: skip


class StoredEvent(msgspec.Struct, frozen=True):
    """An event as it stands in the journal."""

    seq: int
    at: datetime
    kind: str
    actor: str
    body: str
    hash: str


class _Zone(msgspec.Struct, frozen=True):
    time_zone: str


class _Seq(msgspec.Struct, frozen=True):
    seq: int


def public_frame(event: StoredEvent, time_zone: str) -> Frame:
    """The frame that every follower gets of this event."""
    if event.kind not in PUBLIC:
        return Frame(event.seq, msgspec.json.encode({"seq": event.seq}).decode())
    facts: dict[str, object] = msgspec.json.decode(event.body)
    facts.pop("rows", None)
    frame = {"seq": event.seq, "at": clock.local(event.at, time_zone), "kind": event.kind, **facts}
    return Frame(event.seq, msgspec.json.encode(frame).decode())


async def read_frames(office: str, after: int, limit: int) -> list[Frame]:
    """The next frames of an office behind a number, in order."""
    stored = await rows(
        StoredEvent,
        Event.select(Event.seq, Event.at, Event.kind, Event.actor, Event.body, Event.hash)
        .where((Event.office == office) & (Event.seq > after))
        .order_by(Event.seq)
        .limit(limit),
    )
    if not stored:
        return []
    zone = await row(_Zone, Office.select(Office.time_zone).where(Office.code == office))
    return [public_frame(event, zone.time_zone if zone else "UTC") for event in stored]


async def head_seq(office: str) -> int:
    """The number of the office's newest event; 0 where nothing has happened yet."""
    found = await row(_Seq, Journal.select(Journal.seq).where(Journal.office == office))
    return found.seq if found else 0
