"""The waiting list over HTTP and on the citizen's pages, on both engines."""

import re

import httpx
import pytest

from server.booking import service, service_code, service_offers, service_waiting
from server.booking.tables import BookingCode, WaitingEntry
from server.catalogue import tables
from server.journal.frames import head_seq
from server.notify import outbox
from server.notify.tables import Outbox
from tests.booking.small import COPY, OFFICE, everything
from tests.booking.waiting import at, full_day, gives_up, offer_to, open_office, stage_of, the_day, waits
from tests.server.support import Clock, House, Json, ok, refused

LIST = f"/api/offices/{OFFICE}/waiting-list"


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    await open_office()


def body(who: int = 1, **more: object) -> Json:
    person = {"name": "Lê Thị Hoa", "phone": f"0912{who:06}", "email": f"hoa{who}@thu.example"}
    return {"day": the_day().isoformat(), "procedures": [COPY], "citizen": person, **more}


def browser(house: House, language: str = "vi") -> httpx.AsyncClient:
    """Somebody's phone without scripts."""
    client = house.client(Accept="text/html", Origin=house.url)
    client.follow_redirects = True
    client.cookies.set("lang", language)
    return client


def hidden(page: httpx.Response) -> dict[str, str]:
    """What a form brings along by itself."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))


async def joined(client: httpx.AsyncClient, who: int = 1, **said: str) -> httpx.Response:
    """Follow the times page's link for the full day and send the form."""
    times = await client.get(f"/book/{OFFICE}/when", params={"procedure": COPY, "day": the_day().isoformat()})
    link = re.search(r'href="(/book/[^"]*/wait\?[^"]*)"', times.text)
    assert link, times.text
    form = await client.get(link[1].replace("&amp;", "&"))
    filled = {"name": "Lê Thị Hoa", "phone": f"0912{who:06}", "email": f"hoa{who}@thu.example", **said}
    return await client.post(f"/book/{OFFICE}/wait", data={**hidden(form), **filled})


async def test_join_look_take(house: House) -> None:
    """Join, see one's place, be offered a time, confirm it with the token that came along."""
    day = await full_day()
    held = ok(await house.client().post(LIST, json=body()), 201)
    assert (held["state"], held["place"], held["day"]) == ("waiting", 1, the_day().isoformat())
    mine = house.client(held["manageToken"])
    path = f"/api/waiting-list/{held['reference']}"
    seen = ok(await mine.get(path))
    assert seen == {name: value for name, value in held.items() if name != "manageToken"}
    await gives_up(day[at(10)])
    offer = ok(await mine.get(path))["offer"]
    assert offer["start"] == "2026-11-25T10:00:00+07:00"
    taken = house.client(offer["manageToken"])
    assert ok(await taken.post(f"/api/appointments/{offer['reference']}/confirm"), 200)["state"] == "confirmed"
    done = ok(await mine.get(path))
    assert (done["state"], "offer" in done, "place" in done) == ("booked", False, False)


async def test_the_same_key_joins_once(house: House) -> None:
    """Sent again with its key it is the same entry; without one it is refused as a second."""
    await full_day()
    client, key = house.client(), {"Idempotency-Key": "5d3f"}
    first = await client.post(LIST, json=body(), headers=key)
    again = await client.post(LIST, json=body(), headers=key)
    assert (first.status_code, again.content) == (201, first.content)
    refused(await client.post(LIST, json=body()), "already-waiting", 409)


async def test_nobody_else_sees_an_entry(house: House) -> None:
    """Without its token, with another's or with a booking's, an entry does not exist; leaving is the holder's alone."""
    day = await full_day()
    held = ok(await house.client().post(LIST, json=body()), 201)
    other = ok(await house.client().post(LIST, json=body(2)), 201)
    booking = await service.manage_token(day[at(8)])
    path = f"/api/waiting-list/{held['reference']}"
    for client in (house.client(), house.client(other["manageToken"]), house.client(booking), house.client("x" * 300)):
        refused(await client.get(path), "no-such-entry", 404)
        refused(await client.delete(path), "no-such-entry", 404)
    mine = house.client(held["manageToken"])
    assert (await mine.delete(path)).status_code == 204
    assert ok(await mine.get(path))["state"] == "left"
    refused(await mine.delete(path), "not-waiting", 409)
    # An entry's token opens no booking.
    refused(await mine.get(f"/api/appointments/{day[at(8)].reference}"), "no-such-booking", 404)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"day": "2026-11-26"}, "day-has-room"),
        ({"day": "2020-01-01"}, "day-over"),
        ({"day": "9999-12-31"}, "day-not-open"),
        ({"day": "25/11/2026"}, "invalid"),
        ({"procedures": []}, "invalid"),
        ({"procedures": ["0.0"]}, "no-such-procedure"),
        ({"officer": "dung.bode"}, "no-such-officer"),
        ({"citizen": {"name": "\u202eHoa", "phone": "0912000001", "email": "a@b.example"}}, "bad-text"),
        ({"citizen": {"name": "Hoa", "phone": "12", "email": "a@b.example"}}, "bad-phone"),
    ],
)
async def test_bad_input_joins_nothing(house: House, change: Json, code: str) -> None:
    """What cannot be is refused by its code, and nobody waits."""
    await full_day()
    answer = await house.client().post(LIST, json={**body(), **change})
    assert 400 <= answer.status_code < 500
    assert answer.json()["type"] == f"urn:motcua:{code}"
    assert ok(await house.client().post(LIST, json=body(2)), 201)["place"] == 1


async def test_work_is_asked_of_strangers_who_join(house: House) -> None:
    """Where the office asks it for bookings, it does for the list: nobody fills it with made-up people for nothing."""
    await full_day()
    await tables.Setting.insert(tables.Setting(office=OFFICE, key="challenge", value="always"))
    assert refused(await house.client().post(LIST, json=body()), "challenge-needed", 428)["challenge"]
    failed = await joined(browser(house), solution="eyJubyI6MX0=")
    assert (failed.status_code, "data-challenge=" in failed.text) == (428, True)
    assert await BookingCode.count() == 0  # whose browser runs scripts presses again


async def code_sent(number: int) -> str:
    """The code that the newest message brings."""
    sent = await Outbox.select(Outbox.reference).where((Outbox.kind == "code") & (Outbox.sequence == number)).first()
    assert sent is not None
    code = await service_code.code_for(sent["reference"], number)
    assert code is not None
    return code.digits


async def test_without_scripts_a_code_by_message_stands_for_the_work(house: House, clock: Clock) -> None:
    """Sent to the telephone given, asked for on the same page; wrong or old it joins nothing, right it joins once."""
    await full_day()
    await tables.Setting.insert(tables.Setting(office=OFFICE, key="challenge", value="always"))
    phone = browser(house)
    asked = await joined(phone)
    assert (asked.status_code, 'name="code"' in asked.text, "0912000001" in asked.text) == (428, True, True)
    assert "bấm Vào danh sách chờ" in asked.text
    typed = {**hidden(asked), "name": "Lê Thị Hoa", "phone": "0912000001"}
    where, first = f"/book/{OFFICE}/wait", await code_sent(1)
    before = await head_seq(OFFICE)
    wrong = await phone.post(where, data={**typed, "code": f"{(int(first) + 1) % 10**6:06}"})
    assert (wrong.status_code, 'id="code-error"' in wrong.text) == (403, True)
    another = await phone.post(where, data={**typed, "code": "", "another": "1"})
    assert another.status_code == 428
    stranger = await phone.post(where, data={**typed, "phone": "0912000002", "code": await code_sent(2)})
    assert stranger.status_code == 403
    assert (await phone.post(where, data={**typed, "code": first})).status_code == 403
    assert await head_seq(OFFICE) == before  # what strangers guess is not written down
    code = await code_sent(2)
    done = await phone.post(where, data={**typed, "code": f" {code[:3]} {code[3:]} "})
    assert re.fullmatch(r"/w/[0-9A-Z]{12}", done.url.path)
    assert (await phone.post(where, data={**typed, "code": code})).url.path == done.url.path
    fresh = await joined(phone, 3)
    late = {**hidden(fresh), "name": "Lê Thị Hoa", "phone": "0912000003"}
    code = await service_code.code_for(await service_waiting.reference_of(late["key"]), 1)
    assert code is not None
    clock.forward(minutes=10)
    assert (await phone.post(where, data={**late, "code": code.digits})).status_code == 410
    assert await WaitingEntry.count() == 1


async def test_the_pages_work_without_scripts(house: House, clock: Clock) -> None:
    """From the full day to one's place, from the message's link to the time, by one press each; then it is booked."""
    day = await full_day()
    phone = browser(house)
    entry = await joined(phone)
    assert re.fullmatch(r"/w/[0-9A-Z]{12}", entry.url.path)
    assert "Thứ 1 trong danh sách" in entry.text
    await gives_up(day[at(10)])
    offer = next(each for each in await everything() if each.waiting_entry and each.state == "held")
    link = f"/a/{offer.reference}?k={await service.manage_token(offer)}"
    other = browser(house, "en")  # the phone on which the message came
    shown = await other.get(link)
    assert shown.url.path == f"/a/{offer.reference}/offer"
    assert ("10:00" in shown.text, "Kept for you until 09:30" in shown.text) == (True, True)
    done = await other.post(f"/a/{offer.reference}/offer")
    assert (done.url.path, "Your appointment is booked" in done.text) == (f"/a/{offer.reference}", True)
    again = await other.post(f"/a/{offer.reference}/offer")
    assert again.url.path == done.url.path
    assert "Ông/bà đã có lịch hẹn" in (await phone.get(entry.url.path)).text


async def test_declining_and_letting_pass_on_the_pages(house: House, clock: Clock) -> None:
    """Declined, one is back at one's place in line; let pass, the link says so and leads on; left, one has left."""
    day = await full_day()
    first, second = await waits(1), await waits(2)
    await gives_up(day[at(10)])
    offer = await offer_to(first)
    assert offer is not None
    phone = browser(house)
    await phone.get(f"/a/{offer.reference}?k={await service.manage_token(offer)}")
    declined = await phone.post(f"/a/{offer.reference}/decline")
    assert declined.url.path == f"/w/{first.reference}"
    assert "vẫn ở trong danh sách chờ" in declined.text
    assert await stage_of(second) == "offered"
    passed_on = await offer_to(second)
    assert passed_on is not None
    clock.forward(minutes=30)
    late = await browser(house).get(f"/a/{passed_on.reference}?k={await service.manage_token(passed_on)}")
    assert late.url.path == f"/w/{second.reference}"
    assert "không còn giữ nữa" in late.text
    left = await phone.post(f"/w/{first.reference}/leave")
    assert "đã rời danh sách chờ" in left.text
    assert (await phone.get(f"/w/{second.reference}")).status_code == 404


async def test_wrong_particulars_are_said_beside_their_fields(house: House) -> None:
    """A form with mistakes comes back filled in; sent right it joins, sent twice it joined once."""
    await full_day()
    phone = browser(house)
    wrong = await joined(phone, phone="12")
    assert (wrong.status_code, "Số điện thoại chưa đúng" in wrong.text) == (400, True)
    twice = [await joined(phone, 3) for _ in range(2)]
    assert twice[0].url.path.startswith("/w/")
    assert (twice[1].status_code, "đã ở trong danh sách chờ" in twice[1].text) == (409, True)


async def test_no_list_where_nobody_can_be_told(house: House) -> None:
    """Without mail or telephone messages no list is offered, and its address leads back to the times."""
    await full_day()
    outbox.opened([], lambda: None)
    phone = browser(house)
    query = {"procedure": COPY, "day": the_day().isoformat()}
    assert "/wait?" not in (await phone.get(f"/book/{OFFICE}/when", params=query)).text
    assert (await phone.get(f"/book/{OFFICE}/wait", params=query)).url.path == f"/book/{OFFICE}/when"


async def test_an_entry_offered_and_expired_frees_the_slot_for_browsers(house: House, clock: Clock) -> None:
    """When nobody on the list is left, the time is everybody's again."""
    day = await full_day()
    await waits(1)
    await gives_up(day[at(10)])
    clock.forward(minutes=30)
    await service_offers.offer_expired(None, clock.at)
    slots = ok(
        await house.client().get(
            f"/api/offices/{OFFICE}/slots", params={"procedure": COPY, "from": the_day().isoformat(), "days": 1}
        )
    )
    assert [slot["start"][11:16] for slot in slots] == ["10:00"]


async def test_an_offer_that_nobody_can_keep_costs_nobody_the_place_in_line(house: House) -> None:
    """The timetable has changed since the offer: its holder is told so, waits on, and is offered the next."""
    day = await full_day()
    phone = browser(house, "en")
    entry = await joined(phone)
    await gives_up(day[at(10)])
    offer = next(each for each in await everything() if each.waiting_entry and each.state == "held")
    await tables.Absence.insert(
        *(
            tables.Absence(
                office=OFFICE, username=name, date=the_day(), until=None, starts=600, ends=660,
                reason="",
            )
            for name in ("an", "binh")
        )
    )  # fmt: skip
    other = browser(house, "en")  # the phone on which the message came
    await other.get(f"/a/{offer.reference}?k={await service.manage_token(offer)}")
    told = await other.post(f"/a/{offer.reference}/offer")
    assert told.url.path == entry.url.path
    assert "The time offered no longer exists" in told.text
    assert "Number 1 on this day's list" in told.text.replace("&#39;", "'")
    await gives_up(day[at(11)])
    assert "A time is free for you" in (await phone.get(entry.url.path)).text
