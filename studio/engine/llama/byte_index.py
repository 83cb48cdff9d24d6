"""A vocabulary's tokens by the bytes that they spell: which are a text, and which begin with it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


class ByteIndex:
    """Tokens sorted by their bytes.

    Args:
        texts: what each token spells, in the order of their ids. Those that spell nothing, such as
            control tokens, are never found.
    """

    def __init__(self, texts: Iterable[bytes]) -> None:
        spelled = [(text, token) for token, text in enumerate(texts) if text]
        spelled.sort()
        self._texts = [text for text, _ in spelled]
        self._tokens = np.array([token for _, token in spelled], dtype=np.int64)

    def spelling(self, text: bytes) -> list[int]:
        """The tokens that are exactly `text`, the lowest id first."""
        low = bisect_left(self._texts, text)
        found: list[int] = self._tokens[low : bisect_right(self._texts, text, low)].tolist()
        return found

    def extending(self, text: bytes) -> NDArray[np.int64]:
        """The tokens that begin with `text` and are longer; not to be written to."""
        low = bisect_right(self._texts, text)
        # Whatever begins with it sorts before the least text that is greater and does not.
        beyond = text.rstrip(b"\xff")
        if not beyond:
            return self._tokens[low:]
        end = beyond[:-1] + bytes([beyond[-1] + 1])
        return self._tokens[low : bisect_left(self._texts, end, low)]
