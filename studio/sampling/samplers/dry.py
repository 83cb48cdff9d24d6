"""DRY ("don't repeat yourself"): tokens that would continue a repetition lose some of their logit.

p-e-w's sampler (text-generation-webui pull request 5677) as llama.cpp has it: where the end of the
text stood before, the token that followed it there is penalised, the more the longer the repetition
is. Sequence breakers (a newline, a colon, ...) bound how far back a repetition is followed, and
themselves are free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from studio.sampling.logits.penalties import recent
from studio.sampling.params import SamplingParams
from studio.sampling.state import Breakers

# llama.cpp's: beyond this exponent of e a float32 overflows, and so no repetition counts longer.
_LOG_OF_LARGEST = 88.7228391
_LEAST_BASE = 1.000001

# What keeps a float64 finite where base and multiplier are beyond all reason.
_LARGEST_EXPONENT = 700.0
_LARGEST_LOSS = 1e300


def is_on(params: SamplingParams) -> bool:
    """Say whether DRY has any effect."""
    return params.dry_multiplier > 0.0 and params.dry_penalty_last_n != 0


def losses(params: SamplingParams, history: Sequence[int], breakers: Breakers) -> dict[int, float]:
    """Return what is added to the logits of the tokens that would continue a repetition.

    Args:
        params: DRY's fields are looked at.
        history: The tokens so far, oldest first.
        breakers: The sequence breakers as tokens.
    """
    allowed = params.dry_allowed_length
    window = recent(history, params.dry_penalty_last_n)
    if len(window) <= allowed:
        return {}
    limit = _reach(window, breakers)
    if limit < allowed:
        return {}
    growth = math.log(params.dry_base)
    if params.dry_base > _LEAST_BASE and growth < _LOG_OF_LARGEST:
        limit = min(limit, allowed + int(_LOG_OF_LARGEST / growth))
    found = {}
    for token, length in _repetitions(window, allowed, limit).items():
        if () not in breakers.get(token, ()):
            power = math.exp(min((length - allowed) * growth, _LARGEST_EXPONENT))
            found[token] = -min(params.dry_multiplier * power, _LARGEST_LOSS)
    return found


def _reach(window: Sequence[int], breakers: Breakers) -> int:
    """Return how many of the last tokens stand after the last sequence breaker."""
    if not breakers:
        return len(window)
    for back, token in enumerate(reversed(window)):
        tails = breakers.get(token)
        if tails is None:
            continue
        after = len(window) - back
        matching = [len(tail) for tail in tails if tuple(window[after : after + len(tail)]) == tail]
        if matching:
            return back - max(matching)
    return len(window)


def _repetitions(window: Sequence[int], least: int, limit: int) -> dict[int, int]:
    """Return, for each token that followed the text's end before, the longest end it followed.

    Ends of `least` tokens or more, none counted longer than `limit`.
    """
    tokens = np.asarray(window, dtype=np.int64)
    last = tokens.size - 1
    # Where an earlier occurrence of the end ends; each round one token more of it must agree.
    ends = np.arange(last)
    length = 0
    found: dict[int, int] = {}
    while ends.size:
        if length >= least:
            found.update(dict.fromkeys(tokens[ends + 1].tolist(), length))
        if length == limit:
            break
        ends = ends[ends >= length]
        ends = ends[tokens[ends - length] == tokens[last - length]]
        length += 1
    return found
