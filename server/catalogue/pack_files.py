"""The files of a pack and their columns, as CONTRACT.md names them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from piccolo.table import Table

from server.catalogue import pack_cells as cells
from server.catalogue import tables
from server.catalogue.pack_cells import Parse, Value
from server.catalogue.rules import ANY_OFFICE
from server.people.tables import Officer

__all__ = ["FILES", "ROLES", "Column", "Key", "PackFile", "Row"]

Row = dict[str, Value]
"""A row as it is stored, by the table's column names."""

Key = tuple[Value, ...]

ROLES = ("officer", "reception", "head", "administrator", "auditor")
TEXT_LINE = 200


@dataclass(frozen=True)
class Column:
    """One column. `empty` is what an empty cell means; a `needed` one may not be empty.

    Where the column is left out, a row that exists keeps what it has and a new one gets `empty`.
    """

    name: str
    parse: Parse
    empty: Value = ""
    needed: bool = False
    show: Callable[[Value], str] = cells.shown
    stored_as: str = ""

    @property
    def field(self) -> str:
        """The table's name for it."""
        return self.stored_as or self.name


@dataclass(frozen=True)
class PackFile:
    """One file. `keys` name a record; rows of one record (a morning, an afternoon) differ in `part`."""

    name: str
    table: type[Table]
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    part: str = ""
    ordered: bool = False

    def key(self, row: Row) -> Key:
        """What tells a row from the others of the file."""
        return (*self.record(row), row[self.part]) if self.part else self.record(row)

    def record(self, row: Row) -> Key:
        """What tells the record that a row belongs to."""
        return tuple(row[name] for name in self.keys)

    def column(self, field: str) -> Column:
        """The column stored as `field`."""
        return next(column for column in self.columns if column.field == field)


def _file(
    name: str, table: type[Table], *columns: Column, keys: str, part: str = "", ordered: bool = False
) -> PackFile:
    return PackFile(name, table, columns, tuple(keys.split()), part, ordered)


OFFICE = Column("office", cells.code_of_office, needed=True)
OFFICE_OR_ALL = Column("office", cells.code_of_office_or_all, empty=ANY_OFFICE)
NAME_VI = Column("name_vi", cells.text(TEXT_LINE), needed=True)
NAME_EN = Column("name_en", cells.text(TEXT_LINE))
LINES = Column("lines", cells.many_lines, show=lambda value: str(value).replace("\n", ";"))
WEEKDAYS = Column("weekdays", cells.days_of_week, needed=True)
VALID_FROM = Column("valid_from", cells.day, empty=None)
VALID_UNTIL = Column("valid_until", cells.day, empty=None)
MONEY = cells.whole(0, 2_000_000_000)
DAYS = cells.whole(0, 3650)


def _time(name: str, *, needed: bool = True) -> Column:
    return Column(name, cells.time, empty=None, needed=needed, show=cells.shown_time)


# In the order in which they are loaded: what is referred to comes before what refers to it.
FILES: Mapping[str, PackFile] = {
    file.name: file
    for file in (
        _file(
            "offices.csv",
            tables.Office,
            Column("code", cells.code_of_office, needed=True),
            Column("national_code", cells.digits(10)),
            NAME_VI,
            NAME_EN,
            Column("parent", cells.code_of_office),
            Column("address", cells.text(300)),
            Column("timezone", cells.time_zone, empty="Asia/Ho_Chi_Minh", stored_as="time_zone"),
            VALID_FROM,
            VALID_UNTIL,
            keys="code",
        ),
        _file(
            "lines.csv",
            tables.ServiceLine,
            OFFICE,
            Column("code", cells.code_of_line, needed=True),
            Column("prefix", cells.code_of_line),
            Column("kind", cells.one_of("procedures", "results", "guidance"), empty="procedures"),
            NAME_VI,
            NAME_EN,
            Column("expected_minutes", cells.number(0.5, 600), empty=10.0),
            Column("spread", cells.number(0, 5), empty=0.7),
            Column("first_number", cells.whole(1, 99_999), empty=1),
            Column("last_number", cells.whole(1, 99_999), empty=999),
            Column("fields", cells.many_texts(10_000)),
            keys="office code",
            ordered=True,
        ),
        _file(
            "counters.csv",
            tables.Counter,
            OFFICE,
            Column("number", cells.whole(1, 999), needed=True),
            NAME_VI,
            NAME_EN,
            LINES,
            keys="office number",
        ),
        _file(
            "officers.csv",
            Officer,
            OFFICE,
            Column("username", cells.username, needed=True),
            Column("full_name", cells.text(TEXT_LINE), needed=True),
            Column("role", cells.one_of(*ROLES), needed=True),
            LINES,
            keys="office username",
        ),
        _file(
            "hours.csv",
            tables.Hours,
            OFFICE,
            WEEKDAYS,
            _time("opens"),
            _time("closes"),
            VALID_FROM,
            VALID_UNTIL,
            keys="office weekdays valid_from",
            part="opens",
        ),
        _file(
            "shifts.csv",
            tables.Shift,
            OFFICE,
            Column("username", cells.username, needed=True),
            Column("counter", cells.whole(1, 999), needed=True),
            WEEKDAYS,
            _time("starts"),
            _time("ends"),
            Column("every_weeks", cells.whole(1, 52), empty=1),
            Column("first_week", cells.day, empty=None),
            LINES,
            VALID_FROM,
            VALID_UNTIL,
            keys="office username weekdays first_week valid_from",
            part="starts",
        ),
        _file(
            "closures.csv",
            tables.Closure,
            OFFICE_OR_ALL,
            Column("date", cells.day, needed=True),
            Column("until", cells.day, empty=None),
            _time("opens", needed=False),
            _time("closes", needed=False),
            NAME_VI,
            NAME_EN,
            keys="office date",
            part="opens",
        ),
        _file(
            "procedures.csv",
            tables.Procedure,
            Column("code", cells.procedure_code, needed=True),
            Column("name_vi", cells.text(1000)),
            Column("name_en", cells.text(1000)),
            Column("field_vi", cells.text(TEXT_LINE)),
            OFFICE_OR_ALL,
            Column("line", cells.code_of_line_or_none),
            Column("minutes", cells.whole(1, 480), empty=None),
            Column("statutory_days", DAYS, empty=None),
            Column("promised_days", DAYS, empty=None),
            Column("fee_in_person_vnd", MONEY, empty=None),
            Column("fee_online_vnd", MONEY, empty=None),
            Column("required_documents", cells.many_texts(4000)),
            Column("short_info_vi", cells.text(500)),
            keys="office code",
        ),
        _file(
            "fees.csv",
            tables.Fee,
            Column("code", cells.procedure_code, needed=True),
            OFFICE_OR_ALL,
            VALID_FROM,
            VALID_UNTIL,
            Column("in_person_vnd", MONEY, empty=None),
            Column("online_vnd", MONEY, empty=None),
            Column("decision", cells.text(TEXT_LINE), needed=True),
            keys="office code valid_from",
        ),
        _file(
            "priority_groups.csv",
            tables.PriorityGroup,
            OFFICE_OR_ALL,
            Column("code", cells.slug, needed=True),
            NAME_VI,
            NAME_EN,
            Column("rate", cells.number(1, 100), needed=True),
            keys="office code",
            ordered=True,
        ),
        _file(
            "settings.csv",
            tables.Setting,
            OFFICE_OR_ALL,
            Column("key", cells.text(60), needed=True),
            Column("value", cells.text(1000)),
            keys="office key",
        ),
    )
}
