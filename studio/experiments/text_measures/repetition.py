"""How much a text repeats itself."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST_PHRASE = 90
_SHORT_PHRASE = 3
_MANY = 50


def ends_in_loop(tokens: Sequence[int]) -> bool:
    """Whether a text ends by repeating a phrase.

    The phrase of at most 90 tokens that stands most often in a row at the end, the shortest on a
    tie, does so twice or more; one of fewer than 3 tokens more than 50 times. Holtzman et al., "The
    curious case of neural text degeneration" (2019), section 5.3, as its published evaluation
    counts.

    Args:
        tokens: The text's token ids, without an end-of-text token.
    """
    longest = min(_LONGEST_PHRASE, len(tokens))
    times = {length: _times_at_end(tokens, length) for length in range(1, longest + 1)}
    if not times:
        return False
    most = max(times, key=lambda length: times[length])  # the first of several
    return times[most] > (1 if most >= _SHORT_PHRASE else _MANY)


def _times_at_end(tokens: Sequence[int], length: int) -> int:
    """How often the last `length` tokens stand in a row at the end."""
    phrase = list(tokens[-length:])
    times, end = 1, len(tokens) - length
    while end >= length and list(tokens[end - length : end]) == phrase:
        times, end = times + 1, end - length
    return times


def repeated_share(tokens: Sequence[int], n: int = 4) -> float:
    """Return the share of a text's n-grams that it had before: rep-n, 0 to 1.

    1 − (different n-grams) / (all n-grams): Welleck et al., "Neural text generation with
    unlikelihood training" (2020), seq-rep-n. 0 where it is shorter than n.

    Args:
        tokens: The text's token ids.
        n: How many tokens an n-gram has.
    """
    grams = [tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)]
    return 1.0 - len(set(grams)) / len(grams) if grams else 0.0
