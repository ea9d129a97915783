"""The three levels of the official form, the reasons one can give, and which rating replaces which."""

from typing import Literal

__all__ = ["REASONS", "Source", "may_replace", "satisfied"]

Source = Literal["tablet", "phone"]

REASONS = frozenset({"wait", "attitude", "guidance", "papers", "trips", "late", "facility", "other"})
"""Codes of `rating.reason.<code>` in the catalogue."""


def satisfied(level: int) -> bool:
    """Levels 3 (very satisfied) and 2 (satisfied) count as satisfied; 1 does not (Nghị định 61/2018)."""
    return level >= 2


def may_replace(before: Source, after: Source) -> bool:
    """The holder's own word replaces the tablet's, where anybody may have pressed; never the other way round."""
    return before == "tablet" and after == "phone"
