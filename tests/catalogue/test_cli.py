"""The catalogue's commands, as somebody at a terminal runs them."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.catalogue import cli
from tests.catalogue.conftest import SHIPPED, Write


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """Run a command on a fresh database, in Vietnamese unless LANG says otherwise."""
    for name in ("MOTCUA_LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOTCUA_DATABASE", sqlite_url)

    def invoke(command: object, *arguments: str, env: dict[str, str] | None = None) -> Result:
        return CliRunner().invoke(command, list(arguments), env=env)  # type: ignore[arg-type]

    return invoke


def test_load_says_what_it_did_and_the_second_time_that_there_was_nothing_to_do(run) -> None:  # type: ignore[no-untyped-def]
    """Counts by file first, one calm sentence then; both end with 0."""
    first = run(cli.load, str(SHIPPED / "long-bien"))
    assert first.exit_code == 0
    assert "procedures.csv: 455 mới" in first.output
    second = run(cli.load, str(SHIPPED / "long-bien"))
    assert second.exit_code == 0
    assert "không có gì thay đổi" in second.output


def test_a_bad_pack_is_refused_with_every_place(run, folder: Write) -> None:  # type: ignore[no-untyped-def]
    """Each problem on a line of its own with file, line and column, then how many; exit code 1."""
    place = folder({"hours.csv": "office,weekdays,opens,closes\nbo-de,9,08:00,25:00\n"})
    vietnamese = run(cli.load, str(place))
    english = run(cli.load, str(place), env={"LANG": "en_US.UTF-8"})
    assert vietnamese.exit_code == english.exit_code == 1
    assert "hours.csv:2:weekdays: cần" in vietnamese.output
    assert "hours.csv:2:closes: cần" in vietnamese.output
    assert "có 2 chỗ cần sửa" in vietnamese.output
    assert "hours.csv:2:closes: expected a time of day" in english.output
    assert "2 things need correcting" in english.output


def test_wrong_usage_ends_with_2(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A folder that is not there and an address that is none are usage errors."""
    assert run(cli.load, str(tmp_path / "nowhere")).exit_code == 2
    assert run(cli.load, str(tmp_path), "--database", "mysql://x").exit_code == 2
    assert run(cli.export, str(tmp_path)).exit_code == 2


def test_a_database_that_is_away_ends_with_1_and_one_sentence(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """No traceback: where it tried to go, and why not."""
    result = run(cli.office, "list", "--database", f"sqlite:///{tmp_path}/no/such/folder.db")
    assert result.exit_code == 1
    assert "folder.db" in result.output
    assert "Traceback" not in result.output


def test_an_office_can_be_added_shown_and_listed(run) -> None:  # type: ignore[no-untyped-def]
    """Add once; a second time, or with nonsense, is refused and changes nothing."""
    assert "motcua load" in run(cli.office, "list").output
    assert run(cli.office, "add", "ha-dong", "--name-vi", "Phường Hà Đông").exit_code == 0
    again = run(cli.office, "add", "ha-dong", "--name-vi", "Khác")
    assert (again.exit_code, "ha-dong" in again.output) == (1, True)
    wrong = run(cli.office, "add", "Hà Đông", "--name-vi", "X", "--valid-from", "2026-13-01", "--parent", "nowhere")
    assert wrong.exit_code == 1
    assert [line.split(":")[0] for line in wrong.output.splitlines()] == ["code", "parent", "valid_from"]
    assert run(cli.office, "list").output == "ha-dong  Phường Hà Đông\n"
    shown = run(cli.office, "show", "ha-dong")
    assert shown.exit_code == 0
    assert "Phường Hà Đông" in shown.output


def test_show_tells_an_office_nobody_knows(run) -> None:  # type: ignore[no-untyped-def]
    """Refused with exit code 1, naming the code."""
    result = run(cli.office, "show", "nowhere")
    assert (result.exit_code, "nowhere" in result.output) == (1, True)


def test_ended_offices_are_listed_as_such(run) -> None:  # type: ignore[no-untyped-def]
    """Offices of today first, those that ended after them with the day."""
    run(cli.load, str(SHIPPED / "long-bien"))
    lines = run(cli.office, "list").output.splitlines()
    assert [("30/06/2025" in line or "31/12/2024" in line) for line in lines] == [False] * 4 + [True] * 15
    assert "Đã kết thúc ngày 30/06/2025" in run(cli.office, "show", "ngoc-thuy-2024").output


def test_export_writes_what_load_takes(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Out and in again changes nothing; a folder that cannot be written to is told."""
    run(cli.load, str(SHIPPED / "long-bien"))
    out = tmp_path / "out"
    assert run(cli.export, str(out), "--office", "bo-de").exit_code == 0
    assert "không có gì thay đổi" in run(cli.load, str(out)).output
    (tmp_path / "file").write_text("")
    blocked = run(cli.export, str(tmp_path / "file" / "out"), "--office", "bo-de")
    assert (blocked.exit_code, "Traceback" in blocked.output) == (1, False)
