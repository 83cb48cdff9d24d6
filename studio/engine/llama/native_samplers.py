"""llama.cpp's own samplers with the settings of ours, and timed: what ours are measured against."""

import ctypes
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from studio.sampling import SamplingParams, active_steps

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
_M = 100
"""common_sampler's constant for Mirostat 1."""


def native_samplers(
    params: SamplingParams, size: int, history: Sequence[int] = (), vocabulary: Any = None
) -> list[Any]:
    """Make llama.cpp's samplers in its common order: biases, then Mirostat or the steps one by one.

    Args:
        params: the settings. Words with biases are llama.cpp's callers' business, and left out.
        size: the vocabulary's.
        history: what the samplers have accepted.
        vocabulary: of a loaded model, for DRY's breakers; without one there are none.

    Returns:
        Samplers to free, or to add to a chain.
    """
    made = _made(params, size, len(history), vocabulary)
    for sampler in made:
        for token in history:
            llama_cpp.llama_sampler_accept(sampler, token)
    return made


def _made(params: SamplingParams, size: int, written: int, vocabulary: Any) -> list[Any]:
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
            params.xtc_probability, params.xtc_threshold, keep, 1
        ),
        "temperature": lambda: llama_cpp.llama_sampler_init_temp_ext(
            params.temperature, params.dynatemp_range, params.dynatemp_exponent
        ),
    }
    made += [makers[name]() for name in params.samplers if name in makers]
    if _is_adaptive(params):
        target, decay = params.adaptive_target, params.adaptive_decay
        made.append(llama_cpp.llama_sampler_init_adaptive_p(target, decay, 1))
    return made


def _is_adaptive(params: SamplingParams) -> bool:
    return "adaptive_p" in active_steps(params)


class NativeSeconds(NamedTuple):
    """What one step of llama.cpp's chain took.

    Attributes:
        filling: writing each token's id and logit where the chain finds them.
        applying: running the chain.
    """

    filling: float
    applying: float


class NativeChain:
    """A chain of llama.cpp's samplers and the candidates it works on. Close it after use.

    Each step is the first one after the history: what the chain carries from one to the next, such
    as Mirostat's mu, is set back.

    Args:
        params: the settings.
        size: the vocabulary's.
        history: what the samplers have accepted.
        draws: whether the chain ends with a draw, as it does in llama.cpp's programs.

    Attributes:
        kept: how many tokens were left the last time.
        selected: the token drawn the last time; -1 where none was.
    """

    def __init__(
        self,
        params: SamplingParams,
        size: int,
        history: Sequence[int] = (),
        *,
        draws: bool = True,
    ) -> None:
        self._chain = llama_cpp.llama_sampler_chain_init(
            llama_cpp.llama_sampler_chain_default_params()
        )
        for sampler in native_samplers(params, size, history):
            llama_cpp.llama_sampler_chain_add(self._chain, sampler)
        # Those draw themselves.
        if draws and not (params.mirostat or _is_adaptive(params)):
            llama_cpp.llama_sampler_chain_add(self._chain, llama_cpp.llama_sampler_init_dist(1))
        self._table = np.zeros(size, dtype=_CANDIDATE)
        self._candidates = self._table.ctypes.data_as(ctypes.POINTER(llama_cpp.llama_token_data))
        self._ids = np.arange(size, dtype=np.int32)
        self.kept, self.selected = size, -1

    def step(self, logits: NDArray[np.float32]) -> NativeSeconds:
        """Time one step on `(V,)` logits."""
        chain = llama_cpp.llama_sampler_clone(self._chain)
        array = llama_cpp.llama_token_data_array(
            data=self._candidates, size=logits.size, selected=-1, sorted=False
        )
        reference = ctypes.byref(array)
        started = time.perf_counter()
        # As llama_sampler_sample does. Of the ids too, for the chain has put them in its order.
        self._table["id"], self._table["logit"] = self._ids, logits
        filled = time.perf_counter()
        llama_cpp.llama_sampler_apply(chain, reference)
        applied = time.perf_counter()
        self.kept = int(array.size)
        self.selected = int(array.data[array.selected].id) if array.selected >= 0 else -1
        llama_cpp.llama_sampler_free(chain)
        return NativeSeconds(filled - started, applied - filled)

    def close(self) -> None:
        """Free the chain."""
        llama_cpp.llama_sampler_free(self._chain)
