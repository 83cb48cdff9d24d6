"""llama.cpp's logits as numpy arrays, without a copy."""

import ctypes
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

_get_logits_ith = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_int32)(
    ctypes.cast(llama_cpp.llama_cpp._lib.llama_get_logits_ith, ctypes.c_void_p).value or 0
)
"""The same function with the pointer as a number, which is all that a view needs."""


class LogitsView:
    """The logits of a context's last batch.

    Args:
        context: llama.cpp's.
        vocabulary_size: logits a row.
    """

    def __init__(self, context: llama_cpp.llama_context_p, vocabulary_size: int) -> None:
        self._context = context
        self._vector = ctypes.c_float * vocabulary_size
        self._views: dict[int, NDArray[np.float32]] = {}
        """By address, for llama.cpp moves its buffer seldom: one costs more than it looks."""

    def row(self, index: int) -> NDArray[np.float32]:
        """The logits after one of the batch's tokens, `(vocabulary,)`; -1 is the last.

        A view of llama.cpp's memory: read it before the next evaluation, never write to it.
        """
        address = _get_logits_ith(self._context, index)
        view = self._views.get(address)
        if view is None:
            vector: Any = self._vector.from_address(address)  # numpy's stubs know no ctypes
            view = np.frombuffer(vector, dtype=np.float32)
            view.flags.writeable = False
            self._views[address] = view
        return view
