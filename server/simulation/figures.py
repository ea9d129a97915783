"""Figures of many independent days: a mean with how sure it is, and quantiles."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

from msgspec import Struct

__all__ = ["Mean", "mean_of", "quantile"]


class Mean(Struct, frozen=True):
    """The mean over independent replications and the half width of its 95 % confidence interval."""

    value: float
    plus_minus: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ± {self.plus_minus:.2f}"

    def holds(self, value: float) -> bool:
        """Whether a value lies in the interval."""
        return abs(value - self.value) <= self.plus_minus


def mean_of(replications: Sequence[float]) -> Mean:
    """Mean and interval (Student's t, by its first expansion) of at least two replications."""
    freedom = len(replications) - 1
    z = NormalDist().inv_cdf(0.975)
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return Mean(fmean(replications), t * stdev(replications) / math.sqrt(len(replications)))


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not pass."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
