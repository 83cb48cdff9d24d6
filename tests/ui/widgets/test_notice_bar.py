from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAction, QColor, QPalette
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.ui.widgets.actions import make_action
from studio.ui.widgets.notice_bar import NoticeBar


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[NoticeBar]:
    host = QWidget()
    qtbot.addWidget(host)
    bar = NoticeBar()
    column = QVBoxLayout(host)
    column.addWidget(bar)
    column.addStretch(1)
    host.resize(500, 400)
    host.show()
    yield bar
    host.close()


def button(bar: NoticeBar) -> QPushButton:
    found = bar.findChild(QPushButton)
    assert isinstance(found, QPushButton)
    return found


def test_it_is_hidden_until_there_is_something_to_say(bar: NoticeBar) -> None:
    assert not bar.isVisible()
    assert bar.message == ""
    bar.report("The disk is full.")
    assert bar.isVisible()
    assert bar.message == "The disk is full."
    assert bar.accessibleDescription() == "The disk is full."
    assert not button(bar).isVisible()
    bar.report("Something newer.")
    assert bar.message == "Something newer."


def test_it_can_be_dismissed(bar: NoticeBar) -> None:
    bar.report("The disk is full.")
    close = bar.findChild(QToolButton)
    assert isinstance(close, QToolButton)
    close.click()
    assert not bar.isVisible()
    assert bar.message == ""


def test_a_choice_may_be_to_leave_it(bar: NoticeBar) -> None:
    action = make_action(bar, "&End the engine", lambda: None)
    bar.report("The engine does not answer.", action, dismissal="Wait")
    shown = [one for one in bar.findChildren(QPushButton) if one.isVisible()]
    assert [one.text() for one in shown] == ["End the engine", "Wait"]
    assert not any(one.isVisible() for one in bar.findChildren(QToolButton))
    shown[1].click()
    assert not bar.isVisible()
    bar.report("The disk is full.")
    assert not any(one.isVisible() for one in bar.findChildren(QPushButton))
    assert all(one.isVisible() for one in bar.findChildren(QToolButton)), "as before"


def test_a_way_on_is_a_button(bar: NoticeBar, qtbot: QtBot) -> None:
    action = make_action(bar, "&Reopen model", lambda: None, tip="Load it again")
    bar.report("The engine is gone.", action)
    assert button(bar).isVisible()
    assert button(bar).text() == "Reopen model"
    assert button(bar).toolTip() == "Load it again"
    with qtbot.waitSignal(action.triggered):
        button(bar).click()
    assert not bar.isVisible()
    bar.report("Something else.")
    assert not button(bar).isVisible()
    assert bar.action is None


def test_a_way_on_is_called_as_in_the_menu_but_for_the_mark_of_its_letter(bar: NoticeBar) -> None:
    bar.report("It is there.", QAction("&Open “Salt && pepper”", bar))
    assert button(bar).text() == "Open “Salt && pepper”"  # as a button shows one &


def test_only_what_is_no_longer_true_is_withdrawn(bar: NoticeBar) -> None:
    reopen, other = QAction("Reopen", bar), QAction("Other", bar)
    bar.report("The engine is gone.", reopen)
    bar.withdraw(other)
    assert bar.message == "The engine is gone."
    bar.withdraw(other, reopen)
    assert bar.message == ""
    bar.report("The disk is full.")
    bar.withdraw(other, reopen)
    assert bar.message == "The disk is full."


def test_a_message_is_plain_text_and_can_be_copied(bar: NoticeBar) -> None:
    message = "a <b>bold</b> &amp; name.gguf"
    bar.report(message)
    label = bar.findChild(QLabel)
    assert isinstance(label, QLabel)
    assert label.text() == message
    assert label.textFormat() == label.textFormat().PlainText
    label.setSelection(0, 3)
    assert label.selectedText() == "a <"


def test_a_long_message_is_shown_whole_and_widens_nothing(bar: NoticeBar, qtbot: QtBot) -> None:
    bar.report("short")
    host = bar.window()
    before, low = host.minimumSizeHint().width(), bar.height()
    bar.report("“" + "a_path_without_a_place_to_break" * 40 + "” is not there.")
    assert host.minimumSizeHint().width() == before
    bar.report("“some model.gguf” is damaged, and this is what is wrong with it. " * 12)
    qtbot.waitUntil(lambda: bar.height() > 3 * low)
    label = bar.findChild(QLabel)
    assert isinstance(label, QLabel)
    assert label.height() >= label.heightForWidth(label.width())


def test_news_are_not_in_the_colour_of_errors(qtbot: QtBot) -> None:
    notice = NoticeBar()
    qtbot.addWidget(notice)
    notice.setStyleSheet('QLabel[role="error"] { color: #ff0000 }')
    label = notice.findChildren(QLabel)[0]

    def is_red() -> bool:
        return label.palette().color(QPalette.ColorRole.WindowText) == QColor("#ff0000")

    for is_error in (True, False, True):
        notice.report("The text is scored.", is_error=is_error)
        label.ensurePolished()
        assert is_red() is is_error
