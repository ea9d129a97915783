"""What an office's frames make of its board: the agent and the pages agree, case by case and on any morning."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from display.board import Gap, Heartbeat, read, reduce
from server.wire import Board, decode, encode
from tests.display.conftest import Ask
from tests.display.mornings import EMPTY, frames

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "feed.json").read_text("utf-8"))


def played(board: dict[str, Any], happened: list[dict[str, Any]]) -> Any:
    """The board after these frames, as it would go over the wire."""
    after = msgspec.convert(board, Board)
    for frame in happened:
        after = reduce(after, read(json.dumps(frame)))
    return decode(encode(after))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["says"])
def test_shared_case(case: dict[str, Any]) -> None:
    """The agent's board after each shared case is what the case says; the pages' too: js/reduce.test.mjs."""
    start, after = VECTORS["start"], case["after"]
    assert played(start, case["frames"]) == {**start, **after, "state": {**start["state"], **after.get("state", {})}}


@given(happened=frames())
@settings(max_examples=200, deadline=None)
def test_agent_and_page_agree(ask: Ask, happened: list[dict[str, Any]]) -> None:
    """Any morning gives the same board in Python and in JavaScript."""
    assert played(EMPTY, happened) == ask("reduce", board=EMPTY, frames=happened)


@given(happened=frames())
@settings(max_examples=100, deadline=None)
def test_frames_told_twice_count_once(happened: list[dict[str, Any]]) -> None:
    """A server that repeats frames after a reconnect does no harm."""
    twice = [frame for frame in happened for _ in range(2)]
    assert played(EMPTY, twice) == played(EMPTY, happened)


def test_missing_frames_are_never_skipped() -> None:
    """A jump in the sequence is an error: the board would be wrong without anybody knowing."""
    with pytest.raises(Gap):
        played(VECTORS["start"], [{"seq": VECTORS["start"]["seq"] + 2}])


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"seq": "x"}', '{"seq": 1, "kind": "ticket.called"}', '{"forecast": 3, "asOf": 1}', "{}"],
)
def test_nonsense_is_refused(text: str) -> None:
    """What is no frame is an error, not an empty change."""
    with pytest.raises(msgspec.DecodeError):
        read(text)


def test_fields_to_come_are_skipped() -> None:
    """A newer server may add fields to any frame."""
    beat = read('{"heartbeat": 5, "load": 0.2}')
    assert isinstance(beat, Heartbeat)
    assert beat.heartbeat == 5


def test_the_documented_frames_are_frames() -> None:
    """Every frame in docs/reference/feed.md is read, and together they lead where the table says."""
    text = (Path(__file__).parents[2] / "docs" / "reference" / "feed.md").read_text("utf-8")
    shown = [line for block in text.split("```json\n")[1:] for line in block.split("```")[0].splitlines()]
    start = {**EMPTY, "seq": 1040, "state": {**EMPTY["state"], "lines": [{"code": "A", "waiting": 4}]}}
    after = played(start, [json.loads(line) for line in shown])
    assert after["seq"] == 1051
    assert after["state"]["day"] == "2026-11-24"
    assert after["state"]["lines"] == [{"code": "A", "waiting": 4}, {"code": "H", "waiting": 0}]
    assert after["forecast"] == {"A": {"p50": 10, "p90": 20}}
