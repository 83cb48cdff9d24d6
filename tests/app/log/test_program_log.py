"""The real program's hooks, in a process of its own: pytest has hooks there too."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio.app.log.program_log import qt_words

ROOT = Path(__file__).parents[3]
MARK = "the-old-fisherman"

PROGRAM = """
import logging, sys, threading
from PySide6.QtCore import QCoreApplication, QFile, qFatal, qWarning
from studio.app.log.program_log import follow_qt, leave_qt, start_log

MARK = sys.argv[1]
application = QCoreApplication([])
seen = []
sys.excepthook = lambda kind, error, trace: seen.append(str(error))
start_log("offscreen")
follow_qt()


def fail(times=1):
    for _ in range(times):
        try:
            int(MARK)
        except ValueError:
            sys.excepthook(*sys.exc_info())


fail(11)
thread = threading.Thread(target=lambda: {}[MARK], name="tested")
thread.start()
thread.join()


class Fails:
    def __del__(self):
        raise KeyError(MARK)


Fails()
qWarning(f"QFileSystemWatcher: failed to add paths: /home/{MARK}.txt")
qWarning("a plain warning")
sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
print(*seen)
if sys.argv[2:]:
    qFatal("the end")
leave_qt()
qWarning("behind the log")
"""


def run(*more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, MARK, *more],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def log_of(home: Path) -> str:
    (file,) = (home / "state" / "kelvin-studio" / "log").glob("*.log")
    return file.read_text()


def test_what_goes_wrong_unseen_is_logged_and_what_the_user_sees_stays(empty_home: Path) -> None:
    done = run()
    assert done.returncode == 0
    # As without a log: the hook that was there, Python's prints, Qt's.
    assert done.stdout.split().count(f"'{MARK}'") == 11
    for said in ("Exception in thread tested", "Exception ignored in", "a plain warning"):
        assert said in done.stderr
    assert f"failed to add paths: /home/{MARK}.txt" in done.stderr
    assert "behind the log" in done.stderr
    log = log_of(empty_home)
    assert MARK not in log
    assert log.count("ValueError (its words are left out") == 2, "the first, and the tenth"
    assert "the same error for the 10. time" in log
    assert "error in the thread “tested”" in log
    assert log.count("KeyError (its words are left out") == 2
    assert "Qt (default): QFileSystemWatcher: failed to add paths: …" in log
    assert "Qt (default): a plain warning" in log
    assert "KeyboardInterrupt" not in log
    heading = log.splitlines()[0]
    for part in ("Kelvin Studio ", "Python ", "(offscreen)", "numpy ", "llama-cpp-python "):
        assert part in heading
    assert not list((empty_home / "state").rglob("*.lock")), "let go of at the end"


@pytest.mark.skipif(sys.platform == "win32", reason="an abort is a signal on POSIX")
def test_what_qt_ends_the_process_for_is_logged_before(empty_home: Path) -> None:
    assert run("fatal").returncode == -signal.SIGABRT
    log = log_of(empty_home)
    assert "Qt (default): the end" in log
    assert "CRITICAL  Qt (default): " in log


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("QPixmap: null", "QPixmap: null"),
        ("Could not load “x” there", "Could not load …"),
        ("failed: /home/ann/x", "failed: …"),
        ("QString::arg: Argument missing: a text, b", "QString::arg: Argument missing: …"),
        (
            "QWidget::repaint: Recursive",
            "QWidget::repaint: Recursive",
        ),
        ("C:\\x", "C: …"),
        ("'quoted'", " …"),
    ],
)
def test_messages_of_qts_end_where_they_repeat_something(text: str, kept: str) -> None:
    assert qt_words(text) == kept
