import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.app.explain import filters
from studio.app.explain.filters import TRIED
from studio.sampling import LogitSketch, SamplingParams, distribution

LOGITS = np.random.default_rng(3).normal(scale=3.0, size=120).astype(np.float32)
SKETCH = LogitSketch.of(LOGITS)


def test_only_filters_that_are_on_and_in_the_order_count() -> None:
    params = SamplingParams(top_k=40, min_p=0.05, samplers=("min_p", "temperature"))
    assert filters.active_filters(params) == ("min_p",)
    assert filters.filter_names(params) == "min-p 0.05"
    assert filters.active_filters(SamplingParams()) == ()


def test_what_is_kept_of_the_parameters() -> None:
    params = SamplingParams(
        temperature=0.7, top_p=0.9, repeat_penalty=1.2, mirostat=2, dynatemp_range=0.3
    )
    kept = filters.filtered(params)
    assert (kept.temperature, kept.top_p) == (0.7, 0.9)
    assert kept.samplers == ("top_p", "temperature")
    assert (kept.repeat_penalty, kept.mirostat, kept.dynatemp_range) == (1.0, 0, 0.0)
    assert filters.filtered(SamplingParams(samplers=())).samplers == ("temperature",)


def test_what_is_left_out_is_said() -> None:
    assert not filters.leaves_something_out(SamplingParams(top_k=4, temperature=2.0))
    for params in (
        SamplingParams(repeat_penalty=1.1),
        SamplingParams(xtc_probability=0.5),
        SamplingParams(dry_multiplier=0.8),
        SamplingParams(dynatemp_range=0.5),
        SamplingParams(mirostat=1),
        SamplingParams(logit_bias=((3, 1.0),)),
    ):
        assert filters.leaves_something_out(params)
    switched_off = SamplingParams(repeat_penalty=1.1, samplers=("temperature",))
    assert not filters.leaves_something_out(switched_off)


def test_without_a_filter_one_is_tried() -> None:
    tried = filters.with_some_filter(SamplingParams(temperature=0.5))
    assert (tried.temperature, tried.min_p) == (0.5, TRIED["min_p"])
    own = SamplingParams(temperature=0.5, top_k=3)
    assert filters.with_some_filter(own) == filters.filtered(own)


@given(
    st.sampled_from([0.0, 0.2, 0.8, 1.0, 1.7, 100.0, math.inf]),
    st.sampled_from(
        [{"top_k": 7}, {"min_p": 0.05}, {"top_p": 0.9}, {"top_k": 20, "top_p": 0.8, "min_p": 0.02}]
    ),
)
def test_the_counts_are_those_of_the_sampler(temperature: float, chosen: dict[str, float]) -> None:
    steps = ("top_k", "top_p", "min_p")
    params = SamplingParams(**chosen)  # type: ignore[arg-type]  # names and numbers of the test
    for shaped, samplers in (
        (filters.last, (*steps, "temperature")),
        (filters.first, ("temperature", *steps)),
    ):
        exact = distribution(
            LOGITS,
            SamplingParams(temperature=temperature, samplers=samplers, **chosen),  # type: ignore[arg-type]  # fields vary
        )
        top = shaped(SKETCH, params, temperature)
        assert top.kept == np.count_nonzero(exact)
        assert top.probabilities == pytest.approx(exact[top.ids], abs=1e-6)


def test_with_temperature_last_the_same_tokens_pass_at_every_t() -> None:
    params = SamplingParams(min_p=0.05)
    counts = {filters.last(SKETCH, params, t).kept for t in (0.2, 1.0, 5.0, 100.0, math.inf)}
    assert len(counts) == 1
    assert filters.first(SKETCH, params, 100.0).kept == LOGITS.size
    assert filters.first(SKETCH, params, 0.2).kept < counts.pop()
