"""`motcua simulate`: days of made-up people through the real rules."""

from pathlib import Path

import click

from server.simulation.fairness import fairness, staffing
from server.simulation.report import TABLES, forecast_table, table_of, write_docs
from server.simulation.scenario import load, shipped

__all__ = ["simulate"]


@click.command()
@click.argument("scenario", required=False)
@click.option(
    "--what",
    type=click.Choice(["fairness", "staffing", "forecast", "theory"]),
    default="fairness",
    show_default=True,
    help="What to measure.",
)
@click.option("--days", type=click.IntRange(20, 100_000), default=100, show_default=True, help="How much to simulate.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same figures.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes for the forecast.")
@click.option(
    "--write-docs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Make the tables in the documents of this folder again, all of them.",
)
def simulate(scenario: str | None, what: str, days: int, seed: int, jobs: int, write_docs: Path | None) -> None:
    """Play days of a hall through the real rules: fairness, staffing, the forecast's truth, and theory.

    SCENARIO is a shipped one or a TOML file. Without one, the shipped ones are listed.
    """
    if write_docs is not None:
        rewrite(write_docs, days, seed, jobs)
        return
    if what == "theory":
        click.echo(TABLES["theory"](days, seed, jobs))
        return
    if scenario is None:
        for name, about in shipped().items():
            click.echo(f"{name:10} {about}")
        return
    try:
        hall = load(scenario)
    except (OSError, ValueError) as exc:
        raise click.UsageError(f"no such scenario, or not a right one: {exc}") from None
    if what == "forecast":
        click.echo(forecast_table(scenario, max(2, days // 5), seed, jobs))
    elif what == "staffing":
        rows = [[s.desks, s.wait, f"{s.p90:.0f}", f"{s.in_time:.0%}"] for s in staffing(hall, days=days, seed=seed)]
        click.echo(table_of(["desks", "mean wait", "P90", "within 20 min"], rows))
    else:
        found = [[f.discipline, f.priority, f.others, f.everybody] for f in fairness(hall, days=days, seed=seed)]
        click.echo(table_of(["discipline", "mean wait, priority", "others", "everybody"], found))


def rewrite(folder: Path, days: int, seed: int, jobs: int) -> None:
    """Fill the documents' tables, telling which one is being made."""
    write_docs(folder, days, seed, jobs, click.echo)
