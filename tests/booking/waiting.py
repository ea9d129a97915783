"""A day of the small office that is full, and people who wait for it. An hour is a slot: seven starts a day."""

from datetime import date, datetime

from server import clock
from server.booking import service, service_waiting
from server.booking.rules_states import Appointment
from server.booking.rules_waiting import Entry
from server.catalogue.tables import Procedure
from server.notify import outbox
from tests.booking.small import BIRTH, COPY, OFFICE, SIGNATURE, ZONE, booked, open_small_office, person, time

AHEAD = 2
"""So many days from the day on which the clock stands; the one between is a holiday."""

STARTS = ((8, 0), (9, 0), (10, 0), (11, 0), (13, 30), (14, 30), (15, 30))
STRANGERS = 500_000
"""Telephones from here on belong to those who filled the day."""


async def open_office(**settings: object) -> None:
    """The small office with an hour a slot; a signature takes two. People can be told by e-mail and SMS."""
    await open_small_office(slot_minutes=60, **settings)
    for code, minutes in ((COPY, 60), (SIGNATURE, 120), (BIRTH, 60)):
        await Procedure.update({Procedure.minutes: minutes}).where(Procedure.code == code)
    outbox.opened(["email", "sms"], lambda: None)


def the_day() -> date:
    """The day that people wait for."""
    return clock.local(time(8, days=AHEAD), ZONE).date()


def at(hour: int, minute: int = 0) -> datetime:
    """A time of that day."""
    return time(hour, minute, days=AHEAD)


async def full_day(procedure: str = COPY, who: int = STRANGERS) -> dict[datetime, Appointment]:
    """Book all of that day; returns the bookings by start."""
    return {at(*start): await booked(at(*start), who + place, [procedure]) for place, start in enumerate(STARTS)}


async def waits(who: int, procedures: tuple[str, ...] = (COPY,), **more: object) -> Entry:
    """Somebody joins that day's list."""
    wish = service_waiting.WaitingWish(office=OFFICE, day=the_day(), procedures=list(procedures), **more)  # type: ignore[arg-type]
    return await service_waiting.join(wish, person(who, email=f"nguoi{who}@thu.example"))


async def gives_up(found: Appointment) -> None:
    """Its holder cancels it."""
    await service.cancel(found.reference, await service.manage_token(found))


async def accepts(found: Appointment) -> Appointment:
    """Whoever was offered it takes it."""
    return await service.confirm(found.reference, await service.manage_token(found))


async def offer_to(entry: Entry) -> Appointment | None:
    """What that person could take now."""
    return (await service_waiting.standing(entry)).offer


async def stage_of(entry: Entry) -> str:
    """How an entry stands now, read anew."""
    found = await service_waiting.with_reference(entry.reference)
    assert found is not None
    return (await service_waiting.standing(found)).stage
