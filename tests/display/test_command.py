"""motcua-display as a program: one line when it is ready, a clear word when it cannot start, a clean end."""

import asyncio
import os
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.display.hall import Hall, board_of

COMMAND = [sys.executable, "-m", "display"]


@pytest.fixture
def token(tmp_path: Path) -> Path:
    """A file with a token."""
    path = tmp_path / "wall.token"
    path.write_text("the-token\n")
    return path


async def test_it_says_where_it_is_and_ends_cleanly_with_pages_connected(tmp_path: Path, token: Path) -> None:
    """Ready means that the address answers; SIGTERM ends it with 0 in seconds, though a page holds on."""
    hall = Hall(board_of())
    async with hall.served() as server:
        options = ["--server", server, "--token-file", str(token), "--port", "0", "--state", str(tmp_path / "state")]
        process = await asyncio.create_subprocess_exec(*COMMAND, *options, stdout=PIPE, stderr=PIPE)
        try:
            assert process.stdout is not None
            address = (await process.stdout.readline()).decode().removeprefix("motcua-display: ").strip()
            await hall.until(lambda: hall.open)
            async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
                assert (await http.get("/api/health")).json()["office"] == "bo-de"
            async with connect(address.replace("http", "ws") + "ws/offices/bo-de/feed?since=0", proxy=None):
                process.terminate()
                async with asyncio.timeout(10):
                    said = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()
    assert (process.returncode, *said) == (0, b"", b"")
    assert (tmp_path / "state" / "board.json").exists()


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    return subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
    )


def test_a_taken_port_is_named(tmp_path: Path, token: Path) -> None:
    """Exit 1 and the port that is in the way."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = run("--server", "http://127.0.0.1:1", "--token-file", str(token), "--port", port)
    assert ended.returncode == 1
    assert port in ended.stderr


@pytest.mark.parametrize(
    ("server", "content", "named"),
    [("motcua.example", "the-token", "--server"), ("http://127.0.0.1:1", " \n", "--token-file")],
)
def test_wrong_usage_is_named(tmp_path: Path, server: str, content: str, named: str) -> None:
    """Exit 2 and the option to look at."""
    path = tmp_path / "wall.token"
    path.write_text(content)
    ended = run("--server", server, "--token-file", str(path))
    assert ended.returncode == 2
    assert named in ended.stderr


def test_every_option_comes_from_the_environment_too(tmp_path: Path) -> None:
    """MOTCUA_DISPLAY_SERVER and the like do what the options do."""
    (tmp_path / "empty").touch()
    ended = run(MOTCUA_DISPLAY_SERVER="http://127.0.0.1:1", MOTCUA_DISPLAY_TOKEN_FILE=str(tmp_path / "empty"))
    assert ended.returncode == 2
    assert "is empty" in ended.stderr
