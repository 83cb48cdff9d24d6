"""Temperature, top-k, top-p and min-p over the few best tokens: most generations use no others.

Each of them leaves the best n tokens for some n. Where n turns out to be among the tokens that are
ranked, it is found here; `pipeline.run` finds the same for any samplers and any n, and the tests
hold the two together to the last bit. There are two because of the token loop, where the decode has
swept the processor's caches and each function called costs microseconds: this takes half as long.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from studio.sampling.logits.head import FEW, exponents_of_few, gaps_of_few
from studio.sampling.logits.ranking import Ranking
from studio.sampling.params import SamplingParams
from studio.sampling.samplers.steps import active_steps, beta_of

_FIRST = 16
"""Where a model is fairly sure, a nucleus has no more tokens: these are weighed first."""


class _Step(NamedTuple):
    """One sampler.

    Attributes:
        kind: Its name.
        value: Its parameter as it is needed: β, k, p, or nats below the best at β 1.
        later: Of top-p, how far below the best logit a token may lie that min-p keeps after it.
    """

    kind: str
    value: float
    later: float = math.inf


class FilteredTop(NamedTuple):
    """What the samplers leave, weighed relative to the best token; lists of `kept` numbers.

    Attributes:
        kept: How many of the best tokens are left.
        beta: The inverse temperature that they are weighed at.
        exponents: x = β·(z − z_max) of each.
        weights: exp(x) of each.
        cumulative: The weight of each and all before it.
    """

    kept: int
    beta: float
    exponents: list[float]
    weights: list[float]
    cumulative: list[float]


def filter_top(ranking: Ranking, params: SamplingParams) -> FilteredTop | None:
    """Return what the samplers of `params` leave, or None where that is not found here.

    Args:
        ranking: The logits, ranked.
        params: The samplers and their values.
    """
    steps = _steps(params)
    known = ranking.ids.size
    if steps is None or known > FEW:
        return None
    kept, beta = ranking.size, 1.0
    # As many as were kept when they were first asked for, or all known; or the first, where these
    # were enough to see that no more are left.
    gaps: list[float] = []
    fewest = _FIRST if params.min_keep <= _FIRST else known
    for kind, value, later in steps:
        if kind == "temperature":
            beta = value
        elif kind == "top_k":
            kept = min(kept, int(value))
        elif kind == "top_p":
            if kept > known:
                mass = value * ranking.mass(kept, beta)
                gaps = gaps or gaps_of_few(ranking.logits, fewest)
                found = _count_to(mass, gaps, beta)
                if found > len(gaps) and gaps[-1] <= later:
                    gaps = gaps_of_few(ranking.logits, kept)
                    found = _count_to(mass, gaps, beta)
                if gaps[-1] > later:  # then it need not be reported how far a nucleus reaches
                    found = min(found, max(bisect_right(gaps, later), params.min_keep))
                if found > known:
                    return None
            else:
                if len(gaps) < kept:
                    gaps = gaps_of_few(ranking.logits, kept)
                cumulative = [*accumulate(map(math.exp, exponents_of_few(gaps, kept, beta)))]
                found = bisect_left(cumulative, value * cumulative[-1]) + 1
            kept = max(min(found, kept), min(kept, params.min_keep))
        elif beta:  # at β 0 every token is as probable as the best
            distance = value / beta
            gaps = gaps or gaps_of_few(ranking.logits, min(kept, fewest))
            if gaps[-1] <= distance and len(gaps) < min(kept, known):
                gaps = gaps_of_few(ranking.logits, kept)
            found = bisect_right(gaps, distance)
            if found == known and kept > known:
                return None
            kept = max(min(found, kept), min(kept, params.min_keep))
    if kept > known:
        return None
    if len(gaps) < kept:
        gaps = gaps_of_few(ranking.logits, kept)
    exponents = exponents_of_few(gaps, kept, beta)
    weights = [*map(math.exp, exponents)]
    return FilteredTop(kept, beta, exponents, weights, [*accumulate(weights)])


def _count_to(mass: float, gaps: list[float], beta: float) -> int:
    """Return how many tokens weigh at least `mass`, or more than there are gaps."""
    cumulative = [*accumulate(map(math.exp, exponents_of_few(gaps, len(gaps), beta)))]
    return bisect_left(cumulative, mass) + 1


@lru_cache(maxsize=64)
def _steps(params: SamplingParams) -> tuple[_Step, ...] | None:
    """Return the samplers that have an effect; None where there are others among them."""
    if params.is_biased or params.mirostat or params.dynatemp_range:
        return None
    steps: list[_Step] = []
    beta = 1.0
    for name in active_steps(params):
        if name == "temperature":
            if params.temperature == 0.0:  # asked of `run`: T 0 looks at penalties alone
                return None
            beta = beta_of(params.temperature)
            steps.append(_Step(name, beta))
        elif name == "top_k":
            steps.append(_Step(name, params.top_k))
        elif name == "top_p":
            steps.append(_Step(name, params.top_p))
        elif name == "min_p":
            steps.append(_Step(name, -math.log(params.min_p)))
            later = steps[-1].value / beta if beta else math.inf
            steps = [step._replace(later=later) for step in steps]
        else:
            return None
    return tuple(steps)
