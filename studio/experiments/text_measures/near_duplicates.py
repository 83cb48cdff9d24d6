"""Which of some texts are nearly another one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from studio.experiments.text_measures.diversity import n_grams, words_of

_SHINGLE = 3
LEAST_THRESHOLD = 0.5
"""Below it texts of one prompt resemble each other by its words alone."""


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

    An index of shingles says which earlier texts share any with a text.

    Args:
        texts: The texts.
        threshold: The least `similarity`, from `LEAST_THRESHOLD`.
    """
    having: dict[tuple[str, ...], list[int]] = defaultdict(list)
    sets: list[frozenset[tuple[str, ...]]] = []
    known: set[frozenset[tuple[str, ...]]] = set()
    found = []
    for text in texts:
        # A text without words has one shingle, which no other has.
        own = shingles(text) or frozenset({()})
        if own in known:
            found.append(True)
            continue
        near = {other for gram in own for other in having[gram]}
        found.append(any(similarity(own, sets[other]) >= threshold for other in near))
        for gram in own:
            having[gram].append(len(sets))
        sets.append(own)
        known.add(own)
    return found
