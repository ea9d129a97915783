"""Who does not come: known by the clock alone, written down when the day ends, and told kindly, on both engines."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from server.booking import service
from server.booking.rules_states import stage
from server.booking.tables import Appointment as AppointmentTable
from server.errors import Refusal
from server.journal.replay import replayed
from server.journal.tables import Event
from server.queue import days
from server.queue import service as queue
from tests.booking.small import OFFICE, ZONE, booked, everything, open_small_office, time, token_of
from tests.server.support import Clock, House


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    """The small office."""
    await open_small_office()


async def kinds() -> list[str]:
    """What the office's journal tells of, in order."""
    found: list[Mapping[str, str]] = await Event.select(Event.kind).where(Event.office == OFFICE).order_by(Event.seq)
    return [each["kind"] for each in found]


async def test_a_no_show_needs_no_clock_job(clock: Clock) -> None:
    """Confirmed until the office's midnight, a no-show from it on, though nobody has written anything."""
    mine = await booked(time(16), 1)
    midnight = time(0, days=1)
    assert stage(mine, midnight - timedelta(milliseconds=1), ZONE) == "confirmed"
    assert stage(mine, midnight, ZONE) == "no-show"
    assert (await service.known(mine.reference)).state == "confirmed"


async def test_the_day_is_the_offices_own() -> None:
    """Midnight is the office's, not that of a computer elsewhere: the same instant ends the day in one zone only."""
    mine = await booked(time(16), 1)
    evening = time(23)
    assert stage(mine, evening, ZONE) == "confirmed"
    assert stage(mine, evening, "Pacific/Auckland") == "no-show"


async def test_check_in_is_open_all_day(clock: Clock) -> None:
    """Hours late, but on the day: a number. On another day: none, and no change of the past."""
    late, missed = await booked(time(9, 30), 1), await booked(time(9, 45), 2)
    clock.at = time(16, 50)
    issued = await queue.check_in(OFFICE, "kiosk:1", reference=late.reference)
    assert issued.ticket.state == "waiting"
    clock.at = time(9, days=2)
    with pytest.raises(Refusal, match="too-early"):
        await queue.check_in(OFFICE, "kiosk:1", reference=missed.reference)
    token = await token_of(missed)
    for verb in (service.cancel(missed.reference, token), service.change(missed.reference, token, time(14))):
        with pytest.raises(Refusal, match="already-started"):
            await verb


async def test_the_end_of_the_day_writes_it_down(clock: Clock) -> None:
    """Once, by the system, one event each; who came, who cancelled and who comes tomorrow stay as they are."""
    missed, came, gone = await booked(time(9, 30), 1), await booked(time(9, 45), 2), await booked(time(10), 3)
    tomorrow = await booked(time(9, days=2), 4)
    await queue.check_in(OFFICE, "kiosk:1", reference=came.reference)
    await service.cancel(gone.reference, await token_of(gone))
    clock.at = time(23, 59)
    await days.end_old_days()
    assert (await service.known(missed.reference)).state == "confirmed"
    clock.at = time(0, 1, days=1)
    await days.end_old_days()
    states = {each.reference: each.state for each in await everything()}
    assert states == {
        missed.reference: "no-show",
        came.reference: "checked-in",
        gone.reference: "cancelled",
        tomorrow.reference: "confirmed",
    }
    told = await kinds()
    assert told.count("appointment.no-show") == 1
    await days.end_old_days()
    assert await kinds() == told


async def test_an_office_that_gave_no_number_has_its_day_ended_too(clock: Clock) -> None:
    """Nobody pressed anything all day, nobody does the next morning: the missed ones are counted all the same."""
    missed = await booked(time(9, 30), 1)
    clock.at = time(0, 1, days=1)
    await days.end_old_days()
    assert (await service.known(missed.reference)).state == "no-show"


async def test_the_journal_knows_it(clock: Clock) -> None:
    """Played again, the journal gives the tables: the no-show included."""
    missed = await booked(time(9, 30), 1)
    clock.at = time(0, 1, days=1)
    await days.end_old_days()
    told = (await replayed(OFFICE, [AppointmentTable]))["appointment"]
    assert {reference: row["state"] for reference, row in told.items()} == {missed.reference: "no-show"}
