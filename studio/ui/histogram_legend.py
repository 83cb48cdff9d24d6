"""The histogram's legend: a little swatch for each layer of a bar, and its name.

It knows the layers' names and colours, and nothing of what is drawn with them.
"""

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.ui.theme import Theme

_SWATCH = 9
_AFTER_SWATCH = 5
_BETWEEN = 13

_ENTRIES = (
    ("ghost", "at T 1"),
    ("accent", "at T now"),
    ("gained", "after filters"),
    ("cut", "cut"),
    ("", "▸ drawn"),
)
"""Which colour of the theme fills the swatch (`ghost` outlines it), and the layer's name."""


class HistogramLegend(QWidget):
    """One line of swatches and names.

    Args:
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(
            "Legend: outline, at T 1; filled, at the temperature now; light, added by the "
            "filters; grey, cut; mark, drawn"
        )
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As wide as all entries."""
        return QSize(self._positions()[-1], self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """In a narrow window the last entries are cut off before the bars are."""
        return QSize(0, self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        """Take a new font's size."""
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the entries, the last one at the right end."""
        colors, metrics = self._theme.colors, self.fontMetrics()
        painter = QPainter(self)
        top = (self.height() - _SWATCH) // 2
        baseline = (self.height() - metrics.height()) // 2 + metrics.ascent()
        for left, (name, words) in zip(self._positions(), _ENTRIES, strict=False):
            if name:
                swatch = QRect(left, top, _SWATCH, _SWATCH)
                painter.setPen(QColor(colors.ghost) if name == "ghost" else Qt.PenStyle.NoPen)
                hollow = name == "ghost"
                painter.setBrush(Qt.BrushStyle.NoBrush if hollow else QColor(getattr(colors, name)))
                painter.drawRect(swatch.adjusted(0, 0, -1, -1) if hollow else swatch)
                left += _SWATCH + _AFTER_SWATCH
            painter.setPen(QColor(colors.muted))
            painter.drawText(left, baseline, words)

    def _positions(self) -> list[int]:
        """Where each entry begins, and where the last one ends."""
        metrics = self.fontMetrics()
        positions = [0]
        for name, words in _ENTRIES:
            swatch = _SWATCH + _AFTER_SWATCH if name else 0
            positions.append(positions[-1] + swatch + metrics.horizontalAdvance(words) + _BETWEEN)
        positions[-1] -= _BETWEEN
        return positions
