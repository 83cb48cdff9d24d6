"""Working memory for passes over a whole vocabulary, one set per thread.

A fresh array of a megabyte comes from the operating system page by page, which costs more than the
arithmetic done in it. Only the size last asked for is kept: a program works with one model at a
time. The module knows nothing of what is computed in it.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

_FREE_ROWS = 4


class _Scratch(threading.local):
    """The arrays of one thread."""

    def __init__(self) -> None:
        self.rows = np.empty((0, 0), dtype=np.float32)


_scratch = _Scratch()


def float32_rows(size: int) -> NDArray[np.float32]:
    """Return `(5, size)`: a row of ones, not to be written to, and four rows to work in.

    A dot product with ones is the fastest sum; as a row of the same matrix it takes part in matrix
    products too. The content of the other rows is whatever was left there, and theirs only until
    this thread asks again.
    """
    if _scratch.rows.shape[1] != size:
        _scratch.rows = np.ones((1 + _FREE_ROWS, size), dtype=np.float32)
    return _scratch.rows
