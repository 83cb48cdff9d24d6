from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionSpinBox
from pytestqt.qtbot import QtBot

from studio.ui.theme.controls import SpinBox
from studio.ui.theme.theme import Appearance, Theme
from tests.helpers.contrast import contrast_ratio


@pytest.fixture(params=["light", "dark"])
def theme(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Theme]:
    appearance: Appearance = request.param
    yield Theme(qapp, appearance)
    qapp.setStyleSheet("")


@pytest.fixture
def box(theme: Theme, qtbot: QtBot) -> SpinBox:
    box = SpinBox(theme)
    qtbot.addWidget(box)
    box.setRange(0, 10)
    box.setValue(5)
    box.resize(140, box.sizeHint().height())
    box.show()
    # A window of the test before may be the active one still: keys would go there.
    box.activateWindow()
    qtbot.waitUntil(box.isActiveWindow)
    return box


def place(box: SpinBox, part: QStyle.SubControl) -> QRect:
    option = QStyleOptionSpinBox()
    box.initStyleOption(option)
    return box.style().subControlRect(QStyle.ComplexControl.CC_SpinBox, option, part, box)


def arrow(box: SpinBox, part: QStyle.SubControl) -> QImage:
    """The arrow without the frame beside it."""
    middle = place(box, part).center()
    return box.grab(QRect(middle - QPoint(4, 2), middle + QPoint(4, 2))).toImage()


def ink(image: QImage, paper: str) -> float:
    """The largest contrast of a pixel with the paper."""
    return max(
        contrast_ratio(QColor(image.pixel(x, y)).name(), paper)
        for x in range(image.width())
        for y in range(image.height())
    )


UP, DOWN = QStyle.SubControl.SC_SpinBoxUp, QStyle.SubControl.SC_SpinBoxDown


def test_arrows_can_be_seen_and_pale_where_they_lead_nowhere(box: SpinBox, theme: Theme) -> None:
    for part in (UP, DOWN):
        assert ink(arrow(box, part), theme.colors.card) >= 3
    box.setValue(10)
    assert ink(arrow(box, UP), theme.colors.card) < 3
    assert ink(arrow(box, DOWN), theme.colors.card) >= 3


def test_a_click_on_an_arrow_steps(box: SpinBox) -> None:
    for part, value in ((UP, 6), (DOWN, 5)):
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=place(box, part).center())
        assert box.value() == value


def test_it_shows_that_it_has_the_keyboard(box: SpinBox, theme: Theme, qtbot: QtBot) -> None:
    def edge() -> str:
        image = box.grab().toImage()
        return QColor(image.pixel(0, image.height() // 2)).name()

    box.clearFocus()
    assert edge() != theme.colors.focus
    box.setFocus()
    qtbot.waitUntil(lambda: edge() == theme.colors.focus)
