"""The tree of takes, at the real window with the real model."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from studio.engine.model_files.model_hash import model_hash
from studio.manuscript.document_file import document_of_bytes, document_to_bytes
from studio.ui.main_window import MainWindow
from studio.ui.writing.take_window import TakeWindow
from tests.ui.conftest import LONG, NEVER_ENDS

pytestmark = pytest.mark.usefixtures("kept_window")

OPENING = "The old fisherman looked out over the sea."


def write(window: MainWindow, qtbot: QtBot, *, again: bool = False) -> None:
    session = window.session
    session.sampling.set_max_tokens(6)
    session.sampling.change(logit_bias=NEVER_ENDS, temperature=1.5)
    (window.actions_.retake if again else window.actions_.continue_).trigger()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)


@pytest.fixture
def view(window: MainWindow, qtbot: QtBot) -> TakeWindow:
    """The tree of two takes behind an opening."""
    QTest.keyClicks(window.editor, OPENING)
    write(window, qtbot)
    write(window, qtbot, again=True)
    window.actions_.takes.trigger()
    view = window.findChild(TakeWindow)
    assert isinstance(view, TakeWindow)
    return view


def take_items(view: TakeWindow) -> list[QTreeWidgetItem]:
    top = view.tree.topLevelItem(0)
    assert top is not None
    items = [top.child(number) for number in range(top.childCount())]
    return [item for item in items if item is not None]


def text(window: MainWindow) -> str:
    return window.session.draft.manuscript.text


def test_it_lists_what_was_written_and_where(window: MainWindow, view: TakeWindow) -> None:
    [takes] = window.session.draft.manuscript.take_sets
    assert view.tree.topLevelItemCount() == 1
    items = take_items(view)
    assert [item.font(0).bold() for item in items] == [False, True]
    for item, take in zip(items, takes.takes, strict=True):
        assert " ".join(take.text.split())[:20] in item.text(0)
        assert item.text(1) == "1.50"
        assert item.text(2) == take.preset
        assert item.text(3) == str(len(take.text.split()))
        assert item.text(4).endswith(" bits")


def test_each_says_which_model_wrote_it(
    window: MainWindow, view: TakeWindow, qtbot: QtBot, starter_model: Path
) -> None:
    """The fingerprint is made after the first generation, and shown and kept from then on."""
    [takes] = window.session.draft.manuscript.take_sets
    known = model_hash(starter_model)
    qtbot.waitUntil(
        lambda: all(take.model and take.model.hash == known for take in takes.takes), timeout=LONG
    )
    qtbot.waitUntil(lambda: known in take_items(view)[0].toolTip(0), timeout=LONG)
    assert "SmolLM2-135M-Instruct wrote it" in take_items(view)[1].toolTip(0)
    assert "by SmolLM2-135M-Instruct" in window.take_margin.steps.label.toolTip()
    again = document_of_bytes(document_to_bytes(window.session.draft.document()))
    assert [take.model and take.model.hash for take in again.take_sets[0].takes] == [known] * 2


def test_enter_puts_a_take_into_the_text_and_the_tree_follows(
    window: MainWindow, view: TakeWindow, qtbot: QtBot
) -> None:
    [takes] = window.session.draft.manuscript.take_sets
    view.tree.setCurrentItem(take_items(view)[0])
    QTest.keyClick(view.tree, Qt.Key.Key_Return)
    assert text(window) == OPENING + takes.takes[0].text
    assert window.editor.caret == len(text(window))
    assert view.isVisible()
    qtbot.waitUntil(lambda: view.is_settled, timeout=LONG)
    assert [item.font(0).bold() for item in take_items(view)] == [True, False]
    assert view.tree.currentItem() is not None, "what was chosen still is"
    write(window, qtbot, again=True)
    assert len(takes.takes) == 3
    qtbot.waitUntil(lambda: view.is_settled, timeout=LONG)
    assert len(take_items(view)) == 3


def test_a_take_is_named_and_keeps_its_name(
    window: MainWindow, view: TakeWindow, qtbot: QtBot
) -> None:
    [takes] = window.session.draft.manuscript.take_sets
    view.tree.setCurrentItem(take_items(view)[1])
    view._name_button.click()
    field = view.tree.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    field.setText("  The calm\none ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: takes.takes[1].name == "The calm one", timeout=LONG)
    qtbot.waitUntil(lambda: view.is_settled, timeout=LONG)
    assert take_items(view)[1].text(0) == "The calm one"
    assert takes.takes[0].name == ""


def test_while_the_model_writes_nothing_is_put_into_the_text(
    window: MainWindow, view: TakeWindow, qtbot: QtBot
) -> None:
    view.tree.setCurrentItem(take_items(view)[0])
    window.session.sampling.set_max_tokens(1000)
    window.actions_.continue_.trigger()
    assert not view._show_button.isEnabled()
    QTest.keyClick(view.tree, Qt.Key.Key_Return)
    window.session.stop()
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)
    assert text(window).startswith(OPENING)
    assert view._show_button.isEnabled()


def test_without_takes_it_says_how_there_come_some(window: MainWindow) -> None:
    window.actions_.takes.trigger()
    view = window.findChild(TakeWindow)
    assert isinstance(view, TakeWindow)
    assert view._nothing.isVisible()
    assert not view.tree.isVisible()


def choose(view: TakeWindow, *numbers: int) -> None:
    items = take_items(view)
    view.tree.setCurrentItem(items[numbers[0]])
    for number in numbers[1:]:
        items[number].setSelected(True)


def test_the_take_in_the_text_is_deleted_for_its_neighbour_and_comes_back(
    window: MainWindow, view: TakeWindow, qtbot: QtBot
) -> None:
    [takes] = window.session.draft.manuscript.take_sets
    first, second = takes.takes
    choose(view, 1)
    QTest.keyClick(view.tree, Qt.Key.Key_Delete)
    assert text(window) == OPENING + first.text
    assert window.editor.caret == len(text(window))
    assert [item.font(0).bold() for item in take_items(view)] == [True]
    assert takes.kept == [first]
    assert not view._delete_button.isEnabled(), "the only one is text"
    QTest.keyClick(view.tree, Qt.Key.Key_Delete)
    assert text(window) == OPENING + first.text
    # The window's own undo is reached from here, too.
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow, timeout=LONG)
    QTest.keyClick(view.tree, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert text(window) == OPENING + second.text
    qtbot.waitUntil(lambda: len(take_items(view)) == 2, timeout=LONG)
    assert "Take 2 of 2" in window.take_margin.steps.label.toolTip()


def test_several_are_deleted_each_in_its_own_step(
    window: MainWindow, view: TakeWindow, qtbot: QtBot
) -> None:
    write(window, qtbot, again=True)
    [takes] = window.session.draft.manuscript.take_sets
    qtbot.waitUntil(lambda: len(take_items(view)) == 3, timeout=LONG)
    choose(view, 0, 1)
    view._delete_button.click()
    assert takes.kept == takes.takes[2:]
    assert len(take_items(view)) == 1
    for left in (2, 3):
        window.editor.undo()
        assert len(takes.kept) == left


def test_two_takes_are_compared_by_words_and_by_where_they_part(
    window: MainWindow, view: TakeWindow
) -> None:
    [takes] = window.session.draft.manuscript.take_sets
    comparison = view.comparison
    assert not comparison.isVisible()
    choose(view, 0, 1)
    assert comparison.isVisible()
    assert not view._name_button.isEnabled()
    for edit, take in zip(comparison.texts, takes.takes, strict=True):
        assert edit.toPlainText() == take.text
    ids = [[record.id for record in take.records] for take in takes.takes]
    parts = next(number for number, (a, b) in enumerate(zip(*ids, strict=True), 1) if a != b)
    assert comparison.where.text() == f"They part at token {parts}."
    for column, take in enumerate(takes.takes):
        assert f"T 1.50, seed {take.seed}" in comparison.names[column].text()
        record = take.records[parts - 1]
        word = window.session.next_token.spelled(record.id).text
        said = comparison.likely[column].text()
        assert said.startswith(f"“{word}” with u = {record.u:.3f}; likely were ")
        assert f"{word} {100 * record.probability:.1f} %" in said
    choose(view, 0)
    assert not comparison.isVisible()


def test_takes_become_lanes_as_they_were_written(
    window: MainWindow, view: TakeWindow, qtbot: QtBot
) -> None:
    [takes] = window.session.draft.manuscript.take_sets
    written = text(window)
    choose(view, 0)
    assert not view.compare.isEnabled()
    choose(view, 0, 1)
    view.compare.click()
    assert window.compare.is_shown
    state = window.session.compare
    assert [lane.text for lane in state.lanes] == [take.text for take in takes.takes]
    assert [lane.seed for lane in state.lanes] == [take.seed for take in takes.takes]
    assert [lane.temperature for lane in state.lanes] == [1.5, 1.5]
    assert state.run_input.prompt is not None
    assert state.run_input.prompt.manuscript == OPENING
    assert not window.notice.isVisible()
    assert text(window) == written
    # They go on as any lane does: their prompt and their model are the very ones.
    lane = state.lanes[0]
    assert state.why_not_go_on(lane) is None
    state.set_max_tokens(2)
    state.go_on(lane)
    qtbot.waitUntil(lambda: not state.is_running, timeout=LONG)
    assert lane.text.startswith(takes.takes[0].text)
    assert len(lane.tokens) == len(takes.takes[0].records) + 2
    # And are kept with the other runs.
    assert window.compare.actions.history.number == 1


def test_where_their_prompt_is_gone_their_settings_are_the_lanes(
    window: MainWindow, view: TakeWindow, qtbot: QtBot
) -> None:
    window.session.sampling.change(temperature=0.5)
    window.actions_.retake.trigger()
    qtbot.waitUntil(lambda: window.session.writing.is_idle, timeout=LONG)
    window.session.draft.manuscript.edit(0, 3, "An")
    qtbot.waitUntil(lambda: len(take_items(view)) == 3 and view.is_settled, timeout=LONG)
    choose(view, 1, 2)
    view.compare.click()
    state = window.session.compare
    assert [lane.temperature for lane in state.lanes] == [1.5, 0.5]
    assert not state.has_tokens
    assert "their settings are the lanes" in window.notice.message
