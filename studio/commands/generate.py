"""`python -m studio generate`: continue a text, in process, without a window."""

from __future__ import annotations

import argparse
import math
import secrets
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

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
    load_command,
    manuscript,
    positive,
    text_of_file,
)
from studio.commands.standard_streams import OutputError
from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.generation.pending_tokens import FRAME_SECONDS
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    MOST_SEQUENCES,
    AnyEvent,
    Evaluated,
    Failed,
    Finished,
    Generate,
    Loaded,
    ModelReport,
    Prompt,
    RunFinished,
    Score,
    SequenceStart,
    Token,
    is_server,
)
from studio.experiments.middle import MiddleRun, starts_of
from studio.experiments.text_run import TextRun
from studio.experiments.text_temperature import (
    BLOCK,
    COLDEST_TEXT,
    HOTTEST_TEXT,
    STEPS,
    BlockWise,
    Resampled,
    WholeText,
)
from studio.presets import Preset, PresetFolder, preset_folder
from studio.sampling import MAX_SEED, InverseTemperature, ParameterError, SamplingParams
from studio.sampling.measures import bits
from studio.sampling.samplers.steps import needs_logits
from studio.standard_input import STANDARD_STREAM
from studio.utf8 import CharacterDecoder, whole_characters

_WHOLE_TEXT_TOKENS = 32


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when a text was generated, 1 on a failure, 2 on a wrong call.

    128 and the number of a signal that ended it: what was written by then is given all the same.

    Raises:
        OutputError: what it prints cannot be written.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        preset = _neutral() if given.preset is None else _preset(given)
        params = msgspec.structs.replace(preset.sampling, **sampling_overrides(given))
        prompt = Prompt(
            manuscript=manuscript(given),
            brief=given.brief,
            system=preset.system_message,
            format=preset.prompt_format,
        )
        load = load_command(given)
        stop = tuple(given.stop) if given.stop is not None else preset.stop
        max_tokens = given.max_tokens if given.max_tokens is not None else preset.max_tokens
        after = _suffix(given)
        start = SequenceStart(params=params, stop=stop)
        _check_whole_text(given)
    except (ParameterError, ValueError, OSError) as error:
        parser.error(str(error))
    printer, commands = _plan(given, prompt, after, start, max_tokens)
    interrupt = Interrupt()
    control = Control(interrupt)
    unwritten: list[OSError | OutputError] = []
    drawn_there: list[ModelReport] = []

    def on_events(*events: AnyEvent) -> None:
        for event in events:
            if unwritten:
                return
            if isinstance(event, Loaded) and is_server(event.report.path):
                _say_of_server(event.report, start.params)
                drawn_there.extend([event.report] if event.report.draws_there else [])
            try:
                printer.on_event(event)
            except (BrokenPipeError, OutputError) as error:
                # Kept until the engine is closed: it takes what is raised here for its own fault.
                unwritten.append(error)
                control.stop()

    signals = EndSignals(control.stop)
    engine = Engine(on_events, interrupt, FRAME_SECONDS)
    try:
        engine.run(load, control)
        if signals.status:
            print("studio generate: stopped before it could begin to write", file=sys.stderr)
            return signals.status
        if drawn_there and (given.text_temperature is not None or after is not None):
            print(
                "studio generate: --text-temperature and --suffix weigh tokens by how likely they "
                "are, which this server does not say",
                file=sys.stderr,
            )
            return 1
        for command in commands:
            if printer.failed or unwritten or control.stopped:
                break
            engine.run(command, control)
    finally:
        engine.close()
    if unwritten:
        raise unwritten[0]
    printer.end()
    return signals.status or int(printer.failed)


def _say_of_server(report: ModelReport, params: SamplingParams) -> None:
    """Say what does not act where a server has the model, and whether that draws."""
    words = ""
    if report.draws_there:
        from studio.commands.served import left_out_words  # with it come sockets and TLS

        words = left_out_words([params], report.backend) or "the server draws, with this seed"
    elif report.is_far:
        words = "the server is far away, and draws the tokens itself"
    elif not report.takes_repeat_penalty and needs_logits(params):
        words = (
            "the repeat penalty cannot act here: a server gives probabilities, and it works on "
            "what is before them; frequency and presence penalties do act"
        )
    if report.known_tokens:
        there = (
            f"drawn here where the {report.known_tokens:,} likeliest tokens that the server names "
            "settle what can be drawn; it draws the others"
        )
        words = f"{there}; {words}" if words else there
    if words:
        print(f"studio generate: {words}", file=sys.stderr)


def _plan(
    given: argparse.Namespace,
    prompt: Prompt,
    after: str | None,
    start: SequenceStart,
    max_tokens: int,
) -> tuple[_Printer, Iterable[Generate | Score]]:
    """What prints, and what is to be carried out.

    Args:
        given: The options.
        prompt: What stands before the place.
        after: What stands behind it; None for nothing.
        start: What is written.
        max_tokens: How many tokens at most.
    """
    params = start.params
    if params.seed < 0 and (given.text_temperature is not None or after is not None):
        params = msgspec.structs.replace(params, seed=secrets.randbelow(MAX_SEED + 1))
    if given.text_temperature is not None:
        return _plan_whole_text(given, prompt, params.seed)
    if after is None:
        alone = Generate(
            request=1,
            prompt=prompt,
            sequences=(start,),
            max_tokens=max_tokens,
            ignore_eos=given.ignore_eos,
        )
        return _JsonPrinter() if given.json else _Printer(), [alone]
    starts = starts_of(params, given.candidates, start.stop)
    run = MiddleRun(1, prompt, after, starts, max_tokens, ignore_eos=given.ignore_eos)
    return _MiddlePrinter(run, is_json=given.json), run.commands()


def _plan_whole_text(
    given: argparse.Namespace, prompt: Prompt, seed: int
) -> tuple[_Printer, Iterable[Generate]]:
    """What prints, and what is to be carried out, where a text is drawn as a whole."""
    rng = np.random.default_rng(seed)
    way = WholeText(draws=given.draws, block=given.block, steps=given.steps)
    draw = way.draw(given.max_tokens or _WHOLE_TEXT_TOKENS, rng)
    run: TextRun[Resampled | BlockWise] = TextRun(
        1, prompt, given.text_temperature, draw, rng, ignore_eos=given.ignore_eos
    )
    return _WholeTextPrinter(run, given.text_temperature, seed, is_json=given.json), run.commands()


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="studio generate",
        description="Continue a text. Without --preset everything is neutral: temperature 1, no "
        "filter, no penalty. Options override the preset's values.",
    )
    add_text_arguments(parser)
    parser.add_argument("--preset", metavar="NAME", help="a preset, built in (“Code”) or yours")
    parser.add_argument("--folder", metavar="DIR", help="another folder of presets")
    add_sampling_arguments(parser)
    parser.add_argument(
        "-n",
        "--max-tokens",
        metavar="N",
        type=positive,
        help="tokens to write at most (preset, or 256)",
    )
    parser.add_argument(
        "--stop",
        metavar="TEXT",
        action="append",
        type=unescaped,
        help="end where this text is complete, without it; once for each, \\n is a newline "
        "(default: the preset's)",
    )
    suffix = parser.add_mutually_exclusive_group()
    suffix.add_argument(
        "--suffix",
        metavar="TEXT",
        help="the text behind the place: several candidates are written, and the one printed that "
        "this text follows best; a model with fill-in-the-middle tokens reads both sides instead, "
        "and writes one",
    )
    suffix.add_argument(
        "--suffix-file", metavar="FILE", help="the same, from a UTF-8 file; - is the input"
    )
    parser.add_argument(
        "--candidates",
        metavar="N",
        type=_candidates,
        default=4,
        help=f"how many are written before a suffix, 1 to {MOST_SEQUENCES} (default: 4); "
        "1: without reading it",
    )
    _add_whole_text_arguments(parser)
    parser.add_argument(
        "--ignore-eos",
        action="store_true",
        help="go on past an end-of-sequence token; its probability is left as it is",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object a line: each token, then a summary; an infinite number is null. "
        "id and top are the model's tokens, text is what is added to the prompt. With a suffix: "
        "each candidate, the best first. With --text-temperature: the text and what it took",
    )
    add_loading_arguments(parser)
    return parser


def _add_whole_text_arguments(parser: argparse.ArgumentParser) -> None:
    whole = parser.add_argument_group(
        "whole-text temperature",
        "Draws a short text as a whole, in proportion to its probability to the power 1/T: that is "
        "not what each token at T gives. No sampler acts beside it; of a preset the system message "
        "and the prompt format count.",
    )
    whole.add_argument(
        "--text-temperature",
        metavar="T",
        type=_text_temperature,
        help=f"T of the text, {COLDEST_TEXT:g} to {HOTTEST_TEXT:g}; --max-tokens is "
        f"{_WHOLE_TEXT_TOKENS} here unless given. Below 1 short texts are favoured, as each token "
        "takes some probability: --ignore-eos has all of one length",
    )
    whole.add_argument(
        "--block",
        metavar="N",
        type=positive,
        help=f"it grows by N tokens at a time (default: {BLOCK})",
    )
    whole.add_argument(
        "--steps",
        metavar="M",
        type=positive,
        help="how many times its end, from a place drawn evenly, is written anew after each block "
        f"and taken or not: exact in the limit of many (default: {STEPS})",
    )
    whole.add_argument(
        "--draws",
        metavar="N",
        type=positive,
        help="instead, write N texts with each token at T, and take one by weights that its own "
        "probabilities give: quicker, and biased towards these texts by about 1/N",
    )


def _text_temperature(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not COLDEST_TEXT <= number <= HOTTEST_TEXT:
        raise argparse.ArgumentTypeError(
            f"found {text!r}; allowed is a number from {COLDEST_TEXT:g} to {HOTTEST_TEXT:g}"
        )
    return number


def _check_whole_text(given: argparse.Namespace) -> None:
    """Refuse what cannot go together with a whole text's temperature, or not without it.

    Raises:
        ValueError: Something cannot.
    """
    own = ("block", "steps", "draws")
    if given.text_temperature is None:
        found = next((name for name in own if getattr(given, name) is not None), None)
        if found is not None:
            raise ValueError(f"--{found}: only with --text-temperature")
        return
    options = ("stop", "suffix", "suffix_file")
    others = [name for name in options if getattr(given, name) is not None]
    others += [name for name in sampling_overrides(given) if name != "seed"]
    if others:
        raise ValueError(f"--{others[0].replace('_', '-')}: not with --text-temperature")
    if given.draws is not None and (given.block or given.steps):
        raise ValueError("--draws: not with --block or --steps, which are another way")


def _candidates(text: str) -> int:
    number = positive(text)
    if number > MOST_SEQUENCES:
        raise argparse.ArgumentTypeError(
            f"found {text!r}; allowed is a whole number from 1 to {MOST_SEQUENCES}"
        )
    return number


def _suffix(given: argparse.Namespace) -> str | None:
    """The text behind the place; None where none was given."""
    if given.suffix_file is None:
        return None if given.suffix is None else str(given.suffix)
    if given.suffix_file == given.prompt_file == STANDARD_STREAM:
        raise ValueError("--suffix-file: the input is the prompt's already; name a file")
    return text_of_file(given.suffix_file, "--suffix-file")


def _neutral() -> Preset:
    return Preset(name="Neutral", description="Temperature 1, no filter, no penalty.")


def _preset(given: argparse.Namespace) -> Preset:
    folder = Path(given.folder) if given.folder is not None else preset_folder()
    return PresetFolder(folder).find(given.preset)


class _Printer:
    """Prints the text as it comes, whole characters only."""

    def __init__(self) -> None:
        self.failed = False
        self._decoder = CharacterDecoder()
        self._finished: Finished | None = None

    def on_event(self, event: AnyEvent) -> None:
        match event:
            case Token():
                self._print_token(event)
            case Evaluated() if event.unseen_characters:
                print(f"studio generate: {cut_words(event.unseen_characters)}", file=sys.stderr)
            case Finished():
                self._finished = event
                if event.beginning:
                    self._print_token(event.beginning)
            case RunFinished() if self._finished:
                self._print_end(self._finished, event)
            case Failed():
                self.failed = True
                self._print_failure(event)
                print(f"studio generate: {event.message}", file=sys.stderr)

    def _print_token(self, token: Token) -> None:
        """Print a token, or the beginning of one that a stop string cut."""
        self._write(self._decoder.decode(token.record.text))

    def _print_end(self, finished: Finished, run: RunFinished) -> None:
        """Print how it ended."""
        self._write("\n")
        print(f"studio generate: seed {finished.seed}", file=sys.stderr)

    def _print_failure(self, failed: Failed) -> None:
        """Print what went wrong, where that is asked for beside the message."""

    def end(self) -> None:
        """Print what is known at the very end alone."""

    @staticmethod
    def _write(text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()


class _JsonPrinter(_Printer):
    """Prints one JSON object a line."""

    def _print_token(self, token: Token) -> None:
        record = token.record
        self._print(
            {
                "type": "token",
                "index": token.index,
                "id": record.id,
                "text": self._decoder.decode(record.text),
                "probability": record.probability,
                "rank": record.rank,
                "entropy_bits": bits(record.entropy),
                "top": record.top,
                "near_tie": record.near_tie,
                **({"estimated": True} if record.is_estimated else {}),
            }
        )

    def _print_end(self, finished: Finished, run: RunFinished) -> None:
        temperature = InverseTemperature(finished.params.temperature)
        self._print(
            {
                "type": "finished",
                "reason": finished.reason,
                "tokens": finished.tokens + bool(finished.beginning),
                "tokens_per_second": run.tokens_per_second,
                "prompt_tokens": run.prompt_tokens,
                "seed": finished.seed,
                "temperature": _finite(temperature.temperature),
                "beta": _finite(temperature.beta),
            }
        )

    def _print_failure(self, failed: Failed) -> None:
        self._print({"type": "failed", "kind": failed.kind, "message": failed.message})

    def _print(self, line: dict[str, object]) -> None:
        self._write(msgspec.json.encode(line).decode() + "\n")


class _MiddlePrinter(_Printer):
    """Prints candidates once they are ranked: the best, or a line of JSON for each.

    Args:
        run: What writes them.
        is_json: Whether lines of JSON are asked for.
    """

    def __init__(self, run: MiddleRun, *, is_json: bool) -> None:
        super().__init__()
        self._run = run
        self._is_json = is_json

    def on_event(self, event: AnyEvent) -> None:
        self._run.on_event(event)
        if isinstance(event, Evaluated | Failed) and event.request <= self._run.generate.request:
            super().on_event(event)

    def end(self) -> None:
        if self.failed:
            return
        ranked = self._run.ranked()
        for rank, one in enumerate(ranked, 1):
            if self._is_json:
                line = {
                    "type": "candidate",
                    "rank": rank,
                    "text": one.text,
                    "following_bits": one.follows,
                    "reason": one.finished.reason,
                    "tokens": one.finished.tokens + bool(one.finished.beginning),
                    "seed": one.finished.seed,
                }
                self._write(msgspec.json.encode(line).decode() + "\n")
            elif rank == 1:
                self._write(f"{one.text}\n")
        follows = [f"{one.follows:.2f}" for one in ranked if one.follows is not None]
        if len(ranked) > 1 and follows:
            print(
                f"studio generate: best of {len(ranked)} by how the text after it follows, in "
                f"bits a token: {', '.join(follows)}",
                file=sys.stderr,
            )
        if self._run.fills_in:
            print("studio generate: filled in between both sides", file=sys.stderr)
        if ranked:
            print(f"studio generate: seed {ranked[0].finished.seed}", file=sys.stderr)


class _WholeTextPrinter(_Printer):
    """Prints a text that was drawn as a whole, once it is.

    Args:
        run: What draws it.
        temperature: Its T.
        seed: Of all random draws.
        is_json: Whether a line of JSON is asked for.
    """

    def __init__(
        self,
        run: TextRun[Resampled | BlockWise],
        temperature: float,
        seed: int,
        *,
        is_json: bool,
    ) -> None:
        super().__init__()
        self._run = run
        self._temperature = temperature
        self._seed = seed
        self._is_json = is_json

    def on_event(self, event: AnyEvent) -> None:
        self._run.on_event(event)
        if isinstance(event, Failed) or (isinstance(event, Evaluated) and event.request == 1):
            super().on_event(event)

    def end(self) -> None:
        drawn = self._run.result
        if drawn is None:
            if not self.failed:
                print("studio generate: stopped before the text was drawn", file=sys.stderr)
            return
        (tokens,) = drawn.texts.tokens
        text = whole_characters(self._run.text(tokens))
        line: dict[str, object] = {
            "type": "whole_text",
            "text": text,
            "tokens": int(drawn.texts.lengths[0]),
            "text_temperature": self._temperature,
            "evaluations": drawn.evaluations,
            "seed": self._seed,
        }
        if isinstance(drawn, BlockWise):
            line |= {"proposed": drawn.proposed, "accepted": drawn.accepted}
            said = f"{drawn.accepted} of {drawn.proposed} proposals taken"
        else:
            line["effective_draws"] = float(drawn.effective[0])
            said = f"draws worth {drawn.effective[0]:.1f} of equal weight"
        self._write(f"{msgspec.json.encode(line).decode() if self._is_json else text}\n")
        if not self._is_json:
            print(
                f"studio generate: the whole text at T {self._temperature:g}: "
                f"{drawn.evaluations:,} evaluations of the model, {said}; seed {self._seed}",
                file=sys.stderr,
            )


def _finite(number: float) -> float | None:
    """JSON has no infinity."""
    return number if math.isfinite(number) else None
