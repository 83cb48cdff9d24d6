"""The best logits of a whole vocabulary, in order, found by numpy.

The search goes by block maxima: the vocabulary is cut into interleaved blocks, and the k-th largest
block maximum is a bound that at least k logits reach, and few more. That is two passes over the
logits and some work on a few hundred, where a partition or a sort of the whole costs many times as
much. `kernels.best` does the same in C.
"""

from __future__ import annotations

from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.sampling.logits.logits_vector import FLOAT32, FLOAT64, refuse_what_cannot_be_ranked

_maxima = np.maximum.reduce
"""Looked up once: in a token loop each look into a module's names costs half a microsecond."""

_LEAST_FINITE = {kind.char: float(np.finfo(kind).min) for kind in (FLOAT32, FLOAT64)}

_SORT_KEYS_FROM = 2048  # below, the fixed cost of making keys outweighs

# Fewer blocks let more tokens through, more take longer to search. With four for each token wanted,
# about 1.15 times as many come through.
_BLOCKS_PER_TOKEN = 4

_SORTED_WHOLE = 1024  # so few maxima are sorted in less time than it takes to select among them

# numpy is quicker over long rows than over many: it pays from some vocabulary on.
_BLOCKS_TOGETHER = 8
_TOGETHER_FROM = 1 << 17


def reaching(source: NDArray[Any], least: int) -> tuple[NDArray[np.int64], bool]:
    """Return, in ascending order, the ids of some of the best tokens: at least the `least` best.

    Args:
        source: `(V,)` logits, float32 or float64.
        least: How many are wanted.

    Returns:
        The ids, and whether these are all tokens that have a logit above -inf.

    Raises:
        LogitsError: NaN or +inf is among the logits, or all of them are -inf.
    """
    blocks = max(least - 1, 1) * _BLOCKS_PER_TOKEN  # at first 512, which divides most sizes
    if blocks * 2 <= source.size:
        ids = _above_a_bound(source, blocks, least)
        return ids, ids.size < least
    largest = float(source.max())
    if not isfinite(largest):
        refuse_what_cannot_be_ranked(source, largest)
    return np.flatnonzero(source > -np.inf), True


def descending(
    ids: NDArray[np.int64], logits: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return ids and logits from the largest logit to the least, equal ones as they stand.

    Args:
        ids: `(n,)` token ids.
        logits: `(n,)` their logits.
    """
    if ids.size < _SORT_KEYS_FROM or logits.dtype is not FLOAT32:
        # Back to front before and after, so that equal ones stand as they stood.
        ids, logits = ids[::-1], logits[::-1]
        order = logits.argsort(kind="stable")[::-1]
    else:
        order = _descending_by_keys(logits)
    return ids[order], logits[order].astype(FLOAT64)


def _descending_by_keys(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the order that sorts `values` from large to small, equal ones as they stand."""
    # A stable argsort is several times slower than sorting numbers. So: one 64-bit number for each
    # value, above the value in an unsigned form that falls as it rises, below its place. The bits
    # of a float order like a sign and a magnitude, hence the two cases.
    bits = (values + np.float32(0.0)).view(np.uint32)  # + 0 makes -0.0 equal 0.0
    falling = np.where(bits >> 31, bits, ~bits & np.uint32(0x7FFFFFFF))
    keys = falling.astype(np.uint64) << np.uint64(32)
    keys |= np.arange(values.size, dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _above_a_bound(source: NDArray[Any], blocks: int, least: int) -> NDArray[np.int64]:
    size, width = source.size, blocks
    if size >= _TOGETHER_FROM and size >= blocks * _BLOCKS_TOGETHER:
        width *= _BLOCKS_TOGETHER
    rest = size % width
    whole = source[: size - rest] if rest else source
    maxima = _maxima(whole.reshape(-1, width))
    if rest:
        np.maximum(maxima[:rest], source[-rest:], out=maxima[:rest])
    if width > blocks:
        maxima = _maxima(maxima.reshape(_BLOCKS_TOGETHER, blocks))
    if blocks <= _SORTED_WHOLE:
        maxima.sort()
    else:
        maxima.partition((blocks - least, blocks - 1))
    bound = maxima[-least : blocks - least + 1]  # an array, for numpy is slow to take in a number
    if not maxima.item(-1) - bound.item() < inf:
        largest = maxima.item(-1)
        if not isfinite(largest):  # NaN is sorted last
            refuse_what_cannot_be_ranked(source, largest)
        bound[0] = max(bound.item(), _LEAST_FINITE[source.dtype.char])  # -inf is never ranked
    ids: NDArray[np.int64] = (source >= bound).nonzero()[0]
    return ids
