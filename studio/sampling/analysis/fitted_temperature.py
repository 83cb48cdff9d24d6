"""Which temperature makes a text most likely, and how surely a text of that length can say so.

At T = 1/β a model gives a token the probability exp(β·z − K(β)), where z is its logit and
K(β) = ln Σ exp(β·z) over the vocabulary. The log-likelihood of a text, the sum of β·z − K(β) over
its tokens, is concave in β: its slope is Σ (z − mean), its curvature −Σ variance, mean and variance
being those of the logits at that β. So there is one best β, where the slope is 0. This is the
temperature scaling of Guo et al. 2017 (arXiv 1706.04599), with one text for a validation set.

Slopes and curvatures are kept at nodes of β and interpolated between them (cubic Hermite): sums
over any part of the text, or over any sample of its parts, then cost next to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling.analysis.filtered_distribution import everything
from studio.sampling.analysis.retemper import COLDEST, HOTTEST, moments_of
from studio.sampling.analysis.token_temperature import logit_of
from studio.sampling.sketches.sketch import LogitSketch

_BETAS = np.geomspace(1.0 / HOTTEST, 1.0 / COLDEST, 61)
"""Ascending, with 1 in the middle."""
_AT_ONE = _BETAS.size // 2
_BETAS[_AT_ONE] = 1.0  # which rounding misses by the last bit

_BLOCK = 32
"""Tokens. The surprises of neighbours go together, and blocks of them are drawn as a whole."""
_SAMPLES = 1000
_SEED = 20250204
_FEWEST_BLOCKS = 8
_TWO_SIDED = 0.95
_DROP = 1.920729
"""Half the 95 % point of the chi-square distribution with one degree of freedom."""

_HALVINGS = 60
"""Of an interval between two nodes: beyond what a float64 distinguishes."""


class TemperatureFit(NamedTuple):
    """The temperature under which a model finds a text most likely.

    Attributes:
        temperature: The best T, from `COLDEST` to `HOTTEST`: either end stands for all beyond.
        low: Where the interval that holds it at 95 % begins: the wider, at each end, of the
            interval by likelihood ratio and that by a block bootstrap.
        high: Where it ends.
        perplexity_t1: exp of the mean surprise at T 1, in nats.
        perplexity_fitted: The same at the best T, which is the least there is.
        tokens: How many were counted.
    """

    temperature: float
    low: float
    high: float
    perplexity_t1: float
    perplexity_fitted: float
    tokens: int


class TemperatureLikelihood:
    """The likelihood of a text's tokens at any T, token by token."""

    def __init__(self) -> None:
        self._values: list[NDArray[np.float64]] = []
        self._slopes: list[NDArray[np.float64]] = []
        self._curvatures: list[NDArray[np.float64]] = []

    def __len__(self) -> int:
        return len(self._values)

    def append(self, sketch: LogitSketch, token: int) -> None:
        """Take the next token of the text.

        Args:
            sketch: The distribution at its place.
            token: What stands there.

        Raises:
            ValueError: The sketch does not know the logit of this token.
        """
        logit = logit_of(sketch, token)
        if logit is None:
            raise ValueError(f"token: the sketch does not know the logit of {token}")
        offset = logit - float(sketch.logits[0])
        log_mass, mean, variance = moments_of(everything(sketch), _BETAS)
        self._values.append(_BETAS * offset - log_mass)
        self._slopes.append(offset - mean)
        self._curvatures.append(-variance)

    def fit(self, tokens: Iterable[int] | None = None) -> TemperatureFit | None:
        """Fit the temperature; None where there is no token, or none at which T matters.

        Args:
            tokens: Which of them to count, by number; None for all.
        """
        chosen = range(len(self)) if tokens is None else list(tokens)
        if not chosen:
            return None
        values, slopes, curvatures = (
            np.stack([rows[token] for token in chosen])
            for rows in (self._values, self._slopes, self._curvatures)
        )
        total, curvature = slopes.sum(axis=0), curvatures.sum(axis=0)
        if not curvature[_AT_ONE]:
            return None
        count = len(chosen)
        beta = float(_roots(total[None], curvature[None])[0])
        value = values.sum(axis=0)
        best = _value_at(beta, value, total)
        intervals = [_by_likelihood_ratio(beta, best, value, total)]
        if len(chosen) >= _FEWEST_BLOCKS * _BLOCK:
            intervals.append(_by_bootstrap(slopes, curvatures))
        return TemperatureFit(
            temperature=1.0 / beta,
            low=1.0 / max(high for _, high in intervals),
            high=1.0 / min(low for low, _ in intervals),
            perplexity_t1=math.exp(-float(value[_AT_ONE]) / count),
            perplexity_fitted=math.exp(-best / count),
            tokens=count,
        )


def _roots(slopes: NDArray[np.float64], curvatures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where some slopes are 0, by bisection of the cubic between the nodes about it.

    Args:
        slopes: `(m, nodes)`, each row falling.
        curvatures: `(m, nodes)`, their derivatives by β.

    Returns:
        `(m,)` β; the first or the last node where a slope has no zero between them.
    """
    above = (slopes > 0.0).sum(axis=1)
    left = np.clip(above - 1, 0, _BETAS.size - 2)
    row = np.arange(left.size)
    low, width = _BETAS[left], _BETAS[left + 1] - _BETAS[left]
    ends = [(part[row, left], part[row, left + 1]) for part in (slopes, curvatures)]
    (start, end), (start_slope, end_slope) = ends
    at = np.zeros(left.size)
    step = 0.5
    for _ in range(_HALVINGS):
        middle = at + step
        value = _hermite(middle, start, end, start_slope * width, end_slope * width)
        at = np.where(value > 0.0, middle, at)
        step /= 2.0
    found = low + at * width
    return np.asarray(
        np.where(above == 0, _BETAS[0], np.where(above == _BETAS.size, _BETAS[-1], found))
    )


def _value_at(beta: float, values: NDArray[np.float64], slopes: NDArray[np.float64]) -> float:
    """A log-likelihood between two nodes."""
    left = min(max(int(np.searchsorted(_BETAS, beta, side="right")) - 1, 0), _BETAS.size - 2)
    width = _BETAS[left + 1] - _BETAS[left]
    at = np.array([(beta - _BETAS[left]) / width])
    start, end = values[left : left + 2]
    start_slope, end_slope = slopes[left : left + 2] * width
    return float(_hermite(at, start, end, start_slope, end_slope)[0])


def _hermite(
    at: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    start_slope: NDArray[np.float64],
    end_slope: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The cubic with these ends and slopes, at a share of the way from 0 to 1."""
    rest = 1.0 - at
    return rest * rest * ((1.0 + 2.0 * at) * start + at * start_slope) + at * at * (
        (1.0 + 2.0 * rest) * end - rest * end_slope
    )


def _by_likelihood_ratio(
    beta: float, best: float, values: NDArray[np.float64], slopes: NDArray[np.float64]
) -> tuple[float, float]:
    """The β whose log-likelihood is within `_DROP` of the best one (Wilks 1938).

    Near the top that is the interval by observed information; where the best β lies at an end of
    the range, that one says nothing.
    """
    ends = []
    for beyond in (_BETAS[0], _BETAS[-1]):
        inside, outside = beta, float(beyond)
        if best - _value_at(outside, values, slopes) > _DROP:
            for _ in range(_HALVINGS):
                middle = (inside + outside) / 2.0
                if best - _value_at(middle, values, slopes) > _DROP:
                    outside = middle
                else:
                    inside = middle
        ends.append(outside)
    return ends[0], ends[1]


def _by_bootstrap(
    slopes: NDArray[np.float64], curvatures: NDArray[np.float64]
) -> tuple[float, float]:
    """The interval of β by drawing blocks of tokens anew."""
    starts = np.arange(0, len(slopes), _BLOCK)
    blocks = [np.add.reduceat(part, starts, axis=0) for part in (slopes, curvatures)]
    drawn = np.random.default_rng(_SEED).multinomial(
        starts.size, np.full(starts.size, 1.0 / starts.size), size=_SAMPLES
    )
    weights = drawn.astype(np.float64)
    found = _roots(weights @ blocks[0], weights @ blocks[1])
    low, high = np.quantile(found, ((1.0 - _TWO_SIDED) / 2.0, (1.0 + _TWO_SIDED) / 2.0))
    return float(low), float(high)
