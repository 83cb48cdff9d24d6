"""The soak: one writer, one or two windows, and a world that kills, freezes and changes things.

Supervises from without. Whatever happens here is settled by the seed; when it happens is not.
"""

import compileall
import contextlib
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psutil

from studio.manuscript import (
    Document,
    ManuscriptFileError,
    Origin,
    Passage,
    RecoveryRecord,
    is_document_name,
)
from studio.manuscript.document_file import write_document
from studio.manuscript.recovery import RecoveryError
from tests.soak.desk import ROOT, Desk, prose
from tests.soak.figures import Sample, Sampler, too_much
from tests.soak.kept import MOST_LOST, seconds_lost, text_in, torn_files
from tests.soak.plan import OUTSIDE, chances, step
from tests.soak.program import Answer, HungError, Program
from tests.soak.stalls import reported
from tests.soak.text_log import mark_of, read

_PATIENCE = 60.0
"""Seconds an engine may take to notice that its window is gone."""


@dataclass
class Report:
    """What a run has found.

    Attributes:
        failures: Each a sentence with the step that it belongs to.
        stalls: Every one, with its step.
        steps: How many were done, by name.
        samples: What the windows held.
        lost: The most seconds of writing that a kill took.
        kills: How many windows were killed.
        restored: How many texts were offered again.
    """

    failures: list[str] = field(default_factory=list)
    stalls: list[dict[str, Any]] = field(default_factory=list)
    steps: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    lost: float = 0.0
    kills: int = 0
    restored: int = 0


class Soak:
    """One run.

    Args:
        seed: Settles what happens.
        desk: Where.
        say: Says of each step as it is done.
    """

    def __init__(self, seed: int, desk: Desk, say: Callable[[str], None]) -> None:
        self._seed = seed
        self._desk = desk
        self._say = say
        self._begun = time.monotonic()
        self._number = -1
        self._started = 0
        self._programs: list[Program] = []
        self._over: list[Program] = []
        self._known: set[str] = set()
        self._thaws: list[threading.Timer] = []
        self._sampler = Sampler()
        self._reported: set[str] = set()
        self.report = Report()

    def run(self, minutes: float) -> Report:
        """Go on for that long."""
        desk = self._desk
        # As a program that is installed: no window's start compiles what another's has, nor where
        # no bytecode may be written each of them the whole.
        for package in ("studio", "tests/helpers", "tests/soak"):
            compileall.compile_dir(ROOT / package, quiet=2)
        desk.lay_out(chances(self._seed, -1))
        self._remember_documents()
        self._sampler.start()
        try:
            self._start()
            while time.monotonic() - self._begun < 60 * minutes:
                self._number += 1
                self._step()
        except HungError as error:
            self._fail(f"a window hangs: {error}")
        finally:
            self._end()
        return self.report

    # -- steps -----------------------------------------------------------------------------------

    def _step(self) -> None:
        name = step(self._seed, self._number)
        draws = chances(self._seed, self._number, "where")
        program = self._programs[int(draws.random() * len(self._programs))]
        self.report.steps[name] += 1
        if name in OUTSIDE:
            self._report(program, name, "")
            {
                "kill_window": self._kill_window,
                "end_window": self._end_window,
                "kill_engine": self._kill_engine,
                "freeze_engine": self._freeze_engine,
                "second_window": self._second_window,
                "change_file": self._change_file,
                "leave": self._leave,
            }[name](program, draws)
        else:
            self._do(program, name)
        if not self._programs:
            self._start(draws)
        time.sleep(draws.random() ** 2 * 0.25)

    def _do(self, program: Program, name: str) -> Answer | None:
        answer = program.do(self._number, name, f"{self._seed}/{self._number}")
        if answer is None:
            self._on_left(program)
            return None
        self._take(program, name, answer)
        return answer

    def _take(self, program: Program, name: str, answer: Answer) -> None:
        self._report(program, name, "; ".join(answer["notes"]))
        for kind, what in (
            ("complaints", "the window is not as it should be"),
            ("warnings", "Qt warns"),
            ("errors", "nobody caught"),
        ):
            for words in answer[kind]:
                self._fail(f"{what}: {words}")
        for stall in answer["stalls"]:
            self.report.stalls.append({"step": self._number, "name": name, **stall})
            self._say(f"      stood still for {reported(stall)} at {' < '.join(stall['stack'])}")

    def _on_left(self, program: Program) -> None:
        """A window was closed, as asked."""
        self._report(program, "closed", f"status {program.status}")
        if program.status != 0:
            name = step(self._seed, self._number)
            self._fail(
                f"window {program.number} ended in “{name}” with status {program.status}\n"
                f"{program.errors[-3000:]}"
            )
        self._forget(program)

    # -- from without ----------------------------------------------------------------------------

    def _start(self, draws: Random | None = None, file: Path | None = None) -> None:
        if file is None and draws is not None and draws.random() < 0.3:
            texts = list(self._desk.texts())
            file = texts[int(draws.random() * len(texts))]
        self._started += 1
        try:
            program = Program(self._desk, self._started, file)
        except EOFError as error:
            raise HungError(f"it ended before it stood, with {error}") from None
        self._programs.append(program)
        self._sampler.watch(program.number, program.process)
        self._take(program, f"opened {file.name if file else ''}", program.last)

    def _kill_window(self, program: Program, draws: Random) -> None:
        self._end_by(signal.SIGKILL, MOST_LOST, program, draws)

    def _end_window(self, program: Program, draws: Random) -> None:
        """The system ends it as a session that ends does: there is time to keep everything."""
        self._end_by(signal.SIGTERM, 0.0, program, draws)

    def _end_by(
        self, number: signal.Signals, most_lost: float, program: Program, draws: Random
    ) -> None:
        engines = program.children
        program.kill(number)
        self.report.kills += 1
        if program.status != -number:
            self._fail(f"ended by {number.name}, its status is {program.status}")
        self._thaw_all(engines)
        records = self._records()
        lost = seconds_lost(read(program.log), program.died_at, records)
        self.report.lost = max(self.report.lost, lost)
        if lost > most_lost:
            self._fail(f"{number.name} took {lost:.1f} s of writing")
        self._look_at_files()
        _, alive = psutil.wait_procs(engines, timeout=_PATIENCE)
        if alive:
            self._fail(f"{len(alive)} processes outlived their window")
            for process in alive:
                process.kill()
        was_alone = len(self._programs) == 1
        self._forget(program)
        if was_alone:
            self._start(draws)
            answer = self._do(self._programs[0], "wait")
            if answer is not None and records and not answer["offers"]:
                self._check_nothing_missing(records)
            self.report.restored += answer["offers"] if answer else 0

    def _check_nothing_missing(self, records: set[str]) -> None:
        """What was kept and is not offered is what the files hold, or waits for later."""
        held = set()
        for path in self._desk.texts():
            with contextlib.suppress(ManuscriptFileError):
                held.add(mark_of(text_in(path)))
        missing = records - held - self._records()
        if missing:
            self._fail(f"kept was {', '.join(sorted(missing))}, and nothing is offered")

    def _kill_engine(self, program: Program, draws: Random) -> None:
        engine = program.engine
        if engine is not None:
            with contextlib.suppress(psutil.Error):
                engine.kill()

    def _freeze_engine(self, program: Program, draws: Random) -> None:
        engine = program.engine
        if engine is None:
            return
        with contextlib.suppress(psutil.Error):
            engine.suspend()
        thaw = threading.Timer(draws.choice((0.5, 3.0, 9.0)), _thaw, (engine,))
        self._thaws.append(thaw)
        thaw.start()

    def _second_window(self, program: Program, draws: Random) -> None:
        if len(self._programs) == 1:
            path = program.last["path"]
            self._start(draws, Path(path) if path and Path(path).exists() else None)
        else:
            self._leave(self._programs[-1], draws)

    def _leave(self, program: Program, draws: Random) -> None:
        """Close a window; where its writer thinks better of it, it stays."""
        self._do(program, "leave")

    def _change_file(self, program: Program, draws: Random) -> None:
        path = Path(program.last["path"] or self._desk.documents / "The Fisherman.txt")
        text = prose(draws, 400)
        self._known.add(mark_of(text))
        what = draws.random()
        if what < 0.6:
            other = path.with_name(f".{path.name}.other")
            if is_document_name(path):
                write_document(other, Document((Passage.of(text, Origin.TYPED),)))
            else:
                other.write_text(text)
            other.replace(path)  # as editors do: never half a file
        elif what < 0.8 and path.exists():
            path.touch()
        elif path.name != "The Fisherman.txt":
            path.unlink(missing_ok=True)

    # -- looking ---------------------------------------------------------------------------------

    def _records(self) -> set[str]:
        found = set()
        for path in self._desk.recovery.glob("*/record"):
            with contextlib.suppress(RecoveryError, OSError):
                found.add(mark_of(RecoveryRecord.of_bytes(path.read_bytes()).text))
        return found

    def _look_at_files(self) -> None:
        known = set(self._known)
        for program in (*self._over, *self._programs):
            known |= {moment.mark for moment in read(program.log)}
        for words in torn_files(self._desk, known):
            self._fail(words)

    def _remember_documents(self) -> None:
        for path in self._desk.texts():
            with contextlib.suppress(ManuscriptFileError):
                self._known.add(mark_of(text_in(path)))

    def _thaw_all(self, processes: list[psutil.Process]) -> None:
        for process in processes:
            _thaw(process)

    def _forget(self, program: Program) -> None:
        if program in self._programs:
            self._programs.remove(program)
            self._over.append(program)
        if "Traceback" in program.errors:
            self._fail(f"window {program.number} wrote a traceback:\n{program.errors[-3000:]}")

    def _end(self) -> None:
        for thaw in self._thaws:
            thaw.cancel()
        self._sampler.stop()
        for program in list(self._programs):
            children: list[psutil.Process] = []
            with contextlib.suppress(psutil.Error):
                children = program.children
                program.kill()
            self._thaw_all(children)
            for process in children:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            self._forget(program)
        self._look_at_files()
        self.report.samples = self._sampler.samples
        for words in too_much(self.report.samples):
            self._fail(words)

    def _report(self, program: Program, name: str, words: str) -> None:
        at = time.monotonic() - self._begun
        held = ""
        with contextlib.suppress(psutil.Error):
            held = f"{program.process.memory_info().rss >> 20} MiB"
        self._say(f"{self._number:5} {at:7.1f} s  window {program.number}  {held}  {name}  {words}")

    def _fail(self, words: str) -> None:
        """Report something, once: what is wrong in a paint event is so at each."""
        if words not in self._reported:
            self._reported.add(words)
            reported = f"step {self._number}: {words}"
            self.report.failures.append(reported)
            self._say(f"FAILED {reported}")


def _thaw(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        process.resume()
