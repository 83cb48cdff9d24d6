"""Near-ties: places where the favourite hangs by less than the noise of the computer's arithmetic.

T 0 takes the largest logit, exactly. But the same text gives logits that differ in their last
digits with the number of tokens evaluated at once, with threads and processors; where the two best
are closer than that, T 0 may choose one today and the other tomorrow. The module knows logits
alone.
"""

from __future__ import annotations

from studio.sampling.ranking import Ranking

MARGIN = 0.05
"""Logits. A provisional value."""


def is_near_tie(ranking: Ranking) -> bool:
    """Return whether the two best raw logits are closer than `MARGIN`."""
    logits = ranking.logits
    return logits.size > 1 and logits.item(0) - logits.item(1) < MARGIN
