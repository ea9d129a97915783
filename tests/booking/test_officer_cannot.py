"""Who asks for an officer who takes something else is told so, by a code of its own, wherever it is asked."""

import httpx
import pytest

from server.booking import service, service_staff, service_waiting
from server.errors import Refusal
from server.notify import outbox
from server.people import service as people
from server.people.tables import Officer
from tests.booking.small import BIRTH, COPY, OFFICE, booked, free_at, open_small_office, person, state, time, wanted
from tests.server.support import House, Json, refused

SLOTS = f"/api/offices/{OFFICE}/slots"


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    """The small office: An takes certification and results, no civil status."""
    await open_small_office()
    outbox.opened(["sms"], lambda: None)


def asked(officer: str) -> Json:
    citizen = {"name": "Lê Thị Hoa", "phone": "0912000001"}
    return {
        "office": OFFICE, "procedures": [BIRTH], "start": time(10).isoformat(), "officer": officer, "citizen": citizen
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "words"),
    [("vi", "An không nhận thủ tục này. Xin chọn cán bộ khác"), ("en", "An does not take this procedure")],
)
async def test_booking_and_free_times_say_the_same(house: House, language: str, words: str) -> None:
    """Both are refused by one code, with a sentence that names the officer and says what else; nothing is held."""
    before = await state()
    anybody = house.client(**{"Accept-Language": language})
    for answer in (
        await anybody.get(SLOTS, params={"procedure": BIRTH, "officer": "an"}),
        await anybody.post("/api/appointments", json=asked("an")),
    ):
        assert words in refused(answer, "officer-cannot", 409)["detail"]
    assert await state() == before
    assert (await anybody.post("/api/appointments", json=asked("binh"))).status_code == 201


async def test_it_is_about_the_whole_visit() -> None:
    """Who takes one of two procedures does not take the visit; who is busy is full, not unable; no lines are all."""
    with pytest.raises(Refusal, match="officer-cannot"):
        await service.book(wanted(time(10), [COPY, BIRTH], officer="an"), person(1))
    await booked(time(10), 2, officer="an")
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(time(10), officer="an"), person(3))
    await Officer.update({Officer.lines: ""}).where((Officer.office == OFFICE) & (Officer.username == "chi"))
    _, days = await service.slots(OFFICE, [COPY, BIRTH], None, 1, officer="chi")
    assert days  # no time at a counter for civil status alone, but no refusal either
    assert await free_at(time(11), [BIRTH], officer="chi") == 1


async def test_the_desks_and_the_waiting_list_are_told_too() -> None:
    """The calendar's times, its moves, and the list of a day refuse the same."""
    binh = await people.officer_of(OFFICE, "binh")
    assert binh is not None
    mine = await booked(time(10), 1, [BIRTH])
    before = await state()
    day = time(10).date()
    wish = service_waiting.WaitingWish(office=OFFICE, day=day, procedures=[BIRTH], officer="an")
    for work in (
        service_staff.times(binh, [BIRTH], day, 1, "an"),
        service_staff.times_to_move(binh, mine.reference, "an", day, 1),
        service_staff.move(mine.reference, time(11), "an", binh),
        service_staff.book_for(binh, wanted(time(11), [BIRTH], officer="an"), person(2)),
        service_waiting.join(wish, person(3)),
    ):
        with pytest.raises(Refusal, match="officer-cannot"):
            await work
    assert await state() == before


async def test_the_pages_say_it_and_show_everybodys_times(house: House) -> None:
    """An old link with that officer: said in words above the times of whoever is free, and the list leads there."""
    client: httpx.AsyncClient = house.client(Accept="text/html", Origin=house.url)
    client.follow_redirects = True
    query = {"procedure": BIRTH, "officer": "an"}
    shown = await client.get(f"/book/{OFFICE}/when", params=query)
    assert shown.status_code == 409
    assert "An không nhận thủ tục này" in shown.text
    assert 'name="start"' in shown.text
    assert 'name="officer"' not in shown.text
    day = f"{time(10).date()}"
    assert (await client.get(f"/book/{OFFICE}/wait", params={**query, "day": day})).url.path.endswith("/when")
    form = {**query, "start": time(10).isoformat(), "key": "form-1"}
    assert "An không nhận thủ tục này" in (await client.post(f"/book/{OFFICE}/hold", data=form)).text
