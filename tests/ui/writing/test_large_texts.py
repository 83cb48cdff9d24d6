"""A text that is long is opened while the window goes on; one that no page holds is reported first.

Through the real window, with real files and the real dialog.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from studio.app.writing.large_texts import FIRST, SPLIT, WRAP
from studio.manuscript import FileState, RecoveryRecord, TextFile, write_text_file
from studio.manuscript.text_shape import LIMITS
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from studio.ui.writing.text_reading import SAVE_AS_FILE
from tests.ui.conftest import LONG

PARAGRAPH = "The old fisherman pushed the boat into the water and looked back. " * 8 + "\n"


class Writer:
    """Answers the program's own questions by their real buttons."""

    def __init__(self, answer: str | None, *further: str) -> None:
        self.answer = answer
        self.further = list(further)
        self.read: list[str] = []
        self._watch = QTimer()
        self._watch.setInterval(20)
        self._watch.timeout.connect(self._look)
        self._watch.start()

    def _look(self) -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            return
        self.read.append(f"{box.text()}\n{box.informativeText()}")
        buttons = {button.text(): button for button in box.buttons()}
        if self.answer is None:
            QTest.keyClick(box, Qt.Key.Key_Escape)
        else:
            answer, self.answer = self.answer, next(iter(self.further), self.answer)
            del self.further[:1]
            buttons[answer].click()


@pytest.fixture
def bare(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()


def opened(window: MainWindow, qtbot: QtBot) -> str:
    """The text, once nothing is read and all of it is on the page."""
    qtbot.waitUntil(
        lambda: not window.session.reading.is_busy and window.editor.is_whole, timeout=LONG
    )
    text = window.session.draft.manuscript.text
    assert window.editor.document().toRawText().replace("\u2029", "\n") == text
    return text


def test_a_long_text_is_read_while_the_window_goes_on_and_esc_gives_it_up(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    text = PARAGRAPH * (LIMITS.characters // len(PARAGRAPH))
    path = tmp_path / "long.txt"
    path.write_text(text)
    bare.session.draft.manuscript.edit(0, 0, "Mine.")
    bare.session.draft.manuscript.mark_clean()
    bare.open_path(path)
    assert bare.session.reading.is_busy
    assert bare.session.draft.manuscript.text == "Mine.", "until the new one is whole"
    bare.session.stop()
    qtbot.waitUntil(lambda: not bare.session.reading.is_busy)
    assert bare.session.draft.manuscript.text == "Mine."
    bare.open_path(path)
    turns: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(len(bare.session.draft.manuscript)))
    timer.start(0)
    assert opened(bare, qtbot) == text
    timer.stop()
    assert turns.count(5) >= 3, "while it was read"
    assert turns.count(len(text)) >= len(text) // 100_000, "while it was laid out"
    assert bare.session.draft.path == path
    assert not bare.isWindowModified()


def test_what_is_written_while_a_text_is_read_stays_open_beside_it(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "long.txt"
    path.write_text(PARAGRAPH * 1000)
    bare.open_path(path)
    bare.session.draft.manuscript.edit(0, 0, "Mine.")
    assert opened(bare, qtbot) == PARAGRAPH * 1000
    bare.actions_.previous_document.trigger()
    assert opened(bare, qtbot) == "Mine."
    assert bare.isWindowModified()


def test_more_than_a_page_holds_is_split_into_files(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    text = PARAGRAPH.replace("\n", "\r\n") * (LIMITS.characters // len(PARAGRAPH) + 9)
    path = tmp_path / "The Sea.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    writer = Writer(SPLIT)
    bare.open_path(path)
    qtbot.waitUntil(lambda: len(writer.read) == 1, timeout=LONG)
    first = opened(bare, qtbot)
    assert len(writer.read) == 1
    assert f"{LIMITS.characters:,}" in writer.read[0]
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.encode()
    parts = [tmp_path / f"The Sea {number} of 2.txt" for number in (1, 2)]
    files = [TextFile.of_bytes(part.read_bytes()) for part in parts]
    assert "".join(file.text for file in files) == text.replace("\r\n", "\n")
    assert all(part.read_bytes().startswith(b"\xef\xbb\xbfThe old") for part in parts)
    assert all(file.text.endswith("\n") for file in files)
    assert first == files[0].text
    assert bare.session.draft.path == parts[0]
    # Once more, and nothing of the first time is written over.
    parts[1].write_text("Mine.")
    bare.open_path(path)
    qtbot.waitUntil(lambda: "is there already" in bare.notice.message, timeout=LONG)
    assert parts[1].read_text() == "Mine."


def test_how_far_it_was_split_is_reported_where_that_is_given_up(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "The Sea.txt"
    path.write_text(PARAGRAPH * (2 * LIMITS.characters // len(PARAGRAPH) + 9))
    first, go_on = threading.Event(), threading.Event()

    def write_and_wait(part: Path, file: TextFile) -> FileState:
        state = write_text_file(part, file)
        first.set()
        assert go_on.wait(LONG / 1000)
        return state

    monkeypatch.setattr("studio.ui.writing.text_reading.write_text_file", write_and_wait)
    writer = Writer(SPLIT)
    bare.open_path(path)
    qtbot.waitUntil(first.is_set, timeout=LONG)
    qtbot.waitUntil(bare.actions_.stop.isEnabled, timeout=LONG)
    bare.actions_.stop.trigger()  # Esc
    go_on.set()
    qtbot.waitUntil(lambda: not bare.session.reading.is_busy, timeout=LONG)
    assert bare.notice.message == "“The Sea.txt” is not split to its end: 1 of 3 parts are written."
    assert sorted(tmp_path.iterdir()) == [tmp_path / "The Sea 1 of 3.txt", path]
    assert len(writer.read) == 1
    assert bare.session.draft.path is None


@pytest.mark.parametrize("text", ["a" * 2**20, "word " * 200_000, "e" + "\u0301" * 300_000])
def test_a_paragraph_that_is_too_long_is_wrapped(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "endless.txt"
    path.write_text(text)
    writer = Writer(None)
    bare.session.draft.manuscript.edit(0, 0, "Mine.")
    bare.session.draft.manuscript.mark_clean()
    bare.open_path(path)
    qtbot.waitUntil(lambda: len(writer.read) == 1, timeout=LONG)
    assert opened(bare, qtbot) == "Mine.", "Esc leaves all as it was"
    assert f"a paragraph of {len(text):,} characters" in writer.read[0]
    writer.answer = WRAP
    bare.open_path(path)
    qtbot.waitUntil(lambda: len(writer.read) == 2, timeout=LONG)
    wrapped = opened(bare, qtbot)
    assert max(map(len, wrapped.split("\n"))) <= LIMITS.longest
    assert wrapped.replace("\n", "").replace(" ", "") == text.replace(" ", "")
    assert bare.session.draft.path is None
    assert bare.isWindowModified()
    assert path.read_text() == text


def test_of_a_million_lines_the_first_part_is_opened(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("a\n" * 1_000_000)
    writer = Writer(FIRST)
    bare.open_path(path)
    qtbot.waitUntil(lambda: len(writer.read) == 1, timeout=LONG)
    assert "1,000,001 paragraphs" in writer.read[0]
    assert opened(bare, qtbot) == "a\n" * (LIMITS.paragraphs - 1)
    assert bare.editor.document().blockCount() == LIMITS.paragraphs
    assert path.stat().st_size == 2_000_000


def test_a_text_that_is_piped_in_is_asked_about_too(bare: MainWindow, qtbot: QtBot) -> None:
    writer = Writer(WRAP)
    bare.files.begin_with(TextFile("word " * 100_000), "the input")
    qtbot.waitUntil(lambda: len(writer.read) == 1, timeout=LONG)
    assert writer.read[0].startswith("The input has a paragraph of 500,000 characters")
    text = opened(bare, qtbot)
    assert text.split() == ["word"] * 100_000
    assert bare.isWindowModified()


def test_a_kept_text_that_no_page_holds_goes_into_a_file_and_stays_kept(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, text = tmp_path / "kept.txt", "word " * 10_000
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(path), ""))
    record = RecoveryRecord(TextFile(text), (), "", 0, None, None, time.time())
    writer = Writer(SAVE_AS_FILE, WRAP)
    answers: list[bool] = []
    bare.files.restore(record, answers.append)
    assert answers == [False], "so that it is not deleted"
    qtbot.waitUntil(lambda: len(writer.read) == 2, timeout=LONG)
    assert path.read_text() == text
    assert opened(bare, qtbot).split() == text.split()


def test_a_file_that_grew_too_large_outside_is_not_taken(
    bare: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "story.txt"
    path.write_text("Mine.")
    bare.open_path(path)
    path.write_text("a" * 100_000)
    bare.files._take_theirs()
    assert "a paragraph of 100,000 characters" in bare.notice.message
    assert bare.session.draft.manuscript.text == "Mine."
