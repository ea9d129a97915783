"""Rows of the table: what was measured, and what it is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Row", "Section", "ms", "per_second", "quantile"]


@dataclass(frozen=True)
class Row:
    """One figure: the ratio is what may be compared between machines, `measured` and `beside` are of this one alone."""

    what: str
    measured: str
    beside: str
    ratio: str


@dataclass(frozen=True)
class Section:
    """The rows that answer one question; `about` says in a sentence or two how they were made."""

    title: str
    about: str
    rows: Sequence[Row]

    def markdown(self) -> str:
        """The section as it stands in the documentation."""
        head = "| | measured | beside | ratio |\n| --- | ---: | ---: | ---: |\n"
        body = "".join(f"| {row.what} | {row.measured} | {row.beside} | {row.ratio} |\n" for row in self.rows)
        return f"## {self.title}\n\n{self.about}\n\n{head}{body}"


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of them does not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def ms(seconds: float) -> str:
    """Seconds as milliseconds with two signs that mean something."""
    value = seconds * 1000
    return f"{value:.2f} ms" if value < 1 else f"{value:.1f} ms" if value < 10 else f"{value:,.0f} ms"


def per_second(count: float) -> str:
    """A rate."""
    return f"{count:,.0f}/s"
