"""The journal's tables: one head per office, and one row per event."""

from piccolo.columns import BigInt, Boolean, Date, Text, Timestamptz, Varchar
from piccolo.table import Table

# Free text and contact data: such a column dies where it lives and never reaches the journal.
PERSONAL = "personal"


class Journal(Table, tablename="journal"):
    """Where an office's journal stands. Locking this row is what makes a change of the office a change at all."""

    office = Varchar(length=40, primary_key=True)
    seq = BigInt(default=0)
    hash = Varchar(length=64)
    day = Date(null=True, default=None)
    day_seq = BigInt(default=0)
    practice = Boolean(default=False)


class Event(Table, tablename="event"):
    """One line of the journal; `body` is the JSON text that the hash was taken over."""

    id = Varchar(length=60, primary_key=True)
    office = Varchar(length=40)
    seq = BigInt()
    at = Timestamptz(default=None)
    kind = Varchar(length=40)
    actor = Varchar(length=80)
    body = Text()
    hash = Varchar(length=64)


TABLES: list[type[Table]] = [Journal, Event]
