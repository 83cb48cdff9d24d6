"""A loaded model's vocabulary: text to tokens and tokens to bytes, by llama.cpp."""

import ctypes
import functools
from collections.abc import Callable, Iterable
from itertools import compress, repeat
from operator import attrgetter
from typing import Any

import llama_cpp

from studio.engine.vocabulary import FillTokens, Vocabulary

_ROOM = 64
"""Bytes for a piece where all are asked for; longer ones are asked for once more."""


def _unconverted(function: Any) -> Callable[..., int]:
    """A function of llama.cpp's whose arguments ctypes need not convert: they are its own already.

    To be called once a token: that takes less than half as long.
    """
    return ctypes.cast(function, ctypes.CFUNCTYPE(function.restype))


class LlamaVocabulary(Vocabulary):
    """View of a loaded model's vocabulary; valid as long as the model is.

    Args:
        model: The loaded model, of llama.cpp's.
        mark: What `SamplingParams.logit_bias_vocabulary` calls it.
    """

    def __init__(self, model: llama_cpp.llama_model_p, mark: str = "") -> None:
        super().__init__(mark)
        vocabulary = llama_cpp.llama_model_get_vocab(model)
        if not vocabulary:
            raise ValueError("the model has no vocabulary")
        self._vocabulary, self._pointer = vocabulary, ctypes.c_void_p(vocabulary)
        self.size = llama_cpp.llama_vocab_n_tokens(vocabulary)
        self.adds_bos = llama_cpp.llama_vocab_get_add_bos(vocabulary)
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

    @staticmethod
    def _special(token: int) -> int | None:
        return None if token < 0 else int(token)

    def tokenize_bytes(self, raw: bytes) -> list[int]:
        """See `Vocabulary`.

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
        """See `Vocabulary`."""
        text = self._texts.get(token)
        if text is None:
            text = self._texts[token] = self._piece(token, special=False)
        return text

    def name(self, token: int) -> bytes:
        """See `Vocabulary`."""
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
        """See `Vocabulary`."""
        ends = self._ends.get(token)
        if ends is None:
            ends = self._ends[token] = bool(llama_cpp.llama_vocab_is_eog(self._vocabulary, token))
        return ends

    def strips_space(self, token: int) -> tuple[bool, bool]:
        """See `Vocabulary`."""
        attributes = llama_cpp.llama_vocab_get_attr(self._vocabulary, token)
        before = attributes & llama_cpp.LLAMA_TOKEN_ATTR_LSTRIP
        return bool(before), bool(attributes & llama_cpp.LLAMA_TOKEN_ATTR_RSTRIP)

    def _all_texts(self) -> Iterable[bytes]:
        # Not through `text`, which would keep every one of them.
        piece = _unconverted(llama_cpp.llama_token_to_piece)
        buffer = ctypes.create_string_buffer(_ROOM)
        same = (ctypes.byref(buffer), _ROOM, 0, ctypes.c_bool(False))
        lengths = map(piece, repeat(self._pointer), range(self.size), *map(repeat, same))
        spelled = map(attrgetter("raw"), repeat(buffer))
        return [
            raw[:length] if length >= 0 else self._piece(token, special=False)
            for token, (length, raw) in enumerate(zip(lengths, spelled, strict=False))
        ]

    @functools.cached_property
    def control(self) -> dict[int, bool]:
        """See `Vocabulary`."""
        is_control = _unconverted(llama_cpp.llama_vocab_is_control)
        tokens = range(self.size)
        control = compress(tokens, map(is_control, repeat(self._pointer), tokens))
        return {token: self.ends_generation(token) for token in control}
