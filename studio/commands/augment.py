"""`python -m studio augment`: many texts of each of many prompts, as a data set with figures."""

from __future__ import annotations

import argparse
import math
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from studio.atomic_write import atomic_write
from studio.commands.arguments import (
    add_sampling_arguments,
    sampling_overrides,
    unescaped,
)
from studio.commands.augment_plan import given_options, plan_options, plan_text
from studio.commands.command_parser import CommandParser
from studio.commands.end_signals import EndSignals
from studio.commands.progress_line import ProgressLine
from studio.commands.served import add_batch_arguments, left_out_words, served_of
from studio.commands.shared_options import (
    add_loading_arguments,
    add_model_argument,
    hash_of_model,
    load_command,
    positive,
    shown_model,
)
from studio.commands.standard_streams import OutputError
from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import AnyEvent, Failed, Load, Loaded, ModelReport
from studio.engine.server.asking import ServerError
from studio.experiments.augmentation.augmentation import Augmentation
from studio.experiments.augmentation.data_set import DataSet, begun_seed
from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.journal import ROWS, Entry
from studio.experiments.augmentation.plan import (
    Plan,
    Prompts,
    Screen,
    Temperatures,
    temperatures_of,
)
from studio.experiments.augmentation.prompt_table import PromptTable, read_prompts
from studio.experiments.augmentation.templates import Template
from studio.experiments.augmentation.text_screen import TextScreen
from studio.experiments.recorder import model_record
from studio.experiments.samples import SampleRun
from studio.experiments.server_samples import Served, ServerRun
from studio.presets import Preset, PresetFolder, preset_folder
from studio.regular_file import read_regular_file
from studio.sampling import MAX_SEED
from studio.visible_text import visible_path

_LARGEST_SCHEMA = 2**20
_PROMPT = "{prompt}"
_TRIES = 4
"""So many times the rows of a prompt are written for it, if so many are dropped."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when all was written, 1 on a failure, 2 on a wrong call.

    128 and the number of a signal that ended it: what was written by then is kept, and the same
    command goes on from there.

    Raises:
        OutputError: what it prints cannot be written.
    """
    parser = _parser()
    try:
        words = _with_plan(arguments)
        given = parser.parse_args(words)
        work = _work(given)
        load = load_command(given)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    kept = {**given_options(parser, words), "seed": [str(work.plan.seed)]}
    for option in ("plan", "json"):  # they say nothing of the rows
        kept.pop(option, None)
    return _run(given, work, load, kept)


def _with_plan(arguments: Sequence[str]) -> list[str]:
    """The command line behind what a plan file has; what stands later counts."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--plan")
    found, rest = early.parse_known_args(arguments)
    return [*(plan_options(Path(found.plan)) if found.plan else []), *rest]


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="studio augment",
        description="Write many texts of each of many prompts, at one temperature or at many, and "
        "make a data set of them, with its figures. Each is kept as it ends: after an interrupt or "
        "a crash the same command goes on where it was. Without --preset everything is neutral: "
        "temperature 1, no filter, no penalty. Options override the preset's values.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--prompts",
        metavar="FILE",
        required=True,
        help="the prompts: .csv or .tsv, .jsonl, .parquet, whose fields --template names; any "
        "other: a prompt a line",
    )
    parser.add_argument(
        "--samples", metavar="N", type=positive, required=True, help="rows for each prompt"
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        required=True,
        help="the rows: .jsonl, .csv or .parquet; beside it FILE.journal, by which it goes on, "
        "FILE.plan.toml, and README.md, which is its card",
    )
    parser.add_argument(
        "--plan",
        metavar="FILE",
        help="a TOML file with any of these options, such as samples = 20; what is given beside "
        "it goes before",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a text, as it ends")
    add_model_argument(parser)
    parser.add_argument(
        "--template",
        metavar="TEXT",
        type=unescaped,
        help=f"the text to continue; {{field}} stands for a field of the prompt (default: "
        f"{_PROMPT}; none, where --brief has a place)",
    )
    parser.add_argument(
        "--brief",
        metavar="TEXT",
        type=unescaped,
        help="what the model is told before the text, with places as well (default: none; "
        f"{_PROMPT} for a preset of the chat format without --template)",
    )
    parser.add_argument(
        "--temperature",
        dest="temperatures",
        metavar="T",
        help="a number; several, 0.7,1,1.3, that samples take in turn; or a range, 0.7..1.4, from "
        "which each draws its own (default: the preset's)",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        action="append",
        default=[],
        help="a preset, built in (“Data augmentation”) or yours; several, one each, are taken in "
        "turn",
    )
    parser.add_argument("--folder", metavar="DIR", help="another folder of presets")
    add_sampling_arguments(parser, without="temperature")
    parser.add_argument(
        "-n", "--max-tokens", metavar="N", type=positive, help="tokens a text at most (preset, 256)"
    )
    parser.add_argument(
        "--stop",
        metavar="TEXT",
        action="append",
        type=unescaped,
        help="end a text where this is complete, without it; once for each, \\n is a newline "
        "(default: the preset's)",
    )
    parser.add_argument(
        "--ignore-eos", action="store_true", help="go on past an end-of-sequence token"
    )
    _add_screen(parser)
    add_loading_arguments(parser)
    add_batch_arguments(parser)
    return parser


def _add_screen(parser: CommandParser) -> None:
    """Add what says which texts become rows."""
    group = parser.add_argument_group("rows")
    group.add_argument(
        "--duplicates",
        choices=("drop", "mark", "keep"),
        default="drop",
        help="what becomes of a text that is there already, or nearly (default: drop)",
    )
    group.add_argument(
        "--similarity",
        metavar="S",
        type=float,
        default=0.8,
        help="from which on a text is nearly another: the share of their runs of three words, 0 to "
        "1, estimated (default: 0.8)",
    )
    group.add_argument("--min-length", metavar="N", type=positive, default=1, help="characters")
    group.add_argument("--max-length", metavar="N", type=positive, help="characters")
    group.add_argument(
        "--match",
        metavar="REGEX",
        action="append",
        default=[],
        help="only texts in which this is found; once for each",
    )
    group.add_argument(
        "--without",
        metavar="REGEX",
        action="append",
        default=[],
        help="only texts in which this is not found; once for each",
    )
    group.add_argument(
        "--json-schema",
        metavar="FILE",
        help="only texts that are JSON, alone or in a fenced block, and hold this schema",
    )
    group.add_argument(
        "--tries",
        metavar="N",
        type=positive,
        help=f"texts written for a prompt at most, dropped ones among them (default: {_TRIES} "
        "times --samples)",
    )


class _Work(NamedTuple):
    """What is to be done.

    Attributes:
        plan: What is wanted.
        table: The prompts.
        out: The rows' file.
    """

    plan: Plan
    table: PromptTable
    out: Path


def _work(given: argparse.Namespace) -> _Work:
    """What the options say.

    Raises:
        ValueError: One cannot be taken as it is.
        OSError: A file cannot be read.
    """
    out, seed = Path(given.out), given.seed
    try:
        begun = begun_seed(out)
    except AugmentationError as error:
        raise AugmentationError(f"--out: {error}") from error
    if seed is None or seed < 0:
        seed = secrets.randbelow(MAX_SEED + 1) if begun is None else begun
    table = read_prompts(Path(given.prompts))
    plan = _plan(given, seed)
    Prompts(table, plan)  # which refuses what cannot be written, before a model is opened
    TextScreen(plan.screen)
    return _Work(plan, table, out)


def _plan(given: argparse.Namespace, seed: int) -> Plan:
    folder = PresetFolder(Path(given.folder) if given.folder is not None else preset_folder())
    overrides = {**sampling_overrides(given), "seed": -1}
    presets = [folder.find(name) for name in given.preset] or [Preset(name="Neutral")]
    brief, template = given.brief, given.template
    if template is None and brief is None and presets[0].prompt_format == "chat":
        brief = _PROMPT
    if template is None:
        template = "" if Template(brief or "", "--brief").fields else _PROMPT
    screen = Screen(
        shortest=given.min_length,
        longest=given.max_length,
        matching=tuple(given.match),
        without=tuple(given.without),
        schema=_schema(given.json_schema),
        duplicates=given.duplicates,
        similarity=given.similarity,
    )
    return Plan(
        samples=given.samples,
        tries=max(given.samples, given.tries or _TRIES * given.samples),
        seed=seed,
        presets=tuple(_with_overrides(one, given, overrides) for one in presets),
        temperatures=temperatures_of(given.temperatures) if given.temperatures else Temperatures(),
        template=template,
        brief=brief or "",
        screen=screen,
        ignore_eos=given.ignore_eos,
    )


def _with_overrides(
    preset: Preset, given: argparse.Namespace, overrides: dict[str, object]
) -> Preset:
    return msgspec.structs.replace(
        preset,
        sampling=msgspec.structs.replace(preset.sampling, **overrides),
        max_tokens=given.max_tokens or preset.max_tokens,
        stop=preset.stop if given.stop is None else tuple(given.stop),
    )


def _schema(name: str | None) -> bytes:
    if name is None:
        return b""
    try:
        return read_regular_file(Path(name), _LARGEST_SCHEMA)[0]
    except OSError as error:
        words = f"--json-schema: “{visible_path(name)}” cannot be read: {error.strerror or error}"
        raise AugmentationError(words) from error


def _run(given: argparse.Namespace, work: _Work, load: Load, options: dict[str, list[str]]) -> int:
    """Write the samples, then the rows; the exit status."""
    interrupt = Interrupt()
    control = Control(interrupt)
    desk = _Desk(control, is_json=given.json)
    signals = EndSignals(control.stop)
    engine: Engine | None = None
    try:
        _say(f"opening {shown_model(load)}")
        served = served_of(given, load)
        if served is None:
            # Nobody reads along: tokens are wanted when a text ends.
            engine = Engine(desk.on_events, interrupt, math.inf)
            engine.run(load, control)
            engine.take_huge_pages()  # so many texts are worth their time
        if signals.status:
            _say("stopped before it could begin to write")
            return signals.status
        if served is not None:
            model = served.model_record
        elif desk.model is not None:
            model = model_record(desk.model, hash_of_model(load))
        else:
            return 1
        data_set = DataSet(work.out, work.plan, work.table, model, desk.on_entry)
        try:
            made = data_set.made
            plan_file = work.out.with_name(f"{work.out.name}.plan.toml")
            atomic_write(plan_file, plan_text(options, work.out.parent).encode())
            desk.begin(made)
            if served is not None:
                written = _written_there(served, work, made, desk, interrupt)
            else:
                assert engine is not None
                written = _written_here(engine, work, made, desk, control)
            desk.end()
            return _end(data_set, desk, written) or signals.status
        finally:
            data_set.close()
    except (AugmentationError, ServerError) as error:
        _say(str(error))
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:
        _say(f"--out: “{visible_path(work.out)}” cannot be written: {error.strerror or error}")
        return 1
    finally:
        if engine is not None:
            engine.close()


class _Written(NamedTuple):
    """What came of the writing.

    Attributes:
        failed: Why it could not go on; empty where it could.
        tokens: How many were written.
    """

    failed: str
    tokens: int


def _written_here(
    engine: Engine, work: _Work, made: Augmentation, desk: _Desk, control: Control
) -> _Written:
    """Have the samples drawn by this process."""
    run = desk.run = SampleRun(
        1,
        made.next_sample,
        made.take,
        control.commands.append,
        ignore_eos=work.plan.ignore_eos,
    )
    for command in run.commands():
        engine.run(command, control)
        if desk.unwritten or control.stopped:
            break
    return _Written(run.failed.message if run.failed else "", run.tokens)


def _written_there(
    served: Served, work: _Work, made: Augmentation, desk: _Desk, interrupt: Interrupt
) -> _Written:
    """Have the samples drawn by a server, in batches."""
    words = left_out_words([preset.sampling for preset in work.plan.presets], served.can.program)
    if words:
        _say(words)
    run = ServerRun(
        served, made.next_sample, made.take, ignore_eos=work.plan.ignore_eos, say=desk.say
    )
    with interrupt.ending(run.stop):
        try:
            run.run()
        except (OSError, OutputError) as error:
            desk.unwritten = error
    return _Written(run.failed, run.tokens)


class _Desk:
    """Follows the run: counts, and says how far it is.

    Args:
        control: Stops it where nothing can be written any more.
        is_json: Whether each text is printed.
    """

    def __init__(self, control: Control, *, is_json: bool) -> None:
        self.model: ModelReport | None = None
        self.run: SampleRun | None = None
        self.unwritten: OSError | OutputError | None = None
        self.is_json = is_json
        self.unseen = 0
        """Texts whose prompt had no room."""
        self.seconds = 0.0
        self._control = control
        self._made: Augmentation | None = None
        self._rows = 0
        self._begun = 0.0
        self._line: ProgressLine | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether it was stopped before its end."""
        return self._control.stopped

    def begin(self, made: Augmentation) -> None:
        """Samples are written from here on."""
        self._made = made
        self._begun = time.monotonic()
        self._rows = made.rows
        self._line = ProgressLine("studio augment", made.wanted - made.rows, "rows")
        if made.rows:
            _say(f"going on behind {made.rows:,} of {made.wanted:,} rows")

    def end(self) -> None:
        """No more are."""
        self.seconds = time.monotonic() - self._begun
        if self._line is not None:
            self._line.clear()

    def say(self, words: str) -> None:
        """Say something beside the line that shows how far it is."""
        if self._line is not None:
            self._line.clear()
        _say(words)

    def on_events(self, *events: AnyEvent) -> None:
        """Take the engine's events."""
        for event in events:
            match event:
                case Loaded():
                    self.model = event.report
                case Failed() if self.run is None:
                    _say(event.message)
            if self.run is None or self.unwritten:
                continue
            try:
                self.run.on_event(event)
            except (OSError, OutputError) as error:
                # Kept until the engine is closed: it takes what is raised here for its own fault.
                self.unwritten = error
                self._control.stop()

    def on_entry(self, entry: Entry) -> None:
        """Take a text that is kept."""
        self.unseen += bool(entry.unseen_characters)
        if self.is_json:
            kind = "row" if entry.verdict in ROWS else "refused"
            name = f"{entry.row}-{entry.sample}"
            _print({"type": kind, "id": name, **msgspec.structs.asdict(entry)})
        if self._line is not None and self._made is not None:
            self._line.show(self._made.rows - self._rows)


def _end(data_set: DataSet, desk: _Desk, written: _Written) -> int:
    """Write rows and card, and say what there is; the exit status."""
    made, out, unwritten = data_set.made, visible_path(data_set.out), desk.unwritten
    if unwritten is not None and not isinstance(unwritten, OutputError | BrokenPipeError):
        _say(f"--out: “{out}.journal” could not be written: {unwritten.strerror or unwritten}")
        return 1
    try:
        place = data_set.write()
    except OSError as error:
        _say(f"--out: “{out}” could not be written: {error.strerror or error}")
        return 1
    if unwritten is not None:
        raise unwritten
    _say(f"{made.rows:,} rows in “{out}”; the card: “{visible_path(place)}”")
    if desk.unseen:
        _say(
            f"{desk.unseen:,} texts continue a prompt whose beginning was left out, so that it "
            "fits the context; a larger one: --context-size"
        )
    is_done = not (written.failed or desk.is_stopped)
    if written.failed:
        _say(written.failed)
    if made.verdicts["no_room"]:
        _say(f"{made.verdicts['no_room']:,} texts were not written: their prompts have no room")
    if is_done and made.short:
        _say(f"{made.short:,} prompts have fewer rows than wanted; more may come with --tries")
    if not is_done:
        _say("the same command goes on from here")
    if desk.is_json:
        _print(
            {
                "type": "finished",
                "rows": made.rows,
                "wanted": made.wanted,
                "prompts_short": made.short,
                "verdicts": dict(made.verdicts),
                "tokens": written.tokens,
                "seconds": desk.seconds,
                "is_complete": is_done,
            }
        )
    return int(bool(written.failed))


def _say(text: str) -> None:
    print(f"studio augment: {text}", file=sys.stderr, flush=True)


def _print(line: dict[str, object]) -> None:
    print(msgspec.json.encode(line).decode(), flush=True)
