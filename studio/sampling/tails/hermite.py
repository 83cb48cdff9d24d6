"""A falling, convex, smooth function of β from its value, slope and curvature at some nodes.

Between two nodes: the polynomial of degree five that agrees with all six numbers (Hermite), kept
between the values and between the slopes at its ends, as the function itself must be. Past the
last: a power law A·(β − b)^−p that agrees with all three there, which is how the log partition
function of a tail dies away.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

_Number = TypeVar("_Number", float, NDArray[np.float64])
_Numbers: TypeAlias = tuple[_Number, _Number, _Number]


class Nodes(NamedTuple):
    """A function at ascending nodes: four tuples of one length, two or more."""

    betas: tuple[float, ...]
    values: tuple[float, ...]
    slopes: tuple[float, ...]
    curvatures: tuple[float, ...]


class Jet(NamedTuple):
    """A function's value and first two derivatives at one point."""

    value: float
    slope: float
    curvature: float


def at(nodes: Nodes, beta: float) -> Jet:
    """Return the function at `beta`, which is not below the first node.

    Args:
        nodes: Where the function is known.
        beta: The inverse temperature, 1/T.
    """
    if beta >= nodes.betas[-1]:
        return beyond(end(nodes), beta - nodes.betas[-1])
    value, slope, curvature, left = _between(nodes, beta)
    right = left + 1
    return Jet(
        min(max(value, nodes.values[right]), nodes.values[left]),
        min(max(slope, nodes.slopes[left]), nodes.slopes[right]),
        max(curvature, 0.0),
    )


def _between(nodes: Nodes, beta: float) -> tuple[float, float, float, int]:
    """Return the polynomial's value, slope and curvature at `beta`, and the node left of it."""
    betas, values, slopes, curvatures = nodes
    right = bisect_right(betas, beta)
    left = right - 1
    width = betas[right] - betas[left]
    value, slope, curvature = quintic(
        (beta - betas[left]) / width,
        width,
        (values[left], slopes[left], curvatures[left]),
        (values[right], slopes[right], curvatures[right]),
    )
    return value, slope, curvature, left


def quintic(
    t: _Number, width: _Number, left: _Numbers[_Number], right: _Numbers[_Number]
) -> _Numbers[_Number]:
    """Return value, slope and curvature of the polynomial that has `left` and `right` at its ends.

    All are floats, or all arrays of one shape.

    Args:
        t: Where between its ends: 0 at the left one, 1 at the right one.
        width: How far the ends are apart.
        left: Value, slope and curvature at the left end.
        right: The same at the right end.
    """
    # The six numbers in units of the interval's width, and the polynomial's six coefficients.
    f0, f1 = left[0], right[0]
    d0, d1 = width * left[1], width * right[1]
    c0, c1 = width**2 * left[2], width**2 * right[2]
    rise, turn, bend = f1 - f0 - d0 - c0 / 2, d1 - d0 - c0, c1 - c0
    k3 = 10 * rise - 4 * turn + bend / 2
    k4 = -15 * rise + 7 * turn - bend
    k5 = 6 * rise - 3 * turn + bend / 2
    value = f0 + t * (d0 + t * (c0 / 2 + t * (k3 + t * (k4 + t * k5))))
    slope = d0 + t * (c0 + t * (3 * k3 + t * (4 * k4 + t * 5 * k5)))
    curvature = c0 + t * (6 * k3 + t * (12 * k4 + t * 20 * k5))
    return value, slope / width, curvature / width**2


def end(nodes: Nodes) -> Jet:
    """Return the function at the last node."""
    return Jet(nodes.values[-1], nodes.slopes[-1], nodes.curvatures[-1])


def beyond(last: Jet, distance: float) -> Jet:
    """Return the function `distance` past the last node, by the power law that fits there.

    Where none fits (the function is at its floor, or is not convex enough), it stays as it is.

    Args:
        last: The function at its last node.
        distance: How far past that node, in β.
    """
    law = power_law(last)
    if law is None:
        return Jet(last.value, 0.0, 0.0)
    power, scale = law
    there = scale + distance
    value = last.value * (scale / there) ** power
    return Jet(value, -power * value / there, power * (power + 1) * value / there / there)


def power_law(last: Jet) -> tuple[float, float] | None:
    """Return (p, β − b) of the power law that agrees with `last`, or None where there is none."""
    if last.value <= 0.0 or last.slope >= 0.0:
        return None
    fall = -last.slope / last.value
    excess = last.curvature / last.value - fall**2
    if excess <= 1e-9 * fall**2:
        return None
    return fall**2 / excess, fall / excess
