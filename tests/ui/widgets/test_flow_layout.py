from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.ui.widgets.flow_layout import FlowLayout


def boxes(qtbot: QtBot, *widths: int) -> tuple[QWidget, list[QWidget]]:
    page = QWidget()
    qtbot.addWidget(page)
    flow = FlowLayout(page, 4)
    made = []
    for width in widths:
        box = QWidget()
        box.setFixedSize(QSize(width, 20))
        flow.addWidget(box)
        made.append(box)
    return page, made


def test_what_does_not_fit_begins_another_line(qtbot: QtBot) -> None:
    page, (first, second, third) = boxes(qtbot, 50, 40, 30)
    page.resize(100, 100)
    page.show()
    assert (first.x(), first.y()) == (0, 0)
    assert (second.x(), second.y()) == (54, 0)
    assert (third.x(), third.y()) == (0, 24)
    layout = page.layout()
    assert layout is not None
    assert layout.heightForWidth(100) == 44
    assert layout.heightForWidth(200) == 20
    second.hide()
    assert layout.heightForWidth(100) == 20, "what is hidden takes no room"


def test_it_gives_back_what_it_holds(qtbot: QtBot) -> None:
    page, _ = boxes(qtbot, 10, 10)
    layout = page.layout()
    assert layout is not None
    assert layout.count() == 2
    assert layout.itemAt(2) is None
    assert layout.takeAt(0) is not None
    assert layout.count() == 1
    assert layout.takeAt(5) is None
