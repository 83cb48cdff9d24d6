"""A program that is killed while somebody writes, and the one that is started after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.manuscript import Origin, RecoveryRecord
from studio.manuscript.document_file import open_document
from tests.helpers.journal_records import journal_records
from tests.helpers.waiting import until

ROOT = Path(__file__).parents[2]

PROGRAM = """
import json
import sys
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from studio.engine.messages import LoadOptions
from studio.ui import application as program
from studio.app.model.state import ModelPhase
from studio.ui.widgets import file_dialog
from studio.ui.writing.recovery_dialog import RecoveryDialog

def until(condition):
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

model = sys.argv[1] == "model"
if not model:
    program.find_starter_model = lambda: None
application = program.make_application()
window = program.make_window(application)
# On one thread: see tests/engine/conftest.py.
window.session.model.options = LoadOptions(threads=1, context_size=2048)
program.show(window)
until(lambda: window.is_started)
program.open_first(window, None)
until(lambda: not window.session.reading.is_busy)
if model:
    until(lambda: window.session.model.phase is not ModelPhase.LOADING)
draft = window.session.draft

def say(**what):
    print(json.dumps(what), flush=True)

def state():
    dialogs = window.findChildren(RecoveryDialog)
    return {
        "text": draft.manuscript.text,
        "origins": list(draft.manuscript.origins()),
        "brief": window.brief.edit.text(),
        "notes": [note.text for note in draft.plan.notes],
        "passages": [[one.start, one.end] for one in draft.plan.passages],
        "caret": window.editor.caret,
        "path": str(draft.path) if draft.path else None,
        "takes": [
            [
                [take.text, take.seed, [record.id for record in take.records]]
                for take in takes.takes
            ]
            for takes in draft.manuscript.take_sets
        ],
        "owns": [
            [length, brush and brush.own.temperature]
            for length, brush in draft.manuscript.brushes(0, len(draft.manuscript))
        ],
        "is_modified": window.isWindowModified(),
        "tabs": [window.tabs.tabText(index) for index in range(window.tabs.count())],
        "offers": [
            dialog.list.item(row).text() for dialog in dialogs for row in range(dialog.list.count())
        ],
    }

def obey():
    for line in sys.stdin:
        name, *rest = json.loads(line)
        if name == "type":
            QTest.keyClicks(window.editor, rest[0])
        elif name == "brief":
            QTest.keyClicks(window.brief.edit, rest[0])
        elif name == "note":
            if window.notes.dock is None:
                window.notes.toggle()
            window.notes.dock.panel.add()
            QTest.keyClicks(window.notes.dock.panel.text, rest[0])
        elif name == "pin":
            window.actions_.passages[0].trigger()
        elif name == "key":
            QTest.keyClick(window.editor, getattr(Qt.Key, rest[0]))
        elif name == "passage":
            window.actions_.passage.only.trigger()
            window.session.sampling.change(temperature=float(rest[0]))
        elif name == "open":
            window.open_path(program.Path(rest[0]))
        elif name == "new":
            window.actions_.new.trigger()
        elif name == "walk":
            window.actions_.next_document.trigger()
        elif name == "save":
            window.actions_.save.trigger()
            window.files.saving.finish()
        elif name == "save_as":
            file_dialog.ask_save = lambda *_: (rest[0], "")
            window.actions_.save_as.trigger()
            window.files.saving.finish()
        elif name in ("continue", "retake"):
            window.session.sampling.set_max_tokens(12)
            # Another text each time: by its text a record is known.
            window.session.sampling.change(seed=1 if name == "continue" else 2)
            actions = window.actions_
            (actions.retake if name == "retake" else actions.continue_).trigger()
            until(lambda: window.session.writing.is_idle)
        elif name == "begin_retake":
            # Without a turn of the event loop until the next command: no token comes into the text.
            window.actions_.retake.trigger()
        elif name == "keep":
            window.session.recovery.keep_and_wait()
        elif name == "answer":
            (dialog,) = window.findChildren(RecoveryDialog)
            QTest.mouseClick(getattr(dialog, rest[0]), Qt.MouseButton.LeftButton)
            QApplication.processEvents()
            until(lambda: not window.session.reading.is_busy)
        elif name == "rest":
            # The event loop runs: what is to be kept is kept.
            QTimer.singleShot(600_000, application.quit)
            say(resting=True)
            application.exec()
        say(**state())

say(**state())
obey()
"""


class Program:
    """The program with a hand at its keyboard; remembers nothing but what is on the disk."""

    def __init__(self, model: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM, "model" if model else "none"],
            cwd=ROOT,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.state = self._answer()

    @property
    def offers(self) -> list[str]:
        offers = self.state["offers"]
        assert isinstance(offers, list)
        return offers

    @property
    def takes(self) -> list[list[tuple[str, int | None, list[int]]]]:
        """Of each set its takes: text, seed, ids of their tokens."""
        takes = self.state["takes"]
        assert isinstance(takes, list)
        return takes

    def do(self, *command: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = self._answer()
        self.state = self.state if "resting" in answer else answer

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _answer(self) -> dict[str, object]:
        assert self.process.stdout
        answer = json.loads(self.process.stdout.readline())
        assert isinstance(answer, dict)
        return answer


@pytest.fixture
def start() -> object:
    programs: list[Program] = []

    def start(model: bool = False) -> Program:
        programs.append(Program(model))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()


Start = Callable[..., Program]


def records(home: Path) -> list[RecoveryRecord]:
    return journal_records(home / "state" / "kelvin-studio" / "recovery")


def wait_until_kept(home: Path, condition: Callable[[RecoveryRecord], bool]) -> None:
    until(lambda: any(condition(record) for record in records(home)), "what was typed, kept")


def test_a_kill_loses_nothing_of_a_document_with_a_file(
    start: Start, empty_home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "The Fisherman.txt"
    path.write_bytes(b"\xef\xbb\xbfOnce.\r\n")
    first = start()
    first.do("open", str(path))
    first.do("key", "Key_End")
    first.do("type", "The old man ")
    first.do("brief", "Short sentences.")
    first.do("key", "Key_Left")
    written = first.state
    first.do("rest")
    wait_until_kept(
        empty_home, lambda record: record.caret == written["caret"] and record.brief != ""
    )
    first.kill()
    assert path.read_bytes() == b"\xef\xbb\xbfOnce.\r\n"

    second = start()
    (offer,) = second.offers
    assert "The Fisherman.txt" in offer
    assert second.state["path"] == str(path), "the last document, as its file has it"
    assert second.state["text"] == "Once.\n"
    second.do("answer", "restore")
    written["offers"] = []
    assert second.state == written
    assert second.state["is_modified"]
    assert second.state["brief"] == "Short sentences."

    # Killed again at once, without another key: it is still there.
    second.kill()
    third = start()
    assert len(third.offers) == 1
    third.do("answer", "restore")
    assert third.state == written
    third.do("save")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "The old man" in path.read_text(encoding="utf-8-sig")
    assert not third.state["is_modified"]
    third.kill()

    fourth = start()
    assert fourth.offers == []
    assert fourth.state["text"] == written["text"]
    assert fourth.state["brief"] == "Short sentences."
    assert records(empty_home) == []


def test_a_kill_loses_nothing_of_a_page_without_a_name(start: Start, empty_home: Path) -> None:
    first = start()
    first.do("type", "The old man ")
    first.do("rest")
    wait_until_kept(empty_home, lambda record: record.text == "The old man ")
    # Another window beside it neither takes nor offers what is the first one's.
    beside = start()
    assert beside.offers == []
    beside.kill()
    first.kill()

    second = start()
    assert second.state["text"] == ""
    second.do("answer", "later")
    assert second.state["text"] == ""
    second.kill()
    third = start()
    third.do("answer", "restore")
    assert third.state["text"] == "The old man "
    assert third.state["caret"] == len("The old man ")
    assert third.state["path"] is None
    assert third.state["is_modified"]


@pytest.mark.parametrize("name", ["", "The Fisherman.txt", "The Fisherman.kelvin"])
def test_a_kill_loses_no_note(start: Start, empty_home: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    first = start()
    first.do("type", "The old man ")
    if name:
        first.do("save_as", str(path))
    first.do("note", "Mara is his daughter.")
    first.do("pin")
    first.do("type", "rowed")
    written = first.state
    assert (written["notes"], written["passages"]) == (["Mara is his daughter."], [[0, 12]])
    first.do("rest")
    wait_until_kept(empty_home, lambda record: record.text == "The old man rowed")
    first.kill()

    second = start()
    second.do("answer", "restore")
    written["offers"] = []
    assert second.state == written
    second.do("save_as", str(tmp_path / "Other.kelvin"))
    second.do("open", str(tmp_path / "Other.kelvin"))
    assert second.state["notes"] == ["Mara is his daughter."]
    second.kill()


def test_a_kill_loses_no_note_beside_a_text_that_is_saved(
    start: Start, empty_home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "The Fisherman.txt"
    first = start()
    first.do("type", "The old man ")
    first.do("save_as", str(path))
    first.do("rest")
    until(lambda: records(empty_home) == [], "nothing kept of what is saved")
    first.kill()
    first = start()
    first.do("open", str(path))
    first.do("note", "Mara is his daughter.")
    written = first.state
    first.do("rest")
    wait_until_kept(empty_home, lambda record: record.text == "The old man ")
    first.kill()
    second = start()
    assert len(second.offers) == 1
    second.do("answer", "restore")
    assert second.state["notes"] == written["notes"] == ["Mara is his daughter."]
    second.do("save")
    second.kill()
    third = start()
    assert third.offers == []
    third.do("open", str(path))
    assert third.state["notes"] == ["Mara is his daughter."]


def test_a_generation_is_kept_at_its_end(
    start: Start, empty_home: Path, starter_model: Path
) -> None:
    first = start(model=True)
    first.do("type", "The old man looked out over the")
    first.do("continue")
    written = first.state
    first.do("rest")
    wait_until_kept(empty_home, lambda record: record.text == written["text"])
    first.kill()
    second = start()
    second.do("answer", "restore")
    assert second.state == written
    assert str(int(Origin.GENERATED)) in str(second.state["origins"])
    [[(text, seed, ids)]] = second.takes
    assert text
    assert seed is not None
    assert len(ids) > 1


def test_a_kill_loses_no_temperature_of_a_passage(start: Start, empty_home: Path) -> None:
    first = start()
    first.do("type", "Calm.")
    first.do("key", "Key_Return")
    first.do("type", "A storm.")
    first.do("passage", "1.4")
    first.do("type", " It grew.")
    written = first.state
    assert written["owns"] == [[6, None], [17, 1.4]]
    first.do("rest")
    wait_until_kept(empty_home, lambda record: record.text == written["text"])
    first.kill()
    second = start()
    second.do("answer", "restore")
    assert second.state == {**written, "offers": []}


def test_a_kill_loses_no_take_of_a_document(
    start: Start, empty_home: Path, starter_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "The Fisherman.kelvin"
    first = start(model=True)
    first.do("type", "The old man looked out over the")
    first.do("save_as", str(path))
    first.do("continue")
    first.do("retake")
    written = first.state
    assert [len(takes) for takes in first.takes] == [2]
    first.do("rest")
    wait_until_kept(empty_home, lambda record: record.text == written["text"])
    first.kill()
    second = start()
    second.do("answer", "restore")
    written["offers"] = []
    assert second.state == written
    second.do("save")
    saved = second.state
    assert not saved["is_modified"]
    # Which document was open last, and where the caret was, is written a moment later.
    second.do("rest")
    settings = empty_home / "config" / "kelvin-studio" / "settings.json"
    until(
        lambda: settings.is_file() and path.name in settings.read_text(),
        "the document open last, remembered",
    )
    second.kill()
    third = start()
    assert third.offers == []
    assert third.state | {"caret": 0} == saved | {"caret": 0}, "the last document, all of it"


def test_a_kill_while_retake_waits_for_its_first_token_loses_no_word(
    start: Start, empty_home: Path, starter_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "The Fisherman.kelvin"
    first = start(model=True)
    first.do("type", "The old man looked out over the")
    first.do("continue")
    written, takes = first.state, first.takes
    first.do("begin_retake")
    assert first.state["text"] == "The old man looked out over the"
    first.do("keep")
    first.kill()
    second = start()
    second.do("answer", "restore")
    assert second.state == written
    second.kill()

    # And what is saved then is the text of before.
    first = start(model=True)
    first.do("answer", "restore")
    first.do("begin_retake")
    assert first.state["text"] == "The old man looked out over the"
    first.do("save_as", str(path))
    first.kill()
    document, _ = open_document(path)
    assert (document.text, document.caret) == (written["text"], written["caret"])
    assert [[take.text for take in one.takes] for one in document.take_sets] == [
        [text for text, *_ in known] for known in takes
    ]


def test_a_kill_loses_nothing_of_several_documents(
    start: Start, empty_home: Path, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{name}.txt" for name in ("One", "Two", "Three")]
    for path in paths:
        path.write_text(f"{path.stem}.")
    first = start()
    for path in paths:
        first.do("open", str(path))
    first.do("type", " Third.")
    first.do("new")
    first.do("type", "Without a name. ")
    first.do("brief", "Short sentences.")
    first.do("walk")
    assert first.state["text"] == "One."
    first.do("type", " First.")
    written: dict[object, object] = {}
    for _ in range(4):
        written[first.state["path"]] = first.state | {"tabs": [], "offers": []}
        first.do("walk")
    assert first.state["tabs"] == ["One *", "Two", "Three *", "Untitled *"]
    first.do("rest")
    unsaved = {"One. First.", "Three. Third.", "Without a name. "}
    until(lambda: {record.text for record in records(empty_home)} == unsaved, "all three, kept")
    settings = empty_home / "config" / "kelvin-studio" / "settings.json"
    until(
        lambda: (
            settings.is_file()
            and json.loads(settings.read_text()).get("file/last") == str(paths[0])
        ),
        "what is open, remembered",
    )
    first.kill()

    second = start()
    assert len(second.offers) == 3
    assert second.state["tabs"] == ["One", "Two", "Three"]
    assert second.state["path"] == str(paths[0]), "which was in front"
    second.do("answer", "restore_all")
    tabs = second.state["tabs"]
    assert isinstance(tabs, list)
    assert sorted(tabs) == ["One *", "Three *", "Two", "Untitled *"]
    found: dict[object, object] = {}
    for _ in range(4):
        found[second.state["path"]] = second.state | {"tabs": [], "offers": []}
        second.do("walk")
    assert found == written

    # Killed again at once, without another key: all of it is still there.
    second.kill()
    third = start()
    assert len(third.offers) == 3
    assert {record.text for record in records(empty_home)} == unsaved
    assert [path.read_text() for path in paths] == ["One.", "Two.", "Three."]
