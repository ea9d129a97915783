"""Printers that work, and printers that do everything else."""

import asyncio
import importlib.util
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from kiosk import printer as printers
from kiosk.layout import Slip, draw
from kiosk.printer import BadPrinter, Health, NoPrinter, Printer, open_printer
from kiosk.printing import PrintQueue
from tests.kiosk.printers import NetworkPrinter, rows_of

LINK = "https://motcua.example.vn/t/7K4M2QX9ABCD"
SLIP = Slip(office="Phường Bồ Đề", line="Hộ tịch", number="H014", qr=LINK, aside=[("Theo dõi", True)], plain=["H014"])


@pytest.fixture
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], NetworkPrinter]]:
    """`plugged_in(mood)`: a network printer in that mood, unplugged at the end. Silence is believed sooner."""
    monkeypatch.setattr(printers, "PATIENCE", 0.3)
    found: list[NetworkPrinter] = []

    def plug_in(mood: str) -> NetworkPrinter:
        found.append(NetworkPrinter(mood))
        return found[-1]

    yield plug_in
    for one in found:
        one.cut.set()
        one.close()


def at(stand_in: NetworkPrinter, tmp_path: Path, width: int = 576) -> Printer:
    """The kiosk's side of that printer."""
    return open_printer(f"tcp:127.0.0.1:{stand_in.port}", width, tmp_path)


@pytest.mark.parametrize("width", [576, 384])
def test_what_arrives_at_the_head_is_the_picture_dot_for_dot(
    plugged_in: Callable[[str], NetworkPrinter], tmp_path: Path, width: int
) -> None:
    """The bands put together are the layout's bitmap, and an independent reader finds the link in them."""
    stand_in = plugged_in("ok")
    assert at(stand_in, tmp_path, width).print(SLIP) == Health("ok", "ok")
    rows = rows_of(stand_in.jobs[0], width)
    height = len(rows) * 8 // width
    arrived = Image.frombytes("1", (width, height), bytes(byte ^ 0xFF for byte in rows))
    assert arrived.tobytes() == draw(SLIP, width).tobytes()
    assert [found.text for found in zxingcpp.read_barcodes(arrived.convert("L"))] == [LINK]


@pytest.mark.parametrize(
    ("mood", "health", "arrives"),
    [
        ("ok", ("ok", "ok"), True),
        ("low", ("ok", "low"), True),
        ("no-paper", ("problem", "out"), False),
        ("cover-open", ("problem", "ok"), False),
        ("runs-out", ("problem", "out"), True),
        ("silent", ("unknown", "unknown"), True),
    ],
)
def test_only_a_printer_that_says_so_has_printed(
    plugged_in: Callable[[str], NetworkPrinter], tmp_path: Path, mood: str, health: tuple[str, str], arrives: bool
) -> None:
    """Every way to fail is a problem or unknown, never ok; what cannot be printed now is not sent to come out later."""
    stand_in = plugged_in(mood)
    said = at(stand_in, tmp_path).print(SLIP)
    assert (said.printer, said.paper) == health
    if arrives:
        assert stand_in.cut.wait(5)
    assert len(stand_in.jobs) == arrives


@pytest.mark.parametrize("mood", ["drop", "deaf"])
def test_a_printer_that_stops_listening_has_not_printed(
    plugged_in: Callable[[str], NetworkPrinter], tmp_path: Path, mood: str
) -> None:
    """Whether it hangs up in mid job or never reads: the number stays on the screen."""
    stand_in = plugged_in(mood)
    assert at(stand_in, tmp_path).print(SLIP).printer in ("problem", "unknown")
    assert stand_in.jobs == []


def test_a_printer_that_recovers_prints_the_next_one_alone(
    plugged_in: Callable[[str], NetworkPrinter], tmp_path: Path
) -> None:
    """After a failed job the next one goes out by itself, on a fresh connection."""
    stand_in = plugged_in("drop")
    device = at(stand_in, tmp_path)
    assert device.print(SLIP).printer == "problem"
    stand_in.mood = "ok"
    assert device.print(SLIP).printer == "ok"
    assert len(stand_in.jobs) == 1


def test_an_unplugged_printer_is_a_problem(plugged_in: Callable[[str], NetworkPrinter], tmp_path: Path) -> None:
    """Nobody listens: a problem, both when asked and when printing."""
    stand_in = plugged_in("ok")
    device = at(stand_in, tmp_path)
    stand_in.close()
    assert device.status().printer == "problem"
    assert device.print(SLIP).printer == "problem"


def test_a_late_answer_is_not_taken_for_the_next_questions(
    plugged_in: Callable[[str], NetworkPrinter], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a question went unanswered, an answer that comes after all proves nothing about this job."""
    stand_in = plugged_in("silent")
    original = NetworkPrinter._answers

    def wakes_up(self: NetworkPrinter, printing: bool) -> Iterator[tuple[bytes, bytes]]:
        if printing:
            self.mood = "ok"
        return original(self, printing)

    monkeypatch.setattr(NetworkPrinter, "_answers", wakes_up)
    assert at(stand_in, tmp_path).print(SLIP).printer == "unknown"


def test_the_paper_printer_writes_one_picture_per_print(tmp_path: Path) -> None:
    """`<time>-<number>.png`, complete when it appears, and readable by a phone."""
    device = open_printer(f"paper:{tmp_path / 'slips'}", 576, tmp_path)
    assert device.status() == device.print(SLIP) == Health("ok", "ok")
    (written,) = (tmp_path / "slips").iterdir()
    assert written.name.endswith("-H014.png")
    assert [found.text for found in zxingcpp.read_barcodes(Image.open(written).convert("L"))] == [LINK]


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    """A full or missing disk is told, not raised."""
    (tmp_path / "slips").write_text("not a folder")
    device = open_printer(f"paper:{tmp_path / 'slips'}", 576, tmp_path)
    assert device.status().printer == device.print(SLIP).printer == "problem"


def test_a_file_printer_never_claims_success(tmp_path: Path) -> None:
    """A device file takes everything and answers nothing: unknown is not ok."""
    device = open_printer(f"file:{tmp_path / 'lp0'}", 384, tmp_path)
    assert device.print(SLIP).printer == "unknown"
    assert rows_of((tmp_path / "lp0").read_bytes(), 384)
    assert NoPrinter().print(SLIP).printer == "unknown"


@pytest.mark.parametrize(
    "spec", ["laser:x", "tcp", "tcp:", "usb:1", "usb:xyz:1", "tcp:host:0", "tcp:host:99999", "tcp:host:http", "paper"]
)
def test_a_printer_that_cannot_be_understood_is_refused_at_once(spec: str, tmp_path: Path) -> None:
    """A typing error is found when the kiosk starts, not at the first ticket."""
    with pytest.raises(BadPrinter):
        open_printer(spec, 576, tmp_path)


@pytest.mark.parametrize("spec", ["usb:04b8:0e15", "serial:/dev/no-such-port"])
def test_a_missing_device_is_a_problem_not_a_crash(spec: str, tmp_path: Path) -> None:
    """A cable that is not plugged in, or a driver that is not installed, leaves the kiosk running."""
    device = open_printer(spec, 576, tmp_path)
    assert device.status().printer == device.print(SLIP).printer == "problem"


@pytest.mark.parametrize("spec", ["usb:04b8:0e15", "serial:/dev/ttyS0"])
def test_a_driver_that_is_not_installed_is_named(spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says which extra to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadPrinter, match=r"motcua\[(usb|serial)\]"):
        open_printer(spec, 576, tmp_path)


def test_a_serial_printer_gets_its_number_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 9600 baud a bitmap would take half a minute: big digits and the printer's own QR code instead."""
    from escpos.printer import Dummy

    device = Dummy(profile="TM-T20II")
    monkeypatch.setattr(device, "query_status", lambda mode: b"\x12", raising=False)
    sent: list[bytes] = []
    monkeypatch.setattr(device, "close", lambda: sent.append(device.output))
    assert printers.EscposPrinter(lambda: device, 576, picture=False).print(SLIP).printer == "ok"
    assert b"H014" in sent[0]
    assert LINK.encode() in sent[0]
    assert len(sent[0]) < 400


def test_escpos_leaves_nothing_behind(tmp_path: Path) -> None:
    """Its pickle lies in a folder of our own that nobody else can write to; stdout and logging stay ours."""
    code = (
        "import logging, sys; from pathlib import Path; from kiosk.printer import open_printer;"
        "from kiosk.layout import Slip;"
        "logging.basicConfig(level=logging.CRITICAL); handlers = list(logging.getLogger().handlers);"
        f"open_printer('file:/dev/null', 576, Path({str(tmp_path)!r})).print(Slip('a', 'b', 'A001'));"
        "assert logging.getLogger().handlers == handlers; assert 'escpos' in sys.modules"
    )
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(scratch)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list((tmp_path / "escpos").glob("*.pickle"))
    assert (tmp_path / "escpos").stat().st_mode & 0o077 == 0
    assert list(scratch.iterdir()) == []


class Stubborn:
    """A printer whose jobs last until they are let go."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.free = threading.Event()
        self.printed: list[str] = []

    def print(self, slip: Slip) -> Health:
        self.started.set()
        self.free.wait(20)
        self.printed.append(slip.number)
        return Health("ok", "ok")

    def status(self) -> Health:
        return Health("ok", "ok")


def numbered(number: str) -> Slip:
    """A slip that is only a number."""
    return Slip(office="", line="", number=number)


async def test_jobs_come_out_in_order_one_at_a_time() -> None:
    """Eight people at once get eight slips in the order in which they touched."""
    device = Stubborn()
    device.free.set()
    queue = PrintQueue(device)
    numbers = [f"A{n:03}" for n in range(8)]
    healths = await asyncio.gather(*(queue.print(numbered(number)) for number in numbers))
    queue.close()
    assert device.printed == numbers
    assert {health.printer for health in healths} == {"ok"}


async def test_a_stuck_printer_keeps_nobody_waiting_and_prints_nothing_late() -> None:
    """The first job times out, the next ones are told at once, and what was given up never comes out."""
    device = Stubborn()
    queue = PrintQueue(device, longest=0.05)
    first = asyncio.create_task(queue.print(numbered("A001")))
    await asyncio.to_thread(device.started.wait, 10)
    second = asyncio.create_task(queue.print(numbered("A002")))
    assert (await first).printer == (await second).printer == "problem"
    third = await queue.print(numbered("A003"))
    assert (third.printer, third.detail) == ("problem", "the printer is stuck")
    device.free.set()
    queue._longest = 20
    while (await queue.status()).printer != "ok":
        pass
    assert (await queue.print(numbered("A004"))).printer == "ok"
    queue.close()
    assert device.printed == ["A001", "A004"]


async def test_a_bug_in_a_driver_is_a_problem(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a driver raises, the queue goes on."""

    class Broken(Stubborn):
        def print(self, slip: Slip) -> Health:
            raise KeyError("surprise")

    queue = PrintQueue(Broken())
    with caplog.at_level(logging.CRITICAL, "kiosk.printing"):
        assert (await queue.print(numbered("A001"))).printer == "problem"
    assert (await queue.status()).printer == "ok"
    queue.close()
