"""The next-token histogram: a bar a token, favourite first.

Filled is the probability that the sampler uses now, the outline behind it the model's own (T = 1,
before penalties and filters), grey what a filter has cut. All rows are painted by one graphics item
in pixels: a plot with an axis, a bar item and a text item a row would lay itself out anew at every
token.

It shows a `NextToken` and keeps nothing of it. Importing this module imports pyqtgraph, which is
slow to load; the window does so after it is on the screen.
"""

from typing import NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontDatabase,
    QFontInfo,
    QFontMetricsF,
    QPainter,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QGraphicsView, QStyleOptionGraphicsItem, QWidget

from studio.ui.histogram_scale import BarScale
from studio.ui.histogram_words import description, percent, row_label, tail_sentence
from studio.ui.next_token import NextToken, TokenRow
from studio.ui.theme import Theme
from studio.ui.theme_colors import Colors

_GUTTER = 12
"""Room at the left for the mark of the drawn token."""

_LABEL_CHARACTERS = 12
_GAP = 10
_DESCRIBE_AFTER_MS = 500

_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class _Columns(NamedTuple):
    """Where things are in a row, in pixels; all whole numbers, so that edges are sharp."""

    row_height: int
    bar_height: int
    label_right: int
    bar_left: int
    bar_room: int


class _Rows(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """All rows, painted at once."""

    def __init__(self, state: NextToken, theme: Theme, font: QFont) -> None:
        super().__init__()
        self._state = state
        self._theme = theme
        self._rect = QRectF()
        self._scale = BarScale()
        self._focused = False
        self.set_font(font)

    def set_font(self, font: QFont) -> None:
        self._font = font
        self._token_font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._token_font.setPointSizeF(QFontInfo(font).pointSizeF())
        self._escape_font = QFont(self._token_font)
        self._escape_font.setItalic(True)
        self._metrics = QFontMetricsF(font)
        self._token_metrics = QFontMetricsF(self._token_font)
        self.update()

    def set_focused(self, focused: bool) -> None:
        self._focused = focused
        self.update()

    def set_size(self, size: QSize) -> None:
        self.prepareGeometryChange()
        self._rect = QRectF(0, 0, size.width(), size.height())

    def boundingRect(self) -> QRectF:
        return self._rect

    def usual_row_height(self) -> int:
        return round(self._metrics.height() * 2)

    def row_count(self) -> int:
        """How many rows fit above the tail's."""
        return max(0, int(self._rect.height()) // self.usual_row_height() - 1)

    def row_height(self) -> int:
        """The usual height, and a share of what is left over, so that the rows fill the view."""
        return int(self._rect.height()) // (self.row_count() + 1)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        colors = self._theme.colors
        painter.setFont(self._font)
        if self._focused:
            painter.setPen(QColor(colors.accent))
            painter.drawRect(self._rect.adjusted(0, 0, -1, -1))
        reason = self._state.reason
        if reason is not None:
            painter.setPen(QColor(colors.muted))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self._rect.adjusted(24, 0, -24, 0), int(words), reason)
            return
        rows = self._state.rows(self.row_count())
        columns = self._columns()
        full = self._scale.fit(
            max((max(row.ghost, row.uncut, row.probability) for row in rows), default=0.0)
        )
        per_probability = columns.bar_room / full
        for index, row in enumerate(rows):
            self._paint_row(
                painter, colors, columns, index * columns.row_height, row, per_probability
            )
        self._paint_tail(painter, colors, rows, len(rows) * columns.row_height)

    def _columns(self) -> _Columns:
        row_height = self.row_height()
        label_right = _GUTTER + round(_LABEL_CHARACTERS * self._token_metrics.averageCharWidth())
        bar_left = label_right + _GAP
        value_room = _GAP + round(self._metrics.horizontalAdvance(percent(1.0)))
        return _Columns(
            row_height=row_height,
            bar_height=round(row_height * 0.66),
            label_right=label_right,
            bar_left=bar_left,
            bar_room=max(1, int(self._rect.width()) - bar_left - value_room),
        )

    def _paint_row(
        self,
        painter: QPainter,
        colors: Colors,
        columns: _Columns,
        top: int,
        row: TokenRow,
        per_probability: float,
    ) -> None:
        bar_top = top + (columns.row_height - columns.bar_height) // 2
        filled = round((row.uncut if row.cut else row.probability) * per_probability)
        ghost = round(row.ghost * per_probability)

        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        fill = QColor(colors.cut if row.cut else colors.accent)
        painter.fillRect(columns.bar_left, bar_top, filled, columns.bar_height, fill)
        painter.setPen(QColor(colors.ghost))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(columns.bar_left, bar_top, ghost, columns.bar_height - 1)

        if row.chosen:
            self._paint_mark(painter, colors, bar_top + columns.bar_height / 2)
        is_text = row.text.kind == "text"
        painter.setPen(QColor(colors.text if is_text and not row.cut else colors.muted))
        painter.setFont(self._token_font if is_text else self._escape_font)
        label = QRectF(_GUTTER, top, columns.label_right - _GUTTER, columns.row_height)
        painter.drawText(label, int(_RIGHT), self._fitted(row.text.text, label.width()))

        painter.setPen(QColor(colors.text if row.chosen else colors.muted))
        painter.setFont(self._font)
        value_left = columns.bar_left + max(filled, ghost) + _GAP
        value = QRectF(value_left, top, self._rect.width() - value_left, columns.row_height)
        painter.drawText(value, int(_LEFT | Qt.TextFlag.TextDontClip), row_label(row))

    def _paint_mark(self, painter: QPainter, colors: Colors, middle: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.accent))
        painter.drawPolygon(
            QPolygonF([QPointF(0, middle - 4), QPointF(6, middle), QPointF(0, middle + 4)])
        )

    def _paint_tail(
        self, painter: QPainter, colors: Colors, rows: list[TokenRow], top: int
    ) -> None:
        tail = self._state.tail(rows)
        if tail is None:
            return
        middle = top + self.row_height() / 2
        left = 0
        if tail.chosen is not None:
            self._paint_mark(painter, colors, middle)
            left = _GUTTER
        painter.setPen(QColor(colors.muted))
        where = QRectF(left, top, self._rect.width() - left, self.row_height())
        words = self._metrics.elidedText(
            tail_sentence(tail), Qt.TextElideMode.ElideRight, where.width()
        )
        painter.drawText(where, int(_LEFT), words)

    def _fitted(self, text: str, width: float) -> str:
        return self._token_metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


class NextTokenHistogram(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """The histogram as a widget; as many rows as its height allows.

    Args:
        state: What is shown.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
    """

    def __init__(self, state: NextToken, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._theme = theme
        self._rows = _Rows(state, theme, self.font())
        self.addItem(self._rows)
        self._rows.set_size(self.viewport().size())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Next token")
        # A screen reader cannot follow thirty descriptions a second: it gets one when things
        # have come to rest. The timer runs once after a change, never at rest.
        self._describe_later = QTimer(self)
        self._describe_later.setSingleShot(True)
        self._describe_later.setInterval(_DESCRIBE_AFTER_MS)
        self._describe_later.timeout.connect(self._describe)
        state.changed.connect(self._follow)
        theme.changed.connect(self._recolor)
        self._recolor()
        self._describe()

    def row_count(self) -> int:
        """How many rows there is room for, the tail's not counted."""
        return self._rows.row_count()

    def close(self) -> bool:
        """Close as every widget does.

        pyqtgraph's own takes the view apart, scene and viewport, under whoever still refers to
        them; that ended in a segmentation fault where a test had failed.
        """
        return QGraphicsView.close(self)

    def sizeHint(self) -> QSize:
        """Room for a dozen tokens."""
        return QSize(self.fontMetrics().averageCharWidth() * 50, 13 * self._rows.usual_row_height())

    def minimumSizeHint(self) -> QSize:
        """Room for three tokens and the tail."""
        return QSize(self.fontMetrics().averageCharWidth() * 36, 4 * self._rows.usual_row_height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep one scene unit one pixel, and the rows as large as the view."""
        super().resizeEvent(event)
        if hasattr(self, "_rows"):  # pyqtgraph calls this from its constructor
            self._rows.set_size(self.viewport().size())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus, and have the words ready for whoever reads them now."""
        super().focusInEvent(event)
        self._describe()
        self._rows.set_focused(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is gone."""
        super().focusOutEvent(event)
        self._rows.set_focused(False)

    def _follow(self) -> None:
        self._rows.update()
        self._describe_later.start()

    def _recolor(self) -> None:
        colors = self._theme.colors
        self.setBackground(QColor(colors.card))
        self._rows.update()

    def _describe(self) -> None:
        words = self._state.reason or description(self._state.rows(self.row_count()))
        self.setAccessibleDescription(words)
