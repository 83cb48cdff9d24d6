"""What sampling costs on made-up logits, one step after another, the caches as that leaves them.

In memory as the window's engine has it: in huge pages, where the system gives them.
"""

import statistics
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from studio.commands.bench_logits import row_like_llama_cpps
from studio.engine.llama.huge_pages import ask_for_huge_pages
from studio.engine.llama.native_samplers import NativeChain
from studio.sampling import (
    LogitSketch,
    LogitStatistics,
    Ranking,
    SamplingParams,
    choose,
    uniform,
)
from studio.sampling.samplers.pipeline import shape

VOCABULARIES = (49_152, 131_072, 262_144)
_STEPS = 200
_TOP_P_STEPS = 64
_WARM_STEPS = 2
"""They have all memory made that the others work in, and are not counted."""
_PARAMS = SamplingParams(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05)


def measure_synthetic_sampler() -> dict[str, float]:
    """Median microseconds of temperature, filters, draw and sketch, by vocabulary size."""
    return {str(size): measure_synthetic_lanes(size, 1, _STEPS) for size in VOCABULARIES}


def measure_synthetic_lanes(size: int = 262_144, lanes: int = 8, steps: int = _STEPS // 4) -> float:
    """Median microseconds of one step's sampling in several lanes, their sketches in a row.

    Args:
        size: How many tokens the vocabulary has.
        lanes: How many lanes.
        steps: How many of them are timed.
    """
    # As many different vectors as fit no cache, as in a token loop, where a decode lies between.
    logits = [_logits_like_a_models(size, seed) for seed in range(16)]
    times = []
    for step in _steps(steps):
        vectors = [logits[(step * lanes + lane) % len(logits)] for lane in range(lanes)]
        started = time.perf_counter()
        all_logit_statistics = []
        for vector in vectors:
            all_logit_statistics.append(LogitStatistics(vector))
            choose(all_logit_statistics[-1].ranking, _PARAMS, (), uniform(1, step))
        for logit_statistics in all_logit_statistics:
            LogitSketch.of_statistics(logit_statistics, None).to_bytes()
        times.append(time.perf_counter() - started)
    return statistics.median(times[_WARM_STEPS:]) * 1e6


def measure_synthetic_top_p(size: int = 131_072, p: float = 0.95) -> dict[str, float]:
    """Median microseconds of top-p alone at T 1, without a draw, ours and llama.cpp's; the ratio.

    Twice: where thousands of tokens make up the nucleus, and (`sure`) where a handful does, which
    llama.cpp finds without sorting all. Each step times both on the same logits, llama.cpp's
    without filling its candidates in; the median of the steps' ratios is reported.

    Args:
        size: How many tokens the vocabulary has.
        p: The share to reach.
    """
    spread_out = [_bell(size, seed) for seed in range(16)]
    sure = [_logits_like_a_models(size, seed) for seed in range(16)]
    found = {}
    for name, logits in (("synthetic_top_p", spread_out), ("synthetic_top_p_sure", sure)):
        ours, theirs = _top_p_seconds(logits, p)
        found[f"{name}_us"] = statistics.median(ours) * 1e6
        found[f"{name}_llama_us"] = statistics.median(theirs) * 1e6
        ratios = [there / here for here, there in zip(ours, theirs, strict=True)]
        found[f"{name}_ratio"] = statistics.median(ratios)
    return found


def _steps(count: int) -> Iterator[int]:
    """Count steps; once the first have made the memory they work in, it is put in huge pages."""
    for step in range(count):
        if step == _WARM_STEPS:
            ask_for_huge_pages()
        yield step


def _top_p_seconds(logits: list[NDArray[np.float32]], p: float) -> tuple[list[float], list[float]]:
    params = SamplingParams(top_p=p)
    native = NativeChain(params, logits[0].size, draws=False)
    ours, theirs = [], []
    for step in _steps(_TOP_P_STEPS):
        vector = logits[step % len(logits)]
        theirs.append(native.step(vector).applying)
        started = time.perf_counter()
        shape(Ranking(vector), params, ())
        ours.append(time.perf_counter() - started)
    native.close()
    return ours[_WARM_STEPS:], theirs[_WARM_STEPS:]


def _logits_like_a_models(size: int, seed: int) -> NDArray[np.float32]:
    """A broad bell of improbable tokens and some dozens that stand out, as language models give."""
    random = np.random.default_rng(seed)
    logits = random.normal(0.0, 2.0, size)
    likely = random.choice(size, 60, replace=False)
    logits[likely] += 8.0 + random.exponential(2.0, likely.size)
    return _as_from_llama_cpp(logits)


def _bell(size: int, seed: int) -> NDArray[np.float32]:
    """Nothing but the bell: the flattest that a model is."""
    return _as_from_llama_cpp(np.random.default_rng(seed).normal(0.0, 3.0, size))


def _as_from_llama_cpp(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    row = row_like_llama_cpps(logits.size)
    row[:] = logits
    return row
