"""Where a text parts from what other parameters would have written, by its sketches alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import (
    LogitSketch,
    SamplerState,
    SamplingParams,
    chance,
    choose,
    uniform,
)
from studio.sampling.analysis.redraw import Before, Divergence, Draw, Redraw

KNOWN, LARGE = 90, 400
"""Tokens of a vocabulary that a sketch knows whole, and of one that has a tail."""
STATE = SamplerState(breakers={5: ((),)})
PROMPT = [1, 2, 3, 2, 3]
TOKENS = 100

ALIKE: tuple[dict[str, object], ...] = (
    {},
    {"top_k": 12, "top_p": 0.9, "min_p": 0.02},
    {"min_p": 0.05, "samplers": ("temperature", "min_p")},
    {"top_p": 0.7, "samplers": ("top_k", "temperature", "top_p")},
    {"top_n_sigma": 1.5},
    {"p_less": 1, "samplers": ("temperature", "p_less")},
    {"repeat_penalty": 1.3, "frequency_penalty": 0.3},
    {"dry_multiplier": 1.2, "dry_allowed_length": 1, "top_p": 0.95},
    {"logit_bias": {7: 3.0, 8: -math.inf}},
)
APART: tuple[dict[str, object], ...] = (
    {"typical_p": 0.7},
    {"xtc_probability": 0.6, "xtc_threshold": 0.05},
    {"mirostat": 2, "mirostat_tau": 3.0},
    {"mirostat": 1, "mirostat_tau": 2.5, "mirostat_eta": 0.3},
    {"adaptive_target": 0.3, "min_p": 0.01},
    {"dynatemp_range": 0.5},
    {"repeat_penalty": 1.3, "samplers": ("top_k", "temperature", "penalties"), "top_k": 20},
)
"""What a stack cannot answer for, so that each token is looked at by itself."""


class Text(NamedTuple):
    """What a model of random logits wrote."""

    ids: list[int]
    draws: list[Draw]
    seed: int

    def before(self, index: int, _params: SamplingParams) -> Before:
        history = PROMPT + self.ids[:index]
        return Before(history, STATE._replace(chance=chance(self.seed, len(history))))

    def redraw(self) -> Redraw:
        return Redraw(self.draws, self.before)


def logits_after(text: Sequence[int], model: int, size: int) -> NDArray[np.float32]:
    random = np.random.default_rng([model, *text[-3:]])
    logits = random.normal(0.0, 1.5, size)
    logits[random.integers(0, size, 6)] += 4.0
    return logits.astype(np.float32)


def write(
    params: SamplingParams,
    seed: int,
    model: int,
    size: int = KNOWN,
    tokens: int = TOKENS,
    beside: Sequence[int] | None = None,
) -> Text:
    """A text, drawn as the engine draws it; beside another one to where it parts, unsketched."""
    ids = list(PROMPT)
    draws: list[Draw] = []
    state = STATE
    for _ in range(tokens):
        logits = logits_after(ids, model, size)
        u = uniform(seed, len(ids))
        state = state._replace(chance=chance(seed, len(ids)))
        choice = choose(logits, params, ids, u, state=state)
        sketch = LogitSketch.of(logits, written=choice.token) if beside is None else None
        learnt = choice.state.mu, choice.state.adaptive_mean
        draws.append(Draw(sketch, choice.token, u, params, *learnt))
        ids.append(choice.token)
        if beside is not None and choice.token != beside[len(draws) - 1]:
            break
        state = state._replace(mu=choice.mu, adaptive_mean=choice.adaptive_mean)
    return Text(ids[len(PROMPT) :], draws, seed)


def first_difference(one: Sequence[int], other: Sequence[int]) -> int | None:
    pairs = enumerate(zip(one, other, strict=True))
    return next((index for index, (mine, yours) in pairs if mine != yours), None)


def params_of(fields: Mapping[str, object], temperature: float) -> SamplingParams:
    return SamplingParams(**{"temperature": temperature, **fields})  # type: ignore[arg-type]  # fields vary


def assert_parts_as_written(text: Text, other: SamplingParams, model: int) -> Divergence | None:
    """It parts where a text written anew with the same u does, and with the same token."""
    anew = write(other, text.seed, model, beside=text.ids)
    expected = first_difference(text.ids[: len(anew.ids)], anew.ids)
    assert len(anew.ids) == (len(text.ids) if expected is None else expected + 1)
    found = text.redraw().first(other)
    if expected is None:
        assert found is None
        return None
    assert found is not None
    assert (found.number, found.token, found.is_certain) == (expected, anew.ids[expected], True)
    if other.mirostat and expected:
        assert found.mu == pytest.approx(anew.draws[expected].mu, abs=1e-3)
    if other.adaptive_target >= 0.0 and expected and not other.mirostat:
        assert found.adaptive_mean == pytest.approx(anew.draws[expected].adaptive_mean, abs=1e-4)
    return found


temperatures = st.sampled_from([0.0, 0.2, 0.7, 0.75, 0.8, 1.0, 1.02, 1.5, 4.0, math.inf])


@settings(max_examples=25)
@given(
    st.sampled_from(ALIKE + APART),
    temperatures,
    st.sampled_from(ALIKE + APART),
    temperatures,
    st.integers(0, 50),
)
@example({}, 0.8, {}, 0.81, 1)
@example({}, 0.8, {"repeat_penalty": 1.02}, 0.8, 2)
@example({"mirostat": 2, "mirostat_tau": 3.0}, 1.0, {"mirostat": 2, "mirostat_tau": 3.2}, 1.0, 3)
def test_it_parts_where_a_text_written_anew_does(
    former: dict[str, object], t: float, fields: dict[str, object], other_t: float, seed: int
) -> None:
    text = write(params_of(former, t), seed, model=seed)
    assert_parts_as_written(text, params_of(fields, other_t), model=seed)


@pytest.mark.parametrize("fields", ALIKE + APART)
def test_it_parts_late_where_little_is_turned(fields: dict[str, object]) -> None:
    parted = []
    for seed in range(6):
        text = write(params_of(fields, 0.8), seed, model=seed)
        found = assert_parts_as_written(text, params_of(fields, 0.803), model=seed)
        parted.append(TOKENS if found is None else found.number)
    assert max(parted) > 10, "it looks further than at the first few"
    assert min(parted) < TOKENS


@pytest.mark.parametrize("fields", ALIKE + APART)
@pytest.mark.parametrize("size", [KNOWN, LARGE])
def test_what_was_in_force_changes_nothing(fields: dict[str, object], size: int) -> None:
    params = params_of(fields, 1.2)
    for seed in range(2):
        text = write(params, seed, seed, size)
        reseeded = msgspec.structs.replace(params, seed=99)
        assert text.redraw().first(reseeded) is None


def test_what_does_nothing_to_a_text_changes_nothing() -> None:
    # Far out in a tail of which a sketch knows no token: the draw from it is the same one.
    text = write(params_of({}, 1.5), seed=4, model=4, size=LARGE)
    ranks = [draw.sketch.written for draw in text.draws if draw.sketch is not None]
    assert sum(rank is not None for rank in ranks) > 3
    idle = params_of({"dry_multiplier": 2.0, "dry_allowed_length": 100}, 1.5)
    assert text.redraw().first(idle) is None


def test_of_two_tokens_of_the_tail_nobody_knows_which() -> None:
    text = write(params_of({}, 1.5), seed=4, model=4, size=LARGE)
    sketches = [draw.sketch for draw in text.draws]
    first = next(i for i, sketch in enumerate(sketches) if sketch is not None and sketch.written)
    rest = Redraw(text.draws[first:], lambda index, params: text.before(first + index, params))
    found = rest.first(params_of({}, 1.51))
    assert found is not None
    assert (found.number, found.token, found.is_certain) == (0, None, False)
    # At T 0 it is the favourite, and no other.
    found = rest.first(params_of({}, 0.0))
    sketch = text.draws[first].sketch
    assert sketch is not None
    assert found is not None
    assert (found.number, found.token, found.is_certain) == (0, int(sketch.ids[0]), True)


def test_with_a_tail_it_parts_there_too_or_says_how_near_it_was(
    real_logits: NDArray[np.float32],
) -> None:
    before, after = params_of({}, 0.9), params_of({"top_p": 0.97}, 1.1)
    draws, expected = [], []
    for position, row in enumerate(real_logits):
        u = uniform(3, position)
        token = choose(row, before, (), u).token
        draws.append(Draw(LogitSketch.of(row, written=token), token, u, before))
        expected.append(choose(row, after, (), u).token)
    parted = 0
    for index, draw in enumerate(draws):
        one = Redraw([draw], lambda _index, _params: Before((), STATE))
        found = one.first(after)
        if expected[index] == draw.token:
            assert found is None or found.is_near or not found.is_certain
        elif found is None:
            assert one.near(after) == [0]
        elif found.token is not None and not one.near(after):
            parted += 1
            assert found.token == expected[index]
    assert parted > 5


def test_what_is_not_known_is_where_it_ends() -> None:
    params = params_of({}, 0.8)
    text = write(params, seed=6, model=6, tokens=20)
    draws = list(text.draws)
    draws[9] = draws[9]._replace(sketch=None)
    found = Redraw(draws, text.before).first(params_of({"min_p": 1e-9}, 0.8))
    assert found == Divergence(9, None, is_certain=False, is_near=False)
    assert Redraw(draws, text.before).first(params) is None, "nothing was turned"

    def unknown_from_four(index: int, params: SamplingParams) -> Before | None:
        return text.before(index, params) if index < 4 else None

    # Penalties look at what stands before.
    found = Redraw(text.draws, unknown_from_four).first(
        params_of({"repeat_penalty": 1 + 1e-9}, 0.8)
    )
    assert found == Divergence(4, None, is_certain=False, is_near=False)


def test_what_the_writer_chose_stands() -> None:
    text = write(params_of({}, 3.0), seed=8, model=8, tokens=3)
    chosen = [draw._replace(u=None, sketch=None, params=None) for draw in text.draws]
    for fields in ({}, {"typical_p": 0.5}):
        assert Redraw(chosen, text.before).first(params_of(fields, 0.0)) is None


def test_a_long_text_is_looked_at_in_parts() -> None:
    text = write(params_of({}, 0.8), seed=9, model=9, tokens=600)
    parts = list(text.redraw().search(params_of({}, 0.8)))
    assert len(parts) > 3
    assert set(parts) == {None}
    for fields in ({}, {"typical_p": 0.9}):
        parts = list(text.redraw().search(params_of(fields, 5.0)))
        assert parts[-1] is not None
        assert set(parts[:-1]) <= {None}


def test_near_is_where_a_little_noise_decides() -> None:
    logits = np.array([1.0, 1.0, -5.0, -5.5], dtype=np.float32)
    for u, is_near in ((0.2, True), (0.4999, True), (0.8, True), (0.998, True)):
        draw = Draw(LogitSketch.of(logits), choose(logits, SamplingParams(), (), u).token, u)
        redraw = Redraw([draw], lambda _index, _params: Before((), STATE))
        assert bool(redraw.near(SamplingParams())) == is_near  # two that are alike change places
    logits = np.array([2.0, 1.0, -5.0], dtype=np.float32)
    border = 1 / (1 + math.exp(-1.0) + math.exp(-7.0))
    for u, is_near in ((0.2, False), (border - 0.01, True), (border + 0.01, True), (0.9, False)):
        draw = Draw(LogitSketch.of(logits), choose(logits, SamplingParams(), (), u).token, u)
        redraw = Redraw([draw], lambda _index, _params: Before((), STATE))
        assert bool(redraw.near(SamplingParams())) == is_near
