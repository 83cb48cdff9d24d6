from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import InverseTemperature, LogitsError, ParameterError

INF = math.inf


def softmax(x: NDArray[np.floating]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        w = np.exp(x.astype(np.float64) - float(x.max()))
    return np.asarray(w / w.sum())


@pytest.mark.parametrize(
    ("temperature", "beta"), [(0.0, INF), (0.5, 2.0), (1.0, 1.0), (4.0, 0.25), (INF, 0.0)]
)
def test_beta_is_one_over_t(temperature: float, beta: float) -> None:
    assert InverseTemperature(temperature).beta == beta


@pytest.mark.parametrize("bad", [-1.0, math.nan, -INF, True, "1"])
def test_bad_temperatures_are_refused_by_name(bad: float) -> None:
    with pytest.raises(ParameterError, match=r"^temperature: found"):
        InverseTemperature(bad)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("temperature", [0.0, 1e-320, 1e-45, 1e-5, 0.7, 1.0, 3.0, 1e30, INF])
def test_dtype_shape_and_minus_infinity_survive(dtype: type, temperature: float) -> None:
    scores: NDArray[Any] = np.array([[3.0, -INF, 2.5, 3.0], [-7.0, -8.0, -INF, -9.0]], dtype=dtype)
    before = scores.copy()
    scaled = InverseTemperature(temperature)([1, 2], scores)
    assert scaled.dtype == scores.dtype
    assert scaled.shape == scores.shape
    assert np.array_equal(scores, before)
    assert scaled is not scores
    assert not np.isnan(scaled).any()
    assert (scaled[scores == -INF] == -INF).all()
    rows = [InverseTemperature(temperature)([], row) for row in scores]
    assert np.array_equal(scaled, np.array(rows))


def test_greedy_keeps_the_best_score_lowest_id_first() -> None:
    scaled = InverseTemperature(0.0)([], np.array([1.0, 5.0, 5.0, -INF], dtype=np.float32))
    assert scaled.tolist() == [-INF, 5.0, -INF, -INF]


def test_infinite_temperature_is_flat_over_what_was_possible() -> None:
    scaled = InverseTemperature(INF)([], np.array([1.0, -5.0, -INF], dtype=np.float32))
    assert scaled.tolist() == [0.0, 0.0, -INF]


def test_moderate_scores_are_divided_and_nothing_else() -> None:
    scores = np.linspace(-40, 40, 999, dtype=np.float32)
    exact = (scores.astype(np.float64) / 0.8).astype(np.float32)
    assert np.array_equal(InverseTemperature(0.8)([], scores), exact)


@given(
    st.lists(st.floats(-(2.0**127), 2.0**127, width=32), min_size=1, max_size=20),
    st.floats(min_value=0.0, exclude_min=True, allow_nan=False, allow_infinity=True),
)
def test_softmax_of_the_scaled_scores_is_right_at_every_t(values: list[float], t: float) -> None:
    scores = np.array(values, dtype=np.float32)
    scaled = InverseTemperature(t)([], scores)
    exact = np.array([(v - max(scores.tolist())) / t if t < INF else 0.0 for v in scores.tolist()])
    assert np.allclose(softmax(scaled), softmax(exact), atol=2e-4)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1.0, math.nan], "logits contain NaN at 1 of 2"),
        ([1.0, INF], r"logits contain \+inf"),
        ([-INF, -INF], "logits are all -inf"),
    ],
)
def test_scores_that_are_no_distribution_are_refused(values: list[float], says: str) -> None:
    with pytest.raises(LogitsError, match=says):
        InverseTemperature(0.5)([], np.array(values, dtype=np.float32))


def test_whole_numbers_are_refused() -> None:
    with pytest.raises(LogitsError, match="dtype int64"):
        InverseTemperature(0.5)([], np.array([1, 2]))
