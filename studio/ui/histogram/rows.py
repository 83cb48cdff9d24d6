"""The histogram's rows as a painter draws them: where things are, and the strokes.

All bars of one colour are drawn at once, and what is drawn again thirty times a second is kept:
laid-out texts, fonts, colours. It does not know the widget, nor whence the rows come.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontInfo,
    QFontMetricsF,
    QPainter,
    QPolygonF,
    QStaticText,
)

from studio.ui.histogram.scale import BarScale
from studio.ui.theme.colors import Colors
from studio.ui.tokens.rows import Tail, TokenRow
from studio.ui.tokens.words import percent, row_label, tail_sentence

GUTTER = 12
"""Room at the left for the mark of the drawn token."""

_LABEL_CHARACTERS = 12
_GAP = 10
_FEWEST = 3
"""Rows that a low view keeps, closer together, before it has fewer."""
_MOST_TEXTS = 2000
"""How many laid-out texts are kept; a percentage with one decimal has 1,001 forms."""


class Columns(NamedTuple):
    """Where things are in a row, in pixels; all whole numbers, so that edges are sharp."""

    row_height: int
    bar_height: int
    label_right: int
    bar_left: int
    bar_room: int


class _Inks(NamedTuple):
    """The theme's colours, ready to paint with."""

    card: QColor
    hover: QColor
    text: QColor
    muted: QColor
    accent: QColor
    gained: QColor
    ghost: QColor
    cut: QColor


class RowsPainter:
    """Draws rows in a rectangle that begins at 0, 0.

    Args:
        font: For numbers; token texts take the system's fixed font in its size.
        lines: How high a row is at least, in lines of type.
        low_lines: The same where few rows fit; as high as ever where nothing is said.
    """

    def __init__(self, font: QFont, lines: float = 2.0, low_lines: float | None = None) -> None:
        self._lines = lines
        self._low_lines = low_lines or lines
        self._scale = BarScale()
        self._colors: Colors | None = None
        self._rects: tuple[list[QRect], ...] = ([], [], [], [])
        self.set_font(font)
        self.set_size(QSize(0, 0))

    # -- geometry ----------------------------------------------------------------------------

    def set_font(self, font: QFont) -> None:
        """Take another font."""
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(QFontInfo(font).pointSizeF())
        slanted = QFont(fixed)
        slanted.setItalic(True)
        self._values = _Texts(font)
        self._words = _Texts(fixed)
        self._escapes = _Texts(slanted)

    def set_size(self, size: QSize) -> None:
        """Take another rectangle."""
        self._size = size
        self.row_height = size.height() // (self.row_count + 1)
        """The usual height, and a share of what is left over, so that the rows fill the view."""
        values, words = self._values.metrics, self._words.metrics
        label_right = GUTTER + round(_LABEL_CHARACTERS * words.averageCharWidth())
        bar_left = label_right + _GAP
        value_room = _GAP + round(values.horizontalAdvance(percent(1.0)))
        self.columns = Columns(
            row_height=self.row_height,
            bar_height=round(self.row_height * 0.66),
            label_right=label_right,
            bar_left=bar_left,
            bar_room=max(1, size.width() - bar_left - value_room),
        )

    @property
    def usual_row_height(self) -> int:
        """So many lines of type as were asked for."""
        return round(self._values.metrics.height() * self._lines)

    @property
    def low_row_height(self) -> int:
        """Of rows in a low view."""
        return round(self._values.metrics.height() * self._low_lines)

    @property
    def row_count(self) -> int:
        """How many rows fit above the tail's."""
        usual, low = (
            self._size.height() // height - 1
            for height in (self.usual_row_height, self.low_row_height)
        )
        return max(0, usual, min(low, _FEWEST))

    # -- strokes -----------------------------------------------------------------------------

    def paint(
        self,
        painter: QPainter,
        colors: Colors,
        rows: Sequence[TokenRow],
        tail: Tail | None,
        pointed: int | None = None,
    ) -> None:
        """Draw all rows and the tail's.

        Args:
            painter: As a fresh one is: no pen, brush, font or hint is set back afterwards.
            colors: What to draw with.
            rows: At most `row_count`.
            tail: The last row, if there is one.
            pointed: The row that is set apart from the others.
        """
        inks = self._inks_of(colors)
        if pointed is not None:
            top = pointed * self.row_height
            painter.fillRect(0, top, self._size.width(), self.row_height, inks.hover)
        ends = self._paint_bars(painter, inks, rows)
        self._paint_labels(painter, inks, rows)
        self._paint_values(painter, inks, rows, ends)
        marked = next((index for index, row in enumerate(rows) if row.chosen), None)
        if tail is not None:
            self._paint_tail(painter, inks, tail, len(rows) * self.row_height)
            if tail.chosen is not None:
                marked = len(rows)
        if marked is not None:
            self._paint_mark(painter, inks, marked * self.row_height + self.row_height / 2)

    def _paint_bars(self, painter: QPainter, inks: _Inks, rows: Sequence[TokenRow]) -> list[int]:
        """Draw all bars; returns how long each is, its outline counted."""
        row_height, bar_height, _, left, room = self.columns
        longest = max((max(row.ghost, row.uncut, row.probability) for row in rows), default=0.0)
        scale = room / self._scale.fit(longest)
        count = len(rows)
        kept, gained, cut, outlines = (rects[:count] for rects in self._rects_for(count))
        ends = []
        top = (row_height - bar_height) // 2
        for index, (_, _, probability, own, before, is_cut, _, _) in enumerate(rows):
            now, uncut, ghost = (
                round(probability * scale),
                round(before * scale),
                round(own * scale),
            )
            kept[index].setRect(left, top, min(now, uncut), bar_height)
            gained[index].setRect(left + uncut, top, max(0, now - uncut), bar_height)
            cut[index].setRect(left, top, uncut if is_cut else 0, bar_height)
            outlines[index].setRect(left, top, ghost, bar_height - 1)
            ends.append(max(now, uncut, ghost))
            top += row_height
        painter.setPen(Qt.PenStyle.NoPen)
        for rects, ink in ((cut, inks.cut), (gained, inks.gained), (kept, inks.accent)):
            painter.setBrush(ink)
            painter.drawRects(rects)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(inks.ghost)
        painter.drawRects(outlines)
        return ends

    def _rects_for(self, count: int) -> tuple[list[QRect], ...]:
        """Rectangles to be set (kept, gained, cut, outline), for to make them anew takes longer."""
        for rects in self._rects:
            while len(rects) < count:
                rects.append(QRect())
        return self._rects

    def _paint_labels(self, painter: QPainter, inks: _Inks, rows: Sequence[TokenRow]) -> None:
        right, room = self.columns.label_right, self.columns.label_right - GUTTER
        for texts, are_words in ((self._words, True), (self._escapes, False)):
            painter.setFont(texts.font)
            lead = (self.row_height - texts.height) // 2
            ink = None
            for index, row in enumerate(rows):
                if (row.text.kind == "text") is not are_words:
                    continue
                is_out = row.cut or row.banned
                wanted = inks.text if are_words and not is_out else inks.muted
                if wanted is not ink:
                    ink = wanted
                    painter.setPen(ink)
                laid_out, width = texts.fitted(row.text.text, room)
                painter.drawStaticText(right - width, index * self.row_height + lead, laid_out)

    def _paint_values(
        self, painter: QPainter, inks: _Inks, rows: Sequence[TokenRow], ends: Sequence[int]
    ) -> None:
        texts, left = self._values, self.columns.bar_left + _GAP
        painter.setFont(texts.font)
        painter.setPen(inks.muted)
        lead = (self.row_height - texts.height) // 2
        for index, (row, end) in enumerate(zip(rows, ends, strict=True)):
            if row.chosen:
                painter.setPen(inks.text)
            laid_out, _ = texts.of(row_label(row))
            painter.drawStaticText(left + end, index * self.row_height + lead, laid_out)
            if row.chosen:
                painter.setPen(inks.muted)

    def _paint_tail(self, painter: QPainter, inks: _Inks, tail: Tail, top: int) -> None:
        left = GUTTER if tail.chosen is not None else 0
        painter.setPen(inks.muted)
        words = tail_sentence(tail)
        room = self._size.width() - left
        # To measure it takes as long as to draw it, and as a rule there is ample room.
        if len(words) * self._values.widest > room:
            words = self._values.metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        baseline = top + (self.row_height - self._values.height) // 2 + self._values.ascent
        painter.drawText(left, baseline, words)

    def _paint_mark(self, painter: QPainter, inks: _Inks, middle: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(inks.accent)
        painter.drawPolygon(
            QPolygonF([QPointF(0, middle - 4), QPointF(6, middle), QPointF(0, middle + 4)])
        )

    def _inks_of(self, colors: Colors) -> _Inks:
        if colors is not self._colors:
            self._colors = colors
            self._inks = _Inks(*(QColor(getattr(colors, name)) for name in _Inks._fields))
        return self._inks


class _Texts:
    """Texts in one font, laid out once."""

    def __init__(self, font: QFont) -> None:
        self.font = QFont(font)
        self.metrics = QFontMetricsF(font)
        self.height = round(self.metrics.height())
        self.ascent = round(self.metrics.ascent())
        self.widest = 2 * self.metrics.averageCharWidth()
        self._laid_out: dict[str, tuple[QStaticText, int]] = {}
        self._fitted: dict[str, tuple[QStaticText, int]] = {}
        self._room = 0

    def of(self, text: str) -> tuple[QStaticText, int]:
        """The text, and its width in whole pixels."""
        found = self._laid_out.get(text)
        if found is None:
            if len(self._laid_out) >= _MOST_TEXTS:
                self._laid_out.clear()
            laid_out = QStaticText(text)
            laid_out.setTextFormat(Qt.TextFormat.PlainText)
            laid_out.prepare(font=self.font)
            found = laid_out, round(laid_out.size().width())
            self._laid_out[text] = found
        return found

    def fitted(self, text: str, room: int) -> tuple[QStaticText, int]:
        """The text, shortened at its end where it is wider than `room`."""
        if room != self._room or len(self._fitted) >= _MOST_TEXTS:
            self._room = room
            self._fitted.clear()
        found = self._fitted.get(text)
        if found is None:
            shown = self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            self._fitted[text] = found = self.of(shown)
        return found
