"""What sampling one token costs on real logits, after caches as a decode leaves them.

In memory as the window's engine has it: in huge pages, where the system gives them.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.commands.bench_logits import row_like_llama_cpps
from studio.engine.llama.huge_pages import ask_for_huge_pages
from studio.engine.llama.native_samplers import NativeChain, NativeSeconds
from studio.sampling import (
    Choice,
    LogitSketch,
    LogitStatistics,
    SamplerState,
    SamplingParams,
    Written,
    choose,
    uniform,
)

SETTINGS = {
    "temperature": SamplingParams(temperature=0.8),
    "min_p": SamplingParams(temperature=0.8, min_p=0.05),
    "top_k": SamplingParams(temperature=0.8, top_k=40),
    "top_p_min_p": SamplingParams(temperature=0.8, top_p=0.95, min_p=0.05),
    "penalties_dry": SamplingParams(
        temperature=0.8,
        repeat_penalty=1.1,
        repeat_last_n=-1,
        dry_multiplier=0.8,
        dry_sequence_breakers=(),
    ),
    # It acts at each step, lest a draw decide what is measured.
    "xtc": SamplingParams(temperature=0.8, xtc_probability=1.0, xtc_threshold=0.1),
    "typical_p": SamplingParams(temperature=0.8, typical_p=0.95),
    "mirostat_2": SamplingParams(temperature=0.8, mirostat=2),
}

SWEPT_BYTES = 32 << 20
"""Read and written before each measurement: what a decode of a small model leaves of the caches."""
_FRAME = 5
"""Tokens whose sketches are made in a row: a frame of the window at 100 tokens a second."""
_HISTORY = 500
"""Tokens."""
_REPEATED = 6
"""Tokens at the history's end that stand in its middle too, for DRY to find."""
_WARM_ROUNDS = 1
"""They have all memory made that the others work in, and are not counted."""


class _Step(NamedTuple):
    """What one token took: seconds."""

    logit_statistics: float
    draw: float
    sketch: float
    native: NativeSeconds


class _Waiting(NamedTuple):
    """A token that is drawn, and whose sketch is still to be made."""

    place: int
    logit_statistics: LogitStatistics
    written: Written | None
    seconds: tuple[float, float]


def measure_sampler(logits: NDArray[np.float32], rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds of a token's statistics, draw and sketch, beside llama.cpp's chain, by setting.

    As the loop over sequences does them (`studio.engine.generation`): the logits stand where those
    before them stood, they are ranked and a token is drawn, and at the end of a frame the
    sketches of its tokens are made in a row. Before each token, and before each step of
    llama.cpp's, memory is swept that empties the caches as a decode does. The two take turns,
    vector by vector.

    llama.cpp's step is its chain of samplers with the same settings, a draw at the end, and the
    filling of its candidates before, without which no chain can be run. That is what
    `llama_sampler_sample` does; filled from Python it takes 20 us more. It makes no sketch.

    Args:
        logits: `(N, V)`.
        rounds: how often each vector is measured with each setting.

    Returns:
        For each of `SETTINGS`: `median_us` and `p90_us` over all tokens; `worst_us`, the largest of
        the vectors' medians; the medians `statistics_us`, `draw_us` and `sketch_us`; of llama.cpp
        `llama_cpp_median_us`, `llama_cpp_p90_us`, `llama_cpp_worst_us` and, of its median,
        `llama_cpp_filling_us`.
    """
    caches = Caches()
    desks = {name: _Desk(logits, params, caches) for name, params in SETTINGS.items()}
    steps: dict[str, list[list[_Step]]] = {name: [] for name in SETTINGS}
    for turn in range(_WARM_ROUNDS + rounds):
        if turn == _WARM_ROUNDS:
            ask_for_huge_pages()
        for name, desk in desks.items():
            steps[name].append(desk.take_round(turn))
    for desk in desks.values():
        desk.close()
    return {name: _figures(taken[_WARM_ROUNDS:]) for name, taken in steps.items()}


def measure_memory_traffic(logits: NDArray[np.float32], rounds: int) -> float:
    """Median microseconds of one look at all logits, their maximum, after such a sweep.

    No sampler that looks at them all can be quicker.

    Args:
        logits: `(V,)` logits.
        rounds: How often each thing is measured.
    """
    caches, row = Caches(), row_like_llama_cpps(logits.shape[1])
    times = []
    for turn in range(_WARM_ROUNDS + rounds):
        if turn == _WARM_ROUNDS:
            ask_for_huge_pages()
        for vector in logits:
            row[:] = vector
            caches.sweep()
            started = time.perf_counter()
            row.max()
            times.append(time.perf_counter() - started)
    return statistics.median(times[_WARM_ROUNDS * len(logits) :]) * 1e6


class Caches:
    """The processor's caches, and how they are emptied."""

    def __init__(self) -> None:
        # Of ones: zeros would be one page of the system's, however many they are.
        self._memory = np.ones(SWEPT_BYTES // 4, dtype=np.float32)

    def sweep(self) -> None:
        """Have memory in them that is nobody's."""
        np.negative(self._memory, out=self._memory)


class _Desk:
    """One setting's two samplers, and where they find the logits."""

    def __init__(self, logits: NDArray[np.float32], params: SamplingParams, caches: Caches) -> None:
        size = logits.shape[1]
        self._logits = logits
        self._params = params
        self._caches = caches
        self._history = _history(logits)
        self._native = NativeChain(params, size, self._history)
        self._row = row_like_llama_cpps(size)
        self._view = self._row.view()
        self._view.flags.writeable = False

    def take_round(self, turn: int) -> list[_Step]:
        """Measure each vector once, in the vectors' order."""
        order = np.random.default_rng(turn).permutation(len(self._logits)).tolist()
        steps: dict[int, _Step] = {}
        for start in range(0, len(order), _FRAME):
            steps |= self._take_frame(order[start : start + _FRAME], turn)
        return [steps[place] for place in range(len(order))]

    def _take_frame(self, places: Sequence[int], turn: int) -> Iterator[tuple[int, _Step]]:
        waiting = []
        natives = []
        for place in places:
            self._row[:] = self._logits[place]
            # llama.cpp first: behind the last draw of a frame come its sketches.
            self._caches.sweep()
            natives.append(self._native.step(self._view))
            self._caches.sweep()
            waiting.append(self._draw(place, uniform(turn, place)))
        for one, native in zip(waiting, natives, strict=True):
            started = time.perf_counter()
            LogitSketch.of_statistics(one.logit_statistics, one.written).to_bytes()
            yield one.place, _Step(*one.seconds, time.perf_counter() - started, native)

    def _draw(self, place: int, u: float) -> _Waiting:
        started = time.perf_counter()
        logit_statistics = LogitStatistics(self._view)
        ranked = time.perf_counter()
        choice: Choice = choose(
            logit_statistics.ranking, self._params, self._history, u, state=SamplerState()
        )
        written = logit_statistics.drawn(choice)
        drawn = time.perf_counter()
        return _Waiting(place, logit_statistics, written, (ranked - started, drawn - ranked))

    def close(self) -> None:
        self._native.close()


def _history(logits: NDArray[np.float32]) -> list[int]:
    """Tokens that are likely somewhere, many of them several times; the end repeats a middle."""
    likely = np.unique(np.argpartition(-logits, 20, axis=1)[:, :20])
    tokens = np.random.default_rng(0).choice(likely, _HISTORY).tolist()
    tokens[-_REPEATED:] = tokens[_HISTORY // 2 : _HISTORY // 2 + _REPEATED]
    return [int(token) for token in tokens]


def _figures(rounds: list[list[_Step]]) -> dict[str, float]:
    ours = [[step.logit_statistics + step.draw + step.sketch for step in taken] for taken in rounds]
    theirs = [[sum(step.native) for step in taken] for taken in rounds]
    steps = [step for taken in rounds for step in taken]
    figures = {**_spread(ours), **_spread(theirs, "llama_cpp_")}
    figures["statistics_us"] = statistics.median(step.logit_statistics for step in steps) * 1e6
    figures["draw_us"] = statistics.median(step.draw for step in steps) * 1e6
    figures["sketch_us"] = statistics.median(step.sketch for step in steps) * 1e6
    figures["llama_cpp_filling_us"] = statistics.median(s.native.filling for s in steps) * 1e6
    return figures


def _spread(rounds: list[list[float]], prefix: str = "") -> dict[str, float]:
    """Microseconds: median and 90th percentile of all, the largest of the vectors' medians."""
    seconds = np.array(rounds)
    return {
        f"{prefix}median_us": float(np.median(seconds)) * 1e6,
        f"{prefix}p90_us": float(np.quantile(seconds, 0.9)) * 1e6,
        f"{prefix}worst_us": float(np.median(seconds, axis=0).max()) * 1e6,
    }
