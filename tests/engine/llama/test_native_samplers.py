"""llama.cpp's top-p as the bench times it, beside ours."""

import numpy as np
import pytest

from studio.commands.bench_sampler import measure_top_p
from studio.engine.llama.native_samplers import NativeTopP
from studio.sampling import SamplingParams, choose


def test_it_leaves_what_ours_leaves() -> None:
    rng = np.random.default_rng(0)
    sampler = NativeTopP(0.9, 3000)
    for _ in range(5):
        logits = (rng.normal(size=3000) * 3).astype(np.float32)
        assert sampler.seconds(logits) > 0.0
        ours = choose(logits, SamplingParams(top_p=0.9), (), 0.5)
        # Thousands of float32 additions: the last token may fall either way.
        assert sampler.kept == pytest.approx(ours.kept, abs=1)
    sampler.close()


def test_the_figures_of_the_bench() -> None:
    figures = measure_top_p(4096)
    names = {
        f"top_p{kind}_{what}" for kind in ("", "_sure") for what in ("us", "llama_us", "ratio")
    }
    assert set(figures) == names
    assert all(value > 0.0 for value in figures.values())
