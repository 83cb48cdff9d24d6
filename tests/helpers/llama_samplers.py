"""llama.cpp's own samplers, applied through the binding: what ours are held against.

Uses of the studio only the names of parameters.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from studio.sampling import SamplingParams

_M = 100  # common_sampler's constant for Mirostat 1
_CERTAINLY = 1.0  # XTC throws a die of its own; at this probability it acts whatever it shows


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
        self._samplers = _samplers(params, size, len(history), vocabulary)
        for sampler in self._samplers:
            for token in history:
                llama_cpp.llama_sampler_accept(sampler, token)

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


def _samplers(params: SamplingParams, size: int, written: int, vocabulary: Any) -> list[Any]:
    made = []
    if params.logit_bias:
        biases = (llama_cpp.llama_logit_bias * len(params.logit_bias))()
        for place, (token, bias) in enumerate(params.biases):
            biases[place] = llama_cpp.llama_logit_bias(token, bias)
        made.append(llama_cpp.llama_sampler_init_logit_bias(size, len(biases), biases))
    if params.mirostat:
        made.append(llama_cpp.llama_sampler_init_temp(params.temperature))
        tau, eta = params.mirostat_tau, params.mirostat_eta
        made.append(
            llama_cpp.llama_sampler_init_mirostat(size, 1, tau, eta, _M)
            if params.mirostat == 1
            else llama_cpp.llama_sampler_init_mirostat_v2(1, tau, eta)
        )
        return made
    keep = params.min_keep

    def reach(last_n: int) -> int:
        # -1, the whole context, is resolved by llama.cpp's callers.
        return max(1, written) if last_n < 0 else last_n

    def dry() -> Any:
        texts = [text.encode() for text in params.dry_sequence_breakers] if vocabulary else []
        return llama_cpp.llama_sampler_init_dry(
            vocabulary,
            params.dry_multiplier,
            params.dry_base,
            params.dry_allowed_length,
            reach(params.dry_penalty_last_n),
            (ctypes.c_char_p * len(texts))(*texts),
            len(texts),
        )

    makers: dict[str, Callable[[], Any]] = {
        "penalties": lambda: llama_cpp.llama_sampler_init_penalties(
            size,
            reach(params.repeat_last_n),
            params.repeat_penalty,
            params.frequency_penalty,
            params.presence_penalty,
        ),
        "dry": dry,
        "top_n_sigma": lambda: llama_cpp.llama_sampler_init_top_n_sigma(params.top_n_sigma),
        "top_k": lambda: llama_cpp.llama_sampler_init_top_k(params.top_k),
        "typical_p": lambda: llama_cpp.llama_sampler_init_typical(params.typical_p, keep),
        "top_p": lambda: llama_cpp.llama_sampler_init_top_p(params.top_p, keep),
        "min_p": lambda: llama_cpp.llama_sampler_init_min_p(params.min_p, keep),
        "xtc": lambda: llama_cpp.llama_sampler_init_xtc(
            _CERTAINLY if params.xtc_probability > 0.0 else 0.0, params.xtc_threshold, keep, 1
        ),
        "temperature": lambda: llama_cpp.llama_sampler_init_temp_ext(
            params.temperature, params.dynatemp_range, params.dynatemp_exponent
        ),
    }
    return made + [makers[name]() for name in params.samplers]
