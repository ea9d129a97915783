"""One print job at a time, in order, in a thread that may hang without anybody waiting for it for ever."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.layout import Slip
from kiosk.printer import Health, Printer

__all__ = ["PrintQueue"]

LONGEST_JOB = 12.0
STUCK = Health("problem", "unknown", "the printer is stuck")
log = logging.getLogger("kiosk.printing")


@dataclass
class _Job:
    do: Callable[[], Health]
    done: asyncio.Future[Health]
    given_up: bool = False


class PrintQueue:
    """Jobs wait their turn; one that nobody waits for any more is not printed."""

    def __init__(self, printer: Printer, longest: float = LONGEST_JOB) -> None:
        self._printer = printer
        self._longest = longest
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._running: _Job | None = None
        # a daemon: a hanging device must not keep the process from ending
        self._thread = threading.Thread(target=self._work, name="printer", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Whether nothing is being printed and nothing waits."""
        return self._running is None and self._jobs.empty()

    async def print(self, slip: Slip) -> Health:
        """Prints the slip after those before it; `problem` where the printer does not come back in time."""
        return await self._submit(lambda: self._printer.print(slip))

    async def status(self) -> Health:
        """How the printer is, asked between jobs."""
        return await self._submit(self._printer.status)

    def close(self) -> None:
        """Lets the thread end after the job in hand."""
        self._jobs.put(None)

    async def _submit(self, do: Callable[[], Health]) -> Health:
        if self._running is not None and self._running.given_up:
            return STUCK
        job = _Job(do, asyncio.get_running_loop().create_future())
        self._jobs.put(job)
        try:
            async with asyncio.timeout(self._longest):
                return await asyncio.shield(job.done)
        except TimeoutError:
            return STUCK
        finally:
            job.given_up = not job.done.done()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.given_up:
                continue
            self._running = job
            try:
                health = job.do()
            except Exception:
                log.exception("a print job failed")
                health = Health("problem", "unknown", "internal error")
            self._running = None
            try:
                job.done.get_loop().call_soon_threadsafe(_tell, job.done, health)
            except RuntimeError:
                return  # the loop is closed: the program ends


def _tell(done: asyncio.Future[Health], health: Health) -> None:
    if not done.done():
        done.set_result(health)
