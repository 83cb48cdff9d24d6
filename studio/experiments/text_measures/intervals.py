"""Figures of samples with the intervals that hold them at 95 %.

Every measure here is a ratio of two sums over texts, or the exponential of one, so that all are
resampled alike.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
_Z = 1.959963984540054
_TAIL = 2.5


class Interval(NamedTuple):
    """A figure; NaN where there is none.

    Attributes:
        figure: As computed from all texts.
        low: The interval's lower end.
        high: Its upper end.
    """

    figure: float
    low: float
    high: float


def resampled_counts(slots: int, seed: int, resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """Return `(resamples, slots)`: how often each sample stands in each resample.

    Efron, "Bootstrap methods: another look at the jackknife" (1979). One sample alone says nothing
    of its spread: it has no count (NaN), and so no interval.

    Args:
        slots: How many samples there are.
        seed: Of the random numbers.
        resamples: How many resamples.
    """
    if slots == 1:
        return np.full((resamples, 1), math.nan)
    random = np.random.default_rng(seed)
    shares = np.full(slots, 1.0 / slots)
    return random.multinomial(slots, shares, size=resamples).astype(np.float64)


def percentile_interval(figure: float, resampled: NDArray[np.float64]) -> Interval:
    """Return the middle 95 % of resampled figures, widened to hold the figure itself.

    Args:
        figure: Of all samples.
        resampled: `(resamples,)` the same of each resample; NaN where one has none.
    """
    known = resampled[~np.isnan(resampled)]
    if math.isnan(figure) or not known.size:
        return Interval(figure, math.nan, math.nan)
    low, high = np.percentile(known, (_TAIL, 100.0 - _TAIL))
    return Interval(figure, min(float(low), figure), max(float(high), figure))


def share_interval(hits: float, count: int) -> Interval:
    """Return a share with Wilson's interval, which stays honest where all, none or few hit.

    Wilson, "Probable inference, the law of succession, and statistical inference" (1927). A
    bootstrap of eight hits in eight would be certain.

    Args:
        hits: How many have the property.
        count: Of how many.
    """
    if not count:
        return Interval(math.nan, math.nan, math.nan)
    share, square = hits / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    spread = share * (1 - share) / count + square / (4 * count * count)
    half = _Z * math.sqrt(max(0.0, spread)) / (1 + square / count)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))
