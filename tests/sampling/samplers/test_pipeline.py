"""The samplers that llama.cpp adds to the common four, in small cases computed by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import (
    DEFAULT_SAMPLERS,
    LogitsError,
    SamplerState,
    SamplingParams,
    choose,
    distribution,
)
from studio.sampling.samplers.pipeline import dynamic_temperature
from studio.sampling.samplers.steps import active_steps

INF = math.inf


def logits_of(*probabilities: float) -> NDArray[np.float64]:
    return np.asarray(np.log(np.array(probabilities)))


def only(name: str, **fields: Any) -> SamplingParams:
    return SamplingParams(samplers=(name,), **fields)


def kept(p: NDArray[np.float64]) -> list[int]:
    return np.flatnonzero(p).tolist()


# Typical


def test_typical_keeps_those_whose_surprise_is_nearest_the_entropy() -> None:
    # 0.5, 0.25, 0.125, 0.125: entropy 1.75 bits; 1, 2, 3 and 3 bits are 0.75, 0.25, 1.25 away.
    logits = logits_of(0.125, 0.5, 0.25, 0.125)
    assert kept(distribution(logits, only("typical_p", typical_p=0.2))) == [2]
    p = distribution(logits, only("typical_p", typical_p=0.3))
    assert p == pytest.approx([0.0, 2 / 3, 1 / 3, 0.0])
    # More than p, where top-p keeps at least p; and of equals the lowest id first.
    assert kept(distribution(logits, only("typical_p", typical_p=0.75 - 1e-9))) == [1, 2]
    assert kept(distribution(logits, only("typical_p", typical_p=0.75 + 1e-9))) == [0, 1, 2]


def test_typical_can_cut_the_favourite() -> None:
    logits = logits_of(0.4, *[0.6 / 30] * 30)
    params = only("typical_p", typical_p=0.49)  # 24 of the others are 0.48
    p = distribution(logits, params)
    assert p[0] == 0.0
    assert np.count_nonzero(p) == 25
    choice = choose(logits, params, (), 0.0)
    assert (choice.rank, choice.kept) == (0, 25)
    assert choice.probability == pytest.approx(1 / 25)


# Top-n-sigma


def test_top_n_sigma_measures_in_standard_deviations_below_the_best() -> None:
    logits = np.array([0.0, 4.0, 2.0, -2.0, 1.0])  # mean 1, variance 4
    assert kept(distribution(logits, only("top_n_sigma", top_n_sigma=0.99))) == [1]
    assert kept(distribution(logits, only("top_n_sigma", top_n_sigma=1.0))) == [1, 2]
    assert kept(distribution(logits, only("top_n_sigma", top_n_sigma=2.5))) == [0, 1, 2, 4]
    # -inf is no logit to measure.
    with_banned = np.append(logits, -INF)
    assert kept(distribution(with_banned, only("top_n_sigma", top_n_sigma=1.0))) == [1, 2]


@pytest.mark.parametrize("temperature", [0.01, 3.0, 100.0])
def test_top_n_sigma_keeps_the_same_tokens_at_every_temperature(temperature: float) -> None:
    logits = np.array([0.0, 4.0, 2.0, -2.0, 1.0])
    params = SamplingParams(
        temperature=temperature, top_n_sigma=1.01, samplers=("temperature", "top_n_sigma")
    )
    assert choose(logits, params, (), 0.5).kept == 2


# XTC

ACTS, ACTS_NOT = SamplerState(chance=0.49), SamplerState(chance=0.51)


def test_xtc_takes_out_all_that_reach_the_threshold_but_the_least_of_them() -> None:
    logits = logits_of(0.2, 0.4, 0.3, 0.1)
    params = only("xtc", xtc_probability=0.5, xtc_threshold=0.15)
    assert distribution(logits, params, (), ACTS) == pytest.approx([2 / 3, 0.0, 0.0, 1 / 3])
    assert distribution(logits, params, (), ACTS_NOT) == pytest.approx([0.2, 0.4, 0.3, 0.1])
    assert kept(distribution(logits, params)) == [0, 3]  # without a draw it acts
    sure = only("xtc", xtc_probability=1.0, xtc_threshold=0.35)
    assert kept(distribution(logits, sure)) == [0, 1, 2, 3]  # one token reaches it: nothing to do


def test_xtc_leaves_min_keep_or_does_nothing() -> None:
    logits = logits_of(0.2, 0.4, 0.3, 0.1)
    for least, left in [(2, [0, 3]), (3, [0, 1, 2, 3])]:
        params = only("xtc", xtc_probability=1.0, xtc_threshold=0.15, min_keep=least)
        assert kept(distribution(logits, params)) == left


def test_xtcs_draw_acts_up_to_its_probability_and_never_without_a_choice() -> None:
    logits = logits_of(0.2, 0.4, 0.3, 0.1)
    half = only("xtc", xtc_probability=0.5, xtc_threshold=0.15)
    assert kept(distribution(logits, half, (), SamplerState(chance=0.5))) == [0, 3]
    # The two best are taken, then the better of what is left.
    steps = ("xtc", "top_k")
    then = SamplingParams(xtc_probability=1.0, xtc_threshold=0.15, top_k=1, samplers=steps)
    assert kept(distribution(logits, then)) == [0]
    # Behind a filter: of two left the better goes, of one nothing.
    for count, left in [(2, [2]), (1, [1])]:
        fields = {"xtc_probability": 1.0, "xtc_threshold": 0.15, "top_k": count}
        params = SamplingParams(**fields, samplers=("top_k", "xtc"))  # type: ignore[arg-type]  # fields vary
        assert kept(distribution(logits, params)) == left
        choice = choose(logits, params, (), 0.99)
        assert (choice.token, choice.rank, choice.kept) == (left[0], 0, 1)


@pytest.mark.parametrize("size", [30, 3000])
def test_xtc_takes_out_the_best_of_many(size: int) -> None:
    logits = np.linspace(5.0, 0.0, size)
    plain = distribution(logits, SamplingParams())
    threshold = float(plain[9:11].mean())  # which ten reach
    params = SamplingParams(
        xtc_probability=1.0, xtc_threshold=threshold, top_k=size - 5, samplers=("xtc", "top_k")
    )
    assert kept(distribution(logits, params)) == list(range(9, min(size, 9 + size - 5)))
    then = SamplingParams(
        xtc_probability=1.0, xtc_threshold=threshold, top_p=0.5, samplers=("xtc", "top_p")
    )
    left = distribution(logits, then)
    assert (left[:9] == 0.0).all()
    share = np.cumsum(plain[9:]) / plain[9:].sum()
    assert np.count_nonzero(left) == int(np.searchsorted(share, 0.5)) + 1


def test_dynamic_temperature_after_xtc_counts_what_is_listed_still() -> None:
    logits = logits_of(0.4, 0.3, 0.2, 0.1)
    params = SamplingParams(
        temperature=1.0, dynatemp_range=0.5, xtc_probability=1.0, xtc_threshold=0.15,
        samplers=("xtc", "temperature"),
    )  # fmt: skip
    # 0.2 and 0.1 are left, 2/3 and 1/3 of the whole: of two tokens' one bit.
    share = (2 / 3 * math.log2(1.5) + 1 / 3 * math.log2(3.0)) / 1.0
    weights = np.array([0.2, 0.1]) ** (1.0 / (0.5 + share))
    assert distribution(logits, params)[2:] == pytest.approx(weights / weights.sum())


# Dynamic temperature


def test_dynamic_temperature_goes_with_the_entropys_share_of_its_maximum() -> None:
    logits = logits_of(0.5, 0.25, 0.125, 0.125)
    share = 1.75 / 2.0  # bits, of four tokens' two
    for exponent in (1.0, 2.0, 0.0):
        params = only(
            "temperature", temperature=1.0, dynatemp_range=0.5, dynatemp_exponent=exponent
        )
        temperature = 0.5 + share**exponent
        weights = np.array([0.5, 0.25, 0.125, 0.125]) ** (1 / temperature)
        assert distribution(logits, params) == pytest.approx(weights / weights.sum())


def test_the_range_is_not_left_where_a_share_is_rounded_up() -> None:
    params = only("temperature", temperature=1.0, dynatemp_range=0.5, dynatemp_exponent=2.0)
    for share, temperature in [(0.0, 0.5), (0.5, 0.75), (1.0, 1.5), (1.0 + 1e-9, 1.5), (2.0, 1.5)]:
        assert dynamic_temperature(params, share) == temperature


def test_a_range_below_zero_ends_at_zero() -> None:
    logits = np.array([0.0, 900.0, -900.0])  # no entropy at all
    params = only("temperature", temperature=0.5, dynatemp_range=2.0)
    assert distribution(logits, params).tolist() == [0.0, 1.0, 0.0]
    # All the entropy there is: T is 2.5, and three equals stay equals.
    assert distribution([1.0, 1.0, 1.0], params) == pytest.approx([1 / 3] * 3)


def test_a_range_about_infinity_changes_nothing() -> None:
    params = only("temperature", temperature=INF, dynatemp_range=1.0)
    assert distribution([0.0, 5.0], params).tolist() == [0.5, 0.5]


# Penalties and biases


def test_frequency_counts_and_presence_does_not() -> None:
    history = [0, 1, 0, 0]
    z = np.array([2.0, 2.0, 2.0])
    params = only("penalties", frequency_penalty=0.5, presence_penalty=0.25)
    expected = np.exp(z - [1.75, 0.75, 0.0])
    assert distribution(z, params, history) == pytest.approx(expected / expected.sum())
    # Behind the repeat penalty, and negative ones reward.
    params = only("penalties", repeat_penalty=2.0, frequency_penalty=-0.5, presence_penalty=0.0)
    expected = np.exp([1.0 + 1.5, 1.0 + 0.5, 2.0])
    assert distribution(z, params, history) == pytest.approx(expected / expected.sum())


@pytest.mark.parametrize("temperature", [0.5, 4.0, 1e6, INF])
def test_what_is_taken_off_behind_temperature_is_not_tempered(temperature: float) -> None:
    logits = np.array([3.0, 2.0, 1.0])
    steps = ("temperature", "penalties")
    params = SamplingParams(temperature=temperature, presence_penalty=1.0, samplers=steps)
    expected = np.exp(logits / temperature - [1.0, 0.0, 0.0])
    assert distribution(logits, params, [0]) == pytest.approx(expected / expected.sum())


def test_a_bias_comes_first_and_minus_infinity_bans() -> None:
    logits = np.array([1.0, 2.0, 3.0, 4.0])
    params = SamplingParams(
        logit_bias=((0, 4.5), (3, -INF)), top_k=2, temperature=2.0, samplers=("top_k",)
    )
    expected = np.exp([5.5, 3.0])
    assert distribution(logits, params)[[0, 2]] == pytest.approx(expected / expected.sum())
    assert kept(distribution(logits, params)) == [0, 2]
    # No step, so it counts whatever the order names.
    assert kept(distribution(logits, SamplingParams(logit_bias=((3, -INF),), samplers=()))) == [
        0,
        1,
        2,
    ]


def test_biases_for_tokens_that_are_not_there_and_bans_of_all_are_refused() -> None:
    with pytest.raises(ValueError, match=r"logit_bias: found token 2; allowed are ids from 0 to 1"):
        distribution([1.0, 2.0], SamplingParams(logit_bias=((2, 1.0),)))
    with pytest.raises(LogitsError, match="all -inf"):
        distribution([1.0, 2.0], SamplingParams(logit_bias=((0, -INF), (1, -INF))))
    for fields in ({"presence_penalty": 1.0}, {"repeat_penalty": 2.0}):
        with pytest.raises(ValueError, match="history"):
            distribution([1.0, 2.0], only("penalties", **fields), [7])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e300, -1e300])
def test_no_penalty_and_no_bias_is_too_large(dtype: Any, size: float) -> None:
    logits = np.array([1.0, 2.0, 3.0], dtype)
    for params in (
        only("penalties", presence_penalty=size, frequency_penalty=size),
        SamplingParams(logit_bias=((0, size), (1, size))),
    ):
        p = distribution(logits, params, [0, 0, 1])
        assert p.sum() == pytest.approx(1.0)


# All together


def test_min_keep_holds_for_top_p_min_p_and_typical() -> None:
    logits = logits_of(0.9, 0.05, 0.03, 0.02)
    for fields in ({"top_p": 0.1}, {"min_p": 0.9}, {"typical_p": 0.1}):
        params = SamplingParams(**fields, min_keep=3)  # type: ignore[arg-type]  # fields vary
        assert np.count_nonzero(distribution(logits, params)) == 3
    assert np.count_nonzero(distribution(logits, SamplingParams(top_k=1, min_keep=3))) == 1


every_sampler = st.permutations(DEFAULT_SAMPLERS)


@given(every_sampler, st.integers(0, 9))
def test_t_zero_is_the_best_logit_after_biases_and_penalties_whatever_the_order(
    order: Sequence[str], count: int
) -> None:
    steps = tuple(order[:count])
    params = SamplingParams(
        temperature=0.0,
        dynatemp_range=3.0,
        typical_p=0.1,
        top_n_sigma=0.1,
        xtc_probability=1.0,
        xtc_threshold=0.01,
        presence_penalty=3.0,
        dry_multiplier=3.0,
        dry_allowed_length=0,
        logit_bias=((3, -INF),),
        samplers=(*steps, *(() if "temperature" in steps else ("temperature",))),
    )
    # Token 3 is banned; presence, and DRY too, take 3 off token 0, and more than that off 1.
    logits = [5.0, 4.0, 2.5, 9.0]
    expected = 2 if {"penalties", "dry"} & set(steps) else 0
    p = distribution(logits, params, [0, 1, 0])
    assert p[expected] == 1.0


def test_only_what_has_an_effect_is_a_step() -> None:
    assert active_steps(SamplingParams()) == ()
    assert active_steps(SamplingParams(temperature=0.5, top_k=3)) == ("top_k", "temperature")
    all_on = SamplingParams(
        temperature=2.0, top_k=3, top_p=0.5, min_p=0.1, typical_p=0.9, top_n_sigma=2.0,
        xtc_probability=0.5, dry_multiplier=1.0, presence_penalty=1.0, p_less=1,
        adaptive_target=0.5,
    )  # fmt: skip
    assert active_steps(all_on) == DEFAULT_SAMPLERS
    for off in ({"xtc_threshold": 0.6}, {"repeat_last_n": 0}, {"dry_penalty_last_n": 0}):
        fields = {name: getattr(all_on, name) for name in all_on.__struct_fields__}
        assert len(active_steps(SamplingParams(**(fields | off)))) == len(DEFAULT_SAMPLERS) - 1


@given(
    st.integers(0, 2**32 - 1),
    every_sampler,
    st.floats(0.1, 10.0),
    st.floats(0.0, 1.0, exclude_max=True),
)
def test_choose_draws_from_the_distribution_whatever_is_on(
    seed: int, order: Sequence[str], temperature: float, u: float
) -> None:
    rng = np.random.default_rng(seed)
    logits = (rng.normal(size=int(rng.integers(1, 3000))) * 2).astype(np.float32)
    params = SamplingParams(
        temperature=temperature,
        dynatemp_range=float(rng.choice([0.0, 0.5])),
        typical_p=float(rng.choice([1.0, 0.7])),
        top_n_sigma=float(rng.choice([-1.0, 2.0])),
        xtc_probability=float(rng.choice([0.0, 0.5])),
        xtc_threshold=0.01,
        top_p=float(rng.choice([1.0, 0.9])),
        presence_penalty=float(rng.choice([0.0, 1.0])),
        dry_multiplier=float(rng.choice([0.0, 1.0])),
        mirostat=int(rng.choice([0, 0, 0, 1, 2])),
        samplers=tuple(order),
    )
    history = rng.integers(0, min(5, logits.size), 20).tolist()
    state = SamplerState(chance=float(rng.random()), mu=float(rng.uniform(1, 12)))
    p = distribution(logits, params, history, state)
    choice = choose(logits, params, history, u, state=state)
    assert choice.probability == pytest.approx(p[choice.token], rel=1e-5)
    assert choice.probability > 0.0
    assert choice.kept >= np.count_nonzero(p)
    before = p[p > p[choice.token]].sum()
    assert before - 1e-5 <= u <= before + p[p == p[choice.token]].sum() + 1e-5
    for token, probability in choice.top:
        assert probability == pytest.approx(p[token], rel=1e-5, abs=1e-15)
