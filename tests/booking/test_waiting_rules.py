"""The waiting list's decisions on made-up days: who may join, what fits, until when an offer stands."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.booking.rules import Horizon, Slot
from server.booking.rules_states import Appointment
from server.booking.rules_waiting import (
    LEAST,
    NIGHT_FROM,
    NIGHT_TO,
    NOTICE,
    Entry,
    first_fitting,
    nearly_full,
    not_again,
    offer_until,
    stage,
    why_not_join,
)

ZONE = "Asia/Ho_Chi_Minh"
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def slot(start: datetime, free: int = 1, index: int = 0) -> Slot:
    return Slot(index=index, start=start, end=start + timedelta(minutes=15), free=free, officers=())


def entry(day: date = TODAY, passed: str = "", **more: object) -> Entry:
    values: dict[str, object] = {
        "reference": "A", "office": "nho", "day": day, "place": 1, "procedures": "9.1", "officer": None,
        "purpose": "submit", "state": "waiting", "joined_at": NOON, "passed": passed, "language": "vi", "name": None,
        "phone": None, "email": None, "dossier_number": None, "dossier_check": None, "dossiers": None,
        "identity_hash": None, "identity_tail": None, **more,
    }  # fmt: skip
    return Entry(**values)  # type: ignore[arg-type]


def offer(state: str, held_until: datetime | None, start: datetime = NOON + timedelta(hours=3)) -> Appointment:
    blank: dict[str, object] = dict.fromkeys(Appointment.__struct_fields__)
    return Appointment(**{**blank, "state": state, "starts_at": start, "held_until": held_until})  # type: ignore[arg-type]


def test_an_offer_lasts_and_ends_in_time() -> None:
    """Whatever the hour, zone and setting: never past the notice before its start, never shorter than the least, never
    ending while people sleep unless its start comes first, and never longer than said by day."""
    chance = random.Random(1)
    made = refused = slept = 0
    for _ in range(5000):
        zone = chance.choice([ZONE, "Europe/Berlin", "America/New_York", "UTC"])
        now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(300 * 1440))
        minutes = chance.choice([1, 10, 30, 60, 1440])
        start = now + timedelta(minutes=chance.choice([120, 4 * 1440]) * chance.random())
        until = offer_until(start, now, minutes, zone)
        span = timedelta(minutes=minutes)
        if until is None:
            refused += 1
            assert start - NOTICE - now < min(LEAST, span)
            continue
        made += 1
        assert now + min(LEAST, span) <= until <= start - NOTICE
        local = now.astimezone(ZoneInfo(zone))
        if NIGHT_TO <= local.hour < NIGHT_FROM:
            assert until == min(now + span, start - NOTICE)
        elif until < start - NOTICE:
            slept += 1
            woken = (until - span).astimezone(ZoneInfo(zone))
            assert (woken.hour, woken.minute) == (NIGHT_TO, 0)
            assert until - span > now
    assert min(made, refused, slept) > 100


def test_the_earliest_start_that_fits() -> None:
    """Free, not seen before, not too soon: the earliest of those, however the list comes; None where there is none."""
    chance = random.Random(2)
    for _ in range(500):
        slots = [slot(NOON + timedelta(minutes=15 * place), chance.randrange(2), place) for place in range(1, 20)]
        avoided = {each.start for each in slots if chance.random() < 0.3}
        chance.shuffle(slots)
        fitting = [
            each.start
            for each in slots
            if each.free and each.start not in avoided and each.start - NOON >= NOTICE + LEAST
        ]
        found = first_fitting(slots, avoided, NOON, 30, ZONE)
        assert (found and found[0]) == min(fitting, default=None)


def test_who_declines_waits_on_and_who_lets_pass_does_not() -> None:
    """An entry's stage follows from its offers alone; it is over when its day is, and what was written stays."""
    later, before = NOON + timedelta(minutes=1), NOON - timedelta(minutes=1)
    open_one, passed, declined = offer("held", later), offer("held", NOON), offer("cancelled", before)
    assert stage(entry(), [], NOON, TODAY) == "waiting"
    assert stage(entry(), [declined], NOON, TODAY) == "waiting"
    assert stage(entry(), [declined, open_one], NOON, TODAY) == "offered"
    assert stage(entry(), [declined, passed], NOON, TODAY) == "missed"
    assert stage(entry(TODAY - timedelta(days=1)), [declined], NOON, TODAY) == "over"
    assert stage(entry(state="left"), [open_one], NOON, TODAY) == "left"
    assert stage(entry(state="booked"), [offer("confirmed", None)], NOON, TODAY) == "booked"


def test_what_one_has_seen_is_not_offered_again() -> None:
    """Neither what was free when joining, nor what was offered before."""
    seen, offered = NOON + timedelta(hours=1), NOON + timedelta(hours=3)
    mine = entry(passed=seen.isoformat())
    assert not_again(mine, [offer("cancelled", NOON, offered)]) == {seen, offered}
    assert not_again(entry(), []) == frozenset()


@pytest.mark.parametrize(
    ("free", "of", "nearly"), [(0, 4, True), (1, 4, True), (2, 4, False), (1, 3, False), (7, 28, True)]
)
def test_nearly_full_is_a_quarter(free: int, of: int, nearly: bool) -> None:
    """At most a quarter of the day's starts may be free."""
    slots = [slot(NOON + timedelta(hours=place), free=int(place < free)) for place in range(of)]
    assert nearly_full(slots) is nearly


def test_days_one_can_wait_for() -> None:
    """A full day that is all open; not one with room, over, closed, partly open, or where there is no list."""
    ahead = Horizon(now=NOON, time_zone=ZONE, days_ahead=7, release_times=(480, 960))
    full = [slot(NOON + timedelta(days=1, minutes=15 * place), free=0) for place in range(8)]
    tomorrow, last = TODAY + timedelta(days=1), TODAY + timedelta(days=7)
    assert why_not_join(tomorrow, full, ahead, 30) is None
    assert why_not_join(tomorrow, full, ahead, 0) == "no-waiting-list"
    assert why_not_join(tomorrow, [slot(each.start) for each in full], ahead, 30) == "day-has-room"
    assert why_not_join(tomorrow, [], ahead, 30) == "day-closed"
    assert why_not_join(TODAY, [], ahead, 30) == "day-over"
    assert why_not_join(TODAY, [slot(NOON + timedelta(minutes=39), 0)], ahead, 30) == "day-over"
    assert why_not_join(TODAY - timedelta(days=1), full, ahead, 30) == "day-over"
    assert why_not_join(last, full, ahead, 30) == "day-not-open"
    assert why_not_join(last + timedelta(days=1), full, ahead, 30) == "day-not-open"
    evening = Horizon(now=NOON + timedelta(hours=5), time_zone=ZONE, days_ahead=7, release_times=(480, 960))
    assert why_not_join(last, full, evening, 30) is None
