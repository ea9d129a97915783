"""Limits that stop a machine and not a family: by network, by browser, by person and by telephone."""

from typing import Any

import httpx
import pytest

from server.booking import service
from server.booking.service_gate import stranger
from server.db import Database
from server.errors import Refusal
from server.web import limits
from server.web.limits import network
from server.wire import Citizen
from tests.booking.small import (
    COPY,
    OFFICE,
    SIGNATURE,
    booked,
    everything,
    free_at,
    open_small_office,
    person,
    state,
    time,
    token_of,
    wanted,
)  # fmt: skip
from tests.server.support import Clock, House


@pytest.fixture(autouse=True)
def before_the_doors_open(clock: Clock) -> None:
    """Seven in the morning: all of the day can still be booked."""
    clock.local(7)


@pytest.fixture
async def plain_office(database: Database, clock: Clock) -> Database:
    """The small office, where four times may be held from one network before anybody says for whom."""
    await open_small_office(holds_per_network=4, bookable_share="1")
    return database


def named(name: str, phone: str = "0912000001", **more: Any) -> Citizen:
    return Citizen(name=name, phone=phone, **more)


@pytest.mark.parametrize(
    ("address", "known_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("?", "?"),
    ],
)
def test_an_ipv6_household_is_one_network(address: str, known_as: str) -> None:
    """All addresses of a /64 are one network, an IPv4 address is one however it is written."""
    assert network(address) == known_as


async def test_one_network_cannot_hold_the_day(plain_office: Database, clock: Clock) -> None:
    """Beyond the limit holding is refused, elsewhere not; a confirmed or an expired hold makes room again."""
    bot = await stranger("203.0.113.7")
    held = [await service.book(wanted(time(9 + number)), None, who=bot) for number in range(3)]
    held.append(await service.book(wanted(time(14)), None, who=bot))
    before = await state()
    with pytest.raises(Refusal, match="too-many-holds"):
        await service.book(wanted(time(15)), None, who=bot)
    assert await state() == before
    assert await service.book(wanted(time(15)), None, who=await stranger("203.0.113.8"))
    await service.confirm(held[0].reference, await token_of(held[0]), person(1))
    assert await service.book(wanted(time(15)), None, who=bot)
    clock.forward(minutes=11)
    assert await service.book(wanted(time(16)), None, who=bot)


async def test_a_browser_compares_two_times_and_lets_the_oldest_go(plain_office: Database, clock: Clock) -> None:
    """A third hold of one browser frees its first, in the same change; the second stays."""
    first = await service.book(wanted(time(9)), None, who=await stranger("203.0.113.7"))
    clock.forward(seconds=5)
    second = await service.book(wanted(time(10)), None, who=await stranger("203.0.113.7", browser=[first.reference]))
    clock.forward(seconds=5)
    both = [first.reference, second.reference]
    third = await service.book(wanted(time(11)), None, who=await stranger("203.0.113.7", browser=both))
    states = {each.reference: each.state for each in await everything()}
    assert states == {first.reference: "cancelled", second.reference: "held", third.reference: "held"}
    assert await free_at(time(9)) == 2


async def test_another_browsers_cookie_name_gives_up_nothing(house: House, clock: Clock) -> None:
    """The third hold of a browser lets go of its own first one; a made-up cookie lets go of nobody's."""
    await open_small_office(bookable_share="1")

    async def hold(client: httpx.AsyncClient, hour: int) -> str:
        clock.forward(seconds=5)
        start = time(hour).isoformat()
        asked = await client.post(
            f"/book/{OFFICE}/hold", data={"procedure": COPY, "start": start, "key": f"form-{hour}"}
        )
        return asked.url.path.split("/")[2]

    mine, thief = (house.client(Accept="text/html", Origin=house.url) for _ in range(2))
    mine.follow_redirects = thief.follow_redirects = True
    first, second = await hold(mine, 9), await hold(mine, 10)
    for reference in (first, second):
        thief.cookies.set(f"{house.settings.cookie}-{reference}", "0" * 24)
    await hold(thief, 11)
    assert {each.state for each in await everything()} == {"held"}
    await hold(mine, 14)
    assert {each.reference for each in await everything() if each.state == "cancelled"} == {first}


async def test_a_family_shares_a_telephone_not_its_limits(database: Database, clock: Clock) -> None:
    """Each name has limits of its own, however it is typed; together they have the telephone's."""
    await open_small_office(bookings_per_phone=4, bookable_share="1")
    for hour, name in ((9, "Nguyễn Văn An"), (10, "Trần Thị Bình"), (11, "Nguyễn Thị Cúc")):
        await service.book(wanted(time(hour)), named(name))
    with pytest.raises(Refusal, match="too-many-bookings"):
        await service.book(wanted(time(14)), named("nguyen van  AN"))
    with pytest.raises(Refusal, match="already-booked"):
        await service.book(wanted(time(9), [SIGNATURE]), named("Nguyễn Văn An."))
    await service.book(wanted(time(14)), named("Nguyễn Văn Dũng", identity_number="001090000001"))
    before = await state()
    with pytest.raises(Refusal, match="too-many-for-phone") as refusal:
        await service.book(wanted(time(15)), named("Người Thứ Năm"))
    assert "4" in refusal.value.sentence("vi")
    assert await state() == before
    assert await service.book(wanted(time(15)), named("Người Thứ Năm", "0912000002"))


async def test_the_telephones_limit_holds_when_confirming(database: Database, clock: Clock) -> None:
    """A page holds before it knows who comes: the telephone is looked at when it does."""
    await open_small_office(bookings_per_phone=2, bookable_share="1")
    for hour, name in ((9, "An"), (10, "Bình")):
        await service.book(wanted(time(hour)), named(name))
    held = await service.book(wanted(time(11)), None)
    with pytest.raises(Refusal, match="too-many-for-phone"):
        await service.confirm(held.reference, await token_of(held), named("Cúc"))
    assert (await service.confirm(held.reference, await token_of(held), named("Cúc", "0912000003"))).name == "Cúc"


async def test_by_default_a_program_books_as_fast_as_it_likes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of other clients unless the office says so: a hundred bookings from one address in a moment."""
    monkeypatch.setattr(limits, "_buckets", {name: limits.Bucket(rate) for name, rate in limits.PER_MINUTE.items()})
    await open_small_office(bookable_share="1")
    client = house.client()
    codes = []
    for number in range(100):
        start = time(8 + number // 4 % 3, 15 * (number % 4), days=1 + number // 24)
        answer = await client.post(
            "/api/appointments",
            json={
                "office": OFFICE, "procedures": [COPY], "start": start.isoformat(),
                "citizen": {"name": "Lê Thị Hoa", "phone": f"0912{number:06}"},
            },
        )  # fmt: skip
        codes.append(answer.status_code)
    assert set(codes) <= {201, 409}
    assert codes.count(201) > 30


async def test_a_whole_village_may_open_its_bookings(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind one address only wrong telephones count: after them even a right one has to wait a little."""
    monkeypatch.setitem(limits._buckets, "access", limits.Bucket(3))
    await open_small_office(bookable_share="1")
    mine = await booked(time(10), 1)
    other = await booked(time(11), 2)
    client = house.client()

    async def opened(reference: str, phone: str) -> int:
        return (await client.post(f"/api/appointments/{reference}/access", json={"phone": phone})).status_code

    assert {await opened(mine.reference, "0912000001") for _ in range(10)} == {200}
    assert [await opened(other.reference, "0912000009") for _ in range(4)] == [404, 404, 404, 429]
    assert await opened(mine.reference, "0912000001") == 429
