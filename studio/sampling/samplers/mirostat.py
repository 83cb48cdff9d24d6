"""Mirostat: steer the surprise of what is written, by cutting where the surprise is too high.

Basu et al., "Mirostat: A Neural Text Decoding Algorithm that Directly Controls Perplexity", 2020,
as llama.cpp has it. What is allowed at a step is mu, in bits; after the draw mu moves by the error.
Both versions keep the best n tokens for some n.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.ranked import RankedLogits
from studio.sampling.params import SamplingParams

LOOKED_AT = 100
"""How many of the best tokens version 1 estimates Zipf's exponent from (llama.cpp's m)."""

MOST_MU = 1e9
"""Mu stays within ±this, so that files can hold it; it keeps all tokens, or one, long before."""


def mu_before(params: SamplingParams, mu: float | None) -> float:
    """Return the surprise in bits allowed at this step; it starts at twice the aim.

    Args:
        params: The samplers and their values.
        mu: Where the step before left it; None before the first.
    """
    return min(2.0 * params.mirostat_tau, MOST_MU) if mu is None else mu


def mu_after(params: SamplingParams, mu: float | None, probability: float) -> float:
    """Return the surprise allowed at the next step.

    Args:
        params: The aim and the rate.
        mu: What was allowed at this step.
        probability: Of the token drawn, in the distribution it was drawn from.
    """
    error = -math.log2(probability) - params.mirostat_tau
    moved = mu_before(params, mu) - params.mirostat_eta * error
    return max(-MOST_MU, min(moved, MOST_MU))


def version_1(best: NDArray[np.float64], kept: int, beta: float, size: int, mu: float) -> int:
    """Return how many tokens to keep: as many as a Zipf distribution of that surprise has.

    Args:
        best: The best logits in descending order, `LOOKED_AT` of them or all there are.
        kept: How many tokens are left.
        beta: The inverse temperature in force.
        size: The vocabulary's size.
        mu: The surprise allowed, in bits.
    """
    best = best[: min(kept, LOOKED_AT)]
    if best.size < 2:
        return 1
    ranks = np.arange(1.0, best.size)
    steps = np.log((ranks + 1.0) / ranks)
    exponent = float(steps @ (beta * (best[:-1] - best[1:])) / (steps @ steps))
    # k = (ε·2^mu / (1 - V^-ε))^(1/s) in logarithms, for it can leave any number's range.
    excess = exponent - 1.0
    spread = math.log(size)
    ratio = 1.0 / spread if excess == 0.0 else excess / -math.expm1(-excess * spread)
    scaled = math.log(ratio) + mu * math.log(2.0)  # ln k, times the exponent
    if scaled >= exponent * math.log(kept):
        return kept
    # A flat head (exponent 0) leaves one token where its surprise is more than is allowed.
    return max(1, int(math.exp(scaled / exponent))) if scaled > 0.0 else 1


def version_2(ranked: RankedLogits, kept: int, beta: float, mu: float) -> int:
    """Return how many tokens to keep: those whose surprise is at most mu, but one at least.

    Args:
        ranked: The logits, ranked.
        kept: How many of the best tokens are left.
        beta: The inverse temperature, 1/T.
        mu: The surprise in bits that is allowed.
    """
    room = mu * math.log(2.0) - math.log(ranked.mass(kept, beta))
    if beta == 0.0:
        return kept if room >= 0.0 else 1
    return max(1, ranked.count_within(room / beta, kept))
