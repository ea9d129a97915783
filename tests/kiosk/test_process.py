"""The command: one line when it is ready, a clean end, and what it says when it cannot start."""

import asyncio
import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import zxingcpp
from click.testing import CliRunner
from PIL import Image

from kiosk.__main__ import main
from server.codes import token_hash
from tests.kiosk.stand_ins import TOKEN, LiveServer

ADDRESS = re.compile(r"motcua-kiosk: (http://127\.0\.0\.1:\d+)\n")


@pytest.fixture
def token(tmp_path: Path) -> Path:
    """The file with the device's token."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return file


def command(server: str, token: Path, folder: Path, *more: str) -> list[str]:
    """The kiosk with the paper printer, on any port."""
    return [
        sys.executable, "-m", "kiosk", "--server", server, "--token-file", str(token), "--port", "0",
        "--printer", f"paper:{folder / 'slips'}", "--data", str(folder / "data"), *more,
    ]  # fmt: skip


@contextmanager
def started(arguments: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running kiosk and its address; killed at the end if it is still there."""
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ADDRESS.fullmatch(process.stdout.readline())
        assert said is not None
        try:
            yield process, said[1]
        finally:
            if process.poll() is None:
                process.kill()


async def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """That command to its end, while the stand-in server goes on."""
    return await asyncio.to_thread(subprocess.run, arguments, capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_one_line_serves_and_ends_cleanly_with_a_screen_attached(
    server: LiveServer, token: Path, tmp_path: Path, name: signal.Signals
) -> None:
    """Ready means answering; the end is exit code 0, though a screen still listens; stdout holds the one line alone."""
    with started(command(server.url, token, tmp_path)) as (process, address):
        async with (
            httpx.AsyncClient(base_url=address, trust_env=False) as page,
            page.stream("GET", "/api/events") as screen,
        ):
            events = screen.aiter_lines()
            assert await anext(events) == "event: state"
            await server.office.until(lambda: bool(server.office.feeds))
            ticket = (await page.post("/api/tickets", json={"line": "H"})).json()
            process.send_signal(name)
            async for _ in events:
                pass
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
    (slip,) = (tmp_path / "slips").iterdir()
    assert [found.text for found in zxingcpp.read_barcodes(Image.open(slip).convert("L"))] == [ticket["followUrl"]]


async def test_kill_9_in_an_outage_at_any_moment_never_repeats_a_number(
    server: LiveServer, token: Path, tmp_path: Path
) -> None:
    """Numbers given before the power went stay given; the server gets every one of them exactly once."""
    with started(command(server.url, token, tmp_path)) as (process, _):
        await server.office.until(lambda: bool(server.office.feeds))
        process.kill()
    await server.stop()
    numbers: list[str] = []
    dice = random.Random(11)
    for _ in range(3):
        with started(command(server.url, token, tmp_path)) as (process, address):
            async with httpx.AsyncClient(base_url=address, trust_env=False) as page:
                for _ in range(dice.randrange(1, 4)):
                    ticket = (await page.post("/api/tickets", json={"line": "H"})).json()
                    numbers.append(ticket["number"])
                process.kill()
    assert numbers == [f"H{901 + place}" for place in range(len(numbers))]
    await server.start()
    with started(command(server.url, token, tmp_path)) as (process, _):
        await server.office.until(lambda: len(server.office.offline) == len(numbers))
        process.terminate()
        assert process.wait(10) == 0
    assert sorted(f"H{one.number}" for one in server.office.offline.values()) == numbers


async def test_a_taken_port_and_a_shared_folder_are_named(server: LiveServer, token: Path, tmp_path: Path) -> None:
    """Both end at once with exit code 1 and say what to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = await run(command(server.url, token, tmp_path, "--port", port))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"port {port} is taken" in done.stderr
    with started(command(server.url, token, tmp_path)):
        done = await run(command(server.url, token, tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "another kiosk is running" in done.stderr


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (["--server", "ftp://x"], "--server"),
        (["--server", "localhost:8000"], "--server"),
        (["--printer", "laser:9"], "no such kind of printer"),
        (["--token-file", "nowhere"], "--token-file"),
        (["--token-file", os.devnull], "--token-file"),
        (["--width", "100"], "--width"),
        (["--port", "70000"], "--port"),
        (["--what"], "--what"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_names_the_option(
    token: Path, tmp_path: Path, wrong: list[str], named: str
) -> None:
    """Mistakes are found before anything is started."""
    done = CliRunner().invoke(main, command("http://x.example", token, tmp_path, *wrong)[3:])
    assert (done.exit_code, done.stdout) == (2, "")
    assert named in done.stderr


def test_every_option_comes_from_the_environment_too(token: Path, tmp_path: Path) -> None:
    """A service file can set MOTCUA_KIOSK_… alone."""
    settings = {
        "MOTCUA_KIOSK_SERVER": "http://127.0.0.1:9",
        "MOTCUA_KIOSK_TOKEN_FILE": str(token),
        "MOTCUA_KIOSK_PRINTER": f"paper:{tmp_path / 'slips'}",
        "MOTCUA_KIOSK_DATA": str(tmp_path / "data"),
        "MOTCUA_KIOSK_WIDTH": "384",
    }
    done = CliRunner().invoke(main, ["--sample"], env=settings)
    assert (done.exit_code, done.stdout) == (0, "printer: ok, paper: ok\n")
    (slip,) = (tmp_path / "slips").iterdir()
    with Image.open(slip) as image:
        assert image.width == 384


def test_a_sample_that_was_not_printed_is_exit_code_1(token: Path, tmp_path: Path) -> None:
    """An administrator trying a printer is told how it is."""
    wrong = command("http://x.example", token, tmp_path, "--printer", "tcp:127.0.0.1:9", "--sample")[3:]
    done = CliRunner().invoke(main, wrong)
    assert done.exit_code == 1
    assert done.stdout.startswith("printer: problem")


def test_a_damaged_memory_is_named_and_left_alone(token: Path, tmp_path: Path) -> None:
    """It may hold tickets, and a fresh one could give today's numbers again: a person decides."""
    (tmp_path / "data").mkdir()
    arguments = command("http://x.example", token, tmp_path)[3:]
    broken = b"no database at all" * 500
    file = tmp_path / "data" / f"outbox-{token_hash('http://x.example')[:8]}.sqlite3"
    file.write_bytes(broken)
    done = CliRunner().invoke(main, arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "move it away and keep it" in done.stderr
    assert file.read_bytes() == broken


async def test_the_log_holds_no_token_and_no_link(server: LiveServer, token: Path, tmp_path: Path) -> None:
    """Even when asked to say more, nothing that opens anything is written down."""
    with started(command(server.url, token, tmp_path, "--verbose")) as (process, address):
        async with httpx.AsyncClient(base_url=address, trust_env=False) as page:
            await server.office.until(lambda: bool(server.office.feeds))
            ticket = (await page.post("/api/tickets", json={"line": "H"})).json()
            await page.post(f"/api/tickets/{ticket['id']}/withdraw", json={})
            await server.office.until(lambda: len(server.office.withdrawn) == 1)
        process.terminate()
        _, err = process.communicate(timeout=10)
    assert "kiosk" in err or "uvicorn" in err
    for secret in (TOKEN, server.office.withdrawn[0], ticket["followUrl"]):
        assert secret not in err
