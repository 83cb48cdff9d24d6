"""The landscape's two scales: ranks down the picture, probabilities as brightness.

Ranks have a logarithmic scale: most of what there is to see happens among the first dozen, which
would share a few pixels on a linear one. Brightness is the fourth root of the probability:
of 254 steps a favourite with 50 % has 214 and a token with 0.01 % still 25, so that the floor of a
valley can be seen. Plain arithmetic.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

RANKS = 128
"""Ranks with a row of their own: as many as a sketch knows one by one."""

REST = RANKS
"""The row of all other tokens together."""

ROWS = RANKS + 1

LEVELS = 255
"""How many brightnesses there are, from none to that of probability 1."""

MARK = LEVELS
"""Not a brightness: marks the token that was written."""

TICKS = (1, 2, 5, 10, 30, 100)
"""Ranks that are named beside the picture."""

_REST_SHARE = 0.07
_GAP_SHARE = 0.02
"""Shares of the height: of the row of all others, and of the gap between it and the ranks."""

_MAIN_SHARE = 1.0 - _REST_SHARE - _GAP_SHARE
_LOG_END = math.log(RANKS + 1)

GAP = -1
"""Stands for the gap between the ranks and the rest."""


def levels(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the brightness of probabilities, 0 to `LEVELS` − 1, in the same shape."""
    brightness: NDArray[np.uint8] = np.rint(np.sqrt(np.sqrt(probabilities)) * (LEVELS - 1)).astype(
        np.uint8
    )
    return brightness


def row_at(place: float) -> int:
    """Return which row is seen at a place from the top (0) to the bottom (1).

    A rank, 0 for the favourite; `REST`; or `GAP` between the two.
    """
    if place >= 1.0 - _REST_SHARE:
        return REST
    if place >= _MAIN_SHARE:
        return GAP
    return min(int(math.exp(max(place, 0.0) / _MAIN_SHARE * _LOG_END)) - 1, RANKS - 1)


def place_of(row: int) -> float:
    """Return the middle of a row, from the top (0) to the bottom (1); beyond `RANKS`, of the rest.

    Args:
        row: A rank, 0 for the favourite.
    """
    if row >= RANKS:
        return 1.0 - _REST_SHARE / 2
    edges = math.log(row + 1) + math.log(row + 2)
    return edges / (2.0 * _LOG_END) * _MAIN_SHARE


def rows_of_pixels(height: int) -> NDArray[np.intp]:
    """Return `(height,)`: the row that each line of pixels shows, or `GAP`."""
    return np.array([row_at((y + 0.5) / height) for y in range(height)], dtype=np.intp)
