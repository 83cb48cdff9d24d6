"""The log of a real session, in which the same word stands in everything that is the writer's."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARK = "Qwyzzlemark"

ENGINE = """
import os, sys
import llama_cpp
from studio.engine import child, engine

scored = []

def score(command, *_):
    if scored:  # llama.cpp says why it fails, and the process ends
        no_parameters = llama_cpp.llama_model_default_params()
        llama_cpp.llama_model_load_from_file(b"/there/is/no/such.gguf", no_parameters)
        os.abort()
    scored.append(command)
    raise ValueError(f"no way to score {command.prompt.manuscript} {command.prompt.brief}")

engine.score = score  # our mistake, in the engine's process
sys.exit(child.main())
"""

PROGRAM = """
import os, signal, sys, threading
from pathlib import Path
from PySide6.QtCore import QTimer, qWarning
from PySide6.QtTest import QTest
from studio.app.engine_line import process
from studio.engine.messages import LoadOptions
from studio.sampling.word_bias import WordBias
from studio.ui import application as program

MARK, folder, engine = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
process.engine_command = lambda: [sys.executable, "-P", "-c", engine]
show = program.show


def session_of(window):
    session = window.session
    window.files.open(folder / f"{MARK} is not there.txt")
    window.files.open(folder / "half.txt")
    document = folder / f"{MARK} novel.txt"
    document.write_text(f"The {MARK} sea. ", encoding="utf-8")
    window.files.open(document)
    QTest.keyClicks(window.editor, f"A {MARK} looked out over the")
    session.draft.set_brief(f"Write of {MARK}.")
    session.draft.prompting.set_prompt_format("chat")
    session.draft.prompting.set_system_message(f"You are {MARK}.")
    session.draft.prompting.set_stop((MARK,))
    session.sampling.change(word_biases=(WordBias(f" {MARK}", -float("inf")),))
    session.sampling.set_max_tokens(6)
    window.files.saving.save()
    assert window.files.saving.finish()
    assert MARK in document.read_text(encoding="utf-8")
    yield lambda: session.next_token_preview.is_settled
    window.actions_.continue_.trigger()
    yield lambda: session.writing.is_idle
    window.actions_.score.trigger()  # ends in our mistake
    yield lambda: not session.records.is_scoring
    window.compare.show(True)
    session.compare.set_max_tokens(3)
    session.compare.run()
    yield lambda: not session.compare.is_running

    def slot():
        text = session.draft.manuscript.text
        raise KeyError(text)

    QTimer.singleShot(0, slot)
    QTimer.singleShot(0, lambda: int(MARK))
    thread = threading.Thread(target=lambda: [][MARK])
    thread.start()
    thread.join()
    qWarning(f"QFileSystemWatcher: failed to add paths: {document}")
    yield lambda: MARK in window.notice.message  # told of the mistake, as it was
    window.compare.show(False)
    window.actions_.score.trigger()  # ends the engine
    yield lambda: not session.client.is_running
    window.actions_.reopen_model.trigger()
    yield lambda: session.model.is_ready
    QTest.keyClicks(window.editor, f" {MARK}")  # not saved: goes into the journal
    os.kill(os.getpid(), signal.SIGTERM)
    yield lambda: False


def show_and_work(window):
    # On one thread: see tests/engine/conftest.py.
    window.session.model.options = LoadOptions(threads=1, context_size=2048)
    show(window)
    steps = []
    waits = [lambda: window.session.model.is_ready and window.is_started]

    def go_on():
        while waits[0]():
            if not steps:
                steps.append(session_of(window))
            waits[0] = next(steps[0])

    # A turn of the loop between each look, and no time that a test waits for.
    ticks = QTimer(window)
    ticks.timeout.connect(go_on)
    ticks.start(20)


program.show = show_and_work
sys.exit(program.main(None))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_nothing_of_the_writers_is_in_the_log_of_a_session_with_crashes(
    starter_model: Path, empty_home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / f"{MARK} books"
    folder.mkdir()
    (folder / "half.txt").write_bytes(MARK.encode() + b"\x00")
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, MARK, str(folder), ENGINE],
        env={
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": str(ROOT),
            "KELVIN_LOG": "debug",
        },
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == -signal.SIGTERM, done.stderr
    assert MARK in done.stderr, "what the terminal shows of a mistake is as it was"
    logs = empty_home / "state" / "kelvin-studio" / "log"
    (file,) = logs.iterdir()
    assert file.name == "kelvin-studio.log"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(logs.stat().st_mode) == 0o700
    log = file.read_text(encoding="utf-8")
    # All that happened is there …
    for said in (
        r"INFO     Kelvin Studio .*\(offscreen\)",
        r"engine: started, process \d+",
        r"Load: “SmolLM2.*”",
        r"Load: loaded, llama, 135 million",
        r"engine: llama_model_load: error loading model: .*no/such.gguf",  # llama.cpp's own
        r"a text was opened, \d+ characters",
        r"a text was saved, \d+ characters",
        r"PreviewNextToken: answered",
        r"Generate: \d tokens \(\w+\) behind",
        r"Generate: \d+ tokens \(\w+, \w+, \w+, \w+\) behind",
        r"Score: failed \(bug\)",
        r"engine: ValueError \(its words are left out",
        r"KeyError \(its words",
        r"TypeError: list indices must be integers",
        r"rescue: the text is put in safety",
        r"Qt \(default\): QFileSystemWatcher: failed to add paths: …",
        r"ERROR    engine: The engine stopped unexpectedly \(SIGABRT.*Not answered: Score",
        r"ended by the signal 15",
    ):
        assert re.search(said, log), f"{said}\n{log}"
    # … and nothing of what it happened to.
    assert MARK.lower()[:6] not in log.lower()
