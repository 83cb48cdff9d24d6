from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import SamplerState, SamplingParams, choose, distribution
from studio.sampling.samplers import mirostat

TWO = SamplingParams(mirostat=2, mirostat_tau=1.0, mirostat_eta=0.5)


def logits_of(*probabilities: float) -> NDArray[np.float64]:
    return np.asarray(np.log(np.array(probabilities)))


def test_version_2_keeps_what_surprises_no_more_than_allowed() -> None:
    logits = logits_of(0.5, 0.125, 0.25, 0.125)  # 1, 3, 2 and 3 bits
    for mu, left in [(3.1, 4), (2.9, 2), (1.9, 1), (0.5, 1), (-7.0, 1)]:
        p = distribution(logits, TWO, (), SamplerState(mu=mu))
        assert np.count_nonzero(p) == left
    assert distribution(logits, TWO, (), SamplerState(mu=2.9)) == pytest.approx(
        [2 / 3, 0, 1 / 3, 0]
    )


def test_it_begins_at_twice_the_aim() -> None:
    logits = logits_of(0.5, 0.125, 0.25, 0.125)
    for tau, left in [(1.6, 4), (1.4, 2), (0.9, 1)]:
        params = SamplingParams(mirostat=2, mirostat_tau=tau)
        assert np.count_nonzero(distribution(logits, params)) == left


def test_mu_moves_by_the_error() -> None:
    logits = logits_of(0.5, 0.125, 0.25, 0.125)
    choice = choose(logits, TWO, (), 0.9, state=SamplerState(mu=2.9))
    assert choice.token == 2
    assert choice.probability == pytest.approx(1 / 3)
    assert choice.mu == pytest.approx(2.9 - 0.5 * (math.log2(3.0) - 1.0))
    assert choose(logits, TWO, (), 0.0).mu == pytest.approx(2.0 - 0.5 * (math.log2(1.5) - 1.0))
    assert choose(logits, SamplingParams(), (), 0.5).mu is None


def test_version_1_by_hand() -> None:
    # A Zipf distribution of exponent s: the estimate is s itself.
    ranks = np.arange(1, 1001)
    exponent, mu = 1.5, 5.0
    k = (0.5 * 2**mu / (1 - 1000**-0.5)) ** (1 / exponent)
    params = SamplingParams(mirostat=1)
    p = distribution(-exponent * np.log(ranks), params, (), SamplerState(mu=mu))
    assert np.count_nonzero(p) == int(k) == 6
    # At exponent 1 the factor is a limit: 1 / ln V.
    p = distribution(-np.log(ranks), params, (), SamplerState(mu=mu))
    assert np.count_nonzero(p) == int(2**mu / math.log(1000)) == 4


@pytest.mark.parametrize(
    ("exponent", "mu", "kept"),
    [
        (1.5, -2.0, 1),
        (1.5, 1.1, 1),
        (1.5, 3.0, 2),
        (1.5, 7.0, 16),
        (0.5, 5.0, 1),
        (0.5, 7.0, 4),
        (0.5, 9.0, 69),
    ],
)
def test_version_1_is_the_papers_formula(exponent: float, mu: float, kept: int) -> None:
    excess = exponent - 1.0
    k = (excess * 2**mu / (1 - 1000**-excess)) ** (1 / exponent)
    assert max(1, int(k)) == kept
    z = -exponent * np.log(np.arange(1.0, 1001.0))
    # Of a temperature as of a distribution of its own; only the best 100 are looked at.
    assert mirostat.version_1(z[:100], 1000, 1.0, 1000, mu) == kept
    assert mirostat.version_1(2.0 * z[:100], 1000, 0.5, 1000, mu) == kept
    z[100:] = -1e9
    assert mirostat.version_1(z, 1000, 1.0, 1000, mu) == kept


def test_version_1_at_exponent_1_is_the_limit_of_the_formula() -> None:
    # Two logits that are ln 2 apart: the estimate is 1 to the last bit.
    best = np.array([math.log(2.0), 0.0])
    assert mirostat.version_1(best, 1000, 1.0, 1000, 5.0) == int(2**5 / math.log(1000)) == 4
    assert mirostat.version_1(best, 1000, 1.0, 1000, 7.0) == int(2**7 / math.log(1000)) == 18


def test_version_1_of_two_and_of_all() -> None:
    logits = np.array([1.0, 0.0])
    assert mirostat.version_1(logits[:1], 1, 1.0, 2, 9.0) == 1
    assert mirostat.version_1(logits, 2, 1.0, 2, -9.0) == 1
    assert mirostat.version_1(logits, 2, 1.0, 2, 9.0) == 2
    assert mirostat.version_1(np.zeros(100), 500, 1.0, 500, 9.0) == 500
    assert mirostat.version_1(np.zeros(100), 500, 1.0, 500, 8.0) == 1


def test_after_temperature_the_surprise_is_the_tempered_one() -> None:
    logits = logits_of(0.5, 0.3, 0.2)
    # At T 0.5 these are 0.66, 0.24 and 0.11: 0.6, 2.1 and 3.2 bits; at T 2 1.3, 1.6 and 1.9.
    for temperature, mu, left in [(0.5, 3.0, 2), (0.5, 3.3, 3), (2.0, 1.5, 1), (2.0, 1.7, 2)]:
        params = SamplingParams(mirostat=2, temperature=temperature)
        assert np.count_nonzero(distribution(logits, params, (), SamplerState(mu=mu))) == left
    # Flat: all have ln 3 / ln 2 = 1.58 bits.
    flat = SamplingParams(mirostat=2, temperature=math.inf)
    assert np.count_nonzero(distribution(logits, flat, (), SamplerState(mu=1.6))) == 3
    assert np.count_nonzero(distribution(logits, flat, (), SamplerState(mu=1.5))) == 1
    assert np.count_nonzero(distribution([7.0], flat, (), SamplerState(mu=0.0))) == 1
    assert np.count_nonzero(distribution([1.0, 2.0], flat, (), SamplerState(mu=1.0))) == 2


@pytest.mark.parametrize("version", [1, 2])
def test_it_takes_the_place_of_all_but_bias_and_temperature(version: int) -> None:
    logits = np.random.default_rng(0).normal(size=300) * 3
    plain = SamplingParams(mirostat=version, temperature=0.7, logit_bias=((3, 2.0),))
    crowded = SamplingParams(
        mirostat=version,
        temperature=0.7,
        logit_bias=((3, 2.0),),
        top_k=1,
        repeat_penalty=2.0,
        dry_multiplier=1.0,
        xtc_probability=1.0,
        dynatemp_range=0.5,
        samplers=(),
    )
    history = [1, 2, 1, 2, 1]
    assert np.array_equal(
        distribution(logits, plain, history), distribution(logits, crowded, history)
    )


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "logits",
    [[1.0], [0.0, 0.0], [3e38, -3e38, 0.0], [0.0] * 500, [5.0, -math.inf], [0.0, 1e-30]],
)
def test_no_logits_and_no_mu_are_too_much(version: int, logits: list[float]) -> None:
    for temperature, mu in product(
        (0.0, 1e-320, 1e-3, 1.0, 1e300, math.inf), (-1e9, 0.0, 1.0, 20.0, 1e9)
    ):
        params = SamplingParams(mirostat=version, temperature=temperature)
        choice = choose(logits, params, (), 0.5, state=SamplerState(mu=mu))
        assert choice.probability > 0.0, (temperature, mu)
        assert choice.mu is not None
        assert math.isfinite(choice.mu), (temperature, mu)
        if temperature == 0.0:
            assert choice.token == int(np.argmax(logits)), mu


def test_it_steers_the_surprise_of_what_is_drawn_to_its_aim() -> None:
    rng = np.random.default_rng(1)
    for version in (1, 2):
        params = SamplingParams(mirostat=version, mirostat_tau=3.0)
        state, surprises = SamplerState(), []
        for _ in range(600):
            choice = choose(rng.normal(size=500) * 2, params, (), rng.random(), state=state)
            state = SamplerState(mu=choice.mu)
            surprises.append(-math.log2(choice.probability))
        assert np.mean(surprises[100:]) == pytest.approx(3.0, abs=0.1)


def test_rate_0_never_learns() -> None:
    assert mirostat.mu_after(SamplingParams(mirostat=2, mirostat_eta=0.0), 4.0, 0.01) == 4.0


@pytest.mark.parametrize(("tau", "eta"), [(1e300, 0.1), (5.0, 1e300), (1e300, 1e300), (1e9, 1.0)])
def test_mu_stays_where_a_file_can_hold_it(tau: float, eta: float) -> None:
    params = SamplingParams(mirostat=2, mirostat_tau=tau, mirostat_eta=eta)
    mu = mirostat.mu_before(params, None)
    for probability in (1e-9, 0.3, 1.0, 1e-300, 0.5):
        assert -mirostat.MOST_MU <= mu <= mirostat.MOST_MU
        mu = mirostat.mu_after(params, mu, probability)
    assert -mirostat.MOST_MU <= mu <= mirostat.MOST_MU
