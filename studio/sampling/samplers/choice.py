"""One step of the sampler: the token drawn, and what the draw was like.

The fast path for the token loop. It ranks and weighs only as much of the vocabulary as the draw
needs.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from operator import mul
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sampling.logits.ranking import Ranking
from studio.sampling.logits.top_two_margin import are_near_tie
from studio.sampling.params import SamplingParams
from studio.sampling.samplers.adaptive import mean_after, mean_before
from studio.sampling.samplers.mirostat import mu_after, mu_before
from studio.sampling.samplers.pipeline import run, shape_any
from studio.sampling.samplers.prefix import filter_top
from studio.sampling.samplers.steps import (
    CARRY_STATE,
    TAKES_OTHERS,
    active_changes,
    active_steps,
    changes_alone,
    changes_come_first,
)
from studio.sampling.samplers.whole import WholeLogits
from studio.sampling.state import NO_STATE, SamplerState


class Choice(NamedTuple):
    """What one step of the sampler decided.

    What only a listener asks is computed when it does: the token loop has better to do.

    Attributes:
        token: Id of the token drawn.
        rank: Its place in the distribution drawn from; 0 is the favourite.
        kept: How many tokens the filters left.
        mu: What Mirostat allows at the next step; None where it is off.
        adaptive_mean: What adaptive-p carries to the next step; None where it is off.
        state: What the samplers were given, and where they began here what they began with.
        drawn: The weight of the token drawn.
        mass: The weight of all that are left, and `moment`: see `Weight`.
        moment: Σ x·exp(x) over them.
        best: Ids of the best tokens, best first; perhaps more than are left.
        weights: Of those to be reported, or more.
        reported: How many.
        tied: The best logits as T 0 would rank them: after biases, penalties and DRY.
    """

    token: int
    rank: int
    kept: int
    mu: float | None
    adaptive_mean: float | None
    state: SamplerState
    drawn: float
    mass: float
    moment: float
    best: NDArray[np.int64]
    weights: list[float]
    reported: int
    tied: NDArray[np.floating]

    @property
    def near_tie(self) -> bool:
        """Whether arithmetic alone may decide which token T 0 takes here."""
        return are_near_tie(self.tied)

    @property
    def probability(self) -> float:
        """Its probability in the distribution drawn from."""
        return min(self.drawn / self.mass, 1.0)  # the two may be rounded differently

    @property
    def entropy(self) -> float:
        """Of the distribution drawn from, in nats."""
        return max(0.0, math.log(self.mass) - self.moment / self.mass)

    @property
    def top(self) -> tuple[tuple[int, float], ...]:
        """Id and probability of the best tokens left, best first."""
        ids = self.best[: self.reported].tolist()
        shares = [min(weight / self.mass, 1.0) for weight in self.weights[: self.reported]]
        return tuple(zip(ids, shares, strict=True))


def choose(
    logits: ArrayLike | Ranking,
    params: SamplingParams,
    history: Sequence[int],
    u: float,
    top: int = 10,
    state: SamplerState = NO_STATE,
) -> Choice:
    """Draw a token from `logits` by inverse CDF, best token first.

    Tokens are ranked by their logit after penalties, the lowest id first on a tie, so the rank of
    the token chosen for a given u never falls as the temperature rises.

    Args:
        logits: `(V,)` raw logits, or the `Ranking` made of them, which saves ranking them again.
            Neither written to nor kept.
        params: The samplers and their order. Its seed is not looked at: `uniform` makes u of it.
        history: Ids of the tokens so far, oldest first; only penalties and DRY look at them.
        u: The number drawn, in [0, 1).
        top: How many of the best tokens to report.
        state: What XTC, DRY and Mirostat need beside the history.

    Raises:
        LogitsError: As for `distribution`.
        ValueError: u is not in [0, 1); or as for `distribution`.
    """
    if not 0.0 <= u < 1.0:
        raise ValueError(f"u: found {u!r}; allowed is a number from 0 up to but not including 1.")
    ranking = logits if isinstance(logits, Ranking) else Ranking(logits)
    few = filter_top(ranking, params)
    if few:  # as below, without asking at each step how deep to look
        kept, beta, exponents, weights, cumulative = few
        mass, moment = cumulative[-1], math.fsum(map(mul, weights, exponents))
        rank = bisect_right(cumulative, u * mass)
        if rank == kept:
            rank = ranking.rank_of_draw(u * mass, beta, kept)
        token = ranking.ids.item(rank)
        best = min(top, kept)
        return Choice(
            token,
            rank,
            kept,
            None,
            None,
            NO_STATE,
            weights[rank],
            mass,
            moment,
            ranking.ids,
            weights,
            best,
            ranking.logits,
        )
    ranked, kept, beta = shape_any(ranking, params, history, state)
    best = min(top, kept)
    mass, moment = ranked.weight(kept, beta)
    rank = ranked.rank_of_draw(u * mass, beta, kept)
    weights = ranked.some_weights(0, best, beta)
    drawn, token = ranked.weight_at(rank, beta), ranked.token_at(rank)
    mu = mean = None
    if params.mirostat:
        state = state._replace(mu=mu_before(params, state.mu), adaptive_mean=None)
        mu = mu_after(params, state.mu, drawn / mass)
    elif not CARRY_STATE.isdisjoint(active_steps(params)):
        share = _share_before(token, ranking, params, history, state)
        state = state._replace(mu=None, adaptive_mean=mean_before(params, state.adaptive_mean))
        mean = mean_after(params, state.adaptive_mean, share)
    tied = ranked if ranks_as_t0_does(params) else _ranked_by_t0(ranking, params, history, state)
    return Choice(
        token,
        rank,
        kept,
        mu,
        mean,
        state,
        drawn,
        mass,
        moment,
        ranked.ids,
        weights,
        best,
        tied.logits,
    )


def _share_before(
    token: int,
    ranking: Ranking,
    params: SamplingParams,
    history: Sequence[int],
    state: SamplerState,
) -> float:
    """Return the probability that a token had before what prefers others than the best."""
    ranked, kept, beta = shape_any(ranking, without_adaptive(params), history, state)
    weights = ranked.weights(kept, beta)
    return float(weights[ranked.ids[:kept] == token][0] / ranked.mass(kept, beta))


@lru_cache(maxsize=8)
def without_adaptive(params: SamplingParams) -> SamplingParams:
    """Return `params` with adaptive-p off."""
    return msgspec.structs.replace(params, adaptive_target=-1.0)


@lru_cache(maxsize=8)
def ranks_as_t0_does(params: SamplingParams) -> bool:
    """Say whether what the samplers leave begins with the tokens that T 0 would rank first."""
    takes_the_best = TAKES_OTHERS.intersection(active_steps(params))
    return bool(params.mirostat) or (changes_come_first(params) and not takes_the_best)


def _ranked_by_t0(
    ranking: Ranking, params: SamplingParams, history: Sequence[int], state: SamplerState
) -> Ranking:
    if not (active_changes(params) or params.is_biased):
        return ranking
    return run(WholeLogits(ranking), changes_alone(params), history, state).ranked.ranking
