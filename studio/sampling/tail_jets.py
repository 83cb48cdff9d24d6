"""A tail's log partition function at many β at once.

`Tail.log_partition` answers for one β in plain floats, which is what a token loop wants; a curve
over T asks for a hundred. The formulas are `hermite`'s, on arrays. The module knows no ids, no
samplers and no temperatures.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling import hermite
from studio.sampling.tail import Tail


class Jets(NamedTuple):
    """K, K′ and K″ of a tail, relative to its edge; three arrays of one shape `(n,)`."""

    values: NDArray[np.float64]
    slopes: NDArray[np.float64]
    curvatures: NDArray[np.float64]


def log_partitions(tail: Tail, betas: NDArray[np.float64]) -> Jets:
    """Return what `tail.log_partition` returns at each of `betas`.

    Args:
        tail: The tail.
        betas: `(n,)` inverse temperatures, 0 or more, finite.
    """
    nodes, values, slopes, curvatures = (np.array(part) for part in tail.nodes)
    left = nodes.searchsorted(betas, "right") - 1
    np.minimum(left, nodes.size - 2, out=left)
    right = left + 1
    width = nodes[right] - nodes[left]
    f0, f1 = values[left], values[right]
    d0, d1 = width * slopes[left], width * slopes[right]
    c0, c1 = width**2 * curvatures[left], width**2 * curvatures[right]
    rise, turn, bend = f1 - f0 - d0 - c0 / 2, d1 - d0 - c0, c1 - c0
    k3 = 10 * rise - 4 * turn + bend / 2
    k4 = -15 * rise + 7 * turn - bend
    k5 = 6 * rise - 3 * turn + bend / 2
    # Beyond the last node the power law is taken below; the polynomial must only not overflow.
    t = np.minimum((betas - nodes[left]) / width, 1.0)
    value = f0 + t * (d0 + t * (c0 / 2 + t * (k3 + t * (k4 + t * k5))))
    slope = d0 + t * (c0 + t * (3 * k3 + t * (4 * k4 + t * 5 * k5)))
    curvature = c0 + t * (6 * k3 + t * (12 * k4 + t * 20 * k5))
    jets = Jets(
        np.minimum(np.maximum(value, f1), f0),
        np.minimum(np.maximum(slope / width, slopes[left]), slopes[right]),
        np.maximum(curvature / width**2, 0.0),
    )
    beyond = betas >= nodes[-1]
    if beyond.any():
        _put_beyond(jets, beyond, hermite.end(tail.nodes), betas[beyond] - nodes[-1])
    return jets


def _put_beyond(
    jets: Jets, where: NDArray[np.bool_], last: hermite.Jet, distance: NDArray[np.float64]
) -> None:
    law = hermite.power_law(last)
    if law is None:
        jets.values[where] = last.value
        jets.slopes[where] = 0.0
        jets.curvatures[where] = 0.0
        return
    power, scale = law
    there = scale + distance
    value = last.value * (scale / there) ** power
    jets.values[where] = value
    jets.slopes[where] = -power * value / there
    jets.curvatures[where] = power * (power + 1) * value / there**2
