"""How far apart two settings are at one place: the Jensen-Shannon distance of what they draw from.

0 is the same distribution, 1 is that no token is possible in both.

J. Lin, "Divergence Measures Based on the Shannon Entropy" (IEEE Transactions on Information Theory,
1991); that its root is a metric: D. M. Endres and J. E. Schindelin, "A New Metric for Probability
Distributions" (the same, 2003).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.sampling.params import SamplingParams
from studio.sampling.sketches.sketch import LogitSketch, ShapedTop
from studio.sampling.state import NO_STATE, SamplerState
from studio.sampling.tails.tail import Tail
from studio.sampling.temperature import InverseTemperature

_SADDLES = (4.0, 2.6, 1.8, 1.3, *np.linspace(1.0, -0.6, 17).tolist())
"""Where the tail is cut in parts: at its mean logits at these β, the best part first."""


def jensen_shannon_divergence(first: ArrayLike, second: ArrayLike) -> float:
    """Return the divergence of two distributions in bits, from 0 to 1.

    Args:
        first: Probabilities that sum to 1; zeros count as zero.
        second: The same, of the same shape.
    """
    p, q = (np.asarray(part, dtype=np.float64) for part in (first, second))
    total = 0.5 * (_information(p, p + q) + _information(q, p + q))
    return min(max(total, 0.0), 1.0)


def jensen_shannon_distance(
    sketch: LogitSketch,
    first: SamplingParams,
    second: SamplingParams,
    history: Sequence[int] = (),
    states: tuple[SamplerState, SamplerState] = (NO_STATE, NO_STATE),
) -> float:
    """Return the distance, from 0 to 1, of what two settings draw from after the same logits.

    Exact among the tokens that the sketch knows one by one. The tail counts in parts, whose shares
    are estimates (see `Tail.share_above`): tests hold the whole to within 0.02 of the exact one on
    real logits, and within 0.05 where nearly all of both is in the tail.

    Args:
        sketch: Of the logits.
        first: One setting; its seed is not looked at.
        second: The other.
        history: As for `LogitSketch.shaped`.
        states: What some samplers of each setting need beside the history.

    Raises:
        LogitsError: As for `LogitSketch.shaped`.
        ValueError: A server sent the likeliest tokens alone.
    """
    if sketch.is_truncated:
        raise ValueError("sketch: only bounds are known of what is left of it")
    one, other = (
        sketch.shaped(params, history, state)
        for params, state in zip((first, second), states, strict=True)
    )
    p, q = _by_id(one), _by_id(other)
    if sketch.tail and (one.tail_probability or other.tail_probability):
        p, q = (
            np.concatenate((known, _parts(sketch.tail, params, shaped, len(sketch.ids))))
            for known, shaped, params in ((p, one, first), (q, other, second))
        )
    return math.sqrt(jensen_shannon_divergence(p, q))


def _information(p: NDArray[np.float64], both: NDArray[np.float64]) -> float:
    """Σ p·log2(p over the mean of the two), where `both` is their sum: half of it may underflow."""
    possible = p > 0.0
    return float(np.sum(p[possible] * (1.0 + np.log2(p[possible] / both[possible]))))


def _by_id(shaped: ShapedTop) -> NDArray[np.float64]:
    ordered: NDArray[np.float64] = shaped.probabilities[shaped.ids.argsort()]
    return ordered


def _parts(
    tail: Tail, params: SamplingParams, shaped: ShapedTop, known: int
) -> NDArray[np.float64]:
    """What the settings leave of the tail's probability, by part."""
    kept = min(shaped.kept - known, tail.count)
    if kept <= 0 or shaped.tail_probability == 0.0:
        return np.zeros(len(_SADDLES) + 1)
    tempered = "temperature" in params.samplers or params.mirostat
    beta = InverseTemperature(params.temperature).beta if tempered else 1.0
    above = np.array([tail.share_above_mean(saddle, beta) for saddle in _SADDLES])
    if kept < tail.count:  # a filter cut within the tail
        left = tail.share_above(tail.drop_to_share(kept / tail.count, 0.0), beta)
        above = np.minimum(above / left, 1.0) if left > 0.0 else np.ones_like(above)
    shares = np.diff(np.concatenate(([0.0], np.maximum.accumulate(above), [1.0])))
    return shaped.tail_probability * shares
