"""Offices and what they offer: lines, counters, procedures, hours, closures, shifts, priority groups, settings."""

from piccolo.columns import Date, DoublePrecision, Integer, Serial, Text, Varchar
from piccolo.table import Table


class Office(Table, tablename="office"):
    code = Varchar(length=40, primary_key=True)
    national_code = Varchar(length=10)
    name_vi = Varchar(length=200)
    name_en = Varchar(length=200)
    parent = Varchar(length=40)
    address = Varchar(length=300)
    time_zone = Varchar(length=60)
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)


class ServiceLine(Table, tablename="service_line"):
    """What people queue for. `series` numbers run from first to last; `fields` are one a line."""

    id: Serial
    office = Varchar(length=40)
    code = Varchar(length=4)
    prefix = Varchar(length=4)
    kind = Varchar(length=12)
    name_vi = Varchar(length=200)
    name_en = Varchar(length=200)
    expected_minutes = DoublePrecision()
    spread = DoublePrecision()
    first_number = Integer()
    last_number = Integer()
    fields = Text()
    position = Integer()


class Procedure(Table, tablename="procedure"):
    """A row of the national catalogue (`office` is `*`) or an office's own version of it. Lists are one item a line."""

    id: Serial
    office = Varchar(length=40)
    code = Varchar(length=40)
    name_vi = Text()
    name_en = Text()
    field_vi = Varchar(length=200)
    line = Varchar(length=4)
    minutes = Integer(null=True, default=None)
    statutory_days = Integer(null=True, default=None)
    promised_days = Integer(null=True, default=None)
    fee_in_person_vnd = Integer(null=True, default=None)
    fee_online_vnd = Integer(null=True, default=None)
    required_documents = Text()
    short_info_vi = Text()
    folded = Text()


class Fee(Table, tablename="fee"):
    """What a decision says that a procedure costs, in whole đồng, and while it is in force."""

    id: Serial
    office = Varchar(length=40)
    code = Varchar(length=40)
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)
    in_person_vnd = Integer(null=True, default=None)
    online_vnd = Integer(null=True, default=None)
    decision = Varchar(length=200)


class Counter(Table, tablename="counter"):
    id: Serial
    office = Varchar(length=40)
    number = Integer()
    name_vi = Varchar(length=200)
    name_en = Varchar(length=200)
    lines = Text()


class Hours(Table, tablename="hours"):
    """Recurring opening hours. Times are minutes after local midnight, 1440 closing a day."""

    id: Serial
    office = Varchar(length=40)
    weekdays = Varchar(length=20)
    opens = Integer()
    closes = Integer()
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)


class Closure(Table, tablename="closure"):
    """A day or days with other hours than usual: shut (both times null), or open just then."""

    id: Serial
    office = Varchar(length=40)
    date = Date(default=None)
    until = Date(null=True, default=None)
    opens = Integer(null=True, default=None)
    closes = Integer(null=True, default=None)
    name_vi = Varchar(length=200)
    name_en = Varchar(length=200)


class Shift(Table, tablename="shift"):
    """An officer at a counter, recurring every so many weeks; `lines` narrow what is served then.

    It is worked from `valid_from` to `valid_until`, both included.
    """

    id: Serial
    office = Varchar(length=40)
    username = Varchar(length=100)
    counter = Integer()
    weekdays = Varchar(length=20)
    starts = Integer()
    ends = Integer()
    every_weeks = Integer()
    first_week = Date(null=True, default=None)
    lines = Text()
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)


class Absence(Table, tablename="absence"):
    """An officer who is away on these days: all day, or between two times of day."""

    id: Serial
    office = Varchar(length=40)
    username = Varchar(length=100)
    date = Date(default=None)
    until = Date(null=True, default=None)
    starts = Integer(null=True, default=None)
    ends = Integer(null=True, default=None)
    reason = Varchar(length=20)


class PriorityGroup(Table, tablename="priority_group"):
    id: Serial
    office = Varchar(length=40)
    code = Varchar(length=40)
    name_vi = Varchar(length=200)
    name_en = Varchar(length=200)
    rate = DoublePrecision()
    position = Integer()


class Setting(Table, tablename="setting"):
    id: Serial
    office = Varchar(length=40)
    key = Varchar(length=60)
    value = Text()


class CatalogueMark(Table, tablename="catalogue_mark"):
    """One row, whose mark is another one after every change of what the tables here, and `officer`, say."""

    id = Integer(primary_key=True)
    mark = Varchar(length=40)


TABLES: list[type[Table]] = [
    Office, ServiceLine, Procedure, Fee, Counter, Hours, Closure, Shift, Absence, PriorityGroup, Setting,
]  # fmt: skip
