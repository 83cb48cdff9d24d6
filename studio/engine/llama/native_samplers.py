"""llama.cpp's own top-p sampler, timed: what ours is measured against.

Applied to an array of candidates, as llama.cpp's callers do. Knows nothing of ours.
"""

import ctypes
import time

import llama_cpp
import numpy as np
from numpy.typing import NDArray

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class NativeTopP:
    """One top-p sampler and the candidates it works on. Close it after use."""

    def __init__(self, p: float, vocabulary_size: int) -> None:
        self._sampler = llama_cpp.llama_sampler_init_top_p(p, 1)
        self._table = np.zeros(vocabulary_size, dtype=_CANDIDATE)
        candidate = ctypes.POINTER(llama_cpp.llama_token_data)
        self._candidates = self._table.ctypes.data_as(candidate)
        self._ids = np.arange(vocabulary_size, dtype=np.int32)
        self.kept = vocabulary_size
        """How many tokens it left the last time."""

    def seconds(self, logits: NDArray[np.float32]) -> float:
        """Time one application to `logits`; filling the candidates in is not counted."""
        self._table["id"], self._table["logit"] = self._ids, logits
        array = llama_cpp.llama_token_data_array(
            data=self._candidates, size=logits.size, selected=-1, sorted=False
        )
        reference = ctypes.byref(array)
        started = time.perf_counter()
        llama_cpp.llama_sampler_apply(self._sampler, reference)
        took = time.perf_counter() - started
        self.kept = array.size
        return took

    def close(self) -> None:
        """Free the sampler."""
        llama_cpp.llama_sampler_free(self._sampler)
