"""The outbox is written in the change that it tells of, with nothing personal in it, and only where somebody sends."""

from datetime import timedelta

import msgspec
import pytest

from server.booking import service as booking
from server.booking.tables import Appointment
from server.catalogue.tables import Setting
from server.db import Database, transaction
from server.errors import Refusal
from server.journal.append import office_change
from server.journal.tables import Event
from server.notify import outbox
from server.notify.rules import Channel
from tests.booking.small import OFFICE, person, time, wanted
from tests.notify.stand_ins import EMAIL, booked_by, states, stored, with_email
from tests.server.journalled import kept_its_promises
from tests.server.support import Clock

ALL: tuple[Channel, ...] = ("email", "zalo", "sms")
pytestmark = pytest.mark.usefixtures("office")


@pytest.fixture
def rung(office: Database) -> list[None]:
    """This process sends by mail; one entry for each time the sender was woken."""
    rung: list[None] = []
    outbox.opened(["email"], lambda: rung.append(None))
    return rung


async def test_a_confirmed_booking_is_told_at_once_and_reminded_of_a_day_before(clock: Clock, rung: list[None]) -> None:
    """One message now and one a day before its start, in the person's language; the sender is woken once."""
    found = await with_email(10, days=3, language="en")
    now, reminder = await stored()
    assert (now["kind"], now["due_at"]) == ("confirmed", clock.at)
    assert (reminder["kind"], reminder["due_at"]) == ("reminder", found.starts_at - timedelta(days=1))
    for row in (now, reminder):
        assert (row["reference"], row["office"], row["language"]) == (found.reference, OFFICE, "en")
        assert (row["channel"], row["sequence"], row["state"], row["tries"]) == ("email", 0, "waiting", 0)
    assert len(rung) == 1


async def test_where_nothing_is_set_up_nothing_is_written() -> None:
    """No sender, no row: what nobody would send does not pile up."""
    outbox.opened([], lambda: None)
    found = await with_email()
    await booking.cancel(found.reference, await booking.manage_token(found))
    assert await stored() == []


async def test_who_left_no_address_gets_no_mail(rung: list[None]) -> None:
    """By telephone alone there is nobody to write to; with a gateway the telephone is told."""
    await booked_by(time(10, days=3), 1)
    assert await stored() == []
    outbox.opened(ALL, lambda: None)
    await booked_by(time(11, days=3), 2)
    assert [(row["channel"], row["kind"]) for row in await stored()] == [("zalo", "confirmed"), ("zalo", "reminder")]


async def test_an_office_chooses_when_to_remind(rung: list[None]) -> None:
    """The setting says how many hours before, 0 for never; a booking made within that time is not reminded of."""
    await Setting.insert(Setting(office=OFFICE, key="reminder_hours", value="0"))
    await with_email(10, 1)
    assert await states() == [("confirmed", "waiting", None)]
    await Setting.update({Setting.value: "72"}).where(Setting.key == "reminder_hours")
    await with_email(11, 2, days=2)
    assert await states() == [("confirmed", "waiting", None)] * 2


async def test_each_change_of_a_booking_is_told_and_holds_are_not(rung: list[None]) -> None:
    """Holding, moving a hold and giving it up tell nobody; what happens to a booking is told, each time anew."""
    held = await booking.book(wanted(time(10, days=3)), person(1, email=EMAIL))
    token = await booking.manage_token(held)
    await booking.change(held.reference, token, time(11, days=3))
    assert await stored() == []
    await booking.confirm(held.reference, token)
    await booking.change(held.reference, token, time(14, days=3))
    await booking.change(held.reference, token, time(14, days=3))  # where it is already: nothing to tell
    await booking.cancel(held.reference, token)
    told = [(row["kind"], row["sequence"]) for row in await stored()]
    assert sorted(told) == [("cancelled", 3), ("changed", 2), ("confirmed", 1), ("reminder", 1), ("reminder", 2)]
    other = await booking.book(wanted(time(15, days=3)), person(2, email=EMAIL))
    await booking.cancel(other.reference, await booking.manage_token(other))
    assert len(await stored()) == 5


async def cancel_and_fail(reference: str, token: str) -> None:
    """A command that breaks after it has cancelled, before it has committed."""
    async with transaction():
        await booking.cancel(reference, token)
        assert ("cancelled", "waiting", None) in await states()
        raise ZeroDivisionError


async def test_what_is_not_done_is_not_told(rung: list[None]) -> None:
    """A refused command writes no message; one whose transaction fails takes its message with it and wakes nobody."""
    found = await with_email()
    before, woken = await stored(), len(rung)
    token = await booking.manage_token(found)
    with pytest.raises(Refusal, match="slot-past"):
        await booking.change(found.reference, token, time(8))
    with pytest.raises(ZeroDivisionError):
        await cancel_and_fail(found.reference, token)
    assert (await stored(), len(rung)) == (before, woken)


async def test_the_same_is_not_written_twice(rung: list[None]) -> None:
    """Announcing one version of a booking again writes nothing more: the net under whoever calls it."""
    found = await with_email()
    before = await stored()
    async with office_change(OFFICE, "test") as here:
        await outbox.announce(here, found, "confirmed")
    assert await stored() == before


async def test_nothing_personal_is_in_outbox_or_journal(rung: list[None]) -> None:
    """Neither name, telephone, address nor the link's token stands there; and the journal still tells the tables."""
    outbox.opened(ALL, lambda: None)
    found = await with_email()
    token = await booking.manage_token(found)
    await booking.change(found.reference, token, time(11, days=4))
    await booking.cancel(found.reference, token)
    events = await Event.select(Event.body)
    written = msgspec.json.encode([await stored(), events], enc_hook=str).decode()
    assert found.reference in written
    assert await Appointment.exists().where(Appointment.email == EMAIL)
    for personal in (EMAIL, "912000001", "Hoà", "Nguyễn", token):
        assert personal not in written
    await kept_its_promises(OFFICE)


async def test_old_messages_are_swept_up(clock: Clock, rung: list[None]) -> None:
    """A month after they were due messages go, whatever became of them; younger ones stay."""
    await with_email()
    clock.forward(days=30)
    await outbox.forget_old()
    assert [kind for kind, _, _ in await states()] == ["confirmed", "reminder"]
    clock.forward(days=1)
    await outbox.forget_old()
    assert [kind for kind, _, _ in await states()] == ["reminder"]
