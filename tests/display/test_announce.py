"""What the wall says: every call once, in order, one at a time, in words that exist."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.display.conftest import Ask
from tests.display.mornings import EMPTY, Morning

CALLS = ("ticket.called", "ticket.recalled")
SHOWN, CROWD = 6000, 3


@st.composite
def timed_mornings(draw: Callable[[st.SearchStrategy[Any]], Any]) -> list[dict[str, Any]]:
    """Moments of a morning: bursts of frames, and pauses of up to a quarter of a minute between them."""
    morning, moments, now = Morning(draw), [], 0
    for _ in range(draw(st.integers(1, 25))):
        now += draw(st.sampled_from([1, 100, 1000, 4000, 15000]))
        moments.append({"at": now, "frames": [morning.frame() for _ in range(draw(st.integers(1, 6)))]})
    return moments


@given(moments=timed_mornings(), sound=st.booleans())
@settings(max_examples=300, deadline=None)
def test_every_call_is_announced_once_in_order_and_alone(ask: Ask, moments: list[dict[str, Any]], sound: bool) -> None:
    """Nobody is lost, doubled, talked over, called to a wrong counter, or called after having come."""
    spoken = ask("announce", before=EMPTY, moments=moments, sound=sound)["spoken"]
    happened = [(moment["at"], frame) for moment in moments for frame in moment["frames"]]
    calls = {frame["seq"]: frame for _, frame in happened if frame["kind"] in CALLS}
    seqs = [next(seq for seq, frame in calls.items() if frame["at"] == one["at"]) for one in spoken]

    assert len(set(seqs)) == len(seqs), "announced twice"
    for seq, one in zip(seqs, spoken, strict=True):
        frame = calls[seq]
        assert (one["id"], one["label"]) == (frame["ticket"]["id"], frame["ticket"]["label"])
        assert one["counter"] == frame["counter"]["number"]
        assert one["form"] == ("short" if one["queued"] + 1 >= CROWD else "full")
        known = [frame for at, frame in happened if at <= one["start"]]
        states = [frame["ticket"]["state"] for frame in known if frame.get("ticket", {}).get("id") == one["id"]]
        assert states[-1] == "called", "announced to somebody who has come or gone"

    for one, following in pairwise(spoken):
        assert following["start"] >= one["start"] + max(SHOWN, one["lasts"] if sound else 0), "talked over"

    for seq, frame in calls.items():
        if seq in seqs:
            continue
        later = [other for _, other in happened if other["seq"] > seq]
        overtaken = [other for other in later if other.get("ticket", {}).get("id") == frame["ticket"]["id"]]
        assert overtaken or any(other["kind"] == "office.opened" for other in later), "lost"

    for place, first in enumerate(seqs):
        for second in seqs[place + 1 :]:
            ticket = calls[first]["ticket"]["id"]
            had_its_place = any(s < second and frame["ticket"]["id"] == ticket for s, frame in calls.items())
            assert first < second or had_its_place, "out of order"


def test_nothing_is_announced_when_the_page_opens(ask: Ask) -> None:
    """Calls made before are history: a page that is loaded anew does not shout."""
    morning = [frame(1, "A001", 3)]
    before = ask("reduce", board=EMPTY, frames=morning)
    assert ask("announce", before=before, moments=[], sound=True)["spoken"] == []


def test_a_burst_is_announced_shortly_until_it_thins_out(ask: Ask) -> None:
    """Nine calls at once: all, in order, with their counters; the short form as long as three or more are waiting."""
    burst = [frame(seq, f"A{seq:03}", seq) for seq in range(1, 10)]
    spoken = ask("announce", before=EMPTY, moments=[{"at": 0, "frames": burst}], sound=True)["spoken"]
    assert [(one["label"], one["counter"]) for one in spoken] == [(f"A{n:03}", n) for n in range(1, 10)]
    assert [one["form"] for one in spoken] == ["short"] * 7 + ["full"] * 2


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("A012", ["a", "0", "1", "2"]),
        ("HD1234", ["h", "d", "1", "2", "3", "4"]),
        ("Đ007", ["dd", "0", "0", "7"]),
        ("ô05", ["o", "0", "5"]),
        ("017", ["0", "1", "7"]),
        ("C-17", ["c", "1", "7"]),
    ],
)
def test_labels_are_read_sign_by_sign(ask: Ask, label: str, words: list[str]) -> None:
    """Letters by their names, figures one by one, what has no name not at all."""
    assert ask("words", label=label, counter=1)["label"] == words


@pytest.mark.parametrize(
    ("counter", "words"),
    [
        (1, "một"), (4, "bốn"), (5, "năm"), (10, "mười"), (11, "mười một"), (14, "mười bốn"), (15, "mười lăm"),
        (20, "hai mươi"), (21, "hai mươi mốt"), (24, "hai mươi tư"), (25, "hai mươi lăm"), (55, "năm mươi lăm"),
        (100, "một trăm"), (101, "một trăm linh một"), (104, "một trăm linh bốn"), (105, "một trăm linh năm"),
        (110, "một trăm mười"), (115, "một trăm mười lăm"), (121, "một trăm hai mươi mốt"),
        (999, "chín trăm chín mươi chín"),
    ],
)  # fmt: skip
def test_counters_are_read_as_quantities(ask: Ask, voice: dict[str, dict[str, Any]], counter: int, words: str) -> None:
    """As people say numbers: mốt, tư, lăm, linh, mươi where they belong."""
    assert " ".join(voice[clip]["says"] for clip in ask("words", label="", counter=counter)["counter"]) == words


def frame(seq: int, label: str, counter: int) -> dict[str, Any]:
    """A call."""
    ticket = {"id": label, "number": label, "label": label, "line": "A", "state": "called"}
    counter_name = {"number": counter, "name": f"Quầy {counter}"}
    at = f"2026-11-23T01:00:{seq:02}Z"
    return {"seq": seq, "at": at, "kind": "ticket.called", "ticket": ticket, "was": None, "counter": counter_name}
