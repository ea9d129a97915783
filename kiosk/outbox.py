"""What must survive a power cut: the last config, touches under way, offline tickets and numbers to give back.

One SQLite file, written through on every commit and held by one process alone. A number is spent in the same
transaction as its ticket, and stays spent, so that no crash can give it out twice.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from kiosk.rules import next_number
from server.wire import KioskConfig, KioskTicketRequest, NumberRange, OfflineTicket, decode, encode

__all__ = ["Attempt", "Counts", "Exhausted", "Outbox", "OutboxInUse", "Waiting"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS config (one INTEGER PRIMARY KEY CHECK (one = 1), told TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS attempt (id TEXT PRIMARY KEY, at TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS number (
    day TEXT NOT NULL, line TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (day, line, number));
CREATE TABLE IF NOT EXISTS ticket (
    id TEXT PRIMARY KEY, line TEXT NOT NULL, number INTEGER NOT NULL, issued_at TEXT NOT NULL, class TEXT,
    given_back INTEGER NOT NULL DEFAULT 0, handed_in INTEGER NOT NULL DEFAULT 0, refused TEXT,
    follow_token TEXT, sample INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS give_back (follow_token TEXT PRIMARY KEY);
"""
GIVE_BACK = (
    "INSERT OR IGNORE INTO give_back"
    " SELECT follow_token FROM ticket WHERE id = ? AND given_back = 1 AND follow_token IS NOT NULL"
)
ADD_SAMPLE = "ALTER TABLE ticket ADD COLUMN sample INTEGER NOT NULL DEFAULT 0"
KEPT = timedelta(days=40)  # long enough for a clock that was wrong to be put right


class OutboxInUse(Exception):
    """Another process holds this file: two kiosks would give the same numbers."""


class Exhausted(Exception):
    """The line's offline range is used up for that day."""


@dataclass(frozen=True)
class Attempt:
    """A touch that was sent to the server and whose answer is not known here."""

    id: str
    at: datetime
    body: KioskTicketRequest


@dataclass(frozen=True)
class Waiting:
    """An offline ticket that the server has not seen yet; `given_back`: its holder does not want it any more."""

    ticket: OfflineTicket
    given_back: bool


@dataclass(frozen=True)
class Counts:
    """How many tickets wait to be handed in, and how many the server would not take."""

    queued: int
    refused: int


class Outbox:
    """The file. Methods block for a disk write; they may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file. Raises OutboxInUse where another process has it open."""
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.5)
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            with self._write():
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)
                if "sample" not in [name for _, name, *_ in self._db.execute("PRAGMA table_info(ticket)")]:
                    self._db.execute(ADD_SAMPLE)  # a file from before offices practised
        except sqlite3.OperationalError as error:
            self._db.close()
            if "locked" in str(error):
                raise OutboxInUse(str(path)) from error
            raise

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _write(self) -> Iterator[None]:
        """One transaction, on the disk when it ends; nothing of it remains after an error."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    # --- the config ----------------------------------------------------------------------------------------

    def save_config(self, config: KioskConfig, told: datetime) -> None:
        """Remembers what the server said at `told`, and forgets numbers of days long gone."""
        with self._write():
            self._db.execute("REPLACE INTO config VALUES (1, ?, ?)", (told.isoformat(), encode(config)))
            self._db.execute("DELETE FROM number WHERE day < ?", ((told - KEPT).date().isoformat(),))
            self._db.execute("DELETE FROM ticket WHERE handed_in = 1 AND issued_at < ?", ((told - KEPT).isoformat(),))

    def config(self) -> tuple[KioskConfig, datetime] | None:
        """The last config and when the server told it; None before the first, or where it cannot be read any more."""
        rows = self._rows("SELECT body, told FROM config")
        if not rows:
            return None
        body, told = rows[0]
        try:
            return decode(_bytes(body), type=KioskConfig), datetime.fromisoformat(str(told))
        except msgspec.DecodeError:
            return None  # written by another version: the server will tell it anew

    # --- touches -------------------------------------------------------------------------------------------

    def begin(self, attempt: str, body: KioskTicketRequest, now: datetime) -> None:
        """A touch is about to be sent to the server under this id."""
        with self._write():
            self._db.execute("INSERT OR IGNORE INTO attempt VALUES (?, ?, ?)", (attempt, now.isoformat(), encode(body)))

    def answered(self, attempt: str) -> None:
        """The server's answer to that touch is known."""
        with self._write():
            self._db.execute("DELETE FROM attempt WHERE id = ?", (attempt,))

    def attempts(self, before: datetime) -> list[Attempt]:
        """Touches begun before that instant whose answer never came, oldest first."""
        rows = self._rows("SELECT id, at, body FROM attempt WHERE at < ? ORDER BY at", before.isoformat())
        return [
            Attempt(str(id_), datetime.fromisoformat(str(at)), decode(_bytes(body), type=KioskTicketRequest))
            for id_, at, body in rows
        ]

    def disown(self, attempt: str, follow_token: str) -> None:
        """The server did issue that touch's ticket, but nobody got it: it is to be given back."""
        with self._write():
            self._db.execute("DELETE FROM attempt WHERE id = ?", (attempt,))
            self._db.execute("INSERT OR IGNORE INTO give_back VALUES (?)", (follow_token,))

    # --- offline tickets -----------------------------------------------------------------------------------

    def issue(
        self,
        ticket: str,
        line: str,
        klass: str | None,
        numbers: NumberRange,
        day: date,
        now: datetime,
        *,
        sample: bool = False,
    ) -> OfflineTicket:
        """Gives out the line's next offline number of that day, once per id: asked again, it is the same ticket.

        A `sample` is printed as one, and handed in as one.
        Raises Exhausted where the range has no number left; nothing is written then.
        """
        known = self.find(ticket)
        if known is not None:
            return known
        with self._write():
            row = self._db.execute(
                "SELECT max(number) FROM number WHERE day = ? AND line = ? AND number BETWEEN ? AND ?",
                (day.isoformat(), line, numbers.first, numbers.last),
            ).fetchone()
            number = next_number(row[0], numbers)
            if number is None:
                raise Exhausted(line)
            self._db.execute("INSERT INTO number VALUES (?, ?, ?)", (day.isoformat(), line, number))
            self._db.execute(
                "INSERT INTO ticket (id, line, number, issued_at, class, sample) VALUES (?, ?, ?, ?, ?, ?)",
                (ticket, line, number, now.isoformat(), klass, sample),
            )
            self._db.execute("DELETE FROM attempt WHERE id = ?", (ticket,))
        return OfflineTicket(id=ticket, line=line, number=number, issued_at=now, klass=klass, sample=sample)

    def find(self, ticket: str) -> OfflineTicket | None:
        """The offline ticket given out under this id, handed in or not."""
        rows = self._rows("SELECT id, line, number, issued_at, class, sample FROM ticket WHERE id = ?", ticket)
        return _ticket(rows[0]) if rows else None

    def waiting(self, limit: int = 50) -> list[Waiting]:
        """The offline tickets still to be handed in, oldest first."""
        rows = self._rows(
            "SELECT id, line, number, issued_at, class, sample, given_back FROM ticket"
            " WHERE handed_in = 0 AND refused IS NULL ORDER BY issued_at, number LIMIT ?",
            limit,
        )
        return [Waiting(_ticket(row), bool(row[6])) for row in rows]

    def handed_in(self, ticket: str, follow_token: str | None) -> None:
        """The server has that ticket now; one whose holder gave it back meanwhile is given back there, too."""
        with self._write():
            self._db.execute("UPDATE ticket SET handed_in = 1, follow_token = ? WHERE id = ?", (follow_token, ticket))
            self._db.execute(GIVE_BACK, (ticket,))

    def refused(self, ticket: str, code: str) -> None:
        """The server will never take that ticket; kept, so that somebody can be told."""
        with self._write():
            self._db.execute("UPDATE ticket SET refused = ? WHERE id = ?", (code, ticket))

    # --- numbers given back --------------------------------------------------------------------------------

    def give_back_offline(self, ticket: str) -> None:
        """Its holder does not want that offline ticket; it is given back once the server knows it."""
        with self._write():
            self._db.execute("UPDATE ticket SET given_back = 1 WHERE id = ?", (ticket,))
            self._db.execute(GIVE_BACK, (ticket,))

    def give_back(self, follow_token: str) -> None:
        """A ticket of the server is to be given back as soon as the link allows."""
        with self._write():
            self._db.execute("INSERT OR IGNORE INTO give_back VALUES (?)", (follow_token,))

    def to_give_back(self) -> Sequence[str]:
        """The follow tokens of tickets still to be given back."""
        return [str(token) for (token,) in self._rows("SELECT follow_token FROM give_back")]

    def given_back(self, follow_token: str) -> None:
        """That one is given back, or cannot be."""
        with self._write():
            self._db.execute("DELETE FROM give_back WHERE follow_token = ?", (follow_token,))

    def counts(self) -> Counts:
        """What still waits for the server."""
        rows = self._rows("SELECT count(*) FILTER (WHERE handed_in = 0 AND refused IS NULL),"
                          " count(*) FILTER (WHERE refused IS NOT NULL) FROM ticket")  # fmt: skip
        return Counts(*(int(str(value)) for value in rows[0]))


def _ticket(row: tuple[object, ...]) -> OfflineTicket:
    return OfflineTicket(
        id=str(row[0]),
        line=str(row[1]),
        number=int(str(row[2])),
        issued_at=datetime.fromisoformat(str(row[3])),
        klass=None if row[4] is None else str(row[4]),
        sample=bool(row[5]),
    )


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("the outbox holds something else than bytes")
    return value
