"""Settings: what CONTRACT.md promises by default, and what a value may be."""

import pytest

from server.catalogue.rules import Expected, Policy, parse_policy
from server.catalogue.rules_policy import SETTINGS


def test_the_defaults_are_the_contracts() -> None:
    """An office that sets nothing runs by the contract's defaults."""
    policy = parse_policy({})
    assert policy == Policy()
    assert (policy.slot_minutes, policy.bookable_share) == (15, 0.6)
    assert (policy.hold_minutes, policy.booking_days_ahead) == (10, 7)
    assert (policy.bookings_per_person, policy.bookings_per_field, policy.online_filers_only) == (2, 1, True)
    assert policy.release_times == (8 * 60, 12 * 60, 16 * 60)
    assert (policy.priority_policy, policy.head_start_minutes, policy.grace_minutes) == ("accumulating", 20, 15)
    assert (policy.max_calls, policy.return_within_minutes) == (3, 30)
    assert (policy.recall_seconds, policy.undo_seconds) == (20, 10)
    assert (policy.service_target_minutes, policy.late_numbers, policy.dossiers_per_turn) == (20, "warn", 5)
    assert policy.outcomes == ("served", "advised", "incomplete", "result-given", "result-not-ready")
    assert (policy.contact_retention_days, policy.publish_officers) == (1, False)


def test_every_setting_can_be_set_and_nothing_else() -> None:
    """The settings are the policy's fields, one for one; but for practice, which the head begins and ends."""
    assert {*SETTINGS, "practice"} == set(Policy.__struct_fields__)
    assert "practice" not in SETTINGS


def test_values_are_read_by_kind() -> None:
    """Whole numbers, shares, flags, times, codes and words become what they mean."""
    policy = parse_policy(
        {
            "slot_minutes": "20",
            "bookable_share": "1",
            "online_filers_only": "false",
            "release_times": "00:00; 07:30",
            "priority_policy": "fifo",
            "outcomes": "served;other",
            "hotline": "024 0000 0000",
        }
    )
    assert (policy.slot_minutes, policy.bookable_share, policy.online_filers_only) == (20, 1.0, False)
    assert (policy.release_times, policy.priority_policy) == ((0, 450), "fifo")
    assert (policy.outcomes, policy.hotline) == (("served", "other"), "024 0000 0000")


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("slot_minutes", "4", "whole"),
        ("slot_minutes", "15.0", "whole"),
        ("slot_minutes", "١٥", "whole"),
        ("max_calls", "", "whole"),
        ("bookable_share", "1.1", "share"),
        ("bookable_share", "0,6", "share"),
        ("bookable_share", "nan", "share"),
        ("online_filers_only", "yes", "flag"),
        ("release_times", "12:00;08:00", "times"),
        ("release_times", "24:00", "times"),
        ("release_times", "25:00", "time"),
        ("release_times", "", "time"),
        ("priority_policy", "lifo", "one-of"),
        ("late_numbers", "", "one-of"),
        ("outcomes", "served;served", "codes"),
        ("outcomes", "Đã xong", "codes"),
        ("hotline", "1" * 61, "text"),
        ("slot_minute", "15", "setting"),
    ],
)
def test_a_wrong_value_says_what_was_expected(key: str, text: str, expected: str) -> None:
    """Nothing is rounded, trimmed to fit or ignored: the error names what would do."""
    with pytest.raises(Expected) as refusal:
        parse_policy({key: text})
    assert refusal.value.key == expected
