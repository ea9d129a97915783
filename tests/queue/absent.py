"""Whoever holds a number and is not in the hall, at home or stepped out: what the rule promises of either."""

import msgspec
from hypothesis import strategies as st

from server.queue.rules import Hall, Ticket, ahead_of, callable_now, choose, may_take, queue_of, unserved
from tests.queue.halls import NOW, halls

__all__ = ["Halls", "delays_nobody", "has_as_many_ahead", "in_halls", "passes_nobody"]

Halls = tuple[Hall, Hall, Hall]
"""One without somebody, the same with him absent, and the same once he stands in the queue."""


def in_halls(draw: st.DrawFn, absent: Ticket, here: Ticket) -> Halls:
    """Any hall without him, and with him at any place among the rows."""
    without = draw(halls(claims=False))
    place = draw(st.integers(0, len(without.tickets)))

    def joined_by(him: Ticket) -> Hall:
        tickets = [*without.tickets[:place], him, *without.tickets[place:]]
        return msgspec.structs.replace(without, tickets=tickets)

    return without, joined_by(absent), joined_by(here)


def him_in(hall: Hall, without: Hall) -> Ticket:
    """The one ticket that the other hall has not."""
    (him,) = {each.id for each in hall.tickets} - {each.id for each in without.tickets}
    return next(each for each in hall.tickets if each.id == him)


def delays_nobody(found: Halls) -> None:
    """Every desk calls, and every place in the queue is, as if he had no number."""
    without, absent, _ = found
    assert not callable_now(him_in(absent, without), NOW)
    for each in without.seats:
        assert queue_of(each, absent, NOW) == queue_of(each, without, NOW)
        assert choose(each, absent, NOW) == choose(each, without, NOW)
    for waiting in without.tickets:
        assert ahead_of(waiting, absent, NOW) == ahead_of(waiting, without, NOW)
    assert unserved(absent, NOW) == unserved(without, NOW)


def passes_nobody(found: Halls) -> None:
    """Back, the order among the others stays; called himself, he has the earliest v of all that desk may call."""
    without, _, here = found
    him = him_in(here, without)
    for each in without.seats:
        assert [other for other in queue_of(each, here, NOW) if other.id != him.id] == queue_of(each, without, NOW)
        if choose(each, here, NOW) == him:
            ready = [t for t in without.tickets if may_take(t, each, without, NOW) and t.id not in without.resting]
            assert all(him.virtual_at <= other.virtual_at for other in ready)


def has_as_many_ahead(found: Halls) -> None:
    """As many are ahead of him as if he were there now."""
    without, absent, here = found
    assert ahead_of(him_in(absent, without), absent, NOW) == ahead_of(him_in(here, without), here, NOW)
