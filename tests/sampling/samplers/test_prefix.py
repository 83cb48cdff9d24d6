"""The short way of the common samplers finds what the whole pipeline finds, to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.sampling import DEFAULT_SAMPLERS, Ranking, SamplingParams
from studio.sampling.samplers.pipeline import run, shape
from studio.sampling.samplers.prefix import filter_top
from studio.sampling.samplers.whole import WholeLogits

_COMMON = ("temperature", "top_k", "top_p", "min_p")

orders = st.permutations(_COMMON).flatmap(
    lambda names: st.integers(0, len(names)).map(lambda count: tuple(names[:count]))
)
params = st.builds(
    SamplingParams,
    temperature=st.sampled_from([0.0, 1e-300, 0.1, 0.7, 1.0, 1.5, 5.0, float("inf")]),
    top_k=st.sampled_from([0, 1, 5, 40, 129, 200]),
    top_p=st.sampled_from([1e-9, 0.3, 0.95, 1.0]),
    min_p=st.sampled_from([0.0, 1e-6, 0.05, 0.5, 1.0]),
    min_keep=st.sampled_from([0, 1, 3, 60, 400]),
    samplers=orders,
)


@settings(max_examples=200)
@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 150, 2000, 9000]), params)
def test_both_ways_leave_the_same(seed: int, size: int, params: SamplingParams) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, rng.choice([0.01, 1.0, 6.0]), size).astype(np.float32)
    logits[rng.random(size) < rng.choice([0.0, 0.5])] = -np.inf
    logits[rng.integers(size)] = 1.0
    few = filter_top(Ranking(logits), params)
    if few is None:
        return
    ranked, kept, beta = run(WholeLogits(Ranking(logits)), params, ())
    assert (few.kept, few.beta) == (kept, beta)
    assert ranked.limit(kept) == kept


@pytest.mark.parametrize(
    "fields",
    [
        {"top_k": 40, "top_p": 0.95, "min_p": 0.05, "temperature": 0.8},
        {"min_p": 0.05, "temperature": 1.3},
        # A nucleus of hundreds of tokens, of which min-p leaves a few: it need not be counted.
        {"top_p": 0.95, "min_p": 0.05, "temperature": 0.8},
        {"top_p": 0.95, "min_p": 0.05, "min_keep": 100},
        {"top_k": 5, "samplers": ("temperature", "top_k"), "temperature": float("inf")},
    ],
)
def test_common_settings_take_the_short_way(fields: dict[str, object]) -> None:
    logits = np.random.default_rng(0).normal(0, 4, 9000).astype(np.float32)
    ranking = Ranking(logits)
    params = SamplingParams(**fields)  # type: ignore[arg-type]  # fields vary
    few = filter_top(ranking, params)
    assert few is not None
    assert shape(ranking, params, ()) == (ranking, few.kept, few.beta)


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0.0},
        {"top_k": 40, "dynatemp_range": 0.5},
        {"top_k": 40, "logit_bias": ((1, 2.0),)},
        {"top_k": 40, "mirostat": 2},
        {"top_k": 40, "repeat_penalty": 1.1},
        {"top_k": 40, "typical_p": 0.9},
        {"top_k": 40, "xtc_probability": 0.5},
        {"top_k": 40, "top_n_sigma": 1.0},
        {"top_k": 40, "dry_multiplier": 0.8},
        {"top_k": 200},
        {"top_p": 0.9},
        {"temperature": 0.7},
    ],
)
def test_what_others_do_or_what_lies_deep_goes_the_long_way(fields: dict[str, object]) -> None:
    logits = np.random.default_rng(0).normal(0, 4, 9000).astype(np.float32)
    params = SamplingParams(samplers=DEFAULT_SAMPLERS, **fields)  # type: ignore[arg-type]  # fields vary
    assert filter_top(Ranking(logits), params) is None


def test_the_short_way_reaches_to_the_last_token_that_is_ranked() -> None:
    logits = np.random.default_rng(0).normal(0, 1, 9000).astype(np.float32)
    ranking = Ranking(logits)
    known = ranking.ids.size
    ranked = WholeLogits(Ranking(logits))
    cumulative = np.cumsum(ranked.ranking.weights(known + 1, 1.0)) / ranked.mass(9000, 1.0)
    for count in (1, 16, 17, known - 1, known):
        share = float(cumulative[max(count - 2, 0) : count].mean() * (1.0 - 1e-3 / count))
        for setting in (SamplingParams(top_k=count), SamplingParams(top_p=share)):
            few = filter_top(ranking, setting)
            assert few is not None
            assert few.kept == count
            assert len(few.weights) == len(few.exponents) == len(few.cumulative) == count
            assert few.weights == pytest.approx(ranked.ranking.weights(count, 1.0))
            assert few.cumulative == pytest.approx(np.cumsum(few.weights))
    assert filter_top(ranking, SamplingParams(top_k=known + 1)) is None
    beyond = float(cumulative[known - 1 : known + 1].mean())
    assert filter_top(ranking, SamplingParams(top_p=beyond)) is None
