"""`motcua` whose changes take the office's lock only when they write: what they decide is decided on what was.

Nobody waits for a turn either, so that many decide at once. The journal stays in order: nothing but the decisions can
go wrong. For the test of the test alone.
"""

from contextlib import AbstractAsyncContextManager, nullcontext

from server.booking import service
from server.cli import main
from server.journal import append
from tests.race.without_lock import locked, look_at_head

write = append.Change._write


async def write_under_lock(change: append.Change) -> None:
    """What `Change._write` does, after taking the lock that the change has gone without so far."""
    change._head = await locked(change.office)
    await write(change)


def no_turn(*_: object) -> AbstractAsyncContextManager[None]:
    """In place of `service_rush.turn`: come in, all of you."""
    return nullcontext()


append.lock_head = look_at_head
append.Change._write = write_under_lock  # type: ignore[method-assign]
service.turn = no_turn  # type: ignore[assignment]

if __name__ == "__main__":
    main()
