"""Whom to tell by which way, when to remind, how long to wait between tries, and when not to tell any more."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from server.booking.rules_states import Appointment
from server.notify.rules import (
    MOST_TRIES,
    Channel,
    Kind,
    Message,
    Outcome,
    back_off,
    channels_for,
    reminder_at,
    why_not,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
START = NOW + timedelta(days=2)

APPOINTMENT = Appointment(
    reference="K7QF3M2P9XWD", office="nho", starts_at=START, ends_at=START + timedelta(minutes=15), line="A",
    procedures="9.000001", officer=None, purpose="submit", state="confirmed", created_at=NOW, held_until=None,
    cancelled_at=None, checked_in_at=None, ticket=None, sequence=1, manage_no=0, language="vi", name="Nguyễn Thị Hoà",
    phone="+84912000001", email="hoa@thu.example", dossier_number=None, dossier_check=None,
    identity_hash=None, identity_tail=None, reason=None, note=None, waived="",
)  # fmt: skip


def message(kind: Kind = "confirmed", **more: object) -> Message:
    plain = Message(
        id="0123456789abcdef", office="nho", reference="K7QF3M2P9XWD", kind=kind, channel="email", language="vi",
        sequence=1, state="waiting", tries=1, code=None, written_at=NOW, due_at=NOW, done_at=None,
    )  # fmt: skip
    return structs.replace(plain, **more)


@pytest.mark.parametrize(
    ("left", "available", "chosen"),
    [
        ({}, {"email", "zalo", "sms"}, ["email", "zalo"]),
        ({}, {"email", "sms"}, ["email", "sms"]),
        ({}, {"email"}, ["email"]),
        ({"email": None}, {"email", "sms"}, ["sms"]),
        ({"email": None}, {"email"}, []),
        ({}, set(), []),
        ({"phone": None, "email": None}, {"email", "zalo", "sms"}, []),
    ],
)
def test_everybody_is_told_once_by_mail_and_once_by_telephone(
    left: dict[str, None], available: set[Channel], chosen: list[Channel]
) -> None:
    """By e-mail where an address was left, by telephone with the messenger before SMS, and only by ways that exist."""
    assert channels_for(structs.replace(APPOINTMENT, **left), available) == chosen


def test_a_reminder_comes_so_long_before_or_not_at_all() -> None:
    """A day before; none where the office wants none, or where the booking was made within that day."""
    assert reminder_at(START, NOW, 24) == NOW + timedelta(days=1)
    assert reminder_at(START, NOW, 0) is None
    assert reminder_at(START, NOW, 48) is None
    assert reminder_at(START, NOW - timedelta(milliseconds=1), 48) == NOW


@pytest.mark.parametrize(
    ("kind", "changed", "now", "expected"),
    [
        ("confirmed", {}, NOW, None),
        ("reminder", {}, START - timedelta(milliseconds=1), None),
        ("reminder", {}, START, "expired"),
        ("confirmed", {"email": None}, NOW, "expired"),
        ("confirmed", {"sequence": 2}, NOW, "superseded"),
        ("reminder", {"state": "checked-in"}, NOW, "superseded"),
        ("reminder", {"state": "no-show"}, NOW, "superseded"),
        ("changed", {"state": "cancelled"}, NOW, "superseded"),
        ("cancelled", {"state": "cancelled"}, NOW, None),
        ("called-off", {"state": "cancelled"}, NOW, None),
        ("cancelled", {"state": "cancelled", "email": None}, NOW, "expired"),
    ],
)
def test_what_no_longer_matters_is_not_told(
    kind: Kind, changed: dict[str, object], now: datetime, expected: Outcome | None
) -> None:
    """A message speaks of one version of a booking that stands, before its time, to an address still known."""
    assert why_not(message(kind), structs.replace(APPOINTMENT, **changed), now) == expected


def test_a_booking_that_is_gone_is_told_to_nobody() -> None:
    """Without the booking there is nobody to tell."""
    assert why_not(message(), None, NOW) == "expired"


def test_waiting_doubles_up_to_four_hours_and_spreads() -> None:
    """Each wait is between three and five quarters of its step; all tries together last nine hours at least."""
    steps = [timedelta(seconds=30) * 2**tries for tries in range(9)]
    for tries, step in enumerate([*steps, timedelta(hours=4), timedelta(hours=4)], start=1):
        assert back_off(tries, 0.0) == step * 0.75
        assert step <= back_off(tries, 0.999) <= step * 1.25
    assert back_off(10**9, 0.5) == timedelta(hours=4)
    assert sum((back_off(tries, 0.0) for tries in range(1, MOST_TRIES)), timedelta()) > timedelta(hours=9)
