"""Officers, and the tokens by which officers and devices are known."""

from piccolo.columns import Boolean, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table


class Officer(Table, tablename="officer"):
    id: Serial
    office = Varchar(length=40)
    username = Varchar(length=100)
    full_name = Varchar(length=200)
    role = Varchar(length=20)
    lines = Text()
    password_hash = Varchar(length=200, null=True, default=None, secret=True)
    failures = Integer(default=0)
    locked_until = Timestamptz(null=True, default=None)
    active = Boolean(default=True)


class Token(Table, tablename="token"):
    """A session or a device's key. Only the hash is kept; revoking sets an instant, so that it stays visible."""

    hash = Varchar(length=64, primary_key=True)
    kind = Varchar(length=10)
    office = Varchar(length=40)
    subject = Varchar(length=100)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class IdempotencyKey(Table, tablename="idempotency_key"):
    """The first answer to a command. `scope` is a hash of caller, method, path and key; `answer` is encrypted."""

    scope = Varchar(length=64, primary_key=True)
    body_hash = Varchar(length=64)
    status = Integer(default=0)
    answer = Text(secret=True)
    at = Timestamptz(default=None)


class ServerSecret(Table, tablename="server_secret"):
    """Keys the server made for itself, shared by all its processes."""

    name = Varchar(length=40, primary_key=True)
    value = Varchar(length=100, secret=True)


TABLES: list[type[Table]] = [Officer, Token, IdempotencyKey, ServerSecret]
