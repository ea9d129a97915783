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


class PushSubscription(Table, tablename="push_subscription"):
    """The browser that is told of one booking, place in a waiting list or ticket. Whoever has it could be found by it.

    `reference` is the booking's, the place's, or the ticket's id.
    """

    reference = Varchar(length=20, primary_key=True)
    endpoint = Varchar(length=1000, secret=True)
    p256dh = Varchar(length=100, secret=True)
    auth = Varchar(length=30, secret=True)
    created_at = Timestamptz(default=None)


TABLES: list[type[Table]] = [Outbox, PushSubscription]
