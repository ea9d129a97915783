"""The choice of a day and a time as the citizen's pages show it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from msgspec import Struct

from server import clock
from server.booking.rules import Horizon, Slot
from server.booking.service_days import Errand, horizon
from server.catalogue import service as catalogue
from server.catalogue.rules import Closure, Office
from server.errors import Refusal
from server.phrases import Language, say
from server.web import formats

__all__ = [
    "WINDOW",
    "Chip",
    "Time",
    "Times",
    "day_of_text",
    "nearest_times",
    "query_text",
    "times_view",
    "window_start",
]

WINDOW = 8
"""So many days are offered at a time: two rows of four on a phone."""


class Chip(Struct, frozen=True, kw_only=True):
    """One day to choose: `href` is empty where nothing can be had; `fill` is how full it is, in quarters."""

    weekday: str
    date: str
    spoken: str
    note: str
    href: str
    chosen: bool
    fill: int


class Time(Struct, frozen=True, kw_only=True):
    """One time to choose; `value` is the instant as the form sends it."""

    label: str
    value: str
    full: bool


class Times(Struct, frozen=True, kw_only=True):
    """The whole choice of a time. `parts` are the chosen day's, `officers` those who can be asked for.

    `wait` leads to the chosen day's waiting list; empty where it has none.
    """

    chips: Sequence[Chip]
    earlier: str
    later: str
    earliest: Time | None
    earliest_label: str
    day: str
    why_not: str
    parts: Sequence[tuple[str, Sequence[Time], bool]]
    officers: Sequence[tuple[str, str]]
    release: str
    minutes: int
    wait: str


def query_text(query: Mapping[str, str | Sequence[str]]) -> str:
    """A query as it stands in an address, lists repeated."""
    return urlencode(query, doseq=True)


def day_of_text(text: str) -> date | None:
    """A day of an address, or None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def nearest_times(refusal: Refusal, office: Office, language: Language) -> list[Time]:
    """The nearest free times that a refusal names, each with its day."""
    named = refusal.extra.get("nearest")
    starts = [
        clock.local(datetime.fromisoformat(str(slot["start"])), office.time_zone)
        for slot in (named if isinstance(named, list) else [])
    ]
    return [
        Time(label=f"{start:%H:%M} {formats.weekday(language, start)}", value=start.isoformat(), full=False)
        for start in starts
    ]


def window_start(now: datetime, office: Office, wanted: date | None) -> date:
    """The first of the days that are shown together with the wanted one."""
    today = clock.day_of(now, office.time_zone)
    if wanted is None or wanted <= today:
        return today
    return today + timedelta(days=(wanted - today).days // WINDOW * WINDOW)


async def times_view(
    plan: Errand,
    days: Mapping[date, Sequence[Slot]],
    first_day: date,
    wanted: date | None,
    address: str,
    query: Mapping[str, str | Sequence[str]],
    language: Language,
    now: datetime,
    wait_address: str = "",
    waited_for: Collection[date] = (),
) -> Times:
    """The choice of a time among these days; links keep `query` and lead to `address`.

    The days that can be `waited_for` can be chosen though they are full.
    """
    office = plan.office
    ahead = horizon(office, plan.policy, now)
    shown = [first_day + timedelta(days=place) for place in range(WINDOW)]
    shown = [day for day in shown if day <= ahead.last_day]
    openings = await catalogue.opening_days(office, first_day, len(shown))
    closures = await catalogue.closures(office.code)
    free = {day: [slot for slot in days.get(day, ()) if slot.free] for day in shown}
    chosen = wanted if wanted in free else next((day for day in shown if free[day]), first_day)

    def link(day: date) -> str:
        return f"{address}?{query_text({**query, 'day': day.isoformat()})}#days"

    def note(day: date) -> str:
        if not openings[day]:
            return _closed_why(closures, day, language)
        if free[day]:
            return say(language, "citizen.when.left", n=len(free[day]))
        if days.get(day):
            return say(language, "citizen.when.full")
        if day == ahead.last_day and ahead.next_release() is not None:
            return say(language, "citizen.when.not_yet")
        return say(language, "citizen.when.past" if day == ahead.today else "citizen.when.full")

    chips = [
        Chip(
            weekday=say(language, f"citizen.day.{formats.WEEKDAYS[day.weekday()]}"),
            date=f"{day:%d/%m}",
            spoken=formats.long_date(language, day),
            note=note(day),
            href=link(day) if free[day] or day in waited_for else "",
            chosen=day == chosen,
            fill=_quarters(days.get(day, ())),
        )
        for day in shown
    ]
    first_free = next((slot for day in shown for slot in free[day]), None)
    return Times(
        chips=chips,
        earlier=link(first_day - timedelta(days=WINDOW)) if first_day > ahead.today else "",
        later=link(first_day + timedelta(days=WINDOW)) if shown and shown[-1] < ahead.last_day else "",
        earliest=_time(first_free, office) if first_free and first_day == ahead.today else None,
        earliest_label=_earliest(first_free, office, ahead.today, language) if first_free else "",
        day=formats.capital(formats.long_date(language, chosen)),
        why_not="" if free.get(chosen) else note(chosen) if chosen in openings else "",
        parts=_parts(days.get(chosen, ()), office, language),
        officers=_officers(plan, days),
        release=await _release(office, ahead, language),
        minutes=int(plan.wish.length.total_seconds() // 60),
        wait=f"{wait_address}?{query_text({**query, 'day': chosen.isoformat()})}" if chosen in waited_for else "",
    )


async def _release(office: Office, ahead: Horizon, language: Language) -> str:
    """When more times open, and of which day; empty where that day is closed."""
    opening = ahead.next_opening()
    if opening is None:
        return ""
    day, minute = opening
    if not (await catalogue.opening_days(office, day, 1))[day]:
        return ""
    key = "citizen.when.release" if day == ahead.last_day else "citizen.when.release_tomorrow"
    return say(language, key, day=formats.long_date(language, day), time=f"{minute // 60:02}:{minute % 60:02}")


def _closed_why(closures: Sequence[Closure], day: date, language: Language) -> str:
    for closure in closures:
        if closure.date <= day <= (closure.until or closure.date):
            name = (closure.name_en if language == "en" else "") or closure.name_vi
            if name:
                return name
    return say(language, "citizen.when.closed")


def _quarters(slots: Sequence[Slot]) -> int:
    """How full, 0 (empty) to 4 (nothing left)."""
    if not slots:
        return 4
    taken = sum(1 for slot in slots if not slot.free)
    return 4 if taken == len(slots) else min(3, -(-4 * taken // len(slots)))


def _time(slot: Slot, office: Office) -> Time:
    local = clock.local(slot.start, office.time_zone)
    return Time(label=f"{local:%H:%M}", value=local.isoformat(), full=not slot.free)


def _earliest(slot: Slot, office: Office, today: date, language: Language) -> str:
    local = clock.local(slot.start, office.time_zone)
    ahead = (local.date() - today).days
    if ahead < 2:
        day = say(language, "citizen.when.today" if ahead == 0 else "citizen.when.tomorrow")
    else:
        day = formats.weekday(language, local.date())
        if ahead > 6:
            day = formats.long_date(language, local.date())
    return say(language, "citizen.when.earliest", time=f"{local:%H:%M}", day=day)


def _parts(slots: Sequence[Slot], office: Office, language: Language) -> list[tuple[str, Sequence[Time], bool]]:
    """The day's times by part of the day, and whether the part is shown at once: all of an ordinary day is."""
    parts: dict[str, list[Time]] = {}
    for slot in slots:
        hour = clock.local(slot.start, office.time_zone).hour
        part = "night" if hour < 6 else "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
        parts.setdefault(part, []).append(_time(slot, office))
    first_free = next((part for part, times in parts.items() if any(not time.full for time in times)), "")
    return [
        (say(language, f"citizen.when.part.{part}"), times, len(slots) <= 48 or part == first_free)
        for part, times in parts.items()
    ]


def _officers(plan: Errand, days: Mapping[date, Sequence[Slot]]) -> list[tuple[str, str]]:
    names = {name for slots in days.values() for slot in slots for name in slot.officers}
    return sorted(((name, plan.officers.get(name, name)) for name in names), key=lambda pair: pair[1])
