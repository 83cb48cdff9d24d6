from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.sampling import (
    LogitsError,
    LogitSketch,
    SamplerState,
    SamplingParams,
    SketchStack,
    choose,
    distribution,
    flip_temperature,
    flip_temperatures,
)
from studio.sampling.analysis.flip_temperature import COLDEST, HOTTEST
from studio.sampling.samplers.steps import changes_come_first
from studio.sampling.sketches.penalties_applied import apply_penalties

STATE = SamplerState(breakers={5: ((),)})
CHANGES: tuple[dict[str, object], ...] = (
    {"repeat_penalty": 1.7},
    {"repeat_penalty": 1.3, "frequency_penalty": 0.4, "presence_penalty": -0.7},
    {"dry_multiplier": 0.8, "dry_allowed_length": 1},
    {"logit_bias": {3: 2.5, 4: -math.inf}},
    {"logit_bias": {0: -math.inf}, "repeat_penalty": 1.2, "dry_multiplier": 1.5},
)
FILTERS: tuple[dict[str, object], ...] = (
    {},
    {"top_k": 12, "min_keep": 20, "min_p": 0.02},
    {"top_p": 0.8, "samplers": ("penalties", "dry", "temperature", "top_p")},
)


def made(*fields: dict[str, object]) -> SamplingParams:
    return SamplingParams(**{key: value for part in fields for key, value in part.items()})  # type: ignore[arg-type]  # fields vary


# A vocabulary that a sketch knows whole.
places = st.tuples(
    st.integers(0, 1000),
    st.lists(st.integers(0, 19), min_size=0, max_size=40),
    st.floats(0.0, 1.0, exclude_max=True),
)


def logits_of(seed: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.random.default_rng(seed).normal(0, 3, 60).astype(np.float32)


@given(places, st.sampled_from(CHANGES), st.floats(0.05, 5.0))
def test_at_any_temperature_it_is_what_these_samplers_leave(
    place: tuple[int, list[int], float], changes: dict[str, object], temperature: float
) -> None:
    seed, history, _ = place
    logits = logits_of(seed)
    params = msgspec.structs.replace(made(changes), temperature=temperature)
    exact = distribution(logits, params, history, STATE)
    sketch = apply_penalties(LogitSketch.of(logits), params, history, STATE)
    ids, probabilities, tail = sketch.distribution(temperature)
    assert tail == 0.0
    assert probabilities == pytest.approx(exact[ids], abs=1e-5)
    assert exact.sum() == pytest.approx(probabilities.sum(), abs=1e-5), "no other token has any"


@given(places, st.sampled_from(CHANGES), st.sampled_from(FILTERS))
def test_a_stack_of_them_has_the_flip_temperature_of_each_draw(
    place: tuple[int, list[int], float], changes: dict[str, object], filters: dict[str, object]
) -> None:
    seed, history, u = place
    logits = logits_of(seed)
    params = made(changes, filters)
    assert changes_come_first(params)
    hot = msgspec.structs.replace(params, temperature=4.0)
    token = choose(logits, hot, history, u, state=STATE).token
    sketch = LogitSketch.of(logits, written=token)
    stack = SketchStack()
    stack.append(apply_penalties(sketch, params, history, STATE, token), token)
    found = float(flip_temperatures(stack, np.array([u]), params)[0])
    alone = flip_temperature(sketch, token, u, params, history, STATE)
    assert math.isnan(found) == (alone is None)

    def is_favourite(temperature: float) -> bool:
        at = msgspec.structs.replace(params, temperature=temperature)
        return choose(logits, at, history, u, state=STATE).rank == 0

    if alone is None:
        assert is_favourite(4.0)
        return
    assert found == pytest.approx(alone, rel=1e-4)
    if COLDEST < found < HOTTEST:
        assert is_favourite(found * (1 - 1e-3))
        assert not is_favourite(found * (1 + 1e-3))


def test_a_token_that_is_banned_now_is_known_still() -> None:
    logits = np.array([3.0, 2.0, 1.0], dtype=np.float32)
    params = SamplingParams(logit_bias=((0, -math.inf),))
    sketch = apply_penalties(LogitSketch.of(logits), params, token=0)
    assert sketch.ids.tolist() == [1, 2]
    stack = SketchStack()
    stack.append(sketch, 0)
    turn = flip_temperatures(stack, np.array([0.9]), params)[0]
    assert turn == pytest.approx(flip_temperature(LogitSketch.of(logits), 0, 0.9, params))
    # Token 1 has 0.9 of what is left where e^(1/T) is 9.
    assert turn == pytest.approx(1 / math.log(9), rel=1e-5)


def test_the_tail_and_the_token_written_stay_as_they_were() -> None:
    logits = np.random.default_rng(3).normal(0, 3, 3000).astype(np.float32)
    written = int(np.argsort(-logits)[700])
    sketch = LogitSketch.of(logits, written=written)
    known, best = sketch.ids.tolist(), int(sketch.ids[0])
    params = SamplingParams(logit_bias=((best, -1.5),), presence_penalty=0.5)
    history = [int(sketch.ids[5])]
    changed = apply_penalties(sketch, params, history, token=written)
    assert (changed.tail, changed.written) == (sketch.tail, sketch.written)
    assert (changed.vocabulary_size, str(changed.logits.dtype)) == (3000, "float32")
    assert sorted(changed.ids.tolist()) == sorted(known)
    exact = distribution(logits, params, history)
    assert changed.probability(written, 1.0) == pytest.approx(exact[written], rel=1e-3)
    assert changed.distribution(1.0)[2] == pytest.approx(1 - exact[changed.ids].sum(), rel=1e-3)
    assert apply_penalties(sketch, SamplingParams(top_k=3), history) is sketch
    ban = SamplingParams(logit_bias=((best, -math.inf),))
    banned = apply_penalties(sketch, ban, token=best)
    assert banned.written == (best, -math.inf, 127)
    assert apply_penalties(sketch, ban).written == sketch.written


def test_with_all_of_them_banned_it_says_so() -> None:
    sketch = LogitSketch.of(np.zeros(3, np.float32))
    with pytest.raises(LogitsError):
        apply_penalties(sketch, SamplingParams(logit_bias=tuple((i, -math.inf) for i in range(3))))


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ({"repeat_penalty": 1.2, "top_k": 5}, True),
        ({"repeat_penalty": 1.2, "samplers": ("top_k", "penalties"), "top_k": 5}, False),
        ({"repeat_penalty": 1.2, "samplers": ("top_k", "penalties")}, True),
        ({"repeat_penalty": 1.2, "samplers": ("temperature", "penalties")}, True),
        (
            {"repeat_penalty": 1.2, "samplers": ("temperature", "penalties", "top_k"), "top_k": 5},
            True,
        ),
        ({"presence_penalty": 1.2, "samplers": ("temperature", "penalties")}, False),
        ({"dry_multiplier": 1.0, "samplers": ("temperature", "dry")}, False),
        ({"samplers": ("top_k", "penalties"), "top_k": 5}, True),
        ({"mirostat": 2, "repeat_penalty": 1.2}, True),
    ],
)
def test_whether_they_come_first(fields: dict[str, object], first: bool) -> None:
    assert changes_come_first(made(fields)) is first
