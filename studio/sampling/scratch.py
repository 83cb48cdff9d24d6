"""Working memory for passes over a whole vocabulary, one set per thread.

A fresh array of a megabyte comes from the operating system page by page, which costs more than the
arithmetic done in it. Three sizes are kept: a program works with one model at a time, whole or in
pieces of which the last is shorter. The module knows nothing of what is computed in it.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.sampling.aligned import aligned_rows

_SIZES = 3


class Rows(NamedTuple):
    """Rows of one matrix, `(size,)` each, float32.

    Attributes:
        first: To work in, like the three after it; the content is whatever was left there.
        second: Another.
        third: Another.
        fourth: Another.
        ones: Not to be written to. A dot product with ones is the fastest sum.
        stacked: `(5, size)`: all of them, for products of several with several.
    """

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    third: NDArray[np.float32]
    fourth: NDArray[np.float32]
    ones: NDArray[np.float32]
    stacked: NDArray[np.float32]


class _Scratch(threading.local):
    """The rows of one thread."""

    def __init__(self) -> None:
        self.by_size: dict[int, Rows] = {}

    def make(self, size: int) -> Rows:
        if len(self.by_size) == _SIZES:
            del self.by_size[next(iter(self.by_size))]
        matrix = aligned_rows(5, size)
        matrix[4] = 1.0
        first, second, third, fourth, ones = matrix
        rows = self.by_size[size] = Rows(first, second, third, fourth, ones, matrix)
        return rows


_scratch = _Scratch()


def float32_rows(size: int) -> Rows:
    """Return this thread's rows of a size, its own until it asks again."""
    return _scratch.by_size.get(size) or _scratch.make(size)
