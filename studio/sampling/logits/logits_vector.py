"""What a vector of logits must be, and what is said of one that is not."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from studio.sampling.errors import LogitsError

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def as_vector(vector: NDArray[Any]) -> NDArray[Any]:
    """Return `(V,)` numbers as float32 or float64.

    Raises:
        LogitsError: They are no real numbers, or no vector of one or more.
    """
    if vector.dtype not in (FLOAT32, FLOAT64):
        if vector.dtype.kind not in "fiu":
            raise LogitsError(f"logits: found dtype {vector.dtype}; allowed are real numbers.")
        vector = vector.astype(np.float32 if vector.dtype.itemsize <= 2 else np.float64)
    if vector.ndim != 1 or vector.size == 0:
        raise LogitsError(
            f"logits: found shape {vector.shape}; allowed is a vector of one or more."
        )
    return vector


def refuse_what_cannot_be_ranked(source: NDArray[Any], maximum: float) -> NoReturn:
    """Say what is wrong with logits of which the largest, or NaN, is not finite.

    Args:
        source: The logits as they were given.
        maximum: Their maximum.

    Raises:
        LogitsError: Always.
    """
    if np.isnan(maximum):
        bad = np.flatnonzero(np.isnan(source))
        raise LogitsError(
            f"logits contain NaN at {bad.size} of {source.size} positions, the first at {bad[0]}; "
            "the model or its file is damaged, or its evaluation overflowed."
        )
    if maximum > 0:
        bad = np.flatnonzero(source == np.inf)
        raise LogitsError(
            f"logits contain +inf at {bad.size} of {source.size} positions, the first at {bad[0]}; "
            "allowed are finite numbers and -inf."
        )
    raise LogitsError(f"logits are all -inf ({source.size} of them): no token is left to draw.")
