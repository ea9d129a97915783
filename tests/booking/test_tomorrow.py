"""A number that the end of the day closed: its page says so, leads to the next morning, and books nothing."""

import re
from datetime import timedelta
from html import unescape

from server import clock as clocks
from server.catalogue.tables import Closure, Hours, Procedure, Setting
from server.people import service as people
from server.queue import head
from server.queue.service import Issued, Wanted, issue
from tests.booking.small import (
    BIRTH,
    COPY,
    OFFICE,
    SIGNATURE,
    ZONE,
    booked,
    everything,
    free_at,
    open_small_office,
    time,
)
from tests.server.support import Clock, House


async def closed(line: str = "A", procedure: str | None = COPY) -> Issued:
    """A number that was not called before the head ended the day."""
    issued = await issue(OFFICE, Wanted(line=line, procedure=procedure), "device:kiosk")
    officer = await people.officer_of(OFFICE, "an")
    assert officer is not None
    await head.end_day(officer)
    return issued


async def page_of(house: House, issued: Issued, language: str = "vi") -> str:
    """What the phone shows, without scripts."""
    headers = {"Accept": "text/html", "Accept-Language": language}
    answer = await house.client().get(f"/t/{issued.follow_token}?lang={language}", headers=headers)
    assert answer.status_code == 200
    return unescape(answer.text)


def offered(page: str) -> list[tuple[str, str]]:
    """The times and where they lead."""
    return re.findall(r'<li><a class="button button-large" href="([^"]+)">([0-9:]+)</a></li>', page)


async def test_the_first_free_times_of_the_next_morning(house: House, clock: Clock) -> None:
    """Those nobody has, each a way into booking for the same procedure on that day; nothing is booked by looking."""
    await open_small_office()
    clock.local(16, 30, days=3)
    issued = await closed()
    first = offered(await page_of(house, issued))[0][1]
    start = time(int(first[:2]), int(first[3:]), days=1)
    people_before = 0
    while await free_at(start):
        await booked(start, people_before)
        people_before += 1
    assert people_before
    before = await everything()
    page = await page_of(house, issued)
    times = offered(page)
    assert len(times) == 3
    assert first < min(label for _, label in times)
    day = clocks.day_of(clock.now(), ZONE) + timedelta(days=1)
    assert {href for href, _ in times} == {f"/book/{OFFICE}/when?procedure={COPY}&day={day}#days"}
    follow = house.client(Accept="text/html")
    when = await follow.get(times[0][0])
    assert when.status_code == 200
    free = re.findall(r'value="' + str(day) + r"T([0-9]{2}:[0-9]{2})", when.text)
    assert [label for _, label in times] == sorted(set(free))[:3]
    assert "Ông/bà có thể lấy số từ 08:00" in page
    assert "Chưa có gì được đặt sẵn" in page
    assert await everything() == before


async def test_online_filers_only_are_told_of_numbers(house: House, clock: Clock) -> None:
    """Where not everybody may book no time is promised; the doors' hour is told, and the way home if there is one."""
    await open_small_office(online_filers_only="true")
    clock.local(16, 30, days=3)
    issued = await closed()
    page = await page_of(house, issued)
    assert offered(page) == []
    assert "Ông/bà có thể lấy số từ 08:00" in page
    assert "Đặt lịch hẹn dành cho hồ sơ đã nộp trực tuyến" in page
    assert f"/number/{OFFICE}" not in page
    assert f'href="/book/{OFFICE}?procedure={COPY}"' in page
    await Setting.insert(Setting(office=OFFICE, key="numbers_from_home", value="20"))
    assert f'<a href="/number/{OFFICE}">' in await page_of(house, issued)


async def test_the_next_morning_is_when_the_doors_open_again(house: House, clock: Clock) -> None:
    """A holiday is passed over, for times and doors alike, and the page tells both languages the same day."""
    await open_small_office()
    clock.local(16, 30, days=3)
    today = clocks.day_of(clock.now(), ZONE)
    await Closure.insert(
        Closure(
            office=OFFICE, date=today + timedelta(days=1), until=None, opens=None, closes=None, name_vi="Nghỉ",
            name_en="Closed",
        )
    )  # fmt: skip
    issued = await closed()
    after = today + timedelta(days=2)
    for language in ("vi", "en"):
        page = await page_of(house, issued, language)
        assert {f"day={after}" in href for href, _ in offered(page)} == {True}
        assert f"{after:%d/%m/%Y}" in page


async def test_a_number_for_a_line_leads_to_the_choice(house: House, clock: Clock) -> None:
    """What it was for is not known: times that suit all of the line's procedures, and the procedure to be chosen."""
    await open_small_office()
    clock.local(16, 30, days=3)
    await Procedure.update({Procedure.minutes: 45}).where((Procedure.office == OFFICE) & (Procedure.code == SIGNATURE))
    issued = await closed(procedure=None)
    start = time(8, 30, days=1)
    person = 0
    while await free_at(start, [COPY]):
        await booked(start, person, [COPY])
        person += 1
    page = await page_of(house, issued)
    assert {href for href, _ in offered(page)} == {f"/?office={OFFICE}"}
    first = time(*map(int, offered(page)[0][1].split(":")), days=1)
    assert await free_at(first, [SIGNATURE])
    assert await free_at(first, [COPY])
    assert first > time(8, days=1)  # where a short one would fit
    assert await free_at(time(8, days=1), [COPY])
    page = await page_of(house, await closed("H", None))
    assert {f"procedure={BIRTH}" in href for href, _ in offered(page)} == {True}


async def test_an_office_that_does_not_open_again_promises_nothing(house: House, clock: Clock) -> None:
    """Without any day to come the page says that the day is over, and no more."""
    await open_small_office()
    clock.local(16, 30, days=3)
    issued = await closed()
    await Hours.delete().where(Hours.office == OFFICE)
    page = await page_of(house, issued)
    assert offered(page) == []
    assert "Ông/bà có thể lấy số từ" not in page
    assert "Hôm nay đã hết giờ tiếp nhận" in page


async def test_a_number_that_waits_is_offered_nothing(house: House, clock: Clock) -> None:
    """Only the end of the day leads to the next one."""
    await open_small_office()
    clock.local(9, days=3)
    page = await page_of(house, await issue(OFFICE, Wanted(line="A", procedure=COPY), "device:kiosk"))
    assert offered(page) == []
    assert "Chưa có gì được đặt sẵn" not in page
