"""A kiosk's call for help: heard at once by reception and the head, rung once, gone when somebody has come."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.journal.frames import head_seq, read_frames
from server.queue.rules_help import LASTS, QUIET, KioskCall, rings, stands
from tests.server.journalled import kept_its_promises, snapshot, stored
from tests.server.support import OFFICE, WEEKDAYS, Clock, House, ok, refused

PRESS = "/api/kiosk/help"
CALLS = "/api/reception/help"


async def test_from_the_kiosk_to_the_helper(house: House, clock: Clock) -> None:
    """Reception and the head read which kiosk and since when; one press of either ends it for both."""
    kiosk, lan, huong = await house.device(), await house.officer("lan.bode"), await house.officer("huong.bode")
    clock.local(8, 14)
    ok(await kiosk.post(PRESS), 200)
    [call] = ok(await lan.get(CALLS))
    assert call["sentence"] == "Ki-ốt kiosk 0: có người cần giúp (08:14)"
    [alert] = [each for each in ok(await huong.get("/api/office/hall"))["alerts"] if each["code"] == "kiosk"]
    assert (alert["sentence"], alert["device"]) == (call["sentence"], call["device"])
    ok(await huong.delete(f"{CALLS}/{call['device']}"), 200)
    assert ok(await lan.get(CALLS)) == []
    seq = await head_seq(OFFICE)
    ok(await lan.delete(f"{CALLS}/{call['device']}"), 200)
    assert await head_seq(OFFICE) == seq
    await kept_its_promises(OFFICE)


async def test_it_rings_once(house: House, clock: Clock) -> None:
    """While it stands, and within the minute though it was answered, a press is no news; after that it is."""
    kiosk, lan = await house.device(), await house.officer("lan.bode")
    ok(await kiosk.post(PRESS), 200)
    first, seq = ok(await lan.get(CALLS)), await head_seq(OFFICE)
    clock.forward(minutes=5)
    ok(await kiosk.post(PRESS), 200)
    assert (ok(await lan.get(CALLS)), await head_seq(OFFICE)) == (first, seq)
    ok(await lan.delete(f"{CALLS}/{first[0]['device']}"), 200)
    ok(await kiosk.post(PRESS), 200)  # somebody else, five minutes after the first
    ok(await lan.delete(f"{CALLS}/{first[0]['device']}"), 200)
    seq = await head_seq(OFFICE)
    clock.forward(seconds=59)
    ok(await kiosk.post(PRESS), 200)
    assert (ok(await lan.get(CALLS)), await head_seq(OFFICE)) == ([], seq)
    clock.forward(seconds=1)
    ok(await kiosk.post(PRESS), 200)
    assert len(ok(await lan.get(CALLS))) == 1
    await kept_its_promises(OFFICE)


async def test_two_kiosks_are_two_calls_and_one_office_is_not_another(house: House, clock: Clock) -> None:
    """The one that waits longest stands first; another office hears nothing and can answer nothing."""
    here, there, lan = await house.device(), await house.device(), await house.officer("lan.bode")
    abroad = await house.device(office=WEEKDAYS)
    for each in (here, there, abroad):
        ok(await each.post(PRESS), 200)
        clock.forward(seconds=10)
    calls = ok(await lan.get(CALLS))
    assert len(calls) == 2
    assert calls[0]["calledAt"] < calls[1]["calledAt"]
    [device] = (await stored(WEEKDAYS))["kiosk_help"]
    before = await stored(WEEKDAYS)
    refused(await lan.delete(f"{CALLS}/{device}"), "no-such-kiosk", 404)
    assert await stored(WEEKDAYS) == before


async def test_a_call_is_no_news_for_walls(house: House) -> None:
    """Only the number moves on: a wall, and whoever follows the public feed, hears nothing of it."""
    kiosk, board = await house.device(), await snapshot(OFFICE)
    ok(await kiosk.post(PRESS), 200)
    [frame] = await read_frames(OFFICE, board.seq, 10)
    assert frame.text == f'{{"seq":{board.seq + 1}}}'


async def test_an_overlooked_call_is_not_there_the_next_morning(house: House, clock: Clock) -> None:
    """After an hour nobody waits there any more, and the next press rings."""
    kiosk, lan = await house.device(), await house.officer("lan.bode")
    ok(await kiosk.post(PRESS), 200)
    clock.forward(minutes=59)
    [old] = ok(await lan.get(CALLS))
    clock.forward(minutes=1)
    assert ok(await lan.get(CALLS)) == []
    ok(await kiosk.post(PRESS), 200)
    [new] = ok(await lan.get(CALLS))
    assert new["calledAt"] > old["calledAt"]


@given(answered=st.none() | st.integers(0, 7200), later=st.integers(0, 7200))
def test_what_rings_does_not_stand(answered: int | None, later: int) -> None:
    """A press that rings finds no call standing, and a call that neither stands nor rings is under a minute old."""
    at = Clock().at
    call = KioskCall(
        id="k", office=OFFICE, called_at=at,
        answered_at=None if answered is None else at + timedelta(seconds=answered),
    )  # fmt: skip
    now = at + timedelta(seconds=later)
    assert not (rings(call, now) and stands(call, now))
    if not rings(call, now) and not stands(call, now):
        assert now - at < QUIET
    assert stands(call, now) == (answered is None and now - at < LASTS)
    assert rings(None, now)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_it_is_told_in_the_readers_language(house: House, language: str) -> None:
    """Vietnamese and English readers each read their own sentence."""
    kiosk, lan = await house.device(), await house.officer("lan.bode")
    ok(await kiosk.post(PRESS), 200)
    [call] = ok(await lan.get(CALLS, headers={"Accept-Language": language}))
    assert ("cần giúp" if language == "vi" else "needs help") in call["sentence"]
