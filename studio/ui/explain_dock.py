"""Where Explain stands: docked right or left of the writing, or a window of its own.

It knows the main window's edges and the panel's size, and nothing of what the panel says.
"""

from PySide6.QtCore import QByteArray, QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.ui.explain_panel import ExplainPanel
from studio.ui.explain_source import ExplainSource
from studio.ui.explain_state import ExplainState
from studio.ui.session import Session
from studio.ui.theme import Theme

_EDGE = 14
"""Between the window's edge and its cards."""

_FLOATING_EDGE = 8
_SIDES = Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea


class ExplainDock(QDockWidget):
    """The panel in a dock with a quiet title bar.

    Attributes:
        state: Which step is read.
        source: Which place is spoken of.
        panel: The contents.
        docked_width: How wide it was when it last stood docked.

    Args:
        window: Where it docks.
        session: Whose caret it speaks of.
        theme: Where the colours come from.
        step: The step to begin with.
        place: Where it stood, as `QMainWindow.saveState` told; empty for the first time.
        width: How wide it was when it stood docked; 0 for the first time.
    """

    closed = Signal()
    """The writer has closed it."""

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        theme: Theme,
        step: str,
        place: QByteArray,
        width: int,
    ) -> None:
        super().__init__("Explain temperature", window)
        self.setObjectName("explain")  # what saveState knows it by
        self.setAllowedAreas(_SIDES)
        self._window = window
        self.state = ExplainState(step, self)
        self.source = ExplainSource(
            session.next_token,
            session.draft,
            session.sampling,
            session.writing,
            session.look_ahead,
            self,
        )
        self.panel = ExplainPanel(self.state, self.source, session.sampling, theme)
        self.panel.close_asked.connect(self.dismiss)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.addWidget(self.panel)
        self.setWidget(inside)
        self.setTitleBarWidget(_TitleBar(self))
        self.topLevelChanged.connect(self._set_margins)
        self.dockLocationChanged.connect(self._set_margins)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self)
        self.hide()
        self._has_place = bool(place) and window.restoreState(place)
        self.hide()
        self.docked_width = width or self.panel.sizeHint().width() + _EDGE
        self._set_margins()

    def show_where_there_is_room(self) -> None:
        """Show it where it stood; the first time docked, or afloat over a narrow window."""
        center = self._window.centralWidget()
        assert center is not None, "the window has its contents before Explain is opened"
        room = self._window.width() - center.minimumSizeHint().width()
        if not self._has_place and room < self.docked_width:
            self.setFloating(True)
            self.setGeometry(self._over(center))
        self._has_place = True
        if self.isHidden():
            width = self.docked_width
            self.show()
            if not self.isFloating():
                self._window.resizeDocks([self], [width], Qt.Orientation.Horizontal)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the width it has when docked: Qt forgets that of a dock that is hidden."""
        super().resizeEvent(event)
        if self.isVisible() and not self.isFloating():
            self.docked_width = event.size().width()

    def dismiss(self) -> None:
        """Close it, as its button and Esc do."""
        self.hide()
        self.closed.emit()

    def _over(self, center: QWidget) -> QRect:
        """The lower left of the window, so that temperature and bars stay in sight."""
        size = self.panel.sizeHint()
        height = min(size.height(), center.height() - 2 * _EDGE)
        corner = center.mapToGlobal(center.rect().bottomLeft())
        return QRect(corner.x() + _EDGE, corner.y() - height - _EDGE, size.width(), height)

    def _set_margins(self) -> None:
        # Docked, its card keeps the distances that the window's other cards have.
        left = right = bottom = _FLOATING_EDGE
        if not self.isFloating():
            is_left = self._window.dockWidgetArea(self) == Qt.DockWidgetArea.LeftDockWidgetArea
            left, right, bottom = (_EDGE, 0, _EDGE) if is_left else (0, _EDGE, _EDGE)
        self._column.setContentsMargins(left, 0, right, bottom)
        bar = self.titleBarWidget()
        if isinstance(bar, _TitleBar):
            bar.set_sides(left, right)


class _TitleBar(QWidget):
    """A heading to drag the dock by, and buttons to detach and close it."""

    def __init__(self, dock: ExplainDock) -> None:
        super().__init__()
        heading = QLabel("Explain temperature")
        heading.setProperty("role", "heading")
        self._detach = _button("Detach", "Detach", lambda: dock.setFloating(not dock.isFloating()))
        close = _button("×", "Close", dock.dismiss)
        close.setToolTip("Close (Esc)")
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
        self._row.setContentsMargins(left + 2, 8, right, 13)

    def _name_detach(self, is_floating: bool) -> None:
        self._detach.setText("Dock" if is_floating else "Detach")
        self._detach.setAccessibleName(self._detach.text())
        self._detach.setToolTip(
            "Put it back beside the writing" if is_floating else "Make it a window of its own"
        )


def _button(sign: str, name: str, act: object) -> QToolButton:
    button = QToolButton()
    button.setText(sign)
    button.setAccessibleName(name)
    button.clicked.connect(act)
    return button
