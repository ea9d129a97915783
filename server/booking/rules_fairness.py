"""When strangers book faster than people do, and what they then have to show."""

from msgspec import Struct

__all__ = ["Recent", "turns", "work_needed"]

NETWORK_SHARE = 4
"""A rush from one network is a quarter of a rush from anywhere: a ward's people come from many."""


class Recent(Struct, frozen=True):
    """How many times were held at an office in the last minutes: from anywhere, and from the asker's own network."""

    anywhere: int
    network: int


def work_needed(when: str, rush: int, recent: Recent) -> bool:
    """Whether this booking needs a solved challenge; `when` is off, rush or always, `rush` how many make one."""
    if when == "rush":
        return recent.anywhere >= rush or recent.network >= max(1, rush // NETWORK_SHARE)
    return when == "always"


def turns(dossiers: int | None, per_turn: int) -> int:
    """How many ordinary turns so many dossiers take: every begun turn is a whole one."""
    return max(1, -(-(dossiers or 1) // per_turn))
