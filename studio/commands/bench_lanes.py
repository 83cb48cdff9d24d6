"""Lanes in the engine against the same batches decoded bare, and against runs one by one."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.commands.bench_opened import OPENING, OpenedEngine
from studio.commands.bench_pairs import LANE_COUNTS, LANE_TEMPERATURES, LaneRounds, LanesRun
from studio.engine.control import Control
from studio.engine.llama.bare_loop import BareLoop
from studio.engine.messages import (
    AnyEvent,
    Evaluated,
    Generate,
    PreviewNextToken,
    Prompt,
    RunFinished,
    SequenceStart,
    Token,
)
from studio.sampling import SamplingParams

_PROMPT_TOKENS = 512
_SENTENCE = f" {OPENING}"
_FOUR = 4


def measure_lanes(
    path: Path, rounds: int, count: int, prompt_tokens: int = _PROMPT_TOKENS
) -> dict[str, object]:
    """How fast lanes are, after a prompt of so many tokens.

    `lanes_engine_ratio` and `lanes_engine_tps`: by the number of lanes, against the same batches
    decoded bare, and tokens a second of all together. `eight_lanes_speedup`: eight lanes' tokens
    a second to one lane's.

    The time of four lanes of `count` tokens, their prompt's evaluation among it, to the time of
    four runs one after another with the same settings:

    - `four_lanes_fresh_ratio`: runs that evaluate the prompt each, as four programs would that
      know nothing of one another. This is the one to hold.
    - `four_lanes_reuse_ratio`: runs of one engine, which evaluates the prompt with the first of
      them and keeps it. What is left to gain is the batch.

    Args:
        path: The model's file.
        rounds: How often each thing is measured.
        count: How many tokens are written.
        prompt_tokens: How many tokens the prompt has.
    """
    fresh, reusing = [], []
    with _against_bare(path, prompt_tokens) as (desk, against_bare):
        for turn in range(rounds):
            against_bare.measure(max(2, count // 4))
            if turn % 2 == 0:
                # Whole seconds are compared here, and fewer rounds will do.
                to_fresh, to_reusing = _to_four_runs(desk, str(turn), count)
                fresh.append(to_fresh)
                reusing.append(to_reusing)
    return {
        "four_lanes_fresh_ratio": statistics.median(fresh),
        "four_lanes_reuse_ratio": statistics.median(reusing),
        "eight_lanes_speedup": against_bare.speedup(8, 1),
        "lanes_engine_ratio": against_bare.ratios,
        "lanes_engine_tps": against_bare.rates,
    }


def measure_lanes_speed(
    path: Path, rounds: int, count: int, prompt_tokens: int = _PROMPT_TOKENS
) -> dict[str, object]:
    """`lanes_engine_ratio` and `lanes_engine_tps` alone, as `measure_lanes` has them.

    Args:
        path: The model's file.
        rounds: How often each thing is measured.
        count: How many tokens are written.
        prompt_tokens: How many tokens the prompt has.
    """
    with _against_bare(path, prompt_tokens) as (_desk, against_bare):
        for _ in range(rounds):
            against_bare.measure(max(2, count // 4))
    return {
        "lanes_engine_ratio": against_bare.ratios,
        "lanes_engine_tps": against_bare.rates,
    }


@contextmanager
def _against_bare(path: Path, prompt_tokens: int) -> Iterator[tuple["_Desk", LaneRounds]]:
    """Lanes and the bare loop, warmed up."""
    desk = _Desk(path, prompt_tokens)
    bare = desk.bare_loop(path)
    rounds = LaneRounds(desk.write_lanes, bare)
    rounds.warm()
    yield desk, rounds
    desk.engine.close()
    bare.close()


def _to_four_runs(desk: "_Desk", name: str, count: int) -> tuple[float, float]:
    """Four lanes' time to that of four runs, fresh and reusing; no prompt begins like another."""
    before = desk.seconds_together(f"{name}:", count)
    # The first run is both: it evaluates the prompt, and those that reuse it follow.
    first, *reused = (desk.seconds_alone(f"{name}/0.", run, count) for run in range(_FOUR))
    fresh = [desk.seconds_alone(f"{name}/{run}.", run, count) for run in range(1, _FOUR)]
    # Before and after, for the machine may be another one by now.
    together = statistics.mean((before, desk.seconds_together(f"{name};", count)))
    return together / (first + sum(fresh)), together / (first + sum(reused))


class _Desk:
    """An engine, and the two ways of writing."""

    def __init__(self, path: Path, prompt_tokens: int) -> None:
        self.engine = OpenedEngine(path)
        self._manuscript = _SENTENCE
        while len(self._tokens_of(self._manuscript)) < prompt_tokens:
            self._manuscript += _SENTENCE

    def bare_loop(self, path: Path) -> BareLoop:
        """The yardstick, as the engine opened its model."""
        engine = self.engine
        return BareLoop(path, engine.context_size, engine.threads, sequences=max(LANE_COUNTS))

    def write_lanes(self, lanes: int, count: int, beginning: str = "") -> LanesRun:
        """Lanes after the prompt, or after one that begins so that nothing of it is evaluated."""
        command = Generate(
            request=1,
            prompt=Prompt(manuscript=beginning + self._manuscript),
            sequences=tuple(SequenceStart(params=_params(t)) for t in LANE_TEMPERATURES[:lanes]),
            max_tokens=count,
            ignore_eos=True,
            when_full="end",
            share_u=True,
            seed=1,
        )
        events = self.engine.run(command, Control(self.engine.interrupt))
        tokens: list[list[int]] = [[] for _ in range(lanes)]
        for event in events:
            if isinstance(event, Token):
                tokens[event.sequence].append(event.record.id)
        finished = events[-1]
        assert isinstance(finished, RunFinished)
        # The last token written is not evaluated.
        evaluated = [written[:-1] for written in tokens]
        return LanesRun(_prompt_of(events), evaluated, finished.seconds_generation)

    def seconds_together(self, beginning: str, count: int) -> float:
        """Four lanes, from the text to the last token."""
        started = time.perf_counter()
        self.write_lanes(_FOUR, count, beginning)
        return time.perf_counter() - started

    def seconds_alone(self, beginning: str, run: int, count: int) -> float:
        """One run as lane `run` would write, from the text to the last token."""
        params = _params(LANE_TEMPERATURES[run])
        command = Generate(
            request=2,
            prompt=Prompt(manuscript=beginning + self._manuscript),
            sequences=(SequenceStart(params=params),),
            max_tokens=count,
            ignore_eos=True,
        )
        started = time.perf_counter()
        self.engine.run(command, Control(self.engine.interrupt))
        return time.perf_counter() - started

    def _tokens_of(self, manuscript: str) -> list[int]:
        command = PreviewNextToken(request=3, prompt=Prompt(manuscript=manuscript))
        return _prompt_of(self.engine.run(command, Control(self.engine.interrupt)))


def _prompt_of(events: list[AnyEvent]) -> list[int]:
    return next(event for event in events if isinstance(event, Evaluated)).token_ids()


def _params(temperature: float) -> SamplingParams:
    return SamplingParams(temperature=temperature, top_k=40, top_p=0.95, min_p=0.05, seed=1)
