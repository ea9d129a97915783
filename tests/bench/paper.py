"""From the touch to the last byte at the printer: a kiosk's agent with a stand-in for a network printer."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.hall import LINE, Client, Hall
from tests.bench.table import Row, Section, ms, quantile
from tests.programs import program, with_token

__all__ = ["measure"]

TICKETS = 20
WIDTHS = {"80 mm": 576, "58 mm": 384}
ASKS = {b"\x10\x04\x01": b"\x12", b"\x10\x04\x04": b"\x12"}
"""DLE EOT 1 and 4: is it on line, has it paper. It always is and has."""


class Printer:
    """Takes everything, answers what it is asked, remembers when the last byte of a job came."""

    def __init__(self) -> None:
        self.bytes = 0
        self.last = 0.0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            for question, answer in ASKS.items():
                if question in data:
                    data = data.replace(question, b"")
                    writer.write(answer)
            if data:
                self.bytes += len(data)
                self.last = time.perf_counter()
        writer.close()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[int]:
        """The port it listens on."""
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]


async def measure(hall: Hall, folder: Path) -> Section:
    """Bytes and milliseconds, per width of paper."""
    rows: list[Row] = []
    for width, dots in WIDTHS.items():
        await hall.empty()
        bare = [await _seconds(hall) for _ in range(TICKETS)]
        (folder / width).mkdir(parents=True)
        size, taken = await _printed(hall, folder / width, dots)
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            ours, theirs = quantile(taken, share), quantile(bare, share)
            beside = f"{ms(theirs)} for the number alone"
            rows.append(Row(f"{width}, {name}", ms(ours), beside, f"{ours / theirs:.1f}×"))
        rows.append(Row(f"{width}, bytes", f"{size / 1024:.0f} KiB", f"{dots} dots wide", "–"))
    about = (
        "From sending the touch to the kiosk's agent until the printer has read the last byte of the slip, through "
        "number, layout, drawing and python-escpos; beside it the server's own command alone. What comes after is the "
        "printer's."
    )
    return Section("Touch → paper", about, rows)


async def _seconds(hall: Hall) -> float:
    start = time.perf_counter()
    await hall.issue()
    return time.perf_counter() - start


async def _printed(hall: Hall, folder: Path, dots: int) -> tuple[float, list[float]]:
    """Mean bytes of a slip, and seconds per touch."""
    printer = Printer()
    taken: list[float] = []
    async with printer.served() as port:
        options = ["--printer", f"tcp:127.0.0.1:{port}", "--width", str(dots), "--data", str(folder / "data")]
        token = with_token(folder, "kiosk", hall.tokens["kiosk"])
        async with program("kiosk", "--server", hall.address, *token, *options) as address:
            kiosk = Client(address)
            while (await kiosk.ask("GET", "/api/state"))["phase"] != "ready":  # noqa: ASYNC110  another process
                await asyncio.sleep(0.05)
            await kiosk.ask("POST", "/api/tickets", {"line": LINE})  # the first one loads fonts and python-escpos
            printer.bytes = 0
            for _ in range(TICKETS):
                start = time.perf_counter()
                ticket = await kiosk.ask("POST", "/api/tickets", {"line": LINE})
                assert ticket["printed"] == "ok", ticket
                taken.append(printer.last - start)
            kiosk.close()
    return printer.bytes / TICKETS, taken
