"""The benchmarks themselves: that they still measure what they say."""

from pathlib import Path

import pytest

from tests.bench import booking, commands
from tests.bench.bare import open_bare, written
from tests.bench.hall import open_hall


async def test_commands_are_measured_beside_their_bare_twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command's rows are found and can be written again any number of times; each figure has its ratio."""
    monkeypatch.setattr(commands, "TICKETS", 9)
    monkeypatch.setattr(commands, "TURNS", 4)
    async with open_hall(f"sqlite:///{tmp_path / 'bench.db'}", tmp_path) as hall:
        await hall.issue()
        bare = await open_bare(hall.url)
        before = await bare.snapshot()
        await hall.issue()
        after = await bare.snapshot()
        section = await commands.measure(hall)
        writes = written(before, after)
        counted = {table: len(rows) for table, rows in (await bare.snapshot()).items()}
        assert await bare.rate([writes], 3) > 0
        again = await bare.snapshot()
        await bare.close()
    assert {"journal", "event", "ticket", "number_series", "idempotency_key"} <= {write.table for write in writes}
    for write in writes:
        assert len(again[write.table]) == counted[write.table] + (0 if write.known else 3)
    assert [row.what.split(",")[0] for row in section.rows] == ["Tickets", "Calls"] * 2
    assert all(row.ratio.startswith("1 : ") for row in section.rows)
    assert section.markdown().count("\n| ") == 2 + len(section.rows)


async def test_a_rush_is_measured_to_its_end_without_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small rush sells every place once, nobody meets an error, and every figure stands beside another."""
    for name, value in {"PEOPLE": 30, "AT_ONCE": 6, "STARTS": 2, "BARE_TURNS": 20}.items():
        monkeypatch.setattr(booking, name, value)
    section = await booking.rush(f"sqlite:///{tmp_path / 'rush.db'}", tmp_path)
    rows = {row.what: row for row in section.rows}
    assert (rows["Errors"].measured, rows["Errors"].beside) == ("0", "8 of 8 places booked")
    assert rows["Bookings, each held and confirmed"].ratio.startswith("1 : ")
    assert rows["Told that it is gone, p99"].ratio.endswith("×")


async def test_a_month_of_slots_is_measured_for_every_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All offices are asked, and each has starts to offer."""
    for name, value in {"OFFICES": 3, "OFFICERS": 2, "MONTH": 3}.items():
        monkeypatch.setattr(booking, name, value)
    section = await booking.month(f"sqlite:///{tmp_path / 'month.db'}", tmp_path)
    offices, starts = section.rows[0].what.split(", ")
    assert offices == "3 offices"
    assert int(starts.split()[0]) > 3 * 48
    assert all(row.ratio.endswith("×") for row in section.rows)
