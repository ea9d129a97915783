"""A hall to be simulated: hours, people, lines, desks and habits, read from a TOML file."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

__all__ = ["Class", "Desk", "Line", "People", "Scenario", "load", "shipped"]

Span = tuple[int, int]
"""From and until, in minutes after midnight."""


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """What people come for: mean minutes at a desk, coefficient of variation, share of the people."""

    minutes: float
    cv: float
    share: float


class Class(Struct, frozen=True, forbid_unknown_fields=True):
    """A priority group: share of the people, and its rate in hundredths."""

    name: str
    share: float
    rate: int


class Desk(Struct, frozen=True, forbid_unknown_fields=True):
    """A counter with its officer. `pace` multiplies the minutes of every service; `hours` replace the hall's."""

    lines: frozenset[str]
    pace: float = 1.0
    hours: tuple[str, ...] = ()


class People(Struct, frozen=True, forbid_unknown_fields=True):
    """What people do, besides waiting. Shares from 0 to 1, times in minutes."""

    absent: float = 0.0
    """Not there when called; `returns` of them come back after `returns_after` on average."""
    absent_minutes: float = 2.0
    returns: float = 0.0
    returns_after: float = 10.0
    parks: float = 0.0
    """Sent away in the middle of the service, to copy something; back after `parks_for` on average."""
    parks_for: float = 10.0
    patience: float = 0.0
    """Mean minutes until somebody gives up and leaves without a word; 0: nobody does."""
    booked: float = 0.0
    """Share that comes by appointment, on a grid of quarter hours."""


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of day. `arrivals` gives the share of the day's people who come in the `step` minutes from a time on."""

    name: str
    about: str
    doors: str
    hours: tuple[str, ...]
    people: float
    people_cv: float
    step: int
    arrivals: tuple[tuple[str, float], ...]
    lines: dict[str, Line]
    desks: tuple[Desk, ...]
    classes: tuple[Class, ...] = ()
    habits: People = People()
    pace_cv: float = 0.0
    """How much the common pace differs from day to day."""
    pace_change: tuple[tuple[str, float], ...] = ()
    """From a time of day on everything takes this many times as long."""
    service: Literal["lognormal", "exponential"] = "lognormal"

    def spans(self, desk: Desk) -> Sequence[Span]:
        """When a desk calls."""
        return [span(text) for text in desk.hours or self.hours]

    @property
    def closes(self) -> int:
        """The minute after midnight at which nobody is called any more."""
        return max(span(text)[1] for text in self.hours)


def minute(text: str) -> int:
    """`HH:MM` as minutes after midnight; hours may pass 24, for halls that never close."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def span(text: str) -> Span:
    """`HH:MM-HH:MM` as minutes after midnight."""
    start, _, end = text.partition("-")
    return minute(start), minute(end)


def shipped() -> dict[str, str]:
    """The scenarios that come with the product: name and what each is about."""
    folder = files("server.simulation") / "scenarios"
    found = [load(entry.name.removesuffix(".toml")) for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return {scenario.name: scenario.about for scenario in sorted(found, key=lambda scenario: scenario.name)}


def load(name: str) -> Scenario:
    """A shipped scenario by its name, or one from a file by its path. Raises OSError, ValueError with what is wrong."""
    if name.endswith(".toml"):
        text = Path(name).read_text("utf-8")
    else:
        text = (files("server.simulation") / "scenarios" / f"{name}.toml").read_text("utf-8")
    scenario = msgspec.convert(tomllib.loads(text), Scenario)
    for what, total in (
        ("arrivals", sum(share for _, share in scenario.arrivals)),
        ("lines", sum(line.share for line in scenario.lines.values())),
    ):
        if abs(total - 1) > 0.01:
            raise ValueError(f"{name}: the shares of {what} sum to {total:.3f}, not to 1")
    known = set(scenario.lines)
    for number, desk in enumerate(scenario.desks, 1):
        if not desk.lines <= known:
            raise ValueError(f"{name}: desk {number} serves unknown lines {sorted(desk.lines - known)}")
    return scenario
