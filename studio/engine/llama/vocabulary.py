"""A model's vocabulary: text to tokens and tokens to bytes.

Typed text never becomes a control token here: that is the caller's choice alone, by name of the
token.
"""

import ctypes
import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from studio.engine.llama.text_tokens import CUT, TextTokens


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

    def has(self, pattern: re.Pattern[bytes]) -> bool:
        """Whether a token holds what a pattern finds."""
        return any(map(pattern.search, self._texts))


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


class Vocabulary:
    """View of a loaded model's vocabulary; valid as long as the model is.

    Attributes:
        mark: what `SamplingParams.logit_bias_vocabulary` calls it; empty where that is not known.
        fill: the tokens for filling in; None where it has not all of them.

    Args:
        model: The loaded model, of llama.cpp's.
        mark: What `SamplingParams.logit_bias_vocabulary` calls it.
    """

    def __init__(self, model: llama_cpp.llama_model_p, mark: str = "") -> None:
        self.mark = mark
        vocabulary = llama_cpp.llama_model_get_vocab(model)
        if not vocabulary:
            raise ValueError("the model has no vocabulary")
        self._vocabulary = vocabulary
        self.size: int = llama_cpp.llama_vocab_n_tokens(vocabulary)
        self.adds_bos: bool = llama_cpp.llama_vocab_get_add_bos(vocabulary)
        self.bos = self._special(llama_cpp.llama_vocab_bos(vocabulary))
        self.eos = self._special(llama_cpp.llama_vocab_eos(vocabulary))
        fill = FillTokens(
            llama_cpp.llama_vocab_fim_pre(vocabulary),
            llama_cpp.llama_vocab_fim_suf(vocabulary),
            llama_cpp.llama_vocab_fim_mid(vocabulary),
        )
        self.fill = fill if all(0 <= token < self.size for token in fill) else None
        # What was asked before: in the token loop each call of llama.cpp runs cold.
        self._texts: dict[int, bytes] = {}
        self._ends: dict[int, bool] = {}
        self._piece_buffer = ctypes.create_string_buffer(256)
        self._texts_again = TextTokens(self.tokenize_bytes, self.text)

    @staticmethod
    def _special(token: int) -> int | None:
        return None if token < 0 else int(token)

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

    def tokenize_bytes(self, raw: bytes) -> list[int]:
        """The same of UTF-8 as bytes, of which the first or last character may be incomplete.

        Raises:
            ValueError: llama.cpp could not.
        """
        # A token holds at least a byte, but a tokenizer may put a space of its own in front.
        room = len(raw) + 8
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(
            self._vocabulary, raw, len(raw), tokens, room, False, False
        )
        if count < 0:
            raise ValueError(f"llama.cpp could not tokenize {len(raw):,} bytes of text ({count})")
        return tokens[:count]

    def text(self, token: int) -> bytes:
        """What `token` adds to a text: bytes, perhaps part of a character; empty for control."""
        text = self._texts.get(token)
        if text is None:
            text = self._texts[token] = self._piece(token, special=False)
        return text

    def name(self, token: int) -> bytes:
        """`token` as it is shown: its bytes, or a control token's name such as <|im_end|>."""
        return self._piece(token, special=True)

    def _piece(self, token: int, *, special: bool) -> bytes:
        buffer = self._piece_buffer
        length = llama_cpp.llama_token_to_piece(
            self._vocabulary, token, buffer, len(buffer), 0, special
        )
        if length < 0:
            # A longer piece: the negative of its length came back.
            self._piece_buffer = buffer = ctypes.create_string_buffer(-length)
            length = llama_cpp.llama_token_to_piece(
                self._vocabulary, token, buffer, len(buffer), 0, special
            )
        return buffer.raw[:length]

    def ends_generation(self, token: int) -> bool:
        """Whether `token` is an end-of-generation marker (end of sequence, of turn, ...)."""
        ends = self._ends.get(token)
        if ends is None:
            ends = self._ends[token] = bool(llama_cpp.llama_vocab_is_eog(self._vocabulary, token))
        return ends

    def strips_space(self, token: int) -> tuple[bool, bool]:
        """Whether white space before `token` and behind it belongs to it: so it is in Phi-3."""
        attributes = llama_cpp.llama_vocab_get_attr(self._vocabulary, token)
        before = attributes & llama_cpp.LLAMA_TOKEN_ATTR_LSTRIP
        return bool(before), bool(attributes & llama_cpp.LLAMA_TOKEN_ATTR_RSTRIP)

    @functools.cached_property
    def added_prefix(self) -> int:
        """Bytes that the tokenizer puts before a text of itself: SentencePiece's space, or none."""
        return len(b"".join(map(self.text, self.tokenize_bytes(b"a")))) - 1

    @functools.cached_property
    def by_bytes(self) -> ByteIndex:
        """All tokens by the bytes that they add to a text.

        Made once: 0.1 s for 49,152 tokens, 0.5 s for 262,144.
        """
        # Not through `text`, which would keep every one of them.
        return ByteIndex(self._piece(token, special=False) for token in range(self.size))

    def is_control(self, token: int) -> bool:
        """Whether a token steers and writes nothing."""
        return token in self.control

    @functools.cached_property
    def control(self) -> dict[int, bool]:
        """Of every control token, by its id, whether it ends a generation."""
        is_control = llama_cpp.llama_vocab_is_control
        return {
            token: self.ends_generation(token)
            for token in range(self.size)
            if is_control(self._vocabulary, token)
        }

    @functools.cached_property
    def control_tokens(self) -> dict[str, int]:
        """Name to id of every control token, the longest name first."""
        found: dict[str, int] = {}
        for token in self.control:
            name = self.name(token).decode("utf-8", errors="replace")
            if name:
                found.setdefault(name, token)
        return dict(sorted(found.items(), key=lambda item: -len(item[0])))
