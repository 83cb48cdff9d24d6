from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import LogitSketch, SamplingParams, choose
from studio.sampling.analysis.flip_temperature import (
    COLDEST,
    HOTTEST,
    flip_temperature,
    flip_temperatures,
)
from studio.sampling.sketches.sketch_stack import SketchStack

FILTERS: tuple[dict[str, object], ...] = (
    {},
    {"top_k": 40, "top_p": 0.95, "min_p": 0.05},
    {"min_p": 0.02, "samplers": ("temperature", "min_p")},
    {"top_p": 0.6, "samplers": ("temperature", "top_p")},
    {"top_k": 3, "top_p": 0.9, "samplers": ("top_k", "temperature", "top_p")},
    {"p_less": 1},
    {"p_less": 1, "samplers": ("temperature", "p_less")},
)


def at(params: SamplingParams, temperature: float) -> SamplingParams:
    return msgspec.structs.replace(params, temperature=temperature)


def is_favourite(
    logits: NDArray[np.floating], u: float, params: SamplingParams, temperature: float
) -> bool:
    return choose(logits, at(params, temperature), (), u).rank == 0


# A vocabulary that a sketch knows whole: there blame is exact.
small = st.lists(st.floats(-20.0, 20.0, width=32), min_size=2, max_size=100).map(
    lambda logits: np.array(logits, dtype=np.float32)
)


@given(small, st.floats(0.0, 1.0, exclude_max=True), st.sampled_from(FILTERS))
def test_the_same_draws_take_the_favourite_below_and_not_above(
    logits: NDArray[np.float32], u: float, filters: dict[str, object]
) -> None:
    params = SamplingParams(**filters)  # type: ignore[arg-type]  # filters vary
    token = choose(logits, at(params, 3.0), (), u).token
    found = flip_temperature(LogitSketch.of(logits, written=token), token, u, params)
    favourite = int(np.argmax(logits))
    assert (found is None) == (token == favourite)
    if found is None:
        return
    assert found < 3.0 * (1 + 1e-9), "at T 3 the draw did not choose the favourite"
    if found > 0.0:
        assert is_favourite(logits, u, params, found * (1 - 1e-6))
        assert is_favourite(logits, u, params, found / 7)
    for above in (max(found, COLDEST) * (1 + 1e-6), max(found, COLDEST) * 2, 3.0, 100.0):
        if above > found:
            assert not is_favourite(logits, u, params, above)


@pytest.mark.parametrize("filters", FILTERS)
def test_real_logits(real_logits: NDArray[np.float32], filters: dict[str, object]) -> None:
    params = SamplingParams(**filters)  # type: ignore[arg-type]  # filters vary
    rng = np.random.default_rng(5)
    asked = 0
    for row in real_logits[::9]:
        u = float(rng.random())
        token = choose(row, at(params, 1.5), (), u).token
        found = flip_temperature(LogitSketch.of(row, written=token), token, u, params)
        if found is None or not COLDEST < found < HOTTEST:
            continue
        asked += 1
        # A sketch's probabilities are within 0.001, so the turn is not exact here.
        assert is_favourite(row, u, params, found * 0.98)
        assert not is_favourite(row, u, params, found * 1.02)
    assert asked > 5


@pytest.mark.parametrize("filters", FILTERS)
def test_a_stack_says_what_each_sketch_says(
    real_logits: NDArray[np.float32], filters: dict[str, object]
) -> None:
    params = SamplingParams(**filters)  # type: ignore[arg-type]  # filters vary
    rng = np.random.default_rng(6)
    stack, us, expected, in_tail = SketchStack(), [], [], []
    rows = [*real_logits[::5], *rng.normal(size=(20, 60)).astype(np.float32) * 3]
    for row in rows:
        u = float(rng.random())
        token = choose(row, at(params, 1.5), (), u).token
        sketch = LogitSketch.of(row, written=token)
        stack.append(sketch, token)
        us.append(u)
        found = flip_temperature(sketch, token, u, params)
        expected.append(math.nan if found is None else found)
        turn = 1.0 if found is None else min(max(found, COLDEST), HOTTEST)
        in_tail.append(128 < sketch.shaped(at(params, turn)).kept < row.size)
    got = flip_temperatures(stack, np.array(us), params)
    for found, wanted, estimated in zip(got, expected, in_tail, strict=True):
        tolerance = 0.1 if estimated else 1e-6
        assert found == pytest.approx(wanted, rel=tolerance, nan_ok=True)


_FILTERS = ("top_n_sigma", "top_k", "top_p", "min_p", "temperature")


@settings(max_examples=40)
@given(
    st.lists(st.tuples(small, st.floats(0.0, 1.0, exclude_max=True)), min_size=1, max_size=5),
    st.integers(0, 20),
    st.floats(0.01, 1.0),
    st.floats(0.0, 1.0),
    st.sampled_from([-1.0, 0.5, 1.0, 2.0]),
    st.permutations(list(_FILTERS)),
)
# Two tokens lie two deviations apart to the last bit, and both are kept.
@example([(np.array([0.0, 8.525391], np.float32), 0.875)], 0, 1.0, 0.0, 2.0, list(_FILTERS))
def test_a_stack_with_any_filters_in_any_order(
    places: list[tuple[NDArray[np.float32], float]],
    top_k: int,
    top_p: float,
    min_p: float,
    top_n_sigma: float,
    order: list[str],
) -> None:
    params = SamplingParams(
        top_k=top_k, top_p=top_p, min_p=min_p, top_n_sigma=top_n_sigma, samplers=tuple(order)
    )
    stack, us = SketchStack(), []
    for logits, u in places:
        token = choose(logits, SamplingParams(temperature=5.0), (), u).token
        stack.append(LogitSketch.of(logits, written=token), token)
        us.append(u)
    for (logits, u), found in zip(
        places, flip_temperatures(stack, np.array(us), params), strict=True
    ):
        if math.isnan(found):
            continue
        if found > COLDEST:
            assert is_favourite(logits, u, params, min(found, HOTTEST) * (1 - 1e-6))
        if found < HOTTEST:
            assert not is_favourite(logits, u, params, max(found, COLDEST) * (1 + 1e-6))


def test_the_ends() -> None:
    params = SamplingParams()
    two = np.array([1.0, 1.0], dtype=np.float32)
    sketch = LogitSketch.of(two)
    assert flip_temperature(sketch, 0, 0.2, params) is None
    assert flip_temperature(sketch, 1, 0.7, params) == 0.0, (
        "equal logits: only T 0 tells them apart"
    )
    steep = LogitSketch.of(np.array([5.0, 1.0], dtype=np.float32))
    assert flip_temperature(steep, 1, 0.9, SamplingParams(top_k=1)) == math.inf
    stack = SketchStack()
    stack.append(sketch, 1)
    stack.append(steep, 1)
    stack.append(steep, 0)
    stack.append(steep, 1)
    us = np.array([0.7, 0.9, 0.9, math.nan])
    assert flip_temperatures(stack, us, params)[0] == 0.0
    assert np.isnan(flip_temperatures(stack, us, params)[2:]).all()
    assert flip_temperatures(stack, us, SamplingParams(top_k=1))[1] == math.inf
    assert flip_temperatures(SketchStack(), np.zeros(0), params).shape == (0,)
    with pytest.raises(ValueError, match=r"u: found 1\.0"):
        flip_temperature(steep, 1, 1.0, params)


def test_the_temperature_in_force_does_not_matter(real_logits: NDArray[np.float32]) -> None:
    row = real_logits[40]
    token = choose(row, SamplingParams(temperature=2.0), (), 0.9).token
    sketch = LogitSketch.of(row, written=token)
    cold, hot = (
        flip_temperature(sketch, token, 0.9, SamplingParams(temperature=temperature, min_p=0.01))
        for temperature in (0.0, math.inf)
    )
    assert cold == hot


def test_penalties_count_where_the_history_is_known() -> None:
    logits = np.array([3.0, 2.9, 0.0], dtype=np.float32)
    sketch = LogitSketch.of(logits)
    params = SamplingParams(repeat_penalty=2.0)
    assert flip_temperature(sketch, 1, 0.6, params) is not None
    assert flip_temperature(sketch, 1, 0.6, params, [0]) is None, (
        "penalised, token 0 is no favourite"
    )
