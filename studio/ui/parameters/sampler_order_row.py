"""One step of the sampler as a row: a grip to drag it by, a box, its name, what it does now.

It says what the hand does to it and keeps nothing of the order.
"""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QWidget

from studio.app.parameters.sampler_order import STEP_TITLES
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_margins, set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.keys import claims_step, step_of
from studio.ui.widgets.labels import ElidedLabel, PlainLabel
from studio.ui.widgets.letters import follow_letters
from studio.ui.widgets.tips import set_tip

_BOX = 16
_TICK = ((0.29, 0.52), (0.44, 0.67), (0.72, 0.34))
_GRIP = "⠿"
_TIP = mark(
    "<p>Drag it, or press Alt+↑ or Alt+↓, to let it run earlier or later. Space, or the box, "
    "leaves it out or puts it in.</p>"
)


class SamplerOrderRow(QWidget):
    """A step that can be dragged, moved by key, and left out.

    Attributes:
        name: The step.
        box: Whether it is in force; has the keyboard for the row.

    Args:
        name: The step.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    used = Signal(bool)
    """It was put in, or left out."""
    stepped = Signal(int)
    """It is to run earlier (-1) or later (+1)."""
    left = Signal(int)
    """The keyboard is to go to the row above (-1) or below (+1)."""
    lifted = Signal(int)
    """It was taken hold of, at this height inside it."""
    dragged = Signal(QPoint)
    """Where the hand is now, in the parent."""
    let_go = Signal(bool)
    """It was let down: where it is, or (False) where it was."""

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._theme = theme
        self._pressed: QPoint | None = None
        self._is_lifted = False
        self.setObjectName(f"step_{name}")
        set_tip(self, tr(_TIP))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        grip = PlainLabel(_GRIP)
        grip.setProperty("role", "muted")
        self.box = _Box(self, theme)
        self._title = PlainLabel(tr(STEP_TITLES[name]))
        self._words = ElidedLabel()
        self._words.setProperty("role", "muted")
        inside = QHBoxLayout(self)
        set_margins(inside, 8, 4, 8, 4)
        set_spacing(inside, 6)
        inside.addWidget(grip)
        inside.addWidget(self.box)
        inside.addWidget(self._title)
        inside.addWidget(self._words, 1)
        self.box.clicked.connect(self.used)
        theme.changed.connect(self.update)

    def show_words(self, place: int, words: str, *, is_used: bool, is_quiet: bool) -> None:
        """Show what the step does now.

        Args:
            place: Its place, from 1.
            words: What it does.
            is_used: Whether it runs.
            is_quiet: Whether it changes nothing now.
        """
        self.box.setChecked(is_used)
        title = tr(STEP_TITLES[self.name])
        self.box.setAccessibleName(tr("{title}, step {place}", title=title, place=place))
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

    def _set_lifted(self, is_lifted: bool) -> None:
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
            self._set_lifted(True)
            self.lifted.emit(self._pressed.y())
        if self._is_lifted:
            self.dragged.emit(self.mapToParent(here))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it down."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._let_go(keep=True)

    def give_up(self) -> bool:
        """Put it back where it was lifted from; whether it was lifted."""
        was_lifted = self._is_lifted
        self._let_go(keep=False)
        return was_lifted

    def _let_go(self, *, keep: bool) -> None:
        self._pressed = None
        if self._is_lifted:
            self._set_lifted(False)
            self.let_go.emit(keep)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a small card; with the keyboard or in the hand its edge says so."""
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_marked = self._is_lifted or self.box.hasFocus()
        painter.setPen(QColor(colors.focus if is_marked else colors.card_border))
        painter.setBrush(QColor(colors.hover if self._is_lifted else colors.card))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


class _Box(QCheckBox):
    """Whether a step is in force; has the keyboard for its row."""

    def __init__(self, row: SamplerOrderRow, theme: Theme) -> None:
        super().__init__(row)
        self._row = row
        self._theme = theme
        follow_letters(self, lambda _letters: self.setFixedSize(self._side, self._side))
        self.setCursor(Qt.CursorShape.ArrowCursor)
        set_tip(self, tr(_TIP))

    def event(self, event: QEvent) -> bool:
        """Claim Alt+↑ and Alt+↓ from the window's shortcuts, and show in the row who has focus."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._row.update()
        return claims_step(event) or super().event(event)

    @property
    def _side(self) -> int:
        return round(_BOX * grown(self.font()))

    def hitButton(self, pos: QPoint) -> bool:  # noqa: N802 - Qt's name
        """All of it can be pressed."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint an outline that is seen on the card in both themes, and a tick."""
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colors.ghost))
        painter.setBrush(QColor(colors.card))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 3, 3)
        if self.isChecked():
            pen = QPen(QColor(colors.text), 1.8)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPolyline([QPointF(x * self._side, y * self._side) for x, y in _TICK])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """With Alt the step moves, without it the keyboard does; Esc gives up a drag."""
        count = _STEPS.get(event.key())
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if step := step_of(event):
            self._row.stepped.emit(step)
        elif count and not modifiers:
            self._row.left.emit(count)
        elif not (event.key() == Qt.Key.Key_Escape and self._row.give_up()):
            super().keyPressEvent(event)


_STEPS: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
