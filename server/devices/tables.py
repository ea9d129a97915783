"""Kiosks, displays and tablets."""

from piccolo.columns import Integer, Timestamptz, Varchar
from piccolo.table import Table


class Device(Table, tablename="device"):
    """`place` numbers the office's kiosks from 0: each has its own range of offline numbers."""

    id = Varchar(length=32, primary_key=True)
    office = Varchar(length=40)
    kind = Varchar(length=10)
    name = Varchar(length=100)
    counter = Integer(null=True, default=None)
    place = Integer(default=0)
    created_at = Timestamptz(default=None)
    seen_at = Timestamptz(null=True, default=None)
    printer = Varchar(length=10, default="unknown")
    paper = Varchar(length=10, null=True, default=None)
    detail = Varchar(length=200, null=True, default=None)
    queued = Integer(null=True, default=None)
    clock_skew_ms = Integer(null=True, default=None)


TABLES: list[type[Table]] = [Device]
