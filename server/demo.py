"""`motcua demo`: Long Biên in one command. Server, one kiosk with the paper printer and one wall, until Ctrl-C.

Everything it starts is a process of its own, as in an office, and ends with it.
"""

import asyncio
import csv
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click
import httpx
from rich.console import Console

from server.catalogue.pack import load
from server.db import open_database
from server.people import service as people
from server.tables import all_tables

__all__ = ["OFFICE", "PASSWORD", "run"]

OFFICE = "bo-de"
PASSWORD = "mot-cua-bo-de"  # noqa: S105  printed on start; the demo listens on this machine alone
KIOSK_PORT, WALL_PORT = 8701, 8702
PACKS = Path(__file__).parent / "packs"
READY_SECONDS = 60.0

console = Console(stderr=False, highlight=False, soft_wrap=True)


def run(port: int, database: str | None, busy: bool) -> int:
    """Run the demo until it is told to stop; returns the exit code."""
    folder = Path("var")
    if taken := [number for number in (port, KIOSK_PORT, WALL_PORT) if _taken(number)]:
        for number in taken:
            click.echo(f"motcua: port {number} is taken; another program (or another demo) uses it", err=True)
        return 1
    folder.mkdir(exist_ok=True)
    url = database or f"sqlite:///{folder.resolve() / 'demo.db'}"
    with console.status("Đang nạp dữ liệu Long Biên · loading Long Biên…"):
        tokens = asyncio.run(_prepare(url))
    with ExitStack() as stack:
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            with console.status("Đang khởi động · starting…"):
                _start(stack, port, url, tokens, folder, busy)
            _announce(port, tokens, busy)
            signal.pause()
        except KeyboardInterrupt:
            console.print("\nĐang dừng · stopping…")
        except _Failed as failure:
            click.echo(f"motcua: {failure}", err=True)
            return 1
    return 0


class _Failed(Exception):
    """A part did not come up; says which and why."""


async def _prepare(url: str) -> dict[str, str]:
    """Migrate, load both packs, give the demo's people their password and its devices fresh tokens."""
    database = open_database(url)
    await database.start()
    try:
        database.bind(*all_tables())
        await database.migrate()
        for pack in ("long-bien", "demo"):
            report = await load(PACKS / pack)
            del report
        for officer in await people.officers_of(OFFICE):
            await people.set_password(OFFICE, officer.username, PASSWORD)
        return await people.renew_devices(
            OFFICE, [("kiosk", "Sảnh", None), ("display", "Bảng demo", None), ("tablet", "Máy quầy 1", 1)]
        )
    finally:
        await database.stop()


def _start(stack: ExitStack, port: int, url: str, tokens: dict[str, str], folder: Path, busy: bool) -> None:
    server = f"http://127.0.0.1:{port}"
    _spawn(stack, "server", ["server.cli", "serve", "--port", str(port), "--database", url])
    _wait(f"{server}/api/health", "server")
    for kind in ("kiosk", "display"):
        file = folder / f"{kind}.token"
        file.touch(mode=0o600)
        file.write_text(tokens[kind])
    _spawn(stack, "kiosk", [
        "kiosk", "--server", server, "--token-file", str(folder / "kiosk.token"), "--port", str(KIOSK_PORT),
        "--printer", f"paper:{folder / 'paper'}", "--data", str(folder / "kiosk"),
    ])  # fmt: skip
    _spawn(stack, "wall", [
        "display", "--server", server, "--token-file", str(folder / "display.token"), "--port", str(WALL_PORT),
        "--state", str(folder / "display"),
    ])  # fmt: skip
    _wait(f"http://127.0.0.1:{KIOSK_PORT}/api/state", "kiosk")
    _wait(f"http://127.0.0.1:{WALL_PORT}/api/health", "wall")
    if busy:
        environment = {"MOTCUA_DEMO_TOKEN": tokens["kiosk"], "MOTCUA_DEMO_PASSWORD": PASSWORD}
        _spawn(stack, "busy", ["server.busy", server, OFFICE], environment)


def _spawn(stack: ExitStack, name: str, module: Sequence[str], extra: dict[str, str] | None = None) -> None:
    """Start a part; leaving the stack ends it, kindly first."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *module],
        env=environment | (extra or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if name == "busy" else None,
        start_new_session=True,  # Ctrl-C reaches this process alone, which then ends its parts in order
    )

    def end() -> None:
        process.terminate()
        try:
            process.wait(6)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(end)
    _parts[name] = process


_parts: dict[str, subprocess.Popen[bytes]] = {}


def _wait(address: str, name: str) -> None:
    """Wait until a part answers, or say that it has ended."""
    with httpx.Client(timeout=2) as client:
        for _ in range(int(READY_SECONDS / 0.1)):
            if (code := _parts[name].poll()) is not None:
                raise _Failed(f"the {name} ended at once (exit code {code}); what it said stands above")
            try:
                if client.get(address).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            try:
                _parts[name].wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    raise _Failed(f"the {name} does not answer at {address}")


def _announce(port: int, tokens: dict[str, str], busy: bool) -> None:
    here = f"http://127.0.0.1:{port}"
    rows = [
        ("Công dân · citizen", f"{here}/"),
        ("Kiosk", f"http://127.0.0.1:{KIOSK_PORT}/"),
        ("Bảng gọi số · wall", f"http://127.0.0.1:{WALL_PORT}/"),
        ("Cán bộ · desk", f"{here}/desk"),
        ("Tiếp đón · reception", f"{here}/reception"),
        ("Lãnh đạo · head", f"{here}/office"),
        ("Đánh giá · tablet", f"{here}/tablet"),
        ("Phiếu in · paper", str(Path("var/paper").resolve())),
    ]
    console.print(
        "\n[bold]Motcua[/bold]  Phường Bồ Đề (dữ liệu thử, mở cửa suốt ngày đêm · a demo, open round the clock)\n"
    )
    for name, address in rows:
        console.print(f"  {name:<22} {address}")
    console.print(f"\n  Đăng nhập · sign in, mật khẩu · password [bold]{PASSWORD}[/bold]:")
    for role, usernames in _logins().items():
        console.print(f"    {role:<20} {', '.join(usernames)}")
    console.print(f"\n  Mã máy tính bảng quầy 1 · tablet code: {tokens['tablet']}")
    if busy:
        console.print("  Sảnh có người mô phỏng · simulated people keep the hall alive")
    console.print("\n  Ctrl-C để dừng · Ctrl-C stops everything\n")


def _logins() -> dict[str, list[str]]:
    """The usernames of the demo's office by role."""
    found: dict[str, list[str]] = {}
    with (PACKS / "long-bien" / "officers.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["office"] == OFFICE:
                found.setdefault(row["role"], []).append(row["username"])
    return found


def _taken(port: int) -> bool:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
