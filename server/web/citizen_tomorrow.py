"""What the holder of a number that the end of the day closed is offered for the next morning; nothing is booked."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking import service
from server.catalogue import rules as catalogue_rules
from server.catalogue import service as catalogue
from server.catalogue.rules import Office
from server.errors import Refusal
from server.phrases import Language
from server.queue.rules import Ticket
from server.web import formats
from server.web.citizen_times import query_text

__all__ = ["Tomorrow", "tomorrow"]

DAYS = 14
"""Over the longest holidays, too, the office opens again within two weeks."""

TIMES = 3


class Tomorrow(Struct, frozen=True, kw_only=True):
    """When the doors open next, the first free times with the way to each, the way to book, and to a number from home.

    `times` is empty where nobody can tell yet whether the holder may book; `number` where there are none.
    """

    opens: str
    day: str
    times: Sequence[tuple[str, str]]
    times_day: str
    book: str
    online_only: bool
    number: str


async def tomorrow(ticket: Ticket, language: Language, now: datetime) -> Tomorrow | None:
    """The office's next day after the ticket's; None where it has none that is known."""
    try:
        here = await catalogue.working_office(ticket.office, now)
    except Refusal:
        return None
    first = max(clock.day_of(now, here.time_zone), ticket.day + timedelta(days=1))
    openings = await catalogue.opening_days(here, first, DAYS)
    days = [day for day in openings if openings[day] and not catalogue_rules.ended(here, day)]
    if not days:
        return None
    day = days[0]
    policy = await catalogue.policy(here.code)
    codes, longest, field = await _errand(ticket)
    wanted = codes or longest
    free = [] if policy.online_filers_only or not wanted else await _free(here, wanted, first)
    times_day = clock.day_of(free[0], here.time_zone) if free else day
    find = f"/?{query_text({'office': here.code, **({'field': field} if field else {})})}"
    when = f"/book/{here.code}/when?{query_text({'procedure': codes, 'day': times_day.isoformat()})}#days"
    return Tomorrow(
        opens=formats.time_of_day(openings[day][0][0], here.time_zone),
        day=formats.long_date(language, day),
        times=[(formats.time_of_day(start, here.time_zone), when if codes else find) for start in free],
        times_day=formats.long_date(language, times_day),
        book=f"/book/{here.code}?{query_text({'procedure': codes})}" if codes else find,
        online_only=policy.online_filers_only,
        number=f"/number/{here.code}" if policy.numbers_from_home else "",
    )


async def _errand(ticket: Ticket) -> tuple[list[str], list[str], str]:
    """The procedures he came for; and where only the line is known, its longest one and the field to choose in.

    A time that is free for the longest is free for whatever he came for.
    """
    offered = await catalogue.procedures(ticket.office)
    known = {each.code for each in offered}
    codes = [code for code in ticket.procedures.split("\n") if code in known]
    of_line = [each for each in offered if each.line == ticket.line]
    fields = {each.field_vi for each in of_line}
    if not codes and len(of_line) == 1:
        codes = [of_line[0].code]
    longest: list[str] = []
    if of_line:
        line = await catalogue.line(ticket.office, ticket.line)
        longest = [max(of_line, key=lambda each: catalogue_rules.minutes_needed(each, line)).code]
    return codes, longest, fields.pop() if len(fields) == 1 else ""


async def _free(here: Office, codes: Sequence[str], first: date) -> list[datetime]:
    """The first free times of the first day that has any."""
    try:
        _plan, days = await service.slots(here.code, codes, first, DAYS, with_officers=False)
    except Refusal:
        return []
    for day in sorted(days):
        free = [slot.start for slot in days[day] if slot.free]
        if free:
            return free[:TIMES]
    return []
