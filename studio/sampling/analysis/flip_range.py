"""The flip temperature where only the likeliest tokens are known: between which two it lies.

The favourite's share lies between two ends at any T, and each of them only falls as T rises.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import msgspec

from studio.sampling.analysis.flip_temperature import (
    COLDEST,
    HOTTEST,
    favourite,
    last_positive,
    monotone,
)
from studio.sampling.params import SamplingParams
from studio.sampling.sketches.sketch import LogitSketch
from studio.sampling.sketches.truncated_sketch import TruncatedSketch
from studio.sampling.state import NO_STATE, SamplerState


def flip_range(
    sketch: LogitSketch,
    token: int,
    u: float,
    params: SamplingParams,
    history: Sequence[int] = (),
    state: SamplerState = NO_STATE,
) -> tuple[float, float] | None:
    """Return the least and the most that `flip_temperature` can be.

    Args:
        sketch: The distribution that the token was drawn from; a truncated one.
        token: The token written.
        u: What was drawn, in [0, 1).
        params: Filters and their order; the temperature is not looked at.
        history: The tokens before it, oldest first, for penalties and DRY.
        state: DRY's sequence breakers.

    Returns:
        None where the token is the favourite itself.

    Raises:
        UndecidedError: A filter asks for more than is known.
        LogitsError: Biases have banned every token that the sketch knows.
    """
    assert isinstance(sketch, TruncatedSketch), "of others `flip_temperature` knows all"
    best = favourite(sketch, params, history, state)
    if best == token:
        return None
    params = monotone(params)

    def excess(log_t: float, *, at_most: bool) -> float:
        """By how much the favourite's share can be larger than u, or is for certain."""
        at = msgspec.structs.replace(params, temperature=math.exp(log_t))
        found = sketch.shaped_range(at, history, state)
        shares = found.highest if at_most else found.lowest
        return float(shares[found.ids == best][0]) - u

    ends = []
    for at_most in (False, True):
        low, high = math.log(COLDEST), math.log(HOTTEST)
        over, under = excess(low, at_most=at_most), excess(high, at_most=at_most)
        if under > 0.0:
            ends.append(math.inf)
        elif not over > 0.0:
            ends.append(0.0)
        else:
            share = partial(excess, at_most=at_most)
            ends.append(math.exp(last_positive(share, low, high, over, under)))
    return ends[0], ends[1]
