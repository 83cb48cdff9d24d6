"""`python -m studio sweep`: many texts at several values of one parameter, measured."""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from studio.atomic_write import atomic_write
from studio.commands.command_parser import CommandParser
from studio.commands.end_signals import EndSignals
from studio.commands.progress_line import ProgressLine
from studio.commands.served import add_batch_arguments, left_out_words, served_of
from studio.commands.shared_options import (
    add_loading_arguments,
    add_model_argument,
    hash_of_model,
    load_command,
)
from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import AnyEvent, Failed, Load, Loaded, ModelReport
from studio.engine.server.asking import ServerError
from studio.experiments.recorder import model_record
from studio.experiments.samples import WrittenSample
from studio.experiments.server_samples import Served, ServerRun
from studio.experiments.sweep.at_server import absent_measures, sweep_at
from studio.experiments.sweep.figures import SweepFigures, figures_of
from studio.experiments.sweep.measures import MEASURES
from studio.experiments.sweep.plan import PlanError, Sweep, read_plan
from studio.experiments.sweep.recommendation import (
    not_shown,
    parameter_words,
    recommendation,
    shown,
    shown_interval,
    value_words,
)
from studio.experiments.sweep.result import PAGE, TEXTS, SweepResult, now
from studio.experiments.sweep.summary import text_row
from studio.experiments.sweep.texts import SweepText, kept
from studio.experiments.sweep.writing import run_of, samples_of
from studio.presets import PresetFolder, preset_folder
from studio.visible_text import visible_path


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when all was written, 1 on a failure, 2 on a wrong call or plan.

    128 and the number of a signal that ended it: what was written by then is measured all the same.

    Raises:
        OutputError: what it prints cannot be written.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    plan = Path(given.plan)
    folder = Path(given.folder) if given.folder is not None else preset_folder()
    try:
        sweep = read_plan(plan, PresetFolder(folder).find)
        load = load_command(given)
        out = _folder(plan, given.out)
    except PlanError as error:
        parser.error(f"{visible_path(plan)}: {error}")
    except OSError as error:
        parser.error(f"{visible_path(error.filename or plan)}: {error.strerror or error}")
    except ValueError as error:
        parser.error(str(error))
    try:
        served = served_of(given, load)
        if served is not None:
            sweep = sweep_at(sweep, served.can)
    except (ServerError, PlanError) as error:  # a plan may ask for what the server does not say
        _say(str(error))
        if given.out is None:
            out.rmdir()
        return 1
    interrupt = Interrupt()
    control = Control(interrupt)
    try:
        with (out / TEXTS).open("wb") as file:
            writing = _Writing(sweep, control, file)
            signals = EndSignals(control.stop)
            try:
                if served is None:
                    _write_here(writing, load, control, interrupt)
                else:
                    writing.write_at(served, interrupt)
            finally:
                writing.progress.clear()
        if writing.unwritten is not None:
            raise writing.unwritten
        model = served.model_record if served else None
        if writing.model is not None:
            model = model_record(writing.model, hash_of_model(load))
        if model is None or not writing.texts:
            _say("nothing was written")
            (out / TEXTS).unlink()
            if given.out is None:
                out.rmdir()
            return signals.status or 1
        figures = figures_of(sweep, writing.texts)
        chosen = recommendation(sweep, figures)
        _give(SweepResult(sweep, figures, chosen, model, now()), out, as_json=given.json)
    except OSError as error:
        _say(f"“{visible_path(error.filename or out)}”: {error.strerror or error}")
        return 1
    return signals.status or int(writing.has_failed)


def _write_here(writing: _Writing, load: Load, control: Control, interrupt: Interrupt) -> None:
    """Have the texts drawn by this process."""
    engine = Engine(writing.on_events, interrupt, math.inf)
    try:
        engine.run(load, control)
        for command in writing.run.commands():
            if writing.model is None or control.stopped:
                break
            engine.run(command, control)
    finally:
        engine.close()


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="studio sweep",
        description="Write many texts at several temperatures, at several values of any other "
        "sampling parameter, or with several presets, and measure them: how likely, how varied, "
        "how repetitive, how long, and whether they are what was asked for. A plan (TOML) says "
        "all; it is kept with the result.",
    )
    parser.add_argument("plan", metavar="PLAN", help="a TOML file; examples: resources/examples")
    add_model_argument(parser)
    parser.add_argument(
        "-o",
        "--out",
        metavar="DIR",
        help="a new or empty folder for texts, figures, page and plan (default: one named after "
        "the plan)",
    )
    parser.add_argument("--folder", metavar="DIR", help="another folder of presets")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    add_loading_arguments(parser)
    add_batch_arguments(parser)
    return parser


def _folder(plan: Path, out: str | None) -> Path:
    """The folder of the result, which is new or empty.

    Raises:
        ValueError: There is something in it.
        OSError: It cannot be made.
    """
    if out is not None:
        path = Path(out)
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise ValueError(f"--out: “{visible_path(path)}” is not empty; allowed is a new folder")
        return path
    number = 1
    while True:
        path = Path(f"{plan.stem}-sweep" + (f"-{number}" if number > 1 else ""))
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1


class _Writing:
    """Has the texts written, keeps each as it ends, and shows how far it is.

    Args:
        sweep: What is to be written.
        control: Of the command that runs.
        file: Takes a line for each text.
    """

    def __init__(self, sweep: Sweep, control: Control, file: BinaryIO) -> None:
        self.model: ModelReport | None = None
        self.has_failed = False
        self.unwritten: OSError | None = None
        """Why a text could not be kept; the engine would take what is raised for its own fault."""
        self.texts: list[SweepText] = []
        self.progress = ProgressLine("studio sweep", sweep.texts, "texts")
        self._sweep = sweep
        self._control = control
        self._file = file
        samples = samples_of(sweep)
        self._more = lambda: next(samples, None)
        self.run = run_of(sweep, self._more, self._keep, control.commands.append)

    def write_at(self, served: Served, interrupt: Interrupt) -> None:
        """Have the texts drawn by a server, in batches.

        Args:
            served: The server.
            interrupt: Ends it.
        """
        sweep = self._sweep
        words = left_out_words([value.params for value in sweep.values], served.can.program)
        if words:
            _say(words)
        for name, why in absent_measures(sweep, served.can).items():
            if not sweep.plan.measures:
                _say(f"without “{MEASURES[name].title}”: {why}")
        run = ServerRun(
            served, self._more, self._keep, ignore_eos=sweep.plan.ignore_eos, say=self._say_beside
        )
        with interrupt.ending(run.stop):
            run.run()
        if run.failed:
            self.has_failed = True
            _say(run.failed)

    def _say_beside(self, words: str) -> None:
        self.progress.clear()
        _say(words)

    def on_events(self, *events: AnyEvent) -> None:
        """Take the engine's events."""
        for event in events:
            self.run.on_event(event)
            match event:
                case Loaded():
                    self.model = event.report
                case Failed() if self.model is None or self.run.failed:
                    self.has_failed = True
                    print(f"studio sweep: {event.message}", file=sys.stderr)

    def _keep(self, written: WrittenSample) -> None:
        text = kept(written)
        self.texts.append(text)
        try:
            self._file.write(msgspec.json.encode(text_row(self._sweep, text)) + b"\n")
            self._file.flush()
        except OSError as error:
            self.unwritten = error
            self._control.stop()
        self.progress.show(len(self.texts))


def _give(result: SweepResult, out: Path, *, as_json: bool) -> None:
    """Write the figures, the page and the plan, and print what was asked for."""
    for name, data in result.files().items():
        atomic_write(out / name, data)
    if as_json:
        print(result.data.decode(), flush=True)
        return
    print(_table(result.sweep, result.figures))
    if result.chosen is not None:
        print(f"\nCriterion: {result.chosen.criterion}.")
        print("\n".join(result.chosen.sentences))
    print("\nWhat this does not show:")
    for sentence in not_shown(result.sweep, result.figures, result.model.title):
        print(f"- {sentence}")
    print(f"\n{visible_path(out / PAGE)} has charts and texts.", flush=True)


def _table(sweep: Sweep, figures: SweepFigures) -> str:
    """The figures, a measure a line, with intervals where the screen has room for them."""
    heads = [parameter_words(sweep), *(value_words(sweep, at) for at in range(len(sweep.values)))]
    wide, narrow = [heads], [heads]
    for measure in sweep.measures:
        own = figures.pooled[measure.name]
        wide.append([measure.title, *(shown_interval(measure, it) for it in own)])
        narrow.append([measure.title, *(shown(measure, it.figure) for it in own)])
    table = _aligned(wide)
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else math.inf
    return table if table.index("\n") <= room else _aligned(narrow)


def _aligned(rows: list[list[str]]) -> str:
    """Rows as lines, the first column to the left, the others to the right; all lines as long."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _say(text: str) -> None:
    print(f"studio sweep: {text}", file=sys.stderr, flush=True)
