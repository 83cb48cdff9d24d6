"""Near-ties: places where the favourite hangs by less than the noise of the computer's arithmetic.

T 0 takes the largest logit, exactly. But a logit is a sum of many rounded products, and the same
text gives others where these are added in another order: with the number of tokens evaluated at
once, on another processor, in another version of llama.cpp. Where the two best are closer than
that, T 0 may choose one today and the other tomorrow. The module knows logits alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.ranking import Ranking

MARGIN = 0.1
"""Logits. Measured by tests/benchmarks/batch_noise.py on the starter model, 600 positions, one
processor: batches of 1, 4, 8 and 32 tokens give the same gap between the two best to the last bit;
batches of 128, in which a prompt is evaluated, give one that is off by 0.08 (median), 0.41 (99 %),
0.65 (worst). The margin is the median, rounded up. It flags 7 % of the positions, and among them
half of the 19 where the favourite really is another one; at 0.2 it would flag 15 % and 17 of 19."""


def is_near_tie(ranking: Ranking) -> bool:
    """Return whether the two best raw logits, the model's own, are closer than `MARGIN`."""
    return are_near_tie(ranking.logits)


def are_near_tie(best: NDArray[np.floating]) -> bool:
    """Return whether the first two of logits in descending order are closer than `MARGIN`."""
    return best.size > 1 and best.item(0) - best.item(1) < MARGIN
