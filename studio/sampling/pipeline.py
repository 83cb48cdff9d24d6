"""The pipeline: penalties, filters and temperature in the order that `samplers` gives.

All of it works on ranked logits. What the samplers leave is always the head of a ranking, so the
state between two steps is one number, how many tokens are left, beside the ranking itself and the
inverse temperature in force. The module does not know whether the logits are whole or a sketch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from studio.sampling import filters
from studio.sampling.params import SamplingParams
from studio.sampling.penalties import recent_tokens
from studio.sampling.ranked import RankedLogits

R = TypeVar("R", bound=RankedLogits)

# At this β two float32 logits that differ at all differ by e^100 and more in weight, as they would
# at every larger one; without a limit 1/T overflows, and 0·infinity is no number.
_LARGEST_BETA = 1e200


class Shaped(NamedTuple, Generic[R]):
    """What the samplers leave: the `kept` best of `ranked`, to be weighed at `beta`."""

    ranked: R
    kept: int
    beta: float


def shape(ranked: R, params: SamplingParams, history: Sequence[int]) -> Shaped[R]:
    """Run the samplers of `params`, in their order, over `ranked`.

    A filter before "temperature" sees the model's own distribution (T 1), one after it the
    tempered one. Temperature 0 is not a limit to be approached but the best penalised logit alone,
    whatever the order. Penalties that stand after a filter re-rank what the filter left.

    Args:
        ranked: The logits.
        params: Which samplers, in which order, and how strong.
        history: The tokens so far, oldest first, for the penalties.
    """
    steps = params.samplers
    if "temperature" in steps and params.temperature == 0.0:
        if "penalties" in steps:
            ranked = _penalise(ranked, params, history, ranked.size)
        return Shaped(ranked, 1, 1.0)
    kept, beta = ranked.size, 1.0
    for index, name in enumerate(steps):
        if name == "temperature":
            beta = _beta(params.temperature)
        elif name == "penalties":
            ranked = _penalise(ranked, params, history, kept)
        elif name == "top_k":
            kept = filters.top_k(ranked, kept, beta, params.top_k)
        elif name == "min_p":
            kept = filters.min_p(ranked, kept, beta, params.min_p)
        elif name == "top_p" and params.top_p < 1.0:
            enough = _kept_at_most(ranked, kept, beta, params, steps[index + 1 :])
            kept = filters.top_p(ranked, kept, beta, params.top_p, enough)
    return Shaped(ranked, ranked.limit(kept), beta)


def _kept_at_most(
    ranked: RankedLogits, kept: int, beta: float, params: SamplingParams, later: Sequence[str]
) -> int:
    """Return what is left of `kept` tokens by those later steps that do not weigh what is left.

    What top-k and min-p leave does not depend on what was cut before them, so it can be known in
    advance. Penalties change the ranking; nothing is known beyond them.
    """
    for name in later:
        if name == "penalties":
            break
        if name == "temperature":
            beta = _beta(params.temperature)
        elif name == "top_k":
            kept = filters.top_k(ranked, kept, beta, params.top_k)
        elif name == "min_p":
            kept = filters.min_p(ranked, kept, beta, params.min_p)
    return kept


def _penalise(ranked: R, params: SamplingParams, history: Sequence[int], kept: int) -> R:
    recent = recent_tokens(history, params.repeat_last_n)
    if params.repeat_penalty == 1.0 or not recent:
        return ranked
    return ranked.penalised(params.repeat_penalty, recent, kept)


def _beta(temperature: float) -> float:
    return 0.0 if math.isinf(temperature) else min(1.0 / temperature, _LARGEST_BETA)
