"""One step of the sampler: the token drawn, and what the draw was like.

The fast path for the token loop. It ranks and weighs only as much of the vocabulary as the draw
needs. The module knows no seed (u is given) and no model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from numpy.typing import ArrayLike

from studio.sampling.mirostat import mu_after
from studio.sampling.params import SamplingParams
from studio.sampling.pipeline import shape
from studio.sampling.ranking import Ranking
from studio.sampling.state import NO_STATE, SamplerState


class Choice(NamedTuple):
    """What one step of the sampler decided.

    Attributes:
        token: Id of the token drawn.
        probability: Its probability in the distribution drawn from.
        rank: Its place in that distribution; 0 is the favourite.
        entropy: Of the distribution drawn from, in nats.
        kept: How many tokens the filters left.
        top: Id and probability of the best tokens among them, best first.
        mu: What Mirostat carries to the next step, in its state; None where it is off.
    """

    token: int
    probability: float
    rank: int
    entropy: float
    kept: int
    top: tuple[tuple[int, float], ...]
    mu: float | None


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
    ranked, kept, beta = shape(ranking, params, history, state)
    best = min(top, kept)
    if kept <= ranked.ids.size:  # as below, without asking each time how deep to look
        head = ranked.head(beta)
        mass, moment = head.mass(kept), head.moment(kept)
        rank = head.rank_at(u * mass, kept, "right")
        if rank == kept:
            rank = ranked.rank_of_draw(u * mass, beta, kept)
        weights = head.weights(0, max(best, rank + 1))
        drawn, token = weights[rank], ranked.ids.item(rank)
    else:
        mass, moment = ranked.weight(kept, beta)
        rank = ranked.rank_of_draw(u * mass, beta, kept)
        weights = ranked.some_weights(0, best, beta)
        drawn, token = ranked.weight_at(rank, beta), ranked.token_at(rank)
    probability = drawn / mass
    shares = [weight / mass for weight in weights[:best]]
    return Choice(  # by place: by name takes twice as long
        token,
        probability,
        rank,
        max(0.0, math.log(mass) - moment / mass),
        kept,
        tuple(zip(ranked.ids[:best].tolist(), shares, strict=True)),
        mu_after(params, state.mu, probability) if params.mirostat else None,
    )
