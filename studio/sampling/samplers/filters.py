"""The filters, one pure function each: how many of the best tokens are left?

Every one takes the ranked logits, the number of tokens to look at (those left so far), the inverse
temperature in force at its place in the order, and its own parameter; it returns the number that it
leaves: at least 1, never more than before. Meanings are llama.cpp's. None of them knows which other
filters run, or when.
"""

from __future__ import annotations

import math
from typing import TypeVar

from studio.sampling.logits.ranked import Candidates, RankedLogits

C = TypeVar("C", bound=Candidates)


def top_k(ranked: RankedLogits, kept: int, beta: float, k: int) -> int:
    """Keep the k best tokens; k 0 keeps all."""
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


def min_p(ranked: RankedLogits, kept: int, beta: float, p: float) -> int:
    """Keep the tokens with at least p times the probability of the best; p 0 keeps all.

    In logits: z_i ≥ z_max + ln(p)/β. Nguyen et al., "Turning Up the Heat: Min-p Sampling", 2024.
    """
    if p <= 0.0 or beta == 0.0:  # at β 0 every token is as probable as the best
        return kept
    return ranked.count_within(-math.log(p) / beta, kept)


def top_n_sigma(ranked: Candidates, kept: int, beta: float, n: float) -> int:
    """Keep the tokens at most n standard deviations of the logits left below the best.

    Tang et al., "Top-nσ: Not All Logits Are You Need", 2024. Temperature scales both sides alike;
    only at β 0, where no logit differs from another, it keeps all.
    """
    if beta == 0.0:
        return kept
    return ranked.count_within(n * ranked.deviation(kept), kept)


def xtc(ranked: RankedLogits, kept: int, beta: float, threshold: float) -> int:
    """Return how many of the best tokens "exclude top choices" takes out, where it acts.

    All of those whose probability reaches the threshold but the least of them: p-e-w,
    text-generation-webui pull request 6335.
    """
    kept = ranked.limit(kept)
    least = threshold * ranked.mass(kept, beta)
    if least <= 0.0:
        return kept - 1
    if beta == 0.0:
        return kept - 1 if least <= 1.0 else 0
    return max(0, ranked.count_within(-math.log(least) / beta, kept) - 1)
