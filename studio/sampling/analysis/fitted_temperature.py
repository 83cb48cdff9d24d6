"""Which temperature makes a text most likely, and how surely a text of that length can say so.

At T = 1/β a model gives a token the probability exp(β·z − K(β)), where z is its logit and
K(β) = ln Σ exp(β·z) over the vocabulary. The log-likelihood of a text, the sum of β·z − K(β) over
its tokens, is concave in β: its slope is Σ (z − mean), its curvature −Σ variance, mean and variance
being those of the logits at that β. So there is one best β, where the slope is 0. This is the
temperature scaling of Guo et al. 2017 (arXiv 1706.04599), with one text for a validation set.

Of a text that was drawn at β the slope there is a sum of differences from means that are known at
each place: a martingale, whose variance is the observed information, however much the places hang
together (Hall and Heyde, "Martingale limit theory", 1980, chapter 6). So the interval needs no
correction for that, and of 900 texts of 2,000 tokens 95.3 % were held
(`tests.benchmarks.fit_coverage`). Of someone else's text the model may be wrong, and its surprises
go together: the block bootstrap allows for that.

Slopes and curvatures are kept at nodes of β and interpolated between them (cubic Hermite): sums
over any part of the text, or over any sample of its parts, then cost next to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import NamedTuple, TypeVar

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

CURVE_TEMPERATURES = np.geomspace(COLDEST, HOTTEST, 241)
"""Those that `LikelihoodSums.curve` is given at, ascending."""

BLOCK = 32
"""Tokens. The surprises of neighbours go together, and blocks of them are drawn as a whole."""
_MOST_BLOCKS = 512
"""The blocks of a long text are longer."""
_SAMPLES = 1000
_SEED = 20250204
FEWEST_BOOTSTRAPPED = 8 * BLOCK
"""Tokens. Fewer blocks say nothing of how far they differ."""
_TWO_SIDED = 0.95
_DROP = 1.920729
"""Half the 95 % point of the chi-square distribution with one degree of freedom."""
_DEVIATIONS = 1.959964
"""Standard deviations of a normal distribution, on either side, that hold 95 % of it."""

_HALVINGS = 60
"""Of an interval between two nodes: beyond what a float64 distinguishes."""
_VALUE, _SLOPE, _CURVATURE = range(3)

_STEP = 4096
"""Tokens that are summed up in one go."""
_FIRST_ROOM = 64

Result = TypeVar("Result")
Interval = tuple[float, float]
Numbers = Sequence[int] | NDArray[np.intp]


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
        by_likelihood: The T whose log-likelihood is hardly less than the best one (Wilks 1938).
        by_information: The T about the best one by the curvature there, the observed information;
            None where the best is an end of the range.
        by_bootstrap: The middle 95 % of the best T of the text's blocks of tokens, drawn anew; None
            where there are fewer than `FEWEST_BOOTSTRAPPED` tokens.
    """

    temperature: float
    low: float
    high: float
    perplexity_t1: float
    perplexity_fitted: float
    tokens: int
    by_likelihood: Interval
    by_information: Interval | None
    by_bootstrap: Interval | None


class TemperatureLikelihood:
    """The likelihood of a text's tokens at any T, token by token: less than 1 KiB for each."""

    def __init__(self) -> None:
        self._size = 0
        # In float32: what it rounds off, 1e-7 of each, is lost in the sums, which are float64.
        self._rows = np.zeros((0, 3, _BETAS.size), dtype=np.float32)
        """Of each token ln p, its slope and its curvature at all β."""

    def __len__(self) -> int:
        return self._size

    def append(self, sketch: LogitSketch, token: int) -> None:
        """Take the next token of the text.

        Args:
            sketch: The distribution at its place.
            token: What stands there.

        Raises:
            ValueError: The sketch does not know the logit of this token, or a server sent the
                likeliest tokens alone: then the likelihood is not one function of T.
        """
        if sketch.is_truncated:
            raise ValueError("sketch: how likely its token is at another T is not known")
        logit = logit_of(sketch, token)
        if logit is None:
            raise ValueError(f"token: the sketch does not know the logit of {token}")
        offset = logit - float(sketch.logits[0])
        log_mass, mean, variance = moments_of(everything(sketch), _BETAS)
        if self._size == len(self._rows):
            # By a quarter: a long text's rows take megabytes.
            more = np.zeros((_FIRST_ROOM + self._size // 4, *self._rows.shape[1:]), np.float32)
            self._rows = np.concatenate((self._rows, more))
        row = self._rows[self._size]
        row[_VALUE] = _BETAS * offset - log_mass
        row[_SLOPE] = offset - mean
        row[_CURVATURE] = -variance
        self._size += 1

    def fit(self, tokens: Numbers | None = None) -> TemperatureFit | None:
        """Fit the temperature; None where there is no token, or none at which T matters.

        Args:
            tokens: Which of them to count, by number; None for all.
        """
        return at_once(self.summed(tokens)).fit()

    def summed(self, tokens: Numbers | None = None) -> Generator[bool, None, LikelihoodSums]:
        """Sum some tokens up, a millisecond's work a step.

        Args:
            tokens: Which of them to count, by number, in the order of the text; None for all.

        Yields:
            False: nothing is waited for.
        """
        numbers = np.arange(self._size) if tokens is None else np.asarray(tokens, dtype=np.intp)
        length = max(BLOCK, -(-numbers.size // _MOST_BLOCKS))
        step = max(1, _STEP // length) * length
        sums = [np.zeros((0, 3, _BETAS.size))]
        for first in range(0, numbers.size, step):
            rows = self._rows[numbers[first : first + step]]
            starts = np.arange(0, len(rows), length)
            sums.append(np.add.reduceat(rows, starts, axis=0, dtype=np.float64))
            yield False
        return LikelihoodSums(np.concatenate(sums), numbers.size)


class LikelihoodSums:
    """The likelihood of some tokens at any T; to fit many takes no longer than to fit some.

    Args:
        blocks: `(n, 3, nodes)` ln p, its slope and its curvature at all β, summed up over each
            block of tokens.
        tokens: How many tokens these are.
    """

    def __init__(self, blocks: NDArray[np.float64], tokens: int) -> None:
        self._blocks = blocks
        self._whole = blocks.sum(axis=0)
        self._tokens = tokens

    def fit(self) -> TemperatureFit | None:
        """Fit the temperature; None where there is no token, or none at which T matters."""
        value, slope, curvature = self._whole
        if not curvature[_AT_ONE]:
            return None
        beta = float(_roots(slope[None], curvature[None])[0])
        best = _value_at(beta, value, slope)
        by_likelihood = _by_likelihood_ratio(beta, best, value, slope)
        by_bootstrap = None
        if self._tokens >= FEWEST_BOOTSTRAPPED:
            by_bootstrap = _by_bootstrap(self._blocks)
        known = [by_likelihood] if by_bootstrap is None else [by_likelihood, by_bootstrap]
        return TemperatureFit(
            temperature=1.0 / beta,
            low=min(low for low, _ in known),
            high=max(high for _, high in known),
            perplexity_t1=math.exp(-float(value[_AT_ONE]) / self._tokens),
            perplexity_fitted=math.exp(-best / self._tokens),
            tokens=self._tokens,
            by_likelihood=by_likelihood,
            by_information=_by_information(beta, curvature),
            by_bootstrap=by_bootstrap,
        )

    def curve(self) -> NDArray[np.float64]:
        """Return the mean log-likelihood of a token, in nats, at each of `CURVE_TEMPERATURES`."""
        value, slope, _ = self._whole
        return _values_at(1.0 / CURVE_TEMPERATURES, value, slope) / self._tokens


def at_once(steps: Generator[object, None, Result]) -> Result:
    """Do all steps of some work, and return what comes of it.

    Args:
        steps: The work.
    """
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            result: Result = ended.value
            return result


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
    return float(_values_at(np.array([beta]), values, slopes)[0])


def _values_at(
    betas: NDArray[np.float64], values: NDArray[np.float64], slopes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The same at many β."""
    left = np.clip(np.searchsorted(_BETAS, betas, side="right") - 1, 0, _BETAS.size - 2)
    width = _BETAS[left + 1] - _BETAS[left]
    at = (betas - _BETAS[left]) / width
    start_slope, end_slope = slopes[left] * width, slopes[left + 1] * width
    return _hermite(at, values[left], values[left + 1], start_slope, end_slope)


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
) -> Interval:
    """The T whose log-likelihood is within `_DROP` of the best one (Wilks 1938).

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
    return 1.0 / ends[1], 1.0 / ends[0]


def _by_information(beta: float, curvatures: NDArray[np.float64]) -> Interval | None:
    """The T within 1.96 standard errors of the best β, as the curvature there has these."""
    if not _BETAS[0] < beta < _BETAS[-1]:
        return None
    away = _DEVIATIONS / math.sqrt(-float(np.interp(beta, _BETAS, curvatures)))
    return 1.0 / min(beta + away, _BETAS[-1]), 1.0 / max(beta - away, _BETAS[0])


def _by_bootstrap(blocks: NDArray[np.float64]) -> Interval:
    """The middle 95 % of the best T where blocks of tokens are drawn anew, many times.

    Args:
        blocks: As of `LikelihoodSums`.
    """
    count = len(blocks)
    picks = np.random.default_rng(_SEED).integers(count, size=(_SAMPLES, count))
    picks += np.arange(_SAMPLES)[:, None] * count
    counts = np.bincount(picks.ravel(), minlength=_SAMPLES * count)
    weights = counts.reshape(_SAMPLES, count).astype(np.float64)
    slopes, curvatures = (weights @ blocks[:, part] for part in (_SLOPE, _CURVATURE))
    ends = ((1.0 - _TWO_SIDED) / 2.0, (1.0 + _TWO_SIDED) / 2.0)
    low, high = np.quantile(1.0 / _roots(slopes, curvatures), ends)
    return float(low), float(high)
