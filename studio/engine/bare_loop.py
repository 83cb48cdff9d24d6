"""A bare `llama_decode` loop: the yardstick that the studio's own speed is measured against.

Shares nothing with `Context` and the token loop, so that what they cost shows. Knows nothing of
sampling: it decodes tokens that are given.
"""

import ctypes
import time
from collections.abc import Sequence
from pathlib import Path

import llama_cpp

from studio.engine import log


class BareLoop:
    """One model and one context, used as plainly as llama.cpp's own simple example does."""

    def __init__(self, path: Path, context_size: int, threads: int, lanes: int = 0) -> None:
        """Open both.

        Args:
            path: a GGUF file.
            context_size: tokens.
            threads: of llama.cpp.
            lanes: how many sequences `seconds_of_lanes` may have, beside the prompt's.
        """
        log.install()
        llama_cpp.llama_backend_init()
        self._model = llama_cpp.llama_model_load_from_file(
            str(path).encode(), llama_cpp.llama_model_default_params()
        )
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = context_size
        parameters.n_threads = parameters.n_threads_batch = threads
        if lanes:
            parameters.n_seq_max = 1 + lanes
            parameters.kv_unified = True
        self._context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not self._context:
            raise RuntimeError(f"llama.cpp could not open {path}")

    def seconds(self, prompt: Sequence[int], tokens: Sequence[int]) -> float:
        """Evaluate `prompt`, then time the decoding of `tokens`, one by one, logits fetched.

        Args:
            prompt: token ids that come before; not timed.
            tokens: token ids to decode at the positions that follow.
        """
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)
        self._decode(prompt)
        one = (llama_cpp.llama_token * 1)()
        started = time.perf_counter()
        for token in tokens:
            one[0] = token
            llama_cpp.llama_decode(self._context, llama_cpp.llama_batch_get_one(one, 1))
            llama_cpp.llama_get_logits_ith(self._context, -1)
        return time.perf_counter() - started

    def seconds_of_lanes(
        self, prompt: Sequence[int], lanes: Sequence[Sequence[int]]
    ) -> tuple[float, float]:
        """Evaluate `prompt`, share it, then decode a token of each lane a batch, logits fetched.

        Args:
            prompt: token ids that come before.
            lanes: as many token ids for each lane, to decode at the positions that follow.

        Returns:
            Seconds for the prompt, and seconds for the lanes.
        """
        memory = llama_cpp.llama_get_memory(self._context)
        llama_cpp.llama_memory_clear(memory, True)
        started = time.perf_counter()
        self._decode(prompt)
        evaluated = time.perf_counter()
        count = len(lanes)
        batch = llama_cpp.llama_batch_init(count, 0, 1)
        batch.n_tokens = count
        for lane in range(count):
            llama_cpp.llama_memory_seq_cp(memory, 0, 1 + lane, 0, len(prompt))
            batch.n_seq_id[lane] = batch.logits[lane] = 1
            batch.seq_id[lane][0] = 1 + lane
        begun = time.perf_counter()
        for step, tokens in enumerate(zip(*lanes, strict=True)):
            for lane, token in enumerate(tokens):
                batch.token[lane] = token
                batch.pos[lane] = len(prompt) + step
            llama_cpp.llama_decode(self._context, batch)
            for lane in range(count):
                llama_cpp.llama_get_logits_ith(self._context, lane)
        ended = time.perf_counter()
        llama_cpp.llama_batch_free(batch)
        return evaluated - started, ended - begun

    def _decode(self, tokens: Sequence[int]) -> None:
        array = (ctypes.c_int32 * len(tokens))(*tokens)
        status = llama_cpp.llama_decode(
            self._context, llama_cpp.llama_batch_get_one(array, len(tokens))
        )
        if status:
            raise RuntimeError(f"llama_decode returned {status}")

    def close(self) -> None:
        """Free context and model."""
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)
