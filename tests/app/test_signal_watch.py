import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app.signal_watch import SignalWatch
from tests.helpers.tiny_model import write_byte_level_model
from tests.helpers.waiting import LONG

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these signals are POSIX's")
ROOT = Path(__file__).parents[2]
PATIENCE = LONG / 1000


def test_an_interrupt_is_a_signal_of_qts(qtbot: QtBot) -> None:
    former = signal.getsignal(signal.SIGINT)
    watch = SignalWatch()
    for _ in range(2):
        with qtbot.waitSignal(watch.interrupted, timeout=LONG):
            os.kill(os.getpid(), signal.SIGINT)
    assert watch.findChildren(QTimer) == [], "nothing runs while it waits"
    watch.close()
    assert signal.getsignal(signal.SIGINT) is former


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_comes_twice_at_once_is_one_request(qtbot: QtBot, number: signal.Signals) -> None:
    former = signal.getsignal(number)
    watch = SignalWatch()
    with qtbot.waitSignal(watch.ended, timeout=LONG) as ended:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
    assert ended.args == [number]
    watch.close()
    assert signal.getsignal(number) is former


def test_ctrl_c_closes_the_program_and_its_engine(qtbot: QtBot, tmp_path: Path) -> None:
    model = write_byte_level_model(tmp_path / "tiny.gguf")
    program = subprocess.Popen(
        [sys.executable, "-m", "studio", str(model)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        process = psutil.Process(program.pid)
        qtbot.waitUntil(lambda: bool(process.children()), timeout=LONG)
        (engine,) = process.children()
        # As a terminal does: the whole group hears it, and the engine must not end first.
        os.killpg(program.pid, signal.SIGINT)
        assert program.wait(PATIENCE) == 0
        _, alive = psutil.wait_procs([engine], timeout=PATIENCE)
        assert alive == []
        assert program.stderr
        assert b"Traceback" not in program.stderr.read()
    finally:
        program.kill()
        program.wait()
        if program.stderr:
            program.stderr.close()
