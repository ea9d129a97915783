"""Many people at once on one office's times.

Each office has one turn in each process: who wants to book waits for it in order, holding nothing meanwhile, and only
whoever has it goes to the office's lock. So a rush takes neither all connections to the database, nor does the hall
wait behind it. Who asks for what is plainly full is told so before, by a look at what is free that is shared by all
who asked before it began, and by all who come later as long as nothing has changed. Who comes while somebody is
deciding and something has changed waits for the look of whoever has the turn next. A look is only ever used to refuse:
who passes still decides under the lock.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from server import clock
from server.booking import rules
from server.booking.rules_states import Purpose
from server.booking.service_days import Errand, Taken, errand, free_and_taken, free_around, slot_views
from server.catalogue import service as catalogue
from server.catalogue.service import Catalogue
from server.db import PerDatabase, current
from server.errors import Refusal
from server.journal.frames import head_seq

__all__ = ["Exempt", "Look", "Question", "slot_full", "turn"]

T = TypeVar("T")

NEAREST = 3
FRESH = timedelta(seconds=1)
"""What a look says of times that open, or are too near, may be so old."""

KEPT = 100
# Nobody books further ahead, and near the end of time an instant has no day in every zone.
FAR_AHEAD = timedelta(days=400)


class Question(Struct, frozen=True):
    """What somebody wants a time for; `besides` is a booking to be moved, whose own time counts as free."""

    office: str
    procedures: tuple[str, ...]
    purpose: Purpose
    officer: str | None
    dossiers: int | None = None
    besides: str | None = None


class Look(Struct):
    """What a day and those beside it had free, by start, full ones included, and the bookings that took the rest.

    It holds as long as the office's `state` is the same, but not beyond `until`; `further` are free starts of other
    days, once somebody needed them.
    """

    state: "_State"
    until: datetime
    plan: Errand
    starts: Mapping[datetime, rules.Slot]
    taken: Sequence[Taken]
    further: Sequence[rules.Slot] | None = None

    def is_full(self, start: datetime) -> bool:
        slot = self.starts.get(start)
        return slot is not None and not slot.free


_Key = tuple[Question, date]
_State = tuple[str, int]
"""What is laid down for an office, by its mark, and what has happened there, by its journal's number."""

Exempt = Callable[[Look], bool]
"""Whether somebody is to be let in whatever the look says: it is that person's own booking that is in the way."""


class _Shared(Generic[T]):
    """Work done once for all who asked before it began."""

    def __init__(self) -> None:
        self._running: dict[object, asyncio.Task[T]] = {}
        self._to_come: dict[object, asyncio.Task[T]] = {}

    async def ask(self, key: object, work: Callable[[], Awaitable[T]]) -> T:
        task = self._to_come.get(key)
        if task is None:
            task = self._to_come[key] = asyncio.create_task(self._next(key, work))
        # Shielded: whoever hangs up is not the only one who waits for it.
        return await asyncio.shield(task)

    async def _next(self, key: object, work: Callable[[], Awaitable[T]]) -> T:
        before = self._running.get(key)
        if before is not None:
            await asyncio.wait({before})
        task = self._running[key] = self._to_come.pop(key)
        try:
            return await work()
        finally:
            if self._running[key] is task:
                del self._running[key]


class _Waiting(Struct, eq=False):
    """Somebody in the queue for the turn, who gets it, or is told that the time is gone."""

    key: _Key
    start: datetime
    exempt: Exempt
    news: asyncio.Future[None]


class _Queue:
    """The one turn of an office in this process."""

    def __init__(self) -> None:
        self.taken = False
        self.waiting: deque[_Waiting] = deque()

    async def wait(self, waiting: _Waiting) -> None:
        """Until it is one's turn. Refuses slot-full if that shows meanwhile."""
        self.waiting.append(waiting)
        try:
            await waiting.news
        except asyncio.CancelledError:
            if waiting in self.waiting:
                self.waiting.remove(waiting)
            elif not waiting.news.cancelled() and waiting.news.exception() is None:
                self.pass_on()
            raise

    def pass_on(self) -> None:
        while self.waiting:
            following = self.waiting.popleft()
            if not following.news.done():
                following.news.set_result(None)
                return
        self.taken = False


class _Rush:
    def __init__(self) -> None:
        self.now: _Shared[tuple[Catalogue, _State]] = _Shared()
        self.looks: _Shared[Look] = _Shared()
        self.kept: OrderedDict[_Key, Look] = OrderedDict()
        self.further: _Shared[list[rules.Slot]] = _Shared()
        self.queues: dict[str, _Queue] = {}


_rush: PerDatabase[_Rush] = PerDatabase(_Rush)


@asynccontextmanager
async def turn(question: Question, start: datetime, exempt: Exempt) -> AsyncIterator[None]:
    """One's turn to book at that office. Inside a transaction there is none: it would be waited for with a connection.

    Refuses slot-full with the nearest free starts, and what `errand` refuses.
    """
    if current().engine.transaction_exists():
        yield
        return
    key, state = await _key(question, start)
    queue = _rush.here().queues.setdefault(question.office, _Queue())
    if not queue.taken or _kept(key, state):
        await _refuse_full(key, state, start, exempt)
    if queue.taken:
        waiting = _Waiting(key=key, start=start, exempt=exempt, news=asyncio.get_running_loop().create_future())
        await queue.wait(waiting)
        try:
            # Others have booked since: one look for all who wait for the same kind of time.
            _, state = await _key(question, start)
            await _refuse_full(key, state, start, exempt, queue)
        except BaseException:
            queue.pass_on()
            raise
    queue.taken = True
    try:
        yield
    finally:
        queue.pass_on()


async def slot_full(question: Question, start: datetime) -> Refusal:
    """The refusal of a start that was found full under the lock, with the nearest free ones."""
    if current().engine.transaction_exists():  # its connection is this task's alone: a look of its own
        here, _ = await _now(question.office)
        key = question, _day(here, start)
        look = await _looked(key)
        return _full(look, await free_around(look.plan, key[1], clock.now(), NEAREST), start)
    key, state = await _key(question, start)
    return await _refusal(await _look(key, state), key, start)


async def _key(question: Question, start: datetime) -> tuple[_Key, _State]:
    here, state = await _rush.here().now.ask(question.office, lambda: _now(question.office))
    return (question, _day(here, start)), state


def _day(here: Catalogue, start: datetime) -> date:
    now = clock.now()
    return clock.day_of(min(max(start, now), now + FAR_AHEAD), here.office.time_zone)


async def _now(office: str) -> tuple[Catalogue, _State]:
    here = await catalogue.of_working(office, clock.now())
    return here, (here.mark, await head_seq(office))


def _kept(key: _Key, state: _State) -> Look | None:
    """The last look, if it would be the same now."""
    look = _rush.here().kept.get(key)
    return look if look is not None and look.state == state and clock.now() < look.until else None


async def _look(key: _Key, state: _State) -> Look:
    look = _kept(key, state)
    if look is None:
        here = _rush.here()
        look = here.kept[key] = await here.looks.ask(key, lambda: _looked(key))
        here.kept.move_to_end(key)
        while len(here.kept) > KEPT:
            here.kept.popitem(last=False)
    return look


async def _looked(key: _Key) -> Look:
    question, day = key
    now = clock.now()
    _, state = await _now(question.office)  # before all the rest: what changes meanwhile makes the look an old one
    plan = await errand(
        question.office, question.procedures, question.purpose, question.officer, now, question.dossiers
    )  # fmt: skip
    besides = [question.besides] if question.besides else []
    days, taken = await free_and_taken(plan, day - timedelta(days=1), 3, now, besides)
    starts = {slot.start: slot for slots in days.values() for slot in slots}
    until = min([now + FRESH, *(one.held_until for one in taken if one.held_until)])
    return Look(state=state, until=until, plan=plan, starts=starts, taken=taken)


async def _refuse_full(key: _Key, state: _State, start: datetime, exempt: Exempt, queue: _Queue | None = None) -> None:
    """Refuses slot-full where a look shows it, and all in the queue to whom the same look shows the same."""
    # Not who comes while it is being looked: for them it would be an old look.
    others = [waiting for waiting in queue.waiting if waiting.key == key] if queue else []
    look = await _look(key, state)
    for waiting in others:
        if look.is_full(waiting.start) and not waiting.exempt(look):
            refusal = await _refusal(look, key, waiting.start)
            if not waiting.news.done():  # who was let in meanwhile, or hung up
                waiting.news.set_exception(refusal)
    if look.is_full(start) and not exempt(look):
        raise await _refusal(look, key, start)


async def _refusal(look: Look, key: _Key, start: datetime) -> Refusal:
    free = [slot for slot in look.starts.values() if slot.free]
    if len(free) < NEAREST:
        # The same for every start of that day, so it is looked for once.
        if look.further is None:
            further = _rush.here().further
            look.further = await further.ask(key, lambda: free_around(look.plan, key[1], clock.now(), NEAREST))
        free = [*look.further]
    return _full(look, free, start)


def _full(look: Look, free: Sequence[rules.Slot], start: datetime) -> Refusal:
    views = slot_views(look.plan, rules.nearest(free, start, NEAREST))
    return Refusal("slot-full", extra={"nearest": msgspec.to_builtins(views)})
