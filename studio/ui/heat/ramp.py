"""A ramp of colours between two: even to the eye, in as many steps as wanted.

The straight line is drawn in Oklab (Björn Ottosson, "A perceptual color space for image
processing", 2020), where equal distances look equal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def ramp(first: str, last: str, count: int) -> list[str]:
    """Return `count` colours, two or more, from `first` to `last`, each as ``#rrggbb``.

    Args:
        first: The first colour.
        last: The last.
        count: How many.
    """
    ends = np.array([oklab(first), oklab(last)])
    places = np.linspace(0.0, 1.0, count)[:, np.newaxis]
    return [_hexadecimal(lab) for lab in ends[0] + places * (ends[1] - ends[0])]


def oklab(color: str) -> NDArray[np.float64]:
    """Return lightness, green-red and blue-yellow of ``#rrggbb``, `(3,)`."""
    channels = np.array([int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = _TO_LAB @ np.cbrt(_TO_CONES @ linear)
    return lab


def _hexadecimal(lab: NDArray[np.float64]) -> str:
    linear = np.linalg.solve(_TO_CONES, np.linalg.solve(_TO_LAB, lab) ** 3)
    linear = np.clip(linear, 0.0, 1.0)
    channels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels.tolist())
