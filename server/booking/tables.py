"""Appointments, and who waits for a full day."""

from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from server.journal.tables import PERSONAL


class Appointment(Table, tablename="appointment"):
    """A time that somebody has taken. What is personal in it dies after the visit."""

    reference = Varchar(length=20, primary_key=True)
    office = Varchar(length=40)
    starts_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None)
    line = Varchar(length=4)
    procedures = Text()
    officer = Varchar(length=100, null=True, default=None)
    purpose = Varchar(length=10)
    state = Varchar(length=12)
    created_at = Timestamptz(default=None)
    held_until = Timestamptz(null=True, default=None)
    cancelled_at = Timestamptz(null=True, default=None)
    checked_in_at = Timestamptz(null=True, default=None)
    ticket = Varchar(length=100, null=True, default=None)
    sequence = Integer(default=0)
    manage_no = Integer(default=0)
    language = Varchar(length=2, default="vi")
    name = Varchar(length=200, null=True, default=None, help_text=PERSONAL)
    phone = Varchar(length=20, null=True, default=None, help_text=PERSONAL)
    email = Varchar(length=254, null=True, default=None, help_text=PERSONAL)
    dossier_number = Varchar(length=60, null=True, default=None, help_text=PERSONAL)
    dossier_check = Varchar(length=10, null=True, default=None)
    identity_hash = Varchar(length=64, null=True, default=None, secret=True)
    identity_tail = Varchar(length=3, null=True, default=None, help_text=PERSONAL)
    reason = Varchar(length=20, null=True, default=None)
    note = Varchar(length=200, null=True, default=None, help_text=PERSONAL)
    waived = Varchar(length=40, default="")
    waiting_entry = Varchar(length=20, null=True, default=None)
    # Secret keeps them out of the journal: strangers who guess must not be able to fill it.
    tries = Integer(default=0, secret=True)
    tries_since = Timestamptz(null=True, default=None, secret=True)
    # An HMAC of where the hold came from, kept an hour: only to see whether one place takes everything.
    network = Varchar(length=64, null=True, default=None, secret=True)
    dossiers = Integer(null=True, default=None)


class ChallengeSpent(Table, tablename="challenge_spent"):
    """A solved challenge that somebody has used; forgotten once nobody could use it again anyway."""

    nonce = Varchar(length=64, primary_key=True)
    until = Timestamptz(default=None)


class BookingCode(Table, tablename="booking_code"):
    """The newest code sent for a held time, or to join a day's waiting list. It is derived from `salt`, never stored.

    `recipient` and `network` are HMACs; `address` is where to, as long as no booking or entry says it.
    """

    reference = Varchar(length=20, primary_key=True)
    salt = Varchar(length=32)
    recipient = Varchar(length=64)
    network = Varchar(length=64)
    sent = Integer()
    sent_at = Timestamptz(default=None)
    until = Timestamptz(default=None)
    tries = Integer(default=0)
    address = Varchar(length=254, null=True, default=None, help_text=PERSONAL)


class WaitingEntry(Table, tablename="waiting_entry"):
    """Somebody's place in a day's waiting list. What it was offered are the appointments that name it."""

    reference = Varchar(length=20, primary_key=True)
    office = Varchar(length=40)
    day = Date(default=None)
    place = BigInt()
    procedures = Text()
    officer = Varchar(length=100, null=True, default=None)
    purpose = Varchar(length=10)
    state = Varchar(length=8)
    joined_at = Timestamptz(default=None)
    passed = Text(default="")
    language = Varchar(length=2, default="vi")
    name = Varchar(length=200, null=True, default=None, help_text=PERSONAL)
    phone = Varchar(length=20, null=True, default=None, help_text=PERSONAL)
    email = Varchar(length=254, null=True, default=None, help_text=PERSONAL)
    dossier_number = Varchar(length=60, null=True, default=None, help_text=PERSONAL)
    dossier_check = Varchar(length=10, null=True, default=None)
    dossiers = Integer(null=True, default=None)
    identity_hash = Varchar(length=64, null=True, default=None, secret=True)
    identity_tail = Varchar(length=3, null=True, default=None, help_text=PERSONAL)


TABLES: list[type[Table]] = [Appointment, WaitingEntry, ChallengeSpent, BookingCode]
