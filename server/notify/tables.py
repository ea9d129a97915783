"""The outbox: messages to be sent, and what became of them."""

from piccolo.columns import Integer, Timestamptz, Varchar
from piccolo.table import Table


class Outbox(Table, tablename="outbox"):
    """One message to one person by one channel. Whom and what it says is looked up when it is sent: nothing personal.

    `due_at` is when it may be tried next; while somebody is trying, it is when their lease on it ends.
    """

    id = Varchar(length=16, primary_key=True)
    office = Varchar(length=40)
    reference = Varchar(length=20)
    kind = Varchar(length=12)
    channel = Varchar(length=8)
    language = Varchar(length=2)
    sequence = Integer()
    state = Varchar(length=8)
    tries = Integer(default=0)
    code = Varchar(length=20, null=True, default=None)
    written_at = Timestamptz(default=None)
    due_at = Timestamptz(default=None)
    done_at = Timestamptz(null=True, default=None)


TABLES: list[type[Table]] = [Outbox]
