"""Appointments."""

from piccolo.columns import Integer, Text, Timestamptz, Varchar
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
    identity_hash = Varchar(length=64, null=True, default=None, secret=True)
    identity_tail = Varchar(length=3, null=True, default=None, help_text=PERSONAL)
    reason = Varchar(length=20, null=True, default=None)
    note = Varchar(length=200, null=True, default=None, help_text=PERSONAL)
    waived = Varchar(length=40, default="")
    # Secret keeps them out of the journal: strangers who guess must not be able to fill it.
    tries = Integer(default=0, secret=True)
    tries_since = Timestamptz(null=True, default=None, secret=True)


TABLES: list[type[Table]] = [Appointment]
