"""A falling, convex, smooth function of β from its value, slope and curvature at some nodes.

Between two nodes: the polynomial of degree five that agrees with all six numbers (Hermite), kept
between the values and between the slopes at its ends, as the function itself must be. Past the
last: a power law A·(β − b)^−p that agrees with all three there, which is how the log partition
function of a tail dies away. The module does not know what the function means.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import mul
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


def unbounded_value(nodes: Nodes, beta: float) -> float:
    """Return the polynomial's own value between two nodes, linear in what the nodes hold."""
    return _between(nodes, beta)[0]


def at(nodes: Nodes, beta: float) -> Jet:
    """Return the function at `beta`, which is not below the first node."""
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


def complete(
    betas: Sequence[float],
    values: Sequence[float],
    slopes: Sequence[float],
    curvature: float,
    missing: list[list[float]],
) -> Nodes:
    """Return nodes of which some slopes, and all curvatures but the first, are not known.

    Args:
        betas: n nodes.
        values: n values there.
        slopes: k slopes at the first k of them.
        curvature: The curvature at the first node.
        missing: `missing_from(betas, k)`.
    """
    given = (*values, *slopes)
    found = [sum(map(mul, row, given)) for row in missing]
    unknown = len(betas) - len(slopes)
    return Nodes(
        tuple(betas),
        tuple(values),
        (*slopes, *found[:unknown]),
        (curvature, *found[unknown:]),
    )


def missing_from(betas: NDArray[np.float64], sloped: int) -> list[list[float]]:
    """Return the rows of the matrix from what `complete` is given to what it makes of it.

    Args:
        betas: `(n,)` nodes, three or more.
        sloped: At how many of the first nodes the slope is known, two or more.
    """
    rows = [_derivative(betas, sloped, node, 1) for node in range(sloped, betas.size)]
    rows += [_derivative(betas, sloped, node, 2) for node in range(1, betas.size)]
    return [row.tolist() for row in rows]


def _derivative(
    betas: NDArray[np.float64], sloped: int, node: int, order: int
) -> NDArray[np.float64]:
    """Return the weights of (values, slopes) that give the first or second derivative at a node.

    It is that of the polynomial through all that is known at the node and its two neighbours; or,
    where the slope is not known, at the last two nodes with a slope and all that follow them.
    """
    count = betas.size
    if node < sloped:
        first = min(max(node - 1, 0), count - 3)
        with_value = np.arange(first, first + 3)
    else:
        with_value = np.arange(sloped - 2, count)
    with_slope = with_value[with_value < sloped]
    exponents = np.arange(with_value.size + with_slope.size)
    x = betas - betas[node]
    values = x[with_value, np.newaxis] ** exponents
    slopes = exponents * x[with_slope, np.newaxis] ** np.maximum(exponents - 1, 0)
    # Row k of the inverse takes the values and slopes to the polynomial's coefficient k.
    coefficient = np.linalg.inv(np.vstack((values, slopes)))[order]
    weights = np.zeros(count + sloped)
    weights[with_value] = order * coefficient[: with_value.size]  # k! is k for 1 and 2
    weights[count + with_slope] = order * coefficient[with_value.size :]
    return weights
