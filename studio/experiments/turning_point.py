"""The turning point of entropy: the T from which a model's texts begin to fall apart.

Against T the logarithm of the mean entropy of next-token distributions is concave at first, and
convex once unlikely tokens lead to contexts in which all is open. The T between the two is the
turning point (EntP: Du, Yang and Welleck 2025, arXiv 2502.05234), below which several texts are as
varied as they can be without that.

Two curves have one. In the first the entropies are those of texts that were written at each T: what
was drawn before is in it. The second re-tempers the texts of one T: the same contexts at every T.
Their difference is what T does through the contexts that it leads to.

The slope of a curve at T is that of a parabola fitted there by least squares, with Gaussian weights
of the width `WIDTH`, or of the mean distance between temperatures where that is more: wider ones
smooth the turn of a small model's curve away.
The turning point is where the slope is least, between slopes that are larger: of several such
places the one that lies deepest below the lower of the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.experiments.text_measures.intervals import (
    Interval,
    percentile_interval,
    resampled_counts,
)
from studio.sampling import SketchStack

FEWEST_TEMPERATURES = 6
"""With fewer a curve has no curvature to speak of."""

WIDTH = 0.12
"""In T."""

_LEAST_ENTROPY = 1e-6
"""In nats: the logarithm of a smaller one says nothing of T."""

_LEAST_DEPTH = 1e-3
"""Of a slope, in ln nats by T: less is no turn."""

_PLACES = 401
_SEED = 20250207


class TextEntropies(NamedTuple):
    """The entropies of some texts at some temperatures.

    Attributes:
        sums: `(temperatures, texts)`, in nats, over each text's tokens.
        tokens: `(temperatures, texts)`: how many these are.
    """

    sums: NDArray[np.float64]
    tokens: NDArray[np.float64]

    def means(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean entropy of a token at each temperature.

        Args:
            weights: `(texts, n)`: how many times each text counts.

        Returns:
            `(temperatures, n)`.
        """
        tokens = np.maximum(self.tokens @ weights, 1.0)
        return np.asarray(np.maximum(self.sums @ weights / tokens, _LEAST_ENTROPY))


class TurningPoint(NamedTuple):
    """Where a curve turns.

    Attributes:
        temperature: T, with the interval that holds it at 95 % by a bootstrap over texts; NaN where
            the curve does not turn.
        share: In what share of the resamples the curve turns at all.
    """

    temperature: Interval
    share: float


class TurningPoints(NamedTuple):
    """Both curves, and where they turn.

    Attributes:
        temperatures: `(n,)` T, ascending.
        generated: `(n,)` mean entropies in nats a token, of texts written at each T.
        retempered: `(n,)` the same of one T's texts, re-tempered.
        of_generated: Where the first turns.
        of_retempered: Where the second turns.
        difference: How much hotter the second turns than the first.
    """

    temperatures: NDArray[np.float64]
    generated: NDArray[np.float64]
    retempered: NDArray[np.float64]
    of_generated: TurningPoint
    of_retempered: TurningPoint
    difference: TurningPoint


def turning_points(
    temperatures: ArrayLike,
    generated: TextEntropies,
    retempered: TextEntropies,
    prompts: int = 1,
) -> TurningPoints:
    """Return where two curves turn.

    Args:
        temperatures: `(n,)`, ascending, `FEWEST_TEMPERATURES` or more.
        generated: Of texts that were written at each of them. Those of one column share prompt and
            random draws, and are resampled together.
        retempered: Of one temperature's texts; its columns are the same.
        prompts: How many prompts they continue, as many texts each, one prompt behind the other.
            The intervals are about these: they are not resampled, but where each has one text.

    Raises:
        ValueError: There are too few temperatures, or they do not ascend.
    """
    t = np.asarray(temperatures, dtype=np.float64)
    if t.size < FEWEST_TEMPERATURES or not (np.diff(t) > 0.0).all():
        raise ValueError(
            f"temperatures: found {t.size}; allowed are {FEWEST_TEMPERATURES} or more, ascending"
        )
    texts = generated.sums.shape[1]
    each = texts // prompts
    groups = [texts] if each == 1 else [each] * prompts
    counts = [resampled_counts(own, _SEED + place) for place, own in enumerate(groups)]
    weights = np.concatenate((np.ones((1, texts)), np.concatenate(counts, axis=1))).T
    means = [curve.means(weights) for curve in (generated, retempered)]
    slopes, places = _slopes(t)
    turns = [_turns(slopes @ np.log(curve), places) for curve in means]
    found = [_turning_point(each) for each in (*turns, turns[1] - turns[0])]
    return TurningPoints(t, means[0][:, 0], means[1][:, 0], *found)


def retempered(stacks: Sequence[SketchStack], temperatures: ArrayLike) -> TextEntropies:
    """Return the entropies that texts of one T have at others.

    Args:
        stacks: Of each text.
        temperatures: `(n,)` T.
    """
    t = np.asarray(temperatures, dtype=np.float64)
    sums = [[float(stack.entropy(value).sum()) for stack in stacks] for value in t.tolist()]
    tokens = np.array([len(stack) for stack in stacks], dtype=np.float64)
    return TextEntropies(np.array(sums), np.tile(tokens, (t.size, 1)))


def _slopes(temperatures: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What turns values at some temperatures into slopes at many places between them.

    Returns:
        `(places, temperatures)`, and the `(places,)` T.
    """
    width = max(WIDTH, float(np.diff(temperatures).mean()))
    places = np.linspace(temperatures[0], temperatures[-1], _PLACES)
    rows = []
    for place in places.tolist():
        distance = (temperatures - place) / width
        root = np.exp(-0.25 * distance * distance)
        powers = np.stack((np.ones_like(distance), distance, distance * distance), axis=1)
        rows.append(np.linalg.pinv(powers * root[:, np.newaxis])[1] * root / width)
    return np.stack(rows), places


def _turns(slopes: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the curves of some slopes `(places, n)` turn, `(n,)`; NaN where one does not."""
    before = np.maximum.accumulate(slopes, axis=0)
    behind = np.maximum.accumulate(slopes[::-1], axis=0)[::-1]
    depths = np.minimum(before, behind) - slopes
    at = depths.argmax(axis=0)
    deepest = np.take_along_axis(depths, at[np.newaxis], axis=0)[0]
    return np.where(deepest > _LEAST_DEPTH, places[at], math.nan)


def _turning_point(found: NDArray[np.float64]) -> TurningPoint:
    """The first is that of all texts, the others of resamples."""
    resampled = found[1:]
    share = float(np.mean(~np.isnan(resampled)))
    return TurningPoint(percentile_interval(float(found[0]), resampled), share)
