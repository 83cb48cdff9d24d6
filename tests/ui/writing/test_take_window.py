"""The tree of takes, at the real window with the real model."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from studio.ui.writing.take_window import TakeWindow
from tests.ui.conftest import LONG, NEVER_ENDS

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
