"""Whether more is booked at the small office than can be served, counted anew, quarter by quarter."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from server.booking.rules_dealing import Booked, deal_out
from server.booking.rules_states import Appointment
from tests.booking.small import BIRTH, COPY, SIGNATURE

__all__ = ["oversold"]

QUARTER = timedelta(minutes=15)
SKILLS = {"an": "AT", "binh": "AH", "chi": "H"}
"""Who works at the small office all day, and on which lines."""
LINES_OF = {COPY: "A", SIGNATURE: "A", BIRTH: "H"}


def needs(appointment: Appointment) -> frozenset[str]:
    """The lines an officer needs for it."""
    if appointment.purpose == "collect":
        return frozenset("T")
    return frozenset(LINES_OF[code] for code in appointment.codes)


def oversold(booked: Sequence[Appointment], places: Mapping[str, int]) -> list[str]:
    """Where more are booked than can be served, counted anew quarter by quarter; `places` per line at one moment."""
    found = []
    for quarter in sorted({one.starts_at for one in booked} | {one.ends_at - QUARTER for one in booked}):
        at_once = [one for one in booked if one.starts_at <= quarter < one.ends_at]
        for line, most in places.items():
            count = sum(line in needs(one) for one in at_once)
            if count > most:
                found.append(f"{quarter}: {count} of {most} on {line}")
    every = [Booked(lines=needs(one), start=one.starts_at, end=one.ends_at, officer=one.officer) for one in booked]
    able = [
        frozenset(name for name, lines in SKILLS.items() if one.lines <= set(lines) and one.officer in (None, name))
        for one in every
    ]
    if deal_out(every, able) is None:
        found.append("somebody would have to be in two places")
    return found
