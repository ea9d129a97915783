"""A time that was held before a timetable changed, and that nobody can keep any more: refused, never confirmed."""

import asyncio
import re

import httpx
import pytest

from server.booking import service, service_staff
from server.booking.rules_states import Appointment
from server.booking.service_stranded import count_of
from server.catalogue import tables
from server.errors import Refusal
from server.notify import outbox
from server.people import service as people
from server.people.tables import Officer
from tests.booking.small import BIRTH, COPY, OFFICE, booked, everything, open_small_office, person, time, wanted
from tests.booking.test_timetable import away, head, left, preview, save, tomorrow
from tests.server.journalled import kept_its_promises
from tests.server.support import PASSWORD, Clock, House, Json, ok, refused


@pytest.fixture(autouse=True)
async def office(house: House, clock: Clock) -> None:
    """The small office with its head, in a week without a holiday, everybody on duty for sale; people are told."""
    clock.forward(days=7)
    await open_small_office(bookable_share="1", bookings_per_person="9", bookings_per_field="9")
    await Officer.insert(Officer(office=OFFICE, username="dau", full_name="Đầu", role="head", lines=""))
    await people.set_password(OFFICE, "dau", PASSWORD)
    outbox.opened(["email", "sms"], lambda: None)


async def held(hour: int, who: int, minute: int = 0, **more: object) -> Appointment:
    """A time of tomorrow, held by somebody."""
    return await service.book(wanted(time(hour, minute, days=1), **more), person(who))  # type: ignore[arg-type]


async def confirm(found: Appointment) -> Appointment:
    return await service.confirm(found.reference, await service.manage_token(found))


def starts_of(refusal: Refusal) -> list[str]:
    """The nearest free times that it names, as they are read."""
    named = refusal.extra["nearest"]
    assert isinstance(named, list)
    return [slot["start"][11:16] for slot in named]


async def test_it_is_refused_with_the_nearest_times_and_can_be_moved_there(house: House) -> None:
    """The only officer is away by now: said so, with free times; the hold stays, is moved to one, and is confirmed."""
    mine = await held(9, 1, officer="an")
    await save(await head(house), away("an"))
    before = await everything()
    anybody = house.client(await service.manage_token(mine))
    path = f"/api/appointments/{mine.reference}"
    problem = refused(await anybody.post(f"{path}/confirm"), "slot-gone", 409)
    assert "Lịch làm việc ở đây vừa thay đổi" in problem["detail"]
    assert len(problem["nearest"]) == 3
    assert tomorrow() not in {slot["start"][:10] for slot in problem["nearest"]}
    assert await everything() == before
    ok(await anybody.patch(path, json={"start": problem["nearest"][0]["start"]}))
    assert ok(await anybody.post(f"{path}/confirm"), 200)["state"] == "confirmed"
    assert await left(await head(house)) == []
    await kept_its_promises(OFFICE)


async def test_what_somebody_else_can_serve_is_confirmed(house: House) -> None:
    """With whoever is free, one officer less is no reason; nor is another beginning of the grid."""
    mine, other = await held(9, 1), await held(10, 2)
    client = await head(house)
    await save(client, away("an"))
    spans = [{"opens": "08:10", "closes": "12:00"}]
    await save(client, {"kind": "day", "date": tomorrow(), "open": spans, "nameVi": "Mở muộn"})
    assert [(await confirm(one)).state for one in (mine, other)] == ["confirmed"] * 2
    assert await left(client) == []


async def test_a_closed_day_keeps_nobody(house: House) -> None:
    """Hours, a counter's lines, an officer's lines: whatever it was that has changed."""
    mine = await held(9, 1)
    await save(await head(house), {"kind": "day", "date": tomorrow()})
    with pytest.raises(Refusal, match="slot-gone") as gone:
        await confirm(mine)
    assert len(starts_of(gone.value)) == 3
    other = await service.book(wanted(time(9, days=2), [BIRTH], officer="chi"), person(2))
    await Officer.update({Officer.lines: "A"}).where((Officer.office == OFFICE) & (Officer.username == "chi"))
    with pytest.raises(Refusal, match="slot-gone") as gone:
        await confirm(other)
    assert starts_of(gone.value) == []


async def test_of_two_who_hold_one_place_the_first_has_it(house: House, clock: Clock) -> None:
    """Two hold a time that one can serve by now: the later one is refused while the first has it, and no longer."""
    first = await held(9, 1)
    clock.forward(minutes=1)
    second = await held(9, 2)
    await save(await head(house), away("an"))
    with pytest.raises(Refusal, match="slot-gone") as gone:
        await confirm(second)
    assert starts_of(gone.value) == ["08:30", "08:45", "09:15"]
    clock.forward(minutes=9)  # the first has let it expire
    assert (await confirm(second)).state == "confirmed"
    with pytest.raises(Refusal, match="hold-expired"):
        await confirm(first)


@pytest.mark.parametrize("place", range(4))
async def test_a_change_and_a_confirmation_at_once(house: House, place: int) -> None:
    """Whoever comes first: either the booking is confirmed, and saving shows it, or it is refused. Never both."""
    mine = await held(9, 1, officer="an")
    client = await head(house)
    change = away("an")
    seen = (await preview(client, change))["seen"]
    body = {"change": change, "seen": seen, "move": False}
    saving = client.put("/api/timetable/changes", json=body)
    works = [saving, confirm(mine)] if place % 2 else [confirm(mine), saving]
    done = await asyncio.gather(*works, return_exceptions=True)
    saved = next(one for one in done if isinstance(one, httpx.Response))
    confirmed = not any(isinstance(one, Refusal) and one.code == "slot-gone" for one in done)
    assert confirmed == any(isinstance(one, Appointment) for one in done)
    if confirmed:
        assert refused(saved, "timetable-differs", 409)["preview"]["bookings"][0]["reference"] == mine.reference
    else:
        ok(saved)
    assert await left(client) == []


async def test_the_page_offers_the_nearest_and_keeps_what_was_typed(house: House) -> None:
    """Step 4 says why, with times to press; the one pressed is held, the name still stands, one more press books it."""
    client = house.client(Accept="text/html", Origin=house.url)
    client.follow_redirects = True
    press = {"procedure": COPY, "officer": "an", "start": time(9, days=1).isoformat(), "key": "form-1"}
    who = await client.post(f"/book/{OFFICE}/hold", data=press)
    half = {"kind": "away", "officer": "an", "date": tomorrow(), "starts": "08:00", "ends": "10:00"}
    await save(await head(house), half)
    typed = {"name": "Lê Thị Hoa", "phone": "0912000001", "email": ""}
    gone = await client.post(who.url.path, data=typed)
    assert gone.status_code == 409
    assert "Lịch làm việc ở đây vừa thay đổi" in gone.text
    starts = re.findall(r'name="start" value="([^"]+)"', gone.text)
    assert [start[11:16] for start in starts] == ["10:00", "10:15", "10:30"]
    assert re.search(r'type="hidden" name="name" value="Lê Thị Hoa"', gone.text)
    moved = await client.post(who.url.path, data={**typed, "start": starts[0]})
    assert moved.status_code == 200
    assert "<span>10:00</span>" in moved.text
    assert re.search(r'id="name"[^>]*value="Lê Thị Hoa"', moved.text)
    done = await client.post(who.url.path, data=typed)
    assert done.url.path == who.url.path.removesuffix("/who")
    assert [(one.state, one.starts_at) for one in await everything()] == [("confirmed", time(10, days=1))]
    # Pressed once more it is no other time, and no error.
    again = await client.post(who.url.path, data={**typed, "start": starts[1]})
    assert again.url.path == done.url.path


async def test_the_calendar_and_the_timetable_find_the_same_places(house: House, clock: Clock) -> None:
    """Beside a time with more bookings than officers: what one moves somebody to, the other does, and lists it."""
    for name in ("an", "dung"):
        await Officer.delete().where((Officer.office == OFFICE) & (Officer.username == name))
        await Officer.insert(Officer(office=OFFICE, username=name, full_name=name, role="officer", lines="H"))
    await tables.Counter.update({tables.Counter.lines: ""}).where(tables.Counter.office == OFFICE)
    await tables.Shift.insert(
        tables.Shift(
            office=OFFICE, username="dung", counter=1, weekdays="1-7", starts=480, ends=720, every_weeks=1,
            first_week=None, lines="",
        )
    )  # fmt: skip
    late = []
    for who, minute in enumerate((0, 0, 15, 15)):  # whoever booked last is the one to be arranged
        clock.forward(seconds=1)
        late.append(await booked(time(9, minute, days=1), who, [BIRTH]))
    del late[:2]
    client = await head(house)
    for name in ("chi", "dung"):
        await save(client, away(name))
    assert {each["reference"] for each in await left(client)} == {one.reference for one in late}
    dau = await people.officer_of(OFFICE, "dau")
    assert dau is not None
    beside = time(9, 30, days=1)
    _, days = await service_staff.times_to_move(dau, late[0].reference, None, beside.date(), 1)
    assert beside in [slot.start for slots in days.values() for slot in slots if slot.free]
    assert await count_of(OFFICE) == 2
    moved = await service_staff.move(late[0].reference, beside, None, dau)
    assert moved.starts_at == beside
    assert await count_of(OFFICE) == 1  # at once, on every screen that says how many are left
    moves: Json = {"moves": [{"reference": late[1].reference, "start": beside.isoformat(), "officer": None}]}
    assert ok(await client.post("/api/timetable/move", json=moves))["left"] == 0
    # Whoever need not be arranged is asked what a stranger is: two are there already.
    other = await booked(time(11, days=1), 9, [BIRTH])
    with pytest.raises(Refusal, match="slot-full"):
        await service_staff.move(other.reference, beside, None, dau)
    await kept_its_promises(OFFICE)
