"""A message that goes by itself: over the window's lower edge, in nobody's way."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from studio.app.timers import single_shot
from studio.translation import tr
from studio.ui.theme.spacing import set_margins
from studio.ui.widgets.labels import PlainLabel
from studio.visible_text import visible_message

_MS = 6000
_SHORT = 100
"""Characters that are read in that time."""
_ABOVE = 64
"""Pixels from the window's lower edge: clear of the row of buttons there."""

_SIDE = 24

_GAP = 8
"""Pixels above a part that it keeps off."""

_MOVING = frozenset((QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide))


class Toast(QFrame):
    """Hidden until something is said; a newer message replaces the older one.

    Args:
        over: What it stands over, in the middle near its lower edge.
        lasts: Milliseconds that a message stays; a long one stays longer, to be read.
    """

    def __init__(self, over: QWidget, lasts: int = _MS) -> None:
        super().__init__(over)
        self.setProperty("toast", True)
        self.setAccessibleName(tr("Message"))
        # What is behind it can be clicked, and written in.
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._over = over
        self._label = PlainLabel()
        self._label.setWordWrap(True)
        self._row = QHBoxLayout(self)
        set_margins(self._row, 16, 10, 16, 10)
        self._row.addWidget(self._label)
        self._clock = single_shot(self, self.take_back)
        self._lasts = lasts
        self._low: list[QWidget] = []
        self.hide()

    def keep_off(self, part: QWidget) -> None:
        """Stand above a part of the window that comes and goes at its lower edge."""
        self._low.append(part)

    @property
    def message(self) -> str:
        """What is said; empty when nothing is."""
        return "" if self.isHidden() else self._label.text()

    def say(self, message: str) -> None:
        """Show a message for a while."""
        message = visible_message(message)
        self._label.setText(message)
        self.setAccessibleDescription(message)
        # Only meanwhile: a filter sees all that is painted too, and a caret blinks at rest.
        for watched in (self._over, *self._low):
            watched.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()
        self._clock.start(max(1, len(message) // _SHORT) * self._lasts)

    def take_back(self) -> None:
        """Hide what is said: it is about what is gone."""
        self._clock.stop()
        self.hide()
        for watched in (self._over, *self._low):
            watched.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Follow the window's size, and what comes and goes at its lower edge."""
        if self.isVisible() and event.type() in _MOVING:
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Keep the size that the words take, in larger letters too."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()
        return done

    def _place(self) -> None:
        room = self._over.rect().adjusted(_SIDE, 0, -_SIDE, -_ABOVE)
        self.ensurePolished()
        self._label.ensurePolished()
        words = self._label.fontMetrics().horizontalAdvance(self._label.text()) + 4
        inside = self._row.contentsMargins()
        width = min(words + inside.left() + inside.right(), room.width())
        height = self.heightForWidth(width)
        self.resize(width, height)
        lowest = min(
            [room.bottom()]
            + [
                part.mapTo(self._over, QPoint(0, 0)).y() - _GAP
                for part in self._low
                if part.isVisible()
            ]
        )
        self.move(room.center().x() - width // 2, lowest - height)
