"""What a vector of logits must be, and what is said of one that is not."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from studio.sampling.errors import LogitsError
from studio.translation import tr

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
            tr(
                "logits contain NaN at {bad} of {all} positions, the first at {first}; the model "
                "or its file is damaged, or its evaluation overflowed.",
                bad=bad.size,
                all=source.size,
                first=bad[0],
            )
        )
    if maximum > 0:
        bad = np.flatnonzero(source == np.inf)
        raise LogitsError(
            tr(
                "logits contain +inf at {bad} of {all} positions, the first at {first}; allowed "
                "are finite numbers and -inf.",
                bad=bad.size,
                all=source.size,
                first=bad[0],
            )
        )
    raise LogitsError(
        tr("logits are all -inf ({all} of them): no token is left to draw.", all=source.size)
    )
