"""The histogram's legend: a little swatch for each layer of a bar, and its name.

It knows the layers' names and colours, and nothing of what is drawn with them.
"""

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.ui.theme.theme import Theme

_SWATCH = 9
_AFTER_SWATCH = 5
_BETWEEN = 13

_NARROW_AFTER_SWATCH, _NARROW_BETWEEN = 3, 8

_ENTRIES = (
    ("ghost", "at T 1", "T 1"),
    ("accent", "at T now", "T now"),
    ("gained", "after filters", "filtered"),
    ("cut", "cut", "cut"),
    ("", "▸ drawn", "▸ drawn"),
)
"""Which colour of the theme fills the swatch (`ghost` outlines it), the layer's name, and a shorter
one for where there is little room."""


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
        widths = [self._width_of(name, words, _AFTER_SWATCH) for name, words, _ in _ENTRIES]
        width = sum(widths) + (len(widths) - 1) * _BETWEEN
        return QSize(width, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """In a narrow window names are shorter, and the last ones left out before bars are."""
        return QSize(0, self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        """Take a new font's size."""
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def names(self) -> list[str]:
        """The names that there is room for."""
        return [words for _, _, words in self._entries()]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the entries, the last one at the right end."""
        colors, metrics = self._theme.colors, self.fontMetrics()
        painter = QPainter(self)
        top = (self.height() - _SWATCH) // 2
        baseline = (self.height() - metrics.height()) // 2 + metrics.ascent()
        after_swatch = self._gaps()[0]
        for left, name, words in self._entries():
            if name:
                swatch = QRect(left, top, _SWATCH, _SWATCH)
                painter.setPen(QColor(colors.ghost) if name == "ghost" else Qt.PenStyle.NoPen)
                hollow = name == "ghost"
                painter.setBrush(Qt.BrushStyle.NoBrush if hollow else QColor(getattr(colors, name)))
                painter.drawRect(swatch.adjusted(0, 0, -1, -1) if hollow else swatch)
                left += _SWATCH + after_swatch
            painter.setPen(QColor(colors.muted))
            painter.drawText(left, baseline, words)

    @property
    def _is_narrow(self) -> bool:
        return self.width() < self.sizeHint().width()

    def _gaps(self) -> tuple[int, int]:
        """What stands between a swatch and its name, and between two entries."""
        if self._is_narrow:
            return _NARROW_AFTER_SWATCH, _NARROW_BETWEEN
        return _AFTER_SWATCH, _BETWEEN

    def _entries(self) -> list[tuple[int, str, str]]:
        """Of each that fits whole: where it begins, its colour, its name."""
        narrow, (after_swatch, between) = self._is_narrow, self._gaps()
        found: list[tuple[int, str, str]] = []
        left = 0
        for name, usual, short in _ENTRIES:
            words = short if narrow else usual
            end = left + self._width_of(name, words, after_swatch)
            if end > self.width():
                break
            found.append((left, name, words))
            left = end + between
        # At the right end of its room, as at its usual width.
        shift = self.width() - (left - between) if found else 0
        return [(left + shift, name, words) for left, name, words in found]

    def _width_of(self, name: str, words: str, after_swatch: int) -> int:
        swatch = _SWATCH + after_swatch if name else 0
        return swatch + self.fontMetrics().horizontalAdvance(words)
