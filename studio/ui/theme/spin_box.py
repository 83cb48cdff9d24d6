"""A number with arrows, drawn as the rest of the window is: it can be seen in both sets of colours.

Fusion draws frame and arrows from the palette's window colour, and in the dark set they are lost. A
stylesheet can show arrows only from an image file.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSpinBox, QStyle, QStyleOptionSpinBox, QWidget

from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown

_AIR = 10
"""Pixels, above and below the number together."""
_ARROW_WIDTH, _ARROW_HEIGHT = 6.0, 3.0
_Control = QStyle.SubControl
_ARROWS = (
    (_Control.SC_SpinBoxUp, QSpinBox.StepEnabledFlag.StepUpEnabled, -1),
    (_Control.SC_SpinBoxDown, QSpinBox.StepEnabledFlag.StepDownEnabled, +1),
)
"""What is pressed, whether it may be, and which way it points."""


class SpinBox(QSpinBox):
    """A `QSpinBox` with the studio's look; everything else is Qt's.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As high as the other fields."""
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), self.fontMetrics().height() + _AIR))

    def minimumSizeHint(self) -> QSize:
        """As high."""
        hint = super().minimumSizeHint()
        return QSize(hint.width(), max(hint.height(), self.fontMetrics().height() + _AIR))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the box and its arrows; the number is Qt's."""
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(colors.card))
        painter.setPen(QColor(colors.focus if self.hasFocus() else colors.card_border))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        larger = grown(self.font())
        option = QStyleOptionSpinBox()
        self.initStyleOption(option)
        for part, allowed, down in _ARROWS:
            place = self.style().subControlRect(
                QStyle.ComplexControl.CC_SpinBox, option, part, self
            )
            can_step = self.isEnabled() and bool(self.stepEnabled() & allowed)
            pen = QPen(QColor(colors.muted if can_step else colors.card_border), 1.4 * larger)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            middle, side = QRectF(place).center(), larger * _ARROW_WIDTH / 2
            height = larger * _ARROW_HEIGHT
            edge = middle.y() - down * height / 2
            painter.drawPolyline(
                [
                    QPointF(middle.x() - side, edge),
                    QPointF(middle.x(), edge + down * height),
                    QPointF(middle.x() + side, edge),
                ]
            )
