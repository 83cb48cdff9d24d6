"""The engine in process against the bare loop, over the same tokens at the same positions."""

import statistics
import time
from pathlib import Path

from studio.commands.bench_opened import OPENING, OpenedEngine
from studio.engine.control import Control
from studio.engine.llama.bare_loop import BareLoop
from studio.engine.llama.huge_pages import ask_for_huge_pages
from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Generate,
    Prompt,
    RunFinished,
    SequenceStart,
    Token,
)
from studio.sampling import SamplingParams

_PARAMS = SamplingParams(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05, seed=1)
_LONG_TOKENS = 2000
_LAST = 32
_OPENINGS = 4
"""How often the model is opened anew."""


class _Run:
    """What one command of the engine answered."""

    def __init__(self, engine_events: list[AnyEvent]) -> None:
        self.tokens = [event.record.id for event in engine_events if isinstance(event, Token)]
        self.prompt = next(e for e in engine_events if isinstance(e, Evaluated)).token_ids()
        self.finished = next(e for e in engine_events if isinstance(e, RunFinished))


class _Pair:
    """An engine and a bare loop over one model file."""

    def __init__(self, path: Path) -> None:
        self._engine = OpenedEngine(path)
        self.threads = self._engine.threads
        # Opened afterwards, so that its memory is as any program's, and not in huge pages.
        self.bare = BareLoop(path, self._engine.context_size, self.threads)

    def generate(self, manuscript: str, tokens: int) -> _Run:
        command = Generate(
            request=1,
            prompt=Prompt(manuscript=manuscript),
            sequences=(SequenceStart(params=_PARAMS),),
            max_tokens=tokens,
            ignore_eos=True,
        )
        return _Run(self._engine.run(command, Control(self._engine.interrupt)))

    def seconds_a_token(self, rounds: int, count: int) -> list[tuple[float, float]]:
        """What a token takes, the engine's and the bare loop's, of each round."""
        taken = []
        for _ in range(rounds + 1):
            run = self.generate(OPENING, count)
            # The last token written is not evaluated by the engine, nor here.
            bare = self.bare.seconds(run.prompt, run.tokens[:-1])
            taken.append((run.finished.seconds_generation / (count - 1), bare / (count - 1)))
        return taken[1:]  # the first round warms caches and the clock of the processor

    def close(self) -> None:
        self._engine.close()
        self.bare.close()


def measure_engine(path: Path, rounds: int, count: int) -> dict[str, object]:
    """The engine's speed, and what an edit at the end of a long text costs, in decodes.

    Args:
        path: The model's file.
        rounds: How often each thing is measured.
        count: How many tokens are written.
    """
    figures = measure_engine_speed(path, rounds, count)
    pair = _Pair(path)
    figures["continue_after_edit_decodes"] = _decodes_after_edit(pair, rounds)
    pair.close()
    return figures


def measure_engine_speed(path: Path, rounds: int, count: int) -> dict[str, object]:
    """Speed of engine and bare loop, and their ratio.

    - `engine_same_pages_ratio`: both have their memory in huge pages. This is the one to hold: what
      the studio adds to a decode.
    - `engine_small_pages_ratio`: the bare loop has its memory as the system gives it to any
      program, in pages of 4 KiB, and the engine has what it asks for. It can be above 1, for a
      decode itself is quicker in huge pages.

    Args:
        path: The model's file.
        rounds: How often each thing is measured.
        count: How many tokens are written.
    """
    pair = _Pair(path)
    small_pages = pair.seconds_a_token(rounds, count)
    same_pages: list[tuple[float, float]] = []
    # Where the system puts an engine's memory, and where the loop's, is chance, and worth two
    # hundredths of the ratio.
    for opening in range(_OPENINGS):
        if opening:
            pair.close()
            pair = _Pair(path)
        ask_for_huge_pages()
        same_pages += pair.seconds_a_token(rounds, count)
    pair.close()
    return {
        "model": path.name,
        "threads": pair.threads,
        "decode_tps": statistics.median(1 / bare for _, bare in same_pages),
        "engine_tps": statistics.median(1 / ours for ours, _ in same_pages),
        "engine_same_pages_ratio": statistics.median(bare / ours for ours, bare in same_pages),
        "engine_small_pages_ratio": statistics.median(bare / ours for ours, bare in small_pages),
    }


def _decodes_after_edit(pair: _Pair, rounds: int) -> float:
    manuscript = OPENING
    while len(pair.generate(manuscript, 1).prompt) < _LONG_TOKENS:
        manuscript += " " + OPENING
    decodes = []
    for word in ("Then", "Still", "Once", "Now", "Later")[:rounds]:
        started = time.perf_counter()
        run = pair.generate(f"{manuscript} {word}", 1)
        elapsed = time.perf_counter() - started
        # At the same positions, for a token takes the longer the more stands before it.
        decode = pair.bare.seconds(run.prompt[:-_LAST], run.prompt[-_LAST:]) / _LAST
        decodes.append(elapsed / decode)
    return statistics.median(decodes)
