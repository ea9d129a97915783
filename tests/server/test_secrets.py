"""What is secret or personal stays where it belongs: not in a log, not in the journal, not in clear in the database."""

import logging
from typing import Any

import pytest

from server.tables import all_tables
from tests.scenarios.day import COMMENT, DOSSIER, EMAIL, IDENTITY, NAME, PHONE, Day
from tests.server.support import Clock, House

PERSONAL = {"name": NAME, "phone": "+84912345678", "e-mail": EMAIL, "dossier": DOSSIER, "comment": COMMENT}
# The columns that may hold what is personal until it is purged (DESIGN.md, section 11).
KEPT_IN = {
    "name": {"appointment.name"},
    "phone": {"appointment.phone", "rating.contact"},
    "e-mail": {"appointment.email"},
    "dossier": {"appointment.dossier_number"},
    "comment": {"rating.comment"},
}


async def everything(house: House) -> list[tuple[str, str]]:
    """Every value in the database as text, with the column it stands in."""
    found = []
    for table in all_tables():
        name = table._meta.tablename
        rows: list[dict[str, Any]] = await house.database.engine.fetch(f"SELECT * FROM {name}")
        found += [(f"{name}.{column}", str(value)) for row in rows for column, value in row.items()]
    return found


async def test_a_copy_of_the_database_gives_no_secret_away(live_house: House, clock: Clock) -> None:
    """After a whole day no token, code, password or key stands in clear in any column, stored answers included."""
    day = Day(live_house, clock)
    await day.play()
    stored = await everything(live_house)
    assert len(day.secrets) > 20
    clear = {(what, column) for what, secret in day.secrets.items() for column, text in stored if secret in text}
    assert clear == set()


async def test_what_is_personal_stands_in_its_own_columns_alone(live_house: House, clock: Clock) -> None:
    """Names, phones and words of citizens are in the columns that are purged, never in the journal or an answer."""
    await Day(live_house, clock).play()
    stored = await everything(live_house)
    for what, secret in PERSONAL.items():
        assert {column for column, text in stored if secret in text} <= KEPT_IN[what], what
    digits = [column for column, text in stored if IDENTITY[:9] in text]
    assert digits == []
    typed = {column for column, text in stored if PHONE in text}
    assert typed <= {"rating.contact"}


async def test_nothing_secret_reaches_a_log(live_house: House, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """A whole day, with refusals, logs no password, token, cookie, phone or name, however talkative the log is."""
    caplog.set_level(logging.DEBUG)
    day = Day(live_house, clock)
    await day.play()
    # Something must be in the log for this to mean anything: a fault of ours, with a secret on its way.
    live_house.app.state["forecaster"] = None
    token = day.secrets["follow token of A001"]
    assert (await day.citizen.get(f"/api/tickets/{token}")).status_code == 500
    ours = ("httpx", "httpcore", "websockets.client")  # the test's own side of the wire
    said = "\n".join(f"{each.name} {each.getMessage()}" for each in caplog.records if not each.name.startswith(ours))
    assert "unexpected" in said
    for what, secret in (day.secrets | PERSONAL | {"typed phone": PHONE, "identity": IDENTITY}).items():
        assert secret not in said, what
