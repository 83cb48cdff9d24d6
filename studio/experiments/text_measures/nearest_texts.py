"""How near each of many texts is to its nearest neighbour, as they come one by one.

Texts are not kept: of each 512 bytes stay, the least hashes of its shingles (MinHash: Broder, "On
the resemblance and containment of documents", 1997). The share of them that two texts have in
common estimates the share of their shingles that they have, with a standard error of 0.04 at 0.8.
All are compared with all, which takes some 0.3 ms for a text among 10,000.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.experiments.text_measures.near_duplicates import shingles

_PERMUTATIONS = 128
_FIRST_ROOM = 1024


class TextTrace(NamedTuple):
    """What stays of a text.

    Attributes:
        digest: Of the text itself, without the white space around it.
        least: `(128,)` the least hashes, uint32.
    """

    digest: bytes
    least: NDArray[np.uint32]


class NearestTexts:
    """Texts, each with the similarity of its nearest neighbour among them."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()
        self._least = np.zeros((_FIRST_ROOM, _PERMUTATIONS), dtype=np.uint32)
        self._nearest = np.zeros(_FIRST_ROOM)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def similarities(self) -> NDArray[np.float64]:
        """`(n,)`: that of each one's nearest neighbour, in the order added; 0 where it has none."""
        return self._nearest[: self._size]

    def trace(self, text: str) -> TextTrace:
        """Return what stays of a text, to be looked for and added."""
        hashes = self._hashes
        hashes.clear()
        # A text without words has one shingle, which no other has.
        hashes.update_batch([" ".join(gram).encode() for gram in shingles(text)] or [b""])
        digest = hashlib.blake2b(text.strip().encode("utf-8", "replace"), digest_size=16).digest()
        return TextTrace(digest, hashes.hashvalues.astype(np.uint32))

    def has(self, trace: TextTrace) -> bool:
        """Whether the very same text is there."""
        return trace.digest in self._digests

    def similarity(self, trace: TextTrace) -> float:
        """How near the nearest of those that are there is, 0 to 1; 0 where there is none."""
        return float(self._similarities(trace).max(initial=0.0))

    def add(self, trace: TextTrace) -> None:
        """Take a text among these."""
        found = self._similarities(trace)
        if self._size == len(self._nearest):
            self._least = np.concatenate([self._least, np.zeros_like(self._least)])
            self._nearest = np.concatenate([self._nearest, np.zeros_like(self._nearest)])
        np.maximum(self.similarities, found, out=self.similarities)
        self._least[self._size] = trace.least
        self._nearest[self._size] = found.max(initial=0.0)
        self._digests.add(trace.digest)
        self._size += 1

    def _similarities(self, trace: TextTrace) -> NDArray[np.float64]:
        same = self._least[: self._size] == trace.least
        counts: NDArray[np.float64] = np.mean(same, axis=1, dtype=np.float64)
        return counts

    @cached_property
    def _hashes(self) -> Any:
        from datasketch import MinHash  # only where it is asked for: it takes long to import

        return MinHash(num_perm=_PERMUTATIONS)
