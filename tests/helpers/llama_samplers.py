"""llama.cpp's own samplers, applied through the binding: what ours are held against."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, NamedTuple

import llama_cpp
import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.engine.llama.native_samplers import native_samplers
from studio.sampling import SamplingParams

_CERTAINLY = 1.0  # XTC draws for itself; at this probability it acts whatever it draws


class Left(NamedTuple):
    """What a chain of samplers leaves.

    Attributes:
        probabilities: `(V,)`, the softmax of the logits left; zero where cut.
        spread: How far the least of the logits left is below the largest; infinite where a
            sampler has set one to -inf without taking its token out.
        selected: The token that a sampler which draws has drawn, or -1.
    """

    probabilities: NDArray[np.float64]
    spread: float
    selected: int


class Chain:
    """Samplers in llama.cpp's common order: biases, then Mirostat or the steps one by one.

    Args:
        params: XTC, where it is on, acts at each step here.
        size: The vocabulary's.
        history: What the samplers have accepted.
        vocabulary: Of a loaded model, for DRY's breakers; without one there are none.
    """

    def __init__(
        self,
        params: SamplingParams,
        size: int,
        history: Sequence[int] = (),
        vocabulary: Any = None,
    ) -> None:
        if params.xtc_probability > 0.0:
            params = msgspec.structs.replace(params, xtc_probability=_CERTAINLY)
        self._samplers = native_samplers(params, size, history, vocabulary)

    def apply(self, logits: NDArray[np.float32]) -> Left:
        """Run the samplers over `logits`."""
        candidates = (llama_cpp.llama_token_data * logits.size)()
        table = _table(candidates)
        table["id"], table["logit"] = np.arange(logits.size), logits
        array = llama_cpp.llama_token_data_array(
            data=candidates, size=logits.size, selected=-1, sorted=False
        )
        for sampler in self._samplers:
            llama_cpp.llama_sampler_apply(sampler, ctypes.byref(array))
        # XTC moves the pointer itself.
        left = ctypes.POINTER(llama_cpp.llama_token_data * array.size)
        table = _table(ctypes.cast(array.data, left).contents)
        ids, z = table["id"].copy(), table["logit"].astype(np.float64)
        probabilities = np.zeros(logits.size)
        weights = np.exp(z - z.max())
        probabilities[ids] = weights / weights.sum()
        selected = int(ids[array.selected]) if array.selected >= 0 else -1
        return Left(probabilities, float(z.max() - z.min()), selected)

    def accept(self, token: int) -> None:
        """Say the samplers what was drawn, where they carry something from token to token."""
        for sampler in self._samplers:
            llama_cpp.llama_sampler_accept(sampler, token)

    def close(self) -> None:
        for sampler in self._samplers:
            llama_cpp.llama_sampler_free(sampler)


def _table(candidates: Any) -> NDArray[np.void]:
    fields = np.dtype([("id", "i4"), ("logit", "f4"), ("p", "f4")])
    return np.frombuffer(candidates, dtype=fields)


def left_by_llama(
    logits: NDArray[np.float32],
    params: SamplingParams,
    history: Sequence[int] = (),
    vocabulary: Any = None,
) -> Left:
    """Run llama.cpp's samplers once."""
    chain = Chain(params, logits.size, history, vocabulary)
    try:
        return chain.apply(logits)
    finally:
        chain.close()
