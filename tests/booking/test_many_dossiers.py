"""Whoever brings many dossiers: how long that takes, in which line, and where it cannot be."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.booking import service
from server.booking.rules_fairness import turns
from server.catalogue.tables import Setting
from server.db import Database
from server.errors import Refusal
from tests.booking.small import (
    BIRTH,
    OFFICE,
    everything,
    free_at,
    open_small_office,
    person,
    state,
    time,
    token_of,
    wanted,
)  # fmt: skip
from tests.server.support import Clock, House


@pytest.fixture(autouse=True)
def before_the_doors_open(clock: Clock) -> None:
    """Seven in the morning: all of the day can still be booked."""
    clock.local(7)


@given(st.integers(1, 999), st.integers(1, 999))
def test_every_begun_turn_counts(dossiers: int, per_turn: int) -> None:
    """So many turns hold them all, and one fewer would not."""
    many = turns(dossiers, per_turn)
    assert many * per_turn >= dossiers
    assert many == 1 or (many - 1) * per_turn < dossiers


async def test_bulk_filers_book_longer_in_their_own_line(database: Database, clock: Clock) -> None:
    """Eleven dossiers at five a turn are three turns, in the bulk line; five are an ordinary visit."""
    await open_small_office(bulk_line="H")
    few = await service.book(wanted(time(9), dossiers=5), person(1))
    many = await service.book(wanted(time(10), dossiers=11), person(2))
    assert (few.line, few.ends_at - few.starts_at) == ("A", timedelta(minutes=15))
    assert (many.line, many.ends_at - many.starts_at, many.dossiers) == ("H", timedelta(minutes=15), 11)
    assert await free_at(time(10), dossiers=11) == 0
    longer = await service.book(wanted(time(14), [BIRTH], dossiers=11), person(3))
    assert longer.ends_at - longer.starts_at == timedelta(minutes=75)
    moved = await service.change(longer.reference, await token_of(longer), time(15))
    assert (moved.line, moved.ends_at - moved.starts_at) == ("H", timedelta(minutes=75))


async def test_many_dossiers_are_refused_where_there_is_no_line_for_them(database: Database, clock: Clock) -> None:
    """The sentence says how many one visit takes; collecting results is not meant by it."""
    await open_small_office()
    before = await state()
    with pytest.raises(Refusal, match="too-many-dossiers") as refusal:
        await service.book(wanted(time(10), dossiers=6), person(1))
    assert "5" in refusal.value.sentence("vi")
    assert await state() == before
    assert await service.book(wanted(time(10), dossiers=6, purpose="collect"), person(1))


async def test_the_page_asks_how_many_behind_a_link(house: House) -> None:
    """Nobody has to answer; too many for this office is said beside the field; with a bulk line the visit is longer."""
    await open_small_office()
    client = house.client(Accept="text/html", Origin=house.url)
    client.follow_redirects = True
    answers = {"procedure": BIRTH, "filed": "no"}
    assert (await client.post(f"/book/{OFFICE}", data=answers)).url.path.endswith("/when")
    for typed, words in (
        ("6", "nhiều nhất 5 hồ sơ"),
        ("0", "từ 1 đến 999"),
        ("-1", "từ 1"),
        ("٣", "từ 1"),
        ("9" * 30, "từ 1"),
    ):
        refused = await client.post(f"/book/{OFFICE}", data=answers | {"dossiers": typed})
        assert refused.status_code == 400
        assert 'id="dossiers-error"' in refused.text
        assert words in refused.text
    await Setting.insert(Setting(office=OFFICE, key="bulk_line", value="A"))
    times = await client.post(f"/book/{OFFICE}", data=answers | {"dossiers": "11"})
    assert "75" in times.text
    start = time(14).isoformat()
    await client.post(f"/book/{OFFICE}/hold", data={"procedure": BIRTH, "start": start, "key": "form-1"})
    (held,) = await everything()
    assert (held.line, held.dossiers, held.ends_at - held.starts_at) == ("A", 11, timedelta(minutes=75))
