"""The lines of bars as a painter draws them: where things are, and the strokes.

What is drawn again thirty times a second is kept: laid-out texts, fonts, colours.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPolygonF, QStaticText

from studio.app.tokens.bar_scale import WHOLE, tick_labels
from studio.app.tokens.rows import Fold, Line, Tail, TokenRow
from studio.app.tokens.words import (
    fold_sentence,
    row_label,
    short_percent,
    short_percent_between,
    tail_sentence,
)
from studio.memory_budgets import LAID_OUT_TEXTS
from studio.translation import mark, tr
from studio.ui.theme.colors import Colors
from studio.ui.theme.type_scale import grown

LEGEND = (("accent", mark("will be used")), ("text", mark("the model’s own")))
"""What a bar's fill and its tick are called, wherever they are named, and their colours."""

_GUTTER = 12
"""Room at the left for the mark of the drawn token; lengths are those of a zoom of 100 %."""

_LABEL_CHARACTERS, _FEWEST_CHARACTERS, _LABEL_SHARE = 12, 7, 0.24
"""How much of a token is shown: usually, at least, and of the width in between."""
_GAP, _BETWEEN_TICKS = 10, 8
_BAR_SHARE, _HIGHEST_BAR = 0.56, 14
_ROUND = 2.5
_PALE = 0.38
"""How much of a fill's colour the part has that is possible and not certain."""
_TICK_WIDTH, _TICK_OVER = 2, 3
"""The model's own mark: how thick, and how far it stands out above and below its bar."""
_AXIS_LINES = 1.35
_SWATCH = (14, 8)
_FEWEST, _MOST = 5, 17
"""Lines that a low view keeps, closer together, before it has fewer; and the most of a high one."""


class Columns(NamedTuple):
    """Where things are in a row, in pixels; all whole numbers, so that edges are sharp."""

    label_right: int
    bar_left: int
    bar_room: int
    value_left: int


class _Inks(NamedTuple):
    """The theme's colours, ready to paint with."""

    hover: QColor
    track: QColor
    text: QColor
    muted: QColor
    accent: QColor
    pale: QColor
    focus: QColor


def has_bands(lines: Sequence[Line]) -> bool:
    """Say whether what some lines show is known between bounds alone."""
    return any(isinstance(line, TokenRow) and line.band for line in lines[:1])


class RowsPainter:
    """Draws lines in a rectangle that begins at 0, 0.

    Args:
        font: For everything; numbers are bold.
        lines: How high a row is, in lines of type.
        low_lines: The same where few rows fit; as high as ever where nothing is said.
        has_axis: Whether there is a scale above the rows, and the row of what is cut opens.
    """

    def __init__(
        self,
        font: QFont,
        lines: float = 1.7,
        low_lines: float | None = None,
        *,
        has_axis: bool = False,
    ) -> None:
        self._lines = lines
        self._low_lines = low_lines or lines
        self._has_axis = has_axis
        self.is_exact = False
        """Whether the row of what is cut always says how many, and control tokens their names."""
        self._colors: Colors | None = None
        self._has_bands = False
        self.set_font(font)
        self.set_size(QSize(0, 0))

    # -- geometry ----------------------------------------------------------------------------

    def set_font(self, font: QFont) -> None:
        """Take another font."""
        self._grown = grown(font)
        slanted, bold = QFont(font), QFont(font)
        slanted.setItalic(True)
        bold.setWeight(QFont.Weight.DemiBold)
        self._words = _Texts(font)
        self._escapes = _Texts(slanted)
        self._values = _Texts(bold)
        line = self._words.metrics.height()
        self._mark = self._polygon((4, -4), (10, 0), (4, 4))
        self._closed = self._polygon((-2, -4), (3, 0), (-2, 4))
        self._opened = self._polygon((-4, -2), (4, -2), (0, 3))
        self.usual_row_height = round(line * self._lines)
        """So many lines of type as were asked for."""
        self.low_row_height = round(line * self._low_lines)
        """Of rows in a low view."""

    def set_bands(self, has_bands: bool) -> None:
        """Leave room for numbers such as ``0.6–0.9 %``, or no more than usual ones need."""
        if has_bands != self._has_bands:
            self._has_bands = has_bands
            self.set_size(self._size)

    def set_size(self, size: QSize) -> None:
        """Take another rectangle."""
        self._size = size
        scale = round(self._words.height * _AXIS_LINES) if self._has_axis else 0
        has_room = size.height() >= scale + 4 * self.low_row_height
        self.axis_height = scale if has_room else 0
        """How far down the first line begins; a view that is very low has no scale."""
        usual, low = map(self._fitting, (self.usual_row_height, self.low_row_height))
        self.line_count = min(_MOST, max(0, usual, min(low, _FEWEST)))
        """How many lines fit."""
        self.row_height = self.usual_row_height
        if self.line_count > self._fitting(self.usual_row_height):
            self.row_height = max(1, (size.height() - self.axis_height) // self.line_count)
        least, most = (
            characters * self._words.metrics.averageCharWidth()
            for characters in (_FEWEST_CHARACTERS, _LABEL_CHARACTERS)
        )
        label = min(max(least, size.width() * _LABEL_SHARE), most)
        label_right = self._px(_GUTTER) + round(label)
        bar_left = label_right + self._px(_GAP)
        widest = max(short_percent(p) for p in (1.0, 0.0001, 0.996))
        if self._has_bands:
            widest = short_percent_between((0.006, 0.009))
        value_left = size.width() - round(self._values.metrics.horizontalAdvance(widest)) - 2
        self.columns = Columns(
            label_right=label_right,
            bar_left=bar_left,
            bar_room=max(1, value_left - self._px(_GAP) - bar_left),
            value_left=value_left,
        )

    def _px(self, length: float) -> int:
        """A length of a zoom of 100 % as it is now."""
        return round(length * self._grown)

    def _polygon(self, *corners: tuple[int, int]) -> QPolygonF:
        """A figure of a zoom of 100 % as it is now, about 0, 0."""
        return QPolygonF([QPointF(x * self._grown, y * self._grown) for x, y in corners])

    def line_at(self, y: int) -> int:
        """Which line a height is in; negative above the first."""
        return (y - self.axis_height) // self.row_height

    def top_of(self, line: int) -> int:
        """Where a line begins."""
        return self.axis_height + line * self.row_height

    def _fitting(self, row_height: int) -> int:
        return max(0, self._size.height() - self.axis_height) // max(1, row_height)

    # -- strokes -----------------------------------------------------------------------------

    def paint(
        self,
        painter: QPainter,
        colors: Colors,
        lines: Sequence[Line],
        pointed: int | None = None,
        full: float = WHOLE,
        *,
        has_focus: bool = False,
    ) -> None:
        """Draw all lines.

        Args:
            painter: As a fresh one is: no pen, brush, font or hint is set back afterwards.
            colors: What to draw with.
            lines: At most `line_count`.
            pointed: The line that is set apart from the others.
            full: The probability that fills a bar's whole track.
            has_focus: Whether the pointed line is where the keyboard is.
        """
        inks = self._inks_of(colors)
        self.set_bands(has_bands(lines))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if pointed is not None:
            self._paint_pointed(painter, inks, self.top_of(pointed), has_focus=has_focus)
        self._paint_bars(painter, inks, lines, full)
        self._paint_labels(painter, inks, lines)
        self._paint_values(painter, inks, lines)
        for index, line in enumerate(lines):
            if isinstance(line, Fold):
                self._paint_fold(painter, inks, line, index)
            elif isinstance(line, Tail):
                self._paint_sentence(painter, inks, tail_sentence(line), index)
            # Of a row it is whether, of the tail which one.
            if not isinstance(line, Fold) and line.chosen:
                self._paint_mark(painter, inks, index)

    def paint_axis(self, painter: QPainter, colors: Colors, full: float) -> None:
        """Draw the scale above the first line.

        Args:
            painter: Paints.
            colors: The colours in force.
            full: The probability at its right end.
        """
        inks = self._inks_of(colors)
        left, room = self.columns.bar_left, self.columns.bar_room
        texts = self._words
        painter.setFont(texts.font)
        painter.setPen(inks.muted)
        for label, share in self.ticks(full):
            laid_out, width = texts.of(label)
            painter.drawStaticText(round(left + share * (room - width)), 0, laid_out)

    def ticks(self, full: float) -> list[tuple[str, float]]:
        """What is named of a scale and how far along: as much of it as can be distinguished."""
        ticks = list(zip(tick_labels(full), (0.0, 0.5, 1.0), strict=True))
        first, middle, last = (self._words.of(label)[1] for label, _ in ticks)
        room, between = self.columns.bar_room, self._px(_BETWEEN_TICKS)
        if middle + 2 * (max(first, last) + between) <= room:
            return ticks
        return ticks[::2] if first + between + last <= room else ticks[2:]

    def paint_legend(self, painter: QPainter, colors: Colors, line: int) -> None:
        """Draw what fill and tick are called, where a line would stand.

        Args:
            painter: Paints.
            colors: The colours in force.
            line: The line's number.
        """
        inks = self._inks_of(colors)
        texts = self._words
        legend = [(name, tr(words)) for name, words in LEGEND]
        widths = [texts.of(words)[1] for _, words in legend]
        lead, apart, tick = self._px(6), self._px(16), self._px(_TICK_WIDTH)
        swatch, swatch_high = map(self._px, _SWATCH)
        needed = sum(widths) + swatch + tick + 2 * lead + apart
        left = min(self.columns.bar_left, max(0, self._size.width() - needed))
        middle = self.top_of(line) + self.row_height / 2
        painter.setFont(texts.font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for (name, words), width in zip(legend, widths, strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(getattr(inks, name))
            if name == "accent":
                wide, high = swatch, swatch_high
                painter.drawRoundedRect(QRectF(left, middle - high / 2, wide, high), 2, 2)
            else:
                wide, high = tick, swatch_high + self._px(4)
                painter.fillRect(QRectF(left, round(middle - high / 2), wide, high), inks.text)
            left += wide + lead
            painter.setPen(inks.muted)
            laid_out, _ = texts.of(words)
            painter.drawStaticText(left, round(middle - texts.height / 2), laid_out)
            left += width + apart

    def _paint_pointed(self, painter: QPainter, inks: _Inks, top: int, *, has_focus: bool) -> None:
        painter.setPen(inks.focus if has_focus else Qt.PenStyle.NoPen)
        painter.setBrush(inks.hover)
        row = QRectF(0, top, self._size.width(), self.row_height)
        painter.drawRoundedRect(row.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_bars(
        self, painter: QPainter, inks: _Inks, lines: Sequence[Line], full: float
    ) -> None:
        left, room = self.columns.bar_left, self.columns.bar_room
        height = min(round(self.row_height * _BAR_SHARE), self._px(_HIGHEST_BAR))
        wide, over, curve = self._px(_TICK_WIDTH), self._px(_TICK_OVER), _ROUND * self._grown
        scale = room / full
        tops = [
            (self.top_of(index) + (self.row_height - height) // 2, line)
            for index, line in enumerate(lines)
            if isinstance(line, TokenRow)
        ]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(inks.track)
        for top, _ in tops:
            painter.drawRoundedRect(QRectF(left, top, room, height), curve, curve)
        if self._has_bands:
            painter.setBrush(inks.pale)
            for top, row in tops:
                if row.band and row.band.used[1] > 0.0:
                    filled = max(1.0, min(row.band.used[1] * scale, room))
                    corner = min(curve, filled / 2)
                    painter.drawRoundedRect(QRectF(left, top, filled, height), corner, corner)
        painter.setBrush(inks.accent)
        for top, row in tops:
            certain = row.band.used[0] if row.band else row.probability
            if certain > 0.0:
                filled = max(1.0, min(certain * scale, room))
                corner = min(curve, filled / 2)
                painter.drawRoundedRect(QRectF(left, top, filled, height), corner, corner)
        for top, row in tops:
            own = min(round(row.ghost * scale), room)
            tick = QRectF(
                left + max(0, own - wide // 2),
                top - over,
                wide,
                height + 2 * over,
            )
            painter.fillRect(tick, inks.text)

    def _paint_labels(self, painter: QPainter, inks: _Inks, lines: Sequence[Line]) -> None:
        right, room = self.columns.label_right, self.columns.label_right - self._px(_GUTTER)
        for texts, are_words in ((self._words, True), (self._escapes, False)):
            painter.setFont(texts.font)
            lead = (self.row_height - texts.height) // 2
            ink = None
            for index, row in enumerate(lines):
                if not isinstance(row, TokenRow) or (row.text.kind == "text") is not are_words:
                    continue
                is_out = row.cut or row.banned
                wanted = inks.text if are_words and not is_out else inks.muted
                if wanted is not ink:
                    ink = wanted
                    painter.setPen(ink)
                words = row.text.exact if self.is_exact else row.text.text
                laid_out, width = texts.fitted(words, room)
                painter.drawStaticText(right - width, self.top_of(index) + lead, laid_out)

    def _paint_values(self, painter: QPainter, inks: _Inks, lines: Sequence[Line]) -> None:
        left = self.columns.value_left
        for texts, are_out in ((self._values, False), (self._words, True)):
            painter.setFont(texts.font)
            painter.setPen(inks.muted if are_out else inks.text)
            lead = (self.row_height - texts.height) // 2
            for index, row in enumerate(lines):
                if isinstance(row, TokenRow) and (row.cut or row.banned) is are_out:
                    laid_out, _ = texts.of(row_label(row))
                    painter.drawStaticText(left, self.top_of(index) + lead, laid_out)

    def _paint_fold(self, painter: QPainter, inks: _Inks, fold: Fold, index: int) -> None:
        opens = self._has_axis
        right_room = self._px(16) if opens else 0
        words = fold_sentence(fold, is_exact=self.is_exact)
        if self._words.of(words)[1] > self._size.width() - right_room - self._px(_GUTTER):
            words = fold_sentence(fold, is_exact=self.is_exact, is_short=True)
        self._paint_sentence(painter, inks, words, index, right_room)
        if not opens:
            return
        x, y = self._size.width() - self._px(8), self.top_of(index) + self.row_height / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(inks.muted)
        painter.drawPolygon((self._opened if fold.is_open else self._closed).translated(x, y))

    def _paint_sentence(
        self, painter: QPainter, inks: _Inks, words: str, index: int, right_room: int = 0
    ) -> None:
        texts = self._words
        laid_out, width = texts.of(words)
        room = self._size.width() - right_room
        left = min(self.columns.bar_left, max(self._px(_GUTTER), room - width))
        if width > room - left:
            laid_out, _ = texts.fitted(words, room - left)
        painter.setFont(texts.font)
        painter.setPen(inks.muted)
        top = self.top_of(index) + (self.row_height - texts.height) // 2
        painter.drawStaticText(left, top, laid_out)

    def _paint_mark(self, painter: QPainter, inks: _Inks, index: int) -> None:
        middle = self.top_of(index) + self.row_height / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(inks.text)
        painter.drawPolygon(self._mark.translated(0, middle))

    def _inks_of(self, colors: Colors) -> _Inks:
        if colors is not self._colors:
            self._colors = colors
            pale = QColor(colors.accent)
            pale.setAlphaF(_PALE)
            names = [name for name in _Inks._fields if name != "pale"]
            self._inks = _Inks(**{name: QColor(getattr(colors, name)) for name in names}, pale=pale)
        return self._inks


class _Texts:
    """Texts in one font, laid out once."""

    def __init__(self, font: QFont) -> None:
        self.font = QFont(font)
        self.metrics = QFontMetricsF(font)
        self.height = round(self.metrics.height())
        self._laid_out: dict[str, tuple[QStaticText, int]] = {}
        self._fitted: dict[tuple[str, int], tuple[QStaticText, int]] = {}

    def of(self, text: str) -> tuple[QStaticText, int]:
        """The text, and its width in whole pixels."""
        found = self._laid_out.get(text)
        if found is None:
            if len(self._laid_out) >= LAID_OUT_TEXTS:
                self._laid_out.clear()
            laid_out = QStaticText(text)
            laid_out.setTextFormat(Qt.TextFormat.PlainText)
            laid_out.prepare(font=self.font)
            found = laid_out, round(laid_out.size().width())
            self._laid_out[text] = found
        return found

    def fitted(self, text: str, room: int) -> tuple[QStaticText, int]:
        """The text, shortened at its end where it is wider than `room`."""
        found = self._fitted.get((text, room))
        if found is None:
            if len(self._fitted) >= LAID_OUT_TEXTS:
                self._fitted.clear()
            shown = self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            self._fitted[text, room] = found = self.of(shown)
        return found
