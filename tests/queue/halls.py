"""Made-up halls for the tests of the queue: short ways to say who waits, and strategies for random halls."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from server.queue.rules import Discipline, Hall, Seat, State, Ticket

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LINES = "ABCD"


def minutes(count: float) -> timedelta:
    """A span that is a whole number of milliseconds, as everything stored is."""
    return timedelta(milliseconds=round(count * 60_000))


def ticket(
    seq: int,
    line: str = "A",
    waited: float = 0.0,
    *,
    rate: int = 100,
    state: State = "waiting",
    counter: int | None = None,
    called: float | None = None,
    only_officer: str | None = None,
    only_counter: int | None = None,
    parked_for: float | None = None,
    issued: float | None = None,
) -> Ticket:
    """A ticket whose virtual arrival was `waited` minutes ago, issued `issued` minutes ago (the same if not given)."""
    return Ticket(
        id=f"t{seq:04d}",
        office="bo-de",
        day=NOW.date(),
        series=line,
        number=seq,
        label=f"{line}{seq:03d}",
        line=line,
        klass=None if rate == 100 else "elder",
        rate=rate,
        source="kiosk",
        state=state,
        virtual_at=NOW - minutes(waited),
        issued_at=NOW - minutes(waited if issued is None else issued),
        issued_seq=seq,
        only_officer=only_officer,
        only_counter=only_counter,
        called_at=None if called is None else NOW - minutes(called),
        counter=counter,
        parked_until=None if parked_for is None else NOW + minutes(parked_for),
    )


def seat(counter: int, lines: str = LINES, *, paused: bool = False) -> Seat:
    """An officer `o<counter>` at a counter."""
    return Seat(counter, f"o{counter}", frozenset(lines), paused)


@st.composite
def halls(draw: st.DrawFn, *, discipline: Discipline | None = None, most: int = 9, claims: bool = True) -> Hall:
    """A hall with up to `most` waiting tickets, up to four seats, equal arrivals now and then, claims and resters."""
    count = draw(st.integers(0, most))
    officers: Sequence[str | None] = [None, None, None, "o1", "o2", "o9"]
    tickets = [
        ticket(
            seq,
            draw(st.sampled_from(LINES)),
            draw(st.integers(-2, 40)) / 2,
            rate=draw(st.sampled_from([100, 100, 150, 300])),
            only_officer=draw(st.sampled_from(officers)) if claims else None,
            only_counter=draw(st.sampled_from([None, None, None, 1, 9])) if claims else None,
        )
        for seq in range(count)
    ]
    seats = [
        seat(n, "".join(draw(st.sets(st.sampled_from(LINES), min_size=1)))) for n in range(draw(st.integers(0, 4)))
    ]
    rests = draw(st.sets(st.sampled_from([t.id for t in tickets]), max_size=2)) if tickets and claims else set[str]()
    return Hall(
        draw(st.permutations(tickets)),
        seats,
        discipline or draw(st.sampled_from(["accumulating", "strict", "fifo"])),
        due_officers=frozenset(draw(st.sets(st.just("o9")))),
        due_counters=frozenset(draw(st.sets(st.just(9)))),
        resting=frozenset(rests),
    )
