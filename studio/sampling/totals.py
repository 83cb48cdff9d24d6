"""The weight of a whole vocabulary at one inverse temperature, in a few passes of float32.

Float32 is enough where it is used: the weight of tokens too many to be ranked, each of which is
improbable. The relative error stays below 1e-5 (measured against float64 in the tests); where
float32 could overflow or lose the differences between logits, float64 is used instead. The module
knows no ranking and no filter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sampling import scratch
from studio.sampling.fast_exp import EXP, PER_NAT
from studio.sampling.ranked import Weight

# Between these, neither β·(z − z_max) nor z − z_max itself can leave float32's range in a way that
# matters.
_FLOAT32_BETAS = (1e-25, 1e25)
_FLOAT32_LOGITS = 1e12

# A weight below e^-80 adds nothing to a sum of at least 1, however large the vocabulary; cutting
# there keeps subnormal numbers (slow) and -inf (0·-inf is no number) out of the sums.
_LEAST_EXPONENT = -80.0


def total_weight(logits: NDArray[Any], maximum: float, beta: float, count: int) -> Weight:
    """Return the weight of all tokens relative to the best, at inverse temperature `beta`.

    Args:
        logits: `(V,)`, with nothing above `maximum` in it.
        maximum: The largest logit, finite.
        beta: 0 or more, finite.
        count: How many of the logits are above -inf.
    """
    if beta == 0.0:
        return Weight(float(count), 0.0)
    if (
        logits.dtype == np.float32
        and _FLOAT32_BETAS[0] < beta < _FLOAT32_BETAS[1]
        and abs(maximum) < _FLOAT32_LOGITS
    ):
        return _in_float32(logits, maximum, beta)
    with np.errstate(over="ignore"):
        x = np.maximum((logits.astype(np.float64) - maximum) * beta, _LEAST_EXPONENT)
    w = np.exp(x)
    return Weight(float(w.sum()), float(w @ x))


def _in_float32(logits: NDArray[np.float32], maximum: float, beta: float) -> Weight:
    ones, x, w, *_ = scratch.float32_rows(logits.size)
    with np.errstate(over="ignore", invalid="ignore"):
        np.subtract(logits, np.float32(maximum), out=x)
        np.multiply(x, np.float32(beta * PER_NAT), out=x)
        EXP(x, out=w)
        mass, moment = float(w @ ones), float(w @ x)
        if not np.isfinite(moment):  # -inf, or nearly: 0·-inf came of it
            np.maximum(x, np.float32(_LEAST_EXPONENT * PER_NAT), out=x)
            EXP(x, out=w)
            mass, moment = float(w @ ones), float(w @ x)
    return Weight(mass, moment / PER_NAT)
