"""Changing the timetable of a small office, on both engines and over HTTP: whom it hits, who is moved, who is told."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from server import clock
from server.booking import service
from server.booking.rules_states import Appointment
from server.booking.service_stranded import count_of, stranded_in
from server.catalogue import tables
from server.journal.frames import head_seq
from server.journal.replay import events
from server.notify import outbox
from server.notify.tables import Outbox
from server.people import service as people
from server.people.tables import Officer
from tests.booking.small import (
    BIRTH,
    OFFICE,
    ZONE,
    booked,
    everything,
    free_at,
    open_small_office,
    state,
    time,
    token_of,
)  # fmt: skip
from tests.server.journalled import kept_its_promises
from tests.server.support import PASSWORD, Clock, House, ok, refused

Json = dict[str, Any]


@pytest.fixture(autouse=True)
async def office(house: House, clock: Clock) -> None:
    """The small office with its head, in a week without a holiday; people may have several bookings, and are told."""
    clock.forward(days=7)
    await open_small_office(bookable_share="1", bookings_per_person="9", bookings_per_field="9")
    for name, role in (("dau", "head"), ("quan", "administrator"), ("le", "reception")):
        await Officer.insert(Officer(office=OFFICE, username=name, full_name=name.capitalize(), role=role, lines=""))
    for name in ("dau", "quan", "le", "an"):
        await people.set_password(OFFICE, name, PASSWORD)
    outbox.opened(["email", "sms"], lambda: None)


async def head(house: House, name: str = "dau") -> httpx.AsyncClient:
    return await house.officer(f"{name}@{OFFICE}")


def tomorrow(days: int = 1) -> str:
    return f"{clock.local(clock.now(), ZONE).date() + timedelta(days=days)}"


def away(officer: str, **more: object) -> Json:
    return {"kind": "away", "officer": officer, "date": tomorrow(), **more}


async def preview(client: httpx.AsyncClient, change: Json) -> Json:
    return dict(ok(await client.post("/api/timetable/preview", json={"change": change}), 200))


async def save(client: httpx.AsyncClient, change: Json, *, move: bool = False, seen: str | None = None) -> Json:
    seen = seen or (await preview(client, change))["seen"]
    return dict(
        ok(await client.put("/api/timetable/changes", json={"change": change, "seen": seen, "move": move}), 200)
    )


async def left(client: httpx.AsyncClient) -> list[Json]:
    return list(ok(await client.get("/api/timetable/stranded"))["bookings"])


async def told() -> list[tuple[str, str]]:
    """Who was told of what, reminders aside."""
    found = await Outbox.select(Outbox.reference, Outbox.kind).where(Outbox.kind != "reminder")
    return sorted((row["reference"], row["kind"]) for row in found if row["kind"] != "confirmed")


async def now_at(reference: str) -> Appointment:
    return next(found for found in await everything() if found.reference == reference)


async def two_and_one() -> list[Appointment]:
    """Tomorrow at nine: one with An by name, one for whoever is free; one in the afternoon with Chi alone."""
    return [
        await booked(time(9, days=1), 1, officer="an"),
        await booked(time(9, days=1), 2),
        await booked(time(14, days=1), 3, (BIRTH,), officer="chi"),
    ]


async def test_ill_tomorrow_is_previewed_saved_and_everybody_moved_and_told(house: House) -> None:
    """The preview names exactly who cannot be served, with a place for each; saving moves them there and tells them."""
    named, anybody, chi = await two_and_one()
    client = await head(house)
    before = await state()
    seen = await preview(client, away("an", reason="ill"))
    assert [each["reference"] for each in seen["bookings"]] == [named.reference]
    (hit,) = seen["bookings"]
    assert (hit["name"], hit["officerName"], hit["procedures"]) == ("Nguyễn Thị Hoà", "An", ["Chứng thực bản sao"])
    assert hit["proposal"]["start"][11:16] == "09:15"  # with Binh, who has the other one at nine
    assert await state() == before  # looking changed nothing
    done = await save(client, away("an", reason="ill"), move=True, seen=seen["seen"])
    assert done == {"moved": [named.reference], "left": 0}
    moved = await now_at(named.reference)
    assert (moved.starts_at, moved.officer, moved.sequence) == (time(9, 15, days=1), None, 1)
    assert await now_at(anybody.reference) == anybody
    assert await now_at(chi.reference) == chi
    assert await told() == [(named.reference, "moved")]
    assert await left(client) == []
    assert await free_at(time(10, days=1), officer="an") == 0
    await kept_its_promises(OFFICE)


async def test_what_is_saved_for_later_stays_in_sight(house: House) -> None:
    """Nobody is moved without being asked for; they stay listed, over and over, until they are moved, all at once."""
    named, _, chi = await two_and_one()
    client = await head(house)
    assert await save(client, {"kind": "day", "date": tomorrow()}) == {"moved": [], "left": 3}
    assert await told() == []
    assert await count_of(OFFICE) == 3
    assert (await stranded_in([OFFICE]))[OFFICE] == [each["reference"] for each in await left(client)]
    listed = await left(client)
    # Nobody is asked to come earlier than agreed at such short notice, so all of it is after that day.
    assert all(each["proposal"]["start"][:10] >= tomorrow(2) for each in listed)
    assert len({(each["proposal"]["start"], each["proposal"]["officer"]) for each in listed}) == 3
    ticked = [
        {"reference": each["reference"], "start": each["proposal"]["start"], "officer": each["proposal"]["officer"]}
        for each in listed
    ]
    one = ok(await client.post("/api/timetable/move", json={"moves": ticked[:1]}))
    assert (one["moved"], one["failed"], one["left"]) == ([ticked[0]["reference"]], [], 2)
    rest = ok(await client.post("/api/timetable/move", json={"moves": ticked}))
    assert (sorted(rest["moved"]), rest["failed"], rest["left"]) == (sorted(m["reference"] for m in ticked), [], 0)
    assert await left(client) == []
    assert await count_of(OFFICE) == 0
    assert len(await told()) == 3
    assert {kind for _, kind in await told()} == {"moved"}
    assert (await now_at(named.reference)).starts_at.date() > (time(9, days=1)).date()
    assert chi.reference in {reference for reference, _ in await told()}
    await kept_its_promises(OFFICE)


async def test_what_was_not_seen_is_not_saved(house: House) -> None:
    """Somebody books between preview and saving: saving says so and shows the new list, and has changed nothing."""
    named = (await two_and_one())[0]
    client = await head(house)
    seen = (await preview(client, away("an")))["seen"]
    late = await booked(time(10, days=1), 4, officer="an")
    before = await state()
    body = {"change": away("an"), "seen": seen, "move": True}
    problem = refused(await client.put("/api/timetable/changes", json=body), "timetable-differs", 409)
    shown = [each["reference"] for each in problem["preview"]["bookings"]]
    assert shown == [named.reference, late.reference]
    assert await state() == before
    assert await tables.Absence.count() == 0
    done = await save(client, away("an"), move=True, seen=problem["preview"]["seen"])
    assert sorted(done["moved"]) == sorted(shown)


async def test_a_proposal_that_was_taken_is_shown_anew_to_who_moves(house: House) -> None:
    """The place proposed is booked meanwhile: who wants to move is asked again, who moves nobody may save."""
    await two_and_one()
    client = await head(house)
    first = await preview(client, away("an"))
    await booked(time(9, 15, days=1), 5, officer="binh")
    body = {"change": away("an"), "seen": first["seen"], "move": True}
    refused(await client.put("/api/timetable/changes", json=body), "timetable-differs", 409)
    assert (await save(client, away("an"), seen=first["seen"]))["left"] == 1


async def test_a_move_that_cannot_be_is_told_and_the_others_are_moved(house: House) -> None:
    """Two sent to one place: one goes there, the other stays listed with the reason; nothing is oversold."""
    await save(await head(house), {"kind": "day", "date": tomorrow(2), "open": []})
    one, two = await booked(time(9, days=1), 1, officer="an"), await booked(time(9, 15, days=1), 2, officer="an")
    gone = await booked(time(9, 30, days=1), 3, officer="an")
    client = await head(house)
    await save(client, away("an"))
    await service.cancel(gone.reference, await token_of(gone))
    start = time(9, days=3).isoformat()
    moves = [{"reference": each.reference, "start": start, "officer": "an"} for each in (one, two, gone)]
    moves.append({"reference": "7K7K7K7K7K7K", "start": start, "officer": "an"})
    done = ok(await client.post("/api/timetable/move", json={"moves": moves}))
    assert done["moved"] == [one.reference]
    assert [(each["reference"], each["code"]) for each in done["failed"]] == [
        (two.reference, "slot-full"), (gone.reference, "already-cancelled"), ("7K7K7K7K7K7K", "no-such-booking"),
    ]  # fmt: skip
    assert all(each["detail"] for each in done["failed"])
    assert [each["reference"] for each in await left(client)] == [two.reference]


async def test_nobody_is_moved_who_need_not_be(house: House) -> None:
    """A booking that can be served stays where it is, whatever is asked for."""
    named = (await two_and_one())[0]
    moves = [{"reference": named.reference, "start": time(11, days=1).isoformat(), "officer": "an"}]
    before = await state()
    done = ok(await (await head(house)).post("/api/timetable/move", json={"moves": moves}))
    assert [each["code"] for each in done["failed"]] == ["not-stranded"]
    assert await state() == before


async def test_a_person_is_not_asked_to_two_places_at_once(house: House) -> None:
    """Somebody with another booking at the nearest time is proposed one beside it."""
    mine = await booked(time(9, days=1), 1, officer="an")
    await booked(time(9, 15, days=1), 1, (BIRTH,), officer="chi")  # until 09:45
    client = await head(house)
    await booked(time(9, days=1), 2, officer="binh")
    (hit,) = (await preview(client, away("an")))["bookings"]
    assert hit["reference"] == mine.reference
    assert hit["proposal"]["start"][11:16] == "09:45"


async def test_half_a_day_away_hits_half_a_day(house: House) -> None:
    """Only whoever is booked in these hours is hit, and the other half can still be booked."""
    early, late = await booked(time(9, days=1), 1, officer="an"), await booked(time(14, days=1), 2, officer="an")
    client = await head(house)
    seen = await preview(client, away("an", starts="13:00", ends="17:00"))
    assert [each["reference"] for each in seen["bookings"]] == [late.reference]
    await save(client, away("an", starts="13:00", ends="17:00"))
    assert await free_at(time(10, days=1), officer="an") == 1
    assert await free_at(time(15, days=1), officer="an") == 0
    assert await now_at(early.reference) == early


async def test_an_absence_is_called_back(house: House) -> None:
    """Taken back, it is as if nothing had been said: the booking can be served again and leaves the list by itself."""
    named = (await two_and_one())[0]
    client = await head(house)
    await save(client, away("an"))
    assert [each["reference"] for each in await left(client)] == [named.reference]
    (row,) = ok(await client.get("/api/timetable"))["absences"]
    assert (row["officer"], row["date"], row["starts"]) == ("an", tomorrow(), None)
    await save(client, {"kind": "back", "id": row["id"]})
    assert await left(client) == []
    assert ok(await client.get("/api/timetable"))["absences"] == []
    assert await told() == []


async def test_a_shift_is_changed_from_a_day_on(house: House) -> None:
    """What was stays, what comes is new; ending it from a day on strands whoever has booked after that day."""
    first, second = await booked(time(9, days=1), 1, officer="an"), await booked(time(9, days=3), 2, officer="an")
    client = await head(house)
    morning = next(row for row in ok(await client.get("/api/timetable"))["shifts"] if row["officer"] == "an")
    change = {
        "kind": "shift", "id": morning["id"], "officer": "an", "counter": 1, "weekdays": [1, 2, 3, 4, 5, 6, 7],
        "starts": "10:00", "ends": "12:00", "validFrom": tomorrow(2),
    }  # fmt: skip
    assert [each["reference"] for each in (await preview(client, change))["bookings"]] == [second.reference]
    await save(client, change)
    rows = [row for row in ok(await client.get("/api/timetable"))["shifts"] if row["officer"] == "an"]
    assert [(row["starts"], row["validFrom"], row["validUntil"]) for row in rows if row["ends"] == "12:00"] == [
        ("08:00", None, tomorrow(1)), ("10:00", tomorrow(2), None),
    ]  # fmt: skip
    new = next(row for row in rows if row["starts"] == "10:00")
    await save(client, {"kind": "shift-end", "id": new["id"], "validFrom": tomorrow(2)})
    await save(client, {"kind": "shift-end", "id": morning["id"]})
    assert [each["reference"] for each in await left(client)] == [first.reference, second.reference]


async def test_hours_change_from_a_day_on_and_a_day_has_its_own(house: House) -> None:
    """A new week leaves the days before it alone; a day with hours of its own goes before it, until taken back."""
    one, two = await booked(time(16, days=1), 1), await booked(time(16, days=2), 2)
    client = await head(house)
    short = [[{"opens": "08:00", "closes": "12:00"}]] * 7
    change = {"kind": "hours", "week": short, "validFrom": tomorrow(2)}
    assert [each["reference"] for each in (await preview(client, change))["bookings"]] == [two.reference]
    await save(client, change)
    spans = [{"opens": "08:00", "closes": "12:00"}, {"opens": "15:00", "closes": "17:00"}]
    await save(client, {"kind": "day", "date": tomorrow(2), "open": spans, "nameVi": "Làm thêm"})
    assert await left(client) == []
    view = ok(await client.get("/api/timetable", params={"from": tomorrow(2), "weeks": 2}))
    day = next(each for each in view["days"] if each["date"] == tomorrow(2))
    assert (day["open"], day["closure"], day["own"]) == (spans, "Làm thêm", True)
    assert view["closures"] == [{"date": tomorrow(2), "until": None, "open": spans, "name": "Làm thêm"}]
    assert view["week"] == short
    await save(client, {"kind": "usual-day", "date": tomorrow(2)})
    assert [each["reference"] for each in await left(client)] == [two.reference]
    assert await now_at(one.reference) == one


async def test_the_journal_tells_of_a_change_once_and_never_why(house: House) -> None:
    """One event each, with whose and when and by whom; saved again with nothing new, none; why is nobody's business."""
    client = await head(house)
    await save(client, away("an", reason="ill"))
    found = [event async for event in events(OFFICE) if event.kind == "timetable.changed"]
    assert [event.actor for event in found] == ["officer:dau"]
    assert '"officer":"an"' in found[0].body
    assert "ill" not in found[0].body
    seq = await head_seq(OFFICE)
    week = ok(await client.get("/api/timetable"))["week"]
    assert [len(day) for day in week] == [2] * 7
    assert await head_seq(OFFICE) == seq


async def test_sent_twice_it_is_done_once(house: House) -> None:
    """The same key saves and moves once and answers the same."""
    await two_and_one()
    client = await head(house)
    body = {"change": away("an"), "seen": (await preview(client, away("an")))["seen"], "move": True}
    key = {"Idempotency-Key": "nghi-om"}
    first = await client.put("/api/timetable/changes", json=body, headers=key)
    seq = await head_seq(OFFICE)
    again = await client.put("/api/timetable/changes", json=body, headers=key)
    assert ok(first) == ok(again)
    assert await head_seq(OFFICE) == seq
    assert await tables.Absence.count() == 1
    assert len(await told()) == 1


async def test_a_move_and_a_booking_at_once_never_share_a_place(house: House) -> None:
    """While the head moves, somebody books the very place: one of them gets it, the other is told."""
    named = await booked(time(9, days=1), 1, officer="an")
    client = await head(house)
    await save(client, away("an"))
    start = time(9, days=2)
    move = {"moves": [{"reference": named.reference, "start": start.isoformat(), "officer": "an"}]}
    done, other = await asyncio.gather(
        client.post("/api/timetable/move", json=move), booked(start, 2, officer="an"), return_exceptions=True
    )
    assert isinstance(done, httpx.Response)
    got = [found for found in await everything() if (found.starts_at, found.officer) == (start, "an")]
    assert len(got) == 1
    assert (got[0].reference == named.reference) == bool(ok(done)["moved"]) == isinstance(other, Exception)


EIGHT_TO_TEN = {"opens": "08:00", "closes": "10:00"}
EVENING: Json = {
    "kind": "shift", "officer": "an", "counter": 1, "weekdays": [1], "starts": "18:00", "ends": "19:00",
}  # fmt: skip
BAD: list[tuple[Json, str, int, str | None]] = [
    ({"kind": "away", "officer": "ma", "date": "+1"}, "no-such-officer", 404, "officer"),
    ({"kind": "away", "officer": "an", "date": "-1"}, "day-past", 400, "date"),
    ({"kind": "away", "officer": "an", "date": "+1000"}, "day-too-far", 400, "date"),
    ({"kind": "away", "officer": "an", "date": "+3", "until": "+2"}, "until-before", 400, "until"),
    ({"kind": "away", "officer": "an", "date": "+1", "starts": "08:00"}, "both-times", 400, "ends"),
    ({"kind": "away", "officer": "an", "date": "+1", "starts": "09:00", "ends": "08:00"}, "ends-before", 400, "ends"),
    ({"kind": "away", "officer": "an", "date": "+1", "starts": "25:00", "ends": "26:00"}, "invalid", 400, None),
    ({"kind": "away", "officer": "an"}, "invalid", 400, None),
    ({"kind": "holiday"}, "invalid", 400, None),
    ({"kind": "back", "id": 999}, "not-in-timetable", 404, None),
    ({"kind": "shift-end", "id": 999}, "not-in-timetable", 404, None),
    ({"kind": "usual-day", "date": "+1"}, "not-in-timetable", 404, None),
    ({"kind": "day", "date": "+1", "open": [EIGHT_TO_TEN, EIGHT_TO_TEN]}, "spans-overlap", 400, "open"),
    ({"kind": "hours", "week": [[]] * 6}, "invalid", 400, None),
    ({"kind": "hours", "week": [[{"opens": "09:00", "closes": "09:00"}], *[[]] * 6]}, "ends-before", 400, "week.1"),
    ({"kind": "shift", "officer": "an", "counter": 1, "weekdays": [1, 2], "starts": "11:00", "ends": "13:00"},
     "shift-overlap", 409, "starts"),
    (EVENING | {"counter": 9}, "no-such-counter", 404, "counter"),
    (EVENING | {"lines": ["Z"]}, "no-such-line", 404, "lines"),
    (EVENING | {"everyWeeks": 2}, "first-week-needed", 400, "firstWeek"),
]  # fmt: skip


async def test_bad_input_is_refused_beside_its_field(house: House) -> None:
    """Each with its code and the field that is wrong; nothing is saved by looking or saving."""
    client = await head(house)
    before = await state()
    for change, code, status, field in BAD:
        typed = {
            name: tomorrow(int(value)) if name in ("date", "until") and isinstance(value, str) else value
            for name, value in change.items()
        }
        for method, path, more in (
            ("POST", "/api/timetable/preview", {}),
            ("PUT", "/api/timetable/changes", {"seen": "x.y"}),
        ):
            answer = await client.request(method, path, json={"change": typed, **more})
            assert refused(answer, code, status).get("field") == field, change
    assert await state() == before
    assert await tables.Absence.count() == 0


async def test_only_who_runs_the_office_changes_its_timetable(house: House) -> None:
    """Head and administrator; reception and officers see whom to call, and strangers nothing."""
    anybody = house.client()
    doors: list[tuple[str, str, object]] = [
        ("GET", "/api/timetable", None),
        ("POST", "/api/timetable/preview", {"change": away("an")}),
        ("PUT", "/api/timetable/changes", {"change": away("an"), "seen": "x.y"}),
        ("POST", "/api/timetable/move", {"moves": [{"reference": "X", "start": time(9, days=1).isoformat()}]}),
    ]
    for method, path, body in doors:
        refused(await anybody.request(method, path, json=body), "sign-in", 401)
        for name in ("le", "an"):
            refused(await (await head(house, name)).request(method, path, json=body), "not-allowed", 403)
        answer = await (await head(house, "quan")).request(method, path, json=body)
        assert answer.status_code not in (401, 403)
    refused(await anybody.get("/api/timetable/stranded"), "sign-in", 401)
    assert ok(await (await head(house, "le")).get("/api/timetable/stranded"))["bookings"] == []
