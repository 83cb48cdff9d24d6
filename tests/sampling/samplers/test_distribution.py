from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import (
    DEFAULT_SAMPLERS,
    LogitsError,
    Ranking,
    SamplingParams,
    distribution,
)

INF = math.inf


def only(name: str, **fields: float) -> SamplingParams:
    """One sampler, then temperature 1."""
    return SamplingParams(samplers=(name,), **fields)  # type: ignore[arg-type]  # fields vary


def logits_of(*probabilities: float) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.array(probabilities)))


# Hand-computed


def test_softmax_at_t_one() -> None:
    assert distribution(logits_of(0.5, 0.2, 0.3), SamplingParams()) == pytest.approx(
        [0.5, 0.2, 0.3]
    )


def test_t_one_half_squares_the_odds() -> None:
    p = distribution(logits_of(0.5, 0.25, 0.25), SamplingParams(temperature=0.5))
    assert p == pytest.approx([4 / 6, 1 / 6, 1 / 6])


def test_top_k_keeps_the_k_best_lowest_ids_first() -> None:
    assert distribution([1.0, 2.0, 2.0, 2.0], only("top_k", top_k=2)) == pytest.approx(
        [0, 0.5, 0.5, 0]
    )


@pytest.mark.parametrize(
    ("p", "left"),
    [(0.39, [0, 1, 0, 0]), (0.41, [3 / 7, 4 / 7, 0, 0]), (0.75, [6 / 17, 8 / 17, 0, 3 / 17])],
)
def test_top_p_keeps_the_fewest_that_reach_p(p: float, left: list[float]) -> None:
    assert distribution(logits_of(0.3, 0.4, 0.15, 0.15 + 1e-9), only("top_p", top_p=p)) == (
        pytest.approx(left, abs=1e-7)
    )


def test_min_p_is_relative_to_the_best() -> None:
    logits = logits_of(0.5, 0.06, 0.4, 0.04)
    assert distribution(logits, only("min_p", min_p=0.1)) == pytest.approx(
        [0.5 / 0.96, 0.06 / 0.96, 0.4 / 0.96, 0.0]
    )
    assert distribution(logits, only("min_p", min_p=1.0)).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_filter_before_temperature_sees_t_one_and_one_after_it_sees_t() -> None:
    logits = logits_of(0.6, 0.3, 0.1)
    first = SamplingParams(temperature=100.0, min_p=0.4, samplers=("temperature", "min_p"))
    last = SamplingParams(temperature=100.0, min_p=0.4, samplers=("min_p", "temperature"))
    assert np.count_nonzero(distribution(logits, first)) == 3
    assert np.count_nonzero(distribution(logits, last)) == 2


def test_penalties_divide_what_is_positive_and_multiply_what_is_negative() -> None:
    params = only("penalties", repeat_penalty=2.0)
    p = distribution([2.0, -1.0, 0.0, 1.0], params, history=[0, 1, 2, 1, 1])
    z = np.exp([1.0, -2.0, 0.0, 1.0])
    assert p == pytest.approx(z / z.sum())


@pytest.mark.parametrize(("last_n", "hit"), [(0, []), (1, [3]), (2, [3, 1]), (-1, [0, 1, 3])])
def test_only_the_last_n_tokens_are_penalised(last_n: int, hit: list[int]) -> None:
    z = np.array([2.0, 2.0, 2.0, 2.0])
    p = distribution(z, only("penalties", repeat_penalty=4.0, repeat_last_n=last_n), [0, 1, 3])
    z[hit] /= 4.0
    assert p == pytest.approx(np.exp(z) / np.exp(z).sum())


def test_penalties_after_top_k_rank_anew_what_it_left() -> None:
    params = SamplingParams(
        top_k=3, repeat_penalty=10.0, min_p=0.5, samplers=("top_k", "penalties", "min_p")
    )
    p = distribution([5.0, 4.9, 4.8, 4.7], params, history=[0])
    z = np.exp([4.9, 4.8])
    assert p == pytest.approx([0.0, *(z / z.sum()), 0.0])


def test_what_samplers_leaves_out_is_not_applied() -> None:
    params = SamplingParams(
        temperature=0.0, top_k=1, top_p=0.1, min_p=0.9, repeat_penalty=9.0, samplers=()
    )
    assert distribution(logits_of(0.5, 0.2, 0.3), params, [0]) == pytest.approx([0.5, 0.2, 0.3])


# Both ends of temperature

ORDERS = st.permutations(DEFAULT_SAMPLERS)


@given(ORDERS)
def test_t_zero_is_the_best_penalised_logit_whatever_the_order(order: Sequence[str]) -> None:
    params = SamplingParams(
        temperature=0.0,
        top_k=1,
        top_p=0.5,
        min_p=0.5,
        repeat_penalty=2.0,
        samplers=tuple(order),
    )
    assert distribution([3.0, 2.0, 2.0, -INF], params, [0]).tolist() == [0.0, 1.0, 0.0, 0.0]


def test_t_infinity_is_flat_over_what_is_left() -> None:
    logits = [1.0, 9.0, -INF, 5.0, 7.0]
    assert distribution(logits, SamplingParams(temperature=INF)).tolist() == [
        0.25,
        0.25,
        0.0,
        0.25,
        0.25,
    ]
    params = SamplingParams(temperature=INF, top_k=2)
    assert distribution(logits, params).tolist() == [0.0, 0.5, 0.0, 0.0, 0.5]
    params = SamplingParams(temperature=INF, top_p=0.5, samplers=("temperature", "top_p"))
    assert distribution(logits, params).tolist() == [0.0, 0.5, 0.0, 0.0, 0.5]
    params = SamplingParams(temperature=INF, min_p=1.0, samplers=("temperature", "min_p"))
    assert np.count_nonzero(distribution(logits, params)) == 4


@pytest.mark.parametrize("temperature", [1e-320, 1e-300, 1e-45, 1e-30, 1e30, 1e300])
@pytest.mark.parametrize(
    "logits",
    [[0.0, 1e-30, -INF], [3e38, -3e38, 0.0], [-3e38, -2.9e38, -INF], [5.0, 5.0, 4.0]],
)
def test_no_temperature_overflows(temperature: float, logits: list[float]) -> None:
    p = distribution(np.array(logits, np.float32), SamplingParams(temperature=temperature))
    assert np.isfinite(p).all()
    assert p.sum() == pytest.approx(1.0)
    best = float(np.float32(max(logits)))
    with np.errstate(over="ignore"):
        weights = np.exp((np.array(logits, np.float32).astype(np.float64) - best) / temperature)
    assert p == pytest.approx(weights / weights.sum(), abs=1e-12)


# Against a plain reference


def reference(
    logits: NDArray[np.float32], params: SamplingParams, history: Sequence[int]
) -> NDArray[np.float64]:
    """The same samplers, each on the whole vocabulary, with no thought for speed."""
    z = logits.astype(np.float64)
    beta = 1.0
    for name in params.samplers:
        order = sorted(np.flatnonzero(z > -INF), key=lambda i: (-z[i], i))
        x = beta * (z[order] - z[order[0]])
        p = np.exp(x) / np.exp(x).sum()
        keep = np.ones(len(order), bool)
        if name == "temperature":
            beta = 1.0 / params.temperature
        elif name == "penalties" and params.repeat_last_n:
            start = 0 if params.repeat_last_n < 0 else -params.repeat_last_n
            for token in set(history[start:]):
                r = params.repeat_penalty
                z[token] = z[token] * r if z[token] <= 0 else z[token] / r
        elif name == "top_k" and params.top_k:
            keep[params.top_k :] = False
        elif name == "top_p" and params.top_p < 1.0:
            keep[int(np.argmax(np.cumsum(p) >= params.top_p - 1e-12)) + 1 :] = False
        elif name == "min_p":
            keep = p >= params.min_p * p[0] * (1 - 1e-12)
        z[np.array(order)[~keep]] = -INF
    w = np.exp(beta * (z - z.max()))
    return np.asarray(w / w.sum())


params_of_any_kind = st.builds(
    SamplingParams,
    temperature=st.floats(0.05, 20.0),
    top_k=st.integers(0, 30),
    top_p=st.floats(0.01, 1.0),
    min_p=st.floats(0.0, 1.0),
    repeat_penalty=st.floats(0.3, 3.0),
    repeat_last_n=st.integers(-1, 8),
    samplers=ORDERS.flatmap(lambda o: st.integers(0, 5).map(lambda n: tuple(o[:n]))),
)


def clear_of_boundaries(params: SamplingParams, logits: NDArray[np.float32], h: list[int]) -> bool:
    """Say whether no filter cuts so close to a token that rounding decides."""
    kept = {
        np.count_nonzero(
            reference(
                logits,
                SamplingParams(
                    temperature=params.temperature,
                    top_k=params.top_k,
                    top_p=min(1.0, params.top_p * (1 + by)),
                    min_p=min(1.0, params.min_p * (1 + by)),
                    repeat_penalty=params.repeat_penalty,
                    repeat_last_n=params.repeat_last_n,
                    samplers=params.samplers,
                ),
                h,
            )
        )
        for by in (-1e-6, 0.0, 1e-6)
    }
    return len(kept) == 1


@given(st.integers(0, 2**32 - 1), st.integers(1, 3000), params_of_any_kind)
def test_it_is_what_the_reference_says(seed: int, size: int, params: SamplingParams) -> None:
    rng = np.random.default_rng(seed)
    logits = (rng.normal(size=size) * rng.uniform(0.5, 4)).astype(np.float32)
    if size > 1:
        logits[rng.random(size) < rng.choice([0.0, 0.3])] = -INF
    logits[0] = 1.0
    history = rng.integers(0, size, 12).tolist()
    if not clear_of_boundaries(params, logits, history):
        return
    p = distribution(logits, params, history)
    assert np.allclose(p, reference(logits, params, history), atol=1e-9)


@given(
    st.lists(
        st.one_of(st.just(-INF), st.integers(-40, 40).map(lambda n: n / 4)),
        min_size=1,
        max_size=40,
    ).filter(lambda z: max(z) > -INF),
    params_of_any_kind,
    st.lists(st.integers(0, 0), max_size=3),
)
def test_it_sums_to_one_and_gives_nothing_to_what_was_impossible(
    values: list[float], params: SamplingParams, history: list[int]
) -> None:
    logits = np.array(values, dtype=np.float32)
    before = logits.copy()
    p = distribution(logits, params, history)
    assert p.dtype == np.float64
    assert p.shape == logits.shape
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    assert p.min() >= 0.0
    assert (p[logits == -INF] == 0.0).all()
    assert np.array_equal(logits, before)


def test_real_logits_at_every_temperature(real_logits: NDArray[np.float32]) -> None:
    for row in real_logits[::40]:
        for temperature in (0.1, 0.7, 1.0, 3.0):
            z = row.astype(np.float64) / temperature
            exact = np.exp(z - z.max())
            exact /= exact.sum()
            p = distribution(row, SamplingParams(temperature=temperature))
            assert np.allclose(p, exact, atol=1e-12)


# What is refused


@pytest.mark.parametrize("size", [3, 5000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (math.nan, "logits contain NaN at 2 of {size} positions, the first at 1"),
        (INF, r"logits contain \+inf at 2 of {size} positions, the first at 1"),
    ],
)
def test_broken_logits_are_refused(size: int, dtype: type, bad: float, says: str) -> None:
    logits: NDArray[Any] = np.zeros(size, dtype=dtype)
    logits[[1, size - 1]] = bad
    with pytest.raises(LogitsError, match=says.format(size=size)):
        distribution(logits, SamplingParams())


@pytest.mark.parametrize(
    ("logits", "says"),
    [
        ([-INF, -INF], "all -inf"),
        ([-INF] * 5000, "all -inf"),
        ([], "shape"),
        ([[1.0]], "shape"),
        (["a"], "dtype"),
        ([1j], "dtype"),
        ([True], "dtype"),
    ],
)
def test_what_is_no_vector_of_numbers_is_refused(logits: list[float], says: str) -> None:
    with pytest.raises(LogitsError, match=says):
        distribution(logits, SamplingParams())


@pytest.mark.parametrize("token", [-1, 3])
def test_a_history_of_another_vocabulary_is_refused(token: int) -> None:
    with pytest.raises(ValueError, match="history: allowed are token ids from 0 to 2"):
        distribution([1.0, 2.0, 3.0], SamplingParams(repeat_penalty=2.0), [token])


def test_a_ranking_serves_as_well_as_logits() -> None:
    logits = np.random.default_rng(0).normal(size=4000).astype(np.float32)
    params = SamplingParams(temperature=1.5, top_p=0.9)
    assert np.array_equal(distribution(Ranking(logits), params), distribution(logits, params))
