"""Who may do what, and for how long a door stays shut after wrong passwords."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

__all__ = ["ROLES", "SEATED", "Colleague", "Device", "DeviceKind", "Officer", "Role", "lock_out"]

Role = Literal["officer", "reception", "head", "administrator", "auditor"]
ROLES: tuple[Role, ...] = ("officer", "reception", "head", "administrator", "auditor")
SEATED: tuple[Role, ...] = ("officer", "reception", "head")
"""Those who may sit down at a counter."""

DeviceKind = Literal["kiosk", "display", "tablet"]

FREE_TRIES = 5
LONGEST_LOCK = timedelta(minutes=15)


class Colleague(Struct, frozen=True, kw_only=True):
    """Somebody who works at an office; `lines` are what he or she is skilled in, none meaning all."""

    office: str
    username: str
    full_name: str
    role: Role
    lines: str

    @property
    def skills(self) -> frozenset[str]:
        return frozenset(self.lines.split("\n")) if self.lines else frozenset()


class Officer(Colleague, frozen=True, kw_only=True):
    """A colleague, and how he or she gets in."""

    id: int
    password_hash: str | None
    failures: int
    locked_until: datetime | None
    active: bool


class Device(Struct, frozen=True, kw_only=True):
    """A kiosk, display or tablet that an administrator has let in. `place` numbers the office's kiosks from 0."""

    id: str
    office: str
    kind: DeviceKind
    name: str
    counter: int | None
    place: int


def lock_out(failures: int, now: datetime) -> datetime | None:
    """Until when an account is shut after so many wrong passwords in a row: a minute, doubling, 15 at most."""
    beyond = failures - FREE_TRIES
    if beyond < 0:
        return None
    return now + min(timedelta(minutes=2 ** min(beyond, 10)), LONGEST_LOCK)
