"""From when and until when a time can be booked: its notice, and the releases that are announced."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.booking import rules, service
from server.db import Database
from server.errors import Refusal
from tests.booking.small import (
    COPY,
    OFFICE,
    booked,
    free_at,
    open_small_office,
    person,
    time,
    token_of,
    wanted,
)  # fmt: skip
from tests.server.support import MORNING, Clock, House


@given(st.integers(0, 10_080), st.integers(-600, 20_000))
def test_notice_is_a_matter_of_minutes(notice: int, minutes: int) -> None:
    """A start can be booked when it is the notice away or more, never once it has begun."""
    ahead = rules.Horizon(now=MORNING, time_zone="Asia/Ho_Chi_Minh", days_ahead=30, release_times=(), notice=notice)
    start = MORNING + timedelta(minutes=minutes)
    expected = "slot-past" if minutes <= 0 else "short-notice" if minutes < notice else None
    assert ahead.refusal(ahead.today, 0, start) == expected


async def test_what_is_too_near_is_not_offered_booked_or_moved_to(database: Database, clock: Clock) -> None:
    """With two hours' notice slots, booking and moving agree about the first time that can be had."""
    clock.local(8, 0)
    await open_small_office(minimum_notice_minutes=120)
    assert (await free_at(time(9, 45)), await free_at(time(10))) == (0, 1)
    with pytest.raises(Refusal, match="short-notice") as refusal:
        await service.book(wanted(time(9, 45)), person(1))
    assert "120" in refusal.value.sentence("vi")
    mine = await booked(time(10), 1)
    with pytest.raises(Refusal, match="short-notice"):
        await service.change(mine.reference, await token_of(mine), time(9, 45))


@given(st.integers(0, 1439), st.lists(st.integers(0, 1439), min_size=1, max_size=6, unique=True), st.integers(1, 30))
def test_what_is_announced_to_open_opens_then(minute: int, times: list[int], days: int) -> None:
    """At the announced minute a start of the announced day can be booked that could not a minute before."""
    midnight = MORNING.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).replace(hour=0, minute=0)

    def at(minutes: int) -> rules.Horizon:
        now = midnight + timedelta(minutes=minutes)
        return rules.Horizon(now=now, time_zone="Asia/Ho_Chi_Minh", days_ahead=days, release_times=tuple(sorted(times)))

    announced = at(minute).next_opening()
    assert announced is not None
    day, when = announced
    opens = when + (1440 if day > at(minute).last_day else 0)
    assert opens > minute
    start = midnight + timedelta(days=days + 2)

    def bookable(minutes: int) -> set[int]:
        return {index for index in range(len(times)) if at(minutes).bookable(day, index, start)}

    assert bookable(opens - 1) < bookable(opens)
    assert bookable(minute) == bookable(opens - 1)


@pytest.mark.parametrize(
    ("hour", "vi", "en"),
    [
        (9, "Thêm giờ của thứ Hai, 30/11/2026 mở lúc 12:00 hôm nay.", "open at 12:00 today"),
        (16, "Giờ của thứ Ba, 01/12/2026 mở lúc 08:00 ngày mai.", "open at 08:00 tomorrow"),
    ],
)
async def test_the_page_says_when_the_next_times_open(house: House, clock: Clock, hour: int, vi: str, en: str) -> None:
    """Which day's times open when stands there in both languages, also after the last release of a day."""
    await open_small_office()
    clock.local(hour)
    client = house.client(Accept="text/html")
    for language, words in (("vi", vi), ("en", en)):
        page = await client.get(f"/book/{OFFICE}/when", params={"procedure": COPY, "lang": language})
        assert words in page.text
