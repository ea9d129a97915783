"""A running server looks by itself at what has become free without anybody's doing, on both engines."""

import asyncio
from datetime import timedelta

import pytest

from server.booking import service_offers
from server.catalogue.tables import Setting
from server.notify import outbox
from tests.booking.small import OFFICE, everything
from tests.booking.waiting import at, full_day, gives_up, offer_to, open_office, stage_of, waits
from tests.server.support import Clock, house_of, soon


@pytest.mark.parametrize("how", ["an offer passes", "the office sells more"])
async def test_the_server_looks_by_itself(
    furnished_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """An offer that has passed goes to the next, and what a changed setting frees to the first, though nobody asks."""
    monkeypatch.setattr(service_offers, "LOOK_SECONDS", 0.05)
    if how == "the office sells more":
        monkeypatch.setattr(service_offers, "LOOK_EVERYWHERE", timedelta())
    async with house_of(furnished_url):
        await open_office(bookable_share=0.6)
        day = await full_day()
        first, second = await waits(1), await waits(2)
        told = asyncio.Event()
        outbox.opened(["email", "sms"], told.set)
        if how == "an offer passes":
            await gives_up(day[at(10)])
            assert await stage_of(first) == "offered"
            told.clear()
            clock.forward(minutes=30)
            await soon(told.wait())
            assert (await stage_of(first), await stage_of(second)) == ("missed", "offered")
        else:
            await Setting.update({Setting.value: "1"}).where(
                (Setting.office == OFFICE) & (Setting.key == "bookable_share")
            )
            await soon(told.wait())
            offers = [await offer_to(one) for one in (first, second)]
            assert [offer and offer.starts_at for offer in offers] == [at(8), at(9)]
        assert len([one for one in await everything() if one.waiting_entry]) == 2
