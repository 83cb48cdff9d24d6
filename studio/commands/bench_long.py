"""Long texts: how fast one is read, and a token written behind it.

Beside the bare loop, and beside llama.cpp's own `llama-bench` where that program is named. It is to
be linked to the library that this one has; by turns with it, each reads as many tokens anew and
writes as many behind as many.
"""

import statistics
import subprocess
from pathlib import Path

import msgspec

from studio.commands.bench_opened import OPENING, OpenedEngine
from studio.engine.control import Control
from studio.engine.llama.bare_loop import BareLoop
from studio.engine.llama.huge_pages import ask_for_huge_pages
from studio.engine.messages import (
    Evaluated,
    Generate,
    Prompt,
    RunFinished,
    SequenceStart,
    Token,
)
from studio.sampling import SamplingParams

LENGTHS = (2_000, 8_000)
"""Tokens that are read."""

_CONTEXT = 8_192
_PARAMS = SamplingParams(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05, seed=1)


class LlamaBenchError(Exception):
    """`llama-bench` could not be run, or said something else than figures."""


class _Test(msgspec.Struct):
    """A line of `llama-bench -o json`."""

    avg_ts: float
    """Tokens a second."""


def measure_long(
    path: Path, rounds: int, count: int, llama_bench: Path | None
) -> dict[str, object]:
    """Tokens a second by how many stand before, and their ratio to those of others.

    - `long_prompt_tps`, `long_decode_tps`: the engine's, of reading so many tokens and of writing
      behind them.
    - `long_prompt_ratio`, `long_decode_ratio`: to the bare loop's.
    - `long_prompt_to_llama_bench`, `long_decode_to_llama_bench`: to `llama-bench`'s.

    Args:
        path: The model's file.
        rounds: How often each thing is measured.
        count: How many tokens are written.
        llama_bench: The program; None to do without.

    Raises:
        LlamaBenchError: It could not be run.
    """
    engine = OpenedEngine(path, _CONTEXT)
    bare = BareLoop(path, engine.context_size, engine.threads)
    ask_for_huge_pages()
    found: dict[str, dict[str, float]] = {}
    for length in LENGTHS:
        text = _text(engine, length - count if length + count > _CONTEXT else length)
        by_round: dict[str, list[float]] = {}
        for number in range(rounds):
            figures = _round(engine, bare, f"{number + 1}. {text}", count)
            if llama_bench:
                figures |= _beside(figures, path, engine.threads, length, count, llama_bench)
            for key, figure in figures.items():
                by_round.setdefault(key, []).append(figure)
        for key, values in by_round.items():
            found.setdefault(key, {})[str(length)] = statistics.median(values)
    engine.close()
    bare.close()
    return dict(found)


def _text(engine: OpenedEngine, tokens: int) -> str:
    """A text of so many tokens, about."""
    each = len(_generate(engine, f"{OPENING} {OPENING}", 1)[0]) // 2
    return " ".join([OPENING] * (tokens // each))


def _generate(
    engine: OpenedEngine, manuscript: str, count: int
) -> tuple[list[int], list[int], RunFinished]:
    """The prompt's tokens, those written, and how long it took."""
    command = Generate(
        request=1,
        prompt=Prompt(manuscript=manuscript),
        sequences=(SequenceStart(params=_PARAMS),),
        max_tokens=count,
        ignore_eos=True,
        when_full="end",
    )
    events = engine.run(command, Control(engine.interrupt))
    prompt = next(event for event in events if isinstance(event, Evaluated)).token_ids()
    written = [event.record.id for event in events if isinstance(event, Token)]
    return prompt, written, next(event for event in events if isinstance(event, RunFinished))


def _round(engine: OpenedEngine, bare: BareLoop, text: str, count: int) -> dict[str, float]:
    """The engine reads a text that it has not read and writes on, then the bare loop does."""
    prompt, written, finished = _generate(engine, text, count)
    ours_prompt = finished.prompt_tokens / finished.seconds_prompt
    # The last token written is not evaluated by the engine, nor here.
    ours_decode = (count - 1) / finished.seconds_generation
    bare_prompt = len(prompt) / bare.seconds_to_read(prompt)
    bare_decode = (count - 1) / bare.seconds(prompt, written[:-1])
    return {
        "long_prompt_tps": ours_prompt,
        "long_decode_tps": ours_decode,
        "long_prompt_ratio": ours_prompt / bare_prompt,
        "long_decode_ratio": ours_decode / bare_decode,
    }


def _beside(
    figures: dict[str, float], path: Path, threads: int, length: int, count: int, program: Path
) -> dict[str, float]:
    """The engine's figures to those of `llama-bench`."""
    reading = _run(program, path, threads, ["-p", str(length), "-n", "0"])
    writing = _run(program, path, threads, ["-p", "0", "-n", str(count), "-d", str(length)])
    return {
        "long_prompt_to_llama_bench": figures["long_prompt_tps"] / reading,
        "long_decode_to_llama_bench": figures["long_decode_tps"] / writing,
    }


def _run(program: Path, path: Path, threads: int, what: list[str]) -> float:
    """Tokens a second of one test of `llama-bench`."""
    command = [str(program), "-m", str(path), "-t", str(threads), "-r", "1", "-o", "json", *what]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
        (test,) = msgspec.json.decode(done.stdout, type=list[_Test])
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise LlamaBenchError(f"{program} gave no figures: {error}") from error
    return test.avg_ts
