"""`python -m studio turning-point`: the T from which a model's texts begin to fall apart."""

from __future__ import annotations

import argparse
import itertools
import math
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from studio.commands.command_parser import CommandParser
from studio.commands.end_signals import EndSignals
from studio.commands.shared_options import (
    add_loading_arguments,
    add_text_arguments,
    load_command,
    manuscript,
    positive,
)
from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import AnyEvent, Failed, Prompt
from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.prompt_table import PLAIN_FIELD, read_prompts
from studio.experiments.samples import Sample, SampleRun, WrittenSample
from studio.experiments.turning_point import (
    FEWEST_TEMPERATURES,
    TextEntropies,
    TurningPoint,
    TurningPoints,
    retempered,
    turning_points,
)
from studio.sampling import MAX_SEED, SamplingParams

_TEMPERATURES = "0.1,0.25,0.4,0.55,0.7,0.85,1,1.15,1.3,1.45,1.6,1.75,1.9"
_LOWEST, _HIGHEST = 0.05, 5.0
_SAMPLES, _TOKENS = 16, 64


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when the curves were made, 1 on a failure, 2 on a wrong call.

    128 and the number of a signal that ended it.

    Raises:
        OutputError: what it prints cannot be written.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        prompts = [Prompt(manuscript=text, brief=given.brief) for text in _manuscripts(given)]
        load = load_command(given)
    except (AugmentationError, ValueError, OSError) as error:
        parser.error(str(error))
    seed = secrets.randbelow(MAX_SEED + 1) if given.seed is None else given.seed
    interrupt = Interrupt()
    control = Control(interrupt)
    writing = _Writing(given, prompts, seed, control)
    signals = EndSignals(control.stop)
    engine = Engine(writing.on_events, interrupt, math.inf)
    try:
        engine.run(load, control)
        if not writing.has_failed:
            for command in writing.run.commands():
                if signals.status:
                    break
                engine.run(command, control)
    finally:
        engine.close()
        writing.clear_line()
    if signals.status or writing.has_failed:
        return signals.status or 1
    found = writing.turning_points()
    _print(found, writing.base, seed, len(prompts), as_json=given.json)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="studio turning-point",
        description="The temperature at which the logarithm of the mean entropy turns from concave "
        "to convex, with an interval that holds it at 95 %: from texts written at each "
        "temperature, and beside it from those of one temperature, re-tempered. It holds for these "
        "prompts and this model. (EntP, arXiv 2502.05234)",
    )
    add_text_arguments(parser).add_argument(
        "--prompts",
        metavar="FILE",
        help="several instead: a text with one on each line, or CSV, TSV, JSON lines or Parquet "
        f"with a field “{PLAIN_FIELD}”",
    )
    parser.add_argument(
        "--temperatures",
        metavar="T,T,...",
        type=_temperatures,
        default=_TEMPERATURES,
        help=f"{FEWEST_TEMPERATURES} or more, ascending (default: {_TEMPERATURES})",
    )
    parser.add_argument(
        "--samples",
        metavar="N",
        type=positive,
        default=_SAMPLES,
        help=f"texts of each prompt at each temperature (default: {_SAMPLES})",
    )
    parser.add_argument(
        "-n",
        "--max-tokens",
        metavar="N",
        type=positive,
        default=_TOKENS,
        help=f"tokens a text at most (default: {_TOKENS})",
    )
    parser.add_argument(
        "-s",
        "--seed",
        metavar="X",
        type=_seed,
        help="of the first text at each temperature; the others have those that follow it",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object; what is not is null")
    add_loading_arguments(parser)
    return parser


def _manuscripts(given: argparse.Namespace) -> list[str]:
    """What is continued.

    Raises:
        AugmentationError: The file of several prompts is none.
        ValueError: So is that of one, or a prompt has not the field.
        OSError: It cannot be read.
    """
    if given.prompts is None:
        return [manuscript(given)]
    rows = read_prompts(Path(given.prompts)).rows
    if any(not row.get(PLAIN_FIELD) for row in rows):
        raise ValueError(f"--prompts: each needs a field “{PLAIN_FIELD}” with a text")
    return [row[PLAIN_FIELD] for row in rows]


def _temperatures(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    is_ascending = all(one < other for one, other in itertools.pairwise(found))
    in_range = all(_LOWEST <= one <= _HIGHEST for one in found)
    if len(found) < FEWEST_TEMPERATURES or not (is_ascending and in_range):
        raise argparse.ArgumentTypeError(
            f"found {text!r}; allowed are {FEWEST_TEMPERATURES} numbers or more from {_LOWEST:g} "
            f"to {_HIGHEST:g}, ascending, with commas between them"
        )
    return found


def _seed(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number <= MAX_SEED:
        raise argparse.ArgumentTypeError(f"found {text!r}; allowed is 0 to {MAX_SEED}")
    return number


class _Writing:
    """Has the texts written, and keeps of them what the curves are made of.

    Args:
        given: The options.
        prompts: What the texts continue.
        seed: Of the first one.
        control: What the run's queue is sent through.

    Attributes:
        run: Gives the commands.
        base: T of the texts that are re-tempered: of those written the nearest to 1.
        has_failed: Whether something went wrong.
    """

    def __init__(
        self, given: argparse.Namespace, prompts: Sequence[Prompt], seed: int, control: Control
    ) -> None:
        self._temperatures: tuple[float, ...] = given.temperatures
        self._prompts = len(prompts)
        self.base = min(self._temperatures, key=lambda one: abs(one - 1.0))
        self.has_failed = False
        self._waiting = iter(
            [
                Sample(
                    key=(place, number),
                    prompt=prompts[number // given.samples],
                    params=SamplingParams(
                        temperature=temperature, seed=(seed + number) % (MAX_SEED + 1)
                    ),
                    max_tokens=given.max_tokens,
                )
                for number in range(len(prompts) * given.samples)
                for place, temperature in enumerate(self._temperatures)
            ]
        )
        self.run = SampleRun(
            1, lambda: next(self._waiting, None), self._take, control.commands.append, sketches=True
        )
        shape = (len(self._temperatures), len(prompts) * given.samples)
        self._sums, self._tokens = np.zeros(shape), np.zeros(shape)
        self._of_base: dict[int, WrittenSample] = {}
        self._written = 0
        self._shows = sys.stderr.isatty()

    def on_events(self, *events: AnyEvent) -> None:
        """Take the engine's events."""
        for event in events:
            if isinstance(event, Failed):
                self.has_failed = True
                print(f"studio turning-point: {event.message}", file=sys.stderr)
            self.run.on_event(event)

    def turning_points(self) -> TurningPoints:
        """What was found, when all texts are written."""
        stacks = [self._of_base[number].stack for number in range(self._sums.shape[1])]
        return turning_points(
            self._temperatures,
            TextEntropies(self._sums, self._tokens),
            retempered(stacks, self._temperatures),
            self._prompts,
        )

    def clear_line(self) -> None:
        """Take away what was shown of the progress."""
        if self._shows:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _take(self, written: WrittenSample) -> None:
        place, number = written.sample.key
        self._sums[place, number] = math.fsum(record.entropy for record in written.records)
        self._tokens[place, number] = len(written.records)
        if self._temperatures[place] == self.base:
            self._of_base[number] = written
        self._written += 1
        if self._shows:
            said = f"{self._written:,} of {self._sums.size:,} texts written"
            print(f"\rstudio turning-point: {said}", end="", file=sys.stderr, flush=True)


def _print(found: TurningPoints, base: float, seed: int, prompts: int, *, as_json: bool) -> None:
    if as_json:
        line = {
            "temperatures": found.temperatures.tolist(),
            "generated": found.generated.tolist(),
            "retempered": found.retempered.tolist(),
            "retempered_from": base,
            "turning_point_generated": _json(found.of_generated),
            "turning_point_retempered": _json(found.of_retempered),
            "difference": _json(found.difference),
            "prompts": prompts,
            "seed": seed,
        }
        print(msgspec.json.encode(line).decode())  # NaN is null
        return
    over = "" if prompts == 1 else f", over {prompts:,} prompts"
    print(f"mean entropy in nats a token{over}")
    print(f"{'T':>5}  {'generated':>9}  {'re-tempered':>11}  {'difference':>10}")
    rows = zip(found.temperatures, found.generated, found.retempered, strict=True)
    for temperature, generated, other in rows:
        print(f"{temperature:5.2f}  {generated:9.3f}  {other:11.3f}  {other - generated:+10.3f}")
    print("turning point")
    print(f"generated    {_words(found.of_generated)}")
    print(f"re-tempered  {_words(found.of_retempered)}  from T {base:g}")
    print(f"difference   {_words(found.difference, sign='+')}")
    print(f"studio turning-point: seed {seed}", file=sys.stderr)


def _json(point: TurningPoint) -> dict[str, float]:
    figure, low, high = point.temperature
    return {"temperature": figure, "low": low, "high": high, "share": point.share}


def _words(point: TurningPoint, sign: str = "") -> str:
    figure, low, high = point.temperature
    if math.isnan(figure):
        return f"none at these temperatures (in {point.share:.0%} of resamples there is one)"
    interval = f"95 %: {low:{sign}.2f} to {high:{sign}.2f}"
    return f"{figure:{sign}.2f}  ({interval}; in {point.share:.0%} of resamples)"
