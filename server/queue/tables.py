"""Tickets, the visits they belong to, the desks that call them, and the next number of each series."""

from piccolo.columns import BigInt, Boolean, Date, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from server.journal.tables import PERSONAL


class Ticket(Table, tablename="ticket"):
    """One number of one person. Columns marked personal never reach the journal.

    `person` is an HMAC of the telephone that a number was taken with at home; the number itself is not kept.
    """

    id = Varchar(length=100, primary_key=True)
    office = Varchar(length=40)
    day = Date(default=None)
    series = Varchar(length=4)
    number = Integer()
    label = Varchar(length=12)
    line = Varchar(length=4)
    klass = Varchar(length=40, null=True, default=None)
    rate = Integer(default=100)
    source = Varchar(length=16)
    state = Varchar(length=12)
    virtual_at = Timestamptz(default=None)
    issued_at = Timestamptz(default=None)
    issued_seq = BigInt(default=0)
    arrived_at = Timestamptz(null=True, default=None)
    touched_seq = BigInt(default=0)
    only_officer = Varchar(length=100, null=True, default=None)
    only_counter = Integer(null=True, default=None)
    back_to = Varchar(length=100, null=True, default=None)
    first_called_at = Timestamptz(null=True, default=None)
    called_at = Timestamptz(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_seq = BigInt(null=True, default=None)
    announced_at = Timestamptz(null=True, default=None)
    announced_seq = BigInt(null=True, default=None)
    announced_counter = Integer(null=True, default=None)
    counter = Integer(null=True, default=None)
    officer = Varchar(length=100, null=True, default=None)
    misses = Integer(default=0)
    missed_at = Timestamptz(null=True, default=None)
    returned_seq = BigInt(null=True, default=None)
    parked_at = Timestamptz(null=True, default=None)
    kept_ms = BigInt(default=0)
    parked_until = Timestamptz(null=True, default=None)
    holds = Integer(default=0)
    chosen_by = Varchar(length=100, null=True, default=None)
    choice_reason = Varchar(length=200, null=True, default=None, help_text=PERSONAL)
    park_reason = Varchar(length=200, null=True, default=None, help_text=PERSONAL)
    visit = Varchar(length=100)
    appointment = Varchar(length=20, null=True, default=None)
    procedures = Text()
    served_procedures = Text()
    outcome = Varchar(length=40, null=True, default=None)
    dossiers = Integer(null=True, default=None)
    promised_on = Date(null=True, default=None)
    language = Varchar(length=2, default="vi")
    sample = Boolean(default=False)
    follow_no = Integer(default=0)
    follow_hash = Varchar(length=64, secret=True)
    person = Varchar(length=64, null=True, default=None, help_text=PERSONAL)


class Desk(Table, tablename="desk"):
    """A counter with an officer at it. A row exists from the first time a counter is opened.

    `extra_lines` are those the head has given it until `extra_until`; `help_kind` is what its officer needs.
    `undo` is the JSON of what the last verb found, kept for a few seconds; it is a convenience, so not journalled.
    """

    id = Varchar(length=50, primary_key=True)
    office = Varchar(length=40)
    counter = Integer()
    officer = Varchar(length=100, null=True, default=None)
    opened_at = Timestamptz(null=True, default=None)
    paused_at = Timestamptz(null=True, default=None)
    paused_until = Timestamptz(null=True, default=None)
    pause_reason = Varchar(length=200, null=True, default=None, help_text=PERSONAL)
    extra_lines = Text()
    extra_until = Timestamptz(null=True, default=None)
    help_kind = Varchar(length=12, null=True, default=None)
    help_at = Timestamptz(null=True, default=None)
    undo_verb = Varchar(length=20, null=True, default=None, help_text=PERSONAL)
    undo_until = Timestamptz(null=True, default=None, help_text=PERSONAL)
    undo_seq = BigInt(null=True, default=None, help_text=PERSONAL)
    undo = Text(null=True, default=None, help_text=PERSONAL)


class NumberSeries(Table, tablename="number_series"):
    """Where a line's numbers stand: the day of the last issue, the first number of that day, and the last one.

    Numbers of practice are counted on their own.
    """

    id = Varchar(length=50, primary_key=True)
    office = Varchar(length=40)
    line = Varchar(length=4)
    day = Date(default=None)
    day_first = Integer()
    last = Integer()
    practice = Boolean(default=False)


class Promise(Table, tablename="promise"):
    """The range of minutes announced with a ticket, and beside it what the simple formulas would have said.

    Not journalled: a forecast is not something that happened to the ticket.
    """

    ticket = Varchar(length=100, primary_key=True)
    office = Varchar(length=40)
    day = Date(default=None)
    at = Timestamptz(default=None)
    p50 = Integer()
    p90 = Integer()
    formulas = Text()


class Card(Table, tablename="card"):
    """A numbered card that is handed out instead of paper, and taken back afterwards."""

    id = Varchar(length=60, primary_key=True)
    office = Varchar(length=40)
    label = Varchar(length=12)
    state = Varchar(length=8)
    ticket = Varchar(length=100, null=True, default=None)


class KioskHelp(Table, tablename="kiosk_help"):
    """A kiosk's latest call for help; `id` is the kiosk's."""

    id = Varchar(length=32, primary_key=True)
    office = Varchar(length=40)
    called_at = Timestamptz(default=None)
    answered_at = Timestamptz(null=True, default=None)


TABLES: list[type[Table]] = [Ticket, Desk, NumberSeries, Card, KioskHelp, Promise]
