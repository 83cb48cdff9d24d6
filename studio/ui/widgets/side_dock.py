"""A panel beside the writing: docked right or left of it, or a window of its own."""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.translation import tr
from studio.ui.theme.spacing import set_margins
from studio.ui.widgets.labels import PlainLabel

_EDGE = 14
"""Between the window's edge and its cards."""

_FLOATING_EDGE = 8
INSET = 16
"""From a dock's edge to what its panel holds; the heading stands over that."""
_FEWEST_CHARACTERS = 100
"""What stays of the window beside a docked panel, in letters: page and bars, to be used."""
_EDGE_STRENGTH = 0.6
_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_AREAS = {"right": _RIGHT, "left": _LEFT}
_AFLOAT = "afloat"


class SideDock(QDockWidget):
    """The panel in a dock with a quiet title bar.

    Attributes:
        docked_width: How wide it was when it last stood docked.

    Args:
        window: Where it docks.
        panel: What it holds; its size hint is the size to begin with.
        title: What stands over it.
        place: Where it stood, as `place` reported; empty for the first time.
        width: How wide it was when it stood docked; 0 for the first time.
    """

    closed = Signal()
    """The writer has closed it."""

    def __init__(
        self, window: QMainWindow, panel: QWidget, title: str, place: str, width: int
    ) -> None:
        super().__init__(title, window)
        self.setAllowedAreas(_LEFT | _RIGHT)
        self._window = window
        self._panel = panel
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.addWidget(panel)
        self.setWidget(inside)
        self.setTitleBarWidget(_TitleBar(self, title))
        self.topLevelChanged.connect(self._set_margins)
        self.dockLocationChanged.connect(self._set_margins)
        self.docked_width = width or panel.sizeHint().width() + _EDGE
        self._has_place = False
        window.addDockWidget(_RIGHT, self)
        self.hide()
        self._restore(place)
        self._set_margins()

    @property
    def place(self) -> str:
        """Where it stands: ``right``, ``left``, or ``afloat`` with its edges and size."""
        if self.isFloating():
            there = self.geometry()
            return f"{_AFLOAT} {there.x()} {there.y()} {there.width()} {there.height()}"
        return self._side

    def show_where_there_is_room(self) -> None:
        """Show it where it stood; the first time docked, or afloat over a narrow window.

        Two panels do not share a side: the one that comes later takes the other, or floats.
        """
        if not self.isHidden():
            return
        if not self.isFloating():
            self._find_room()
        self._has_place = True
        width = self.docked_width
        self.show()
        if not self.isFloating():
            self._window.resizeDocks([self], [width], Qt.Orientation.Horizontal)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the width it has when docked: Qt forgets that of a dock that is hidden."""
        super().resizeEvent(event)
        if self.isVisible() and not self.isFloating():
            self.docked_width = event.size().width()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Afloat, draw an edge: the window under it has the same colour."""
        super().paintEvent(event)
        if self.isFloating():
            painter = QPainter(self)
            edge = self.palette().color(QPalette.ColorRole.PlaceholderText)
            edge.setAlphaF(_EDGE_STRENGTH)
            painter.setPen(edge)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def dismiss(self) -> None:
        """Close it, as its button and Esc do."""
        self.hide()
        self.closed.emit()

    @property
    def _side(self) -> str:
        return "left" if self._window.dockWidgetArea(self) == _LEFT else "right"

    def _restore(self, place: str) -> None:
        where, *numbers = place.split() or [""]
        if where in _AREAS:
            self._window.addDockWidget(_AREAS[where], self)
            self.hide()
            self._has_place = True
        elif where == _AFLOAT and len(numbers) == 4 and all(map(_is_number, numbers)):
            there = QRect(*map(int, numbers))
            if QGuiApplication.screenAt(there.center()):  # else its screen is gone
                self._float(there)
                self._has_place = True

    def _find_room(self) -> None:
        center = self._window.centralWidget()
        assert center is not None, "the window has its contents before a panel is opened"
        others = [
            dock
            for dock in self._window.findChildren(SideDock)
            if dock is not self and dock.isVisible() and not dock.isFloating()
        ]
        taken = {dock._side for dock in others}
        if self._has_place and self._side not in taken:
            return
        page = self.fontMetrics().averageCharWidth() * _FEWEST_CHARACTERS
        room = self._window.width() - max(center.minimumSizeHint().width(), page)
        room -= sum(dock.width() for dock in others)
        free = [side for side in _AREAS if side not in taken]
        if not free or room < self.docked_width:
            self._float(self._over(center))
        elif self._side not in free:
            self._window.addDockWidget(_AREAS[free[0]], self)

    def _float(self, there: QRect) -> None:
        self.setFloating(True)
        self.hide()  # setFloating shows a dock on some platforms
        self.setGeometry(there)

    def _over(self, center: QWidget) -> QRect:
        """The lower left of the window, so that temperature and bars stay in sight."""
        size = self._panel.sizeHint()
        height = min(size.height(), center.height() - 2 * _EDGE)
        corner = center.mapToGlobal(center.rect().bottomLeft())
        return QRect(corner.x() + _EDGE, corner.y() - height - _EDGE, size.width(), height)

    def _set_margins(self) -> None:
        # Docked, its card keeps the distances that the window's other cards have.
        left = right = bottom = _FLOATING_EDGE
        if not self.isFloating():
            left, right, bottom = (_EDGE, 0, _EDGE) if self._side == "left" else (0, _EDGE, _EDGE)
        set_margins(self._column, left, 0, right, bottom)
        bar = self.titleBarWidget()
        if isinstance(bar, _TitleBar):
            bar.set_sides(left, right)


class _TitleBar(QWidget):
    """A heading to drag the dock by, and buttons to detach and close it."""

    def __init__(self, dock: SideDock, title: str) -> None:
        super().__init__()
        heading = PlainLabel(title)
        heading.setProperty("role", "heading")
        self._detach = _button(
            tr("Detach"), tr("Detach"), lambda: dock.setFloating(not dock.isFloating())
        )
        close = _button("×", tr("Close"), dock.dismiss)
        close.setToolTip(tr("Close (Esc)"))
        self._row = QHBoxLayout(self)
        self._row.addWidget(heading)
        self._row.addStretch(1)
        self._row.addWidget(self._detach)
        self._row.addWidget(close)
        dock.topLevelChanged.connect(self._name_detach)
        self._name_detach(dock.isFloating())

    def set_sides(self, left: int, right: int) -> None:
        """Stand in line with the card below."""
        # As high as the row of pickers beside it, so that the cards below begin in one line.
        set_margins(self._row, left + INSET, 8, right, 13)

    def _name_detach(self, is_floating: bool) -> None:
        self._detach.setText(tr("Dock") if is_floating else tr("Detach"))
        self._detach.setAccessibleName(self._detach.text())
        self._detach.setToolTip(
            tr("Put it back beside the writing")
            if is_floating
            else tr("Make it a window of its own")
        )


def _button(sign: str, name: str, act: object) -> QToolButton:
    button = QToolButton()
    button.setText(sign)
    button.setAccessibleName(name)
    button.clicked.connect(act)
    return button


def _is_number(word: str) -> bool:
    return word.removeprefix("-").isdecimal() and len(word) < 8
