"""Lanes with the same draws: where two texts part, the hotter one took the lower rank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from studio.sampling import Choice, SamplingParams, choose, uniform

VOCABULARY, TOKENS = 300, 24


def logits_after(text: Sequence[int], model: int, spread: float) -> NDArray[np.float32]:
    """What a model of random logits says after a text."""
    random = np.random.default_rng([model, *text])
    logits = random.normal(0.0, spread, VOCABULARY)
    logits[random.integers(0, VOCABULARY, 5)] += 3.0 * spread
    return logits.astype(np.float32)


def lane(params: SamplingParams, seed: int, model: int, spread: float) -> list[Choice]:
    """What a lane writes."""
    text: list[int] = []
    choices = []
    for position in range(TOKENS):
        u = uniform(seed, position)
        choices.append(choose(logits_after(text, model, spread), params, text, u))
        text.append(choices[-1].token)
    return choices


@given(
    temperatures=st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0, 1.5, 3.0, np.inf]),
                          min_size=2, max_size=4, unique=True),
    order=st.permutations(("top_k", "top_p", "min_p", "temperature")),
    top_k=st.sampled_from([0, 1, 5, 40]),
    top_p=st.sampled_from([1.0, 0.95, 0.5, 0.1]),
    min_p=st.sampled_from([0.0, 0.02, 0.3]),
    seed=st.integers(0, 2**32 - 1),
    model=st.integers(0, 1000),
    spread=st.sampled_from([0.3, 1.0, 4.0]),
)  # fmt: skip
def test_a_hotter_lanes_rank_at_the_first_divergence_is_never_smaller(
    temperatures: list[float],
    order: Sequence[str],
    top_k: int,
    top_p: float,
    min_p: float,
    seed: int,
    model: int,
    spread: float,
) -> None:
    lanes = [
        lane(
            SamplingParams(
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
                min_p=min_p,
                samplers=tuple(order),
            ),
            seed,
            model,
            spread,
        )
        for temperature in sorted(temperatures)
    ]
    for place, cold in enumerate(lanes):
        for hot in lanes[place + 1 :]:
            for one, other in zip(cold, hot, strict=True):
                assert one.rank <= other.rank
                if one.token != other.token:
                    assert one.rank < other.rank
                    break
