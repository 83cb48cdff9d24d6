"""The sampler's steps as rows that are dragged into order.

It binds a `SamplerOrder` and keeps nothing but the row that is being dragged.
"""

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QWidget,
)

from studio.sampling import DEFAULT_SAMPLERS
from studio.ui.elided_label import ElidedLabel
from studio.ui.sampler_order import STEP_TITLES, is_at_work, moved, step_words
from studio.ui.sampler_order_state import SamplerOrder
from studio.ui.theme import Theme

_GAP = 3
_GRIP = "⠿"
_TIP = (
    "<p>Drag it, or press Alt+↑ or Alt+↓, to let it run earlier or later. Space, or the box, "
    "leaves it out or puts it in.</p>"
)


class SamplerOrderRows(QWidget):
    """A row a step, the first to run at the top.

    Args:
        state: The order.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    moved_to = Signal(QWidget)
    """A row that was dragged or moved, to be kept in view."""

    def __init__(self, state: SamplerOrder, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._rows = {name: _Row(name, self, theme) for name in DEFAULT_SAMPLERS}
        self._order = state.order
        self._dragged: _Row | None = None
        self._grabbed_at = 0
        self.setAccessibleName("Order of the sampler's steps")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        state.changed.connect(self._follow)
        self._follow()

    @property
    def row_height(self) -> int:
        """How high a row is, with the gap below it."""
        return self._rows[DEFAULT_SAMPLERS[0]].sizeHint().height() + _GAP

    def row(self, name: str) -> QWidget:
        """The row of a step."""
        return self._rows[name]

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(240, self.row_height * len(self._rows) - _GAP)

    def minimumSizeHint(self) -> QSize:
        """The same height, and narrow."""
        return QSize(120, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the rows their places."""
        super().resizeEvent(event)
        self._place_rows()

    # -- what the rows ask -------------------------------------------------------------------

    def use(self, name: str, is_used: bool) -> None:
        """Put a step in, or leave it out."""
        self._state.use(name, is_used)

    def step(self, name: str, count: int) -> None:
        """Move a step earlier (-1) or later (+1)."""
        self._state.move(name, self._order.index(name) + count)
        self.moved_to.emit(self._rows[name])

    def go(self, name: str, count: int) -> None:
        """Give the keyboard to the row above (-1) or below (+1), if there is one."""
        place = self._order.index(name) + count
        if 0 <= place < len(self._order):
            self._rows[self._order[place]].box.setFocus(Qt.FocusReason.TabFocusReason)

    def begin_drag(self, row: "_Row", grabbed_at: int) -> None:
        """Lift a row, held at a height inside it."""
        self._dragged, self._grabbed_at = row, grabbed_at
        row.raise_()
        row.set_lifted(True)

    def drag(self, position: QPoint) -> None:
        """Let the lifted row follow the pointer, and the others make room."""
        row = self._dragged
        if row is None:
            return
        top = min(max(position.y() - self._grabbed_at, 0), self.height() - row.height())
        self._order = moved(self._order, row.name, round(top / self.row_height))
        self._place_rows()
        row.move(0, top)
        self.moved_to.emit(row)

    def end_drag(self, *, keep: bool) -> None:
        """Let the row down where it is, or where it was."""
        row, self._dragged = self._dragged, None
        if row is None:
            return
        row.set_lifted(False)
        if keep:
            self._state.move(row.name, self._order.index(row.name))
        self._follow()

    def _follow(self) -> None:
        if self._dragged is not None:
            if sorted(self._state.order) == sorted(self._order):
                self._show_words()
            return
        if self._order != self._state.order:
            self._order = self._state.order
            # Tab goes through them as they stand.
            for name, after in zip(self._order, self._order[1:], strict=False):
                QWidget.setTabOrder(self._rows[name].box, self._rows[after].box)
        self._show_words()
        self._place_rows()

    def _show_words(self) -> None:
        for place, name in enumerate(self._order):
            self._rows[name].show_words(
                place + 1,
                step_words(name, self._state.params),
                is_used=self._state.is_used(name),
                is_quiet=not is_at_work(name, self._state.params),
            )

    def _place_rows(self) -> None:
        height = self.row_height - _GAP
        for place, name in enumerate(self._order):
            row = self._rows[name]
            top = row.y() if row is self._dragged else place * self.row_height
            row.setGeometry(0, top, self.width(), height)


class _Row(QWidget):
    """A step: a grip, a box, its name, what it does now."""

    def __init__(self, name: str, rows: SamplerOrderRows, theme: Theme) -> None:
        super().__init__(rows)
        self.name = name
        self._rows = rows
        self._theme = theme
        self._pressed: QPoint | None = None
        self._is_lifted = False
        self.setObjectName(f"step_{name}")
        self.setToolTip(_TIP)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._grip = QLabel(_GRIP)
        self._grip.setProperty("role", "muted")
        self.box = _Box(name, rows)
        self._title = QLabel(STEP_TITLES[name])
        self._words = ElidedLabel()
        self._words.setProperty("role", "muted")
        inside = QHBoxLayout(self)
        inside.setContentsMargins(8, 4, 8, 4)
        inside.setSpacing(6)
        inside.addWidget(self._grip)
        inside.addWidget(self.box)
        inside.addWidget(self._title)
        inside.addWidget(self._words, 1)
        theme.changed.connect(self.update)

    def show_words(self, place: int, words: str, *, is_used: bool, is_quiet: bool) -> None:
        """Show what the step does now."""
        self.box.setChecked(is_used)
        title = STEP_TITLES[self.name]
        self.box.setAccessibleName(f"{title}, step {place}")
        self.box.setAccessibleDescription(words)
        if words != self._words.text():
            self._words.setText(words)
            self._words.setToolTip(words)
        role = "muted" if is_quiet else None
        if role != self._title.property("role"):
            self._title.setProperty("role", role)
            # A stylesheet looks at dynamic properties only when the widget is polished.
            self._title.style().unpolish(self._title)
            self._title.style().polish(self._title)

    def set_lifted(self, is_lifted: bool) -> None:
        """Look as if held in the hand, or not."""
        self._is_lifted = is_lifted
        self.setCursor(
            Qt.CursorShape.ClosedHandCursor if is_lifted else Qt.CursorShape.OpenHandCursor
        )
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()
            self.box.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it, once the hand has moved far enough to mean it."""
        if self._pressed is None:
            return
        here = event.position().toPoint()
        far = (here - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if not self._is_lifted and far:
            self._rows.begin_drag(self, self._pressed.y())
        if self._is_lifted:
            self._rows.drag(self.mapToParent(here))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it down."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = None
            self._rows.end_drag(keep=True)

    def give_up(self) -> bool:
        """Put it back where it was lifted from; whether it was lifted."""
        was_lifted = self._is_lifted
        self._pressed = None
        self._rows.end_drag(keep=False)
        return was_lifted

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a small card; with the keyboard or in the hand its edge is accented."""
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_marked = self._is_lifted or self.box.hasFocus()
        painter.setPen(QColor(colors.accent if is_marked else colors.card_border))
        painter.setBrush(QColor(colors.hover if self._is_lifted else colors.card))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


class _Box(QCheckBox):
    """Whether a step is in force; has the keyboard for its row."""

    def __init__(self, name: str, rows: SamplerOrderRows) -> None:
        super().__init__()
        self._name = name
        self._rows = rows
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setToolTip(_TIP)
        self.clicked.connect(lambda is_used: rows.use(name, is_used))

    def event(self, event: QEvent) -> bool:
        """Claim Alt+↑ and Alt+↓ from the window's shortcuts, and show in the row who has focus."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.parentWidget().update()
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.modifiers() & Qt.KeyboardModifier.AltModifier
            and event.key() in _STEPS
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """With Alt the step moves, without it the keyboard does; Esc gives up a drag."""
        count = _STEPS.get(event.key())
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        row = self.parentWidget()
        if count and modifiers == Qt.KeyboardModifier.AltModifier:
            self._rows.step(self._name, count)
        elif count and not modifiers:
            self._rows.go(self._name, count)
        elif not (event.key() == Qt.Key.Key_Escape and isinstance(row, _Row) and row.give_up()):
            super().keyPressEvent(event)


_STEPS: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
