"""Curves over T, and one token's probability against T, held against all logits."""

from __future__ import annotations

import math
import warnings

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import LogitSketch, ParameterError, SamplingParams, distribution, measures
from studio.sampling.analysis.filtered_distribution import filtered_distribution
from studio.sampling.analysis.retemper import (
    COLDEST,
    FEWEST_CHOICES,
    HOTTEST,
    effective_choices_curve,
    flattest,
    logit_of,
    most_likely_left,
    most_likely_temperature,
    sensitivity,
    steepest,
    temperature_curve,
    temperature_for,
    temperature_for_left,
)

INF = math.inf
TEMPERATURES = np.concatenate(([0.0], np.geomspace(COLDEST, HOTTEST, 25), [INF]))


def random_logits(seed: int, size: int, scale: float = 3.0) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).normal(size=size) * scale).astype(np.float32)


def exact_entropy(
    logits: NDArray[np.float32], temperature: float, params: SamplingParams | None = None
) -> float:
    params = msgspec.structs.replace(params or SamplingParams(), temperature=temperature)
    return measures.entropy(distribution(logits, params))


def exact_log_probability(logits: NDArray[np.float32], token: int, temperature: float) -> float:
    beta = 0.0 if math.isinf(temperature) else 1.0 / temperature
    z = logits.astype(np.float64) - float(logits.max())
    return float(beta * z[token] - np.log(np.exp(beta * z).sum()))


def probability_after(
    sketch: LogitSketch, params: SamplingParams, history: list[int], token: int, temperature: float
) -> float:
    params = msgspec.structs.replace(params, temperature=temperature)
    shaped = sketch.shaped(params, history)
    return float(shaped.probabilities[shaped.ids == token].sum())


# The curve


@given(st.integers(0, 2**32 - 1), st.integers(1, 4000), st.floats(0.0, 6.0))
def test_entropy_and_sensitivity_are_those_of_all_logits(
    seed: int, size: int, scale: float
) -> None:
    logits = random_logits(seed, size, scale)
    curve = temperature_curve(LogitSketch.of(logits), TEMPERATURES)
    assert curve is not None
    for temperature, entropy, steep in zip(*curve, strict=True):
        p = distribution(logits, SamplingParams(temperature=float(temperature)))
        assert entropy == pytest.approx(measures.entropy(p), abs=0.01)
        wanted = 0.0 if temperature == 0.0 else measures.sensitivity(p)
        assert steep == pytest.approx(wanted, abs=0.02, rel=0.02)


def test_the_curve_of_real_logits(real_logits: NDArray[np.float32]) -> None:
    for row in real_logits[::30]:
        choices = effective_choices_curve(LogitSketch.of(row), TEMPERATURES)
        assert choices is not None
        exact = [math.exp(exact_entropy(row, float(t))) for t in TEMPERATURES]
        assert choices == pytest.approx(exact, rel=0.005)


def test_both_ends_are_exact() -> None:
    logits = np.array([2.0, 2.0, 1.0, -INF, 0.0], np.float32)
    curve = temperature_curve(LogitSketch.of(logits), [0.0, INF])
    assert curve is not None
    assert curve.entropies == pytest.approx([0.0, math.log(4)], abs=1e-12)
    assert curve.sensitivities.tolist() == [0.0, 0.0]
    # Two tokens tie: any T above 0 chooses between them, T 0 does not.
    nearly = temperature_curve(LogitSketch.of(logits), [1e-300])
    assert nearly is not None
    assert nearly.effective_choices == pytest.approx([2.0])


def test_a_curve_agrees_with_the_sketch_to_the_last_digits(
    real_logits: NDArray[np.float32],
) -> None:
    sketch = LogitSketch.of(real_logits[50])
    curve = temperature_curve(sketch, TEMPERATURES)
    assert curve is not None
    assert curve.entropies == pytest.approx(
        [sketch.entropy(float(t)) for t in TEMPERATURES], abs=1e-9
    )
    assert sensitivity(sketch, 1.3) == pytest.approx(
        (sketch.entropy(1.301) - sketch.entropy(1.299)) / math.log(1.301 / 1.299), rel=1e-2
    )


@pytest.mark.parametrize("temperature", [-1.0, math.nan])
def test_a_temperature_that_is_none_is_refused(temperature: float) -> None:
    with pytest.raises(ParameterError, match="temperature"):
        temperature_curve(LogitSketch.of(np.zeros(3)), [1.0, temperature])


FILTERS = (
    {"top_k": 40},
    {"top_k": 40, "top_p": 0.95, "min_p": 0.05},
    {"min_p": 0.01, "repeat_penalty": 1.3},
    {"repeat_penalty": 1.5},
    {"repeat_penalty": 1.5, "top_k": 10, "samplers": ("top_k", "penalties", "temperature")},
    {"logit_bias": {3: 4.0, 5: -INF}, "top_k": 20},
)


@pytest.mark.parametrize("fields", FILTERS)
def test_filters_before_temperature_cut_the_same_at_every_t(
    real_logits: NDArray[np.float32], fields: dict[str, object]
) -> None:
    params = msgspec.structs.replace(SamplingParams(), **fields)
    for row in real_logits[::60]:
        sketch = LogitSketch.of(row)
        history = sketch.ids[2:9].tolist()
        curve = temperature_curve(sketch, TEMPERATURES, params, history)
        assert curve is not None
        exact = [
            sketch.shaped(msgspec.structs.replace(params, temperature=float(t)), history).entropy
            for t in TEMPERATURES
        ]
        assert curve.entropies == pytest.approx(exact, abs=1e-4)


def test_a_cut_within_the_tail_is_estimated(real_logits: NDArray[np.float32]) -> None:
    deep = 0
    for row in real_logits[::25]:
        for params in (SamplingParams(top_p=0.97), SamplingParams(top_k=3000)):
            sketch = LogitSketch.of(row)
            curve = temperature_curve(sketch, TEMPERATURES, params)
            assert curve is not None
            deep += sketch.shaped(params).kept > sketch.ids.size
            exact = [exact_entropy(row, float(t), params) for t in TEMPERATURES]
            assert curve.entropies == pytest.approx(exact, abs=0.15)
    assert deep > 8


@pytest.mark.parametrize(
    "fields",
    [
        {"min_p": 0.1, "samplers": ("temperature", "min_p")},
        {"min_p": 0.1, "top_k": 5, "samplers": ("top_k", "temperature", "min_p")},
        {"dynatemp_range": 0.5},
        {"mirostat": 2},
        {"samplers": ("top_k",)},
    ],
)
def test_where_the_cut_depends_on_t_there_is_no_one_curve(fields: dict[str, object]) -> None:
    sketch = LogitSketch.of(random_logits(0, 300))
    params = msgspec.structs.replace(SamplingParams(), **fields)
    assert temperature_curve(sketch, TEMPERATURES, params) is None
    assert effective_choices_curve(sketch, TEMPERATURES, params) is None
    assert steepest(sketch, params) is None


def test_a_step_after_temperature_that_does_nothing_is_no_hindrance() -> None:
    sketch = LogitSketch.of(random_logits(0, 300))
    params = SamplingParams(top_k=5, samplers=("top_k", "temperature", "min_p", "penalties"))
    curve = temperature_curve(sketch, [INF], params)
    assert curve is not None
    assert curve.effective_choices == pytest.approx([5.0])


# Steepest and flattest


def test_steepest_is_where_the_entropy_of_all_logits_grows_fastest(
    real_logits: NDArray[np.float32],
) -> None:
    fine = np.geomspace(0.5, 4.0, 60)
    for row in real_logits[::80]:
        place = steepest(LogitSketch.of(row))
        assert place is not None
        steep = [
            measures.sensitivity(distribution(row, SamplingParams(temperature=float(t))))
            for t in fine
        ]
        assert place.sensitivity == pytest.approx(max(steep), rel=0.02)
        assert place.temperature == pytest.approx(float(fine[np.argmax(steep)]), rel=0.05)


def test_flattest_is_a_level_stretch_with_a_choice_below_the_steepest() -> None:
    # Eight equal favourites over a thousand tokens far below: a plateau of eight choices.
    logits = np.full(1008, -20.0, np.float32)
    logits[:8] = np.linspace(0.0, 0.2, 8)
    sketch = LogitSketch.of(logits)
    level, tipping = flattest(sketch), steepest(sketch)
    assert level is not None
    assert tipping is not None
    assert math.exp(level.entropy) == pytest.approx(8.0, rel=0.01)
    assert level.sensitivity < 0.01 < tipping.sensitivity
    assert level.temperature < tipping.temperature


@given(st.integers(0, 2**32 - 1), st.integers(2, 3000), st.floats(0.5, 6.0))
def test_flattest_and_steepest_keep_to_their_definition(seed: int, size: int, scale: float) -> None:
    sketch = LogitSketch.of(random_logits(seed, size, scale))
    level, tipping = flattest(sketch), steepest(sketch)
    if tipping is None:
        assert level is None
        assert all(sensitivity(sketch, t) < 0.01 for t in (0.05, 0.2, 1.0, 5.0, 20.0))
        return
    assert COLDEST <= tipping.temperature <= HOTTEST
    if level is not None:
        assert level.temperature <= tipping.temperature
        assert level.sensitivity <= tipping.sensitivity
        # Looked at closely, its neighbour on the coarse curve may have a few choices less.
        assert math.exp(level.entropy) > FEWEST_CHOICES * 0.9


@pytest.mark.parametrize("logits", [np.zeros(1), np.zeros(500), np.array([100.0, -100.0])])
def test_where_no_t_changes_anything_no_place_has_a_name(logits: NDArray[np.float64]) -> None:
    sketch = LogitSketch.of(logits)
    assert steepest(sketch) is None
    assert flattest(sketch) is None


# One token


@given(st.integers(0, 2**32 - 1), st.integers(2, 2000), st.floats(0.1, 5.0), st.integers(0, 10**6))
def test_a_token_is_most_likely_where_it_is_said_to_be(
    seed: int, size: int, scale: float, pick: int
) -> None:
    logits = random_logits(seed, size, scale)
    token = pick % size
    sketch = LogitSketch.of(logits, written=token)
    temperature, probability = most_likely_temperature(sketch, token)
    if temperature == 0.0:
        assert logits[token] == logits.max()
        return
    here = exact_log_probability(logits, token, temperature)
    assert math.exp(here) == pytest.approx(probability, rel=5e-3)
    for other in np.geomspace(0.02, 50.0, 60):
        assert exact_log_probability(logits, token, float(other)) <= here + 5e-3
    if math.isinf(temperature):
        assert logits[token] <= logits.astype(np.float64).mean() + 1e-3


@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 2000),
    st.floats(0.1, 5.0),
    st.integers(0, 10**6),
    st.floats(-12.0, -1e-6),
)
def test_every_solution_has_the_probability_and_there_are_as_many_as_there_should_be(
    seed: int, size: int, scale: float, pick: int, log_wanted: float
) -> None:
    logits = random_logits(seed, size, scale)
    token = pick % size
    sketch = LogitSketch.of(logits, written=token)
    wanted = math.exp(log_wanted)
    found = temperature_for(sketch, token, wanted)
    assert list(found) == sorted(found)
    for temperature in found:
        if temperature > 0.0:
            here = sketch.probability(token, temperature)
            assert here == pytest.approx(wanted, rel=1e-6)
            assert exact_log_probability(logits, token, temperature) == pytest.approx(
                log_wanted, abs=5e-3
            )
    peak = most_likely_temperature(sketch, token)
    if peak.temperature == 0.0:
        assert len(found) == (1 / size < wanted < 1)
    elif wanted > peak.probability * (1 + 1e-9):
        assert found == ()
    elif 1 / size < wanted < peak.probability * (1 - 1e-9):
        assert len(found) == 2
        assert found[0] < peak.temperature < found[1]
    elif wanted < 1 / size * (1 - 1e-9):
        assert len(found) == 1


def test_both_answers_on_real_logits(real_logits: NDArray[np.float32]) -> None:
    for row in real_logits[::40]:
        sketch = LogitSketch.of(row)
        for rank in (1, 5, 100):
            token = int(sketch.ids[rank])
            peak = most_likely_temperature(sketch, token)
            wanted = peak.probability / 2
            found = temperature_for(sketch, token, wanted)
            assert len(found) == 2
            for temperature in found:
                exact = distribution(row, SamplingParams(temperature=temperature))[token]
                assert exact == pytest.approx(wanted, rel=3e-3)


@pytest.mark.parametrize("fields", [*FILTERS[:4], {"top_p": 0.97}])
def test_after_samplers_whose_cut_does_not_depend_on_t(
    real_logits: NDArray[np.float32], fields: dict[str, object]
) -> None:
    params = msgspec.structs.replace(SamplingParams(), **fields)
    for row in real_logits[::60]:
        sketch = LogitSketch.of(row)
        history = sketch.ids[1:4].tolist()
        left = filtered_distribution(sketch, params, history)
        assert left is not None
        assert left.tokens == sketch.shaped(params, history).kept
        for token in left.ids[:4].tolist():
            peak = most_likely_left(left, token)
            for temperature in (0.0, 0.3, 0.9, 1.5, 4.0, INF):
                assert (
                    probability_after(sketch, params, history, token, temperature)
                    <= peak.probability + 2e-3
                )
            for temperature in temperature_for_left(left, token, 0.7 * peak.probability):
                here = probability_after(sketch, params, history, token, temperature)
                assert here == pytest.approx(0.7 * peak.probability, rel=0.02)


def test_what_was_cut_cannot_be_asked_about() -> None:
    left = filtered_distribution(LogitSketch.of(random_logits(0, 50)), SamplingParams(top_k=1))
    assert left is not None
    (only,) = left.ids.tolist()
    assert most_likely_left(left, only) == (0.0, 1.0)
    with pytest.raises(ValueError, match="was cut"):
        temperature_for_left(left, (only + 1) % 50, 0.5)


def test_by_hand() -> None:
    # P(second) = 1/(1 + e^(2/T)) is 0.2 where e^(2/T) = 4.
    sketch = LogitSketch.of(np.array([2.0, 0.0], np.float32))
    assert temperature_for(sketch, 1, 0.2) == pytest.approx([2 / math.log(4)])
    assert temperature_for(sketch, 0, 0.8) == pytest.approx([2 / math.log(4)])
    assert temperature_for(sketch, 0, 0.4) == ()
    assert temperature_for(sketch, 0, 0.5) == (INF,)
    assert temperature_for(sketch, 1, 0.5) == (INF,)
    assert temperature_for(sketch, 0, 1.0) == (0.0,)
    assert temperature_for(sketch, 1, 0.0) == (0.0,)
    assert temperature_for(sketch, 0, 0.0) == ()
    assert most_likely_temperature(sketch, 0) == (0.0, 1.0)
    assert most_likely_temperature(sketch, 1) == (INF, 0.5)


def test_tokens_that_tie() -> None:
    sketch = LogitSketch.of(np.array([1.0, 1.0, 0.0], np.float32))
    assert most_likely_temperature(sketch, 0) == (0.0, 1.0)
    assert most_likely_temperature(sketch, 1) == (0.0, 0.5)
    for token in (0, 1):
        (temperature,) = temperature_for(sketch, token, 0.4)
        assert sketch.probability(token, temperature) == pytest.approx(0.4)
        assert temperature_for(sketch, token, 0.6) == ()
    flat = LogitSketch.of(np.zeros(4))
    assert temperature_for(flat, 2, 0.25) == (1.0,)
    assert temperature_for(flat, 2, 0.3) == ()
    assert temperature_for(flat, 0, 1.0) == (0.0,)


def test_of_the_tail_only_the_written_token_is_known(real_logits: NDArray[np.float32]) -> None:
    row = real_logits[40]
    order = np.argsort(-row)
    written, other = int(order[500]), int(order[501])
    sketch = LogitSketch.of(row, written=written)
    assert logit_of(sketch, written) == float(row[written])
    assert logit_of(sketch, int(order[3])) == float(row[order[3]])
    assert logit_of(sketch, other) is None
    for temperature in temperature_for(sketch, written, 1e-4):
        exact = distribution(row, SamplingParams(temperature=temperature))[written]
        assert exact == pytest.approx(1e-4, rel=3e-3)
    with pytest.raises(ValueError, match=f"logit of token {other} is not known"):
        most_likely_temperature(sketch, other)
    with pytest.raises(ValueError, match=f"logit of token {other} is not known"):
        temperature_for(sketch, other, 0.1)


@pytest.mark.parametrize(
    ("token", "probability", "why"),
    [(0, 1.5, "probability: found 1.5"), (0, math.nan, "probability"), (9, 0.5, "token_id: found")],
)
def test_questions_without_sense_are_refused(token: int, probability: float, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        temperature_for(LogitSketch.of(np.zeros(3)), token, probability)


def test_hostile_logits_give_no_warnings() -> None:
    far = np.array([3.0, 2.0, *([-1e30] * 200)], np.float32)
    spike = np.array([60.0, *([0.0] * 5000)], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for logits in (far, spike, np.zeros(300, np.float32)):
            sketch = LogitSketch.of(logits)
            curve = temperature_curve(sketch, TEMPERATURES)
            assert curve is not None
            assert np.isfinite(curve.entropies).all()
            assert np.isfinite(curve.sensitivities).all()
            for token in sketch.ids[:3].tolist():
                assert most_likely_temperature(sketch, token).probability > 0.0
                for temperature in temperature_for(sketch, token, 0.3):
                    assert sketch.probability(token, temperature) == pytest.approx(0.3)
