"""A network printer that works, or does anything else, and what it was sent."""

import contextlib
import socket
import threading
from collections.abc import Iterator

__all__ = ["NetworkPrinter", "rows_of"]


class NetworkPrinter:
    """A TCP printer that answers DLE EOT 1 and 4, in one of many moods.

    ok · no-paper · low · cover-open · silent (takes everything, says nothing) · drop (hangs up in mid job)
    · runs-out (paper ends while it prints) · deaf (does not even read)
    """

    def __init__(self, mood: str = "ok") -> None:
        self.mood = mood
        self.jobs: list[bytes] = []
        self.cut = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Unplugs it."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # a thread that is in accept() would keep the port open
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.mood == "deaf":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                self.cut.wait(30)
                return
            job = b""
            while data := connection.recv(4096):
                for question, answer in self._answers(bool(job)):
                    while question in data:
                        data = data.replace(question, b"", 1)
                        if self.mood != "silent":
                            connection.sendall(answer)
                job += data
                if self.mood == "drop" and len(job) > 8192:
                    return
                if b"\x1dV\x42\x00" in data:
                    self.jobs.append(job)
                    self.cut.set()

    def _answers(self, printing: bool) -> Iterator[tuple[bytes, bytes]]:
        out = self.mood == "no-paper" or (self.mood == "runs-out" and printing)
        paper = 0b0111_1110 if out else 0b0001_1110 if self.mood == "low" else 0b0001_0010
        yield b"\x10\x04\x01", bytes([0b0001_1010 if self.mood == "cover-open" or out else 0b0001_0010])
        yield b"\x10\x04\x04", bytes([paper])


def rows_of(job: bytes, width: int) -> bytes:
    """The picture in a job of GS v 0 bands: one bit a dot, 1 is black."""
    found, place = b"", 0
    while (place := job.find(b"\x1dv0\x00", place)) >= 0:
        across, down = (
            int.from_bytes(job[place + 4 : place + 6], "little"),
            int.from_bytes(job[place + 6 : place + 8], "little"),
        )
        if across != width // 8:
            raise AssertionError(f"a band {across * 8} dots wide")
        found += job[place + 8 : place + 8 + across * down]
        place += 8 + across * down
    return found
