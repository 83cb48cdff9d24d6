"""Adaptive-p: its definition, what it carries, and the same in a sketch."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import LogitSketch, SamplerState, SamplingParams, choose, distribution
from studio.sampling.samplers import adaptive


def transformed(p: NDArray[np.float64], target: float) -> NDArray[np.float64]:
    distance = np.abs(p - target) / 0.3
    weights = np.where(p > 0.0, np.exp(5.0 - 10.0 * distance**2 / (1.0 + distance)), 0.0)
    result: NDArray[np.float64] = weights / weights.sum()
    return result


def test_off_by_default_and_last_wherever_it_is_named() -> None:
    logits = np.log(np.array([0.6, 0.3, 0.1]))
    assert distribution(logits, SamplingParams()) == pytest.approx([0.6, 0.3, 0.1])
    last = SamplingParams(adaptive_target=0.3, temperature=2.0, top_k=2)
    first = SamplingParams(
        adaptive_target=0.3,
        temperature=2.0,
        top_k=2,
        samplers=("adaptive_p", "top_k", "temperature"),
    )
    assert distribution(logits, first).tolist() == distribution(logits, last).tolist()


@pytest.mark.parametrize("fields", [{}, {"top_k": 40}, {"min_p": 0.02, "temperature": 1.5}])
@pytest.mark.parametrize("target", [0.0, 0.3, 0.7, 1.0])
def test_what_is_near_the_target_grows_likelier(
    real_logits: NDArray[np.float32], target: float, fields: dict[str, float]
) -> None:
    plain = SamplingParams(**fields)  # type: ignore[arg-type]  # fields vary
    params = SamplingParams(adaptive_target=target, **fields)  # type: ignore[arg-type]
    for row in real_logits[::25]:
        expected = transformed(distribution(row, plain), target)
        found = distribution(row, params)
        # `approx` compares numbers one by one, a tenth of a second for a vocabulary.
        assert np.allclose(found, expected, rtol=0.0, atol=1e-6)
        shaped = LogitSketch.of(row).shaped(params)
        assert shaped.probabilities == pytest.approx(expected[shaped.ids], abs=2e-3)
        assert shaped.probabilities.sum() + shaped.tail_probability == pytest.approx(1.0)


def test_the_mean_of_what_was_drawn_moves_the_target(real_logits: NDArray[np.float32]) -> None:
    params = SamplingParams(adaptive_target=0.4, adaptive_decay=0.8, top_k=20)
    plain = SamplingParams(top_k=20)
    mean = 0.4
    state = SamplerState()
    for index, row in enumerate(real_logits[:30]):
        before = distribution(row, plain)
        expected = transformed(before, min(max(0.8 - mean, 0.0), 1.0))
        assert np.allclose(distribution(row, params, (), state), expected, rtol=0.0, atol=1e-6)
        choice = choose(row, params, (), (index * 0.37) % 1.0, state=state)
        assert choice.probability == pytest.approx(expected[choice.token], abs=1e-6)
        mean = 0.8 * mean + 0.2 * float(before[choice.token])
        assert choice.mu is None
        assert choice.adaptive_mean == pytest.approx(mean)
        state = SamplerState(adaptive_mean=choice.adaptive_mean)


def test_what_mirostat_allowed_is_no_mean_of_what_was_drawn() -> None:
    params = SamplingParams(adaptive_target=0.4)
    left_by_mirostat = SamplerState(mu=8.0)
    row = [2.0, 1.0, 0.0]
    ours = distribution(row, params, (), left_by_mirostat)
    assert ours.tolist() == distribution(row, params).tolist()
    choice = choose(row, params, (), 0.5, state=left_by_mirostat)
    assert choice.adaptive_mean == choose(row, params, (), 0.5).adaptive_mean


@pytest.mark.parametrize(
    ("mean", "target"), [(None, 0.4), (0.4, 0.4), (0.1, 0.7), (0.8, 0.0), (0.9, 0.0), (-0.5, 1.0)]
)
def test_the_target_lies_as_far_beyond_the_aim_as_the_mean_short_of_it(
    mean: float | None, target: float
) -> None:
    params = SamplingParams(adaptive_target=0.4)
    assert adaptive.target_at(params, mean) == pytest.approx(target)


def test_the_mean_begins_at_the_aim_and_moves_with_each_token() -> None:
    params = SamplingParams(adaptive_target=0.4, adaptive_decay=0.9)
    assert adaptive.mean_after(params, None, 1.0) == pytest.approx(0.46)
    assert adaptive.mean_after(params, 0.2, 1.0) == pytest.approx(0.28)
    assert adaptive.mean_after(params, 0.2, 0.0) == pytest.approx(0.18)


def test_logits_fall_with_the_distance_from_the_target() -> None:
    p = np.array([0.3, 0.6, 0.0, 0.9])  # one, one and two widths away
    assert adaptive.logits_near(0.3, p) == pytest.approx([0.0, -5.0, -5.0, -40.0 / 3.0])


@pytest.mark.parametrize("size", [3, 40, 3000])
@pytest.mark.parametrize("mean", [None, 0.1, 0.9])
@pytest.mark.parametrize("fields", [{}, {"top_k": 20}, {"temperature": 0.5}])
def test_of_any_logits_it_is_its_definition(
    size: int, mean: float | None, fields: dict[str, float]
) -> None:
    logits = np.random.default_rng(size).normal(size=size) * 2.0
    logits[1] = -np.inf
    plain = SamplingParams(**fields)  # type: ignore[arg-type]  # fields vary
    params = SamplingParams(adaptive_target=0.3, adaptive_decay=0.8, **fields)  # type: ignore[arg-type]
    before = distribution(logits, plain)
    expected = transformed(before, min(max(0.6 - (0.3 if mean is None else mean), 0.0), 1.0))
    assert distribution(logits, params, (), SamplerState(adaptive_mean=mean)) == pytest.approx(
        expected
    )
    choice = choose(logits, params, (), 0.6, state=SamplerState(adaptive_mean=mean))
    assert choice.probability == pytest.approx(expected[choice.token])
    before_it = 0.3 if mean is None else mean
    assert choice.adaptive_mean == pytest.approx(0.8 * before_it + 0.2 * before[choice.token])


def test_penalties_count_in_what_the_token_was_before() -> None:
    params = SamplingParams(adaptive_target=0.3, adaptive_decay=0.0, presence_penalty=2.0)
    logits, history = np.array([2.0, 1.5, 1.0]), [0, 2]
    before = distribution(logits, SamplingParams(presence_penalty=2.0), history)
    choice = choose(logits, params, history, 0.5)
    assert choice.adaptive_mean == pytest.approx(before[choice.token])


def mean_drawn(target: float) -> float:
    """The mean probability of what is drawn of distributions made at random."""
    rng = np.random.default_rng(4)
    params = SamplingParams(adaptive_target=target, min_p=0.05)
    drawn, state = [], SamplerState()
    for _ in range(300):
        row = rng.normal(size=60) * 2.5
        choice = choose(row, params, (), float(rng.random()), state=state)
        drawn.append(distribution(row, SamplingParams(min_p=0.05))[choice.token])
        state = SamplerState(adaptive_mean=choice.adaptive_mean)
    return float(np.mean(drawn))


def test_over_a_long_text_the_mean_follows_the_target() -> None:
    low, middle, high = (mean_drawn(target) for target in (0.15, 0.4, 0.65))
    assert low + 0.05 < middle < high - 0.05
    assert middle == pytest.approx(0.4, abs=0.1)


def test_t_zero_takes_the_best_all_the_same() -> None:
    params = SamplingParams(adaptive_target=0.1, temperature=0.0)
    choice = choose(np.array([1.0, 3.0, 2.0]), params, (), 0.99)
    assert (choice.token, choice.probability) == (1, 1.0)
