"""The turning point on curves whose turning point is known, and re-tempered entropies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.experiments.turning_point import (
    TextEntropies,
    retempered,
    turning_points,
)
from studio.sampling import LogitSketch, SamplingParams, SketchStack, distribution
from studio.sampling.measures import entropy

TEMPERATURES = np.arange(0.1, 1.95, 0.15)


def curve(turn: float) -> NDArray[np.float64]:
    """Entropies whose logarithm is a cubic of T that turns from concave to convex there."""
    distance = TEMPERATURES - turn
    return np.asarray(np.exp(2.5 * distance**3 + 0.8 * distance - 1.0))


def texts(turn: float, count: int, seed: int) -> TextEntropies:
    """The same of texts of uneven length, each with a level of its own and noise at each T."""
    rng = np.random.default_rng(seed)
    tokens = np.tile(rng.integers(20, 60, size=count).astype(float), (TEMPERATURES.size, 1))
    level = rng.gamma(20.0, 1 / 20.0, size=count)
    noise = rng.gamma(60.0, 1 / 60.0, size=tokens.shape)
    return TextEntropies(curve(turn)[:, np.newaxis] * level * noise * tokens, tokens)


def turn_of(entropies: NDArray[np.float64]) -> float:
    """Where one curve of entropies turns."""
    one = TextEntropies(entropies[:, np.newaxis], np.ones((TEMPERATURES.size, 1)))
    return turning_points(TEMPERATURES, one, one).of_generated.temperature.figure


@pytest.mark.parametrize("turn", [0.7, 1.0, 1.3])
def test_a_known_turning_point_is_found(turn: float) -> None:
    assert turn_of(curve(turn)) == pytest.approx(turn, abs=0.02)


def test_of_two_the_deeper_one_is_taken() -> None:
    # A sine turns to convex where it falls through 0: at half a period, and one and a half.
    waves = 0.1 * TEMPERATURES * np.sin(2 * math.pi * TEMPERATURES / 0.9)
    found = turn_of(np.exp(TEMPERATURES + waves))
    assert found == pytest.approx(1.35, abs=0.1)


def test_a_curve_that_does_not_turn_has_none() -> None:
    assert math.isnan(turn_of(TEMPERATURES))
    assert math.isnan(turn_of(np.exp(TEMPERATURES**2)))
    assert math.isnan(turn_of(np.exp(3.0 * TEMPERATURES)))


def test_intervals_hold_the_turning_points_and_their_difference() -> None:
    found = turning_points(TEMPERATURES, texts(0.8, 40, 1), texts(1.2, 40, 2))
    for point, known in (
        (found.of_generated, 0.8),
        (found.of_retempered, 1.2),
        (found.difference, 0.4),
    ):
        figure, low, high = point.temperature
        assert low <= known <= high
        assert low <= figure <= high
        assert high - low < 0.4
        assert point.share > 0.95
    few = turning_points(TEMPERATURES, texts(0.8, 5, 1), texts(1.2, 5, 2)).of_generated.temperature
    many = found.of_generated.temperature
    assert few.high - few.low > many.high - many.low
    assert found.generated == pytest.approx(curve(0.8), rel=0.15)


def test_prompts_are_not_resampled_and_their_texts_are_within_each() -> None:
    both = [texts(turn, 20, seed) for turn, seed in ((0.8, 3), (1.2, 4))]
    sums = np.concatenate((both[0].sums, 5.0 * both[1].sums), axis=1)
    mixed = TextEntropies(sums, np.concatenate([one.tokens for one in both], axis=1))
    alike, apart = (turning_points(TEMPERATURES, mixed, mixed, count) for count in (1, 2))
    wide, narrow = (found.of_generated.temperature for found in (alike, apart))
    assert wide.figure == narrow.figure
    assert narrow.high - narrow.low < 0.8 * (wide.high - wide.low)


def test_where_only_some_resamples_turn_that_is_said() -> None:
    same = texts(0.8, 1, 1)  # one text: every resample is the same
    found = turning_points(TEMPERATURES, same, same)
    assert found.difference.temperature.figure == 0.0
    flat = TextEntropies(TEMPERATURES[:, np.newaxis] * 30.0, np.full((TEMPERATURES.size, 1), 30.0))
    none = turning_points(TEMPERATURES, flat, same)
    assert none.of_generated.share == 0.0
    assert math.isnan(none.of_generated.temperature.low)
    assert math.isnan(none.difference.temperature.figure)


def test_retempered_entropies_are_those_of_all_logits() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(scale=2.0, size=(5, 400)).astype(np.float32)
    stacks = [SketchStack(), SketchStack()]
    for place, row in enumerate(rows):
        stacks[int(place >= 3)].append(LogitSketch.of(row))
    found = retempered(stacks, TEMPERATURES)
    assert found.tokens[0].tolist() == [3.0, 2.0]
    for place, temperature in enumerate(TEMPERATURES.tolist()):
        params = SamplingParams(temperature=temperature)
        exact = [entropy(distribution(row, params)) for row in rows]
        assert found.sums[place] == pytest.approx([sum(exact[:3]), sum(exact[3:])], abs=5e-3)


@pytest.mark.parametrize("temperatures", [TEMPERATURES[:5], TEMPERATURES[::-1]])
def test_too_few_temperatures_or_without_order_are_refused(
    temperatures: NDArray[np.float64],
) -> None:
    some = TextEntropies(np.ones((temperatures.size, 2)), np.ones((temperatures.size, 2)))
    with pytest.raises(ValueError, match="allowed are 6 or more, ascending"):
        turning_points(temperatures, some, some)
