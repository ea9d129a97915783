"""Printers behind one small protocol: ESC/POS by USB, network, serial or file, and paper that is a folder of PNGs.

A job says what became of it: `ok` only when the printer itself said so afterwards; silence is `unknown`, never `ok`.
Everything here blocks and runs in the print queue's thread.
"""

import contextlib
import importlib
import importlib.util
import logging
import os
import re
import socket
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal, Protocol

from PIL import Image

from kiosk.layout import Slip, draw
from server.clock import now
from server.wire import PrinterHealth

__all__ = ["BadPrinter", "EscposPrinter", "Health", "NoPrinter", "PaperPrinter", "Printer", "open_printer"]

PATIENCE = 2.5  # seconds for one answer, or one band, of a printer
BAND = 128  # rows sent at once: small buffers are never flooded
log = logging.getLogger("kiosk.printer")
Paper = Literal["ok", "low", "out", "unknown"]


class BadPrinter(ValueError):
    """A --printer that cannot be understood; says what was expected."""


@dataclass(frozen=True)
class Health:
    """How a printer is, or how a job went. `detail` is for the administrator."""

    printer: PrinterHealth
    paper: Paper = "unknown"
    detail: str = ""


class Device(Protocol):
    """What we use of python-escpos."""

    def open(self) -> None: ...
    def close(self) -> None: ...
    def hw(self, hw: str) -> None: ...
    def image(self, img_source: Image.Image, *, impl: str, fragment_height: int) -> None: ...
    def cut(self, *, feed: bool) -> None: ...
    def query_status(self, mode: bytes) -> bytes: ...
    def set(self, *, align: str, custom_size: bool = ..., width: int = ..., height: int = ...) -> None: ...
    def textln(self, txt: str) -> None: ...
    def qr(self, content: str, *, size: int, native: bool) -> None: ...


class NetworkDevice(Device, Protocol):
    """A device that takes an open connection."""

    device: socket.socket


class Printer(Protocol):
    """What the print queue needs."""

    def print(self, slip: Slip) -> Health:
        """Prints and cuts one slip; what became of it. Never raises."""

    def status(self) -> Health:
        """How the printer is now. Never raises."""


class NoPrinter:
    """A kiosk without paper: every number stays on the screen, with its QR code."""

    def print(self, slip: Slip) -> Health:
        """Nothing to print on."""
        return self.status()

    def status(self) -> Health:
        """Always unknown."""
        return Health("unknown", detail="no printer configured")


class PaperPrinter:
    """Writes each slip into a folder as `<time>-<number>.png`: for demos, tests and for trying a layout."""

    def __init__(self, folder: Path, width: int) -> None:
        self._folder = folder
        self._width = width

    def print(self, slip: Slip) -> Health:
        """Writes the picture under its final name only once it is complete."""
        image = draw(slip, self._width)
        at = now()
        number = re.sub(r"[^\w-]", "_", slip.number)
        name = f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z-{number}.png"
        half = self._folder / f".{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            image.save(half, format="PNG")
            half.replace(self._folder / name)
        except OSError as error:
            return Health("problem", "unknown", f"{type(error).__name__}: {error.strerror}")
        return Health("ok", "ok")

    def status(self) -> Health:
        """ok while the folder can be written to."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return Health("problem", "unknown", f"{type(error).__name__}: {error.strerror}")
        if not os.access(self._folder, os.W_OK):
            return Health("problem", "unknown", "the folder cannot be written to")
        return Health("ok", "ok")


class EscposPrinter:
    """A printer that python-escpos drives. A fresh connection per job: what an old one still takes, nobody prints."""

    def __init__(
        self,
        connect: Callable[[], Device],
        width: int,
        *,
        picture: bool = True,
        speaks: bool = True,
        silence: PrinterHealth = "unknown",
    ) -> None:
        """`picture`: takes bitmaps; `speaks`: can be asked how it is; `silence`: what an empty answer means."""
        self._connect = connect
        self._width = width
        self._picture = picture
        self._speaks = speaks
        self._silence: PrinterHealth = silence

    def print(self, slip: Slip) -> Health:
        """Asks, prints in bands, cuts, and asks again on the same connection."""
        with self._connection() as (device, told):
            if device is None:
                return told
            ask = _Questions(device, self._silence) if self._speaks else None
            before = ask.health() if ask else Health("unknown")
            if before.printer == "problem":
                return before  # a job sent now would come out much later, when nobody waits for it
            try:
                device.hw("INIT")
                if self._picture:
                    device.image(draw(slip, self._width), impl="bitImageRaster", fragment_height=BAND)
                else:
                    _plain(device, slip)
                device.cut(feed=False)  # feeds just up to the blade
            except (OSError, RuntimeError, AssertionError) as error:
                return Health("problem", before.paper, f"stopped while printing: {type(error).__name__}")
            return ask.health() if ask else Health("unknown", detail="this connection cannot answer")
        return told

    def status(self) -> Health:
        """Connects and asks."""
        with self._connection() as (device, told):
            if device is None:
                return told
            if not self._speaks:
                return Health("unknown", detail="this connection cannot answer")
            return _Questions(device, self._silence).health()
        return told

    @contextlib.contextmanager
    def _connection(self) -> Iterator[tuple[Device | None, Health]]:
        try:
            device = self._connect()
        except Exception as error:  # escpos, pyusb and pyserial each have families of their own
            log.info("no printer: %s", error)
            yield None, Health("problem", "unknown", f"not found: {type(error).__name__}")
            return
        try:
            yield device, Health("unknown")
        finally:
            with contextlib.suppress(OSError, AssertionError):
                device.close()


class _Questions:
    """Status questions on one connection (DLE EOT 1 and 4).

    After one unanswered question a late answer could be taken for the next one's, so nothing more is believed.
    """

    def __init__(self, device: Device, silence: PrinterHealth) -> None:
        self._device = device
        self._silence: PrinterHealth = silence
        self._lost = False

    def health(self) -> Health:
        if self._lost:
            return Health("unknown", detail="the printer does not answer")
        try:
            online = bytes(self._device.query_status(b"\x10\x04\x01"))
            paper = bytes(self._device.query_status(b"\x10\x04\x04")) if online else b""
        except TimeoutError:
            return self._silent()
        except (OSError, NotImplementedError, AssertionError) as error:
            if type(error).__name__ == "USBTimeoutError":
                return self._silent()
            return Health("problem", "unknown", f"connection lost: {type(error).__name__}")
        if not online or not paper:
            self._lost = True
            return Health(self._silence, "unknown", "the printer gave no answer")
        level = _paper(paper[-1])
        if level == "out":
            return Health("problem", level, "no paper")
        if online[-1] & 0b1000:
            return Health("problem", level, "the printer is off line (cover, cutter or feed button)")
        return Health("ok", level, "paper is low" if level == "low" else "")

    def _silent(self) -> Health:
        self._lost = True
        return Health("unknown", detail="the printer does not answer")


def _paper(sensors: int) -> Paper:
    if sensors & 0b0110_0000:
        return "out"
    return "low" if sensors & 0b0000_1100 else "ok"


def _plain(device: Device, slip: Slip) -> None:
    """At serial speed a bitmap takes half a minute: the printer's own big digits and its own QR code instead."""
    for place, text in enumerate(slip.plain):
        size = 8 if place == 0 and len(text) <= 5 else 4 if place == 0 else 2
        device.set(align="center", custom_size=True, width=size, height=size)
        device.textln(text)
    if slip.qr:
        device.set(align="center")
        device.qr(slip.qr, size=5, native=True)


# --- which printer ------------------------------------------------------------------------------------------


def open_printer(spec: str | None, width: int, private: Path) -> Printer:
    """The printer a `--printer` names; `private` is a folder of our own for what escpos keeps between starts.

    Raises BadPrinter where the text cannot be understood. Whether the printer is there is asked later.
    """
    if not spec:
        return NoPrinter()
    kind, _, where = spec.partition(":")
    if not where:
        raise BadPrinter("expected KIND:WHERE, for example tcp:192.0.2.10 or paper:slips")
    if kind == "paper":
        return PaperPrinter(Path(where), width)
    if kind == "tcp":
        return EscposPrinter(_network(where, private), width, silence="problem")
    if kind == "usb":
        return EscposPrinter(_usb(where, private), width)
    if kind == "serial":
        return EscposPrinter(_serial(where, private), width, picture=False)
    if kind == "file":
        return EscposPrinter(_file(where, private), width, speaks=False)
    raise BadPrinter(f"no such kind of printer: {kind} (usb, tcp, serial, file, paper)")


def _network(where: str, private: Path) -> Callable[[], Device]:
    host, _, port = where.rpartition(":") if ":" in where else (where, "", "9100")
    host = host.strip("[]")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadPrinter(f"expected tcp:HOST or tcp:HOST:PORT, not {where}")

    def connect() -> Device:
        # connected here: its own open() leaks the socket of a failed try, and knows no IPv6
        device: NetworkDevice = _escpos(private).Network(host, int(port), timeout=PATIENCE, profile="TM-T20II")
        device.device = socket.create_connection((host, int(port)), timeout=PATIENCE)
        return device

    return connect


def _usb(where: str, private: Path) -> Callable[[], Device]:
    ids = re.fullmatch(r"([0-9a-fA-F]{1,4}):([0-9a-fA-F]{1,4})", where)
    if ids is None:
        raise BadPrinter(f"expected usb:VENDOR:PRODUCT in hexadecimal, for example usb:04b8:0e15, not {where}")
    _needs("usb", "usb")
    vendor, product = int(ids[1], 16), int(ids[2], 16)

    def connect() -> Device:
        device: Device = _escpos(private).Usb(vendor, product, timeout=round(PATIENCE * 1000), profile="TM-T20II")
        device.open()
        return device

    return connect


def _serial(where: str, private: Path) -> Callable[[], Device]:
    _needs("serial", "serial")

    def connect() -> Device:
        device: Device = _escpos(private).Serial(where, timeout=PATIENCE, profile="TM-T20II")
        device.open()
        return device

    return connect


def _file(where: str, private: Path) -> Callable[[], Device]:
    def connect() -> Device:
        device: Device = _escpos(private).File(where, profile="TM-T20II")
        device.open()
        return device

    return connect


def _escpos(private: Path) -> ModuleType:
    """escpos.printer, imported late and kept tidy.

    Its import unpickles from a folder that anybody could write to, and leaves a new empty one behind each time: both
    get a place of our own. It also sets up logging, unless that is done before (`kiosk.__main__` does).
    """
    folder = private / "escpos"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)
    if "escpos.printer" not in sys.modules:
        os.environ["ESCPOS_CAPABILITIES_PICKLE_DIR"] = str(folder)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            usual, tempfile.tempdir = tempfile.tempdir, scratch
            try:
                importlib.import_module("escpos.printer")
            finally:
                tempfile.tempdir = usual
    return sys.modules["escpos.printer"]


def _needs(module: str, extra: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise BadPrinter(f"this needs a package that is not installed: pip install 'motcua[{extra}]'")
