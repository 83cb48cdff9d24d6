"""The fitted temperature against sums over whole logits, and against texts of a known one."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import LogitSketch
from studio.sampling.analysis.fitted_temperature import (
    CURVE_TEMPERATURES,
    TemperatureFit,
    TemperatureLikelihood,
    at_once,
)
from studio.sampling.analysis.retemper import COLDEST, HOTTEST

Logits = NDArray[np.float64]


def logits_of(tokens: int, vocabulary: int, seed: int) -> Logits:
    """Rows of logits, some of them sure of a token and some not."""
    rng = np.random.default_rng(seed)
    spread = rng.uniform(0.5, 4.0, size=(tokens, 1))
    return (rng.standard_normal((tokens, vocabulary)) * spread).astype(np.float32).astype(float)


def drawn(logits: Logits, temperature: float, seed: int) -> NDArray[np.intp]:
    """A token of each row, drawn at a temperature."""
    noise = np.random.default_rng(seed).gumbel(size=logits.shape)
    return np.asarray((logits / temperature + noise).argmax(axis=1))


def likelihood_of(logits: Logits, tokens: NDArray[np.intp]) -> TemperatureLikelihood:
    likelihood = TemperatureLikelihood()
    for row, token in zip(logits, tokens.tolist(), strict=True):
        likelihood.append(LogitSketch.of(row.astype(np.float32), token), token)
    return likelihood


def fitted(logits: Logits, tokens: NDArray[np.intp]) -> TemperatureFit:
    fit = likelihood_of(logits, tokens).fit()
    assert fit is not None
    return fit


def surprise(logits: Logits, tokens: NDArray[np.intp], beta: float) -> float:
    """The mean of −ln p, from all logits."""
    scaled = logits * beta
    highest = scaled.max(axis=1)
    logs = highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1))
    return float(np.mean(logs - scaled[np.arange(len(tokens)), tokens]))


def best_by_thirds(logits: Logits, tokens: NDArray[np.intp]) -> float:
    """The β of the least surprise, from all logits: that is convex, and has one."""
    low, high = 1.0 / HOTTEST, 1.0 / COLDEST
    while high - low > 1e-7:
        left, right = low + (high - low) / 3.0, high - (high - low) / 3.0
        if surprise(logits, tokens, left) < surprise(logits, tokens, right):
            high = right
        else:
            low = left
    return (low + high) / 2.0


@pytest.mark.parametrize("temperature", [0.3, 0.6, 1.0, 1.4, 3.0])
@pytest.mark.parametrize("vocabulary", [40, 1000])
def test_it_is_the_best_of_whole_logits(temperature: float, vocabulary: int) -> None:
    logits = logits_of(200, vocabulary, seed=1)
    tokens = drawn(logits, temperature, seed=2)
    fit = fitted(logits, tokens)
    assert 1.0 / fit.temperature == pytest.approx(best_by_thirds(logits, tokens), rel=1e-3)
    assert fit.perplexity_t1 == pytest.approx(math.exp(surprise(logits, tokens, 1.0)), rel=1e-3)
    least = math.exp(surprise(logits, tokens, 1.0 / fit.temperature))
    assert fit.perplexity_fitted == pytest.approx(least, rel=1e-3)
    assert fit.perplexity_fitted <= fit.perplexity_t1
    assert fit.tokens == 200


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.4])
def test_the_interval_holds_the_temperature_that_a_text_was_drawn_at(temperature: float) -> None:
    logits = logits_of(256, 120, seed=3)
    # All logits are known, whichever token stands there: one sketch of each serves all texts.
    sketches = [LogitSketch.of(row.astype(np.float32)) for row in logits]
    fits = []
    for seed in range(25):
        likelihood = TemperatureLikelihood()
        for sketch, token in zip(sketches, drawn(logits, temperature, seed).tolist(), strict=True):
            likelihood.append(sketch, token)
        fit = likelihood.fit()
        assert fit is not None
        fits.append(fit)
    assert all(fit.low < fit.temperature < fit.high for fit in fits)
    holding = sum(fit.low <= temperature <= fit.high for fit in fits)
    assert holding >= 22, "of 25, at 95 %"
    error = np.median([abs(fit.temperature / temperature - 1.0) for fit in fits])
    assert error < 0.05


def test_a_longer_text_says_it_more_surely() -> None:
    logits = logits_of(1600, 300, seed=4)
    tokens = drawn(logits, 0.8, seed=5)
    short, long = fitted(logits[:400], tokens[:400]), fitted(logits, tokens)
    assert long.high - long.low < 0.7 * (short.high - short.low)


def test_tokens_that_go_together_widen_the_interval() -> None:
    logits = np.repeat(logits_of(60, 300, seed=6), 16, axis=0)
    alone = fitted(logits, drawn(logits, 1.0, seed=7))
    together = fitted(logits, np.repeat(drawn(logits[::16], 1.0, seed=7), 16))
    assert together.high - together.low > 2.0 * (alone.high - alone.low)


def test_of_favourites_and_of_the_least_likely_it_is_the_end_of_the_range() -> None:
    logits = logits_of(50, 40, seed=8)
    assert fitted(logits, logits.argmax(axis=1)).temperature == pytest.approx(COLDEST)
    coldest = fitted(logits, logits.argmax(axis=1))
    assert coldest.low <= coldest.temperature <= coldest.high < HOTTEST
    hottest = fitted(logits, logits.argmin(axis=1))
    assert hottest.temperature == pytest.approx(HOTTEST)
    assert COLDEST < hottest.low <= hottest.high == pytest.approx(HOTTEST)


def test_a_part_is_fitted_as_if_it_stood_alone() -> None:
    logits = logits_of(90, 200, seed=9)
    tokens = np.concatenate([drawn(logits[:45], 0.4, seed=10), drawn(logits[45:], 2.0, seed=11)])
    both = likelihood_of(logits, tokens)
    assert both.fit(range(45)) == likelihood_of(logits[:45], tokens[:45]).fit()
    assert both.fit(range(45, 90)) == likelihood_of(logits[45:], tokens[45:]).fit()
    cold, hot = both.fit(range(45)), both.fit(range(45, 90))
    assert cold is not None
    assert hot is not None
    assert cold.high < hot.low


def test_where_no_temperature_changes_anything_there_is_none() -> None:
    assert TemperatureLikelihood().fit() is None
    level = np.zeros((30, 50))
    assert likelihood_of(level, np.zeros(30, dtype=np.intp)).fit() is None
    assert likelihood_of(logits_of(5, 40, 12), np.zeros(5, dtype=np.intp)).fit([]) is None


def test_a_token_that_the_sketch_does_not_know_is_refused() -> None:
    logits = logits_of(1, 3000, seed=13)[0].astype(np.float32)
    last = int(logits.argmin())
    with pytest.raises(ValueError, match=f"does not know the logit of {last}"):
        TemperatureLikelihood().append(LogitSketch.of(logits), last)


def test_the_intervals_agree_where_tokens_are_drawn_one_by_one() -> None:
    logits = logits_of(2000, 300, seed=14)
    fit = fitted(logits, drawn(logits, 0.9, seed=15))
    assert fit.by_information is not None
    assert fit.by_bootstrap is not None
    for interval in (fit.by_information, fit.by_bootstrap):
        assert interval == pytest.approx(fit.by_likelihood, rel=0.02)
    assert fit.low == min(fit.by_likelihood[0], fit.by_bootstrap[0])
    assert fit.high == max(fit.by_likelihood[1], fit.by_bootstrap[1])


def test_the_observed_information_is_the_curvature_of_whole_logits() -> None:
    logits = logits_of(300, 40, seed=16)
    fit = fitted(logits, drawn(logits, 1.2, seed=17))
    beta = 1.0 / fit.temperature
    weights = np.exp(logits * beta - (logits * beta).max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    means = (weights * logits).sum(axis=1)
    information = float(((weights * logits**2).sum(axis=1) - means**2).sum())
    away = 1.959964 / math.sqrt(information)
    expected = 1.0 / (beta + away), 1.0 / (beta - away)
    assert fit.by_information == pytest.approx(expected, rel=5e-3)


def test_of_few_tokens_and_at_the_ends_some_intervals_are_none() -> None:
    logits = logits_of(50, 40, seed=18)
    few = fitted(logits, drawn(logits, 1.0, seed=19))
    assert few.by_bootstrap is None
    assert (few.low, few.high) == few.by_likelihood
    assert fitted(logits, logits.argmax(axis=1)).by_information is None


def test_the_curve_is_the_likelihood_of_whole_logits() -> None:
    logits = logits_of(80, 300, seed=20)
    tokens = drawn(logits, 0.8, seed=21)
    curve = at_once(likelihood_of(logits, tokens).summed()).curve()
    for at in (60, 120, 180):
        expected = -surprise(logits, tokens, 1.0 / float(CURVE_TEMPERATURES[at]))
        assert curve[at] == pytest.approx(expected, rel=1e-3)


def test_a_long_text_is_summed_up_in_steps_and_in_longer_blocks() -> None:
    likelihood = TemperatureLikelihood()
    logits = logits_of(8, 40, seed=22).astype(np.float32)
    sketches = [(LogitSketch.of(row, 3), 3) for row in logits]
    for _ in range(2100):
        for sketch, token in sketches:
            likelihood.append(sketch, token)
    steps = list(likelihood.summed())
    assert len(steps) > 3
    long, short = likelihood.fit(), likelihood.fit(range(8))
    assert long is not None
    assert short is not None
    assert long.temperature == pytest.approx(short.temperature, rel=1e-6)
    assert long.tokens == 16_800
