"""The alternatives at one place as bars, small enough to lie over the manuscript.

The same three things as the large histogram, in the same colours: filled is now, the outline T 1,
grey what a filter has cut. It shows a `NextToken` and keeps nothing of it.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontInfo,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.histogram_scale import BarScale
from studio.ui.histogram_words import description, percent, row_label, tail_sentence
from studio.ui.next_token import NextToken
from studio.ui.theme import Theme
from studio.ui.token_rows import TokenRow

ROWS = 8
"""How many alternatives are shown, the token itself among them."""

_MARK = 12
_GAP = 8
_LABEL_CHARACTERS = 12
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class WordBars(QWidget):
    """A bar a token, favourite first, and a line for all the others.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        self._scale = BarScale()
        self.setAccessibleName("What else could stand here")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        state.changed.connect(self._follow)
        theme.changed.connect(self.update)

    def row_height(self) -> int:
        """Closer than in the large histogram."""
        return round(QFontMetricsF(self.font()).height() * 1.3)

    def sizeHint(self) -> QSize:
        """All rows and the line below them."""
        return QSize(self.fontMetrics().averageCharWidth() * 46, (ROWS + 1) * self.row_height())

    def _follow(self) -> None:
        if self.isVisible():
            self.setAccessibleDescription(description(self._state.rows(ROWS)))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        rows = self._state.rows(ROWS)
        if not rows:
            return
        painter = QPainter(self)
        letters = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        letters.setPointSizeF(QFontInfo(self.font()).pointSizeF())
        metrics = QFontMetricsF(letters)
        label_right = _MARK + round(_LABEL_CHARACTERS * metrics.averageCharWidth())
        value_room = _GAP + QFontMetricsF(self.font()).horizontalAdvance(percent(1.0))
        room = max(1.0, self.width() - label_right - _GAP - value_room)
        full = self._scale.fit(max(max(row.ghost, row.uncut, row.probability) for row in rows))
        for index, row in enumerate(rows):
            self._paint_row(painter, letters, index, row, label_right, room / full)
        tail = self._state.tail(rows)
        if tail is None:
            return
        painter.setPen(QColor(self._theme.colors.muted))
        top = len(rows) * self.row_height()
        if tail.chosen is not None:
            self._paint_mark(painter, top + self.row_height() / 2)
        where = QRectF(_MARK, top, self.width() - _MARK, self.row_height())
        words = QFontMetricsF(self.font()).elidedText(
            tail_sentence(tail), Qt.TextElideMode.ElideRight, where.width()
        )
        painter.drawText(where, _LEFT, words)

    def _paint_row(
        self,
        painter: QPainter,
        letters: QFont,
        index: int,
        row: TokenRow,
        label_right: int,
        per_probability: float,
    ) -> None:
        colors, height = self._theme.colors, self.row_height()
        top, bar_height = index * height, round(height * 0.66)
        bar_left, bar_top = (
            label_right + _GAP,
            index * height + (height - round(height * 0.66)) // 2,
        )
        filled = round((row.uncut if row.cut else row.probability) * per_probability)
        ghost = round(row.ghost * per_probability)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        fill = QColor(colors.cut if row.cut else colors.accent)
        painter.fillRect(bar_left, bar_top, filled, bar_height, fill)
        painter.setPen(QColor(colors.ghost))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar_left, bar_top, ghost, bar_height - 1)
        if row.chosen:
            self._paint_mark(painter, top + height / 2)
        is_text = row.text.kind == "text"
        shown = QFont(letters)
        shown.setItalic(not is_text)
        shown.setBold(row.chosen)
        painter.setFont(shown)
        painter.setPen(QColor(colors.text if is_text and not row.cut else colors.muted))
        label = QRectF(_MARK, top, label_right - _MARK, height)
        words = QFontMetricsF(shown).elidedText(
            row.text.text, Qt.TextElideMode.ElideRight, label.width()
        )
        painter.drawText(label, _RIGHT, words)
        painter.setFont(self.font())
        painter.setPen(QColor(colors.text if row.chosen else colors.muted))
        left = bar_left + max(filled, ghost) + _GAP
        painter.drawText(QRectF(left, top, self.width() - left, height), _LEFT, row_label(row))

    def _paint_mark(self, painter: QPainter, middle: float) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.accent))
        painter.drawPolygon(
            QPolygonF([QPointF(0, middle - 4), QPointF(6, middle), QPointF(0, middle + 4)])
        )
        painter.restore()
