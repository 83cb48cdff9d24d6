"""How near each of many texts is to its nearest neighbour, as they come one by one.

Texts are not kept: of each 265 bytes stay, nearly all of them the least hashes of its shingles
(MinHash: Broder, "On the resemblance and containment of documents", 1997), 16 bits of each of 128
(Li and König, "b-Bit Minwise Hashing", 2010). The share of them that two texts have in common
estimates the share of their shingles that they have, with a standard error of 0.04 at 0.8; that of
two texts without a shingle in common is 0.002 on average. All are compared with all, which takes
some 0.4 ms for a text among 10,000: so all their hashes stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.experiments.text_measures.near_duplicates import shingles
from studio.sampling.tails.tail_stack import with_room

_PERMUTATIONS = 128
_BLOCK = 1024
"""Texts whose hashes lie in one array, which is never copied: 256 KiB."""
_AT_ONCE = 4096
"""Shingles: 4 MiB of hashes."""
_FACTORS, _OFFSETS = np.random.default_rng(1).integers(
    2**64, size=(2, _PERMUTATIONS), dtype=np.uint64
)
"""Drawn once for all: a file that is gone on with tomorrow has the same hashes."""


class TextTrace(NamedTuple):
    """What stays of a text.

    Attributes:
        digest: Of the text itself, without the white space around it: 64 bits.
        least: `(128,)` of the least hashes, uint16.
    """

    digest: int
    least: NDArray[np.uint16]


class NearestTexts:
    """Texts, each with the similarity of its nearest neighbour among them."""

    def __init__(self) -> None:
        self._size = 0
        self._digests = np.zeros(0, dtype=np.uint64)
        self._blocks: list[NDArray[np.uint16]] = []
        self._nearest = np.zeros(0, dtype=np.uint8)
        """How many hashes each one's nearest neighbour has in common with it."""
        self._compared: tuple[TextTrace, NDArray[np.uint8]] | None = None
        """The trace that was looked for last, and what it has in common with each; None where there
        are others since."""

    def __len__(self) -> int:
        return self._size

    @property
    def similarities(self) -> NDArray[np.float64]:
        """`(n,)`: that of each one's nearest neighbour, in the order added; 0 where it has none."""
        return self._nearest[: self._size] / _PERMUTATIONS

    def trace(self, text: str) -> TextTrace:
        """Return what stays of a text, to be looked for and added."""
        # A text without words has one shingle, which no other has.
        grams = [" ".join(gram).encode("utf-8", "replace") for gram in shingles(text)] or [b""]
        digest = hashlib.blake2b(text.strip().encode("utf-8", "replace"), digest_size=8).digest()
        return TextTrace(int.from_bytes(digest, "little"), _least_hashes(grams))

    def has(self, trace: TextTrace) -> bool:
        """Whether the very same text is there."""
        return bool((self._digests[: self._size] == trace.digest).any())

    def similarity(self, trace: TextTrace) -> float:
        """How near the nearest of those that are there is, 0 to 1; 0 where there is none."""
        return float(self._in_common(trace).max(initial=0)) / _PERMUTATIONS

    def add(self, trace: TextTrace) -> None:
        """Take a text among these."""
        found, size = self._in_common(trace), self._size
        nearest = self._nearest[:size]
        np.maximum(nearest, found, out=nearest)
        if size == len(self._blocks) * _BLOCK:
            self._blocks.append(np.empty((_BLOCK, _PERMUTATIONS), dtype=np.uint16))
        self._blocks[-1][size % _BLOCK] = trace.least
        self._nearest = with_room(self._nearest, size + 1)
        self._nearest[size] = found.max(initial=0)
        self._digests = with_room(self._digests, size + 1)
        self._digests[size] = trace.digest
        self._size = size + 1
        self._compared = None

    def _in_common(self, trace: TextTrace) -> NDArray[np.uint8]:
        """`(n,)`: how many hashes each text has in common with this one."""
        if self._compared is None or self._compared[0] is not trace:
            counts = np.zeros(len(self._blocks) * _BLOCK, dtype=np.uint8)
            for number, block in enumerate(self._blocks):
                same = block == trace.least
                same.sum(axis=1, dtype=np.uint8, out=counts[number * _BLOCK :][:_BLOCK])
            self._compared = trace, counts[: self._size]
        return self._compared[1]


def _least_hashes(grams: Sequence[bytes]) -> NDArray[np.uint16]:
    """The last 16 bits of the least of each of 128 hashes.

    A hash is the upper half of a·x + b modulo 2⁶⁴, of 32 bits of each. Multiply-add-shift is
    strongly universal: Dietzfelbinger, "Universal hashing and k-wise independent random variables
    via integer arithmetic without primes" (1996).
    """
    digests = b"".join(hashlib.blake2b(gram, digest_size=4).digest() for gram in grams)
    numbers = np.frombuffer(digests, "<u4").astype(np.uint64)
    least = np.full(_PERMUTATIONS, 2**32 - 1, dtype=np.uint32)
    for start in range(0, len(numbers), _AT_ONCE):
        hashes = numbers[start : start + _AT_ONCE, np.newaxis] * _FACTORS + _OFFSETS
        np.minimum(least, (hashes >> np.uint64(32)).min(axis=0).astype(np.uint32), out=least)
    return least.astype(np.uint16)
