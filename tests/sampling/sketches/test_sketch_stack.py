from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import LogitSketch, ParameterError
from studio.sampling.sketches.sketch_stack import NO_RANK, SketchStack
from tests.helpers.hostile_logits import hostile_logits

INF = math.inf
TEMPERATURES = (0.0, 1e-300, 1e-6, 0.05, 0.3, 0.7, 1.0, 1.7, 5.0, 100.0, INF)


def stack_of(sketches: list[LogitSketch], tokens: list[int]) -> SketchStack:
    stack = SketchStack()
    for sketch, token in zip(sketches, tokens, strict=True):
        stack.append(sketch, token)
    return stack


def check(sketches: list[LogitSketch], tokens: list[int]) -> None:
    """Everything the stack says, against each sketch by itself."""
    stack = stack_of(sketches, tokens)
    assert len(stack) == len(sketches)
    for temperature in TEMPERATURES:
        probabilities = stack.probabilities(temperature)
        assert str(probabilities.dtype) == "float32"
        tail, entropy = stack.tail(temperature), stack.entropy(temperature)
        surprise = stack.surprise(temperature)
        for row, (sketch, token) in enumerate(zip(sketches, tokens, strict=True)):
            _, expected, expected_tail = sketch.distribution(temperature)
            known = expected.size
            assert np.abs(probabilities[row, :known] - expected).max() < 1e-6
            assert (probabilities[row, known:] == 0.0).all()
            assert tail[row] == pytest.approx(expected_tail, abs=1e-6)
            assert entropy[row] == pytest.approx(sketch.entropy(temperature), abs=1e-6)
            probability = sketch.probability(token, temperature)
            if probability > 1e-300:
                assert surprise[row] == pytest.approx(-math.log2(probability), abs=1e-6)
            else:
                assert surprise[row] > 900
    # Each at a temperature of its own: the same as all at that one.
    each = np.resize(TEMPERATURES, len(sketches))
    for ask in (stack.probabilities, stack.tail, stack.entropy, stack.surprise):
        at_own = ask(each)
        assert len(at_own) == len(sketches)
        for row, temperature in enumerate(each.tolist()):
            assert np.array_equal(at_own[row], ask(temperature)[row])


def hostile(size: int) -> list[NDArray[np.float32]]:
    return [row.astype(np.float32) for row in hostile_logits(size)]


def test_real_sketches(real_logits: NDArray[np.float32]) -> None:
    sketches, tokens = [], []
    for index, row in enumerate(real_logits[::4]):
        order = np.argsort(-row, kind="stable")
        token = int(order[(0, 1, 5, 127, 128, 3000)[index % 6]])
        sketches.append(LogitSketch.of(row, written=token))
        tokens.append(token)
    check(sketches, tokens)
    # As they come out of a message, with every number rounded to float32.
    check([LogitSketch.from_bytes(sketch.to_bytes()) for sketch in sketches], tokens)


@pytest.mark.parametrize("size", [1, 2, 127, 128, 129, 130, 500, 20_000])
def test_hostile_sketches_of_every_size(size: int) -> None:
    sketches, tokens = [], []
    for logits in hostile(size):
        possible = np.flatnonzero(logits > -INF)
        token = int(possible[np.argmin(logits[possible])])
        sketches.append(LogitSketch.of(logits, written=token))
        tokens.append(token)
    check(sketches, tokens)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 12_000)), max_size=6))
def test_sketches_of_all_kinds_stacked_together(places: list[tuple[int, int]]) -> None:
    sketches, tokens = [], []
    for seed, size in places:
        rng = np.random.default_rng(seed)
        logits = (rng.normal(size=size) * rng.exponential(3.0)).astype(np.float32)
        token = int(rng.integers(size))
        sketches.append(LogitSketch.of(logits, written=token))
        tokens.append(token)
    check(sketches, tokens)


def test_ranks_are_those_of_the_tokens_written() -> None:
    logits = np.random.default_rng(0).normal(size=3000).astype(np.float32)
    order = np.argsort(-logits, kind="stable")
    stack = SketchStack()
    for rank in (0, 7, 127, 128, 2999):
        token = int(order[rank])
        stack.append(LogitSketch.of(logits, written=token), token)
    stack.append(LogitSketch.of(logits))
    assert stack.rank.tolist() == [0, 7, 127, 128, 2999, NO_RANK]
    assert str(stack.rank.dtype) == str(SketchStack().rank.dtype) == str(np.dtype(np.intp))
    assert np.isnan(stack.surprise(1.0)).tolist() == [False] * 5 + [True]
    assert stack.surprise(0.0)[:3].tolist() == [0.0, INF, INF]
    assert math.isnan(stack.surprise(0.0)[-1])


def test_it_grows_and_shrinks() -> None:
    rng = np.random.default_rng(1)
    rows = [rng.normal(size=size).astype(np.float32) for size in (50, 300, 9000, 10_000) * 60]
    sketches = [LogitSketch.of(row) for row in rows]
    tokens = [int(sketch.ids[-1]) for sketch in sketches]
    stack = stack_of(sketches, tokens)
    before = stack.entropy(1.3)
    stack.truncate(101)
    assert len(stack) == 101
    assert np.array_equal(stack.entropy(1.3), before[:101])
    for sketch, token in zip(sketches[101:], tokens[101:], strict=True):
        stack.append(sketch, token)
    assert np.array_equal(stack.entropy(1.3), before)
    stack.truncate(10_000)
    assert len(stack) == len(sketches)
    stack.clear()
    assert len(stack) == 0
    assert stack.probabilities(1.0).shape == (0, 128)
    assert stack.surprise(1.0).shape == stack.entropy(0.0).shape == stack.tail(INF).shape == (0,)
    # A full sketch where a short one lay before it.
    short, full = sketches[0], sketches[3]
    stack.append(short, tokens[0])
    stack.truncate(0)
    stack.append(full, tokens[3])
    assert stack.entropy(0.8).tolist() == stack_of([full], [tokens[3]]).entropy(0.8).tolist()


def test_what_cannot_be_is_refused() -> None:
    logits = np.random.default_rng(0).normal(size=3000).astype(np.float32)
    worst = int(np.argmin(logits))
    stack = SketchStack()
    with pytest.raises(ValueError, match=f"token: found {worst}, which the sketch knows only"):
        stack.append(LogitSketch.of(logits), worst)
    assert len(stack) == 0
    for ask in (stack.probabilities, stack.tail, stack.entropy, stack.surprise):
        with pytest.raises(ParameterError, match="temperature"):
            ask(-1.0)
        with pytest.raises(ParameterError, match="temperature"):
            ask(np.array([-1.0]))
        with pytest.raises(ParameterError, match="temperature"):
            ask(math.nan)
