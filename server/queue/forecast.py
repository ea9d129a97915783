"""How long will I wait: plays the next hours some sixty times with the calling rule and reads P50 and P90 off.

Pure and seeded: the same outlook and seed give the same forecast. Nobody who comes later with the same class can be
called before somebody who waits (the rule never does that), so only those who may overtake are played: booked people
still to come, people with a number from home, parked and missed people who return, newcomers of a higher class.
"""

from datetime import datetime

import msgspec
from msgspec import Struct

from server import wire
from server.queue.outlook import Booked, Habits, LineTimes, Newcomers, Outlook
from server.queue.play import NEVER, Setup, play
from server.queue.rules import Hall, Seat, callable_now, ordered

__all__ = ["Booked", "Forecast", "Habits", "LineTimes", "Newcomers", "Outlook", "Range", "forecast", "shown", "what_if"]


class Range(Struct, frozen=True):
    """Minutes from now to the call, half and nine tenths of the plays; `served` is the share called before closing.

    A play without a call counts as waiting until closing, so look at `served` before telling anybody minutes.
    """

    p50_minutes: float
    p90_minutes: float
    served: float


class Forecast(Struct, frozen=True):
    """`lines`: for a number taken now; what no desk serves is absent. `ahead`: how many are called before a ticket.

    `tickets` has those at home, too: as if they came.
    """

    lines: dict[str, Range]
    tickets: dict[str, Range]
    ahead: dict[str, int]


def forecast(outlook: Outlook, *, plays: int = 60, seed: int) -> Forecast:
    """The waits of everybody who waits and of a number taken now in each line that a desk serves.

    After closing time there is nothing to wait for: `lines` and `tickets` are empty.
    """
    ahead = _ahead(outlook.hall, outlook.now)
    setup = Setup(outlook)
    if setup.horizon <= 0:
        return Forecast({}, {}, ahead)
    called: list[list[float]] = [[] for _ in setup.people]
    taken: list[list[float]] = [[] for _ in setup.lines]
    for calls, probes in play(setup, plays, seed):
        for place in setup.reachable:
            if calls[place] < NEVER:  # how long he would wait if he came
                called[place].append(calls[place])
        for instants, instant in zip(taken, probes, strict=True):
            instants.append(instant)
    tickets = {
        setup.people[place].id: _range(called[place], setup.horizon)
        for place in sorted(setup.reachable)
        if called[place]
    }
    lines = {line: _range(instants, setup.horizon) for line, instants in zip(setup.lines, taken, strict=True)}
    return Forecast(lines, tickets, ahead)


def what_if(outlook: Outlook, extra: Seat, *, plays: int = 60, seed: int) -> Forecast:
    """The forecast if this desk were open, too (or served these lines instead, where the counter is open already)."""
    seats = [seat for seat in outlook.hall.seats if seat.counter != extra.counter]
    hall = msgspec.structs.replace(outlook.hall, seats=[*seats, extra])
    return forecast(msgspec.structs.replace(outlook, hall=hall), plays=plays, seed=seed)


def shown(p50: float, p90: float) -> wire.Wait:
    """A range as people read it, in steps of 5 minutes: the middle to the nearest step, the far end always up.

    So "nine in ten" stays true after rounding. The far end is at least 5: nobody is promised "0 to 0".
    """
    middle = int((p50 + 2.5) // 5) * 5
    far = -int(-p90 // 5) * 5
    return wire.Wait(p50=middle, p90=max(5, middle, far))


def _range(instants: list[float], horizon: float) -> Range:
    instants.sort()
    count = len(instants)
    served = sum(1 for instant in instants if instant < horizon)
    middle, far = instants[(count - 1) // 2], instants[-(-count * 9 // 10) - 1]
    return Range(middle / 60_000, far / 60_000, served / count)


def _ahead(hall: Hall, now: datetime) -> dict[str, int]:
    """`rules.ahead_of` for every waiting ticket, with one sort for all."""
    queue = ordered((ticket for ticket in hall.tickets if callable_now(ticket, now)), now, hall.discipline)
    queue.sort(key=lambda ticket: ticket.id in hall.resting)
    rivals: dict[str, set[str]] = {}
    before: dict[str, int] = {}
    ahead: dict[str, int] = {}
    for ticket in queue:
        if ticket.line not in rivals:
            rivals[ticket.line] = {ticket.line}.union(*(seat.lines for seat in hall.seats if ticket.line in seat.lines))
        ahead[ticket.id] = sum(count for line, count in before.items() if line in rivals[ticket.line])
        before[ticket.line] = before.get(ticket.line, 0) + 1
    return ahead
