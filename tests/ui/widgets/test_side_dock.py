from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studio.ui.main_window import MainWindow
from studio.ui.widgets.side_dock import SideDock
from tests.ui.conftest import LONG


def dock(window: MainWindow, place: str, width: int = 200) -> SideDock:
    panel = QLabel("panel")
    panel.setMinimumSize(100, 100)
    return SideDock(window, panel, "A panel", place, width)


@pytest.mark.parametrize("place", ["right", "left", "afloat 40 30 220 180"])
def test_it_stands_where_it_stood(open_window: Callable[[], MainWindow], place: str) -> None:
    window = open_window()
    made = dock(window, place)
    made.show_where_there_is_room()
    assert made.isVisible()
    assert made.place == place


@pytest.mark.parametrize(
    "place", ["", "under", "afloat", "afloat 1 2 x 4", "afloat 900000 900000 10 10", "left left"]
)
def test_a_damaged_place_is_as_good_as_none(
    open_window: Callable[[], MainWindow], place: str
) -> None:
    window = open_window()
    made = dock(window, place)
    made.show_where_there_is_room()
    assert made.isVisible()
    assert made.place in ("right", "left")


def test_two_do_not_share_a_side(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    first, second, third = dock(window, "right"), dock(window, "right"), dock(window, "")
    for made in (first, second, third):
        made.show_where_there_is_room()
    assert first.place == "right"
    assert second.place == "left"
    assert third.isFloating()
    assert window.dockWidgetArea(second) == Qt.DockWidgetArea.LeftDockWidgetArea


@pytest.mark.parametrize("name", ["explain", "outline", "parameters", "notes"])
def test_one_that_floats_comes_to_the_front_when_it_is_opened_again(
    open_window: Callable[[], MainWindow], qtbot: QtBot, name: str
) -> None:
    window = open_window()
    access = getattr(window, name)
    access.open()
    access.dock.setFloating(True)
    for _ in range(2):
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
        access.open()
        qtbot.waitUntil(access.dock.isActiveWindow, timeout=LONG)
        qtbot.waitUntil(lambda: access.dock.isAncestorOf(QApplication.focusWidget()), timeout=LONG)
