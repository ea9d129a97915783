"""Makes the clips that the wall speaks with: one word or phrase each, and a two-tone chime. A developer's tool.

Run it with `espeakng-loader` installed (`pip install espeakng-loader`); the product itself needs neither. The words are
given as words, never as digits: espeak-ng reads Vietnamese digits badly. Output: 16-bit mono WAV and `voice.json`,
which lists them: {"clips": {name: {"file", "says", "seconds"}}}.

    python .ci/voice.py server/web/static/sounds
"""

import ctypes
import json
import math
import sys
import wave
from array import array
from pathlib import Path

RATE = 22050
WORDS_PER_MINUTE = 140
LOUDNESS = 0.125  # root mean square of full scale over the spoken part: -18 dBFS
PEAK = 0.89  # never louder than -1 dBFS
QUIET = 0.01  # below this, it is silence before and after the word
FADE = 0.006  # seconds, so that no join clicks

SPOKEN: dict[str, str] = {
    "xin-moi-so": "xin mời số",
    "xin-nhac-lai": "xin nhắc lại",
    "so": "số",
    "den-quay-so": "đến quầy số",
    "quay-so": "quầy số",
    "0": "không", "1": "một", "2": "hai", "3": "ba", "4": "bốn",
    "5": "năm", "6": "sáu", "7": "bảy", "8": "tám", "9": "chín",
    "muoi-10": "mười", "muoi": "mươi", "mot": "mốt", "tu": "tư", "lam": "lăm", "linh": "linh", "tram": "trăm",
    "a": "a", "b": "bê", "c": "xê", "d": "dê", "dd": "đê", "e": "e", "f": "ép", "g": "gờ", "h": "hát", "i": "i",
    "j": "di", "k": "ca", "l": "lờ", "m": "mờ", "n": "nờ", "o": "o", "p": "pê", "q": "quy", "r": "rờ", "s": "sờ",
    "t": "tê", "u": "u", "v": "vê", "w": "vê kép", "x": "ích xì", "y": "y dài", "z": "dét",
}  # fmt: skip

Samples = list[float]


class Espeak:
    """The synthesiser, through its C interface. Raises OSError where the library or its data cannot be used."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        synchronous_samples = 2
        rate = self._library.espeak_Initialize(synchronous_samples, 0, espeakng_loader.get_data_path().encode(), 0)
        if rate != RATE:
            raise OSError(f"espeak-ng gives {rate} samples a second, not {RATE}")
        self._heard: list[int] = []
        signature = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

        def keep(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
            self._heard.extend(samples[:count] if samples else [])
            return 0

        self._callback = signature(keep)  # kept alive as long as the library may call it
        self._library.espeak_SetSynthCallback(self._callback)
        if self._library.espeak_SetVoiceByName(b"vi") != 0:
            raise OSError("espeak-ng has no Vietnamese voice")
        words_per_minute = 1
        self._library.espeak_SetParameter(words_per_minute, WORDS_PER_MINUTE, 0)

    def say(self, words: str) -> Samples:
        """The words as samples from -1 to 1."""
        self._heard.clear()
        text, utf8 = words.encode(), 1
        self._library.espeak_Synth(text, len(text) + 1, 0, 0, 0, utf8, None, None)
        self._library.espeak_Synchronize()
        return [sample / 32768 for sample in self._heard]


def trimmed(samples: Samples) -> Samples:
    """Without the silence before and after, faded at both ends."""
    loud = [place for place, sample in enumerate(samples) if abs(sample) > QUIET]
    margin = int(FADE * RATE)
    word = samples[max(0, loud[0] - margin) : loud[-1] + margin]
    for place in range(margin):
        word[place] *= place / margin
        word[-1 - place] *= place / margin
    return word


def levelled(samples: Samples, loudness: float = LOUDNESS) -> Samples:
    """As loud as every other clip, so that no word jumps out of the sentence."""
    heard = [sample for sample in samples if abs(sample) > QUIET]
    mean = math.sqrt(sum(sample * sample for sample in heard) / len(heard))
    gain = min(loudness / mean, PEAK / max(map(abs, samples)))
    return [sample * gain for sample in samples]


def chime() -> Samples:
    """Two falling bell tones (E5, C5): heard through a full hall, and no alarm."""
    seconds, second_tone = 1.5, 0.42
    samples = [0.0] * int(seconds * RATE)
    for start, pitch in ((0.0, 659.26), (second_tone, 523.25)):
        for partial, strength, decay in ((1, 1.0, 3.2), (2, 0.35, 5.0), (3, 0.12, 8.0), (4.2, 0.05, 12.0)):
            for place in range(int(start * RATE), len(samples)):
                age = place / RATE - start
                attack = min(1.0, age / 0.008)
                samples[place] += (
                    attack * strength * math.exp(-decay * age) * math.sin(math.tau * pitch * partial * age)
                )
    return levelled(trimmed([sample * 0.5 for sample in samples]), LOUDNESS * 0.8)


def save(path: Path, samples: Samples) -> float:
    """Writes a 16-bit mono WAV and answers its length in seconds."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", (round(sample * 32767) for sample in samples)).tobytes())
    return round(len(samples) / RATE, 3)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    voice = Espeak()
    clips: dict[str, dict[str, str | float]] = {
        "chime": {"file": "chime.wav", "says": "", "seconds": save(folder / "chime.wav", chime())}
    }
    for name, words in SPOKEN.items():
        seconds = save(folder / f"{name}.wav", levelled(trimmed(voice.say(words))))
        clips[name] = {"file": f"{name}.wav", "says": words, "seconds": seconds}
    listing = json.dumps({"clips": clips}, ensure_ascii=False, indent=1)
    (folder / "voice.json").write_text(listing + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
