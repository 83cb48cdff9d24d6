"""Many truncated sketches evaluated together: what figures of each can be at a temperature.

What `TruncatedSketch` says of one place before any filter, in numpy for all: two stacks, one with
the even tail of each and one with the steep one. Whatever a tail is, its weight lies between.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studio.sampling.sketches.sketch_stack import SketchStack, Temperature, inverse
from studio.sampling.sketches.truncated_sketch import TruncatedSketch

Bounds = tuple[NDArray[np.float64], NDArray[np.float64]]
"""`(n,)` the least and `(n,)` the most that a figure can be."""


class StackBounds:
    """A growing stack of truncated sketches, each with the token written there.

    Attributes:
        ends: The same sketches with even tails, and with steep ones.
    """

    def __init__(self) -> None:
        self.ends = SketchStack(), SketchStack()

    def __len__(self) -> int:
        return len(self.ends[0])

    def append(self, sketch: TruncatedSketch, token: int | None = None) -> None:
        """Put a sketch on top.

        Args:
            sketch: The distribution at a place.
            token: The token that stands there.

        Raises:
            ValueError: The sketch knows nothing of this token one by one.
        """
        for stack, end in zip(self.ends, sketch.ends, strict=True):
            stack.append(end, token)

    def surprise(self, temperature: Temperature) -> Bounds:
        """Return −log2 p of the token written, in bits; NaN where none was given.

        Args:
            temperature: T.
        """
        return _hull(*(stack.surprise(temperature) for stack in self.ends))

    def entropy(self, temperature: Temperature) -> Bounds:
        """Return the entropy in nats.

        As `truncated_sketch` does it: with as little in the tail as there can be, all at its cap,
        and with as much, evenly spread.

        Args:
            temperature: T.
        """
        betas = np.broadcast_to(inverse(temperature), len(self))
        is_greedy = np.isinf(betas)
        finite = np.where(is_greedy, 0.0, betas)
        (weights, even, even_moment), (_, steep, steep_moment) = (
            stack.weights(finite) for stack in self.ends
        )
        known = weights.sum(axis=1)
        moment = (weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1)
        spread = _mean(even_moment - moment, even)
        capped = _mean(steep_moment - moment, steep)
        few, many = _hull(even, steep)
        least = np.log(known + few) - (moment + few * capped) / (known + few)
        most = np.log(known + many) - (moment + many * spread) / (known + many)
        zero = np.zeros(len(self))
        least, most = _hull(np.maximum(least, 0.0), np.maximum(most, 0.0))
        return np.where(is_greedy, zero, least), np.where(is_greedy, zero, most)


def _hull(one: NDArray[np.float64], other: NDArray[np.float64]) -> Bounds:
    return np.minimum(one, other), np.maximum(one, other)


def _mean(moment: NDArray[np.float64], mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Σ w·ln w over Σ w, and 0 where there is nothing."""
    mean: NDArray[np.float64] = np.divide(
        moment, mass, out=np.zeros_like(mass), where=mass > math.ulp(0.0)
    )
    return mean
