"""All tables of the product, for binding to a database and for the test that compares them with the migrations."""

from piccolo.table import Table

from server.booking.tables import TABLES as BOOKING
from server.catalogue.tables import TABLES as CATALOGUE
from server.catalogue.tables import CatalogueMark
from server.devices.tables import TABLES as DEVICES
from server.journal.tables import TABLES as JOURNAL
from server.notify.tables import TABLES as NOTIFY
from server.people.tables import TABLES as PEOPLE
from server.queue.tables import TABLES as QUEUE
from server.rating.tables import TABLES as RATING

__all__ = ["all_tables"]


def all_tables() -> list[type[Table]]:
    """Every Table class."""
    return [*JOURNAL, *CATALOGUE, CatalogueMark, *PEOPLE, *DEVICES, *BOOKING, *QUEUE, *RATING, *NOTIFY]
