"""The program as it is started from a terminal, driven through a real keyboard's events."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.helpers.waiting import PATIENCE, until

pytestmark = pytest.mark.skipif(
    os.environ.get("KELVIN_TEST_DISPLAY") != "xvfb" or shutil.which("xdotool") is None,
    reason="needs Xvfb (packaging/bootstrap.py test starts it) and xdotool",
)

ROOT = Path(__file__).parents[2]
OPENING = "The old fisherman looked out over the"


class Program:
    """`python -m studio FILE`, and a hand at its keyboard."""

    def __init__(self, file: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "studio", str(file)],
            cwd=ROOT,
            env={**os.environ, "QT_QPA_PLATFORM": "xcb"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.window = ""

    def wait_for_window(self, name: str = "Kelvin Studio") -> None:
        until(lambda: self._find_window(name), f"the window “{name}”")
        # There is no window manager to give it the keyboard.
        self._xdotool("windowfocus", "--sync", self.window)

    def _find_window(self, name: str) -> bool:
        windows = self.windows(name)
        self.window = windows[0] if windows else ""
        return bool(windows)

    def windows(self, name: str) -> list[str]:
        assert self.process.poll() is None, self.output()
        pid = str(self.process.pid)
        found = self._xdotool("search", "--onlyvisible", "--all", "--pid", pid, "--name", name)
        return found.split()

    def title(self) -> str:
        return self._xdotool("getwindowname", self.window).strip()

    def type(self, text: str) -> None:
        self._xdotool("type", "--delay", "2", text)

    def press(self, *keys: str) -> None:
        self._xdotool("key", *keys)

    def engine(self) -> psutil.Process:
        (child,) = psutil.Process(self.process.pid).children()
        return child

    def output(self) -> str:
        assert self.process.stdout
        return self.process.stdout.read()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    @staticmethod
    def _xdotool(*arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return done.stdout


@pytest.fixture
def manuscript(tmp_path: Path) -> Path:
    path = tmp_path / "The Fisherman.txt"
    path.write_text("")
    return path


@pytest.fixture
def program(manuscript: Path, starter_model: Path) -> Iterator[Program]:
    """Started as on a fresh machine: without settings, with the starter model."""
    program = Program(manuscript)
    yield program
    program.kill()


def test_type_continue_stop_save_undo_quit(program: Program, manuscript: Path) -> None:
    program.wait_for_window()
    assert program.title().startswith("The Fisherman")
    program.type(OPENING)

    def saved(expected: Callable[[str], bool]) -> bool:
        program.press("ctrl+s")
        return expected(manuscript.read_text())

    until(lambda: saved(lambda text: text == OPENING), "the typed text on the disk")

    def continued() -> bool:
        program.press("ctrl+Return")  # does nothing until the model is loaded, and while it writes
        return saved(lambda text: len(text) > len(OPENING))

    until(continued, "the model's text on the disk")
    engine = program.engine()
    program.press("Escape")

    seen: list[tuple[int, float]] = []

    def at_rest() -> bool:
        # An engine that writes takes processor time all the while.
        program.press("ctrl+s")
        seen.append((manuscript.stat().st_size, sum(engine.cpu_times()[:2])))
        return len(seen) > 5 and len(set(seen[-5:])) == 1

    until(at_rest, "an end of the writing after Esc")
    written = manuscript.read_text()
    assert written.startswith(OPENING)
    assert len(written) > len(OPENING)
    assert "\ufffd" not in written
    program.press("ctrl+z")
    until(lambda: saved(lambda text: text == OPENING), "the generation undone in one step")
    program.press("ctrl+shift+z")
    until(lambda: saved(lambda text: text == written), "and done again")

    program.press("ctrl+q")
    assert program.process.wait(PATIENCE) == 0
    _, alive = psutil.wait_procs([engine], timeout=PATIENCE)
    assert alive == []
    assert "Traceback" not in program.output()
    assert manuscript.read_text() == written


def has_ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)  # whoever is to reap it
    except psutil.NoSuchProcess:
        return True


def test_a_halted_engine_does_not_keep_the_window(program: Program) -> None:
    program.wait_for_window()
    until(lambda: bool(psutil.Process(program.process.pid).children()), "an engine")
    engine = program.engine()
    engine.send_signal(signal.SIGSTOP)
    program.press("ctrl+q")
    assert program.process.wait(PATIENCE) == 0
    assert has_ended(engine)
    assert "Traceback" not in program.output()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows of it")
def test_a_halted_engine_does_not_outlive_a_window_that_is_killed(program: Program) -> None:
    program.wait_for_window()
    until(lambda: bool(psutil.Process(program.process.pid).children()), "an engine")
    engine = program.engine()
    # It has asked for its own end when it takes commands: then it has a thread for them.
    until(lambda: engine.num_threads() > 1, "an engine that listens")
    engine.send_signal(signal.SIGSTOP)
    program.process.kill()
    program.process.wait()
    until(lambda: has_ended(engine), "the engine's end")


def test_what_was_typed_before_a_kill_is_restored(
    program: Program, manuscript: Path, empty_home: Path
) -> None:
    program.wait_for_window()
    program.type(OPENING)
    records = empty_home / "state" / "kelvin-studio" / "recovery"

    def is_kept() -> bool:
        return any(OPENING in path.read_text() for path in records.glob("*/record"))

    until(is_kept, "what was typed, in the journal")
    program.process.kill()
    program.process.wait()
    assert manuscript.read_text() == ""

    again = Program(manuscript)
    try:
        question = "Not saved last time"
        again.wait_for_window(question)
        again.press("Return")
        # It gets back the keyboard that its window is given, and takes it with it.
        until(lambda: not again.windows(question), "the end of the question")
        again.wait_for_window()
        until(lambda: again.title().startswith("The Fisherman*"), "the text, not saved yet")

        def is_saved() -> bool:
            again.press("ctrl+s")
            return manuscript.read_text() == OPENING

        until(is_saved, "the text on the disk")
        again.press("ctrl+q")
        assert again.process.wait(PATIENCE) == 0
        assert list(records.iterdir()) == []
    finally:
        again.kill()
