"""A fair opening: a challenge that is good once, and limits that stop a machine and not a family."""

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import altcha
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.booking import challenge, rules, service
from server.booking.rules_fairness import Recent, turns, work_needed
from server.booking.service_gate import Stranger, forget_networks, stranger
from server.booking.tables import Appointment, ChallengeSpent
from server.catalogue.tables import Setting
from server.db import Database
from server.errors import Refusal
from server.web import limits
from server.web.limits import network
from server.wire import Citizen
from tests.booking.small import (
    BIRTH,
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
from tests.server.support import MORNING, Clock, House

KEY = b"k" * 32
UNTIL = MORNING + timedelta(minutes=10)
FEW = 2_000


@pytest.fixture(autouse=True)
def before_the_doors_open(clock: Clock) -> None:
    """Seven in the morning: all of the day can still be booked."""
    clock.local(7)


def solution_of(made: Any) -> str:
    """What a browser sends back, by the library's own solver."""
    asked = altcha.Challenge.from_dict(made)
    found = altcha.solve_challenge(asked)
    assert found is not None
    return altcha.Payload(asked, found).to_base64()


def changed(solution: str, *path: str, value: object) -> str:
    """The same payload with one of its values another."""
    payload = json.loads(base64.b64decode(solution))
    inner = payload
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return base64.b64encode(json.dumps(payload).encode()).decode()


# --- the challenge ---------------------------------------------------------------------------------------------


def test_what_was_solved_is_accepted_for_its_office_and_its_time() -> None:
    """A solved challenge tells its nonce until its last second; then, and for another office, it is refused."""
    solution = solution_of(challenge.new_challenge(KEY, OFFICE, UNTIL, FEW))
    done = challenge.solved(KEY, OFFICE, solution, UNTIL)
    assert done.until == UNTIL
    for office, now, key in (
        (OFFICE, UNTIL + timedelta(seconds=1), KEY),
        ("khac", MORNING, KEY),
        (OFFICE, MORNING, b"x" * 32),
    ):
        with pytest.raises(Refusal, match="challenge-failed"):
            challenge.solved(key, office, solution, now)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("challenge", "parameters", "data"), {"office": "khac", "until": 2_000_000_000}),
        (("challenge", "parameters", "data"), None),
        (("challenge", "parameters", "keyPrefix"), "00"),
        (("challenge", "parameters", "keyPrefix"), ""),
        (("challenge", "parameters", "nonce"), "00" * 16),
        (("challenge", "signature"), None),
        (("challenge", "signature"), "00" * 32),
        (("solution", "counter"), 1),
        (("solution", "counter"), "1"),
        (("solution", "derivedKey"), "00" * 32),
        (("challenge", "parameters"), []),
        (("solution",), None),
    ],
)
def test_a_forged_solution_is_refused(path: tuple[str, ...], value: object) -> None:
    """Whatever of it is changed, it is no longer what we signed, or no longer solved."""
    solution = solution_of(challenge.new_challenge(KEY, OFFICE, UNTIL, FEW))
    assert challenge.solved(KEY, OFFICE, solution, MORNING)
    with pytest.raises(Refusal, match="challenge-failed"):
        challenge.solved(KEY, OFFICE, changed(solution, *path, value=value), MORNING)


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode())))
def test_no_text_is_a_solution(text: str) -> None:
    """Anything else that is sent is refused like a wrong one, and breaks nothing."""
    with pytest.raises(Refusal, match="challenge-failed"):
        challenge.solved(KEY, OFFICE, text, MORNING)


@pytest.mark.parametrize(
    "text", ["", "bnVsbA==", "W10=", base64.b64encode(b"[" * 3_000).decode(), "A" * 5_000, "é" * 20]
)
def test_odd_texts_are_no_solution(text: str) -> None:
    """Nor are empty ones, JSON of another shape, deep nesting, or more than a solution ever takes."""
    with pytest.raises(Refusal, match="challenge-failed"):
        challenge.solved(KEY, OFFICE, text, MORNING)


@given(st.integers(1, 10_000), st.integers(0, 20_000), st.integers(0, 20_000))
def test_an_ordinary_day_asks_for_nothing(rush: int, anywhere: int, mine: int) -> None:
    """Off never asks, always does, and a rush only from its size on; more bookings never mean less work."""
    recent = Recent(anywhere + mine, mine)
    assert not work_needed("off", rush, recent)
    assert work_needed("always", rush, recent)
    asked = work_needed("rush", rush, recent)
    assert asked == (anywhere + mine >= rush or mine >= max(1, rush // 4))
    assert work_needed("rush", rush, Recent(anywhere + mine + 1, mine + 1)) >= asked


# --- networks --------------------------------------------------------------------------------------------------


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


# --- booking ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def office(database: Database, clock: Clock) -> Database:
    """The small office with a challenge for everybody, and much room for each person."""
    await open_small_office(
        challenge="always", challenge_difficulty="1000", bookings_per_person=9, bookings_per_field=9
    )
    return database


async def asked_of(who: Stranger, start: Any, number: int) -> str:
    """Be asked for a challenge, and solve it."""
    with pytest.raises(Refusal, match="challenge-needed") as refusal:
        await service.book(wanted(start), person(number), who=who)
    return solution_of(refusal.value.extra["challenge"])


async def test_a_solution_is_spent_once(office: Database) -> None:
    """Asked for, solved, booked; the same solution again is refused with a fresh challenge, and changes nothing."""
    who = await stranger("203.0.113.7")
    before = await state()
    solution = await asked_of(who, time(10), 1)
    assert await state() == before
    solved = await stranger("203.0.113.7", solution=solution)
    assert (await service.book(wanted(time(10)), person(1), who=solved)).state == "held"
    with pytest.raises(Refusal, match="challenge-failed") as refusal:
        await service.book(wanted(time(11)), person(2), who=solved)
    again = await stranger("198.51.100.1", solution=solution_of(refusal.value.extra["challenge"]))
    assert (await service.book(wanted(time(11)), person(2), who=again)).state == "held"


async def test_many_at_once_spend_it_once(office: Database) -> None:
    """Ten that send one solution at the same moment make one booking."""
    solved = await stranger("203.0.113.7", solution=await asked_of(await stranger("203.0.113.7"), time(8), 1))
    starts = [time(13, 30 + 15 * place) if place < 2 else time(12 + place) for place in range(5)]
    tried = await asyncio.gather(
        *(service.book(wanted(start), person(place), who=solved) for place, start in enumerate(starts)),
        return_exceptions=True,
    )
    refused = [each.code for each in tried if isinstance(each, Refusal)]
    assert refused == ["challenge-failed"] * 4
    assert len(await everything()) == 1


async def test_it_is_the_nonces_key_that_keeps_a_solution_single(office: Database) -> None:
    """With that guard taken away one solution pays for as many bookings as anybody likes."""
    await ChallengeSpent.raw("DROP TABLE challenge_spent")
    await ChallengeSpent.raw("CREATE TABLE challenge_spent (nonce VARCHAR(64), until TIMESTAMPTZ)")
    solution = await asked_of(await stranger("203.0.113.7"), time(8), 1)
    solved = await stranger("203.0.113.7", solution=solution)
    for number in range(3):
        assert await service.book(wanted(time(9 + number)), person(number), who=solved)


async def test_a_refused_booking_spends_nothing(office: Database) -> None:
    """Who was not quick enough for one time can use the same solution for the next."""
    solution = await asked_of(await stranger("203.0.113.7"), time(11), 1)
    await booked(time(10), 7)
    solved = await stranger("203.0.113.7", solution=solution)
    with pytest.raises(Refusal, match="slot-full"):
        await service.book(wanted(time(10)), person(1), who=solved)
    assert (await service.book(wanted(time(11)), person(1), who=solved)).state == "held"


async def test_spent_challenges_are_swept_when_they_can_no_longer_be_used(office: Database, clock: Clock) -> None:
    """The table forgets a nonce only after its challenge is over; whence a hold came is forgotten within hours."""
    solution = await asked_of(await stranger("203.0.113.7"), time(10), 1)
    await service.book(wanted(time(10)), person(1), who=await stranger("203.0.113.7", solution=solution))
    clock.forward(minutes=9)
    await forget_networks()
    assert await ChallengeSpent.count() == 1
    clock.forward(hours=1)
    await forget_networks()
    assert await ChallengeSpent.count() == 0
    assert await Appointment.count().where(Appointment.network.is_not_null()) == 0


async def test_ordinary_people_never_notice_a_rush_rule(database: Database, clock: Clock) -> None:
    """Below the mark nobody is asked; from it on everybody is; ten minutes later nobody again."""
    await open_small_office(challenge="rush", rush_bookings=8, challenge_difficulty=1000, bookable_share="1")
    for number in range(8):
        who = await stranger(f"203.0.113.{number}")
        await service.book(
            wanted(time(8, 15 * (number % 4)), [BIRTH] if number > 3 else [COPY]), person(number), who=who
        )
    with pytest.raises(Refusal, match="challenge-needed"):
        await service.book(wanted(time(14)), person(8), who=await stranger("203.0.113.8"))
    clock.forward(minutes=10)
    assert await service.book(wanted(time(14)), person(8), who=await stranger("203.0.113.8"))


async def test_one_network_is_in_a_rush_before_the_town_is(database: Database, clock: Clock) -> None:
    """A quarter of a rush from one network asks that network for work, and nobody else."""
    await open_small_office(challenge="rush", rush_bookings=8, challenge_difficulty=1000)
    busy = await stranger("203.0.113.7")
    for number in range(2):
        await service.book(wanted(time(10 + number)), person(number), who=busy)
    with pytest.raises(Refusal, match="challenge-needed"):
        await service.book(wanted(time(14)), person(3), who=busy)
    assert await service.book(wanted(time(14)), person(3), who=await stranger("203.0.113.8"))


async def test_the_office_itself_is_never_asked(office: Database) -> None:
    """What staff book for a caller passes by the challenge, and by what strangers may hold."""
    assert await service.book(wanted(time(10)), person(1))


async def test_programs_book_over_http_with_a_solution(house: House) -> None:
    """428 with the challenge; the same command with its solution and the same key is carried out, once."""
    await open_small_office(challenge="always", challenge_difficulty="1000")
    body = {
        "office": OFFICE, "procedures": [COPY], "start": time(10).isoformat(),
        "citizen": {"name": "Lê Thị Hoa", "phone": "0912000001"},
    }  # fmt: skip
    client = house.client()
    asked = await client.post("/api/appointments", json=body, headers={"Idempotency-Key": "mot"})
    assert (asked.status_code, asked.json()["type"]) == (428, "urn:motcua:challenge-needed")
    solved = body | {"solution": solution_of(asked.json()["challenge"])}
    made = await client.post("/api/appointments", json=solved, headers={"Idempotency-Key": "mot"})
    assert made.status_code == 201
    again = await client.post("/api/appointments", json=solved, headers={"Idempotency-Key": "mot"})
    assert again.json()["reference"] == made.json()["reference"]
    other = {"start": time(11).isoformat(), "citizen": {"name": "Lê Văn Nam", "phone": "0912000002"}}
    spent = await client.post("/api/appointments", json=solved | other)
    assert (spent.status_code, spent.json()["type"]) == (428, "urn:motcua:challenge-failed")


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


# --- holds -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def plain_office(database: Database, clock: Clock) -> Database:
    """The small office, where four times may be held from one network before anybody says for whom."""
    await open_small_office(holds_per_network=4, bookable_share="1")
    return database


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


# --- families --------------------------------------------------------------------------------------------------


def named(name: str, phone: str = "0912000001", **more: Any) -> Citizen:
    return Citizen(name=name, phone=phone, **more)


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


# --- notice ----------------------------------------------------------------------------------------------------


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


# --- releases --------------------------------------------------------------------------------------------------


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
    """In both languages, also after the last release of the day."""
    await open_small_office()
    clock.local(hour)
    client = house.client(Accept="text/html")
    for language, words in (("vi", vi), ("en", en)):
        page = await client.get(f"/book/{OFFICE}/when", params={"procedure": COPY, "lang": language})
        assert words in page.text


# --- many dossiers ---------------------------------------------------------------------------------------------


@given(st.integers(1, 999), st.integers(1, 999))
def test_every_begun_turn_counts(dossiers: int, per_turn: int) -> None:
    """So many turns hold them all, and one fewer would not."""
    many = turns(dossiers, per_turn)
    assert many * per_turn >= dossiers
    assert many == 1 or (many - 1) * per_turn < dossiers


async def test_bulk_filers_book_longer_in_their_own_line(database: Database, clock: Clock) -> None:
    """Eleven dossiers at five a turn are three turns, in the bulk line; five are an ordinary visit."""
    await open_small_office(bulk_line="H")
    few = await service.book(wanted(time(9), dossiers=5), person(1))
    many = await service.book(wanted(time(10), dossiers=11), person(2))
    assert (few.line, few.ends_at - few.starts_at) == ("A", timedelta(minutes=15))
    assert (many.line, many.ends_at - many.starts_at, many.dossiers) == ("H", timedelta(minutes=15), 11)
    assert await free_at(time(10), dossiers=11) == 0
    longer = await service.book(wanted(time(14), [BIRTH], dossiers=11), person(3))
    assert longer.ends_at - longer.starts_at == timedelta(minutes=75)
    moved = await service.change(longer.reference, await token_of(longer), time(15))
    assert (moved.line, moved.ends_at - moved.starts_at) == ("H", timedelta(minutes=75))


async def test_many_dossiers_are_refused_where_there_is_no_line_for_them(database: Database, clock: Clock) -> None:
    """The sentence says how many one visit takes; collecting results is not meant by it."""
    await open_small_office()
    before = await state()
    with pytest.raises(Refusal, match="too-many-dossiers") as refusal:
        await service.book(wanted(time(10), dossiers=6), person(1))
    assert "5" in refusal.value.sentence("vi")
    assert await state() == before
    assert await service.book(wanted(time(10), dossiers=6, purpose="collect"), person(1))


async def test_the_page_asks_how_many_behind_a_link(house: House) -> None:
    """Nobody has to answer; too many for this office is said beside the field; with a bulk line the visit is longer."""
    await open_small_office()
    client = house.client(Accept="text/html", Origin=house.url)
    client.follow_redirects = True
    answers = {"procedure": BIRTH, "filed": "no"}
    assert (await client.post(f"/book/{OFFICE}", data=answers)).url.path.endswith("/when")
    for typed, words in (
        ("6", "nhiều nhất 5 hồ sơ"),
        ("0", "từ 1 đến 999"),
        ("-1", "từ 1"),
        ("٣", "từ 1"),
        ("9" * 30, "từ 1"),
    ):
        refused = await client.post(f"/book/{OFFICE}", data=answers | {"dossiers": typed})
        assert refused.status_code == 400
        assert 'id="dossiers-error"' in refused.text
        assert words in refused.text
    await Setting.insert(Setting(office=OFFICE, key="bulk_line", value="A"))
    times = await client.post(f"/book/{OFFICE}", data=answers | {"dossiers": "11"})
    assert "75" in times.text
    start = time(14).isoformat()
    await client.post(f"/book/{OFFICE}/hold", data={"procedure": BIRTH, "start": start, "key": "form-1"})
    (held,) = await everything()
    assert (held.line, held.dossiers, held.ends_at - held.starts_at) == ("A", 11, timedelta(minutes=75))


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
