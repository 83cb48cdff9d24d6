import pytest
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.ui.theme.spacing import set_margins, set_spacing, space_anew
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import zoom_factor


def margins(column: QVBoxLayout | QGridLayout) -> tuple[int, int, int, int]:
    edges = column.contentsMargins()
    return edges.left(), edges.top(), edges.right(), edges.bottom()


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    return page


def test_distances_grow_with_the_zoom_and_come_back(
    qapp: QApplication, theme: Theme, page: QWidget
) -> None:
    column = QVBoxLayout(page)
    grid = QGridLayout()
    column.addLayout(grid)
    set_margins(column, 10, 0, 20, 3)
    set_spacing(column, 8)
    set_spacing(grid, 24, 4)
    theme.zoom_by(6)
    larger = theme.font("interface").pixelSize() / 13
    assert larger == pytest.approx(zoom_factor(6), abs=0.04)
    assert margins(column) == tuple(round(edge * larger) for edge in (10, 0, 20, 3))
    assert column.spacing() == round(8 * larger)
    assert grid.horizontalSpacing() == round(24 * larger)
    assert grid.verticalSpacing() == round(4 * larger)
    theme.zoom_by(-9)  # what is small stays as large as it must be
    assert margins(column) == (10, 0, 20, 3)
    assert (column.spacing(), grid.horizontalSpacing(), grid.verticalSpacing()) == (8, 24, 4)


def test_what_is_made_at_a_zoom_has_it_at_once(theme: Theme, page: QWidget) -> None:
    theme.zoom_by(6)
    larger = theme.font("interface").pixelSize() / 13
    column = QVBoxLayout(page)
    set_margins(column, 10, 10, 10, 10)
    assert margins(column) == (round(10 * larger),) * 4


def test_a_layout_that_was_given_nothing_keeps_what_it_has(theme: Theme, page: QWidget) -> None:
    column = QVBoxLayout(page)
    column.setContentsMargins(1, 2, 3, 4)
    theme.zoom_by(6)
    space_anew()
    assert margins(column) == (1, 2, 3, 4)


def test_what_keeps_its_room_while_hidden_is_asked_anew_how_much(
    theme: Theme, page: QWidget
) -> None:
    column, inner = QVBoxLayout(page), QWidget()
    label = QLabel("take")
    QVBoxLayout(inner).addWidget(label)
    policy = inner.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    inner.setSizePolicy(policy)
    column.addWidget(inner)
    inner.hide()
    page.show()
    first = column.sizeHint().width()
    label.setText("take 12 of 12, and many more")
    space_anew()
    assert column.sizeHint().width() > first
