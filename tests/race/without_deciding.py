"""`motcua` whose changes take the office's lock only when they write: what they decide is decided on what was.

The journal stays in order, so nothing but the decisions can go wrong. For the test of the test alone.
"""

from server.cli import main
from server.journal import append
from tests.race.without_lock import locked

write = append.Change._write


async def write_under_lock(change: append.Change) -> None:
    """What `Change._write` does, after taking the lock that the change has gone without so far."""
    change._head = await locked(change.office)
    await write(change)


append.Change._write = write_under_lock  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
