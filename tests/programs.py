"""Motcua's programs as processes of their own, on the demo's office: for the story, the pictures and the benchmarks."""

import asyncio
import csv
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from server import demo
from server.catalogue.pack import load
from server.people import service as people
from tests.databases import give_everybody, opened

__all__ = ["OFFICE", "PASSWORD", "Row", "all_three", "open_office", "program", "with_token", "zone_where_it_is"]

OFFICE = demo.OFFICE
PASSWORD = "mot-cua-thu"

Row = Mapping[str, str]


async def open_office(url: str, folder: Path, changes: Mapping[str, Sequence[Row]] | None = None) -> dict[str, str]:
    """Load Long Biên with an office that never closes, then `changes`: rows of files of a pack, which is written there.

    Everybody's password is PASSWORD. Answers the tokens of the office's devices by kind; the tablet is at counter 1.
    """
    async with opened(url, migrated=True):
        for pack in ("long-bien", "demo"):
            await load(demo.PACKS / pack)
        if changes:
            await load(_written(folder, changes))
        await give_everybody(PASSWORD)
        return await people.renew_devices(
            OFFICE, [("kiosk", "Kiosk", None), ("display", "Bảng", None), ("tablet", "Máy quầy 1", 1)]
        )


def _written(folder: Path, files: Mapping[str, Sequence[Row]]) -> Path:
    pack = folder / "pack"
    pack.mkdir(parents=True)
    for name, rows in files.items():
        with (pack / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows(rows)
    return pack


def zone_where_it_is(hour: int) -> str:
    """A time zone with that hour on its clocks, whatever time it is here: offices can be visited in the morning."""
    east = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}" if east else "Etc/UTC"


def with_token(folder: Path, kind: str, token: str) -> list[str]:
    """The options that give an agent its token, and any free port."""
    file = folder / f"{kind}.token"
    file.touch(mode=0o600)
    file.write_text(token)
    return ["--token-file", str(file), "--port", "0"]


@asynccontextmanager
async def all_three(folder: Path, url: str, tokens: Mapping[str, str]) -> AsyncIterator[dict[str, str]]:
    """Server, kiosk and wall; yields the address of each (`server`, `kiosk`, `display`).

    The kiosk prints into `paper` in that folder.
    """
    options = {
        "kiosk": ["--printer", f"paper:{folder / 'paper'}", "--data", str(folder / "kiosk")],
        "display": ["--state", str(folder / "wall")],
    }
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(program("server.cli", "serve", "--port", "0", "--database", url))
        addresses = {"server": site}
        for agent, more in options.items():
            arguments = ["--server", site, *with_token(folder, agent, tokens[agent]), *more]
            addresses[agent] = await stack.enter_async_context(program(agent, *arguments))
        yield addresses


@asynccontextmanager
async def program(module: str, *arguments: str, **environment: str) -> AsyncIterator[str]:
    """One of the programs (`server.cli`, `kiosk`, `display`); yields the address it says when it is ready.

    It is told to stop at the end, and must then end well.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")} | environment
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, env=ours,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout
        said = (await process.stdout.readline()).decode()
        address = re.search(r"http://[^/\s]+", said)
        assert address, f"{module} said {said!r}"
        yield address[0]
    finally:
        if process.returncode is None:
            process.terminate()
        code = await process.wait()
    assert code == 0, f"{module} ended with {code}"
