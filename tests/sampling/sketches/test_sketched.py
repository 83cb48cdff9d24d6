"""The samplers on a sketch, against the same samplers on the whole vocabulary."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import LogitsError, LogitSketch, SamplerState, SamplingParams, distribution

HISTORY = [5, 17, 3, 5, 17, 3, 5, 17]

EXACT: list[dict[str, Any]] = [
    {"top_n_sigma": 1.0, "top_k": 100},
    {"top_k": 60, "top_n_sigma": 0.8, "samplers": ("top_k", "top_n_sigma")},
    {"dynatemp_range": 0.4, "temperature": 0.9, "top_k": 50},
    {"dynatemp_range": 0.4, "temperature": 0.9},
    {"top_k": 50, "frequency_penalty": 0.7, "presence_penalty": 0.3},
    {"top_k": 50, "dry_multiplier": 0.8},
    {"top_k": 50, "xtc_probability": 1.0, "xtc_threshold": 0.05},
    {"xtc_probability": 1.0, "xtc_threshold": 0.02, "temperature": 1.4},
    {"top_k": 100, "typical_p": 0.6},
    {"typical_p": 0.3},
    {"mirostat": 2, "mirostat_tau": 2.0},
    {"mirostat": 1, "mirostat_tau": 2.0},
    {"temperature": 0.0, "xtc_probability": 1.0, "presence_penalty": 1.0},
]


@pytest.mark.parametrize("fields", EXACT, ids=lambda fields: "-".join(fields))
def test_among_the_known_tokens_it_is_exact(
    real_logits: NDArray[np.float32], fields: dict[str, Any]
) -> None:
    params = SamplingParams(**fields)
    state = SamplerState(mu=None, breakers={3: [()]})
    for row in real_logits[::40]:
        sketch = LogitSketch.of(row)
        best = sketch.ids.tolist()
        history = [best[n % len(best)] for n in HISTORY]
        top = sketch.shaped(params, history, state)
        p = distribution(row, params, history, state)
        if top.tail_probability == 0.0:
            assert top.kept == np.count_nonzero(p)
        assert top.probabilities == pytest.approx(p[top.ids], abs=2e-3)
        assert top.tail_probability == pytest.approx(1 - p[top.ids].sum(), abs=2e-3)
        assert sorted(top.ids.tolist()) == sorted(best)


MADE = np.random.default_rng(5).normal(0.0, 3.0, (3, 4000)).astype(np.float32)


@pytest.mark.parametrize("fields", EXACT, ids=lambda fields: "-".join(fields))
def test_among_the_known_tokens_of_logits_that_were_made_it_is_exact(
    fields: dict[str, Any],
) -> None:
    params = SamplingParams(**fields)
    for row in MADE:
        sketch = LogitSketch.of(row)
        history = [int(sketch.ids[n]) for n in HISTORY]
        state = SamplerState(breakers={history[2]: [()]})
        top = sketch.shaped(params, history, state)
        p = distribution(row, params, history, state)
        if top.tail_probability == 0.0:
            assert top.kept == np.count_nonzero(p)
        assert top.probabilities == pytest.approx(p[top.ids], abs=1e-5)
        assert top.tail_probability == pytest.approx(1 - p[top.ids].sum(), abs=1e-4)
        assert sorted(top.ids.tolist()) == sorted(sketch.ids.tolist())
        kept, ids = sketch.kept(params, history, state)
        assert kept == top.kept
        assert set(ids.tolist()) == set(top.ids[top.probabilities > 0.0].tolist())


def test_what_is_taken_out_is_shown_in_its_place(real_logits: NDArray[np.float32]) -> None:
    row = real_logits[3]
    sketch = LogitSketch.of(row)
    plain = sketch.shaped(SamplingParams())
    cut = sketch.shaped(SamplingParams(xtc_probability=1.0, xtc_threshold=0.02))
    assert cut.ids.tolist() == plain.ids.tolist()
    gone = int(np.count_nonzero(plain.probabilities >= 0.02)) - 1
    assert gone > 0
    assert (cut.probabilities[:gone] == 0.0).all()
    assert (cut.probabilities[gone:] > plain.probabilities[gone:]).all()
    typical = sketch.shaped(SamplingParams(typical_p=0.3))
    assert typical.ids.tolist() == plain.ids.tolist()
    kept = typical.probabilities > 0.0
    assert 0 < np.count_nonzero(kept) < kept.size
    assert typical.probabilities.sum() + typical.tail_probability == pytest.approx(1.0)


def test_in_the_tail_typical_is_an_estimate(real_logits: NDArray[np.float32]) -> None:
    for row in real_logits[::60]:
        for temperature, p in ((1.0, 0.97), (3.0, 0.8), (math.inf, 0.5)):
            params = SamplingParams(
                temperature=temperature, typical_p=p, samplers=("temperature", "typical_p")
            )
            top = LogitSketch.of(row).shaped(params)
            exact = distribution(row, params)
            assert top.probabilities.sum() + top.tail_probability == pytest.approx(1.0)
            count = np.count_nonzero(exact)
            assert top.kept == pytest.approx(count, rel=0.3, abs=20)


def test_biases_reach_known_tokens_alone(real_logits: NDArray[np.float32]) -> None:
    row = real_logits[0]
    sketch = LogitSketch.of(row)
    favourite, last = int(sketch.ids[0]), int(sketch.ids[-1])
    params = SamplingParams(logit_bias=((favourite, -math.inf), (last, 30.0)))
    top, p = sketch.shaped(params), distribution(row, params)
    assert int(top.ids[0]) == last
    assert top.probabilities == pytest.approx(p[top.ids], abs=1e-6)
    unknown = int(np.argmin(row))
    assert np.array_equal(
        sketch.shaped(SamplingParams(logit_bias=((unknown, 30.0),))).probabilities,
        sketch.shaped(SamplingParams()).probabilities,
    )


def test_a_ban_of_all_that_is_known_is_refused() -> None:
    sketch = LogitSketch.of([1.0, 2.0])
    with pytest.raises(LogitsError, match="banned"):
        sketch.shaped(SamplingParams(logit_bias=((0, -math.inf), (1, -math.inf))))
