"""The quicker of numpy's two float32 exponentials on this machine.

With AVX-512 numpy computes exp2 twice as fast as exp; elsewhere its exp2 is a scalar loop and exp
the faster. Which one it is depends on the processor alone, never on a timing, so that the same
machine always computes the same digits.
"""

from __future__ import annotations

import math

import numpy as np


def _exp2_is_vectorised() -> bool:
    try:
        from numpy.lib.introspect import opt_func_info  # numpy 2.1
    except ImportError:
        return False
    kinds = opt_func_info("^exp2$", "^float32$").get("exp2", {})
    return any(not kind["current"].startswith("baseline") for kind in kinds.values())


_BINARY = _exp2_is_vectorised()

EXP: np.ufunc = np.exp2 if _BINARY else np.exp
"""EXP(PER_NAT * x) is e to the x."""

PER_NAT = math.log2(math.e) if _BINARY else 1.0
"""The exponents of EXP in one nat."""
