"""A bare `llama_decode` loop: the yardstick that the studio's own speed is measured against.

Shares nothing with `Context` and the token loop, so that what they cost shows. It decodes tokens
that are given.
"""

import ctypes
import time
from collections.abc import Sequence
from pathlib import Path

import llama_cpp

from studio.engine.llama import log


class BareLoop:
    """One model and one context, used as plainly as llama.cpp's own simple example does.

    Args:
        path: The model's GGUF file.
        context_size: Tokens that the context has room for.
        threads: Threads that evaluate.
        sequences: How many sequences `seconds_of_sequences` may have, besides the prompt's.
    """

    def __init__(self, path: Path, context_size: int, threads: int, sequences: int = 0) -> None:
        log.install()
        llama_cpp.llama_backend_init()
        self._model = llama_cpp.llama_model_load_from_file(
            str(path).encode(), llama_cpp.llama_model_default_params()
        )
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = context_size
        parameters.n_threads = parameters.n_threads_batch = threads
        if sequences:
            parameters.n_seq_max = 1 + sequences
            parameters.kv_unified = True
        self._context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not self._context:
            raise RuntimeError(f"llama.cpp could not open {path}")
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._sequences = sequences
        self._prompt: list[int] = []
        """The tokens of sequence 0, which may have more after them."""

    def seconds_to_read(self, prompt: Sequence[int]) -> float:
        """Time the evaluation of `prompt` from its beginning, its last logits fetched.

        Args:
            prompt: Token ids.
        """
        self._prompt = []
        started = time.perf_counter()
        self._put(prompt)
        llama_cpp.llama_get_logits_ith(self._context, -1)
        return time.perf_counter() - started

    def seconds(self, prompt: Sequence[int], tokens: Sequence[int]) -> float:
        """Time the decoding of `tokens` after `prompt`, one by one, logits fetched.

        Args:
            prompt: Token ids that come before; not timed.
            tokens: Token ids to decode at the positions that follow.
        """
        self._put(prompt)
        one = (llama_cpp.llama_token * 1)()
        status = 0
        started = time.perf_counter()
        for token in tokens:
            one[0] = token
            status |= llama_cpp.llama_decode(self._context, llama_cpp.llama_batch_get_one(one, 1))
            llama_cpp.llama_get_logits_ith(self._context, -1)
        seconds = time.perf_counter() - started
        _check(status)
        return seconds

    def seconds_of_sequences(
        self, prompt: Sequence[int], sequences: Sequence[Sequence[int]]
    ) -> float:
        """Share `prompt`, then time decoding one token of each sequence a batch, logits fetched.

        Args:
            prompt: Token ids that come before; not timed.
            sequences: Token ids of each sequence, to decode at the positions that follow. Where one
                has fewer than another, the last batches are smaller, as when a sequence ends.
        """
        self._put(prompt)
        for sequence in range(len(sequences)):
            llama_cpp.llama_memory_seq_cp(self._memory, 0, 1 + sequence, 0, len(prompt))
        batch = llama_cpp.llama_batch_init(len(sequences), 0, 1)
        status = 0
        started = time.perf_counter()
        for step in range(max(map(len, sequences))):
            row = 0
            for sequence, tokens in enumerate(sequences):
                if step < len(tokens):
                    batch.token[row] = tokens[step]
                    batch.pos[row] = len(prompt) + step
                    batch.n_seq_id[row] = batch.logits[row] = 1
                    batch.seq_id[row][0] = 1 + sequence
                    row += 1
            batch.n_tokens = row
            status |= llama_cpp.llama_decode(self._context, batch)
            for index in range(row):
                llama_cpp.llama_get_logits_ith(self._context, index)
        seconds = time.perf_counter() - started
        llama_cpp.llama_batch_free(batch)
        _check(status)
        return seconds

    def _put(self, prompt: Sequence[int]) -> None:
        """Have the prompt's tokens in the memory and nothing else; evaluate it if it is new."""
        if self._prompt == list(prompt):
            for sequence in range(1, 1 + self._sequences):
                llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)
            if llama_cpp.llama_memory_seq_rm(self._memory, 0, len(prompt), -1):
                return
        llama_cpp.llama_memory_clear(self._memory, True)
        most = llama_cpp.llama_n_batch(self._context)
        for start in range(0, len(prompt), most):
            part = prompt[start : start + most]
            array = (ctypes.c_int32 * len(part))(*part)
            batch = llama_cpp.llama_batch_get_one(array, len(part))
            _check(llama_cpp.llama_decode(self._context, batch))
        self._prompt = list(prompt)

    def close(self) -> None:
        """Free context and model."""
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)


def _check(status: int) -> None:
    # What fails is quick, and would be the fastest loop of all.
    if status:
        raise RuntimeError(f"llama_decode returned {status}")
