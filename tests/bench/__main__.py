"""`python -m tests.bench [--dry]`: measures, prints, and writes docs/reference/benchmarks.md (not with `--dry`)."""

import asyncio
import os
import platform
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import booking, commands, forecasts, paper, walls
from tests.bench.hall import open_hall
from tests.bench.table import Section

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"
console = Console(highlight=False)


async def measure(folder: Path) -> list[Section]:
    """Every question in turn, one at a time: they share the machine."""
    sections: list[Section] = []

    def answered(section: Section) -> None:
        sections.append(section)
        show(section)

    async with open_hall(f"sqlite:///{folder / 'bench.db'}", folder / "sqlite") as hall:
        answered(await commands.under_load(hall))
        answered(await walls.measure(hall))
        answered(await paper.measure(hall, folder / "paper"))
        answered(await commands.measure(hall))
    answered(forecasts.measure())
    answered(await booking.month(f"sqlite:///{folder / 'month.db'}", folder / "month"))
    answered(await booking.rush(f"sqlite:///{folder / 'rush.db'}", folder / "rush"))
    with postgres() as url:
        if url:
            async with open_hall(url, folder / "postgres") as hall:
                answered(await commands.measure(hall))
    with postgres() as url:
        if url:
            answered(await booking.rush(url, folder / "rush-postgres"))
    return sections


@contextmanager
def postgres() -> Iterator[str | None]:
    """A fresh PostgreSQL, set as it comes, or None where the package for tests is not there."""
    try:
        from tests.conftest import PostgresServer
    except ImportError:
        yield None
        return
    server = PostgresServer(tempfile.mkdtemp(prefix="pg"))
    try:
        yield server.url
    finally:
        server.delete()


def show(section: Section) -> None:
    """Print it."""
    table = Table(title=section.title, title_justify="left", title_style="bold")
    for name in ("", "measured", "beside", "ratio"):
        table.add_column(name, justify="left" if not name else "right")
    for row in section.rows:
        table.add_row(row.what, row.measured, row.beside, row.ratio)
    console.print(table)


def machine() -> str:
    """What it ran on, without names."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} × {cpu}, {platform.system()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, load {load:.1f} when it began"
    )


def document(sections: list[Section], place: str) -> str:
    """The page for the documentation."""
    when = datetime.now(UTC).date().isoformat()
    head = (
        "# Benchmarks\n\n"
        "Written by `make bench`. Each figure stands beside another of the same run on the same machine, and the ratio "
        "of the two is what may be compared; milliseconds of one machine mean little on another.\n\n"
        f"Measured on {when}: {place}.\n"
    )
    return "\n".join([head, *(section.markdown() for section in sections)])


def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))  # a thousand screens
    place = machine()
    console.print(place)
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        sections = asyncio.run(measure(Path(folder)))
    if "--dry" not in sys.argv[1:]:
        DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
        DOCUMENT.write_text(document(sections, place), encoding="utf-8")
        console.print(f"written: {DOCUMENT.relative_to(DOCUMENT.parents[2])}")


if __name__ == "__main__":
    main()
