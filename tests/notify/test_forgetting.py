"""Contacts that people left with a rating die like all contact data; what they said stays."""

from datetime import date, datetime

import pytest

from server.catalogue.tables import Setting
from server.db import Database
from server.rating.service import forget_contacts
from server.rating.tables import Rating
from tests.booking.small import OFFICE
from tests.server.support import Clock


async def contacts() -> list[tuple[str | None, str | None]]:
    """(contact, comment) of each rating."""
    return [(row["contact"], row["comment"]) for row in await Rating.select().order_by(Rating.id)]


@pytest.mark.parametrize("days", [1, 3])
async def test_a_rating_s_contact_goes_and_the_rating_stays(office: Database, clock: Clock, days: int) -> None:
    """So many days after the day it was given, from the office's own midnight on, and nothing else goes with it."""
    await Setting.insert(Setting(office=OFFICE, key="contact_retention_days", value=str(days)))
    await Rating.insert(
        *(
            Rating(
                id=name, office=OFFICE, ticket=name, served_seq=1, day=day, level=1, reasons="", source="own",
                given_at=clock.at, comment="Chờ lâu", contact="hoa@thu.example",
            )
            for name, day in (("a", date(2026, 11, 23)), ("b", date(2026, 11, 24)))
        )
    )  # fmt: skip
    there, gone = ("hoa@thu.example", "Chờ lâu"), (None, "Chờ lâu")
    midnight: datetime = clock.local(0, days=days)
    clock.at = midnight
    clock.forward(milliseconds=-1)
    await forget_contacts()
    assert await contacts() == [there, there]
    clock.forward(milliseconds=1)
    for _ in range(2):
        await forget_contacts()
        assert await contacts() == [gone, there]
    clock.forward(days=1)
    await forget_contacts()
    assert await contacts() == [gone, gone]
