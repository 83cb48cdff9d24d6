"""A passage with a temperature of its own, at the real window: keys, dial, margin, file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from studio.manuscript import Document, OwnSampling
from studio.manuscript.document_file import open_document, write_document
from studio.sampling import SamplingParams
from studio.ui.editor.brush_margin import color_of
from studio.ui.main_window import MainWindow
from studio.ui.temperature.passage_dialog import PassageDialog
from studio.ui.theme.colors import DARK, LIGHT
from tests.ui.conftest import LONG, NEVER_ENDS, save, until_read

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
FIRST, SECOND, THIRD = "The harbour was calm.", "Then the storm came.", "Nobody spoke."


@pytest.fixture
def bare(open_window: Callable[[], MainWindow], qtbot: QtBot) -> MainWindow:
    """Three paragraphs, T 0.8, and the caret at the end of the second one."""
    window = open_window()
    window.session.sampling.set_whole(SamplingParams(temperature=0.8))
    for text in (FIRST, SECOND, THIRD):
        QTest.keyClicks(window.editor, text)
        QTest.keyClick(window.editor, Qt.Key.Key_Return)
    window.editor.move_caret(len(FIRST) + 1 + len(SECOND))
    return window


def runs(window: MainWindow) -> list[tuple[str, float | None]]:
    manuscript = window.session.draft.manuscript
    found: list[tuple[str, float | None]] = []
    at = 0
    for length, brush in manuscript.brushes(0, len(manuscript)):
        found.append((manuscript.part(at, at + length), brush.own.temperature if brush else None))
        at += length
    return found


def number(window: MainWindow) -> str:
    return window.temperature.temperature_edit.text()


def words(window: MainWindow) -> str:
    return window.actions_.passage.words.text()


def type_temperature(window: MainWindow, text: str) -> None:
    edit = window.temperature.temperature_edit
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    window.editor.setFocus()


def test_the_switch_gives_a_paragraph_its_own_dial(bare: MainWindow) -> None:
    QTest.keyClick(bare, Qt.Key.Key_O, ALT)
    only = bare.actions_.passage.only
    assert only.isChecked()
    assert runs(bare) == [(f"{FIRST}\n", None), (SECOND, 0.8), (f"\n{THIRD}\n", None)]
    type_temperature(bare, "1.4")
    assert runs(bare)[1] == (SECOND, 1.4)
    assert words(bare) == "1.40, this passage; 0.80 elsewhere"
    # It is that of the place of the caret that is shown, and turned.
    bare.editor.move_caret(2)
    assert number(bare) == "0.80"
    assert words(bare) == ""
    assert not only.isChecked()
    type_temperature(bare, "0.5")
    bare.editor.move_caret(len(FIRST) + 3)
    assert number(bare) == "1.40"
    assert words(bare) == "1.40, this passage; 0.50 elsewhere"
    QTest.keyClicks(bare.editor, "and ")
    assert runs(bare)[1] == ("Thand en the storm came.", 1.4)
    # One undo history with the text.
    for expected in [(SECOND, 1.4), (SECOND, 0.8)]:
        QTest.keyClick(bare.editor, Qt.Key.Key_Z, CONTROL)
        assert runs(bare)[1] == expected
    assert number(bare) == "0.80"
    QTest.keyClick(bare.editor, Qt.Key.Key_Z, CONTROL)
    assert runs(bare) == []
    assert not only.isChecked()
    assert number(bare) == "0.50"
    QTest.keyClick(bare.editor, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert runs(bare)[1] == (SECOND, 0.8)
    only.trigger()
    assert runs(bare) == []
    assert number(bare) == "0.50"


def test_what_is_selected_is_given_it_alone(bare: MainWindow) -> None:
    only = bare.actions_.passage.only
    assert only.text().replace("&", "") == "This paragraph only"
    start = len(FIRST) + 1
    bare.editor.select_range(start + 5, start + 14)
    assert only.text().replace("&", "") == "This selection only"
    only.trigger()
    assert runs(bare)[1] == ("the storm", 0.8)
    assert only.text().replace("&", "") == "This passage only"
    # Pasted elsewhere it goes along; pasted into another passage it has that one's.
    bare.editor.copy()
    bare.editor.move_caret(0)
    bare.editor.paste()
    assert runs(bare)[0] == ("the storm", 0.8)
    type_temperature(bare, "2")
    assert [own for _, own in runs(bare)] == [2.0, None, 0.8, None], "they are turned apart"
    bare.editor.move_caret(4)
    bare.editor.paste()
    assert runs(bare)[0] == ("the the stormstorm", 2.0)


def in_dialog(act: Callable[[PassageDialog], None]) -> None:
    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, PassageDialog)
        act(dialog)

    QTimer.singleShot(0, answer)


def test_the_dialog_gives_a_temperature_or_a_preset_and_takes_it_away(bare: MainWindow) -> None:
    def cool(dialog: PassageDialog) -> None:
        assert dialog.clear is None
        assert dialog.edit.text() == "0.80"
        QTest.keyClicks(dialog.edit, "0.25")
        QTest.keyClick(dialog.edit, Qt.Key.Key_Return)

    in_dialog(cool)
    QTest.keyClick(bare, Qt.Key.Key_T, CONTROL | SHIFT)
    assert runs(bare)[1] == (SECOND, 0.25)
    preset = bare.session.preset_choice.presets[-1]

    def choose(dialog: PassageDialog) -> None:
        index = dialog.presets.findData(preset.name)
        dialog.presets.setCurrentIndex(index)
        dialog.presets.activated.emit(index)
        dialog.accept()

    in_dialog(choose)
    bare.actions_.passage.ask.trigger()
    assert bare.session.sampling.params == preset.sampling
    assert words(bare).endswith(f"this passage: {preset.name}")
    assert bare.session.preset_choice.current is not preset, "it is the passage's alone"
    assert bare.session.presets.active.sampling == SamplingParams(temperature=0.8)

    def refuse(dialog: PassageDialog) -> None:
        QTest.keyClicks(dialog.edit, "hot")
        QTest.keyClick(dialog.edit, Qt.Key.Key_Return)
        assert dialog.isVisible()
        dialog.reject()

    in_dialog(refuse)
    bare.actions_.passage.ask.trigger()
    assert bare.session.sampling.params == preset.sampling

    def clear(dialog: PassageDialog) -> None:
        assert dialog.presets.currentData() == preset.name
        assert dialog.clear is not None
        dialog.clear.click()

    in_dialog(clear)
    bare.actions_.passage.ask.trigger()
    assert runs(bare) == []
    for _ in range(3):
        QTest.keyClick(bare.editor, Qt.Key.Key_Z, CONTROL)
    assert runs(bare) == []


def test_an_empty_page_says_why_not(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.actions_.passage.only.trigger()
    assert not window.actions_.passage.only.isChecked()
    assert "no text here" in window.notice.message
    window.actions_.passage.ask.trigger()
    assert QApplication.activeModalWidget() is None


def marks(window: MainWindow, qtbot: QtBot) -> list[tuple[int, int, float]]:
    """From which line to which each line in the margin goes, and the T that it stands for."""
    qtbot.waitUntil(lambda: window.brush_margin.is_settled, timeout=LONG)
    return [
        (mark.rect.top(), mark.rect.bottom(), mark.own.temperature)
        for mark in window.brush_margin.marks
    ]


def lines(window: MainWindow, first: int, last: int) -> tuple[int, int]:
    return window.editor.line_at(first).top(), window.editor.line_at(last).bottom()


def test_a_passage_is_marked_in_the_margin(bare: MainWindow, qtbot: QtBot) -> None:
    start = len(FIRST) + 1
    assert marks(bare, qtbot) == []
    bare.session.sampling.set_own(OwnSampling(1.4))
    assert marks(bare, qtbot) == [(*lines(bare, start, start), 1.4)]
    [mark] = bare.brush_margin.marks
    editor = bare.editor
    assert mark.rect.right() < round(editor.document().documentMargin())
    seen = editor.viewport().grab().toImage()
    ratio = seen.devicePixelRatio()
    x = round(mark.rect.center().x() * ratio)
    along = range(round(mark.rect.top() * ratio), round(mark.rect.bottom() * ratio))
    found = {seen.pixelColor(QPoint(x, y)).name() for y in along}
    assert color_of(1.4, bare.theme.colors).name() in found
    event = QHelpEvent(
        QHelpEvent.Type.ToolTip,
        mark.rect.center(),
        editor.viewport().mapToGlobal(mark.rect.center()),
    )
    QApplication.sendEvent(editor.viewport(), event)
    qtbot.waitUntil(QToolTip.isVisible, timeout=LONG)
    assert "T 1.40 in this passage; 0.80 elsewhere" in QToolTip.text()
    QToolTip.hideText()
    # It grows with its lines, and an empty paragraph has its own line.
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.keyClicks(editor, "It roared.")
    assert marks(bare, qtbot) == [(*lines(bare, start, editor.caret - 1), 1.4)]
    editor.move_caret(len(bare.session.draft.manuscript))
    bare.session.sampling.set_own(OwnSampling(0.2))
    assert marks(bare, qtbot)[1] == (*lines(bare, editor.caret, editor.caret), 0.2)
    QTest.keyClick(editor, Qt.Key.Key_A, CONTROL)
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert marks(bare, qtbot) == []


def test_a_line_has_the_colour_that_its_temperature_has_on_the_track() -> None:
    for colors in (LIGHT, DARK):
        assert color_of(0.0, colors) == QColor(colors.cold)
        assert color_of(1.0, colors) == QColor(colors.accent)
        assert color_of(float("inf"), colors) == QColor(colors.hot)


def test_it_is_there_when_the_document_is_opened_again(bare: MainWindow, tmp_path: Path) -> None:
    bare.actions_.passage.only.trigger()
    type_temperature(bare, "1.4")
    manuscript = bare.session.draft.manuscript
    path = tmp_path / "Storm.kelvin"
    write_document(path, Document(*manuscript.content(), bare.editor.caret))
    bare.actions_.new.trigger() if not bare.session.draft.is_modified else None
    bare.session.draft.manuscript.mark_clean()
    bare.open_path(path)
    until_read(bare)
    assert runs(bare)[1] == (SECOND, 1.4)
    assert number(bare) == "1.40"
    type_temperature(bare, "1.7")
    assert bare.isWindowModified()
    save(bare)
    assert not bare.isWindowModified()
    document, _ = open_document(path)
    assert [brush and brush.own for _, brush in document.passage.brushes] == [
        None,
        OwnSampling(1.7),
        None,
    ]
    # As plain text it has none.
    plain = tmp_path / "Storm.txt"
    plain.write_text(manuscript.text)
    bare.open_path(plain)
    until_read(bare)
    assert runs(bare) == []
    assert number(bare) == "0.80"


def test_the_model_writes_there_with_it(window: MainWindow, qtbot: QtBot) -> None:
    sampling = window.session.sampling
    sampling.set_max_tokens(8)
    sampling.set_whole(SamplingParams(temperature=1.5, logit_bias=NEVER_ENDS))
    QTest.keyClicks(window.editor, FIRST)
    QTest.keyClick(window.editor, Qt.Key.Key_Return)
    QTest.keyClicks(window.editor, "The storm")
    window.actions_.passage.only.trigger()
    type_temperature(window, "0")

    def write(action: str) -> None:
        getattr(window.actions_, action).trigger()
        assert not window.session.writing.is_idle
        assert not window.actions_.passage.only.isEnabled()
        qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)

    write("continue_")
    [takes] = window.session.draft.manuscript.take_sets
    assert takes.takes[0].temperatures == [0.0]
    assert [own for _, own in runs(window)] == [None, 0.0], "what was written belongs to it"
    write("retake")
    assert takes.takes[0].text == takes.takes[1].text, "at T 0 it is always the favourite"
    window.editor.move_caret(len(FIRST))
    write("continue_")
    assert window.session.draft.manuscript.take_sets[1].takes[0].temperatures == [1.5]
    # The bars at the caret are those of its place.
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    assert window.session.next_token.entropy_bits != 0.0
    window.editor.move_caret(len(window.session.draft.manuscript))
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    assert window.session.next_token.entropy_bits == 0.0
