"""Loading a pack says which bookings it strands, before and while it does; the office's list has them afterwards."""

from pathlib import Path

import pytest

from server.booking.service_stranded import stranded_in
from server.catalogue import cli, pack, tables
from server.codes import readable
from tests.booking.small import OFFICE, booked, open_small_office, state, time
from tests.server.support import Clock, House


@pytest.fixture(autouse=True)
async def office(house: House, clock: Clock) -> None:
    """The small office, in a week without a holiday."""
    clock.forward(days=7)
    await open_small_office()


def closures(folder: Path, *rows: str) -> Path:
    """A pack of closures."""
    (folder / "closures.csv").write_text("\n".join(["office,date,opens,closes,name_vi", *rows]) + "\n", "utf-8")
    return folder


async def test_checking_says_whom_it_would_strand_and_saves_nothing(house: House, tmp_path: Path) -> None:
    """The afternoon of tomorrow is closed: one booking is hit, one is not; with check everything stays as it was."""
    morning, afternoon = await booked(time(9, days=1), 1), await booked(time(14, days=1), 2)
    folder = closures(tmp_path, f"{OFFICE},{morning.starts_at.date()},08:00,12:00,Nghỉ buổi chiều")
    before = await state()
    rows = await tables.Closure.count()
    checked = await pack.load(folder, unserved=stranded_in, check=True)
    assert checked.strands == {OFFICE: [afternoon.reference]}
    assert checked.files["closures.csv"].added == 1
    assert await state() == before
    assert await tables.Closure.count() == rows
    assert await stranded_in([OFFICE]) == {}
    loaded = await pack.load(folder, unserved=stranded_in)
    assert loaded.strands == checked.strands
    assert await stranded_in([OFFICE]) == checked.strands
    # Loaded again it changes nothing, and those it has stranded are no news; they are still in the list.
    again = await pack.load(folder, unserved=stranded_in)
    assert (again.changed, again.strands) == (False, {})
    assert await stranded_in(None) == checked.strands


async def test_a_day_closed_for_all_offices_asks_every_office(house: House, tmp_path: Path) -> None:
    """A closure of `*` concerns whoever has bookings, in whatever office."""
    one = await booked(time(9, days=2), 1)
    folder = closures(tmp_path, f"*,{one.starts_at.date()},,,Ngày nghỉ lễ")
    assert (await pack.load(folder, unserved=stranded_in, check=True)).strands == {OFFICE: [one.reference]}


async def test_a_bad_pack_is_refused_by_checking_too(house: House, tmp_path: Path) -> None:
    """Checking finds every wrong row, as loading does."""
    folder = closures(tmp_path, f"{OFFICE},2026-13-01,,,Nghỉ", "khong-co,2026-12-01,,,Nghỉ")
    with pytest.raises(pack.PackRefused) as refused:
        await pack.load(folder, unserved=stranded_in, check=True)
    assert [problem.line for problem in refused.value.problems] == [2, 3]


async def test_what_the_terminal_says_has_no_personal_data(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """References and a count to stderr, in the language of whoever sits there, and where to look."""
    one = await booked(time(9, days=1), 1)
    folder = closures(tmp_path, f"{OFFICE},{one.starts_at.date()},,,Nghỉ đột xuất")
    report = await pack.load(folder, unserved=stranded_in, check=True)
    monkeypatch.setattr(cli, "run_on_database", lambda _url, _work: report)
    monkeypatch.setenv("MOTCUA_LANGUAGE", "vi")
    assert cli.load.callback is not None
    cli.load.callback(folder, True, "sqlite:///khong-mo.db")
    said = capsys.readouterr()
    assert f"nho: một lịch hẹn không còn phục vụ được: {readable(one.reference)}" in said.err
    assert "chưa lưu gì" in said.out
    assert "Hoà" not in said.err + said.out
    cli.load.callback(folder, False, "sqlite:///khong-mo.db")
    assert "/timetable" in capsys.readouterr().err
