"""How many tokens lie how far below the best: all of a vocabulary in some hundred numbers.

Bins widen in proportion to the depth: a logit far below has its say at high temperatures alone,
where what two logits differ by counts for little. The mean depth in each bin is kept too, so that a
sum of exp(−β·depth) over the vocabulary is had from the bins for any β: what is lost is the spread
within a bin of width w, (β·w)²/24 of the bin's part as a rule and (β·w)²/8 at most, and w is (1 +
depth)/256. One pass over the logits makes it, whatever they are like.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits import kernels

BINS_PER_OCTAVE = 256
"""Of them depth + 1 crosses so many while it doubles."""

FURTHEST = 2.0**40
"""Depths beyond count as this one."""

_FINER = 8
"""numpy counts in so many bins for each, for it cannot add up where in a bin a token lies."""

_MARGIN = 1.0 / _FINER
"""Of a bin: what stands at its end may have been counted with the next one."""

# Bits of a float32 that are no number of a fine bin; what the other bits of 1.0 are; and the fine
# bin past all others, that of -inf.
_FRACTION = 12
_ROUNDING = 1 << (_FRACTION - 1)
_FIRST = 127 << (23 - _FRACTION)
_FINE_BINS = (40 * BINS_PER_OCTAVE + 1) * _FINER

_SUMS: NDArray[np.float64] = np.stack((np.ones(_FINER), np.arange(_FINER) / _FINER), axis=1)
"""From the fine bins of one bin to how many tokens it has, and the sum of their places in it."""

_PIECE = 32_768
"""Tokens at a time: what is made of them stays in the processor's own cache from step to step."""


class Histogram(NamedTuple):
    """All tokens of a vocabulary but some of the best; those at -inf are left out.

    Attributes:
        edge: The best of them.
        better: How many are not among them, none of these below the edge.
        rows: `(3, n)`, for each bin that has tokens, from the edge on: its number, how many tokens
            it has, and the mean of their depths below the edge.
    """

    edge: float
    better: int
    rows: NDArray[np.float32]

    @classmethod
    def of(cls, logits: NDArray[Any], edge: float, lowest: float, better: int) -> Self:
        """Count the tokens of `(V,)` logits.

        Args:
            logits: None of them NaN or +inf.
            edge: The logit of the rank `better`.
            lowest: The least logit.
            better: How many of the best are left out.
        """
        rows = kernels.histogram(logits, edge, lowest, better)
        if rows is None:
            rows = _counted_by_numpy(logits, edge, lowest, better)
        return cls(edge, better, rows)

    @property
    def tokens(self) -> int:
        """How many they are."""
        return int(self.rows[1].sum(dtype=np.float64))

    @property
    def counts(self) -> NDArray[np.float32]:
        """`(n,)` whole numbers of tokens, 1 at least."""
        counts: NDArray[np.float32] = self.rows[1]
        return counts

    @property
    def depths(self) -> NDArray[np.float32]:
        """`(n,)` ascending."""
        depths: NDArray[np.float32] = self.rows[2]
        return depths

    def bounds(self, index: int) -> tuple[float, float]:
        """Return depths between which all tokens of a filled bin lie, and perhaps some others.

        They reach to the next filled bin, and from the first and the last one without end: what is
        nowhere else lies in one of them.
        """
        numbers = self.rows[0]
        start = _depth_of(numbers.item(index) - _MARGIN) if index else -np.inf
        if index == numbers.size - 1:
            return start, np.inf
        return start, _depth_of(numbers.item(index + 1) + _MARGIN)


def _depth_of(number: float) -> float:
    octave, part = divmod(number, BINS_PER_OCTAVE)
    return float(2.0**octave * (1.0 + part / BINS_PER_OCTAVE) - 1.0)


def _counted_by_numpy(
    logits: NDArray[Any], edge: float, lowest: float, better: int
) -> NDArray[np.float32]:
    """Return the rows of a histogram; each token counts as the nearest of the fine bins' begins."""
    counts = np.zeros(_FINER)
    best = logits.dtype.type(edge)
    with np.errstate(over="ignore"):
        for start in range(0, logits.size, _PIECE):
            piece = logits[start : start + _PIECE]
            depths = best - piece
            np.clip(depths, 0.0, FURTHEST, out=depths)
            depths += 1.0
            bins = depths.astype(np.float32, copy=False).view(np.int32)
            bins += _ROUNDING - (_FIRST << _FRACTION)
            bins >>= _FRACTION
            if lowest == -np.inf:
                bins[piece == -np.inf] = _FINE_BINS
            found = np.bincount(bins)
            if found.size > counts.size:
                whole = -(-found.size // _FINER) * _FINER
                counts = np.concatenate((counts, np.zeros(whole - counts.size)))
            counts[: found.size] += found
    counts[0] -= better
    by_bin = counts[:_FINE_BINS].reshape(-1, _FINER)
    totals, places = (by_bin @ _SUMS).T
    numbers = np.flatnonzero(totals)
    octaves, parts = np.divmod(numbers, BINS_PER_OCTAVE)
    means = parts + places[numbers] / totals[numbers]
    depths = np.ldexp(1.0 + means / BINS_PER_OCTAVE, octaves) - 1.0
    return np.array((numbers, totals[numbers], depths), dtype=np.float32)
