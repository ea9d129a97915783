"""The comparison of announced waits, small enough for every run; the figures of docs/ come from many more days."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from server.queue.forecast import Range
from server.queue.grading import FORMULAS
from server.simulation import report
from server.simulation.cli import simulate
from server.simulation.scenario import load
from server.simulation.waits import Office, Told, graded, watch_office

ZERO = dict.fromkeys(FORMULAS, 0.0)


@pytest.fixture(scope="module")
def told() -> list[Told]:
    """Two days of two offices after five days of learning, with few plays."""
    scenario = load("ward")
    return [
        each
        for number in range(2)
        for each in watch_office(scenario, f"small {number}", learning_days=5, watched_days=2, plays=20)
    ]


def test_the_forecast_beats_every_formula(told: list[Told]) -> None:
    """On a few days already it misses by less than three quarters of the best formula, and covers most of the truth."""
    found = graded(told, 4)
    exact = found.grades["exact"]
    assert found.people > 100
    assert exact.mean_error < 0.75 * found.grades[found.best_formula].mean_error
    assert exact.covered is not None
    assert 0.8 < exact.covered < 0.99


def test_the_forecast_is_not_biased(told: list[Told]) -> None:
    """About half come before P50, the rest after it."""
    early = sum(1 for each in told if each.truth <= each.exact.p50_minutes) / len(told)
    assert 0.35 < early < 0.7


def test_an_office_watched_twice_says_the_same() -> None:
    """The same seed gives the same promises and the same truth."""
    scenario = load("pool")
    first, again = (Office(scenario, "again", plays=2).watch(0) for _ in range(2))
    assert first == again
    assert first != Office(scenario, "other", plays=2).watch(0)


def test_formulas_count_opening_hours_only() -> None:
    """Half an hour at 11:45 ends at 13:15, so the clock says 90 minutes; before opening it waits for the door."""
    office = Office(load("ward"), "clock")
    assert office._on_the_clock((11 * 60 + 45) * 60_000, 30.0) == 90
    assert office._on_the_clock((7 * 60 + 30) * 60_000, 10.0) == 40
    assert office._on_the_clock((9 * 60) * 60_000, 10.0) == 10


def test_grades_are_of_what_was_said() -> None:
    """An exact promise errs by nothing, a formula that always says 0 by the whole wait."""
    found = graded([Told(Range(10, 20, 1.0), ZERO, 10.0), Told(Range(30, 40, 1.0), ZERO, 30.0)], 1)
    assert (found.grades["exact"].mean_error, found.grades["zms"].mean_error) == (0, 20)
    assert (found.people, found.mean_wait) == (2, 20)


def test_documents_get_their_tables_and_keep_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what stands between the two comments is replaced, an empty place too, and again to the same text."""
    monkeypatch.setattr(report, "TABLES", {"one": lambda *_: "| 1 |", "two": lambda *_: "| 2 |"})
    page = tmp_path / "deep" / "page.md"
    page.parent.mkdir()
    page.write_text(
        "a\n<!-- simulated: one -->\n<!-- end -->\nb\n<!-- simulated: two -->\nold\n\nold\n<!-- end -->\nc\n"
    )
    for _ in range(2):
        report.write_docs(tmp_path, 1, 1, 1, lambda _: None)
        assert page.read_text() == (
            "a\n<!-- simulated: one -->\n| 1 |\n<!-- end -->\nb\n<!-- simulated: two -->\n| 2 |\n<!-- end -->\nc\n"
        )


def test_every_table_has_a_place_in_the_documents() -> None:
    """No table is made for nobody, and every place in docs/ is filled."""
    pages = "".join(
        page.read_text("utf-8") for page in (Path(__file__).parents[2] / "docs" / "explanation").glob("*.md")
    )
    for name in report.TABLES:
        assert f"<!-- simulated: {name} -->\n|" in pages


def test_the_command_lists_plays_and_refuses() -> None:
    """Without a scenario it lists them; with one it prints a table; an unknown one is a usage error."""
    runner = CliRunner()
    listed = runner.invoke(simulate, [])
    assert listed.exit_code == 0
    assert {line.split()[0] for line in listed.output.splitlines()} == {"branch", "fairness", "pool", "ward"}
    played = runner.invoke(simulate, ["fairness", "--days", "20"])
    assert [line.split()[1] for line in played.output.splitlines()[2:]] == ["fifo", "strict", "accumulating"]
    assert runner.invoke(simulate, ["nowhere"]).exit_code == 2
