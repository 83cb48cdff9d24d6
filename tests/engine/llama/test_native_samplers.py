"""llama.cpp's chain as the bench times it, beside ours."""

import numpy as np
import pytest

from studio.commands.bench_synthetic import measure_synthetic_top_p
from studio.engine.llama.native_samplers import NativeChain
from studio.sampling import SamplingParams, choose


def some_logits(seed: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return (np.random.default_rng(seed).normal(size=3000) * 3).astype(np.float32)


def test_it_leaves_what_ours_leaves() -> None:
    chain = NativeChain(SamplingParams(top_p=0.9), 3000, draws=False)
    for seed in range(5):
        logits = some_logits(seed)
        assert min(chain.step(logits)) > 0.0
        ours = choose(logits, SamplingParams(top_p=0.9), (), 0.5)
        # Thousands of float32 additions: the last token may fall either way.
        assert chain.kept == pytest.approx(ours.kept, abs=1)
        assert chain.selected == -1
    chain.close()


def test_it_ends_with_a_draw() -> None:
    chain = NativeChain(SamplingParams(temperature=0.8, top_k=1), 3000)
    for seed in range(5):
        logits = some_logits(seed)
        chain.step(logits)
        assert chain.selected == logits.argmax()
    chain.close()


def test_the_history_counts() -> None:
    logits = some_logits(0)
    best, second = np.argsort(-logits)[:2].tolist()
    params = SamplingParams(top_k=1, repeat_penalty=5.0, repeat_last_n=-1)
    chain = NativeChain(params, 3000, [best, 7])
    chain.step(logits)
    assert chain.selected == second
    chain.close()


def test_each_step_is_the_first_one() -> None:
    params = SamplingParams(mirostat=2, mirostat_tau=2.0, mirostat_eta=1.0)
    chain = NativeChain(params, 3000)
    kept = set()
    for _ in range(5):
        chain.step(some_logits(0))
        kept.add(chain.kept)
    assert len(kept) == 1  # its mu would have moved by bits
    chain.close()


def test_the_figures_of_the_bench() -> None:
    figures = measure_synthetic_top_p(4096)
    names = {
        f"synthetic_top_p{kind}_{what}"
        for kind in ("", "_sure")
        for what in ("us", "llama_us", "ratio")
    }
    assert set(figures) == names
    assert all(value > 0.0 for value in figures.values())
