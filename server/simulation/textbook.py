"""What theory says about halls simple enough for it, to hold the simulator against."""

import math
from collections.abc import Sequence
from random import Random

from server.queue.rules import Discipline
from server.simulation.day import MINUTE, draw_people, simulate
from server.simulation.figures import Mean, mean_of
from server.simulation.scenario import Class, Desk, Line, Scenario

__all__ = ["accumulating_waits", "erlang_c", "erlang_wait", "plain_hall", "simulated_waits"]


def erlang_c(desks: int, load: float) -> float:
    """The share of people who have to wait in M/M/c with `load` = arrival rate x mean service (Erlang 1917)."""
    last = load**desks / math.factorial(desks) * desks / (desks - load)
    return last / (sum(load**k / math.factorial(k) for k in range(desks)) + last)


def erlang_wait(desks: int, load: float, service: float) -> float:
    """Mean wait of everybody in M/M/c, first come first served."""
    return erlang_c(desks, load) * service / (desks - load)


def accumulating_waits(rates: Sequence[float], loads: Sequence[float], fifo_wait: float) -> list[float]:
    """Mean waits of the classes under accumulating priority (Kleinrock 1964; Kleinrock, Queueing Systems II, 3.7).

    `rates` are the b, ascending; `loads` each class's share of the desks' whole capacity; `fifo_wait` the mean wait
    first come first served, which is W0 / (1 - rho). With equal exponential services the same holds for several desks,
    because while all are busy they work like one fast desk (Sharif, Stanford, Taylor & Ziedins 2014).
    """
    waits: list[float] = []
    for p, b in enumerate(rates):
        passed = sum(loads[i] * waits[i] * (1 - rates[i] / b) for i in range(p))
        passing = sum(loads[i] * (1 - b / rates[i]) for i in range(p + 1, len(rates)))
        waits.append((fifo_wait - passed) / (1 - passing))
    return waits


def plain_hall(
    desks: int, load: float, service: float, minutes: int, high_share: float = 0.0, rate: int = 300
) -> Scenario:
    """M/M/c: people at a constant rate, one line, exponential services, equal desks, open for so many minutes."""
    return Scenario(
        name="plain",
        about="M/M/c",
        doors="00:00",
        hours=(f"00:00-{minutes // 60}:{minutes % 60:02d}",),
        people=load / service * minutes,
        people_cv=0.0,
        step=minutes,
        arrivals=(("00:00", 1.0),),
        lines={"A": Line(service, 1.0, 1.0)},
        desks=(Desk(frozenset({"A"})),) * desks,
        classes=(Class("high", high_share, rate),) if high_share else (),
        service="exponential",
    )


def simulated_waits(
    hall: Scenario, discipline: Discipline, replications: int, seed: int, warm_up: int = 500
) -> dict[str | None, Mean]:
    """Mean waits by class in minutes, over independent replications of the hall, the first minutes left out."""
    means: dict[str | None, list[float]] = {}
    for number in range(replications):
        people = draw_people(hall, Random(f"{seed} {number}"))  # noqa: S311 (a simulation)
        waits: dict[str | None, list[float]] = {}
        for outcome in simulate(hall, people, discipline):
            if outcome.called is not None and outcome.issued >= warm_up * MINUTE:
                waits.setdefault(outcome.person.klass, []).append((outcome.called - outcome.issued) / MINUTE)
        for klass, values in waits.items():
            means.setdefault(klass, []).append(sum(values) / len(values))
    return {klass: mean_of(values) for klass, values in means.items()}
