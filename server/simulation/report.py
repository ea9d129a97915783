"""The tables of docs/explanation, made from scratch: figures in documents are never typed."""

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from server.queue.grading import Grade
from server.simulation.fairness import fairness, staffing
from server.simulation.scenario import load
from server.simulation.textbook import accumulating_waits, erlang_wait, plain_hall, simulated_waits
from server.simulation.waits import Comparison, Told, graded, watch_office

__all__ = ["TABLES", "forecast_table", "table_of", "write_docs"]

FORMULA_NAMES = {
    "average-line": "average × n ÷ counters, of the line",
    "average-hall": "average × n ÷ counters, of the hall",
    "average-ahead": "average × people ahead by the rule ÷ counters",
    "last-to-enter-service": "last to enter service",
    "head-of-line": "head of line",
    "zms": "ZMS",
    "qtrcipher": "qtrcipher",
}


def table_of(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def fairness_table(days: int, seed: int, jobs: int) -> str:
    """The disciplines on the scenario `fairness`."""
    del jobs
    rows = [
        [f.discipline, f.priority, f.others, f.everybody, f"{f.priority_p99:.0f}", f"{f.others_p99:.0f}"]
        for f in fairness(load("fairness"), days=days * 20, seed=seed)
    ]
    head = ["discipline", "mean wait, priority", "others", "everybody", "P99, priority", "P99, others"]
    return table_of(head, rows) + f"\n\n{days * 20} days of the same people each, seed {seed}; minutes, ± 95 %."


def staffing_table(days: int, seed: int, jobs: int) -> str:
    """More and fewer desks on the scenario `fairness`."""
    del jobs
    rows = [
        [s.desks, s.wait, f"{s.p90:.0f}", f"{s.in_time:.0%}", f"{s.uncalled:.1%}"]
        for s in staffing(load("fairness"), days=days * 5, seed=seed)
    ]
    head = ["desks", "mean wait", "P90", "called within 20 min", "not called"]
    return table_of(head, rows) + f"\n\n{days * 5} days, seed {seed}; minutes, ± 95 %."


def theory_table(days: int, seed: int, jobs: int) -> str:
    """Halls simple enough for a formula: M/M/1 and M/M/3, plain and with 12 % at three times the rate."""
    del jobs
    days *= 2
    rows: list[Sequence[object]] = []
    for desks, load_, service in ((1, 0.7, 5.0), (3, 2.3, 8.0)):
        plain = simulated_waits(plain_hall(desks, load_, service, 12_000), "fifo", days, seed)[None]
        fifo = erlang_wait(desks, load_, service)
        rows.append([f"M/M/{desks}, {load_ / desks:.0%} busy, first come first served", f"{fifo:.2f}", plain])
        mixed = simulated_waits(plain_hall(desks, load_, service, 12_000, 0.12), "accumulating", days, seed)
        low, high = accumulating_waits([1, 3], [load_ / desks * 0.88, load_ / desks * 0.12], fifo)
        rows.append([f"M/M/{desks}, accumulating: 88 % at rate 1", f"{low:.2f}", mixed[None]])
        rows.append([f"M/M/{desks}, accumulating: 12 % at rate 3", f"{high:.2f}", mixed["high"]])
    note = (
        f"{days} independent replications of 200 hours, the first 500 minutes left out, seed {seed}; minutes, ± 95 %."
    )
    return table_of(["hall", "theory", "simulated"], rows) + f"\n\n{note}"


class Watch(Struct, frozen=True):
    """How made-up offices are watched for a table."""

    scenario: str
    seed: str
    offices: int
    days: int
    learning: int = 10
    true_times: bool = False
    pace_change: tuple[tuple[str, float], ...] = ()


def _office(work: tuple[Watch, int]) -> list[Told]:
    watch, number = work
    return watch_office(
        load(watch.scenario),
        f"{watch.seed} office {number}",
        learning_days=watch.learning,
        watched_days=watch.days,
        told_true_times=watch.true_times,
        pace_change=watch.pace_change,
    )


def watched(watch: Watch, jobs: int) -> Comparison:
    """The comparison over several offices, on as many processes as given."""
    work = [(watch, number) for number in range(watch.offices)]
    if jobs == 1:
        told = [each for office in map(_office, work) for each in office]
    else:
        with ProcessPoolExecutor(jobs) as pool:
            told = [each for office in pool.map(_office, work) for each in office]
    return graded(told, watch.offices * watch.days)


def forecast_table(name: str, offices: int, seed: int, jobs: int) -> str:
    """One scenario: the forecast after ten days, all formulas, and the forecast where it is easier and harder."""
    watch = Watch(name, f"graded {seed}", offices, 3)
    learned = watched(watch, jobs)
    best = learned.grades[learned.best_formula].mean_error

    def line(label: str, found: Grade, against: float) -> Sequence[object]:
        covered = "" if found.covered is None else f"{found.covered:.0%}"
        ratio = f"{found.mean_error / against:.2f}"
        wrong = (f"{found.too_optimistic:.0%}", f"{found.too_pessimistic:.0%}")
        return [label, f"{found.mean_error:.1f}", ratio, *wrong, covered]

    rows = [
        line("**forecast**, times learned in 10 days", learned.grades["exact"], best),
        line("the same, as shown in steps of 5", learned.grades["shown"], best),
        *(line(label, learned.grades[key], best) for key, label in FORMULA_NAMES.items()),
    ]
    variants = {
        "forecast told the true times": replace(watch, true_times=True),
        "forecast on an office's first day": replace(watch, learning=0, days=1),
        "forecast, half as long again from 09:30": replace(watch, pace_change=(("09:30", 1.5),), days=1),
    }
    for label, other in variants.items():
        found = watched(other, jobs)
        rows.append(line(label, found.grades["exact"], found.grades[found.best_formula].mean_error))
    note = (
        f"{learned.people} people who had to queue on {learned.days} days of {offices} offices, mean wait "
        f"{learned.mean_wait:.1f} min; seed {seed}. Best formula: {FORMULA_NAMES[learned.best_formula]}. The last "
        "two rows are other days, each measured against the best formula of those days."
    )
    head = ["said by", "mean error, min", "of the best formula", "5 min too short", "5 min too long", "called by P90"]
    return table_of(head, rows) + f"\n\n{note}"


TABLES: dict[str, Callable[[int, int, int], str]] = {
    "fairness": fairness_table,
    "staffing": staffing_table,
    "theory": theory_table,
    "forecast-ward": lambda days, seed, jobs: forecast_table("ward", max(2, days // 8), seed, jobs),
    "forecast-pool": lambda days, seed, jobs: forecast_table("pool", max(2, days // 8), seed, jobs),
    "forecast-branch": lambda days, seed, jobs: forecast_table("branch", max(2, days // 50), seed, jobs),
}
"""What can be measured: by name, a function of an amount of days, a seed and a number of processes."""


def write_docs(folder: Path, days: int, seed: int, jobs: int, say: Callable[[str], None]) -> None:
    """Makes every table again that a document under `folder` has a place for, between its two comment lines."""
    for page in sorted(folder.rglob("*.md")):
        text = page.read_text("utf-8")
        for name, make in TABLES.items():
            place = re.compile(rf"(<!-- simulated: {name} -->\n)(?:(?!<!--).)*(<!-- end -->)", re.DOTALL)
            if place.search(text):
                say(f"{page.name}: {name}")
                made = make(days, seed, jobs)
                text = place.sub(lambda found, made=made: f"{found[1]}{made}\n{found[2]}", text)  # type: ignore[misc]
        page.write_text(text, "utf-8")
