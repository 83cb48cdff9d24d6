"""`python -m studio compare`: one text continued in several lanes, in process, without a window.

Knows the engine's commands and what is printed; records and pages are `experiments`'.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from studio.atomic_write import atomic_write
from studio.commands.arguments import (
    add_sampling_arguments,
    sampling_overrides,
    unescaped,
)
from studio.commands.command_parser import CommandParser
from studio.commands.end_signals import EndSignals
from studio.commands.shared_options import (
    add_loading_arguments,
    add_text_arguments,
    cut_words,
    hash_of_model,
    load_command,
    manuscript,
    positive,
    shown_model,
)
from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    MOST_SEQUENCES,
    AnyEvent,
    Evaluated,
    Evaluating,
    Failed,
    Finished,
    Generate,
    Loaded,
    ModelReport,
    Prompt,
    SequenceStart,
)
from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import (
    MOST_BYTES,
    ComparisonFileError,
    fitting,
    write_comparison,
)
from studio.experiments.html_page import to_html
from studio.experiments.markdown import to_markdown
from studio.experiments.recorder import ComparisonRecorder, model_record
from studio.experiments.words import temperature
from studio.presets import PresetError, PresetFolder, preset_folder
from studio.sampling import ParameterError, SamplingParams
from studio.standard_input import STANDARD_STREAM

_MAX_TOKENS = 128


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when the lanes were written, 1 on a failure, 2 on a wrong call.

    128 and the number of a signal that ended it: what was written by then is given all the same.

    Raises:
        OutputError: what it prints cannot be written.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        lanes, names = _lanes(given)
        command = Generate(
            request=1,
            prompt=Prompt(manuscript=manuscript(given), brief=given.brief),
            sequences=lanes,
            max_tokens=given.max_tokens,
            ignore_eos=given.ignore_eos,
            when_full="end",
            share_u=not given.independent,
            seed=-1 if given.seed is None else given.seed,
        )
        load = load_command(given)
    except (PresetError, ParameterError, ValueError, OSError) as error:
        parser.error(str(error))
    interrupt = Interrupt()
    control = Control(interrupt)
    follower = _Follower(ComparisonRecorder(command, names))

    signals = EndSignals(control.stop)
    engine = Engine(follower.on_events, interrupt, math.inf)
    try:
        _say(f"opening {shown_model(load)}")
        engine.run(load, control)
        if signals.status:
            _say("stopped before it could begin to write")
            return signals.status
        if follower.model is not None and follower.model.draws_there:
            _say(
                "lanes are compared by what could have stood in each place, which this server does "
                "not say; generate and sweep write there"
            )
            return 1
        if not follower.failed:
            engine.run(command, control)
    finally:
        engine.close()
    if follower.failed or follower.model is None:
        if given.json and follower.failure:
            _print(msgspec.json.encode(follower.failure).decode())
        return 1
    fingerprint = hash_of_model(load) if given.html or given.markdown or given.save else ""
    comparison = follower.recorder.record(model_record(follower.model, fingerprint))
    return _give(comparison, given) or signals.status


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="studio compare",
        description="Continue one text in several lanes at once: one for each temperature, and "
        "one for each preset. The sampling options count in the lanes of --temperatures. The text "
        "is given to the model as it is, so of a preset only its sampling counts.",
    )
    add_text_arguments(parser)
    parser.add_argument(
        "--temperatures", metavar="T,T,...", default="", help="such as 0,0.5,1,1.5; inf is uniform"
    )
    parser.add_argument(
        "--presets",
        metavar="A,B,...",
        action="extend",
        type=_names,
        default=[],
        help="built in or yours; one with a comma in its name: --preset",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        dest="presets",
        action="append",
        default=[],
        help="one of them, whatever its name has in it; once for each",
    )
    parser.add_argument("--folder", metavar="DIR", help="another folder of presets")
    add_sampling_arguments(parser, without="temperature")
    parser.add_argument(
        "--independent",
        action="store_true",
        help="each lane has random draws of its own (--seed, and one more each)",
    )
    parser.add_argument(
        "-n",
        "--max-tokens",
        metavar="N",
        type=positive,
        default=_MAX_TOKENS,
        help=f"tokens a lane at most (default: {_MAX_TOKENS})",
    )
    parser.add_argument(
        "--ignore-eos", action="store_true", help="go on past an end-of-sequence token"
    )
    parser.add_argument(
        "--stop",
        metavar="TEXT",
        action="append",
        type=unescaped,
        help="end a lane where this text is complete, without it; once for each, \\n is a newline "
        "(default: each preset's own); its reason is stop_string then",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json",
        action="store_true",
        help="one JSON object: lanes with temperature, seed, text, tokens, probabilities and "
        "reason; prompt_tokens; seconds; tokens_per_second of all lanes together, not counting "
        "each one's first token, which the prompt's evaluation gave",
    )
    form.add_argument("--markdown", action="store_true", help="a Markdown page")
    form.add_argument(
        "--html",
        metavar="FILE",
        help="write one HTML page that needs nothing else; - is the output",
    )
    parser.add_argument(
        "--save", metavar="FILE", help="keep the comparison (.json), for the window to open"
    )
    parser.add_argument(
        "--without-sketches",
        action="store_true",
        help="keep it without the tokens' distributions: about a twentieth of the size, and "
        "nothing in it can be re-tempered later",
    )
    add_loading_arguments(parser)
    return parser


def _names(text: str) -> list[str]:
    """The names in a list of presets, for argparse."""
    return [name for name in map(str.strip, text.split(",")) if name]


def _lanes(given: argparse.Namespace) -> tuple[tuple[SequenceStart, ...], tuple[str, ...]]:
    """The lanes, and what they are called."""
    overrides = sampling_overrides(given)
    overrides.pop("seed", None)  # it is the comparison's
    stop = None if given.stop is None else tuple(given.stop)
    settings: list[tuple[str, SequenceStart]] = []
    for text in filter(None, map(str.strip, given.temperatures.split(","))):
        try:
            value = float(text)
        except ValueError:
            raise ValueError(
                f"--temperatures: found {text!r}; allowed are numbers from 0 to inf, with commas "
                "between them"
            ) from None
        params = SamplingParams(temperature=value, **overrides)  # type: ignore[arg-type]  # by name
        settings.append(("", SequenceStart(params=params, stop=stop or ())))
    presets = PresetFolder(Path(given.folder) if given.folder is not None else preset_folder())
    for name in given.presets:
        preset = presets.find(name)
        params = msgspec.structs.replace(preset.sampling, seed=-1)
        own = preset.stop if stop is None else stop
        settings.append((preset.name, SequenceStart(params=params, stop=own)))
    if not 1 <= len(settings) <= MOST_SEQUENCES:
        raise ValueError(
            f"--temperatures and --presets: found {len(settings)} lanes; allowed are 1 to "
            f"{MOST_SEQUENCES}, such as --temperatures 0,0.5,1,1.5"
        )
    names, lanes = zip(*settings, strict=True)
    return lanes, names


class _Follower:
    """Records what the engine says, and says on stderr how far it is."""

    def __init__(self, recorder: ComparisonRecorder) -> None:
        self.recorder = recorder
        self.model: ModelReport | None = None
        self.failed = False
        self.failure: dict[str, str] = {}

    def on_events(self, *events: AnyEvent) -> None:
        for event in events:
            self.recorder.add(event)
            match event:
                case Loaded():
                    self.model = event.report
                case Evaluating():
                    _say(f"prompt: {event.done:,} of {event.total:,} tokens")
                case Evaluated():
                    _say(f"prompt: {len(event.token_ids()):,} tokens, evaluated once")
                    if event.unseen_characters:
                        _say(cut_words(event.unseen_characters))
                case Finished():
                    _say(
                        f"lane {event.sequence + 1}: {event.tokens:,} tokens, {event.reason}, "
                        f"seed {event.seed}"
                    )
                case Failed():
                    self.failed = True
                    self.failure = {
                        "type": "failed",
                        "kind": event.kind,
                        "message": event.message,
                    }
                    print(f"studio compare: {event.message}", file=sys.stderr)


def _give(comparison: Comparison, given: argparse.Namespace) -> int:
    """Print or write what was asked for; the exit status."""
    try:
        if given.save:
            _save(comparison, Path(given.save), without=given.without_sketches)
        if given.html and given.html != STANDARD_STREAM:
            atomic_write(Path(given.html), to_html(comparison).encode())
    except ComparisonFileError as error:
        _say(str(error))
        return 1
    except OSError as error:
        _say(f"--html: “{given.html}” could not be written: {error.strerror or error}")
        return 1
    if given.html == STANDARD_STREAM:
        _print(to_html(comparison))
    elif given.json:
        _print(msgspec.json.encode(_summary(comparison)).decode())
    elif given.markdown:
        _print(to_markdown(comparison).rstrip("\n"))
    elif not given.html:
        _print(_plain(comparison))
    return 0


def _save(comparison: Comparison, path: Path, *, without: bool) -> None:
    """Keep it, and say what a file of it has no room for.

    Raises:
        ComparisonFileError: The system failed, or it has no room for the texts.
    """
    data, most = fitting(comparison.without_sketches() if without else comparison)
    if len(data) > MOST_BYTES:
        raise ComparisonFileError(
            path,
            f"it would have {len(data):,} bytes even without distributions; allowed are "
            f"{MOST_BYTES:,}. Take --html or --markdown instead.",
        )
    if most is not None:
        _say(
            f"--save: a file of more than {MOST_BYTES:,} bytes is not opened; it has the "
            f"distributions of each lane’s first {most:,} tokens alone"
        )
    write_comparison(path, data)


def _summary(comparison: Comparison) -> dict[str, object]:
    return {
        "lanes": [
            {
                "temperature": _finite(lane.params.temperature),
                "seed": lane.seed,
                "text": lane.text,
                "tokens": [token.id for token in lane.tokens],
                "probabilities": [token.probability for token in lane.tokens],
                "reason": lane.reason,
            }
            for lane in comparison.lanes
        ],
        "prompt_tokens": comparison.prompt_tokens,
        "seconds_prompt": comparison.seconds_prompt,
        "seconds_generation": comparison.seconds_generation,
        "tokens_per_second": comparison.tokens_per_second,
    }


def _plain(comparison: Comparison) -> str:
    parts = []
    for number, lane in enumerate(comparison.lanes, 1):
        name = f" {lane.name}," if lane.name else ""
        parts.append(f"[{number}]{name} {temperature(lane)}, seed {lane.seed}\n{lane.text}")
    return "\n\n".join(parts)


def _finite(number: float) -> float | None:
    """JSON has no infinity."""
    return number if math.isfinite(number) else None


def _say(text: str) -> None:
    print(f"studio compare: {text}", file=sys.stderr, flush=True)


def _print(text: str) -> None:
    print(text, flush=True)
