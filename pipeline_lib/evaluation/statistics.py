"""How sure a number is: intervals for shares, pass@k without bias, a ratio's standard error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: 95 % lie within ± Z."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true value lies with 95 % confidence."""

    low: float
    high: float


def wilson(successes: int | float, trials: int | float) -> Interval:
    """The score interval of a share: Wilson 1927, doi.org/10.1080/01621459.1927.10502953.

    `successes` may be a sum of shares (pass@k): their variance is at most a yes-or-no's, so the
    interval errs on the wide side. `trials` need not be whole: see `clustered`.
    """
    if not trials:
        return Interval(0.0, 1.0)
    share = successes / trials
    shrink = 1 + Z**2 / trials
    middle = (share + Z**2 / (2 * trials)) / shrink
    half = Z / shrink * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def pass_at_k(samples: int, right: int, k: int) -> float:
    """P(at least one of k is right) = 1 - C(n-c, k) / C(n, k), without bias.

    Chen et al. 2021, section 2.1, arxiv.org/abs/2107.03374.
    """
    if not 0 < k <= samples:
        raise ValueError(f"expected k from 1 to {samples}, found {k}")
    return 1 - math.comb(samples - right, k) / math.comb(samples, k)


def clustered(successes: Sequence[int], trials: Sequence[int]) -> tuple[float, Interval]:
    """A share of trials that come in groups (the sentences of a text), and its interval.

    Groups are what was drawn, so the variance is that of a ratio of totals. The interval is Wilson's for as many
    independent trials as would vary that much (Korn and Graubard 1998, Survey Methodology 24): never outside [0, 1], and
    of some width where all succeed: then each group counts as one trial.
    """
    if not sum(trials):
        return 0.0, Interval(0.0, 1.0)
    share, spread = ratio(successes, trials)
    variance = ((spread.high - share) / Z) ** 2
    independent = share * (1 - share) / variance if variance else float(len(trials))
    independent = min(independent, float(sum(trials)))
    return share, wilson(share * independent, independent)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean, and how far such means stray."""

    value: float
    standard_error: float

    @property
    def interval(self) -> Interval:
        half = Z * self.standard_error
        return Interval(self.value - half, self.value + half)


def mean(values: Sequence[float]) -> Mean:
    """Of independent draws."""
    drawn = np.asarray(values, float)
    spread = float(drawn.std(ddof=1)) if len(drawn) > 1 else math.inf
    return Mean(float(drawn.mean()), spread / math.sqrt(len(drawn)))


def ratio(
    numerators: Sequence[float | int], denominators: Sequence[float | int]
) -> tuple[float, Interval]:
    """Sum over sum, and its interval when whole pairs are what was drawn.

    Cochran 1977, Sampling Techniques, section 6.4: the variance of a ratio of totals is that of
    the residuals n - r d, over the squared total of d.
    """
    top, bottom = np.asarray(numerators, float), np.asarray(denominators, float)
    value = float(top.sum() / bottom.sum())
    count = len(top)
    spread = float(((top - value * bottom) ** 2).sum()) * count / max(1, count - 1)
    half = Z * math.sqrt(spread) / float(bottom.sum())
    return value, Interval(value - half, value + half)
