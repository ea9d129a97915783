"""Ratings: one per served ticket."""

from piccolo.columns import BigInt, Boolean, Date, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from server.journal.tables import PERSONAL


class Rating(Table, tablename="rating"):
    """What a visitor said. `ticket` and `served_seq` are secret: they would tie it to a visit.

    A `sample` is of a visit that was practised, and counts nowhere.
    """

    id = Varchar(length=32, primary_key=True)
    office = Varchar(length=40)
    ticket = Varchar(length=100, secret=True)
    served_seq = BigInt(secret=True)
    day = Date(default=None)
    level = Integer()
    reasons = Text()
    source = Varchar(length=10)
    given_at = Timestamptz(default=None)
    comment = Text(null=True, default=None, help_text=PERSONAL)
    contact = Varchar(length=200, null=True, default=None, help_text=PERSONAL)
    sample = Boolean(default=False)


TABLES: list[type[Table]] = [Rating]
