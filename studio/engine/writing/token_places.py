"""Where the tokens of a prompt stand in its manuscript, in code points.

Tokens are bytes, and a tokenizer adds some of its own: a character belongs to the token that holds
its first byte.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.prompt import TokenizedPrompt

_CONTINUATION, _CONTINUATION_MASK = 0x80, 0xC0  # of UTF-8: 10xxxxxx


class TokenPlaces(NamedTuple):
    """The places of a prompt's tokens that are the manuscript's: those behind its head.

    Attributes:
        starts: `(n + 1,)`: how many characters begin before each, and before the end.
        whole: `(n + 1,)`: whether a character begins exactly where it does, so that text may be
            cut there.
    """

    starts: NDArray[np.int64]
    whole: NDArray[np.bool_]

    @property
    def tokens(self) -> int:
        """n: how many of the tokens have a place."""
        return len(self.starts) - 1

    def characters(self, first: int, end: int) -> int:
        """How many characters the tokens from `first` to `end` hold.

        Args:
            first: The first token.
            end: The one behind the last.
        """
        return int(self.starts[min(end, self.tokens)] - self.starts[min(first, self.tokens)])


def places_of(prompt: TokenizedPrompt, manuscript: str, vocabulary: Vocabulary) -> TokenPlaces:
    """Find the tokens in the manuscript.

    Where a tokenizer does not give a text back as it was (it may drop what it does not know), the
    places end: `n` is less than the number of tokens then.

    Args:
        prompt: What is to be written on.
        manuscript: The text in it.
        vocabulary: The model's.
    """
    raw = manuscript.encode()
    pieces = [vocabulary.text(token) for token in prompt.tokens[prompt.head :]]
    ends = prompt.overlap - prompt.added + np.cumsum([0, *map(len, pieces)])
    spelled = b"".join(pieces)[prompt.added :]
    agreed = prompt.overlap + _agreement(spelled, raw[prompt.overlap :])
    known = ends[: max(1, int(np.count_nonzero(ends <= agreed)))].clip(0, len(raw))
    begins = (np.frombuffer(raw, dtype=np.uint8) & _CONTINUATION_MASK) != _CONTINUATION
    before = np.concatenate([[0], np.cumsum(begins)])
    whole = np.concatenate([begins, [True]])
    return TokenPlaces(before[known].astype(np.int64), whole[known])


def _agreement(left: bytes, right: bytes) -> int:
    """How many bytes two texts have in common at their beginning."""
    length = min(len(left), len(right))
    a = np.frombuffer(left, dtype=np.uint8, count=length)
    b = np.frombuffer(right, dtype=np.uint8, count=length)
    different = np.flatnonzero(a != b)
    return int(different[0]) if different.size else length
