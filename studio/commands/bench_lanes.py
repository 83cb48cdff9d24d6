"""Lanes in the engine against the same batches decoded bare, and against runs one by one."""

import statistics
import time
from pathlib import Path

from studio.engine.bare_loop import BareLoop
from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.lane_control import LaneControl
from studio.engine.messages import (
    AnyEvent,
    Compare,
    ComparisonFinished,
    Evaluated,
    Failed,
    Finished,
    Generate,
    Lane,
    LaneToken,
    Load,
    Loaded,
    LookAhead,
    Prompt,
)
from studio.engine.untold import FRAME_SECONDS
from studio.sampling import SamplingParams

_COUNTS = (1, 2, 4, 8)
_TEMPERATURES = (0.6, 0.8, 1.0, 1.2, 0.7, 0.9, 1.1, 1.3)
_PROMPT_TOKENS = 512
_SENTENCE = " The old fisherman looked out over the sea and thought about the years."


def measure_lanes(path: Path, rounds: int, count: int) -> dict[str, object]:
    """Ratios of lanes to bare batches, of four lanes to four runs, and of eight lanes to one."""
    desk = _Desk(path)
    bare = BareLoop(path, desk.context_size, desk.threads, lanes=max(_COUNTS))
    against_bare: dict[int, list[float]] = {lanes: [] for lanes in _COUNTS}
    speedups, to_four_runs, to_four_reusing = [], [], []
    rates: dict[int, list[float]] = {lanes: [] for lanes in _COUNTS}
    for turn in range(rounds + 1):
        for lanes in _COUNTS:
            run = desk.compare(f"{turn}:{lanes}.", lanes, count)
            # The last token written is not evaluated by the engine, nor here.
            written = [tokens[:-1] for tokens in run.tokens]
            _, bare_seconds = bare.seconds_of_lanes(run.prompt, written)
            against_bare[lanes].append(bare_seconds / run.finished.seconds_generation)
            rates[lanes].append(run.finished.tokens_per_second)
            if lanes == 4:
                together = run.finished.seconds_prompt + run.finished.seconds_generation
        each = [desk.one(f"{turn}.{run}.", _TEMPERATURES[run], count) for run in range(4)]
        reusing = [desk.one(f"{turn}/.", _TEMPERATURES[run], count) for run in range(4)]
        to_four_runs.append(together / sum(each))
        to_four_reusing.append(together / sum(reusing))
        speedups.append(rates[8][-1] / rates[1][-1])
    desk.engine.close()
    bare.close()
    # The first round warms caches and the clock of the processor.
    figures: dict[str, object] = {
        "four_lanes_ratio": statistics.median(to_four_runs[1:]),
        "four_lanes_reuse_ratio": statistics.median(to_four_reusing[1:]),
        "eight_lanes_speedup": statistics.median(speedups[1:]),
    }
    for lanes in _COUNTS:
        figures[f"lanes_{lanes}_ratio"] = statistics.median(against_bare[lanes][1:])
        figures[f"lanes_{lanes}_tps"] = statistics.median(rates[lanes][1:])
    return figures


class _Compared:
    """What a comparison answered."""

    def __init__(self, events: list[AnyEvent], lanes: int) -> None:
        self.prompt = next(e for e in events if isinstance(e, Evaluated)).token_ids()
        self.finished = next(e for e in events if isinstance(e, ComparisonFinished))
        self.tokens: list[list[int]] = [[] for _ in range(lanes)]
        for event in events:
            if isinstance(event, LaneToken):
                self.tokens[event.lane].append(event.token.id)


class _Desk:
    """An engine, and the two ways of writing."""

    def __init__(self, path: Path) -> None:
        self._events: list[AnyEvent] = []
        self._interrupt = Interrupt()
        # Tokens are told a frame at a time, as to the window.
        self.engine = Engine(
            lambda *events: self._events.extend(events), self._interrupt, FRAME_SECONDS
        )
        self.engine.run(Load(request=0, path=str(path)), Control(self._interrupt))
        loaded = self._events[-1]
        if not isinstance(loaded, Loaded):
            raise SystemExit(f"studio bench: {getattr(loaded, 'message', loaded)}")
        self.context_size = loaded.report.context_size
        self.threads = loaded.report.threads
        self._manuscript = _SENTENCE
        while len(self._prompt_tokens(self._manuscript)) < _PROMPT_TOKENS:
            self._manuscript += _SENTENCE

    def compare(self, beginning: str, lanes: int, count: int) -> _Compared:
        """Lanes after a prompt that begins so that nothing of it is evaluated yet."""
        command = Compare(
            request=1,
            prompt=Prompt(manuscript=beginning + self._manuscript),
            lanes=tuple(Lane(params=_params(t)) for t in _TEMPERATURES[:lanes]),
            max_tokens=count,
            ignore_eos=True,
            seed=1,
        )
        return _Compared(self._run(command, LaneControl(self._interrupt)), lanes)

    def one(self, beginning: str, temperature: float, count: int) -> float:
        """Seconds of one run, its prompt's among them as far as it is not evaluated yet."""
        params = _params(temperature)
        command = Generate(
            request=2,
            prompt=Prompt(manuscript=beginning + self._manuscript),
            params=params,
            max_tokens=count,
            ignore_eos=True,
        )
        started = time.perf_counter()
        events = self._run(command, Control(self._interrupt, params))
        assert isinstance(events[-1], Finished)
        return time.perf_counter() - started

    def _prompt_tokens(self, manuscript: str) -> list[int]:
        command = LookAhead(request=3, prompt=Prompt(manuscript=manuscript))
        events = self._run(command, Control(self._interrupt))
        return next(event for event in events if isinstance(event, Evaluated)).token_ids()

    def _run(self, command: Compare | Generate | LookAhead, control: Control) -> list[AnyEvent]:
        self._events.clear()
        self.engine.run(command, control)
        failures = [event for event in self._events if isinstance(event, Failed)]
        if failures:
            raise SystemExit(f"studio bench: {failures[0].message}")
        return list(self._events)


def _params(temperature: float) -> SamplingParams:
    return SamplingParams(temperature=temperature, top_k=40, top_p=0.95, min_p=0.05, seed=1)
