"""One dialog a window asks for files, and watches none of them."""

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QListView, QMainWindow, QTreeView
from pytestqt.qtbot import QtBot

from studio.ui.widgets import file_dialog


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    return window


def shown(window: QMainWindow) -> QFileDialog:
    (dialog,) = window.findChildren(QFileDialog)
    assert dialog.isVisible()
    return dialog


def when_shown(window: QMainWindow, then: Callable[[QFileDialog], None]) -> None:
    def look() -> None:
        with contextlib.closing(shown(window)) as dialog:  # a test that fails must not wait for it
            then(dialog)

    QTimer.singleShot(0, look)


def enter(text: str) -> Callable[[QFileDialog], None]:
    def then(dialog: QFileDialog) -> None:
        edit = dialog.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(edit, QLineEdit)
        if text:
            edit.setText(text)
        QTest.keyClick(edit, Qt.Key.Key_Return)

    return then


def test_each_question_is_as_of_a_dialog_that_is_new(window: QMainWindow, tmp_path: Path) -> None:
    for name in ("a.txt", "b.md"):
        (tmp_path / name).write_text("A word.", encoding="utf-8")
    (tmp_path / "deep").mkdir()
    texts = "Text (*.txt);;All files (*)"
    when_shown(window, enter(str(tmp_path / "a.txt")))
    assert file_dialog.ask_open(window, "Open", str(tmp_path), texts) == str(tmp_path / "a.txt")

    when_shown(window, lambda _dialog: None)
    assert file_dialog.ask_open_several(window, "Several", "", texts) == []

    seen: list[object] = []

    def look(dialog: QFileDialog) -> None:
        edit = dialog.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(edit, QLineEdit)
        seen.extend([dialog.windowTitle(), edit.text(), dialog.directory().path()])
        enter("")(dialog)

    when_shown(window, look)
    suggested = str(tmp_path / "deep" / "new.md")
    assert file_dialog.ask_save(window, "Save", suggested, "Markdown (*.md);;Text (*.txt)") == (
        suggested,
        "Markdown (*.md)",
    )
    assert seen == ["Save", "new.md", str(tmp_path / "deep")]

    when_shown(window, enter("other"))
    chosen = file_dialog.ask_save(window, "Save", "new.txt", texts, "All files (*)")
    assert chosen == (str(tmp_path / "deep" / "other"), "All files (*)"), "where the last one was"
    assert len(window.findChildren(QFileDialog)) == 1


def test_it_shows_what_came_and_not_what_went(
    window: QMainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "early.txt").write_text("A word.", encoding="utf-8")
    found: list[str] = []

    def look(dialog: QFileDialog) -> None:
        view = dialog.findChild(QListView, "listView")
        assert isinstance(view, QListView)
        model, root = view.model(), view.rootIndex

        def names() -> list[str]:
            return sorted(
                str(model.index(row, 0, root()).data()) for row in range(model.rowCount(root()))
            )

        expected = sorted(path.name for path in tmp_path.iterdir())
        qtbot.waitUntil(lambda: names() == expected)
        found.extend(names())

    when_shown(window, look)
    file_dialog.ask_open(window, "Open", str(tmp_path), "All files (*)")
    (tmp_path / "late.txt").write_text("A word.", encoding="utf-8")
    (tmp_path / "early.txt").unlink()
    when_shown(window, look)
    file_dialog.ask_open(window, "Open", str(tmp_path), "All files (*)")
    assert found == ["early.txt", "late.txt"]


def test_what_is_known_of_a_file_is_not_cut_whatever_its_name(
    window: QMainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    name = f"{'A manuscript with corrections, ' * 4}.md"
    (tmp_path / name).write_bytes(b"A word. " * 123_456)
    columns: list[tuple[int, int]] = []

    def look(dialog: QFileDialog) -> None:
        table = dialog.findChild(QTreeView, "treeView")
        assert isinstance(table, QTreeView)
        qtbot.waitUntil(lambda: table.model().rowCount(table.rootIndex()) == 1)
        # Its kind comes from another thread.
        qtbot.waitUntil(lambda: table.columnWidth(2) >= table.sizeHintForColumn(2) > 40)
        columns.extend((table.columnWidth(at), table.sizeHintForColumn(at)) for at in range(4))
        assert sum(width for width, _ in columns) == table.viewport().width()

    when_shown(window, look)
    file_dialog.ask_open(window, "Open", str(tmp_path), "All files (*)")
    (named, wanted), *others = columns
    assert 200 < named < wanted, "the name has what they leave"
    assert all(width >= hint for width, hint in others)


@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_no_folder_is_watched(window: QMainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    def watches() -> int:
        found = 0
        for entry in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):  # it was open to list these
                found += entry.readlink().name.endswith("inotify")
        return found

    before, during = watches(), list[int]()

    def look(dialog: QFileDialog) -> None:
        qtbot.waitUntil(lambda: watches() == before)  # the first one's end is another thread's
        during.append(watches())

    for _ in range(2):
        when_shown(window, look)
        file_dialog.ask_open(window, "Open", str(tmp_path), "All files (*)")
    assert during == [before, before]
