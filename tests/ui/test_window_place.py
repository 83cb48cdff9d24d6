"""Where windows stand again, whatever was remembered and whichever screens there are."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QLabel, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from studio.app.settings import COLUMNS, PLACE
from studio.ui.main_window import MainWindow
from studio.ui.window_place import (
    columns_of,
    on_a_screen,
    place_of,
    restore_columns,
    restore_place,
)

LEFT, RIGHT = QRect(0, 30, 1920, 1050), QRect(1920, 0, 1280, 1024)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (QRect(100, 100, 800, 600), QRect(100, 100, 800, 600)),
        (QRect(2000, 50, 800, 600), QRect(2000, 50, 800, 600)),
        (QRect(-300, 100, 800, 600), QRect(-300, 100, 800, 600)),
        (QRect(100, 100, 5000, 5000), QRect(0, 30, 1920, 1050)),
        (QRect(9000, 9000, 800, 600), QRect(560, 255, 800, 600)),
        (QRect(100, -900, 800, 600), QRect(560, 255, 800, 600)),
        (QRect(100, 10, 800, 600), QRect(560, 255, 800, 600)),
        (QRect(-999999, -999999, 999999, 999999), QRect(0, 30, 1920, 1050)),
    ],
    ids=["as it was", "the other screen", "partly off", "too large", "no screen", "above", "bar",
         "absurd"],
)  # fmt: skip
def test_a_place_is_where_a_screen_shows_it(there: QRect, expected: QRect) -> None:
    assert on_a_screen(there, [LEFT, RIGHT]) == expected


NUMBERS = st.integers(-999_999, 999_999)


@given(NUMBERS, NUMBERS, st.integers(0, 999_999), st.integers(0, 999_999))
def test_its_upper_edge_can_always_be_reached(x: int, y: int, width: int, height: int) -> None:
    found = on_a_screen(QRect(x, y, width, height), [LEFT, RIGHT])
    handle = QPoint(found.center().x(), found.top())
    assert LEFT.contains(handle) or RIGHT.contains(handle)
    assert found.width() <= 1920
    assert found.height() <= 1050
    assert on_a_screen(found, [LEFT, RIGHT]) == found


def test_a_window_stands_where_it_stood_maximized_or_not(qtbot: QtBot) -> None:
    first, second = QWidget(), QWidget()
    for widget in (first, second):
        qtbot.addWidget(widget)
    first.setGeometry(40, 50, 500, 400)
    first.show()
    assert place_of(first) == "40 50 500 400"
    first.showMaximized()
    qtbot.waitUntil(first.isMaximized)
    assert place_of(first) == "40 50 500 400 maximized"
    restore_place(second, place_of(first))
    assert second.windowState() & Qt.WindowState.WindowMaximized
    second.showNormal()
    qtbot.waitUntil(lambda: second.geometry() == QRect(40, 50, 500, 400))
    restore_place(second, "")
    assert second.geometry() == QRect(40, 50, 500, 400)


def test_columns_are_as_wide_as_they_were(qtbot: QtBot) -> None:
    first, second = QSplitter(), QSplitter()
    for splitter in (first, second):
        qtbot.addWidget(splitter)
        splitter.setHandleWidth(1)
        for _ in range(2):
            splitter.addWidget(QLabel("x"))
        splitter.resize(401, 100)
        splitter.show()
    assert columns_of(QSplitter()) == ""
    first.setSizes([100, 300])
    restore_columns(second, columns_of(first))
    assert second.sizes() == first.sizes() == [100, 300]
    second_column = first.widget(1)
    assert second_column is not None
    second_column.hide()
    qtbot.waitUntil(lambda: columns_of(first) == "")  # what is hidden has no width to remember
    restore_columns(second, "")
    assert second.sizes() == [100, 300]


def test_a_window_that_stood_on_no_screen_is_seen(
    open_window: Callable[[], MainWindow], own_settings: Path
) -> None:
    own_settings.parent.mkdir(parents=True)
    tree = {PLACE.key: "-90000 70000 700 500", COLUMNS.key: "999999 1"}
    own_settings.write_text(json.dumps(tree))
    window = open_window()
    assert window.settings.problem == ""
    assert window.screen().availableGeometry().contains(window.geometry().center())
    assert window.side.width() >= window.side.minimumSizeHint().width()
