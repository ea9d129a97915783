"""The quietest hours as an office tells them, from its own tickets, on both engines."""

from datetime import date, datetime, timedelta

import pytest

from server import clock as server_clock
from server.booking import service as booking
from server.queue.tables import Ticket
from tests.booking.small import COPY, OFFICE, ZONE, open_small_office, person, time, wanted
from tests.server.fixtures import *  # noqa: F403
from tests.server.support import Clock, House, Json, ok, refused


async def came(day: date, minute: int, number: int, **more: object) -> Ticket:
    """A ticket of a day that is over."""
    at = server_clock.start_of(day, ZONE) + timedelta(minutes=minute)
    values: dict[str, object] = {
        "id": f"{day}-{number}", "office": OFFICE, "day": day, "series": "A", "number": number, "label": f"A{number}",
        "line": "A", "source": "kiosk", "state": "served", "virtual_at": at, "issued_at": at,
        "visit": f"{day}-{number}", "procedures": "", "served_procedures": "", "follow_hash": f"{day}-{number}", **more,
    }  # fmt: skip
    return Ticket(**values)


async def weeks(clock: Clock, *, rush_at: int = 480, weeks: int = 3, **more: object) -> None:
    """Every day of some weeks thirty people come within half an hour, and one each in the others."""
    today = server_clock.day_of(clock.at, ZONE)
    made = []
    for back in range(1, 7 * weeks + 1):
        minutes = [rush_at + n % 30 for n in range(30)] + [480 + 30 * half for half in range(18)]
        made += [await came(today - timedelta(days=back), minute, n + 1, **more) for n, minute in enumerate(minutes)]
    for first in range(0, len(made), 50):
        await Ticket.insert(*made[first : first + 50])


async def asked(house: House, **query: object) -> Json:
    """What anybody is told."""
    told: Json = ok(await house.client().get(f"/api/offices/{OFFICE}/quiet-hours", params=query))
    return told


def hours(told: Json) -> list[str]:
    return [f"{datetime.fromisoformat(one['start']):%d %H:%M}–{one['end'][11:16]}" for one in told["hours"]]


@pytest.fixture
async def there(house: House, clock: Clock) -> House:
    await open_small_office()
    clock.local(7)
    return house


async def test_by_its_own_tickets(there: House, clock: Clock) -> None:
    """Three weeks of mornings that begin with a rush: from then on it is quiet; and on how many days that rests."""
    await weeks(clock)
    told = await asked(there, days=1)
    assert told["days"] == 21
    assert hours(told) == ["23 09:00–12:00", "23 13:30–16:30"]
    assert {one["start"][-6:] for one in told["hours"]} == {"+07:00"}


async def test_who_had_an_appointment_or_never_came_does_not_count(there: House, clock: Clock) -> None:
    """Appointments are counted where they are booked; who took a number at home and stayed there took nobody's time."""
    await weeks(clock, appointment="K7QF3M2P9XWD")
    assert await asked(there) == {"days": 0, "hours": []}
    await Ticket.delete(force=True)
    await weeks(clock, source="phone", state="withdrawn")
    assert await asked(there) == {"days": 0, "hours": []}
    await Ticket.delete(force=True)
    await weeks(clock, sample=True)
    assert await asked(there) == {"days": 0, "hours": []}


async def test_bookings_of_the_day_count(there: House, clock: Clock) -> None:
    """What was quiet is quiet no more once it is booked."""
    await weeks(clock, rush_at=810)
    before = hours(await asked(there, days=3))
    assert "25 08:00–12:00" in before
    for number, start in enumerate((time(8, days=2), time(8, 15, days=2)), start=1):
        held = await booking.book(wanted(start, [COPY] * 1), person(number))
        await booking.confirm(held.reference, await booking.manage_token(held))
    after = hours(await asked(there, days=3))
    assert "25 08:30–12:00" in after


async def test_with_few_days_it_says_that_it_does_not_know(there: House, clock: Clock) -> None:
    """No guess: nothing on the page either."""
    today = server_clock.day_of(clock.at, ZONE)
    await Ticket.insert(*[await came(today - timedelta(days=back), 500, 1) for back in range(1, 5)])
    assert await asked(there) == {"days": 4, "hours": []}
    page = await there.client(Accept="text/html").get(f"/book/{OFFICE}/when", params={"procedure": COPY})
    assert page.status_code == 200
    assert "Giờ thường vắng" not in page.text


async def test_the_page_of_times_says_so_in_words(there: House, clock: Clock) -> None:
    """A few lines beside the times, in both languages, and what they rest on."""
    await weeks(clock)
    for language, title in (("vi", "Giờ thường vắng"), ("en", "Usually quiet")):
        query = {"procedure": COPY, "lang": language}
        page = await there.client(Accept="text/html").get(f"/book/{OFFICE}/when", params=query)
        assert title in page.text
        assert "09:00–12:00" in page.text or "13:30–16:30" in page.text
        assert ("21 ngày" if language == "vi" else "the 21 working days") in page.text


async def test_what_cannot_be_asked_is_refused(there: House) -> None:
    """Other offices, other lines, and more days than anybody needs."""
    client = there.client()
    refused(await client.get("/api/offices/khong-co/quiet-hours"), "no-such-office", 404)
    refused(await client.get(f"/api/offices/{OFFICE}/quiet-hours?line=Z"), "no-such-line", 404)
    refused(await client.get(f"/api/offices/{OFFICE}/quiet-hours?days=1000"), "invalid", 400)
    assert await asked(there, line="A") == {"days": 0, "hours": []}
