"""The main job, as a writer does it: the real window, the real child, the real model."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.generation.sequence import SequencePhase
from studio.manuscript import Origin
from studio.token_record import TokenRecord
from studio.ui.histogram.histogram import NextTokenHistogram
from studio.ui.main_window import MainWindow
from studio.ui.widgets import file_dialog
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

OPENING = "The old fisherman looked out over the"
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def press(
    window: MainWindow,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    QTest.keyClick(window.editor, key, modifier)


def type_opening(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.editor.setFocus()
    # Shortcuts are for the active window alone.
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    QTest.keyClicks(window.editor, OPENING)
    assert window.session.draft.manuscript.text == OPENING


def bars(window: MainWindow) -> list[tuple[int, float]]:
    return [(row.token, row.probability) for row in window.session.next_token.rows(10)]


def wait_for_tokens(window: MainWindow, qtbot: QtBot, count: int) -> None:
    def written() -> bool:
        take = window.session.draft.manuscript.growing
        return take is not None and len(take.records) >= count

    qtbot.waitUntil(written, timeout=LONG)


def last_tokens(window: MainWindow, count: int) -> list[TokenRecord]:
    take = window.session.draft.manuscript.growing
    assert take is not None
    return take.records[-count:]


def wait_until_idle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)


def test_type_continue_turn_stop_retake_undo_save_reopen(
    window: MainWindow,
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = window.session
    manuscript = session.draft.manuscript

    # Type: at rest the bars follow the caret, and the histogram has drawn them.
    before = bars(window)
    with qtbot.waitSignal(session.next_token.changed, timeout=LONG):
        type_opening(window, qtbot)
    qtbot.waitUntil(lambda: bars(window) not in ([], before), timeout=LONG)
    histogram = window.histogram.findChildren(NextTokenHistogram)[0]
    at_rest = histogram.grab().toImage()

    # Continue: the text grows after the caret, the bars move with every frame.
    session.sampling.set_max_tokens(1500)
    session.sampling.change(logit_bias=NEVER_ENDS)
    seen: list[list[tuple[int, float]]] = []
    session.next_token.changed.connect(lambda: seen.append(bars(window)))
    press(window, Qt.Key.Key_Return, CONTROL)
    wait_for_tokens(window, qtbot, 20)
    assert session.writing.phase is SequencePhase.RUNNING
    assert manuscript.text.startswith(OPENING)
    assert len(manuscript.text) > len(OPENING)
    qtbot.waitUntil(lambda: len({tuple(rows) for rows in seen}) > 3, timeout=LONG)
    assert histogram.grab().toImage() != at_rest

    # Turn T mid-generation to greedy, by hand: from then on every token is the favourite.
    edit = window.temperature.temperature_edit
    edit.selectAll()
    QTest.keyClicks(edit, "0")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert session.sampling.params.temperature == 0.0
    assert manuscript.growing is not None
    turned_at = len(manuscript.growing.records)
    # Drawn from one token alone: greedy. What was in the pipe when T was turned may be older.
    qtbot.waitUntil(lambda: all(one.probability == 1.0 for one in last_tokens(window, 20)))
    wait_for_tokens(window, qtbot, turned_at + 20)
    tokens = list(manuscript.growing.records)
    greedy_from = max(index for index, token in enumerate(tokens) if token.probability < 1.0) + 1
    assert any(token.rank for token in tokens[:greedy_from]), (
        "at the preset's T some are no favourite"
    )
    assert all(token.rank == 0 for token in tokens[greedy_from:])

    # Stop: Esc ends it, and what is written stays.
    press(window, Qt.Key.Key_Escape)
    wait_until_idle(window, qtbot)
    first = manuscript.text
    assert len(first) > len(OPENING)
    assert manuscript.origins(len(OPENING)) == bytes([Origin.GENERATED]) * (
        len(first) - len(OPENING)
    )

    # Retake: another text in the same place; the first is kept.
    session.sampling.change(temperature=1.5)
    session.sampling.set_max_tokens(24)
    press(window, Qt.Key.Key_Return, CONTROL | SHIFT)
    wait_until_idle(window, qtbot)
    second = manuscript.text
    assert second.startswith(OPENING)
    assert second != first
    press(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert manuscript.text == first
    press(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert manuscript.text == second

    # Undo: a step back over each, down to what was typed; and forward again.
    for expected in (first, second, first, OPENING):
        press(window, Qt.Key.Key_Z, CONTROL)
        assert manuscript.text == expected
    for _ in range(2):
        press(window, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert manuscript.text == second

    # Save and reopen: bytes identical.
    path = tmp_path / "The Fisherman.txt"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(path), ""))
    press(window, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: not window.isWindowModified(), timeout=LONG)
    assert path.read_bytes() == second.encode()
    assert "The Fisherman" in window.windowTitle()
    assert not window.isWindowModified()
    window.close()
    again = open_window()
    again.open_path(path)
    assert again.session.draft.manuscript.text == second
    with qtbot.waitSignal(again.files.saved, timeout=LONG):
        press(again, Qt.Key.Key_S, CONTROL)
    assert path.read_bytes() == second.encode()


def test_the_writer_edits_elsewhere_while_the_model_writes(
    window: MainWindow, qtbot: QtBot
) -> None:
    manuscript = window.session.draft.manuscript
    type_opening(window, qtbot)
    window.session.sampling.set_max_tokens(1500)
    window.session.sampling.change(logit_bias=NEVER_ENDS)
    press(window, Qt.Key.Key_Return, CONTROL)
    wait_for_tokens(window, qtbot, 5)

    window.editor.move_caret(0)
    QTest.keyClicks(window.editor, "Once. ")
    assert manuscript.growing is not None, "the generation was over too soon to show anything"
    inside = len("Once. " + OPENING) + 3
    window.editor.move_caret(inside)
    with qtbot.waitSignal(window.editor.refused):
        QTest.keyClicks(window.editor, "x")
    press(window, Qt.Key.Key_Escape)
    wait_until_idle(window, qtbot)

    text = manuscript.text
    assert text.startswith("Once. " + OPENING)
    assert len(text) > inside
    press(window, Qt.Key.Key_Z, CONTROL)
    assert manuscript.text == text.removeprefix("Once. ")
    press(window, Qt.Key.Key_Z, CONTROL)
    assert manuscript.text == OPENING


def test_another_preset_changes_bars_and_writing(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    type_opening(window, qtbot)
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    warm = bars(window)
    QTest.keyClicks(window.preset_picker, "Code")
    window.preset_picker.activated.emit(window.preset_picker.currentIndex())
    assert session.preset_choice.current.name == "Code"
    assert session.sampling.params.temperature == session.preset_choice.current.sampling.temperature
    assert bars(window)[0][1] > warm[0][1], "colder: the favourite gains"


def test_continue_at_the_caret_in_the_middle(window: MainWindow, qtbot: QtBot) -> None:
    manuscript = window.session.draft.manuscript
    type_opening(window, qtbot)
    window.editor.move_caret(len("The old"))
    window.session.sampling.set_max_tokens(4)
    press(window, Qt.Key.Key_Return, CONTROL)
    wait_until_idle(window, qtbot)
    assert manuscript.text.startswith("The old")
    assert manuscript.text.endswith(" fisherman looked out over the")
    assert len(manuscript.text) > len(OPENING)
