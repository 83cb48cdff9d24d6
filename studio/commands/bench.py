"""`python -m studio bench`: speed and memory, each figure beside what it must hold and its aim.

Ratios are taken round by round, as a shared machine's speed wanders: each round times the studio
and the bare loop over the same tokens at the same positions, by turns, and the median of the
rounds' ratios is reported. It wants the machine to itself: llama.cpp's threads wait for one another
by spinning, and beside another program the bare loop takes ten times as long.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import psutil
from numpy.typing import NDArray

from studio.commands.arguments import model_path
from studio.commands.bench_document import measure_document
from studio.commands.bench_engine import measure_engine, measure_engine_speed
from studio.commands.bench_lanes import measure_lanes, measure_lanes_speed
from studio.commands.bench_logits import RECORDED, logits_file, read_logits, record_logits
from studio.commands.bench_long import LlamaBenchError, measure_long
from studio.commands.bench_opened import OPENING
from studio.commands.bench_sampler import measure_memory_traffic, measure_sampler
from studio.commands.bench_synthetic import (
    measure_synthetic_lanes,
    measure_synthetic_sampler,
    measure_synthetic_top_p,
)
from studio.commands.bench_table import print_table
from studio.commands.bench_window import measure_window, measure_window_speed
from studio.commands.command_parser import CommandParser
from studio.commands.replay_model import write_replay_model
from studio.engine.model_files.starter_model import find_starter_model
from studio.own_command import own_folder
from studio.sampling.logits import kernels

_OTHERS_PERCENT = 5.0
"""What others may take of the processor before the figures are not to be trusted."""
_LISTENING_SECONDS = 0.5

_VECTORS_MEASURED, _FEWEST_ROUNDS = 60, 3
"""Of a vocabulary with each setting, each vector in every round."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when everything was measured."""
    parser = CommandParser(prog="studio bench", description=__doc__.split("\n\n")[1])
    parser.add_argument(
        "-m", "--model", metavar="FILE", help="a GGUF file (default: the starter model)"
    )
    parser.add_argument(
        "--logits",
        metavar="FILE",
        type=Path,
        help="real logits: a numpy archive with (N, V) float32 (default: one beside the program)",
    )
    parser.add_argument(
        "--sampler-only", action="store_true", help="no engine, no window; of the model its logits"
    )
    parser.add_argument(
        "--large",
        action="store_true",
        help="also a model of a large vocabulary, made of real logits in a file of 450 MB",
    )
    parser.add_argument(
        "--long", action="store_true", help="also texts of 2,000 and 8,000 tokens, read and gone on"
    )
    parser.add_argument(
        "--llama-bench",
        metavar="PROGRAM",
        type=Path,
        help="beside llama.cpp's own benchmark, linked to the same library (implies --long)",
    )
    parser.add_argument("--no-window", action="store_true", help="engine and sampler only")
    parser.add_argument("--rounds", metavar="N", type=int, default=5, help="default: 5")
    parser.add_argument("--tokens", metavar="N", type=int, default=128, help="a round; default 128")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args(arguments)

    others = [_others_percent()]
    figures: dict[str, object] = {"compiled_passes": kernels.are_compiled()}
    if not kernels.are_compiled():
        _say("the sampler's passes in C are not compiled here: numpy makes them")
    _say("measuring the sampler …")
    path = None if given.sampler_only and given.model is None else model_path(given)
    figures |= _measure_on_real_logits(path or find_starter_model(), given.logits)
    figures["synthetic_sampler_us"] = measure_synthetic_sampler()
    figures |= measure_synthetic_top_p()
    figures["synthetic_lanes_8_sampler_us"] = measure_synthetic_lanes()
    if not given.sampler_only:
        _say("measuring a large document …")
        figures |= measure_document()
        assert path is not None, "or model_path has ended the program"
        _say("measuring the engine …")
        figures |= measure_engine(path, given.rounds, given.tokens)
        others.append(_others_percent())
        _say("measuring lanes …")
        figures |= measure_lanes(path, given.rounds, given.tokens)
        others.append(_others_percent())
        if not given.no_window:
            _say("measuring the window …")
            figures |= measure_window(path, given.rounds, given.tokens)
            others.append(_others_percent())
        if given.long or given.llama_bench:
            _say("measuring long texts …")
            try:
                figures |= measure_long(path, given.rounds, given.tokens, given.llama_bench)
            except LlamaBenchError as error:
                raise SystemExit(f"studio bench: {error}") from error
            others.append(_others_percent())
        if given.large:
            _say("measuring with a large vocabulary …")
            figures["large_vocabulary"] = _measure_large(given)
            others.append(_others_percent())
    figures["others_cpu_percent"] = max(others)
    if max(others) > _OTHERS_PERCENT:
        _say(f"other programs took {max(others):.0f} % of the processor: measure again without")
    if given.json:
        print(msgspec.json.encode(figures).decode())
    else:
        print_table(figures)
    return 0


def _measure_large(given: argparse.Namespace) -> dict[str, object]:
    """Speed with a model that says recorded logits; nothing where there are none to say.

    Only what a token costs beside its decode: of a prompt, this model evaluates next to nothing.
    """
    file = given.logits or logits_file(own_folder())
    if not file:
        _say(f"no {RECORDED.name} is there to make it of (--logits FILE)")
        return {}
    logits = read_logits(file)
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        path = Path(folder, "replay.gguf")
        try:
            write_replay_model(path, logits, OPENING)
        except (OSError, ValueError) as error:
            raise SystemExit(f"studio bench: no model of {file} can be made: {error}") from error
        figures: dict[str, object] = {"vocabulary": logits.shape[1]}
        figures |= measure_engine_speed(path, given.rounds, given.tokens)
        figures |= measure_lanes_speed(path, given.rounds, given.tokens)
        if not given.no_window:
            figures |= measure_window_speed(path, given.rounds, given.tokens)
    return figures


def _measure_on_real_logits(model: Path | None, file: Path | None) -> dict[str, object]:
    """The sampler on a model's logits and on a file's, where they are; by size of vocabulary."""
    file = file or logits_file(own_folder())
    found: dict[int, list[NDArray[np.float32]]] = {}
    if model:
        recorded = record_logits(model)
        found.setdefault(recorded.shape[1], []).append(recorded)
    else:
        _say("no model is installed or named, so the sampler is not measured on one's logits")
    if file:
        read = read_logits(file)
        found.setdefault(read.shape[1], []).append(read)
    else:
        _say(f"no {RECORDED.name} is there, so the sampler is not measured on it (--logits FILE)")
    figures: dict[str, object] = {}
    traffic: dict[str, float] = {}
    for size, several in sorted(found.items()):
        vectors = np.concatenate(several)
        rounds = max(_FEWEST_ROUNDS, _VECTORS_MEASURED // len(vectors))
        figures[f"sampler_real_{size}"] = measure_sampler(vectors, rounds)
        traffic[str(size)] = measure_memory_traffic(vectors, rounds)
    return {"memory_traffic_us": traffic, **figures}


def _others_percent() -> float:
    """What other programs take of the whole processor while this one waits."""
    percent: float = psutil.cpu_percent(_LISTENING_SECONDS)
    return percent


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
