"""Intervals: known ones, and how often they hold the truth."""

import math

import numpy as np
import pytest

from studio.experiments.text_measures.intervals import (
    percentile_interval,
    resampled_counts,
    share_interval,
)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [  # z² is 3.8415; with all or none the bounds are n/(n + z²) and z²/(n + z²)
        (8, 8, 8 / 11.8415, 1.0),
        (0, 10, 0.0, 3.8415 / 13.8415),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
    ],
)
def test_wilson(hits: int, count: int, low: float, high: float) -> None:
    found = share_interval(hits, count)
    assert found.figure == hits / count
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_nothing_has_no_interval() -> None:
    assert all(math.isnan(it) for it in share_interval(0, 0))
    assert math.isnan(percentile_interval(1.0, np.array([math.nan])).low)


def test_each_resample_has_as_many_as_there_are() -> None:
    counts = resampled_counts(5, seed=1)
    assert (counts.sum(axis=1) == 5).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(5), abs=0.1)
    assert (counts == resampled_counts(5, seed=1)).all()


def test_an_interval_holds_its_figure() -> None:
    found = percentile_interval(10.0, np.linspace(0.0, 1.0, 1001))
    assert found == pytest.approx((10.0, 0.025, 10.0))


def test_the_bootstrap_holds_the_truth_nearly_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    held = 0
    for trial in range(300):
        upper, lower = random.exponential(2.0, 40), random.uniform(0.5, 1.5, 40)
        counts = resampled_counts(40, seed=trial, resamples=400)
        found = percentile_interval(
            float(upper.sum() / lower.sum()), (counts @ upper) / (counts @ lower)
        )
        held += found.low <= 2.0 <= found.high
    assert 0.88 <= held / 300 <= 0.98
