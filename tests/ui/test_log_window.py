"""Help > Show log, in the real window."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontInfo, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.app.log.handler import LOGGER, LogHandler
from studio.app.log.program_log import log_folder
from studio.ui.log_window import NO_LOG, NOTHING_YET, LogWindow
from studio.ui.main_window import MainWindow
from tests.ui.conftest import LONG

Opened = Callable[[], LogWindow]


@pytest.fixture
def handler(empty_home: Path) -> Iterator[LogHandler]:
    """The log as the program has it; its hooks are pytest's here."""
    handler = LogHandler(log_folder(), lambda: "Kelvin Studio")
    logger = logging.getLogger(LOGGER)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    handler.close()


@pytest.fixture
def opened(open_window: Callable[[], MainWindow], qtbot: QtBot) -> Opened:
    window = open_window()

    def open_log() -> LogWindow:
        window.actions_.log.trigger()
        (log,) = window.findChildren(LogWindow)
        qtbot.waitUntil(log.isActiveWindow, timeout=LONG)
        return log

    return open_log


def button(log: LogWindow, name: str) -> QPushButton:
    (found,) = (each for each in log.findChildren(QPushButton) if name in each.text())
    return found


def test_it_shows_the_newest_last_and_follows_when_looked_at_again(
    handler: LogHandler, opened: Opened
) -> None:
    for number in range(200):
        logging.getLogger("studio.tested").info("number %d \x1b", number)
    log = opened()
    shown = log.text.toPlainText()
    assert "Kelvin Studio" in shown.splitlines()[0]
    assert shown.rstrip().endswith("number 199 \\x1b")
    assert log.text.isReadOnly()
    assert QFontInfo(log.text.font()).fixedPitch()
    bar = log.text.verticalScrollBar()
    assert bar.maximum() > 0
    assert bar.value() == bar.maximum(), "who opens it sees the end"
    bar.setValue(3)
    log.text.selectAll()
    logging.getLogger("studio.tested").info("later")
    assert opened() is log
    assert "later" in log.text.toPlainText()
    assert bar.value() == 3, "who reads above stays there"
    assert log.text.textCursor().selectedText(), "and keeps what is selected"


def test_all_of_it_is_copied_and_its_folder_opened(
    handler: LogHandler, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[str] = []

    def open_url(url: QUrl) -> bool:
        folders.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    logging.getLogger("studio.tested").info("something")
    log = opened()
    QTest.mouseClick(button(log, "Copy all"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == log.text.toPlainText()
    QTest.mouseClick(button(log, "Open folder"), Qt.MouseButton.LeftButton)
    assert folders == [str(log_folder())]


def test_the_keyboard_reads_it_leads_on_and_esc_closes_it(
    handler: LogHandler, opened: Opened, qtbot: QtBot
) -> None:
    log = opened()
    assert log.text.hasFocus()
    QTest.keyClick(log.text, Qt.Key.Key_Tab)
    assert not log.text.hasFocus()
    assert isinstance(log.focusWidget(), QPushButton)
    QTest.keyClick(log, Qt.Key.Key_Escape)
    assert not log.isVisible()
    assert opened().text.hasFocus()


def test_its_letters_grow_with_the_zoom(opened: Opened) -> None:
    log = opened()
    before = log.text.fontMetrics().height()
    parent = log.parent()
    assert isinstance(parent, MainWindow)
    parent.theme.zoom_by(6)
    try:
        assert log.text.fontMetrics().height() > before
    finally:
        parent.theme.zoom_reset()


def test_without_a_log_it_says_so(opened: Opened) -> None:
    log = opened()
    assert log.text.toPlainText() == ""
    assert log.text.placeholderText() == NOTHING_YET
    assert not button(log, "Copy all").isEnabled()
    assert not button(log, "Open folder").isEnabled()


def test_a_log_that_cannot_be_written_is_said_to_be(empty_home: Path, opened: Opened) -> None:
    log_folder().parent.mkdir(parents=True, exist_ok=True)
    log_folder().write_text("in the way")
    handler = LogHandler(log_folder(), lambda: "Kelvin Studio")
    logger = logging.getLogger(LOGGER)
    logger.addHandler(handler)
    try:
        assert opened().text.placeholderText() == NO_LOG
    finally:
        logger.removeHandler(handler)
        handler.close()
