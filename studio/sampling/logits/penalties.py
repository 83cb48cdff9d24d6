"""The penalties for repetition: tokens that were written lately lose some of their logit.

Keskar et al., "CTRL", 2019, as llama.cpp applies it: a positive logit is divided by the penalty, a
negative one multiplied by it, once a token however often it occurs. Then the frequency penalty is
taken off for each time it occurs, and the presence penalty once. The first rule commutes with
temperature (it only scales), so it may be applied to raw logits wherever it stands in the order;
the other two do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def recent(history: Sequence[int], last_n: int) -> Sequence[int]:
    """Return the last `last_n` tokens of `history`; -1 means all of it.

    Args:
        history: The tokens so far, oldest first.
        last_n: How many; -1 for all.
    """
    if last_n == 0:
        return ()
    return history if last_n < 0 else history[-last_n:]


def losses(tokens: Sequence[int], frequency: float, presence: float) -> dict[int, float]:
    """Return what each of `tokens` loses for how often it occurs and for being there, negated.

    Args:
        tokens: The tokens that the penalties look at.
        frequency: The loss for each time.
        presence: The loss for being there.
    """
    return {
        token: -(count * frequency + presence) + 0.0 for token, count in Counter(tokens).items()
    }


def penalise(logits: NDArray[Any], penalty: float) -> NDArray[Any]:
    """Return `logits` penalised, all of them, in their own dtype.

    Args:
        logits: `(V,)` logits.
        penalty: `repeat_penalty`; 1 does nothing.
    """
    factor = logits.dtype.type(penalty)
    with np.errstate(over="ignore"):
        changed: NDArray[Any] = np.where(logits <= 0.0, logits * factor, logits / factor)
    # A penalty near 0 is a reward, and must not reward beyond what a logit can be.
    possible: NDArray[Any] = np.minimum(changed, np.finfo(changed.dtype).max)
    return possible
