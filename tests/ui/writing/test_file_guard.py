"""Other programs and other windows at the document's file, seen at the real window."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from studio.app.user_folders import state_folder
from studio.manuscript import document_key
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from studio.ui.writing.file_guard import AGAIN, ALL_THE_SAME, BESIDE, KEEP, TAKE
from tests.ui.conftest import LONG, NEVER_ENDS, save, save_as

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from pathlib import Path
from studio.file_lock import FileLock
lock = FileLock.acquire(Path(sys.argv[1]))
print("held" if lock else "refused", flush=True)
sys.stdin.read()
"""


class Writer:
    """Stands before the questions: real boxes, answered by a press of their button."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answer = ""
        self.path = ""
        self.suggested: list[str] = []
        execute = QMessageBox.exec

        def answered(box: QMessageBox) -> int:
            self.asked.append(f"{box.text()} {box.informativeText()}")
            QTimer.singleShot(0, lambda: self._press(box))
            return execute(box)

        monkeypatch.setattr(QMessageBox, "exec", answered)
        monkeypatch.setattr(file_dialog, "ask_save", self._name)

    def _press(self, box: QMessageBox) -> None:
        named = {button.text().replace("&", ""): button for button in box.buttons()}
        named[self.answer or "Cancel"].click()

    def _name(self, _parent: object, _title: str, suggested: str, _filter: str) -> tuple[str, str]:
        self.suggested.append(suggested)
        return self.path or suggested, ""


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Writer:
    return Writer(monkeypatch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "stories").mkdir()
    path = tmp_path / "stories" / "sea.txt"
    path.write_text("The sea.")
    return path


@pytest.fixture
def bare(open_window: Callable[[], MainWindow], path: Path, writer: Writer) -> MainWindow:
    """A window with the file open and a word typed before it."""
    window = open_window()
    window.open_path(path)
    window.editor.move_caret(0)
    QTest.keyClicks(window.editor, "Mine. ")
    return window


def come_back(window: MainWindow) -> None:
    """The window gets the keyboard again, after another program had it."""
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))


def text(window: MainWindow) -> str:
    return window.session.draft.manuscript.text


def test_a_file_that_nobody_touched_is_saved_without_a_word(
    bare: MainWindow, writer: Writer, path: Path
) -> None:
    os.utime(path, (1, 1))
    come_back(bare)
    save(bare)
    QTest.keyClicks(bare.editor, "More. ")
    come_back(bare)
    save(bare)
    assert path.read_text() == "Mine. More. The sea."
    assert writer.asked == []
    assert bare.notice.isHidden()


def test_a_change_outside_is_reported_once_when_the_window_comes_back(
    bare: MainWindow, path: Path
) -> None:
    path.write_text("Theirs.")
    come_back(bare)
    assert "“sea.txt” was changed by another program" in bare.notice.message
    assert bare.notice.action is bare.files.guard.decide
    bare.notice.hide()
    come_back(bare)
    assert bare.notice.message == "", "told is told"
    path.write_text("The sea.")
    come_back(bare)
    path.write_text("Theirs again.")
    come_back(bare)
    assert "was changed" in bare.notice.message
    path.write_text("The sea.")
    come_back(bare)
    assert bare.notice.message == "", "it is as it was"


@pytest.mark.parametrize("how", ["save", "decide"])
def test_keep_mine(bare: MainWindow, writer: Writer, path: Path, how: str) -> None:
    path.write_text("Theirs.")
    writer.answer = KEEP
    come_back(bare)
    if how == "decide":
        bare.files.guard.decide.trigger()
        assert path.read_text() == "Theirs.", "until a save"
        come_back(bare)
        assert len(writer.asked) == 1
        assert bare.isWindowModified()
    save(bare)
    assert path.read_text() == "Mine. The sea."
    assert not bare.isWindowModified()
    assert len(writer.asked) == 1
    assert bare.notice.isHidden(), "what it told is decided"


@pytest.mark.parametrize("how", ["save", "decide"])
def test_take_theirs_and_undo_brings_mine_back(
    bare: MainWindow, writer: Writer, path: Path, how: str
) -> None:
    bare.session.draft.set_brief("Short.")
    path.write_bytes(b"\xef\xbb\xbfTheirs.\r\n")
    come_back(bare)
    writer.answer = TAKE
    getattr(bare.actions_ if how == "save" else bare.files.guard, how).trigger()
    assert bare.files.saving.finish()
    assert text(bare) == "Theirs.\n"
    assert bare.notice.message == ""
    assert bare.session.draft.manuscript.is_clean
    assert bare.session.draft.brief == "Short."
    bare.actions_.undo.trigger()
    assert text(bare) == "Mine. The sea."
    assert bare.isWindowModified()
    bare.actions_.redo.trigger()
    assert bare.session.draft.manuscript.is_clean
    QTest.keyClicks(bare.editor, "x")
    save(bare)
    assert path.read_bytes() == b"\xef\xbb\xbfTheirs.\r\nx"
    assert len(writer.asked) == 1


@pytest.mark.parametrize("how", ["save", "decide"])
def test_save_beside(bare: MainWindow, writer: Writer, path: Path, how: str) -> None:
    (path.parent / "sea 2.txt").write_text("Another.")
    path.write_text("Theirs.")
    writer.answer = BESIDE
    getattr(bare.actions_ if how == "save" else bare.files.guard, how).trigger()
    assert bare.files.saving.finish()
    assert writer.suggested == [str(path.parent / "sea 3.txt")]
    assert path.read_text() == "Theirs."
    assert (path.parent / "sea 3.txt").read_text() == "Mine. The sea."
    assert bare.session.draft.path == path.parent / "sea 3.txt"
    assert not bare.isWindowModified()


def test_cancel_changes_neither(bare: MainWindow, writer: Writer, path: Path) -> None:
    path.write_text("Theirs.")
    save(bare)
    assert path.read_text() == "Theirs."
    assert text(bare) == "Mine. The sea."
    assert bare.isWindowModified()
    assert len(writer.asked) == 1


def test_a_new_name_that_is_the_old_one_is_asked_about_too(
    bare: MainWindow, writer: Writer, path: Path
) -> None:
    path.write_text("Theirs.")
    writer.path = str(path)
    save_as(bare)
    assert len(writer.asked) == 1
    assert path.read_text() == "Theirs."


def test_what_they_wrote_may_be_no_text(bare: MainWindow, writer: Writer, path: Path) -> None:
    path.write_bytes(b"\xff\xfe\xff")
    writer.answer = TAKE
    save(bare)
    assert text(bare) == "Mine. The sea."
    assert "not a text file" in bare.notice.message
    writer.answer = KEEP
    save(bare)
    assert path.read_text() == "Mine. The sea."


@pytest.mark.parametrize("answer", [AGAIN, BESIDE, ""])
def test_a_file_that_is_gone_is_reported_and_asked_about(
    bare: MainWindow, writer: Writer, path: Path, answer: str
) -> None:
    save(bare)
    path.unlink()
    assert not bare.isWindowModified()
    come_back(bare)
    assert "“sea.txt” is gone" in bare.notice.message
    assert bare.isWindowModified(), "what is nowhere else is not saved"
    writer.answer = answer
    save(bare)
    written = {file.name: file.read_text() for file in path.parent.iterdir()}
    expected = {AGAIN: "sea.txt", BESIDE: "sea 2.txt", "": ""}[answer]
    assert written == ({expected: "Mine. The sea."} if expected else {})
    assert bare.isWindowModified() == (not expected)
    assert len(writer.asked) == 1


def test_closing_asks_when_the_file_is_gone(
    bare: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def question(_parent: object, _title: str, words: str, *_: object) -> object:
        asked.append(words)
        return QMessageBox.StandardButton.Cancel

    save(bare)
    monkeypatch.setattr(QMessageBox, "question", question)
    path.unlink()
    bare.close()
    assert len(asked) == 1
    assert bare.isVisible()


def test_a_link_is_watched_through(
    open_window: Callable[[], MainWindow], writer: Writer, path: Path
) -> None:
    link = path.with_name("link.txt")
    link.symlink_to(path)
    window = open_window()
    window.open_path(link)
    path.write_text("Theirs.")
    come_back(window)
    assert "was changed" in window.notice.message
    writer.answer = KEEP
    save(window)
    assert path.read_text() == "The sea."
    assert link.is_symlink()


def test_theirs_is_taken_while_the_model_writes(
    window: MainWindow, qtbot: QtBot, writer: Writer, path: Path
) -> None:
    session = window.session
    window.open_path(path)
    session.sampling.set_max_tokens(1000)
    session.sampling.change(logit_bias=NEVER_ENDS)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: len(session.draft.manuscript) > len("The sea.") + 8, timeout=LONG)
    path.write_text("Theirs.")
    writer.answer = TAKE
    save(window)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert text(window) == "Theirs."


# Another window


@pytest.fixture
def elsewhere(path: Path) -> object:
    """Another program of ours has the file open."""
    locks = state_folder() / "open"
    locks.mkdir(parents=True)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(locks / f"{document_key(path)}.lock")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    yield holder
    holder.kill()
    holder.communicate()


def test_a_second_window_says_so_at_once_and_before_saving(
    elsewhere: subprocess.Popen[str], bare: MainWindow, writer: Writer, path: Path
) -> None:
    assert "open in another window" in bare.notice.message
    save(bare)
    assert len(writer.asked) == 1
    assert path.read_text() == "The sea."
    writer.answer = ALL_THE_SAME
    save(bare)
    assert path.read_text() == "Mine. The sea."
    assert len(writer.asked) == 2
    elsewhere.kill()
    elsewhere.wait()
    QTest.keyClicks(bare.editor, "x")
    save(bare)
    assert len(writer.asked) == 2, "the other one is gone, and so is the question"


def test_a_second_window_can_save_beside(
    elsewhere: object, bare: MainWindow, writer: Writer, path: Path
) -> None:
    writer.answer = BESIDE
    save(bare)
    assert path.read_text() == "The sea."
    assert path.with_name("sea 2.txt").read_text() == "Mine. The sea."
    assert not bare.isWindowModified()


def test_a_save_to_a_name_that_another_window_has_is_asked_about(
    elsewhere: object, open_window: Callable[[], MainWindow], writer: Writer, path: Path
) -> None:
    window = open_window()
    QTest.keyClicks(window.editor, "Mine.")
    writer.path = str(path)
    save(window)
    assert path.read_text() == "The sea."
    assert len(writer.asked) == 1


def test_a_window_lets_go_of_a_file_that_it_has_left(
    open_window: Callable[[], MainWindow], writer: Writer, path: Path
) -> None:
    first, second = open_window(), open_window()
    first.open_path(path)
    second.open_path(path)
    assert "open in another window" in second.notice.message
    second.actions_.close.trigger()
    second.notice.hide()
    first.actions_.close.trigger()
    second.open_path(path)
    assert second.notice.message == ""
    first.open_path(path)
    assert "open in another window" in first.notice.message
    second.close()
    save(first)
    assert writer.asked == []
    first.close()
    assert list((state_folder() / "open").iterdir()) == []
