"""What visitors say of their visit. One rating per served ticket; the holder's own replaces what the tablet said."""

import unicodedata
from datetime import date, timedelta

from msgspec import Struct

from server import clock
from server.catalogue import service as catalogue
from server.codes import new_id
from server.db import row, rows
from server.errors import Refusal
from server.journal.append import Change, office_change
from server.rating.rules import REASONS, Source, may_replace, satisfied
from server.rating.tables import Rating

__all__ = ["Given", "Served", "forget_contacts", "is_rated", "of_day", "rate", "rated_by"]


class Served(Struct, frozen=True):
    """The ticket being rated, as far as a rating needs it."""

    id: str
    office: str
    state: str
    ended_seq: int | None
    sample: bool = False


class Given(Struct, frozen=True, kw_only=True):
    """What was said."""

    level: int
    source: Source
    reasons: tuple[str, ...] = ()
    comment: str | None = None
    contact: str | None = None


class _Rated(Struct, frozen=True):
    id: str
    level: int
    source: Source


class _Level(Struct, frozen=True):
    level: int


async def rate(ticket: Served, given: Given, actor: str) -> int:
    """Record a rating; returns its level.

    Refuses not-served, already-rated (unless the holder's own replaces the tablet's), and reasons nobody offered.
    """
    unknown = [reason for reason in given.reasons if reason not in REASONS]
    if unknown:
        raise Refusal("no-such-reason", reasons=", ".join(sorted(REASONS)))
    async with office_change(ticket.office, actor) as change:
        if ticket.state != "served":
            raise Refusal("not-served")
        before = await row(_Rated, Rating.select().where(Rating.ticket == ticket.id))
        if before is not None and not may_replace(before.source, given.source):
            raise Refusal("already-rated")
        office = await catalogue.office(ticket.office)
        values: dict[str, object] = {
            "level": given.level, "reasons": "\n".join(given.reasons), "source": given.source,
            "given_at": change.now, "comment": _composed(given.comment), "contact": _composed(given.contact),
        }  # fmt: skip
        await _write(change, ticket, before, values, clock.day_of(change.now, office.time_zone))
        today = ticket.ended_seq is not None and ticket.ended_seq > change.day_seq
        change.append("rating.given", {"level": given.level, "was": before.level if before else None, "today": today})
    return given.level


def _composed(text: str | None) -> str | None:
    return unicodedata.normalize("NFC", text) if text is not None else None


async def is_rated(ticket: str) -> bool:
    """Whether the ticket has a rating."""
    return await rated_by(ticket) is not None


async def rated_by(ticket: str) -> Source | None:
    """Where the ticket's rating came from, or None where it has none."""
    found = await row(_Rated, Rating.select(Rating.id, Rating.level, Rating.source).where(Rating.ticket == ticket))
    return found.source if found else None


async def of_day(office: str, day_seq: int) -> tuple[int, int]:
    """How many of the visits finished since that journal number were rated, and how many of those well."""
    found = await rows(
        _Level, Rating.select(Rating.level).where((Rating.office == office) & (Rating.served_seq > day_seq))
    )
    return len(found), sum(1 for rated in found if satisfied(rated.level))


async def forget_contacts() -> None:
    """Drop the contacts that people left, so many days after the visit as each office has set; what they said stays.

    Nothing relies on when it runs, and it tells the journal nothing: what it drops was never there.
    """
    offices = await catalogue.offices()
    policies = await catalogue.policies([office.code for office in offices])
    for office in offices:
        kept = timedelta(days=policies[office.code].contact_retention_days)
        today = clock.day_of(clock.now(), office.time_zone)
        over = (Rating.office == office.code) & (Rating.day <= today - kept)
        await Rating.update({Rating.contact: None}).where(over & Rating.contact.is_not_null())


async def _write(change: Change, ticket: Served, before: _Rated | None, values: dict[str, object], day: date) -> None:
    if before is not None:
        await change.update(Rating, before.id, **values)
        return
    identifier = new_id()
    key: dict[str, object] = {"id": identifier, "office": ticket.office, "day": day}
    visit: dict[str, object] = {"ticket": ticket.id, "served_seq": ticket.ended_seq or 0, "sample": ticket.sample}
    await change.insert(Rating, identifier, key | visit | values)
