"""An office's settings: every knob of CONTRACT.md with its kind, its default and what it may be."""

import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

__all__ = ["SETTINGS", "Expected", "Policy", "parse_policy", "parse_setting", "practising"]

PriorityPolicy = Literal["accumulating", "strict", "fifo"]
LateNumbers = Literal["warn", "stop"]
Challenge = Literal["off", "rush", "always"]


class Expected(ValueError):
    """A text that is not what it should be; `key` and `values` name the sentence (`pack.expected.<key>`)."""

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(f"expected {key} {values}" if values else f"expected {key}")


class Policy(Struct, frozen=True):
    """How an office runs its waiting and booking. Times of day are minutes after local midnight."""

    slot_minutes: int = 15
    bookable_share: float = 0.6
    hold_minutes: int = 10
    offer_minutes: int = 30
    """So long a freed time is kept for whoever waits for it; 0 for no waiting lists."""
    booking_days_ahead: int = 7
    bookings_per_person: int = 2
    bookings_per_field: int = 1
    bookings_per_phone: int = 6
    """Of all who gave this telephone: a family may share one, made-up names must not buy more than this."""
    online_filers_only: bool = True
    release_times: tuple[int, ...] = (480, 720, 960)
    minimum_notice_minutes: int = 0
    challenge: Challenge = "off"
    """When strangers' browsers must show some work before a booking: never, in a rush, always."""
    challenge_difficulty: int = 100_000
    """So many tries at most until a browser has solved it."""
    rush_bookings: int = 60
    """So many holds within ten minutes make a rush; a quarter of them, where they come from one network."""
    holds_per_network: int = 20
    """Times held at once from one network before anybody has said for whom."""
    priority_policy: PriorityPolicy = "accumulating"
    head_start_minutes: int = 20
    grace_minutes: int = 15
    max_calls: int = 3
    return_within_minutes: int = 30
    keep_number_minutes: int = 20
    """So long at most a holder may step out with his number kept; 0 for not at all."""
    keep_number_times: int = 2
    recall_seconds: int = 20
    undo_seconds: int = 10
    service_target_minutes: int = 20
    late_numbers: LateNumbers = "warn"
    numbers_from_home: int = 0
    """How many numbers a line gives to people at home within an hour; 0 for none."""
    dossiers_per_turn: int = 5
    bulk_line: str = ""
    """The line where people with more dossiers than that book a longer visit; empty where there is none."""
    outcomes: tuple[str, ...] = ("served", "advised", "incomplete", "result-given", "result-not-ready")
    contact_retention_days: int = 1
    reminder_hours: int = 24
    """So long before their appointment people are reminded of it; 0 for never."""
    publish_officers: bool = False
    may_choose: tuple[str, ...] = ("head", "reception")
    """Roles and usernames that may call a ticket out of turn."""
    popular_procedures: tuple[str, ...] = ()
    """What the citizen's site offers first, as long as nobody has booked more of anything else."""
    hotline: str = ""
    sample: bool = False
    """Whether its numbers are samples: the office is made up, for a demo or a lesson, or practises at the moment."""
    practice: bool = False
    """Whether it practises at the moment: no setting, but begun and ended by the head of the office."""

    @property
    def made_up(self) -> bool:
        """Whether there is no such office. One that practises is real, and so are its bookings."""
        return self.sample and not self.practice

    @property
    def from_home(self) -> bool:
        """Whether people at home may take a number now: none that is worth nothing."""
        return self.numbers_from_home > 0 and not self.practice


Value = int | float | bool | str | tuple[int, ...] | tuple[str, ...]
T = TypeVar("T", bound=str)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise Expected("whole", least=least, most=most)
        return int(text)

    return parse


def _share(text: str) -> float:
    if not re.fullmatch(r"\d(\.\d{1,6})?", text, re.ASCII) or float(text) > 1:
        raise Expected("share")
    return float(text)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise Expected("flag")
    return text == "true"


def time_of_day(text: str) -> int:
    """Minutes after midnight of `HH:MM`, `24:00` included. Raises Expected."""
    shape = re.fullmatch(r"(\d{2}):([0-5]\d)", text, re.ASCII)
    minutes = int(shape[1]) * 60 + int(shape[2]) if shape else -1
    if not 0 <= minutes <= 1440:
        raise Expected("time")
    return minutes


def _times(text: str) -> tuple[int, ...]:
    times = tuple(time_of_day(part.strip()) for part in text.split(";"))
    if list(times) != sorted(set(times)) or times[-1] == 1440:
        raise Expected("times")
    return times


def _codes(text: str) -> tuple[str, ...]:
    codes = tuple(part.strip() for part in text.split(";"))
    if len(set(codes)) != len(codes) or not all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in codes):
        raise Expected("codes")
    if any(len(code) > 40 for code in codes):
        raise Expected("codes")
    return codes


def _procedures(text: str) -> tuple[str, ...]:
    codes = tuple(part.strip() for part in text.split(";"))
    if not all(re.fullmatch(r"[0-9A-Za-z.-]{1,40}", code) for code in codes) or len(set(codes)) != len(codes):
        raise Expected("procedure-code")
    return codes


def _one_of(*choices: T) -> Callable[[str], T]:
    def parse(text: str) -> T:
        for choice in choices:
            if text == choice:
                return choice
        raise Expected("one-of", choices=", ".join(choices))

    return parse


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(";") if name.strip())
    if any(len(name) > 100 for name in names):
        raise Expected("text", most=100)
    return names


def _line(text: str) -> str:
    if text and not re.fullmatch(r"[A-Z]{1,2}", text, re.ASCII):
        raise Expected("line")
    return text


def _text(text: str) -> str:
    if len(text) > 60:
        raise Expected("text", most=60)
    return text


SETTINGS: Mapping[str, Callable[[str], Value]] = {
    "slot_minutes": _whole(5, 240),
    "bookable_share": _share,
    "hold_minutes": _whole(1, 120),
    "offer_minutes": _whole(0, 1440),
    "booking_days_ahead": _whole(0, 365),
    "bookings_per_person": _whole(1, 100),
    "bookings_per_field": _whole(1, 100),
    "bookings_per_phone": _whole(1, 1_000),
    "online_filers_only": _flag,
    "release_times": _times,
    "minimum_notice_minutes": _whole(0, 10_080),
    "challenge": _one_of("off", "rush", "always"),
    "challenge_difficulty": _whole(1_000, 10_000_000),
    "rush_bookings": _whole(4, 1_000_000),
    "holds_per_network": _whole(1, 10_000),
    "priority_policy": _one_of("accumulating", "strict", "fifo"),
    "head_start_minutes": _whole(0, 240),
    "grace_minutes": _whole(0, 240),
    "max_calls": _whole(1, 20),
    "return_within_minutes": _whole(0, 600),
    "keep_number_minutes": _whole(0, 60),
    "keep_number_times": _whole(1, 20),
    "recall_seconds": _whole(0, 600),
    "undo_seconds": _whole(0, 600),
    "service_target_minutes": _whole(1, 600),
    "late_numbers": _one_of("warn", "stop"),
    "numbers_from_home": _whole(0, 999),
    "dossiers_per_turn": _whole(1, 999),
    "bulk_line": _line,
    "outcomes": _codes,
    "contact_retention_days": _whole(0, 365),
    "reminder_hours": _whole(0, 168),
    "publish_officers": _flag,
    "may_choose": _names,
    "popular_procedures": _procedures,
    "hotline": _text,
    "sample": _flag,
}


def parse_setting(key: str, text: str) -> Value:
    """The value of a setting. Raises Expected for a key nobody knows or a text that is not one of its values."""
    if key not in SETTINGS:
        raise Expected("setting", choices=", ".join(SETTINGS))
    return SETTINGS[key](text)


def parse_policy(pairs: Mapping[str, str]) -> Policy:
    """The policy that these settings make, defaults for the rest. Raises Expected like `parse_setting`."""
    return msgspec.convert({key: parse_setting(key, text) for key, text in pairs.items()}, Policy)


def practising(policy: Policy, practice: bool) -> Policy:
    """The same policy while the office practises, or does not."""
    return replace(policy, sample=practice or policy.made_up, practice=practice)
