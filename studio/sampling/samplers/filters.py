"""The filters, one pure function each: how many of the best tokens are left?

Those in `WITHIN` say how far below the best logit a token may lie, of one distribution or of many
at once; a filter of this kind is added here and nowhere else. The others take the ranked logits,
the number of tokens to look at (those left so far), the inverse temperature in force at their place
in the order, and their own parameter; they return the number that they leave: at least 1, never
more than before. Meanings are llama.cpp's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.ranked import RankedLogits
from studio.sampling.params import SamplingParams

N = TypeVar("N", float, NDArray[np.float64])
"""A number, or one for each distribution of a stack."""


def top_k(ranked: RankedLogits, kept: int, beta: float, k: int) -> int:
    """Keep the k best tokens; k 0 keeps all.

    Args:
        ranked: The logits, ranked.
        kept: How many of the best tokens are left.
        beta: The inverse temperature, 1/T.
        k: How many to keep.
    """
    return kept if k == 0 else min(kept, k)


def top_p(ranked: RankedLogits, kept: int, beta: float, p: float, enough: int) -> int:
    """Keep the fewest best tokens whose share of what is left is at least p.

    Nucleus sampling: Holtzman et al., "The Curious Case of Neural Text Degeneration", 2019.

    Args:
        ranked: The logits.
        kept: How many tokens are left.
        beta: The inverse temperature in force.
        p: The share to keep, below 1.
        enough: How many tokens a later filter will leave at most; where more than these are
            needed to reach p, counting stops there.
    """
    wanted = p * ranked.mass(kept, beta)
    return ranked.count_to_mass(wanted, beta, min(kept, enough))


class Left(Protocol[N]):
    """What is left where a filter runs: of one distribution, or of a stack of them at once."""

    def log_mass(self, beta: N) -> N:
        """Return ln Σ exp(β·(z − z_max)) over what is left."""

    def deviation(self) -> N:
        """Return the standard deviation of the logits that are left."""


class Distance(Protocol):
    """A filter that keeps the tokens within some distance of the best: how far below it, in logits.

    Args:
        left: What is left at its place in the order.
        beta: The inverse temperature in force there, above 0: at β 0 no token is any less probable
            than the best, and all are kept.
        params: Its parameter among them.
    """

    def __call__(self, left: Left[N], beta: N, params: SamplingParams) -> N:
        """Return the distance."""


def min_p(left: Left[N], beta: N, params: SamplingParams) -> N:
    """Keep the tokens with at least p times the probability of the best.

    In logits: z_i ≥ z_max + ln(p)/β. Nguyen et al., "Turning Up the Heat: Min-p Sampling", 2024.

    Args:
        left: What the filters before have left.
        beta: 1/T, one or an array for a stack.
        params: The samplers and their values.
    """
    return -math.log(params.min_p) / beta


def top_n_sigma(left: Left[N], beta: N, params: SamplingParams) -> N:
    """Keep the tokens at most n standard deviations of the logits left below the best.

    Tang et al., "Top-nσ: Not All Logits Are You Need", 2024. Temperature scales both sides alike.

    Args:
        left: What the filters before have left.
        beta: 1/T, one or an array for a stack.
        params: The samplers and their values.
    """
    return params.top_n_sigma * left.deviation()


def p_less(left: Left[N], beta: N, params: SamplingParams) -> N:
    """Keep the tokens with at least the probability Σ p² over what is left.

    In logits: z_i ≥ z_max + ln(M(2β)/M(β))/β with M(β) = Σ exp(β·(z − z_max)). The distance is the
    mean over [β, 2β] of how far below the best a token is on average, so it falls as β rises: a
    colder T never keeps more. Tan et al., "p-less Sampling", 2025 (arXiv 2509.23234).

    Args:
        left: What the filters before have left.
        beta: 1/T, one or an array for a stack.
        params: The samplers and their values.
    """
    distance: N = np.maximum(left.log_mass(beta) - left.log_mass(2.0 * beta), 0.0) / beta
    return distance


WITHIN: Mapping[str, Distance] = {"min_p": min_p, "top_n_sigma": top_n_sigma, "p_less": p_less}
"""These filters by their steps."""


def xtc(ranked: RankedLogits, kept: int, beta: float, threshold: float) -> int:
    """Return how many of the best tokens "exclude top choices" takes out, where it acts.

    All of those whose probability reaches the threshold but the least of them: p-e-w,
    text-generation-webui pull request 6335.

    Args:
        ranked: The logits, ranked.
        kept: How many of the best tokens are left.
        beta: The inverse temperature, 1/T.
        threshold: `xtc_threshold`.
    """
    kept = ranked.limit(kept)
    least = threshold * ranked.mass(kept, beta)
    if least <= 0.0:
        return kept - 1
    if beta == 0.0:
        return kept - 1 if least <= 1.0 else 0
    return max(0, ranked.count_within(-math.log(least) / beta, kept) - 1)
