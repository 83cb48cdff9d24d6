"""Which of some texts are nearly another one of them."""

from __future__ import annotations

from collections.abc import Sequence

from studio.experiments.text_measures.diversity import n_grams, words_of

_SHINGLE = 3
_PERMUTATIONS = 128
_BANDS = (42, 3)
"""Bands, and hashes in each: a pair that resembles at 0.5 is a candidate with 99.6 %, one at 0.8
always, one at 0.1 with 4 %: 1 − (1 − s³)⁴²."""
LEAST_THRESHOLD = 0.5


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of three words of a text, in small letters; all of it where it has fewer."""
    words = words_of(text.lower())
    return frozenset(n_grams(words, min(_SHINGLE, len(words)) or 1))


def similarity(first: frozenset[tuple[str, ...]], second: frozenset[tuple[str, ...]]) -> float:
    """Return the resemblance of two sets of shingles: what they share, divided by what they have.

    Jaccard's index, for texts Broder, "On the resemblance and containment of documents" (1997). 1
    where both are empty.

    Args:
        first: One.
        second: The other.
    """
    together = len(first | second)
    return len(first & second) / together if together else 1.0


def near_duplicates(texts: Sequence[str], threshold: float = 0.8) -> list[bool]:
    """Return for each text whether an earlier one resembles it.

    Candidates are found by MinHash with locality-sensitive hashing (datasketch), and their shingles
    compared.

    Args:
        texts: The texts.
        threshold: The least `similarity`, from `LEAST_THRESHOLD`.
    """
    from datasketch import MinHash, MinHashLSH  # only where it is asked for

    index = MinHashLSH(num_perm=_PERMUTATIONS, params=_BANDS)
    sets = [shingles(text) for text in texts]
    found = []
    for place, own in enumerate(sets):
        hashes = MinHash(num_perm=_PERMUTATIONS)
        # A text without words has one shingle, which no other has.
        hashes.update_batch([" ".join(gram).encode() for gram in own] or [b""])
        near = (similarity(own, sets[int(other)]) for other in index.query(hashes))
        found.append(any(value >= threshold for value in near))
        index.insert(str(place), hashes)
    return found
