"""A model's vocabulary, wherever the model is: text to tokens and tokens to bytes.

Typed text never becomes a control token here: that is the caller's choice alone, by name of the
token.
"""

import functools
import re
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.engine.text_tokens import CUT, TextTokens


class ByteIndex:
    """Tokens sorted by their bytes.

    Args:
        texts: what each token spells, in the order of their ids. Those that spell nothing, such as
            control tokens, are never found.
    """

    def __init__(self, texts: Iterable[bytes]) -> None:
        texts = list(texts)
        spelled = [token for token, text in enumerate(texts) if text]
        spelled.sort(key=texts.__getitem__)  # of those that spell the same the lowest id is first
        self._texts = [texts[token] for token in spelled]
        self._tokens = np.array(spelled, dtype=np.int64)

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

    def has(self, pattern: re.Pattern[bytes]) -> bool:
        """Whether a token holds what a pattern finds, in which no NUL is."""
        return pattern.search(b"\0".join(self._texts)) is not None


class FillTokens(NamedTuple):
    """The tokens with which a model is given both sides of a place (fill in the middle).

    Attributes:
        prefix: What stands before the place follows it.
        suffix: What stands behind the place follows it.
        middle: What is to stand there follows it.
    """

    prefix: int
    suffix: int
    middle: int


class Vocabulary(ABC):
    """A vocabulary; valid as long as its model is open.

    Attributes:
        mark: what `SamplingParams.logit_bias_vocabulary` calls it; empty where that is not known.
        size: how many tokens it has.
        adds_bos: whether a text begins with the beginning marker.
        bos: the beginning marker; None for none.
        eos: the marker that ends a text; None for none.
        fill: the tokens for filling in; None where it has not all of them.

    Args:
        mark: What `SamplingParams.logit_bias_vocabulary` calls it.
    """

    size: int
    adds_bos: bool
    bos: int | None
    eos: int | None
    fill: FillTokens | None

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self._texts_again = TextTokens(self.tokenize_bytes, self.text)

    def tokenize(self, text: str) -> list[int]:
        """Tokens of `text`, without a beginning or end marker; no control token among them.

        A lone surrogate, which UTF-8 cannot hold, counts as a question mark.
        """
        raw = text.encode("utf-8", errors="replace")
        return self._texts_again.of(raw) if self._can_cut else self.tokenize_bytes(raw)

    @functools.cached_property
    def _can_cut(self) -> bool:
        """Whether a text may be tokenized in two parts: see `CUT`."""
        return not self.added_prefix and not self.by_bytes.has(CUT)

    @abstractmethod
    def tokenize_bytes(self, raw: bytes) -> list[int]:
        """The same of UTF-8 as bytes, of which the first or last character may be incomplete."""

    @abstractmethod
    def text(self, token: int) -> bytes:
        """What `token` adds to a text: bytes, perhaps part of a character; empty for control."""

    @abstractmethod
    def name(self, token: int) -> bytes:
        """`token` as it is shown: its bytes, or a control token's name such as <|im_end|>."""

    @abstractmethod
    def ends_generation(self, token: int) -> bool:
        """Whether `token` is an end-of-generation marker (end of sequence, of turn, ...)."""

    @abstractmethod
    def strips_space(self, token: int) -> tuple[bool, bool]:
        """Whether white space before `token` and behind it belongs to it: so it is in Phi-3."""

    @functools.cached_property
    def added_prefix(self) -> int:
        """Bytes that the tokenizer puts before a text of itself: SentencePiece's space, or none."""
        return len(b"".join(map(self.text, self.tokenize_bytes(b"a")))) - 1

    @functools.cached_property
    def by_bytes(self) -> ByteIndex:
        """All tokens by the bytes that they add to a text.

        Made once: 0.1 s for 49,152 tokens, 0.5 s for 262,144.
        """
        return ByteIndex(self._all_texts())

    @abstractmethod
    def _all_texts(self) -> Iterable[bytes]:
        """What each token adds to a text, in the order of their ids."""

    def is_control(self, token: int) -> bool:
        """Whether a token steers and writes nothing."""
        return token in self.control

    @property
    @abstractmethod
    def control(self) -> dict[int, bool]:
        """Of every control token, by its id, whether it ends a generation."""

    @functools.cached_property
    def control_tokens(self) -> dict[str, int]:
        """Name to id of every control token, the longest name first."""
        found: dict[str, int] = {}
        for token in self.control:
            name = self.name(token).decode("utf-8", errors="replace")
            if name:
                found.setdefault(name, token)
        return dict(sorted(found.items(), key=lambda item: -len(item[0])))
