"""llama.cpp asked directly, as simply as it can be: what the engine's answers are held against.

Uses nothing of the studio. One token a call, no reuse, no sampler.
"""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import llama_cpp
import numpy as np
from numpy.typing import NDArray


class Reference:
    """A model with a context of its own."""

    def __init__(self, path: Path, context_size: int = 1024) -> None:
        llama_cpp.llama_backend_init()
        options = llama_cpp.llama_model_default_params()
        options.n_gpu_layers = 0
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), options)
        assert self._model, f"{path} did not load"
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = context_size
        settings.n_threads = settings.n_threads_batch = 1
        self._context = llama_cpp.llama_init_from_model(self._model, settings)
        assert self._context
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._model)
        self.vocabulary_size = llama_cpp.llama_vocab_n_tokens(self._vocabulary)

    def __enter__(self) -> "Reference":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    def tokenize(self, text: str, *, add_special: bool = False, special: bool) -> list[int]:
        """llama.cpp's own tokens of `text`; `special` reads control tokens in it."""
        raw = text.encode()
        tokens = (llama_cpp.llama_token * (len(raw) + 16))()
        count = llama_cpp.llama_tokenize(
            self._vocabulary, raw, len(raw), tokens, len(tokens), add_special, special
        )
        assert count >= 0
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """What a token spells; a control token's name."""
        buffer = ctypes.create_string_buffer(512)
        count = llama_cpp.llama_token_to_piece(self._vocabulary, token, buffer, 512, 0, True)
        assert count >= 0
        return buffer.raw[:count]

    def logits(self, tokens: Sequence[int], first: int | None = None) -> NDArray[np.float32]:
        """Logits after the token at `first` (default: the last) and after each that follows it.

        Returns:
            (number of places, vocabulary).
        """
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)
        rows = []
        for place, token in enumerate(tokens):
            array = (llama_cpp.llama_token * 1)(token)  # the batch points to it and keeps it not
            batch = llama_cpp.llama_batch_get_one(array, 1)
            assert llama_cpp.llama_decode(self._context, batch) == 0
            if place >= (len(tokens) - 1 if first is None else first):
                pointer = llama_cpp.llama_get_logits_ith(self._context, -1)
                rows.append(np.ctypeslib.as_array(pointer, (self.vocabulary_size,)).copy())
        return np.array(rows)


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """exp(z / T) over its sum, by the book."""
    scaled = logits.astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    result: NDArray[np.float64] = weights / weights.sum()
    return result
