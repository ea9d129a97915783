"""Made-up halls for the tests of the queue: short ways to say who waits, and strategies for random halls."""

import heapq
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import strategies as st

from server.queue import rules
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


class Guest(msgspec.Struct, frozen=True):
    """Somebody in a hall that is played to its end: comes at a minute, counts as waiting from `v`, takes `takes`."""

    key: int
    line: str
    rate: int
    comes: float
    v: float
    takes: float
    back_after: float | None = None
    """Misses his first call, and is back so many minutes later."""
    out: tuple[float, float] | None = None
    """Steps out between these minutes, his number kept, if he has not been called before."""


class Call(msgspec.Struct, frozen=True):
    """A first call, or one more of somebody who is back: who, when, at which seat, and in which order."""

    key: int
    at: float
    seat: Seat
    again: bool


@st.composite
def guests(draw: st.DrawFn, *, ahead_of_clock: float = 0, miss: bool = True, step_out: bool = False) -> list[Guest]:
    """People within an hour. With `ahead_of_clock` some count from so many minutes after they came."""
    found = []
    for key in range(draw(st.integers(1, 9))):
        comes = draw(st.integers(0, 60))
        early = draw(st.sampled_from([0, 0, -20, -7, ahead_of_clock]))
        back = draw(st.sampled_from([None, None, None, 1.0, 30.0])) if miss else None
        line, rate = draw(st.sampled_from(LINES)), draw(st.sampled_from([100, 100, 150, 300]))
        out = None
        if step_out and draw(st.booleans()):
            leaves = comes + draw(st.integers(0, 20))
            out = (leaves, leaves + draw(st.integers(1, 20)))
        found.append(Guest(key, line, rate, comes, comes + early, draw(st.integers(1, 30)), back, out))
    return found


def desks() -> st.SearchStrategy[list[Seat]]:
    """One to three seats with random skills; a last one serves what nobody else does."""
    skills = st.lists(st.sets(st.sampled_from(LINES), min_size=1), max_size=2)
    return skills.map(lambda some: [seat(n, "".join(lines)) for n, lines in enumerate([*some, set(LINES)])])


def played(people: Iterable[Guest], seats: Sequence[Seat], discipline: Discipline = "accumulating") -> list[Call]:
    """Plays the hall minute by minute with `rules.choose`, until nobody waits; every call in its order."""
    by_key = {guest.key: guest for guest in people}
    events = [(guest.comes, 0, guest.key, "comes") for guest in by_key.values()]
    events += [(guest.out[1], 3, guest.key, "in again") for guest in by_key.values() if guest.out]
    heapq.heapify(events)
    waiting: dict[int, Ticket] = {}
    away: dict[int, Ticket] = {}
    on_line: dict[str, list[int]] = {line: [] for line in LINES}
    free, calls, seq = list(seats), list[Call](), 1000
    while events:
        now = events[0][0]
        while events and events[0][0] == now:
            _, _, key, what = heapq.heappop(events)
            seq += 1
            if what == "comes":
                guest = by_key[key]
                waiting[key] = ticket(key, guest.line, -guest.v, rate=guest.rate, issued=-guest.comes)
            elif what == "back":
                waiting[key] = msgspec.structs.replace(away.pop(key), state="waiting", returned_seq=seq)
            elif what == "free":
                free.append(next(each for each in seats if each.counter == key))
        for desk in sorted(free, key=lambda each: each.counter):
            rest = frozenset(t.id for t in waiting.values() if rules.resting(t, on_line[t.line]))
            instant = NOW + minutes(now)
            present = [_stepped_out(t, by_key[key].out, now) for key, t in waiting.items()]
            chosen = rules.choose(desk, Hall(present, seats, discipline, resting=rest), instant)
            if chosen is None:
                continue
            guest, seq = by_key[chosen.number], seq + 1
            on_line[guest.line].append(seq)
            calls.append(Call(guest.key, now, desk, chosen.returned_seq is not None))
            missed = guest.back_after is not None and chosen.returned_seq is None
            if missed and guest.back_after is not None:
                away[guest.key] = msgspec.structs.replace(chosen, state="missed")
                heapq.heappush(events, (now + 1 + guest.back_after, 2, guest.key, "back"))
            heapq.heappush(events, (now + (1 if missed else guest.takes), 1, desk.counter, "free"))
            free.remove(desk)
            del waiting[guest.key]
    return calls


def _stepped_out(waits: Ticket, out: tuple[float, float] | None, now: float) -> Ticket:
    """The ticket as it is stored from when its holder steps out; nothing is written when the time runs out."""
    if out is None or now < out[0] or waits.returned_seq is not None:
        return waits
    return msgspec.structs.replace(waits, state="parked", parked_until=NOW + minutes(out[1]))


def first_call(calls: Iterable[Call], key: int) -> float:
    """When somebody was called for the first time; infinity where never."""
    return next((call.at for call in calls if call.key == key), float("inf"))
