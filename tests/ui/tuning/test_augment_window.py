"""A data set made in the real window, with the real model and real keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from studio.ui.tuning.augment_window import AugmentWindow
from studio.ui.tuning.text_table import LIKELY, ROW, TEXT, Shown, T
from studio.ui.widgets import file_dialog
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

TEXT_BEFORE = "The old fisherman looked out over the sea. He"


@pytest.fixture
def view(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AugmentWindow:
    """The window over a text that was typed, with a file to write to."""
    QTest.keyClicks(window.editor, TEXT_BEFORE)
    window.session.sampling.set_max_tokens(8)
    window.actions_.augment.trigger()
    view = window.findChild(AugmentWindow)
    assert isinstance(view, AugmentWindow)
    out = str(tmp_path / "rows")
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_, **__: (out, "CSV (*.csv)"))
    return view


def press(button: Any) -> None:
    QTest.keyClick(button, Qt.Key.Key_Space)


def until_ended(view: AugmentWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not view.run.is_busy, timeout=LONG)


def cell(view: AugmentWindow, row: int, column: int) -> Any:
    model = view.table.model()
    return model.data(model.index(row, column))


def test_rows_come_and_are_sorted_filtered_and_chosen(
    window: MainWindow, view: AugmentWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    view.samples.setValue(10)
    press(view.begin)
    until_ended(view, qtbot)
    assert view.run.message == ""
    assert view.run.rows == 10
    assert view.table.count == len(view.run.entries) >= 10
    rows = (tmp_path / "rows.csv").read_text(encoding="utf-8")
    assert rows.count(TEXT_BEFORE) == 10
    assert (tmp_path / "README.md").is_file()
    qtbot.waitUntil(lambda: view.diversity.found is not None, timeout=LONG)
    assert "pairs 0." in view._diversity.text() or "pairs 1.00" in view._diversity.text()

    header = view.table.horizontalHeader()
    for column in (T, LIKELY):
        view.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
        found = [
            float(cell(view, row, column).replace("−", "-")) for row in range(view.table.count)
        ]
        assert found == sorted(found, reverse=True)
    assert header.isSortIndicatorShown()

    entry = view.run.entries[3]
    word = entry.text.split()[0]
    QTest.keyClicks(view.filter, word)
    expected = sum(word.casefold() in it.text.casefold() for it in view.run.entries)
    assert 1 <= view.table.count == expected
    view.filter.clear()

    view.table.go_to(0)
    (refused,) = view.table.chosen
    QTest.keyClick(view.table, Qt.Key.Key_Space)
    assert not view.run.is_row(refused)
    assert view.run.rows == 9
    view.shown.setCurrentIndex(view.shown.findData(Shown.ROWS))
    view.shown.activated.emit(0)
    assert view.table.count == 9
    press(view.write)
    until_ended(view, qtbot)
    written = (tmp_path / "rows.csv").read_text(encoding="utf-8")
    assert written.count(TEXT_BEFORE) == 9
    press(view.fill_up)
    until_ended(view, qtbot)
    assert view.run.rows == 10
    assert not view.run.is_row(refused)


def test_how_far_it_is_follows_each_row(
    window: MainWindow, view: AugmentWindow, qtbot: QtBot
) -> None:
    shown: list[str] = []
    view.run.added.connect(lambda: shown.append(view._progress.text()))
    view.samples.setValue(12)
    press(view.begin)
    until_ended(view, qtbot)
    assert [words.partition(" of 12 rows")[0] for words in shown[:3]] == ["1", "2", "3"]
    assert view._progress.text().startswith("12 of 12 rows")


def test_the_keyboard_goes_from_begin_to_pause_and_back(view: AugmentWindow, qtbot: QtBot) -> None:
    view.samples.setValue(3)
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow, timeout=LONG)
    view.begin.setFocus()
    press(view.begin)
    qtbot.waitUntil(lambda: view.run.writing.is_running, timeout=LONG)
    assert view.pause.hasFocus()
    press(view.pause)
    assert view.run.writing.is_paused
    press(view.pause)
    assert not view.run.writing.is_paused
    until_ended(view, qtbot)
    qtbot.waitUntil(view.begin.hasFocus, timeout=LONG)


def test_no_cell_of_a_selected_row_has_a_frame(view: AugmentWindow, qtbot: QtBot) -> None:
    view.samples.setValue(2)
    press(view.begin)
    until_ended(view, qtbot)
    view.table.go_to(0)
    current = view.table.currentIndex()
    assert view.table.selectionModel().isSelected(current)
    focus, selected = QStyle.StateFlag.State_HasFocus, QStyle.StateFlag.State_Selected
    for column in (T, TEXT):
        index = current.siblingAtColumn(column)
        delegate = view.table.itemDelegateForIndex(index)
        assert isinstance(delegate, QStyledItemDelegate)
        for state, is_framed in ((focus | selected, False), (focus, True)):
            option = QStyleOptionViewItem()
            view.table.initViewItemOption(option)
            option.state |= state
            delegate.initStyleOption(option, index)
            assert bool(option.state & focus) is is_framed


def test_a_text_ends_where_its_cell_does(
    window: MainWindow, view: AugmentWindow, qtbot: QtBot
) -> None:
    window.session.sampling.set_max_tokens(100)
    window.session.sampling.change(logit_bias=NEVER_ENDS)
    view.samples.setValue(1)
    press(view.begin)
    until_ended(view, qtbot)
    index = view.table.model().index(0, TEXT)
    whole = index.data()
    delegate = view.table.itemDelegateForIndex(index)
    assert isinstance(delegate, QStyledItemDelegate)

    def painted() -> str:
        option = QStyleOptionViewItem()
        view.table.initViewItemOption(option)
        option.rect = view.table.visualRect(index)
        delegate.initStyleOption(option, index)
        assert option.fontMetrics.horizontalAdvance(option.text) <= option.rect.width()
        return option.text

    narrow = painted()
    assert narrow.endswith("…")
    assert whole.startswith(narrow[:-1])
    view.resize(view.width() + 300, view.height())
    qtbot.waitUntil(lambda: len(painted()) > len(narrow))
    assert index.data() == whole


def test_it_pauses_gives_way_and_goes_on_with_a_file_of_before(
    window: MainWindow, view: AugmentWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    view.samples.setValue(40)
    press(view.begin)
    qtbot.waitUntil(lambda: len(view.run.entries) >= 3, timeout=LONG)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not view.run.writing.is_writing, timeout=LONG)
    assert view.isVisible()
    assert view.run.writing.is_paused
    before = len(window.editor.toPlainText())
    # Another generation goes first, paused or not.
    press(view.pause)
    window.actions_.continue_.trigger()
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)
    assert len(window.editor.toPlainText()) > before
    qtbot.waitUntil(lambda: view.run.writing.is_writing, timeout=LONG)
    known = [(entry.row, entry.sample, entry.text) for entry in view.run.entries]
    view.run.close()
    lines = (tmp_path / "rows.csv.journal").read_text(encoding="utf-8").splitlines()[1:]
    kept = [json.loads(line) for line in lines]
    assert [(it["row"], it["sample"], it["text"]) for it in kept][: len(known)] == known
    # The text is another by now, and with it the prompt.
    press(view.begin)
    until_ended(view, qtbot)
    assert "other settings: prompts" in view.run.message
    window.actions_.undo.trigger()
    press(view.begin)
    qtbot.waitUntil(lambda: view.table.count >= len(known), timeout=LONG)
    until_ended(view, qtbot)
    assert view.run.rows == 40
    assert len({(entry.row, entry.sample) for entry in view.run.entries}) == len(view.run.entries)
    assert cell(view, 0, TEXT)
    model = view.table.model()
    assert model.data(model.index(0, ROW), Qt.ItemDataRole.CheckStateRole) is not None


def test_a_file_of_prompts_and_a_wrong_form(
    window: MainWindow,
    view: AugmentWindow,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prompts = tmp_path / "topics.csv"
    prompts.write_text("topic\nthe sea\na boat\n", encoding="utf-8")
    monkeypatch.setattr(file_dialog, "ask_open", lambda *_, **__: str(prompts))
    assert not view.template.isVisible()
    view.source.activated.emit(view.source.count() - 1)
    assert view.source.currentText() == "topics.csv"
    assert view.template.isVisible()
    view.samples.setValue(3)
    press(view.begin)
    until_ended(view, qtbot)
    assert "which prompt 1 lacks" in view.run.message
    view.template.setText("A story about {topic}:")
    view.temperatures.setText("warm")
    press(view.begin)
    until_ended(view, qtbot)
    assert "'warm'" in view.run.message
    view.temperatures.setText("0.9")
    press(view.begin)
    until_ended(view, qtbot)
    assert view.run.rows == 6
    rows = (tmp_path / "rows.csv").read_text(encoding="utf-8")
    assert rows.count("A story about a boat:") == 3
