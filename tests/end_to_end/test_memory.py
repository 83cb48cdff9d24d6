"""What the real window's process holds after New and other lanes: what it held at the start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.tiny_model import write_byte_level_model

ROOT = Path(__file__).parents[2]
MOST = 30.0
"""MiB above the start, when its parts were all open once."""

PROGRAM = """
import json
import math
import sys
import psutil
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from studio.engine.messages import LoadOptions
from studio.ui import application as program
from studio.app.compare.setups import ladder
from studio.app.heat.measure import HeatMeasure
from studio.app.user_folders import data_folder

def until(condition):
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

def rest(milliseconds):
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()

application = program.make_application()
window = program.make_window(application)
program.show(window)
until(lambda: window.is_started)
QMessageBox.question = lambda *_: QMessageBox.StandardButton.Discard
session = window.session
session.model.open(sys.argv[1], LoadOptions(threads=1, context_size=2048))
until(lambda: session.model.is_ready)
shelf = data_folder() / "comparisons"
ran = 0
# Letters alone: what the model's random bytes say in other scripts would load their typefaces.
bans = tuple((token, -math.inf) for token in range(261) if not 67 <= token < 97)
session.sampling.change(logit_bias=bans)

def write(runs):
    global ran
    for _ in range(runs):
        window.compare.show(False)
        window.editor.move_caret(len(session.draft.manuscript))
        QTest.keyClicks(window.editor, "The sea. ")
        session.sampling.set_max_tokens(LENGTH)
        session.writing.continue_writing()
        until(lambda: session.writing.is_idle)
        session.writing.retake()
        until(lambda: session.writing.is_idle)
        window.compare.show(True)
        session.compare.set_max_tokens(LENGTH)
        session.compare.run()
        until(lambda: not session.compare.is_running)
        ran += 1
        while len(list(shelf.glob("*.json"))) < ran:
            rest(20)

def resident():
    return psutil.Process().memory_info().rss / 2**20

def begin_anew():
    window.compare.show(False)
    window.files.close()
    session.compare.set_up(ladder(*session.compare.here))
    # Freed memory is given back a moment after.
    until(lambda: session.unused_memory.is_settled)
    rest(100)
    return resident()

LENGTH = 150
session.heat.set_measure(HeatMeasure.SURPRISE)
window.landscape.set_shown(True)
for part in (window.explain.open, window.parameters.open, window.library.show):
    part()
    rest(100)
window.library.close()
write(2)
start = begin_anew()
write(8)
print(json.dumps({"start": start, "full": resident(), "after": begin_anew()}), flush=True)
session.close()
window.close()
"""


@pytest.mark.timeout(300)
def test_after_new_and_other_lanes_the_window_holds_what_it_held_at_the_start(
    tmp_path: Path, empty_home: Path
) -> None:
    model = write_byte_level_model(tmp_path / "tiny.gguf", context_length=2048)
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, str(model)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    held = json.loads(done.stdout)
    assert held["full"] > held["start"], "something was written"
    assert held["after"] - held["start"] < MOST, held
