"""What one forecast of a hall costs."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from server.queue.forecast import LineTimes, Outlook, forecast
from server.queue.rules import Hall, Seat, Ticket, choose
from tests.bench.table import Row, Section, ms

__all__ = ["measure"]

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LINES = "AHKLST"
TIMES = dict(zip(LINES, (5.0, 12.0, 15.0, 22.0, 12.0, 3.0), strict=True))
COUNTERS = 6
TURNS = 5


def _hall(waiting: int) -> Hall:
    """Six counters that each serve three of six lines, and so many people, every tenth of them with priority."""
    came = [NOW - timedelta(minutes=waiting - n) for n in range(waiting)]
    tickets = [
        Ticket(
            id=f"t{n}", office="bo-de", day=NOW.date(), series=LINES[n % 6], number=n + 1, label=str(n),
            line=LINES[n % 6], klass=None if n % 10 else "elderly75", rate=100 if n % 10 else 300, source="kiosk",
            state="waiting", virtual_at=came[n], issued_at=came[n], issued_seq=n,
        )
        for n in range(waiting)
    ]  # fmt: skip
    seats = [Seat(n, f"o{n}", frozenset((LINES * 2)[n : n + 3])) for n in range(COUNTERS)]
    return Hall(tickets, seats)


def measure() -> Section:
    """One forecast with 30 and with 100 waiting."""
    rows: list[Row] = []
    for waiting in (30, 100):
        hall = _hall(waiting)
        seen = Outlook(
            hall=hall, times={line: LineTimes(mean, 0.7) for line, mean in TIMES.items()}, now=NOW,
            closes_at=NOW + timedelta(hours=8),
        )  # fmt: skip
        made = _seconds(partial(forecast, seen, seed=1), TURNS)
        chosen = _seconds(partial(choose, hall.seats[0], hall, NOW), 200)
        beside = f"{ms(chosen)} for one choice by the rule"
        rows.append(Row(f"{waiting} waiting, {COUNTERS} counters", ms(made), beside, f"{made / chosen:,.0f}×"))
    about = (
        "Sixty plays of the rest of the day, off the event loop, at most one at a time per office however much "
        "happens. Beside it: choosing the next ticket once, as a desk's *next* does."
    )
    return Section("Forecast", about, rows)


def _seconds(act: Callable[[], object], turns: int) -> float:
    start = time.perf_counter()
    for _ in range(turns):
        act()
    return (time.perf_counter() - start) / turns
