"""The program's end by real signals and a real session manager, while something is not saved."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from studio.experiments.comparison_file import load_comparison
from tests.helpers.journal_records import kept_texts
from tests.helpers.waiting import PATIENCE, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")

ROOT = Path(__file__).parents[2]
TYPED = "The old fisherman looked out over the"

PROGRAM = """
import json
import sys
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from studio.engine.messages import LoadOptions
from studio.ui import application as program
from studio.app.engine_line import process
from studio.ui.writing.recovery_dialog import RecoveryDialog

typed, wish = sys.argv[1:]
show = program.show
if wish == "waits":  # for its engine, which is halted, and for nothing else
    process._GRACE_MS = 600_000


def say(**what):
    print(json.dumps(what), flush=True)


def show_and_type(window):
    show(window)
    session = window.session
    # On one thread: see tests/engine/conftest.py.
    session.model.options = LoadOptions(threads=1, context_size=2048)
    asked = set()

    def look():
        for box in window.findChildren(QMessageBox):
            if box.isVisible() and id(box) not in asked:
                asked.add(id(box))
                say(asks=box.text())
        if session.compare.has_tokens and "lanes" not in asked:
            asked.add("lanes")
            say(lanes=session.compare.is_running)
        offers = window.findChildren(RecoveryDialog)
        if offers and "offer" not in asked:
            asked.add("offer")
            say(offers=[offer.list.item(0).text() for offer in offers])

    def type_it():
        look_often.start(20)
        if wish == "writes":
            session.sampling.set_max_tokens(10_000)
            session.sampling.change(logit_bias=tuple((m, -float("inf")) for m in (0, 2, 4)))
        window.session.draft.manuscript.changed.connect(
            lambda *_: say(written=len(session.draft.manuscript)))
        QTest.keyClicks(window.editor, typed)
        if wish == "writes":
            window.actions_.continue_.trigger()
        if wish == "compares":
            control = Qt.KeyboardModifier.ControlModifier
            session.compare.set_max_tokens(2_000)
            QTest.keyClick(window.editor, Qt.Key.Key_2, control)
            QTest.keyClick(window.compare.page.columns[0].view, Qt.Key.Key_Return, control)
        say(typed=session.draft.manuscript.text, engine=session.client.process_id)

    look_often = QTimer(window)
    look_often.timeout.connect(look)
    is_typed = []

    def type_once():
        if session.model.is_ready and not is_typed:
            is_typed.append(True)
            QTimer.singleShot(0, type_it)

    session.model.changed.connect(type_once)


program.show = show_and_type
sys.exit(program.main(None))
"""


class Program:
    """The window's real process; types at once and says so."""

    def __init__(self, wish: str = "", typed: str = TYPED, **options: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM, typed, wish],
            cwd=ROOT,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        self.engine = psutil.Process(int(str(self.until("typed")["engine"])))

    def until(self, key: str) -> dict[str, object]:
        """What it says of `key`, the next time."""
        assert self.process.stdout
        for line in self.process.stdout:
            said = json.loads(line)
            if key in said:
                assert isinstance(said, dict)
                return said
        raise AssertionError(f"it ended ({self.process.wait()}) and never said: {key}")

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Its status, as the system says it; nothing of it is left running."""
        status = int(self.process.wait(PATIENCE))
        until(lambda: is_gone(self.engine), "the end of the engine")
        return status

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
        if self.engine.is_running():
            self.engine.kill()


@pytest.fixture
def start(starter_model: Path) -> Iterator[Callable[..., Program]]:
    programs: list[Program] = []

    def start(*arguments: str, **options: Any) -> Program:
        programs.append(Program(*arguments, **options))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()


Start = Callable[..., Program]


def is_gone(process: psutil.Process) -> bool:
    """Whether it has ended; where nobody waits for orphans, its entry stays."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_keeps_the_text_and_is_what_ended_the_program(
    start: Start, empty_home: Path, number: signal.Signals
) -> None:
    program = start("writes")
    for _ in range(5):
        program.until("written")
    # As a terminal does that closes: the shell and the system both send it.
    program.send(number)
    program.send(number)
    assert program.end() == -number
    (text,) = kept_texts(empty_home)
    assert text.startswith(TYPED)
    assert len(text) > len(TYPED), "what was written until then"
    assert list((empty_home / "state" / "kelvin-studio").rglob("*.lock")) == []
    offers = start().until("offers")["offers"]
    assert isinstance(offers, list)
    assert [TYPED in offer for offer in offers] == [True]


def test_lanes_that_are_being_written_are_kept(start: Start, empty_home: Path) -> None:
    program = start("compares")
    assert program.until("lanes")["lanes"], "they are being written"
    program.send(signal.SIGTERM)
    assert program.end() == -signal.SIGTERM
    assert kept_texts(empty_home) == [TYPED]
    (shelved,) = empty_home.rglob("comparisons/*.json")
    assert any(lane.tokens for lane in load_comparison(shelved).lanes)


def test_a_second_signal_ends_at_once(start: Start, empty_home: Path) -> None:
    program = start("waits")
    program.engine.suspend()
    program.send(signal.SIGTERM)
    # It is in safety; now the program waits for its engine.
    until(lambda: kept_texts(empty_home) == [TYPED], "the text in the journal")
    while program.process.poll() is None:
        program.send(signal.SIGTERM)
        time.sleep(0.02)
    assert program.end() == -signal.SIGTERM


def test_what_is_ignored_stays_ignored(start: Start, empty_home: Path) -> None:
    program = start(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # nohup
    program.send(signal.SIGHUP)
    program.send(signal.SIGTERM)
    assert program.end() == -signal.SIGTERM
    assert kept_texts(empty_home) == [TYPED]


def test_ctrl_c_asks_and_a_second_one_ends_without_an_answer(
    start: Start, empty_home: Path
) -> None:
    program = start()
    program.send(signal.SIGINT)
    assert "Save the changes" in str(program.until("asks"))
    program.send(signal.SIGINT)
    assert program.end() == -signal.SIGINT
    assert kept_texts(empty_home) == [TYPED]


def test_nothing_is_kept_where_nothing_is_unsaved(start: Start, empty_home: Path) -> None:
    program = start("", "")
    program.send(signal.SIGTERM)
    assert program.end() == -signal.SIGTERM
    assert kept_texts(empty_home) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a halted process stays")
def test_no_engine_outlives_a_window_that_is_killed(start: Start) -> None:
    program = start()
    program.engine.suspend()
    program.send(signal.SIGKILL)
    assert program.end() == -signal.SIGKILL


STARTER = """
import sys
from studio.engine.templates.chat_template import compile_source
from studio.engine.templates.template_rendering import TemplateLimits

endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
compile_source(
    endless, bos_token="", eos_token="", has_system=False, limits=TemplateLimits(seconds=100_000)
)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere its limit of time ends it")
def test_no_template_outlives_an_engine_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", STARTER],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as engine:
        until(lambda: bool(psutil.Process(engine.pid).children()), "the process that renders")
        children = psutil.Process(engine.pid).children()
        until(lambda: children[0].cpu_times().user > 0.5, "work without end")
        engine.kill()
        engine.wait()
    try:
        until(lambda: is_gone(children[0]), "the end of the process that renders")
    finally:
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
