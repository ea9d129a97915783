"""When to try again, and for how long silence means nothing: pure decisions."""

__all__ = ["SILENCE", "Backoff"]

SILENCE = 12.0  # seconds without a frame: two heartbeats missed
FIRST, LONGEST, REFUSED = 0.5, 5.0, 30.0
STEADY = 10.0  # a connection that lived so long was a good one: the next try comes quickly


class Backoff:
    """How long to pause before the next connection.

    Grows also when the server accepts and then closes at once: the `websockets` client itself would not wait then.
    """

    def __init__(self) -> None:
        self._next = FIRST

    def pause(self, lived: float, luck: float, *, refused: bool = False) -> float:
        """Seconds to wait after a connection that lived that long; `luck` from 0 to 1 spreads many walls out."""
        if lived > STEADY:
            self._next = FIRST
        longest = REFUSED if refused else self._next
        self._next = min(self._next * 2, LONGEST)
        return longest * (0.5 + luck / 2)
