"""Controls drawn as the rest of the window is: boxes to tick, drop-down lists, numbers with arrows.

Fusion draws frames and arrows from the palette's window colour, and in the dark set they are lost.
A stylesheet shows ticks and arrows only from image files, which are blurred at some scale factors
and wrong in one of the two sets. So these are painted here.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStyleOptionSpinBox,
    QWidget,
)

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


_PADDING = 10
_CHEVRON_WIDTH = 8.0
_CHEVRON_HEIGHT = 4.0
_AIR = 8
_MOST_VISIBLE = 16
_FEWEST_CHARACTERS = 14
_SEPARATOR = "separator"
"""Qt's own mark of a line between entries."""


def paint_chevron(painter: QPainter, widget: QWidget, color: QColor) -> None:
    """Paint the sign of a list that opens, at the right end of a button or closed list.

    Args:
        painter: Paints.
        widget: The button or list.
        color: Of the sign.
    """
    larger = grown(widget.font())
    width, height = larger * _CHEVRON_WIDTH, larger * _CHEVRON_HEIGHT
    left = widget.width() - larger * _PADDING - width
    top = (widget.height() - height) / 2
    pen = QPen(color, 1.5 * larger)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawPolyline(
        [
            QPointF(left, top),
            QPointF(left + width / 2, top + height),
            QPointF(left + width, top),
        ]
    )


class ComboBox(QComboBox):
    """A `QComboBox` with the studio's look; everything else is Qt's.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, if any.
        is_flat: Whether it has no box while nobody points at it, as a menu.
    """

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, is_flat: bool = False
    ) -> None:
        super().__init__(parent)
        self._is_flat = is_flat
        self._theme = theme
        self.setMaxVisibleItems(_MOST_VISIBLE)
        theme.changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        """A flat one gives way to its neighbours: what is chosen is elided then."""
        hint = super().minimumSizeHint()
        least = self.fontMetrics().averageCharWidth() * _FEWEST_CHARACTERS
        return QSize(min(hint.width(), least), hint.height()) if self._is_flat else hint

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        """Open the list, with air around its entries."""
        self.air()
        super().showPopup()

    def air(self) -> None:
        """Make the entries as high as they are in the open list."""
        metrics = self.fontMetrics()
        for place in range(self.count()):
            if self.itemData(place, Qt.ItemDataRole.AccessibleDescriptionRole) != _SEPARATOR:
                width = metrics.horizontalAdvance(self.itemText(place)) + 2 * _PADDING
                size = QSize(width, metrics.height() + _AIR)
                self.setItemData(place, size, Qt.ItemDataRole.SizeHintRole)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the closed list: surface, border, current text, chevron."""
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hovered = self.underMouse() and self.isEnabled()
        surface = colors.window if self._is_flat else colors.card
        painter.setBrush(QColor(colors.hover if hovered else surface))
        edge = surface if self._is_flat else colors.card_border
        painter.setPen(QColor(colors.focus if self.hasFocus() else edge))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

        ink = QColor(colors.text if self.isEnabled() and self.currentText() else colors.muted)
        padding = grown(self.font()) * _PADDING
        chevron_left = self.width() - padding - grown(self.font()) * _CHEVRON_WIDTH
        room = QRectF(padding, 0, chevron_left - 2 * padding, self.height())
        words = self.currentText() or self.placeholderText()
        painter.setPen(ink)
        painter.drawText(
            room,
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, int(room.width())),
        )

        paint_chevron(painter, self, QColor(colors.muted))


_SPIN_BOX_AIR = 10
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
        return QSize(hint.width(), max(hint.height(), self.fontMetrics().height() + _SPIN_BOX_AIR))

    def minimumSizeHint(self) -> QSize:
        """As high."""
        hint = super().minimumSizeHint()
        return QSize(hint.width(), max(hint.height(), self.fontMetrics().height() + _SPIN_BOX_AIR))

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
