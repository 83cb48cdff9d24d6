"""A tail's log partition function at many β at once.

`Tail.log_partition` answers for one β in plain floats, which is what a token loop wants; a curve
over T asks for a hundred. The formulas are `hermite`'s, on arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling.tails import hermite
from studio.sampling.tails.tail import Tail


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
    value, slope, curvature = hermite.quintic(
        # Beyond the last node the power law is taken below; the polynomial must only not overflow.
        np.minimum((betas - nodes[left]) / width, 1.0),
        width,
        (values[left], slopes[left], curvatures[left]),
        (values[right], slopes[right], curvatures[right]),
    )
    jets = Jets(
        np.minimum(np.maximum(value, values[right]), values[left]),
        np.minimum(np.maximum(slope, slopes[left]), slopes[right]),
        np.maximum(curvature, 0.0),
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
