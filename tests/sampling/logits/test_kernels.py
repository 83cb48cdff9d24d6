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
from studio.sampling.tails.tail_nodes import GRID, measure
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
    assert kernels.best(np.full(8192, -np.inf, np.float32), 129) is None
    assert kernels.best(natural(1023), 129) is None
    assert kernels.best(natural(8192), 257) is None
    assert kernels.best(natural(8192).astype(np.float64), 129) is None
    assert kernels.best(natural(16_384)[::2], 129) is None
    unaligned = np.frombuffer(b" " + natural(8192).tobytes(), np.float32, offset=1)
    assert kernels.best(unaligned, 129) is None


@needs_them
@pytest.mark.parametrize("levels", [1, 2, 5, 40])
@pytest.mark.parametrize("size", [1024, 8192, 262_144])
def test_more_ties_than_there_is_room_for_leave_the_lowest_ids(size: int, levels: int) -> None:
    logits = np.random.default_rng(levels).integers(0, levels, size).astype(np.float32)
    found = kernels.best(logits, 129)
    assert found is not None
    assert 129 <= found.ids.size <= 512
    assert found.ids.tolist() == best_by_hand(logits, found.ids.size)


@needs_them
@pytest.mark.parametrize("count", [1, 63, 128, 129, 400])
def test_where_few_are_above_minus_infinity_all_of_them_are_found(count: int) -> None:
    logits = np.full(50_000, -np.inf, np.float32)
    logits[np.random.default_rng(count).choice(50_000, count, replace=False)] = natural(count)
    found = kernels.best(logits, 129)
    assert found is not None
    assert found.ids.tolist() == best_by_hand(logits, count)[: found.ids.size]
    assert found.ids.size == count if count <= 129 else found.ids.size >= 129
    assert found.lowest == -np.inf


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
def test_a_survey_is_the_best_and_a_histogram_and_a_tail(real_logits: NDArray[np.float32]) -> None:
    others = [logits.astype(np.float32) for logits in hostile_logits(20_000)]
    for logits in [*real_logits[::8], *others]:
        found, best = kernels.top_k_and_tail(logits, HEAD, GRID), kernels.best(logits, HEAD + 1)
        assert found is not None
        assert best is not None
        assert np.array_equal(found.ids, best.ids)
        edge = best.logits.item(HEAD)
        bins = kernels.histogram(logits, edge, best.lowest, HEAD)
        assert bins is not None
        assert np.array_equal(found.bins, bins)
        assert found.tokens == bins[1].sum()
        tail = kernels.tail(bins, best.logits, HEAD, edge, GRID)
        assert tail is not None
        assert np.array_equal(found.nodes, tail[0])
        assert found.are_few_enough == tail[1]


@needs_them
def test_a_tail_is_what_numpy_finds(
    real_logits: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = 0
    others = [logits.astype(np.float32) for logits in hostile_logits(20_000)]
    for logits in [*real_logits[::8], *others]:
        ranking = Ranking(logits)
        histogram = ranking.histogram
        assert histogram is not None
        in_c, c_few = measure(histogram, ranking.logits)
        with monkeypatch.context() as patch:
            patch.setattr(kernels, "_library", None)
            in_numpy, numpy_few = measure(histogram, ranking.logits)
        assert in_c[:2] == pytest.approx(in_numpy[:2], rel=1e-5, abs=1e-5)
        assert in_c[2] == pytest.approx(in_numpy[2], rel=1e-3, abs=1e-4)
        assert c_few == numpy_few
        few += c_few
    assert few > len(real_logits[::8]) // 2


@needs_them
@pytest.mark.parametrize("beta", [1e-6, 0.3, 1.0, 40.0])
def test_weights_are_those_of_float64(beta: float) -> None:
    logits = natural(50_003)
    logits[::7] = -np.inf
    logits[3] = -300.0
    weights = np.empty_like(logits)
    maximum = float(logits.max())
    found = kernels.weigh(logits, maximum, beta, weights)
    assert found is not None
    total, moment = found
    exact = np.exp(beta * (logits.astype(np.float64) - maximum))
    # The exponent itself is a float32: with it the error grows, and what is below 2**-126 is 0.
    assert np.allclose(weights, exact, rtol=1e-5, atol=2e-38)
    assert total == pytest.approx(exact.sum(), rel=1e-6)
    falls = np.where(exact > 0.0, logits.astype(np.float64) - maximum, 0.0)
    assert moment == pytest.approx(exact @ falls, rel=1e-5)
    assert not weights[::7].any()


@needs_them
@given(st.integers(1, 5000), st.integers(0, 2**32 - 1), st.floats(-6.0, 6.0), st.floats(-6.0, 6.0))
def test_tokens_between_two_logits(size: int, seed: int, one: float, other: float) -> None:
    logits = np.round(natural(size, seed), 1)
    weights = np.exp(logits)
    least, most = sorted(float(np.float32(round(bound, 1))) for bound in (one, other))
    room = size + 16  # they are looked at by sixteens
    found = kernels.between(logits, weights, least, most, 30.0, room)
    assert found is not None
    inside = np.flatnonzero((logits >= least) & (logits <= most))
    assert found.places.tolist() == inside.tolist()
    assert found.better == np.count_nonzero(logits > most)
    better = logits > most
    assert found.mass == pytest.approx(float(weights[better].sum()), rel=1e-5)
    moment = float((weights * (logits - 30.0))[better].sum(dtype=np.float64))
    assert found.moment == pytest.approx(moment, rel=1e-5)
    everything = kernels.between(logits, weights, -100.0, np.inf, 30.0, room)
    assert everything is not None
    assert everything.places.size == size
    assert kernels.between(logits, weights, -100.0, np.inf, 30.0, size - 1) is None


@needs_them
def test_a_library_of_another_checkout_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernels._loaded(kernels.LIBRARY) is not None
    monkeypatch.setattr(kernels, "_VERSION", kernels._VERSION + 1)
    assert kernels._loaded(kernels.LIBRARY) is None


def test_without_a_library_numpy_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = kernels.LIBRARY.with_name("nowhere.so")
    assert kernels._loaded(nowhere) is None
    with pytest.raises(OSError, match="no compiled passes"):
        kernels.use(nowhere)
    monkeypatch.setattr(kernels, "_library", None)
    assert not kernels.are_compiled()
    logits = natural(20_000)
    assert kernels.best(logits, 129) is None
    assert kernels.top_k_and_tail(logits, HEAD, GRID) is None
    assert kernels.histogram(logits, 0.0, -20.0, 0) is None
    assert (
        kernels.tail(np.ones((3, 1), np.float32), logits.astype(np.float64), HEAD, 0.0, GRID)
        is None
    )
    assert kernels.weigh(logits, 20.0, 1.0, np.empty_like(logits)) is None
    assert kernels.between(logits, logits, 0.0, 1.0, 9.0, 20_000) is None
    assert Ranking(logits).ids[:129].tolist() == best_by_hand(logits, 129)
