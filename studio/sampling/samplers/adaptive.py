"""Adaptive-p: prefer tokens whose probability is near a target, held on average over the text.

As llama.cpp has it (pull request 17927, by MrJackSpade). Probabilities become logits anew, the
highest where they meet the target of the step, which lies as far beyond the aim as the mean of what
was drawn lies short of it. The mean is all that is carried from token to token.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.sampling.params import SamplingParams

_WIDTH = 0.3
_SHARPNESS = 10.0


def target_at(params: SamplingParams, mean: float | None) -> float:
    """Return the probability preferred at this step.

    Args:
        params: The aim.
        mean: The mean probability of what was drawn; None at the first token, when it is the aim.
    """
    return min(max(2.0 * params.adaptive_target - mean_before(params, mean), 0.0), 1.0)


def mean_before(params: SamplingParams, mean: float | None) -> float:
    """Return the mean probability of what was drawn before this step; it begins at the aim.

    Args:
        params: The aim.
        mean: What it was; None at the first token.
    """
    return params.adaptive_target if mean is None else mean


def mean_after(params: SamplingParams, mean: float | None, probability: float) -> float:
    """Return the mean probability of what was drawn, this token counted.

    Args:
        params: The aim, at which the mean begins, and how much of the mean stays.
        mean: What it was before.
        probability: Of the token drawn, before adaptive-p.
    """
    former = mean_before(params, mean)
    return params.adaptive_decay * former + (1.0 - params.adaptive_decay) * probability


def logits_near(target: float, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logits that adaptive-p makes of probabilities: 0 at the target, less elsewhere.

    −10·d²/(1 + d) for a distance of d·0.3: quadratic near the target, linear far from it.

    Args:
        target: The probability that is favoured.
        probabilities: `(n,)` probabilities.
    """
    distances = np.abs(probabilities - target) / _WIDTH
    logits: NDArray[np.float64] = -_SHARPNESS * distances * distances / (1.0 + distances)
    return logits
