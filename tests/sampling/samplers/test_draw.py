from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import chance, draw, uniform

seeds = st.integers(0, 2**32 - 1)
positions = st.integers(0, 2**40)


@given(seeds, positions)
def test_u_is_that_of_a_generator_made_afresh(seed: int, position: int) -> None:
    fresh = np.random.Generator(np.random.Philox(key=seed, counter=position))
    assert uniform(seed, position) == fresh.random()


@given(seeds, positions, st.lists(st.tuples(seeds, positions), max_size=10))
def test_u_does_not_depend_on_what_was_drawn_before(
    seed: int, position: int, others: list[tuple[int, int]]
) -> None:
    before = uniform(seed, position)
    for other in others:
        uniform(*other)
    assert uniform(seed, position) == before


def test_u_is_spread_evenly_and_independently() -> None:
    u = np.array([uniform(seed, position) for seed in range(40) for position in range(250)])
    assert u.min() >= 0.0
    assert u.max() < 1.0
    # Bounds five standard deviations wide; the numbers are always the same ones.
    counts = np.histogram(u, bins=10, range=(0, 1))[0]
    assert abs(counts - 1000).max() < 150
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.05


@pytest.mark.parametrize(("seed", "position"), [(-1, 0), (2**32, 0), (0, -1)])
def test_seeds_and_positions_out_of_range_are_refused(seed: int, position: int) -> None:
    with pytest.raises(ValueError, match=r"found -?[0-9]+; allowed"):
        uniform(seed, position)


@given(seeds, positions)
def test_xtcs_draw_is_another_of_the_same_seed_and_position(seed: int, position: int) -> None:
    fresh = np.random.Generator(np.random.Philox(key=seed + 2**64, counter=position))
    assert chance(seed, position) == fresh.random()
    assert chance(seed, position) == chance(seed, position)


def test_xtcs_draw_says_nothing_of_the_draw() -> None:
    draws = [(uniform(seed, n), chance(seed, n)) for seed in range(40) for n in range(250)]
    u, other = np.array(draws).T
    assert abs(np.corrcoef(u, other)[0, 1]) < 0.05
    assert abs(np.histogram(other, bins=10, range=(0, 1))[0] - 1000).max() < 150


def rank_by_hand(p: list[float], u: float) -> int:
    order = sorted(range(len(p)), key=lambda i: (-p[i], i))
    total = 0.0
    for i in order:
        total += p[i]
        if total > u * math.fsum(p):
            return i
    raise AssertionError


def test_the_token_is_found_in_descending_order_of_probability() -> None:
    p = [0.1, 0.4, 0.0, 0.4, 0.1]
    for position in range(200):
        assert draw(p, 7, position) == rank_by_hand(p, uniform(7, position))


def test_frequencies_are_the_probabilities() -> None:
    p = np.array([0.5, 0.2, 0.3])
    drawn = np.bincount([draw(p, 1, position) for position in range(10_000)], minlength=3)
    assert np.allclose(drawn / 10_000, p, atol=0.025)  # five standard deviations


@given(st.integers(1, 50), seeds)
def test_what_has_no_probability_is_never_drawn(size: int, seed: int) -> None:
    p = np.random.default_rng(seed).random(size)
    p[np.random.default_rng(seed + 1).random(size) < 0.5] = 0.0
    p[0] = 1e-300
    assert p[draw(p, seed, 0)] > 0.0


@pytest.mark.parametrize("bad", [[], [[0.5, 0.5]], [0.0, 0.0], [0.5, -0.5], [0.5, math.nan], 1.0])
def test_what_is_no_distribution_is_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^probabilities: "):
        draw(bad, 0, 0)


def test_equals_are_ranked_by_id_however_many_they_are() -> None:
    p = np.where(np.random.default_rng(0).random(1000) < 0.5, 1.0, 0.5)
    order = [*np.flatnonzero(p == 1.0).tolist(), *np.flatnonzero(p == 0.5).tolist()]
    cumulative = np.cumsum(p[order])
    for position in range(50):
        target = uniform(3, position) * cumulative[-1]
        assert draw(p, 3, position) == order[int(np.count_nonzero(cumulative <= target))]


@pytest.mark.parametrize("total", [1e-6, 0.5, 1.0, 3.0, 1e6])
def test_they_need_not_sum_to_one(total: float) -> None:
    p = np.array([0.5, 0.3, 0.2])
    for position in range(100):
        assert draw(p * total, 5, position) == draw(p, 5, position)
    assert draw([1, 0, 0], 0, 0) == 0


@pytest.mark.parametrize("u", [0.0, 0.25, 0.5, 0.75, math.nextafter(1.0, 0.0)])
def test_a_bound_belongs_to_what_comes_after_it(u: float, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("studio.sampling.samplers.draw")
    monkeypatch.setattr(module, "uniform", lambda seed, position: u)
    assert draw([0.25, 0.25, 0.25, 0.25], 0, 0) == int(u * 4)
    # Where rounding brings the target up to the sum: 0.1 three times, or a u that was rounded up.
    monkeypatch.setattr(module, "uniform", lambda seed, position: 1.0)
    assert draw([0.25, 0.25, 0.5], 0, 0) == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64])
def test_other_kinds_of_numbers_are_summed_as_float64(dtype: type) -> None:
    p: NDArray[Any] = np.ones(5000, dtype)
    tokens = [draw(p, 1, position) for position in range(40)]
    assert tokens == [int(uniform(1, position) * 5000) for position in range(40)]


@pytest.mark.parametrize("act", [uniform, chance])
def test_what_is_out_of_range_is_named(act: Callable[[int, int], float]) -> None:
    with pytest.raises(ValueError, match=r"^seed: found -1; allowed is 0 to 4294967295"):
        act(-1, 0)
    with pytest.raises(ValueError, match=r"^seed: found 4294967296; allowed"):
        act(2**32, 0)
    with pytest.raises(ValueError, match=r"^position: found -1; allowed is 0 or more"):
        act(0, -1)
    assert 0.0 <= act(2**32 - 1, 0) < 1.0
