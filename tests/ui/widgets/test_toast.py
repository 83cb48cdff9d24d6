"""News that go by themselves, and errors that stay."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.ui.theme.theme import Theme
from studio.ui.widgets.notice_bar import NoticeBar
from studio.ui.widgets.toast import Toast


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.show()
    return window


def test_news_go_by_themselves(window: QWidget, qtbot: QtBot) -> None:
    toast = Toast(window, lasts=30)
    toast.say("Saved “story.txt”.")
    assert toast.isVisible()
    assert toast.message == toast.accessibleDescription() == "Saved “story.txt”."
    qtbot.waitUntil(toast.isHidden)
    assert toast.message == ""


def test_it_stays_inside_its_window(window: QWidget, qtbot: QtBot) -> None:
    toast = Toast(window)
    toast.say("A long story is told of a file with a long name, “" + "x " * 200 + "”.")
    qtbot.waitUntil(lambda: toast.height() > 2 * toast.fontMetrics().height())
    assert window.rect().contains(toast.geometry())
    window.resize(420, 500)
    qtbot.waitUntil(lambda: window.rect().contains(toast.geometry()))


def test_its_words_fit_when_everything_becomes_larger(
    window: QWidget, qapp: QApplication, qtbot: QtBot
) -> None:
    theme = Theme(qapp, "light")
    toast = Toast(window)
    toast.say("“story.txt” is saved.")
    small = toast.size()
    label = toast.findChild(QLabel)
    assert label is not None
    theme.zoom_by(4)
    try:
        qtbot.waitUntil(lambda: toast.height() > small.height())
        one_line = label.fontMetrics().horizontalAdvance(label.text())
        qtbot.waitUntil(lambda: label.contentsRect().width() >= one_line)
        assert label.height() < 2 * label.fontMetrics().height()
        assert toast.rect().contains(label.geometry())
    finally:
        theme.zoom_reset()


def test_errors_and_ways_on_stay_in_the_window(window: QWidget) -> None:
    toast = Toast(window)
    bar = NoticeBar(toast, window)
    bar.report("Taken in.", is_error=False)
    assert (bar.isHidden(), bar.message) == (True, "Taken in.")
    bar.report("The disk is full.")
    assert toast.isHidden(), "what went wrong matters more"
    assert bar.message == "The disk is full."
    bar.report("Taken in.", is_error=False)
    assert bar.isVisible(), "news do not cover what is still wrong"
    assert bar.accessibleDescription() == "The disk is full."
    assert bar.message == toast.message == "Taken in."
    undo = QAction("&Undo", window)
    bar.report("Deleted.", undo, is_error=False)
    assert (bar.message, bar.action) == ("Deleted.", undo)


def test_news_of_a_text_go_with_it(window: QWidget) -> None:
    toast = Toast(window)
    bar = NoticeBar(toast, window)
    bar.report("Opened the library.", is_error=False)
    bar.forget_text()
    assert bar.message == "Opened the library."
    bar.report("Saved “story.txt”.", is_error=False, of_text=True)
    bar.forget_text()
    assert bar.message == ""


def test_it_stands_above_what_comes_at_the_lower_edge(window: QWidget) -> None:
    toast = Toast(window)
    low = QWidget(window)
    low.setGeometry(0, 320, 600, 40)
    toast.keep_off(low)
    toast.say("Saved.")
    at_first = toast.geometry()
    assert at_first.intersects(low.geometry()), "it is not shown yet"
    low.show()
    assert toast.geometry().bottom() < 320
    low.hide()
    assert toast.geometry() == at_first


def test_nothing_of_what_is_painted_comes_by_while_nothing_is_said(
    window: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[QEvent.Type] = []
    follow = Toast.eventFilter

    def look(toast: Toast, watched: QObject, event: QEvent) -> bool:
        seen.append(event.type())
        return follow(toast, watched, event)

    monkeypatch.setattr(Toast, "eventFilter", look)
    toast = Toast(window, lasts=1000)
    low = QWidget(window)
    toast.keep_off(low)
    low.show()
    window.repaint()
    assert seen == []
    toast.say("Saved.")

    def is_painted() -> bool:
        window.repaint()  # nothing is, as long as a screen has not shown it
        return QEvent.Type.Paint in seen

    qtbot.waitUntil(is_painted)
    qtbot.waitUntil(toast.isHidden)
    seen.clear()
    window.repaint()
    low.hide()
    assert seen == []
