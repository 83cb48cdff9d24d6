"""The best part of a tail, as a function of β: what a filter leaves that cuts within the tail.

An estimate, for a sketch holds no single token of its tail; see `Tail.share_above`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studio.sampling.tails.tail import Tail
from studio.sampling.tails.tail_jets import Jets, log_partitions

_STEP = 0.02


def cut_off(tail: Tail, drop: float, betas: NDArray[np.float64], whole: Jets) -> Jets:
    """Return K, K′ and K″ of the tokens within `drop` of the tail's edge, at each of `betas`.

    Args:
        tail: The tail.
        drop: How far below its edge it is cut.
        betas: `(n,)` inverse temperatures.
        whole: `log_partitions(tail, betas)`.
    """
    saddle = tail.saddle(drop)
    step = np.maximum(_STEP, _STEP * betas)
    below, above = np.maximum(betas - step, 0.0), betas + step
    middle = whole.values + _log_share(tail, saddle, drop, betas, whole)
    low, high = (
        jets.values + _log_share(tail, saddle, drop, at, jets)
        for at, jets in ((at, log_partitions(tail, at)) for at in (below, above))
    )
    slopes = np.clip((high - low) / (above - below), -drop, 0.0)
    curvatures = np.clip((high - 2.0 * middle + low) / step**2, 0.0, whole.curvatures)
    return Jets(middle, slopes, curvatures)


def _log_share(
    tail: Tail, saddle: float, drop: float, betas: NDArray[np.float64], jets: Jets
) -> NDArray[np.float64]:
    at = tail.log_partition(saddle)
    spread = math.sqrt(max(at.curvature, 1e-12))
    shift = saddle - betas
    gain = np.maximum(shift * -drop - (at.value - jets.values), 1e-12)
    w = np.copysign(np.sqrt(2.0 * gain), shift)
    v = shift * spread
    erfc = np.array([math.erfc(x) for x in (w / math.sqrt(2.0)).tolist()])
    with np.errstate(divide="ignore", invalid="ignore"):
        above = 0.5 * erfc + np.exp(-gain) / math.sqrt(2.0 * math.pi) * (1.0 / v - 1.0 / w)
    share = _bounded(np.where(np.abs(v) < 1e-3, 0.5, above), shift, gain)
    logs: NDArray[np.float64] = np.log(np.clip(share, 1e-300, 1.0))
    return logs


def _bounded(
    above: NDArray[np.float64], shift: NDArray[np.float64], gain: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return shares kept within Chernoff's bound, as `Tail.share_above` keeps them."""
    chernoff = np.exp(-gain)
    kept: NDArray[np.float64] = np.where(
        shift > 0.0, np.minimum(above, chernoff), np.maximum(above, 1.0 - chernoff)
    )
    return kept
