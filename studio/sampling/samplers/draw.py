"""The draw: from a seed and a position to a number in [0, 1), and from that to a token.

u comes from a counter-based generator, so it depends on (seed, position) alone: not on what was
drawn before, nor on whether anything was. A token is found by inverse CDF over the tokens in
descending order of probability, so that for a given u the rank of the chosen token never falls as
the temperature rises.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from studio.sampling.params import MAX_SEED

# Making a Philox costs some 15 µs and a number from it almost nothing, so neighbouring positions
# are made together. Each step of Philox's counter yields four 64-bit words; a position takes the
# first word of its own step, whatever block it was made in.
_BLOCK = 64
_WORDS_PER_STEP = 4

# The upper half of Philox's key, so that one draw says nothing of the other.
_OF_THE_DRAW, _OF_XTC = 0, 1


def uniform(seed: int, position: int) -> float:
    """Return the number in [0, 1) that belongs to a seed and a position.

    It is the top 53 bits of the first word that Philox-4x64 (Salmon et al., "Parallel Random
    Numbers: As Easy as 1, 2, 3", 2011) gives for key `seed` and counter `position`.

    Args:
        seed: 0 to 2**32 - 1; -1, "a new one each time", must have been replaced by a real one.
        position: Position of the token in its sequence, 0 or more.

    Raises:
        ValueError: The seed or the position is out of range.
    """
    return _number(seed, position, _OF_THE_DRAW)


def chance(seed: int, position: int) -> float:
    """Return another number in [0, 1) of a seed and a position: XTC's draw.

    Made as `uniform` makes its own, by another key: whether XTC acts does not depend on the draw.

    Args:
        seed: Any whole number from 0 to 2**64 - 1.
        position: The index of the token in its text.

    Raises:
        ValueError: As for `uniform`.
    """
    return _number(seed, position, _OF_XTC)


def _number(seed: int, position: int, stream: int) -> float:
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(
            f"seed: found {seed}; allowed is 0 to {MAX_SEED}, drawn beforehand for -1."
        )
    if position < 0:
        raise ValueError(f"position: found {position}; allowed is 0 or more.")
    block, index = divmod(position, _BLOCK)
    return _block(seed, block, stream)[index]


@lru_cache(maxsize=64)
def _block(seed: int, block: int, stream: int) -> list[float]:
    # Imported here, for it takes as long as a tenth of all other imports of a window.
    from numpy.random import Philox

    key = stream << 64 | seed
    words = Philox(key=key, counter=block * _BLOCK).random_raw(_BLOCK * _WORDS_PER_STEP)
    numbers: list[float] = ((words[::_WORDS_PER_STEP] >> np.uint64(11)) * 2.0**-53).tolist()
    return numbers


def draw(probabilities: ArrayLike, seed: int, position: int) -> int:
    """Return the token id drawn from `probabilities`: inverse CDF, most probable first.

    Equal probabilities are ranked by id, the lowest first. `choose` ranks by logit, which also
    distinguishes tokens whose probabilities came out equal (all of them at T infinity); wherever
    probabilities differ, the two agree.

    Args:
        probabilities: `(V,)`, none negative, as `distribution` returns them. They need not sum to
            exactly 1.
        seed: As for `uniform`.
        position: As for `uniform`.

    Raises:
        ValueError: No vector, a negative or NaN probability, or nothing above 0; or as `uniform`.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 1 or p.size == 0:
        raise ValueError(
            f"probabilities: found shape {p.shape}; allowed is a vector of one or more."
        )
    possible = np.flatnonzero(p)
    if possible.size == 0 or not p.min() >= 0.0:  # the comparison is false for NaN too
        raise ValueError("probabilities: allowed are numbers from 0 up, with at least one above 0.")
    order = possible[np.argsort(-p[possible], kind="stable")]
    cumulative = np.cumsum(p[order])
    target = uniform(seed, position) * cumulative[-1]
    # Rounding can bring the target up to the sum itself; the last token is meant then.
    rank = min(int(np.searchsorted(cumulative, target, side="right")), order.size - 1)
    return int(order[rank])
