"""`python -m studio bench`: speed and memory, each figure beside what it must hold and its aim.

Ratios are taken round by round, as a shared machine's speed wanders: each round times the studio
and the bare loop over the same tokens at the same positions, by turns, and the median of the
rounds' ratios is reported. It wants the machine to itself: llama.cpp's threads wait for one another
by spinning, and beside another program the bare loop takes ten times as long.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil

from studio.commands.arguments import model_path
from studio.commands.bench_engine import measure_engine
from studio.commands.bench_lanes import measure_lanes
from studio.commands.bench_pairs import LANE_COUNTS
from studio.commands.bench_sampler import (
    VOCABULARIES,
    measure_lanes_sampler,
    measure_sampler,
    measure_top_p,
)
from studio.commands.bench_window import measure_window
from studio.commands.command_parser import CommandParser
from studio.sampling.logits import kernels

_ROWS = (
    # key (of figures by number of lanes or size: "key.number"), what, hold, aim, format
    *(
        (
            f"sampler_us.{size}",
            f"temperature + filters + draw + sketch, vocabulary {size:,}",
            "500" if size == 262_144 else "",
            "300" if size == 262_144 else "",
            "{:.0f} us",
        )
        for size in VOCABULARIES
    ),
    (
        "top_p_ratio",
        "top-p alone, deep nucleus, vocabulary 131,072: llama.cpp's time to ours",
        "10",
        "",
        "{:.1f}",
    ),
    ("top_p_sure_ratio", "the same where a handful of tokens suffices", "10", "", "{:.1f}"),
    ("decode_tps", "bare llama_decode loop", "", "", "{:.0f} tokens/s"),
    ("engine_ratio", "engine, filters and sketch, against the bare loop", "0.95", "0.98", "{:.3f}"),
    (
        "engine_same_pages_ratio",
        "the same where the bare loop has huge pages too",
        "",
        "",
        "{:.3f}",
    ),
    ("window_ratio", "window, histogram live, against the bare loop", "0.85", "0.95", "{:.3f}"),
    (
        "continue_after_edit_decodes",
        "Continue after an edit at the end of 2,000 tokens, to the first token",
        "5",
        "2",
        "{:.1f} decodes",
    ),
    (
        "four_lanes_fresh_ratio",
        "four lanes after 512 tokens, to four runs that evaluate the prompt each",
        "0.65",
        "0.55",
        "{:.3f}",
    ),
    (
        "four_lanes_reuse_ratio",
        "the same to four runs of one engine, which evaluates the prompt once",
        "",
        "",
        "{:.3f}",
    ),
    ("eight_lanes_speedup", "eight lanes together, to one lane's tokens/s", "1.4", "", "{:.2f}"),
    *(
        (
            f"lanes_{place}_ratio.{lanes}",
            f"{place} with {lanes} lane{'s' * (lanes > 1)}, to the same batches decoded bare",
            hold,
            "",
            "{:.3f}",
        )
        for place, hold in (("engine", "0.93"), ("window", "0.85"))
        for lanes in LANE_COUNTS
    ),
    (
        "lanes_8_sampler_us",
        "sampling of eight lanes a step, vocabulary 262,144",
        "4000",
        "2400",
        "{:.0f} us",
    ),
    ("turn_ms_p95", "turning T to bars redrawn, 95th percentile", "16", "8", "{:.1f} ms"),
    (
        "turn_heat_ms_p95",
        "the same with curve and a heat-tinted page of 1,000 tokens",
        "16",
        "8",
        "{:.1f} ms",
    ),
    ("landscape_ms_p95", "landscape of 1,000 tokens re-tempered", "16", "4", "{:.1f} ms"),
    ("longest_stall_ms", "longest stall of the event loop while writing", "50", "16", "{:.0f} ms"),
    ("start_seconds", "start to a usable window", "1.0", "0.6", "{:.2f} s"),
    ("window_mib", "window's process, resident", "250", "180", "{:.0f} MiB"),
    ("idle_cpu_percent", "CPU at rest, window and engine", "1", "0", "{:.2f} %"),
    ("others_cpu_percent", "CPU that other programs took between the parts", "", "", "{:.0f} %"),
)
_OTHERS_PERCENT = 5.0
"""What others may take of the processor before the figures are not to be trusted."""
_LISTENING_SECONDS = 0.5


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when everything was measured."""
    parser = CommandParser(prog="studio bench", description=__doc__.split("\n\n")[1])
    parser.add_argument(
        "-m", "--model", metavar="FILE", help="a GGUF file (default: the starter model)"
    )
    parser.add_argument("--sampler-only", action="store_true", help="no model, no window")
    parser.add_argument("--no-window", action="store_true", help="engine and sampler only")
    parser.add_argument("--rounds", metavar="N", type=int, default=5, help="default: 5")
    parser.add_argument("--tokens", metavar="N", type=int, default=128, help="a round; default 128")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args(arguments)

    others = [_others_percent()]
    figures: dict[str, object] = {"compiled_passes": kernels.are_compiled()}
    if not kernels.are_compiled():
        _say("the sampler's passes in C are not compiled here: numpy makes them")
    figures |= {"sampler_us": measure_sampler(), **measure_top_p()}
    figures["lanes_8_sampler_us"] = measure_lanes_sampler()
    if not given.sampler_only:
        path: Path = model_path(given)
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
    figures["others_cpu_percent"] = max(others)
    if max(others) > _OTHERS_PERCENT:
        _say(f"other programs took {max(others):.0f} % of the processor: measure again without")
    if given.json:
        print(msgspec.json.encode(figures).decode())
    else:
        _print_table(figures)
    return 0


def _others_percent() -> float:
    """What other programs take of the whole processor while this one waits."""
    percent: float = psutil.cpu_percent(_LISTENING_SECONDS)
    return percent


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _print_table(figures: dict[str, object]) -> None:
    print(f"{'what':72} {'measured':>14}  {'hold':>5} {'aim':>5}")
    single: dict[str, object] = {}
    for key, figure in figures.items():
        if isinstance(figure, dict):
            single |= {f"{key}.{number}": part for number, part in figure.items()}
        else:
            single[key] = figure
    for key, name, hold, aim, layout in _ROWS:
        if key in single:
            print(f"{name:72} {layout.format(single[key]):>14}  {hold:>5} {aim:>5}")
