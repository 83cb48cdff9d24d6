from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.ui.theme.controls import CheckBox
from studio.ui.theme.theme import Appearance, Theme
from tests.helpers.contrast import contrast_ratio


@pytest.fixture(params=["light", "dark"])
def theme(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Theme]:
    appearance: Appearance = request.param
    yield Theme(qapp, appearance)
    qapp.setStyleSheet("")


@pytest.fixture
def box(theme: Theme, qtbot: QtBot) -> CheckBox:
    box = CheckBox("&Only what differs", theme)
    qtbot.addWidget(box)
    box.resize(box.sizeHint())
    box.show()
    # A window of the test before may be the active one still: keys would go there.
    box.activateWindow()
    qtbot.waitUntil(box.isActiveWindow)
    return box


def picture(box: CheckBox) -> QImage:
    return box.grab().toImage()


def test_the_empty_box_can_be_distinguished_from_what_is_behind_it(
    box: CheckBox, theme: Theme
) -> None:
    image = picture(box)
    middle = image.height() // 2
    edge = max(
        contrast_ratio(QColor(image.pixel(x, middle)).name(), theme.colors.card) for x in range(3)
    )
    assert edge >= 3


def test_it_is_ticked_by_key_and_by_click_and_shows_it(box: CheckBox) -> None:
    box.clearFocus()
    empty = picture(box)
    box.setFocus()
    assert picture(box) != empty
    for is_ticked in (True, False):
        QTest.keyClick(box, Qt.Key.Key_Space)
        assert box.isChecked() is is_ticked
        box.clearFocus()
        assert (picture(box) == empty) is not is_ticked
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(7, box.height() // 2))
    assert box.isChecked()


def test_all_of_its_words_have_room(box: CheckBox) -> None:
    words = box.fontMetrics().horizontalAdvance("Only what differs")
    assert box.sizeHint().width() >= words + 20
