"""A box to tick, drawn as the rest of the window is: it can be seen in both sets of colours.

Fusion draws the box's border from the palette's window colour, and in the dark set it is lost. A
stylesheet can show a tick only from an image file. It does not know what is ticked.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QWidget

from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown

_SIDE = 15.0
_GAP = 8.0


class CheckBox(QCheckBox):
    """A `QCheckBox` with the studio's look; everything else is Qt's.

    Args:
        text: What stands beside the box, with a mnemonic.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, text: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._theme = theme
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Room for box and words."""
        metrics = self.fontMetrics()
        words = metrics.size(int(Qt.TextFlag.TextShowMnemonic), self.text())
        larger = grown(self.font())
        height = max(int(larger * _SIDE), metrics.height()) + 6
        return QSize(int(larger * (_SIDE + _GAP)) + words.width() + 4, height)

    def minimumSizeHint(self) -> QSize:
        """As much."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint box, tick and words."""
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_on = self.isChecked() and self.isEnabled()
        larger = grown(self.font())
        side = round(larger * _SIDE)
        top = (self.height() - side) // 2
        box = QRectF(0.5, top + 0.5, side - 1, side - 1)
        edge = colors.focus if self.hasFocus() else colors.text if is_on else colors.ghost
        painter.setPen(QPen(QColor(edge), 1.5 if self.hasFocus() else 1.0))
        painter.setBrush(QColor(self._surface(is_on)))
        painter.drawRoundedRect(box, 3, 3)
        if self.isChecked():
            tick = QPen(QColor(colors.card if is_on else colors.muted), 1.8 * larger)
            tick.setCapStyle(Qt.PenCapStyle.RoundCap)
            tick.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(tick)
            painter.drawPolyline(
                [
                    box.topLeft() + QPointF(share_x * box.width(), share_y * box.height())
                    for share_x, share_y in ((0.24, 0.53), (0.43, 0.72), (0.78, 0.3))
                ]
            )
        painter.setPen(QColor(colors.text if self.isEnabled() else colors.muted))
        place = QRectF(self.rect()).adjusted(larger * (_SIDE + _GAP), 0, 0, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(place, int(flags) | int(Qt.TextFlag.TextShowMnemonic), self.text())

    def _surface(self, is_on: bool) -> str:
        colors = self._theme.colors
        if is_on:
            return colors.text
        return colors.hover if self.underMouse() and self.isEnabled() else colors.card
