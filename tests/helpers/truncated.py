"""Sketches of which the likeliest tokens alone are known, as a server's answer makes them."""

import math

import numpy as np
from numpy.typing import NDArray

from studio.sampling import LogitSketch
from studio.sampling.sketches.truncated_logits import TruncatedLogits


def cut_off(logits: NDArray[np.floating], sent: int, written: int | None = None) -> LogitSketch:
    """Return what stays of a distribution where a server sends its `sent` likeliest tokens.

    Args:
        logits: Of the whole vocabulary.
        sent: How many are sent.
        written: The token that stands there.
    """
    whole = logits.astype(np.float64) - float(logits.max())
    logs = whole - math.log(float(np.exp(whole).sum()))
    best = np.argsort(-logs)[:sent]
    return TruncatedLogits(best, logs[best], logs.size).sketch(written)
