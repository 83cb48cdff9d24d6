"""A drop-down list drawn as the rest of the window is: thin border, plain chevron.

A stylesheet can only show an arrow from an image file, which is blurred at some scale factors and
wrong in one of the two colour sets; so the closed list is painted here.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QWidget

from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown

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
