"""A box to tick whose tick can be seen in both sets of colours, at every scale.

The stylesheet draws the rest; a tick it can show only from an image file.
"""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton, QWidget

from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown

_TICK = ((0.24, 0.53), (0.43, 0.72), (0.78, 0.3))
"""Its ends and its corner, in shares of the box."""


class CheckBox(QCheckBox):
    """A `QCheckBox` with the studio's tick.

    Args:
        text: What stands beside the box, with a mnemonic.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, text: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint box and words, and the tick."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        place = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        box = QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5)
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(
            QPen(
                QColor(colors.card if self.isEnabled() else colors.muted),
                1.8 * grown(self.font()),
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        painter.drawPolyline(
            [box.topLeft() + QPointF(x * box.width(), y * box.height()) for x, y in _TICK]
        )
