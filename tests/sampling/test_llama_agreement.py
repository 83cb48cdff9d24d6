"""Our filters against llama.cpp's own, called through the binding, on random candidates."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.sampling import SamplingParams, distribution

llama_cpp = pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")

CASES = 1000


def by_llama(
    logits: NDArray[np.float32], params: SamplingParams, history: Sequence[int]
) -> NDArray[np.float64]:
    """Run llama.cpp's samplers one after another, and return the softmax of what they leave."""
    candidates = (llama_cpp.llama_token_data * logits.size)()
    for token, logit in enumerate(logits):
        candidates[token] = llama_cpp.llama_token_data(id=token, logit=float(logit), p=0.0)
    array = llama_cpp.llama_token_data_array(
        data=candidates, size=logits.size, selected=-1, sorted=False
    )
    for name in params.samplers:
        sampler = {
            "top_k": lambda: llama_cpp.llama_sampler_init_top_k(params.top_k),
            "top_p": lambda: llama_cpp.llama_sampler_init_top_p(params.top_p, 1),
            "min_p": lambda: llama_cpp.llama_sampler_init_min_p(params.min_p, 1),
            "temperature": lambda: llama_cpp.llama_sampler_init_temp(params.temperature),
            "penalties": lambda: llama_cpp.llama_sampler_init_penalties(
                logits.size, params.repeat_last_n, params.repeat_penalty, 0.0, 0.0
            ),
        }[name]()
        for token in history:
            llama_cpp.llama_sampler_accept(sampler, token)
        llama_cpp.llama_sampler_apply(sampler, ctypes.byref(array))
        llama_cpp.llama_sampler_free(sampler)
    left = [(array.data[i].id, array.data[i].logit) for i in range(array.size)]
    z = np.array([logit for _, logit in left], dtype=np.float64)
    weights = np.exp(z - z.max())
    probabilities = np.zeros(logits.size)
    probabilities[[token for token, _ in left]] = weights / weights.sum()
    return probabilities


def rounding_decides(
    logits: NDArray[np.float32], params: SamplingParams, history: Sequence[int]
) -> bool:
    """Say whether a threshold lies so close to a token that float32 may fall on either side."""
    kept = set()
    for by in (-1e-5, 0.0, 1e-5):
        moved = SamplingParams(
            temperature=params.temperature,
            top_k=params.top_k,
            top_p=min(1.0, params.top_p * (1 + by)),
            min_p=min(1.0, params.min_p * (1 + by)),
            repeat_penalty=params.repeat_penalty,
            repeat_last_n=params.repeat_last_n,
            samplers=params.samplers,
        )
        kept.add(np.count_nonzero(distribution(logits, moved, history)))
    return len(kept) > 1


def random_case(
    rng: np.random.Generator, samplers: tuple[str, ...]
) -> tuple[NDArray[np.float32], SamplingParams, list[int]]:
    size = int(rng.integers(2, 300))
    logits = (rng.normal(size=size) * rng.uniform(0.5, 5.0)).astype(np.float32)
    params = SamplingParams(
        temperature=float(np.exp(rng.uniform(-2.0, 2.0))),
        top_k=int(rng.integers(0, 60)),
        top_p=float(rng.choice([1.0, rng.uniform(0.05, 1.0)])),
        min_p=float(rng.choice([0.0, rng.uniform(0.0, 0.5)])),
        repeat_penalty=float(rng.choice([1.0, rng.uniform(0.7, 2.0)])),
        repeat_last_n=int(rng.integers(0, 20)),
        samplers=samplers,
    )
    return logits, params, rng.integers(0, size, int(rng.integers(0, 30))).tolist()


def agree(cases: int, seed: int, orders: Sequence[tuple[str, ...]]) -> None:
    rng = np.random.default_rng(seed)
    compared = 0
    while compared < cases:
        logits, params, history = random_case(rng, orders[int(rng.integers(len(orders)))])
        ours = distribution(logits, params, history)
        if rounding_decides(logits, params, history) or len(set(logits.tolist())) < logits.size:
            continue
        theirs = by_llama(logits, params, history)
        assert np.abs(ours - theirs).max() < 1e-5, (params, history)
        compared += 1


@pytest.mark.parametrize("name", ["top_k", "top_p", "min_p", "temperature", "penalties"])
def test_each_sampler_agrees_with_llama_cpp(name: str) -> None:
    agree(CASES, seed=len(name), orders=[(name,)])


def test_any_order_of_any_of_them_agrees_with_llama_cpp() -> None:
    rng = np.random.default_rng(9)
    names = np.array(["top_k", "top_p", "min_p", "temperature", "penalties"])
    orders = [tuple(rng.permutation(names)[: rng.integers(1, 6)].tolist()) for _ in range(200)]
    agree(CASES, seed=10, orders=orders)


def test_t_zero_agrees_with_llama_cpp_in_its_default_order() -> None:
    rng = np.random.default_rng(11)
    for _ in range(100):
        logits, params, history = random_case(
            rng, ("penalties", "top_k", "top_p", "min_p", "temperature")
        )
        greedy = SamplingParams(
            temperature=0.0, repeat_penalty=params.repeat_penalty, samplers=params.samplers
        )
        ours, theirs = distribution(logits, greedy, history), by_llama(logits, greedy, history)
        assert np.array_equal(ours, theirs)
