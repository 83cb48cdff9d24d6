from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling.logits.histogram import BINS_PER_OCTAVE, FURTHEST, Histogram
from tests.helpers.hostile_logits import hostile_logits

pytestmark = pytest.mark.usefixtures("either_way")


def of_all(logits: NDArray[np.floating]) -> Histogram:
    return Histogram.of(logits, float(logits.max()), float(logits.min()), 0)


def depths_of(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    finite = logits[logits > -np.inf].astype(np.float64)
    return np.sort(np.minimum(logits.max() - finite, FURTHEST))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 129, 5000, 70_000])
def test_every_token_is_counted_once_in_the_bin_of_its_depth(
    size: int, kind: type[np.floating]
) -> None:
    for logits in hostile_logits(size):
        with np.errstate(over="ignore"):
            row = logits.astype(kind)
        histogram, depths = of_all(row), depths_of(row)
        assert histogram.counts.sum() == depths.size
        ends = histogram.counts.cumsum().astype(int)
        for index, end in enumerate(ends.tolist()):
            inside = depths[end - int(histogram.counts[index]) : end]
            start, furthest = histogram.bounds(index)
            assert start <= inside[0]
            assert inside[-1] <= furthest
            # numpy counts by eighths of a bin, to the nearest of them.
            width = (1.0 + inside[-1]) / BINS_PER_OCTAVE
            assert histogram.depths[index] == pytest.approx(
                inside.mean(), abs=width / 16 + 1e-6 * (1 + inside[-1])
            )


@given(st.integers(0, 2**32 - 1), st.integers(2, 3000), st.integers(0, 128))
def test_the_best_that_are_left_out_are_not_counted(seed: int, size: int, better: int) -> None:
    logits = np.round(np.random.default_rng(seed).normal(0.0, 3.0, size), 1).astype(np.float32)
    better = min(better, size - 1)
    ordered = np.sort(logits)[::-1]
    edge = float(ordered[better])
    histogram = Histogram.of(logits, edge, float(ordered[-1]), better)
    assert histogram.counts.sum() == size - better
    assert histogram.counts.min() >= 1
    assert (np.diff(histogram.depths) > 0).all()
    sums = float(histogram.counts @ histogram.depths)
    exact = float((edge - ordered[better:].astype(np.float64)).sum())
    assert sums == pytest.approx(exact, rel=2e-4, abs=1e-2)


def test_equal_logits_stand_where_they_stand() -> None:
    # Also where a bin is far wider than what numbers are rounded to.
    logits = np.repeat(np.array([3.0, 2.5, -1.0, -29.0], np.float32), 1000)
    histogram = of_all(logits)
    assert histogram.counts.tolist() == [1000.0] * 4
    assert histogram.depths == pytest.approx([0.0, 0.5, 4.0, 32.0], abs=1e-3)
