"""The quietest hours of the coming days, for those who would rather come without an appointment."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from server import clock
from server.catalogue.rules import Office
from server.phrases import Language, say
from server.queue.quiet import quiet_hours
from server.queue.rules_quiet import Quiet
from server.web import formats

__all__ = ["Calm", "calm_hours"]

AN_HOUR = timedelta(hours=1)
DAYS = 8
MOST = 4


class Calm(Struct, frozen=True):
    """The days and hours in words, and on how many days before they rest."""

    hours: list[tuple[str, str]]
    days: int


async def calm_hours(office: Office, lines: frozenset[str], language: Language, now: datetime) -> Calm | None:
    """Each coming day's quietest hours, of the quietest days; None where none are known."""
    found = await quiet_hours(office, now, DAYS, lines)
    best: dict[date, Quiet] = {}
    # Half an hour is soon missed: where there is a longer span, that is the one to tell.
    for span in sorted(found.spans, key=lambda span: (span.end - span.start < AN_HOUR, span.load)):
        best.setdefault(clock.day_of(span.start, office.time_zone), span)
    chosen = sorted(list(best.values())[:MOST], key=lambda span: span.start)
    if not chosen:
        return None
    return Calm([_said(span, office.time_zone, language, now) for span in chosen], found.days)


def _said(span: Quiet, zone: str, language: Language, now: datetime) -> tuple[str, str]:
    start, end = clock.local(span.start, zone), clock.local(span.end, zone)
    ahead = (start.date() - clock.day_of(now, zone)).days
    near = ("citizen.when.today", "citizen.when.tomorrow")
    day = say(language, near[ahead]) if ahead < 2 else f"{formats.weekday(language, start)} {start:%d/%m}"
    # Midnight at the end of a day is its 24:00, not the next one's 00:00.
    return formats.capital(day), f"{start:%H:%M}–{'24:00' if end.date() > start.date() else f'{end:%H:%M}'}"
