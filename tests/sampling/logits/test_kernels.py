"""The passes in C: each against numpy, on what it takes and on what it hands back."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import Ranking
from studio.sampling.logits import kernels
from studio.sampling.logits.ranking import HEAD
from studio.sampling.tails import tail_sums as tails
from studio.sampling.tails.power_sums import power_sums
from tests.helpers.hostile_logits import hostile_logits

needs_them = pytest.mark.skipif(not kernels.are_compiled(), reason="the passes are not compiled")
SIZES = (1024, 1025, 1087, 8191, 8192, 49_152, 262_144, 300_001)


def natural(size: int, seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0.0, 3.0, size).astype(np.float32)


def best_by_hand(logits: NDArray[np.float32], count: int) -> list[int]:
    best: list[int] = np.argsort(-logits, kind="stable")[:count].tolist()
    return best


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("cc"), reason="no C compiler")
def test_where_there_is_a_compiler_they_are_compiled() -> None:
    assert kernels.are_compiled()


@needs_them
@pytest.mark.parametrize("size", SIZES)
def test_the_best_are_found_in_order(size: int) -> None:
    found = kernels.best(natural(size), 129)
    assert found is not None
    assert 129 <= found.ids.size <= 512
    assert found.ids.tolist() == best_by_hand(natural(size), found.ids.size)
    assert np.array_equal(found.logits, natural(size)[found.ids])


@needs_them
@given(st.integers(1024, 3000), st.integers(0, 2**32 - 1), st.integers(1, 256))
def test_wherever_the_best_stand_they_are_found(size: int, seed: int, least: int) -> None:
    logits = np.round(natural(size, seed), 2)
    rng = np.random.default_rng(seed)
    start = int(rng.integers(size))
    logits[start : start + 70] += 5.0  # side by side, at the end too
    found = kernels.best(logits, least)
    assert found is not None
    assert found.ids.size >= least
    assert found.ids.tolist() == best_by_hand(logits, found.ids.size)


@needs_them
def test_what_is_out_of_the_ordinary_is_handed_back() -> None:
    for place in (0, 777, 1023, 8200):
        for value in (np.nan, np.inf):
            logits = natural(8201)
            logits[place] = value
            assert kernels.best(logits, 129) is None, (place, value)
    few = np.full(8192, -np.inf, np.float32)
    few[:128] = 1.0
    assert kernels.best(few, 129) is None
    assert kernels.best(np.zeros(8192, np.float32), 129) is None  # all of them tie
    assert kernels.best(natural(1023), 129) is None
    assert kernels.best(natural(8192), 257) is None
    assert kernels.best(natural(8192).astype(np.float64), 129) is None
    assert kernels.best(natural(16_384)[::2], 129) is None
    unaligned = np.frombuffer(b" " + natural(8192).tobytes(), np.float32, offset=1)
    assert kernels.best(unaligned, 129) is None


@needs_them
def test_zero_ties_with_minus_zero() -> None:
    logits = np.full(2048, -1.0, np.float32)
    logits[[5, 900]] = 0.0, -0.0
    logits[[7, 901]] = -0.0, 0.0
    found = kernels.best(logits - np.arange(2048, dtype=np.float32) * (logits < 0.0), 4)
    assert found is not None
    assert found.ids[:4].tolist() == [5, 7, 900, 901]


@needs_them
def test_an_array_that_takes_the_place_of_another_is_not_taken_for_it() -> None:
    for seed in range(200):
        logits = natural(1024 + seed, seed)  # often where the one before was
        found = kernels.best(logits, 8)
        assert found is not None
        assert found.ids[0] == int(np.argmax(logits))
        del logits


@needs_them
def test_a_survey_finds_what_the_quick_way_finds(real_logits: NDArray[np.float32]) -> None:
    measured = 0
    others = [logits.astype(np.float32) for logits in hostile_logits(20_000)[1:]]
    for logits in [*real_logits, *others]:
        found, ranking = tails.survey(logits, HEAD), Ranking(logits)
        if found is None:
            continue
        assert np.array_equal(found.ids, ranking.ids)
        edge = ranking.logits.item(HEAD)
        sums = power_sums(logits, edge, HEAD, tails._STEP)
        quick = tails._quick(edge, ranking.size - HEAD, sums)
        right = (
            quick is not None
            and tails._is_smooth(*quick, ranking, HEAD)
            and tails._reaches_far_enough(quick.tail, ranking, HEAD)
        )
        assert (found.nodes is not None) == right
        if found.nodes is not None:
            assert quick is not None
            _, values, slopes, curvatures = quick.tail.nodes
            # One float32 sum and the other.
            assert found.nodes == pytest.approx(np.array([values, slopes, curvatures]), rel=2e-3)
            assert found.nodes[0] == pytest.approx(values, abs=1e-4)
            measured += 1
    assert measured > len(real_logits) // 2


@needs_them
@pytest.mark.parametrize("beta", [1e-6, 0.3, 1.0, 40.0])
def test_weights_are_those_of_float64(beta: float) -> None:
    logits = natural(50_003)
    logits[::7] = -np.inf
    logits[3] = -300.0
    weights = np.empty_like(logits)
    maximum = float(logits.max())
    total = kernels.weigh(logits, maximum, beta, weights)
    exact = np.exp(beta * (logits.astype(np.float64) - maximum))
    # The exponent itself is a float32: with it the error grows, and what is below 2**-126 is 0.
    assert weights == pytest.approx(exact, rel=1e-5, abs=2e-38)
    assert total == pytest.approx(exact.sum(), rel=1e-6)
    assert not weights[::7].any()


@needs_them
@given(st.integers(1, 5000), st.integers(0, 2**32 - 1), st.floats(-6.0, 6.0), st.floats(-6.0, 6.0))
def test_tokens_between_two_logits(size: int, seed: int, one: float, other: float) -> None:
    logits = np.round(natural(size, seed), 1)
    weights = np.exp(logits)
    least, most = sorted(float(np.float32(round(bound, 1))) for bound in (one, other))
    room = size + 16  # they are looked at by sixteens
    found = kernels.between(logits, weights, least, most, room)
    assert found is not None
    inside = np.flatnonzero((logits >= least) & (logits <= most))
    assert found.places.tolist() == inside.tolist()
    assert found.better == np.count_nonzero(logits > most)
    assert found.heavier == pytest.approx(float(weights[logits > most].sum()), rel=1e-5)
    everything = kernels.between(logits, weights, -100.0, np.inf, room)
    assert everything is not None
    assert everything.places.size == size
    assert kernels.between(logits, weights, -100.0, np.inf, size - 1) is None


@needs_them
def test_a_library_of_another_checkout_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernels._loaded() is not None
    monkeypatch.setattr(kernels, "_VERSION", kernels._VERSION + 1)
    assert kernels._loaded() is None


def test_without_a_library_numpy_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LIBRARY", kernels.LIBRARY.with_name("nowhere.so"))
    assert kernels._loaded() is None
    monkeypatch.setattr(kernels, "_library", None)
    assert not kernels.are_compiled()
    logits = natural(20_000)
    assert kernels.best(logits, 129) is None
    assert tails.survey(logits, HEAD) is None
    assert kernels.weigh(logits, 20.0, 1.0, np.empty_like(logits)) is None
    assert kernels.between(logits, logits, 0.0, 1.0, 20_000) is None
    assert Ranking(logits).ids[:129].tolist() == best_by_hand(logits, 129)
