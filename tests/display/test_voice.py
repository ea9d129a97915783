"""The clips: one for every word that can be needed, each a sound, and none that nobody needs."""

import string
import sys
import wave
from array import array
from pathlib import Path
from typing import Any

import pytest

from display.pages import VOICE, voice_files
from tests.display.conftest import Ask


def samples(path: Path) -> "array[int]":
    """The samples of a 16-bit mono WAV."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22050)
        found = array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        found.byteswap()
    return found


def test_every_word_has_a_clip(ask: Ask, voice: dict[str, dict[str, Any]]) -> None:
    """All labels of a letter and figures and all counters from 1 to 999 can be said; no clip lies about unused."""
    labels = [f"{letter}0123456789" for letter in ["", *string.ascii_uppercase, "Đ"]]
    needed = set(ask("needed", labels=labels, counters=list(range(1, 1000))))
    assert needed == set(voice)


def test_no_two_clips_say_the_same(voice: dict[str, dict[str, Any]]) -> None:
    """Two signs that sounded alike would send somebody to a wrong counter."""
    said = [clip["says"] for clip in voice.values()]
    assert len(set(said)) == len(said)


def test_clips_are_sounds_of_a_sane_length(voice: dict[str, dict[str, Any]]) -> None:
    """None is silent, clipped, cut off, or longer than a phrase; each is as long as the listing says."""
    for name, clip in voice.items():
        heard = samples(VOICE / clip["file"])
        assert 0.1 < len(heard) / 22050 < (1.6 if name == "chime" else 1.1), name
        assert len(heard) / 22050 == pytest.approx(clip["seconds"], abs=0.001), name
        assert 3000 < max(map(abs, heard)) < 32000, name
        assert max(map(abs, heard[:20])) < 400, f"{name} begins with a click"
        assert max(map(abs, heard[-20:])) < 400, f"{name} ends with a click"


def test_all_clips_together_are_small() -> None:
    """A television loads them over an office's wireless: 1.2 MB at most."""
    assert sum(path.stat().st_size for path in VOICE.iterdir()) < 1_200_000


def test_an_office_may_speak_with_its_own_voice(tmp_path: Path) -> None:
    """Clips of a folder take the place of ours, in any sound format; what it lacks is ours; strangers are left out."""
    for name in ("0.mp3", "xin-moi-so.ogg", "hello.wav", "1.txt"):
        (tmp_path / name).write_bytes(b"sound")
    files = voice_files(tmp_path)
    assert files["0"] == tmp_path / "0.mp3"
    assert files["xin-moi-so"] == tmp_path / "xin-moi-so.ogg"
    assert files["1"] == VOICE / "1.wav"
    assert files.keys() == voice_files(None).keys()
