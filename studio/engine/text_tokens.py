"""The tokens of a long text that is tokenized again and again, a little different each time.

A writer's text is tokenized for each look ahead and each Continue, and is as a rule the last one
with another end. llama.cpp takes 2 ms for 512 tokens, a fifth of a decode.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

_SHORTEST = 512
"""Bytes: a shorter text is tokenized as quickly as it is looked at."""
_NEAR = 4096
"""Bytes before a change in which a place is looked for that is no token's inside."""
_KEPT = 4
"""Texts: the manuscript's among those of a brief and a template."""

CUT = re.compile(rb"[A-Za-z][ \n]")
"""Between these two bytes a text may be cut, where no token of a vocabulary holds both.

Then no tokenizer's result crosses the place, whatever its kind: merges of pairs (BPE,
SentencePiece), best paths (unigram) and longest matches (RWKV) find on either side what they find
there alone. Tokenizers that split a text by a pattern first begin a new part at such a space.
"""


class _Known(NamedTuple):
    """A text and its tokens.

    Attributes:
        text: UTF-8.
        tokens: their ids.
        ends: where each ends, in bytes.
    """

    text: bytes
    tokens: list[int]
    ends: list[int]


class TextTokens:
    """Tokenizes texts whole, or from the last cut before what differs from one before.

    Args:
        tokenize: Gives a text's tokens, which put nothing before it of themselves.
        spelled: Gives a token's bytes.
    """

    def __init__(
        self, tokenize: Callable[[bytes], list[int]], spelled: Callable[[int], bytes]
    ) -> None:
        self._tokenize = tokenize
        self._spelled = spelled
        self._known: list[_Known] = []
        """The last used first."""

    def of(self, text: bytes) -> list[int]:
        """The tokens of a text, as `tokenize` gives them.

        Args:
            text: UTF-8, of which the first or last character may be incomplete.
        """
        if len(text) < _SHORTEST:
            return self._tokenize(text)
        same, nearest = max(
            ((_common(text, known.text), known) for known in self._known),
            key=lambda found: found[0],
            default=(0, None),
        )
        start = _last_cut(text, same)
        if nearest is None or not start:
            known = self._extended(text, _Known(b"", [], []))
        else:
            self._known.remove(nearest)
            kept = bisect_left(nearest.ends, start) + 1
            known = self._extended(text, _Known(b"", nearest.tokens[:kept], nearest.ends[:kept]))
        # Where tokens do not spell the text, nobody knows where one ends.
        if known.ends and known.ends[-1] == len(text):
            self._known = [known, *self._known[: _KEPT - 1]]
        return known.tokens[:]

    def _extended(self, text: bytes, known: _Known) -> _Known:
        start = known.ends[-1] if known.ends else 0
        added = self._tokenize(text[start:])
        lengths = (len(self._spelled(token)) for token in added)
        ends = list(accumulate(lengths, initial=start))[1:]
        return _Known(text, known.tokens + added, known.ends + ends)


def _last_cut(text: bytes, end: int) -> int:
    """The last place before `end` at which a text may be cut; 0 where none is near."""
    places = [found.start() + 1 for found in CUT.finditer(text, max(0, end - _NEAR), end)]
    return places[-1] if places else 0


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts begin with that are the same."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:  # the first `low` are the same, the first `high` are not
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low
