"""The benchmarks themselves: that they still measure what they say."""

from pathlib import Path

import pytest

from tests.bench import commands
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
