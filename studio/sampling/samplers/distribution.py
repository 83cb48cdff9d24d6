"""The next-token distribution, whole: what every token's probability is after all samplers.

This is the reference; `choose` answers for one draw what this answers for the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sampling.logits.ranking import Ranking
from studio.sampling.params import SamplingParams
from studio.sampling.samplers.pipeline import shape
from studio.sampling.state import NO_STATE, SamplerState


def distribution(
    logits: ArrayLike | Ranking,
    params: SamplingParams,
    history: Sequence[int] = (),
    state: SamplerState = NO_STATE,
) -> NDArray[np.float64]:
    """Return the probability of every token after biases, penalties, filters, temperature.

    Args:
        logits: `(V,)` raw logits; -inf marks a token that cannot follow. Not written to, not kept.
        params: The samplers and their order.
        history: Ids of the tokens so far, oldest first; only penalties and DRY look at them.
        state: What XTC, DRY and Mirostat need beside them.

    Returns:
        `(V,)` probabilities that sum to 1, zero wherever a filter cut or the logit was -inf. At
        T 0, one at the best logit (lowest id on a tie); at T infinity, equal wherever not cut.

    Raises:
        LogitsError: The logits are not a vector of numbers, contain NaN or +inf, or are all -inf
            (also where biases have banned all of them).
        ValueError: A bias or a penalty is for a token that is not in the vocabulary.
    """
    ranking = logits if isinstance(logits, Ranking) else Ranking(logits)
    shaped = shape(ranking, params, history, state)
    weights = shaped.ranked.weights(shaped.kept, shaped.beta)
    probabilities = np.zeros(shaped.ranked.size)
    probabilities[shaped.ranked.ids[: shaped.kept]] = weights / weights.sum()
    return probabilities
