"""Kills the real window at random points, and looks what is left and what the next start offers.

    python -m tests.benchmarks.kills [--times 200] [--seed 1] [--keep]

A window with its engine and some documents in tabs is written in by keys, and killed: anywhere, or
while the model writes, while a document is saved or while the journal is written, a random time
after that began. Then each file must hold what it held before or what was being saved, whole; the
next start must offer the writing of each, with who wrote it, takes, passages with a temperature of
their own, brief, notes and caret, as it was two seconds before at most; and no engine may be left.
What came back is written on with, and killed again. A seed settles what is done and how long it
lasts; to what point of its work the window comes meanwhile it does not.
"""

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from urllib.parse import quote, unquote

import psutil

from studio.manuscript import Document, ManuscriptFileError, is_document_name
from studio.manuscript.document_file import open_document, write_document
from tests.soak.desk import EXPORTS, Desk
from tests.soak.kept import text_in
from tests.soak.program import Answer, HungError, Program
from tests.soak.text_log import Moment, document_mark, mark_of, read

MOST_LOST = 2.0
"""Seconds of writing that a kill may take."""

_POINTS = ("writing", "saving", "keeping", "anywhere")
_FILES = (("Story.kelvin", "Second.kelvin"), ("Story.txt", "Second.kelvin"), ("Story.kelvin",), ())
"""What is open at first; nothing, where the text has no file yet. Each for some kills."""
_KILLS_EACH = 8
_STEPS = (
    *("type_words",) * 4,
    *("press_enter", "type_other_letters", "rub_out", "move_caret", "select", "cut_or_copy"),
    *("undo", "undo", "redo", "write_brief"),
    *("continue", "continue", "retake", "retake", "step_takes", "step_takes", "alternatives"),
    *("escape", "save"),
    *("heat_passage", "heat_passage", "write_note", "pin", "walk", "walk", "new"),
)
_USUAL = {"writing": 0.5, "saving": 0.02, "keeping": 0.02}
"""Seconds that it takes from the beginning of each to its end, until some are known."""
_LAST = 9
_PATIENCE = 60.0
"""Seconds until something that never comes counts as missing; nothing is timed by it."""
_LOOK, _HALTED = 0.2, 1.0
"""Seconds between two looks whether this process stood still; and from which on it did."""
_NOT_TO_COME = 10.0
"""The same of what need not come: a step that is refused begins nothing."""


@dataclass
class Report:
    """What was found.

    Attributes:
        failures: Each a sentence with the number of its kill.
        kills: How many windows were to be killed at each point.
        within: In the middle of what how many were.
        offered: After how many the writing was offered; all else was in its file.
        lost: The seconds of writing that each took of each document.
    """

    failures: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    within: Counter[str] = field(default_factory=Counter)
    offered: int = 0
    lost: list[float] = field(default_factory=list)


@dataclass
class _Killed:
    """A window that was killed.

    Attributes:
        program: Its process.
        documents: What each of its documents was, in order.
        kept: The last of these that was in the journal for certain, where one was.
    """

    program: Program
    documents: dict[str, list[Moment]]
    kept: dict[str, Moment]


class _Halts(threading.Thread):
    """Notes when this process stood still, as all do in a paused container: nobody wrote then."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._found: list[tuple[float, float]] = []

    def run(self) -> None:
        """Look again and again."""
        while True:
            before = time.monotonic()
            time.sleep(_LOOK)
            after = time.monotonic()
            if after - before > _HALTED:
                self._found.append((before + _LOOK, after))

    def within(self, begin: float, end: float) -> float:
        """The seconds between two times in which it stood still."""
        return sum(max(0.0, min(end, two) - max(begin, one)) for one, two in self._found)


class Kills:
    """One run.

    Args:
        seed: Settles what is done.
        folder: Where; a folder of its own.
        say: Says of each kill as it is done.
    """

    def __init__(self, seed: int, folder: Path, say: Callable[[str], None]) -> None:
        self._seed = seed
        self._folder = folder
        self._say = say
        self._number = 0
        self._desk: Desk | None = None
        self._took: dict[str, list[float]] = {point: [] for point in _USUAL}
        """How long those took that ended, in seconds."""
        self._halts = _Halts()
        self._engines: list[psutil.Process] = []
        """Of the window that was killed last."""
        self._marks: dict[Path, list[str]] = {}
        """What each file may hold: what is there, and behind it what is being written."""
        self.report = Report()

    def run(self, times: int) -> Report:
        """Kill so many windows."""
        killed: _Killed | None = None
        self._halts.start()
        try:
            for self._number in range(times):
                if self._number % _KILLS_EACH == 0:
                    self._restart(killed)
                    killed = None
                    self._lay_out(_FILES[self._number // _KILLS_EACH % len(_FILES)])
                killed = self._round(killed)
            self._restart(killed)
        except HungError as error:
            self._fail(f"a window hangs: {error}")
        finally:
            self._clear()
        return self.report

    def _lay_out(self, names: Sequence[str]) -> None:
        """Another writer's home, with these documents."""
        self._clear()
        self._desk = desk = Desk(self._folder / f"desk-{self._number}")
        for made in (desk.home, desk.documents / EXPORTS, desk.log):
            made.mkdir(parents=True)
        self._marks = {}
        for path in (desk.documents / name for name in names):
            if is_document_name(path):
                write_document(path, Document(()))
            else:
                path.write_text("")
            self._marks[path] = [_mark_in(path)]

    def _clear(self) -> None:
        if self._desk is not None:
            self._desk.clear()
            self._desk = None

    # -- a kill ----------------------------------------------------------------------------------

    def _round(self, killed: _Killed | None) -> _Killed:
        draws = Random(f"{self._seed}/{self._number}")
        point = _POINTS[self._number % len(_POINTS)]
        program = self._start(killed)
        try:
            for index in range(draws.randrange(1, 6)):
                self._do(program, draws.choice(_STEPS), f"{self._seed}/{self._number}/{index}")
            if point == "saving" and not program.last["path"]:
                point = "keeping"  # there is no name for it
            self._kill_at(point, program, draws)
        except (BrokenPipeError, EOFError):
            self._fail(f"the window ended by itself\n{program.errors[-3000:]}")
        return self._look_at(program, point)

    def _kill_at(self, point: str, program: Program, draws: Random) -> None:
        """Kill a window at a point of its work."""
        chances = f"{self._seed}/{self._number}/last"
        self._engines = program.children
        if point == "anywhere":
            program.ask(self._number, draws.choice(_STEPS), chances)
            time.sleep(draws.uniform(0.0, 2.5))
            program.kill()
            return
        if point == "saving":
            self._do(program, "type_words", f"{chances}/words")
        step = {"writing": "continue", "saving": "save", "keeping": "type_words"}[point]
        program.ask(self._number, step, chances)
        if not program.wait_for(point, _NOT_TO_COME):
            self._say(f"{self._number:5} nothing came of “{step}”")
        # Somewhere in the middle, more often than not; how long it takes the last ones say.
        usual = median(self._took[point][-_LAST:] or [_USUAL[point]])
        time.sleep(draws.uniform(0.0, 1.2 * usual))
        program.kill()

    def _look_at(self, program: Program, point: str) -> _Killed:
        """What a kill has left."""
        report = self.report
        report.kills[point] += 1
        moments, kept, begun = read(program.log), dict[str, Moment](), dict[str, float]()
        for said in program.announced:
            what, mark, path = said["announced"], said["mark"], Path(said["path"])
            if not said["has_ended"]:
                begun.setdefault(what, said["at"])
            elif what in begun:
                self._took[what].append(said["at"] - begun.pop(what))
            if what == "keeping" and mark:
                # A key may have come between the last line of the log and this.
                moment = Moment(said["at"], mark, is_modified=True)
                moments.append(moment)
                if said["has_ended"]:
                    kept[_number(moment)] = moment
            elif what == "saving":
                former = self._marks.get(path, [])[-1:]
                self._marks[path] = [mark] if said["has_ended"] else [*former, mark]
        moments.sort(key=lambda moment: moment.since)
        report.within.update(begun.keys())
        self._look_at_files()
        self._wait_for_engines()
        if "Traceback" in program.errors:
            self._fail(f"the window wrote a traceback:\n{program.errors[-3000:]}")
        self._say(
            f"{self._number:5} killed {point}, in the middle of {', '.join(begun) or 'nothing'}"
        )
        documents: dict[str, list[Moment]] = {}
        for moment in moments:
            documents.setdefault(_number(moment), []).append(moment)
        return _Killed(program, documents, kept)

    def _look_at_files(self) -> None:
        """Each is the one of before or the new one."""
        assert self._desk is not None
        for path in self._desk.texts():
            try:
                found = _mark_in(path)
            except ManuscriptFileError as error:
                self._fail(f"a file is torn: {error}")
                continue
            if found not in self._marks.get(path, []):
                self._fail(f"“{path.name}” holds {found} in place of {self._marks.get(path)}")
            self._marks[path] = [found]

    def _wait_for_engines(self) -> None:
        _, alive = psutil.wait_procs(self._engines, timeout=_PATIENCE)
        if alive:
            self._fail(f"{len(alive)} processes outlived their window")
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.kill()

    # -- the start after it ----------------------------------------------------------------------

    def _restart(self, killed: _Killed | None) -> None:
        """See what comes back, and no more."""
        if killed is not None:
            program = self._start(killed)
            self._engines = program.children
            program.kill()
            self._wait_for_engines()

    def _start(self, killed: _Killed | None) -> Program:
        """Start a window, and see whether what the one before had comes back."""
        assert self._desk is not None
        program = Program(self._desk, self._number, None, "tests.soak.kill_window")
        self._take(program.last)
        self._do(program, "settle", "")
        if killed is None:
            self._do(program, "open_all", "")
            return program
        self._do(program, "walk_through", "")
        came = {_number(moment): moment for moment in read(program.log)}
        self._compare(killed, list(came.values()))
        return program

    def _compare(self, killed: _Killed, came: Sequence[Moment]) -> None:
        """What came back is what there was, a moment before the kill."""
        assert self._desk is not None
        came = [moment for moment in came if not _is_blank(moment)]
        self.report.offered += sum(moment.is_modified for moment in came)
        for one in came:
            if not any(_last(one, moments) is not None for moments in killed.documents.values()):
                self._fail(f"what came back was never there: {one}")
        for number, moments in killed.documents.items():
            path = self._desk.documents / _name(moments[-1])
            found = [_last(one, moments) for one in came]
            if path.is_file():  # whether or not its tab came back
                held = f"{number}/{quote(path.name)}/{_mark_in(path)}"
                found.append(_last(Moment(0.0, held, is_modified=False), moments))
            found += [at for at, moment in enumerate(moments) if _is_blank(moment)]
            there = [at for at in found if at is not None]
            if not there:
                self._fail(f"a document did not come back: {moments[-1]}")
                continue
            last = max(there)
            kept = killed.kept.get(number)
            if kept is not None and moments.index(kept) > last:
                self._fail(f"what came back is older than what was kept: {moments[last]}, {kept}")
            ended = moments[last + 1].since if last + 1 < len(moments) else None
            died = killed.program.died_at
            lost = 0.0 if ended is None else died - ended - self._halts.within(ended, died)
            self.report.lost.append(max(0.0, lost))
            self._say(f"      document {number}: {self.report.lost[-1]:.2f} s of writing lost")

    # --------------------------------------------------------------------------------------------

    def _do(self, program: Program, name: str, chances: str) -> Answer:
        answer = program.do(self._number, name, chances)
        if answer is None:
            raise EOFError
        self._take(answer)
        return answer

    def _take(self, answer: Answer) -> None:
        for kind in ("complaints", "warnings", "errors"):
            for words in answer[kind]:
                self._fail(f"{kind}: {words}")

    def _fail(self, words: str) -> None:
        self.report.failures.append(f"kill {self._number}: {words}")
        self._say(f"FAILED {words}")


# A mark in the log: the document's number, the name of its file, and its `document_mark`.


def _number(moment: Moment) -> str:
    return moment.mark.split("/")[0]


def _name(moment: Moment) -> str:
    return unquote(moment.mark.split("/")[1])


def _last(one: Moment, moments: Sequence[Moment]) -> int | None:
    """When a document was last what came back as `one`; None for never."""
    if one.is_modified:
        parts = slice(2, 5)  # it was offered
    else:
        # A file, opened as it is. Where the caret was is remembered elsewhere.
        parts = slice(2, 4) if is_document_name(Path(_name(one))) else slice(2, 3)
    wanted = one.mark.split("/")[parts]
    found = [at for at, known in enumerate(moments) if known.mark.split("/")[parts] == wanted]
    return found[-1] if found else None


def _is_blank(moment: Moment) -> bool:
    """Whether it is a page without a file and without words, which nobody misses."""
    return not _name(moment) and moment.mark.split("/")[2] == mark_of("")


def _mark_in(path: Path) -> str:
    if is_document_name(path):
        return document_mark(open_document(path)[0])
    return mark_of(text_in(path))


def main() -> int:
    """Kill, and report; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.kills", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--times", type=int, default=200, help="how many windows (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="settles what is done (default: 1)")
    parser.add_argument("--keep", action="store_true", help="leave the folder that it worked in")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    report = Kills(given.seed, folder, lambda line: print(line, flush=True)).run(given.times)
    lost = sorted(report.lost)
    points = ", ".join(f"{report.within[point]} {point}" for point in _USUAL)
    print(f"\nseed {given.seed}: {report.kills.total()} windows killed, in the middle of: {points}")
    if lost:
        middle, most = lost[len(lost) // 2], lost[-1]
        print(f"{len(lost)} documents came back, {report.offered} of them offered")
        print(f"seconds of writing lost: {middle:.2f} in the middle, {most:.2f} at most")
    else:
        print("no document came back")
    report.failures += [f"{one:.1f} s of writing lost" for one in lost if one > MOST_LOST]
    for failure in report.failures:
        print(f"FAILED {failure}")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
